"""Normal form of a text for matching, with the way back to the raw text.

The normal form is NFKC (Unicode Standard Annex #15), traditional characters made simplified one code point at a time,
and ASCII letters in lower case. It is used inside a step and never stored: every span that leaves a step is a span of
the raw text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

_HAN_BLOCKS = ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))
_HAS_COMPATIBILITY_FORMS = ((0xA0, 0x20000), (0x2F800, 0x2FA20))


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in normal form.

    `offsets` has len(text) + 1 entries: the raw code point at which each normal code point begins, then the raw
    length. It is None when both texts have the same offsets, which is the usual case.
    """

    text: str
    offsets: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest half-open raw span that holds the half-open normal span; code points, 0 <= start <= end."""
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span {start}:{end} does not lie in a text of {len(self.text)} code points")
        if self.offsets is None:
            return start, end
        raw_start = self.offsets[start]
        if start == end:
            return raw_start, raw_start
        last = self.offsets[end - 1]
        while self.offsets[end] == last:  # one raw code point may become several, as in '…' -> '...'
            end += 1
        return raw_start, self.offsets[end]


def normalise(text: str) -> Normal:
    """The normal form of `text`. Idempotent on its own output."""
    table = _table()
    even = text.translate(table)
    if unicodedata.is_normalized("NFKC", even):
        return Normal(even, None)
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for raw in _blocks(even):
        piece = unicodedata.normalize("NFKC", raw).translate(table)
        pieces.append(piece)
        # Marks may change places: then no code point of the block has one of its own in the other text.
        apart = len(raw) == 1 or "".join(unicodedata.normalize("NFKC", char) for char in raw).translate(table) == piece
        offsets += range(at, at + len(raw)) if apart and len(piece) == len(raw) else [at] * len(piece)
        at += len(raw)
    joined = "".join(pieces)
    if joined != unicodedata.normalize("NFKC", even).translate(table):
        # Two blocks interact after all (scripts that later Unicode versions add): one block, a coarse but true map.
        joined = unicodedata.normalize("NFKC", even).translate(table)
        return Normal(joined, (*[0] * len(joined), len(text)))
    offsets.append(len(text))
    same = len(joined) == len(text) and all(i == offset for i, offset in enumerate(offsets))
    return Normal(joined, None if same else tuple(offsets))


def flat(text: str) -> str:
    """`text` with each code point that has a normal form of one code point replaced by it; the length stays."""
    return text.translate(_table())


def flat_forms() -> Mapping[int, str]:
    """Code point -> the one code point that `flat` puts in its place; those that stay as they are are not in it."""
    return MappingProxyType(_table())


def normalise_all(texts: Iterable[str]) -> list[str]:
    """Normal forms without offsets, for counting and for models."""
    table = _table()
    forms = []
    for text in texts:
        form = text.translate(table)
        if not unicodedata.is_normalized("NFKC", form):
            form = unicodedata.normalize("NFKC", form).translate(table)
        forms.append(form)
    return forms


def _blocks(text: str) -> list[str]:
    """`text` cut before each code point that cannot combine with what stands before it."""
    blocks: list[str] = []
    start = 0
    for at in range(1, len(text)):
        if not _combines_back(text[at]):
            blocks.append(text[start:at])
            start = at
    blocks.append(text[start:])
    return blocks


def _combines_back(char: str) -> bool:
    if char < "\u0300":
        return False
    first = unicodedata.normalize("NFKD", char)[0]
    # Hangul vowels and finals are letters, yet compose with the letter before them.
    return unicodedata.combining(first) > 0 or unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


@cache
def _table() -> dict[int, str]:
    """Code point -> its one-code-point normal form, for those that have one and differ from it."""
    simplified = _simplified()

    def form(char: str) -> str:
        for _ in range(4):  # a simplified character may itself be a variant of another
            wide = unicodedata.normalize("NFKC", char)
            if len(wide) != 1:
                return char
            after = simplified.get(wide, wide)
            after = after.lower() if after.isascii() else after
            if after == char:
                break
            char = after
        return char

    table = {}
    pages = (
        "".join(map(chr, range(at, at + 32))) for start, end in _HAS_COMPATIBILITY_FORMS for at in range(start, end, 32)
    )
    # A page that is in normal form as a whole holds no character that is not.
    doubtful = (page for page in pages if not unicodedata.is_normalized("NFKC", page))
    composed = {char for page in doubtful for char in page if not unicodedata.is_normalized("NFKC", char)}
    capitals = {chr(code) for code in range(ord("A"), ord("Z") + 1)}
    for char in sorted(composed | capitals | simplified.keys()):
        after = form(char)
        if after != char:
            table[ord(char)] = after
    return table


@cache
def _simplified() -> dict[str, str]:
    """Traditional character -> simplified, from OpenCC's t2s applied to each Han character by itself."""
    from opencc import OpenCC  # loading the dictionary takes time that a plain import should not

    chars = [char for start, end in _HAN_BLOCKS for char in map(chr, range(start, end))]
    forms = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    return {char: form for char, form in zip(chars, forms, strict=True) if char != form and len(form) == 1}
