"""Many texts in normal form, laid end to end, so that one call looks at all of them.

A sheet is made once per batch. Whatever can be asked of a character alone is a look-up in a table of all code points;
only texts with a character that normalisation would move or join take the slow way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.text.normalise import Normal, flat_forms, normalise, normalise_all

CODE_POINTS = 0x110000
_TEXTS_A_CALL = 16_384
_NEVER_COMBINE = "\u4e00-\u9fff\u3400-\u4dbf\u3000-\u3029\u3030-\u303f\u2000-\u206f\u2500-\u27ff\U0001f000-\U0001faff"
"""Ranges in which a character that is its own normal form neither joins nor changes place with a neighbour."""


@dataclass(frozen=True)
class Sheet:
    """`text` holds all texts, each followed by a line end; `codes` (m,) are its code points.

    Text i is text[starts[i] : ends[i]]. `moved` has the normal form of those texts whose offsets differ from the raw
    ones.
    """

    text: str
    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    moved: dict[int, Normal]

    def __len__(self) -> int:
        return len(self.starts)

    def texts(self) -> list[str]:
        """The texts one by one."""
        text = self.text
        return [text[a:b] for a, b in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    def counts(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the `marked` characters stand in each text; line ends between texts count for none."""
        before = np.append(0, np.cumsum(marked))
        return np.asarray(before[self.ends] - before[self.starts])

    def rows(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the text at each place of `text`."""
        return np.searchsorted(self.starts, places, side="right") - 1


def sheet(texts: Sequence[str], *, longest: int | None = None) -> Sheet:
    """The sheet of `texts`; their normal forms are cut after `longest` code points."""
    forms, moved = _forms(texts)
    if longest is not None and any(len(form) > longest for form in forms):
        forms = [form[:longest] for form in forms]
    return replace(laid(forms), moved=moved)


def laid(texts: Sequence[str]) -> Sheet:
    """The sheet of `texts` as they are."""
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(lengths + 1) - 1
    joined = "\n".join([*texts, ""])
    return Sheet(joined, codes_of(joined), ends - lengths, ends, {})


def normal_forms(texts: Sequence[str]) -> list[str]:
    """The normal form of each text, as `normalise` gives it, without offsets."""
    out: list[str] = []
    for start in range(0, len(texts), _TEXTS_A_CALL):
        some = texts[start : start + _TEXTS_A_CALL]
        forms, restless = _calm_forms(some)
        for row, form in zip(restless, normalise_all([some[row] for row in restless]), strict=True):
            forms[row] = form
        out += forms
    return out


def codes_of(text: str) -> NDArray[np.uint32]:
    """The code points of `text`, read-only."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@cache
def where(pattern: str) -> NDArray[np.bool_]:
    """Shape (CODE_POINTS,): whether the character class `pattern` of `re` takes each code point."""
    found = np.zeros(CODE_POINTS, dtype=bool)
    everything = np.arange(CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    for match in re.finditer(f"(?:{pattern})+", everything):
        found[slice(*match.span())] = True
    return found


def _calm_forms(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Normal forms of one code point for each, and the texts for which NFKC may do more than that."""
    raw = laid(texts)
    form, restless = _tables()
    codes = form[raw.codes]
    forms = replace(raw, text=codes.tobytes().decode("utf-32-le", "surrogatepass")).texts()
    return forms, np.unique(raw.rows(np.flatnonzero(restless[codes]))).tolist()


def _forms(texts: Sequence[str]) -> tuple[list[str], dict[int, Normal]]:
    """Normal forms, and those with offsets of their own."""
    forms, restless = _calm_forms(texts)
    moved: dict[int, Normal] = {}
    for row in restless:
        normal = normalise(texts[row])
        forms[row] = normal.text
        if normal.offsets is not None:
            moved[row] = normal
    return forms, moved


@cache
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Code point -> its normal form of one code point; and whether NFKC may do more than that to a text with it."""
    form = np.arange(CODE_POINTS, dtype="<u4")
    for code, char in flat_forms().items():
        form[code] = ord(char)
    calm = where(f"[\x00-\x7f{_NEVER_COMBINE}]")
    places = np.flatnonzero(calm)
    calm[places] = [unicodedata.is_normalized("NFKC", c) and not unicodedata.combining(c) for c in map(chr, places)]
    return form, ~calm
