"""Distinct numbers and how often each occurs, by sorting.

NumPy's own `unique` puts numbers into a hash table when only the distinct ones are asked for; with a few million keys that
takes about ten times as long as sorting them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def distinct_of(numbers: Ints) -> Ints:
    """The distinct `numbers` (n,), ascending."""
    ordered = np.sort(numbers)
    return np.asarray(ordered[_first(ordered)])


def runs(ordered: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers of `ordered`, which ascends, and how often each occurs."""
    starts = np.flatnonzero(_first(ordered))
    return np.asarray(ordered[starts]), np.diff(np.append(starts, len(ordered)))


def spread(starts: Ints, sizes: Ints) -> Ints:
    """The places starts[i] .. starts[i] + sizes[i] - 1 of each i, one after the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.repeat(starts - ends + sizes, sizes) + np.arange(total))


def _first(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each number differs from the one before it."""
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new
