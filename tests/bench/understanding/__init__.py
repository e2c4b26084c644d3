"""How much of what people say is understood, as text and as heard, beside Home Assistant's recogniser.

``python -m tests.bench.understanding CHECKOUT`` takes a checkout of github.com/home-assistant/intents.
"""
