"""Texts from outside, fit for sentences, log lines and messages: one line, not too long, nothing secret in them."""

import re
from typing import Final

LONGEST_QUOTE: Final = 300
"""Characters of somebody else's text in a sentence of ours."""

_ADDRESS: Final = re.compile(r"""([a-z][a-z0-9+.-]*:)?//(?:[^\s/?#@"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?""", re.I)
"""Scheme, user information, host with path, query with fragment."""
_QUERY: Final = re.compile(r"""[?&][\w.%+-]+=[^\s"'<>]*""")
_KEY: Final = re.compile(r"""\b(?:sk|ek|pk|xai|key)[-_][\w*.-]{6,}|\b(bearer|basic)\s+[\w.~+/=*-]{6,}""", re.I)


def plain(text: str, *secrets: str | None) -> str:
    """A text of somebody else's, fit to be shown.

    Addresses keep scheme, host and path; what looks like a key is left out, and so are the ``secrets`` themselves.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    # A key that is cut by the limit below would not look like one any more.
    text = _KEY.sub("…", _QUERY.sub("", _ADDRESS.sub(r"\1//\2", text[: 8 * LONGEST_QUOTE])))
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"
