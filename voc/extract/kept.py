"""What the clauses of a worker's reviews came to, each kind of clause once, as rows of one growing table.

A place in a row is told from the words of the clause, so that it holds wherever such a clause stands: the number of a
word and how many code points behind its beginning; or, where `word` is FROM_CLAUSE, behind the beginning of the clause.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 300_000
"""Outcomes that a worker keeps; beyond that it forgets all of them. What it returns does not depend on it."""
FROM_CLAUSE, NOWHERE = -1, -2
PLACES = ("aspect_start", "aspect_end", "opinion_start", "opinion_end")
ROW = np.dtype(
    [("issue", np.int16), ("polarity", np.float64), ("confidence", np.float64), ("size", np.int32), ("general", np.bool_),
     ("denied", np.bool_), *((f"{place}_{part}", np.int32) for place in PLACES for part in ("word", "behind"))]
)  # fmt: skip
"""A claim: `polarity` is NaN while the polarity model has to judge, a place that is not there has the word NOWHERE."""
Row = tuple[object, ...]
Outcome = tuple[Sequence[Row], int]
"""Claims with the fields of ROW, and the issue that is left dangling, -1 for none."""
Ints = NDArray[np.int64]


class Kept:
    """Outcomes by their keys. An outcome is a number: its claims are rows, and it may leave an issue dangling (-1: none)."""

    def __init__(self) -> None:
        self.clear()

    def __len__(self) -> int:
        return len(self.numbers)

    def clear(self) -> None:
        """Forget everything; numbers that were handed out mean nothing any more."""
        self.numbers: dict[Hashable, int] = {}
        self._rows = np.zeros(1024, dtype=ROW)
        self._bounds = np.zeros((1024, 3), dtype=np.int64)  # first row, number of rows, what is left dangling
        self._size = 0

    def add(self, keys: Sequence[Hashable], outcomes: Sequence[Outcome]) -> None:
        """Keep outcomes under their keys, none of which is known."""
        first, known = self._size, len(self)
        sizes = np.array([len(rows) for rows, _ in outcomes], dtype=np.int64)
        rows = np.array([row for some, _ in outcomes for row in some], dtype=ROW)
        self._size += len(rows)
        self._rows = _longer(self._rows, self._size)
        self._rows[first : self._size] = rows
        self._bounds = _longer(self._bounds, known + len(keys))
        added = self._bounds[known : known + len(keys)]
        added[:, 0], added[:, 1], added[:, 2] = first + np.cumsum(sizes) - sizes, sizes, [left for _, left in outcomes]
        self.numbers.update(zip(keys, range(known, known + len(keys)), strict=True))

    def dangling(self, numbers: Ints) -> Ints:
        """The issue that each outcome leaves dangling, -1 for none."""
        return np.asarray(self._bounds[numbers, 2])

    def rows(self, numbers: Ints) -> tuple[NDArray[np.void], Ints]:
        """The claims of all outcomes one after the other, and how many each has."""
        first, count = self._bounds[numbers, 0], self._bounds[numbers, 1]
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        return self._rows[np.repeat(first, count) + within], count


def _longer(array: NDArray[Any], size: int) -> NDArray[Any]:
    """`array` with room for `size` rows at least."""
    if size <= len(array):
        return array
    more = np.zeros((max(size, 2 * len(array)) - len(array), *array.shape[1:]), dtype=array.dtype)
    return np.concatenate([array, more])
