"""Which words may complete a combination: for every place of it somebody must stand in the same clause, or text.

Bit sets of combinations, for all words of a sheet at once. A word fills a few places of several hundred combinations and
nearly every clause has such words, so a coarse set, in which combinations share bits, is asked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.extract.lexicon import Lexicon
from voc.extract.places import Flags, Ints

_WORD = 64
_TURN = 13  # bits by which each word of a set is turned before it is laid over the others


@dataclass(frozen=True)
class Completion:
    """`parts` (places, f, w) has a bit for each combination, set where the filler may take the place; combinations of fewer
    places have all bits set in the others. `coarse` (places, f, 1) lays the w words of it over each other."""

    parts: NDArray[np.uint64]
    coarse: NDArray[np.uint64]

    def completed(self, filler: Ints, group: Ints) -> Flags:
        """Whether each filler has a place in a combination of which its group holds a word for every place.

        `group` is sorted.
        """
        out = np.zeros(len(filler), dtype=bool)
        some = np.flatnonzero(_completed(self.coarse, filler, group))
        out[some] = _completed(self.parts, filler[some], group[some])
        return out


def completion(slots: Sequence[set[tuple[int, int]]], lexicon: Lexicon, *, across: bool) -> Completion:
    """For fillers by the `slots` that they fill; with `across` only of combinations that may stretch over clauses."""
    wanted = [n for n, (_, c) in enumerate(lexicon.combinations) if c.across or not across]
    bit = {number: n for n, number in enumerate(wanted)}
    places = max((len(lexicon.combinations[n][1].slots) for n in wanted), default=1)
    parts = np.zeros((places, len(slots), len(wanted) // _WORD + 1), dtype=np.uint64)
    for filler, taken in enumerate(slots):
        for number, position in taken:
            if number in bit:
                word, shift = divmod(bit[number], _WORD)
                for place in [position, *range(len(lexicon.combinations[number][1].slots), places)]:
                    parts[place, filler, word] |= np.uint64(1 << shift)
    coarse = np.zeros((places, len(slots)), dtype=np.uint64)
    for word in range(parts.shape[2]):
        turn = np.uint64(_TURN * word % _WORD)
        coarse |= parts[:, :, word] << turn | parts[:, :, word] >> (np.uint64(_WORD) - turn) % np.uint64(_WORD)
    return Completion(parts, coarse[:, :, None])


def _completed(parts: NDArray[np.uint64], filler: Ints, group: Ints) -> Flags:
    if not len(filler):
        return np.zeros(0, dtype=bool)
    new = np.flatnonzero(np.diff(group, prepend=-2))
    whole = np.bitwise_or.reduceat(parts[0][filler], new, axis=0)
    for part in parts[1:]:
        whole &= np.bitwise_or.reduceat(part[filler], new, axis=0)
    sizes = np.diff(np.append(new, len(filler)))
    open_ = np.repeat((whole > 0).any(axis=1), sizes)
    at = np.flatnonzero(open_)
    used = np.bitwise_or.reduce(parts[:, filler[at]], axis=0) & np.repeat(whole, sizes, axis=0)[at]
    open_[at] = (used > 0).any(axis=1)
    return open_
