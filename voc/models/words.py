"""English words as characters, so that the n-gram models see words beside letters.

A word in the scope of a negation is another word than the same word outside it (Das and Chen 2001; Pang, Lee and
Vaithyanathan 2002): the scope runs from the negation over the next words to a sign or a contrast. Each word becomes one
code point of the planes 1 to 16, taken from its hash, and stands behind the text: n-grams of those code points are
n-grams of words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

_BETWEEN = "\x04"
_SPLIT_NOT = re.compile(r"\s+n\s?['’]\s?t\b")
_SPLIT_REST = re.compile(r"\s+['’]\s?(s|re|ve|ll|d|m)\b")
_TOKEN = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[^\s\w]")
_NEGATIONS = frozenset(
    ["not", "no", "never", "nothing", "nobody", "none", "hardly", "barely", "without", "cannot", "nor", "neither", "cant",
     "dont", "doesnt", "didnt", "wont", "isnt", "wasnt", "arent", "werent", "couldnt", "wouldnt", "shouldnt", "havent",
     "hasnt", "aint", "lack", "lacks"]
)  # fmt: skip
_ENDS = frozenset([*".,;:!?()", "but", "however", "although", "though", "yet", "except"])
_SCOPE = 4
_NEGATED = "¬"
_FIRST, _CODES = 0x10000, 0x100000


def words(text: str) -> list[str]:
    """The words and signs of a text in lower case, those under a negation with ¬ before them.

    Contractions that corpora split (`do n't`) are read like whole ones.
    """
    joined = _SPLIT_REST.sub(r"'\1", _SPLIT_NOT.sub("n't", text.lower()))
    out, scope = [], 0
    for word in _TOKEN.findall(joined):
        word = word.replace("’", "'")
        if word in _ENDS:
            scope = 0
            out.append(word)
            continue
        out.append(_NEGATED + word if scope else word)
        scope = _SCOPE if word in _NEGATIONS or word.endswith("n't") else max(scope - 1, 0)
    return out


def with_words(texts: Iterable[str]) -> list[str]:
    """Each text with its words behind it, a code point each; equal on every machine."""
    return [f"{text}{_BETWEEN}{_codes(words(text))}" for text in texts]


def _codes(found: Sequence[str]) -> str:
    return "".join(map(_code, found))


@lru_cache(maxsize=1 << 16)
def _code(word: str) -> str:
    return chr(_FIRST + zlib.crc32(word.encode("utf-8", "surrogatepass")) % _CODES)
