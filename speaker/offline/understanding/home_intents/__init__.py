"""Home Assistant's own sentences, from the package ``home-assistant-intents``, mapped onto the session's tools.

Imports: what ``offline.understanding`` may. Begin with ``home_sentences``; ``plans`` has the map of intents to tools,
``languages/`` what the package lacks in a language, in the same form.
"""
