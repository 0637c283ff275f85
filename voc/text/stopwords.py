"""Stop lists: words that say nothing about a product or a store by themselves."""

from __future__ import annotations

from functools import cache
from importlib import resources

from voc.errors import UnknownName

LANGUAGES = ("en", "zh")


@cache
def stopwords(lang: str) -> frozenset[str]:
    """The stop list of `lang` ('zh' or 'en'), in normal form. Raises UnknownName for another language."""
    if lang not in LANGUAGES:
        raise UnknownName("stop list", lang, LANGUAGES)
    raw = resources.files("voc.text").joinpath("data", f"stopwords-{lang}.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0] for line in raw.splitlines())
    return frozenset(word for line in lines for word in line.split())
