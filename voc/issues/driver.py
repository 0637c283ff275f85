"""Which one pair is behind a margin: the SKU that makes a store look bad, the store that makes a SKU look bad."""

from __future__ import annotations

import numpy as np

from voc.issues.levels import Level

Array = np.ndarray


def find(
    level: Level, *, unit: Array, other: Array, issue: Array, x: Array, expected: Array, issues: int, share: float = 0.5,
    least: int = 3, ordinary: float = 1.5,
) -> Array:  # fmt: skip
    """For each cell of `level` (store or SKU) the place of the other side of its driving pair, or -1.

    The pairs with complaints, (Z,) each: unit (this side), other (the other side, -1 if unnamed), issue, x, and E given
    the other side's relative risk. A pair drives a margin that has more complaints than expected if it has at least
    `least` of them, makes up at least `share` of the excess, and leaves a rest whose ratio of observed to expected is
    below `ordinary`: without it the unit would not stand out.
    """
    key = unit * issues + issue
    gain = x - expected
    order = np.lexsort((other, -gain, key))
    first = order[np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])] if len(order) else order
    mine = level.unit * issues + level.issue
    if not len(first):
        return np.full(len(mine), -1)
    at = np.minimum(np.searchsorted(key[first], mine), len(first) - 1)
    best = first[at]
    excess = level.x - level.expected
    rest_x = level.x - x[best]
    rest_expected = np.maximum(level.expected - expected[best], 1e-9)
    drives = (
        (key[best] == mine) & (excess > 0) & (x[best] >= least) & (gain[best] >= share * excess)
        & (rest_x < ordinary * rest_expected) & (rest_expected > 1e-6)
    )  # fmt: skip
    return np.where(drives, other[best], -1)
