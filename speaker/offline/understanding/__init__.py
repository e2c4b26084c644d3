"""Words to tool calls, and tool outputs to sentences, by rules and without a model.

Imports: errors, audio, config, home.
Begin with ``intent_engine``; ``sentences.yaml`` has the sentences.
"""
