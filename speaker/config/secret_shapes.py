"""What a secret looks like: keys of services by their own form, and values by the name in front of them.

Two strengths. ``looks_like_key`` is sure of what it says: the configuration is refused for it. ``hide_secrets`` would
rather hide too much: what it leaves is shown to strangers.
"""

import base64
import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[removed]"

_KEYS: Final = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    r"\beyJ[\w-]{8,}\.[\w.-]{8,}",  # JSON web tokens: Home Assistant's long-lived ones among them
    r"(?<![\w/-])sk-[\w-]{6,}",  # OpenAI, Anthropic; behind a stroke it is part of a topic
    r"\b(?:sk|ek|rk|pk)_(?=\w*\d)\w{16,}",  # Stripe, short-lived session keys
    r"\b(?:xai|gsk|hf|dop|tskey|whsec|npm|pypi|glpat|glptt|github_pat|gh[pousr])[-_][\w-]{8,}",
    r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{12,}\b",
    r"\bAIza[\w-]{20,}",
    r"\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}|\bhooks\.slack\.com/[\w/+-]+",
    r"\bdiscord(?:app)?\.com/api/webhooks/[\w/-]+",
    r"\b\d{6,12}:[\w-]{30,}",  # Telegram: the bot's number and its token
    r"\bSG\.[\w-]{12,}\.[\w-]{12,}",
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{8,}",
)
_KEY: Final = re.compile("|".join(f"(?:{one})" for one in _KEYS), re.DOTALL)

_TELLING: Final = (
    r"passwor[dt]s?|passwd|passphrase|pwd|psk|secrets?|token|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|"
    r"account[-_ ]?key|credentials?|authori[sz]ation|cookie"
)
"""Names of what is secret."""

_PROSE: Final = (
    "a|an|and|are|as|at|be|by|can|cannot|does|did|failed|file|files|for|from|given|has|have|in|into|is|it|may|missing|"
    "must|needed|no|none|not|null|of|on|or|refused|set|stands|that|the|this|to|unset|was|were|which|with|without|wrong"
)
"""What follows such a name in a sentence, and is no secret."""

_OURS: Final = r"null\b|missing\b|unknown key\b|secrets do not stand|everybody on this machine"
"""How the speaker's own sentences about a secret go on."""

_QUOTED: Final = r""""(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?"""

_HIDING: Final = (
    _KEY,
    re.compile(r"\b(?:sk|ek|rk|pk)[-_][\w-]{6,}"),
    # Whatever stands between // and @; a password may hold any of the marks that end a host name.
    re.compile(r"""((?<!/)//(?!/))[^\s"'<>]{1,1024}(?=@)"""),
    # A query, but for what says nothing about the owner.
    re.compile(r"""([?&](?!(?:model|api-version|deployment|intent)=)[\w.%+-]+=)[^&\s"'<>]+"""),
    re.compile(r"((?i:\bbearer)\s+)[^\s\"',;]+"),
    re.compile(r"((?i:\bbasic)\s+)(?=\S*[A-Z0-9=+/])[\w+/=-]{6,}"),
    # name=value, as in a file of environment variables; and name: value, which may have blanks in it.
    re.compile(rf"(?i)((?:{_TELLING}|\b\w*key)(?:_\w+)?[\"']?[ \t]*=[ \t]*)(?:{_QUOTED}|[^\s\"']+)"),
    re.compile(rf"(?i)((?:{_TELLING})[\"']?[ \t]*:[ \t]+|(?:{_TELLING})[\"']?:)(?!{_OURS})"
               rf"(?:{_QUOTED}|[^\s\"'][^\n]*)"),
    # Spoken of: password hunter2, the token is 12ab.
    re.compile(rf"(?i)((?:passwor[dt]|passwd|passphrase|psk|pwd)[ \t]+(?:(?:is|was)[ \t]+)?)(?!(?:{_PROSE})\b)"
               rf"(?:{_QUOTED}|[^\s\"']+)"),
    re.compile(rf"(?i)((?:{_TELLING})[ \t]+(?:(?:is|was)[ \t]+)?)(?=\S*\d)(?:{_QUOTED}|[^\s\"']{{6,}})"),
    # Long and mixed, whatever it is: half a key of which the rest was cut off.
    re.compile(r"(?<![\w/+.-])(?=[\w/+-]*[0-9])(?=[\w/+-]*[A-Z])(?=[\w/+-]*[a-z])(?:[\w+-]{40,}|[\w+][\w+/]{59,}={0,2}(?=\s|\Z))"),
)  # fmt: skip

_USER_INFO: Final = re.compile(r"""//([^\s/?#"'<>]+)@""")
_SECRET_QUERY: Final = re.compile(
    r"""[?&][\w.-]*(?:key|token|secret|password|passwd|auth|sig|psk|pwd)[\w.-]*=([^&\s"'<>]+)""", re.IGNORECASE
)
_OFTEN_MISSPELT: Final = ("password", "mqtt_password", "api_key", "openai_api_key", "passphrase", "credentials")
_NAME: Final = re.compile(rf"(?i)(?:[\w. ]+[-_. ])?(?:{_TELLING}|pass|auth|key)(?:[-_ ]?\d)?")


def looks_like_key(text: str) -> bool:
    """Whether a key of a service, a token or a private key stands in a text, by its own form."""
    return _KEY.search(text) is not None


def secrets_in_address(text: str) -> list[str]:
    """Passwords and keys in the addresses of a text: behind the user's name, or alone, and in the query."""
    users = [info.partition(":")[2] or info for info in _USER_INFO.findall(text)]
    return [*users, *_SECRET_QUERY.findall(text)]


def names_secret(key: str) -> bool:
    """Whether a key of a section, such as api_key or mqtt_password, names something secret; misspelt ones, too."""
    return _NAME.fullmatch(key) is not None or bool(get_close_matches(key.lower(), _OFTEN_MISSPELT, n=1, cutoff=0.85))


def hide_secrets(text: str, known: Iterable[str | None] = ()) -> str:
    """A text without secrets: those that are known, however they are encoded, and what looks like one."""
    for secret in sorted({one for one in known if one}, key=len, reverse=True):
        for form in _forms(secret):
            text = text.replace(form, HIDDEN)
    for pattern in _HIDING:
        text = pattern.sub(lambda found: f"{found[1] if found.re.groups else ''}{HIDDEN}", text)
    return text


def _forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode(errors="replace")).decode()
    return {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"),
            json.dumps(secret)[1:-1], repr(secret)[1:-1], secret.replace("'", "''"), encoded}  # fmt: skip
