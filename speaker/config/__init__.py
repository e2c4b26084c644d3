"""What the owner wrote: config.yaml.

About: every key as a typed field with its unit and its reason, and the checks that go beyond types.
Imports: errors, language, audio.
Begin with ``settings``: config.yaml and the table in the documentation are generated from it.
"""
