"""How far a rank can be believed: intervals by drawing from the posterior."""

from __future__ import annotations

import zlib

import numpy as np

from voc.issues import shrinkage
from voc.issues.levels import Level

Array = np.ndarray


def rank_interval(name: str, level: Level, draws: int) -> tuple[Array, Array]:
    """5% and 95% quantiles of each cell's posterior rank by relative risk (1 is the highest).

    The random source is seeded by month and step, the cells are put in the order of issue, E and x, and cells alike in all
    three get one interval: so it depends on what was observed and not on what things are called. Fewer draws for more
    cells, 40 at least, keep the time linear.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    order = np.lexsort((level.x, level.expected, level.issue))
    sorted_ = level.take(order)
    size = len(order)
    draws = int(np.clip(4_000_000 // size, 40, draws))
    ranks = np.empty((draws, size), dtype=np.int32)
    x, expected = sorted_.seen
    step = max(1, 2_000_000 // size)
    places = np.arange(1, size + 1, dtype=np.int32)
    for first in range(0, draws, step):
        values = shrinkage.sample(x, expected, level.fit, min(step, draws - first), random)
        for draw, order_ in enumerate(np.argsort(-values, axis=1), start=first):
            ranks[draw, order_] = places
    ranks.sort(axis=0)
    new = (np.diff(sorted_.issue) != 0) | (np.diff(sorted_.expected) != 0) | (np.diff(sorted_.x) != 0)
    heads = np.flatnonzero(np.r_[True, new])
    run = np.cumsum(np.r_[0, new])
    lo, hi = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    lo[order] = np.minimum.reduceat(ranks[int(0.05 * (draws - 1))], heads)[run]
    hi[order] = np.maximum.reduceat(ranks[int(np.ceil(0.95 * (draws - 1)))], heads)[run]
    return lo, hi
