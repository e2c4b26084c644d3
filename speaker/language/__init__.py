"""The languages of the speaker: which there are, and every sentence that it says or understands by itself.

About: codes of languages, and a book of phrases for each, one file a language in ``phrases/``.
Imports: errors.
Begin with ``phrasebook``.
"""
