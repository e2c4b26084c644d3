"""How much of what people say is understood by text: right, asked, refused, wrong, beside Home Assistant's recogniser.

``python -m tests.bench.understanding CHECKOUT`` takes a checkout of github.com/home-assistant/intents.
"""
