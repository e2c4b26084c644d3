"""Codes of languages: known ones, one spelling for each, and what was meant by another."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType({
    "af": "Afrikaans", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fil": "Filipino", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "kn": "Kannada", "ko": "Korean", "kw": "Cornish",
    "lb": "Luxembourgish", "lt": "Lithuanian", "lv": "Latvian", "mi": "Maori", "mk": "Macedonian", "ml": "Malayalam",
    "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "nb": "Norwegian", "ne": "Nepali",
    "nl": "Dutch", "nn": "Norwegian Nynorsk", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "yue": "Cantonese", "zh": "Chinese",
})  # fmt: skip
"""Code → what it is called in English."""

ENGLISH: Final = "en"

_ALSO_CALLED: Final = {
    "deutsch": "de", "français": "fr", "francais": "fr", "español": "es", "espanol": "es", "castellano": "es",
    "nederlands": "nl", "italiano": "it", "português": "pt", "portugues": "pt", "polski": "pl", "中文": "zh",
    "mandarin": "zh", "norsk": "nb", "svenska": "sv", "dansk": "da", "suomi": "fi", "bokmal": "nb",
    # Codes of three letters, and of countries that people take for those of languages.
    "deu": "de", "ger": "de", "eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "nld": "nl", "dut": "nl",
    "ita": "it", "por": "pt", "pol": "pl", "zho": "zh", "chi": "zh", "cn": "zh-CN", "jp": "ja", "kr": "ko", "cz": "cs",
    "dk": "da", "se": "sv", "gr": "el", "ua": "uk", "uk-en": "en-GB", "gb": "en-GB", "us": "en-US", "br": "pt-BR",
    "at": "de-AT", "ch": "de-CH", "mx": "es-MX",
}  # fmt: skip
"""What else languages are called; it is not taken, but it tells what was meant."""

_FORM: Final = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE)

_AS_TWO_LETTERS: Final = {"nb": "no", "nn": "no", "yue": "zh", "fil": "tl"}
"""How services call a language that has another code here."""


def canonical_language(text: str) -> str:
    """A known language in the usual spelling ("de_at" is de-AT, "ZH-hans" is zh-Hans); empty when it is none."""
    found = _FORM.fullmatch(text.strip().replace("_", "-"))
    if found is None or found[1].lower() not in LANGUAGES:
        return ""
    script, region = (found[2] or "").title(), (found[3] or "").upper()
    return "-".join(filter(None, (found[1].lower(), script, region)))


def base_language(code: str) -> str:
    """The language without its region and script: de of de-AT."""
    return code.replace("_", "-").partition("-")[0].lower()


def service_language(code: str) -> str:
    """The language as transcription services want it: two letters (ISO 639-1)."""
    base = base_language(code)
    return _AS_TWO_LETTERS.get(base, base)


def language_name(code: str) -> str:
    """What a language is called in English; the code itself when nobody here knows it."""
    return LANGUAGES.get(base_language(code), code)


def meant_language(text: str) -> str:
    """The code that somebody meant who wrote something else; empty when there is none near it."""
    word = text.strip().casefold().replace("_", "-")
    names = {name.casefold(): code for code, name in LANGUAGES.items()} | _ALSO_CALLED
    if word in names:
        return names[word]
    base, _, rest = word.partition("-")
    if rest and base in LANGUAGES:
        return base
    close = get_close_matches(word, [*names, *LANGUAGES], n=1, cutoff=0.6)
    return names.get(close[0], close[0]) if close else ""
