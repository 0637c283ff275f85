"""Who reviews what, when and where: the exposure of the sample world, before any complaint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from voc.corpora.sample.chain import MISSING, MONTHS, NO_SKU, NO_STORE, SOURCES, Array, Chain, stream

ZONE = dt.timezone(dt.timedelta(hours=8))
"""Asia/Shanghai, which has had no other offset since 1991."""

STARTS = tuple(dt.datetime(int(m[:4]), int(m[5:]), 1, tzinfo=ZONE) for m in MONTHS)

# The last month is larger: the chain has grown and more of its stores are connected to the platforms.
MONTH_SHARE = np.array([40, 42, 50, 44, 48, 52, 42, 42, 44, 46, 48, 54, 68, 400], float)
SOURCE_SHARE = np.array([0.28, 0.20, 0.52])
SURVEYS = 0.05
STORE_LINKED, SKU_LINKED = 0.62, 0.92
"""Tmall: shares of orders whose store, and whose SKU, the order table knows."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The reviews that count as exposure, sorted by month, source and time. All arrays have length n.

    month, source int: index into MONTHS, SOURCES; store, sku int: where it was bought and what, NO_STORE and NO_SKU
    where that is nobody's knowledge; seen_store, seen_sku: what the files tell; second int: since the month began,
    business time, distinct within month and source.
    """

    month: Array
    source: Array
    store: Array
    sku: Array
    seen_store: Array
    seen_sku: Array
    second: Array

    def __len__(self) -> int:
        return len(self.month)


@cache
def month_seconds(month: str) -> int:
    year, number = int(month[:4]), int(month[5:])
    after = dt.date(year + number // 12, number % 12 + 1, 1)
    return (after - dt.date(year, number, 1)).days * 86_400


def clock(month: int, second: int) -> dt.datetime:
    """Business time of a row."""
    return STARTS[month] + dt.timedelta(seconds=second)


def make_rows(chain: Chain, *, reviews: int, seed: int) -> Rows:
    """About `reviews` rows from the three platforms and a twentieth as many survey answers."""
    random = stream(seed, "rows")
    share = MONTH_SHARE / MONTH_SHARE.sum()
    wanted = 0.93 * reviews  # the rest are default, copied, solicited and hostile reviews
    blocks = []
    for m, month in enumerate(MONTHS):
        sizes = [round(wanted * share[m] * s) for s in SOURCE_SHARE] + [round(reviews * SURVEYS * share[m])]
        pair = _pair_share(chain, month)
        for s, source in enumerate(SOURCES):
            if MISSING.get(source) == month:
                continue
            blocks.append(_block(chain, random, m, s, sizes[s], pair))
    columns = [np.concatenate(c) for c in zip(*blocks, strict=True)]
    return Rows(*columns)


def _pair_share(chain: Chain, month: str) -> Array:
    """(60, 110) share of the month's store reviews by store and SKU; one SKU is sold mainly by one franchise store."""
    pair = np.outer(chain.open_stores(month), chain.sold_skus(month))
    at, store = chain.parts["franchise_sku"], chain.parts["good_franchise"]
    total = pair[:, at].sum()
    pair[:, at] *= 0.35
    pair[store, at] += 0.65 * total
    out: Array = pair / pair.sum()
    return out


def _block(chain: Chain, random: np.random.Generator, m: int, s: int, size: int, pair: Array) -> tuple[Array, ...]:
    source = SOURCES[s]
    flat = np.searchsorted(np.cumsum(pair.ravel()), random.random(size) * pair.sum() * (1 - 1e-12))
    store, sku = np.divmod(flat, pair.shape[1])
    if source == "jd":
        weight = np.cumsum(chain.sold_skus(MONTHS[m]))
        sku = np.searchsorted(weight, random.random(size) * weight[-1] * (1 - 1e-12))
        store = np.full(size, NO_STORE)
    if source == "wjx":
        sku = np.full(size, NO_SKU)
    seen_store, seen_sku = store.copy(), sku.copy()
    if source == "tmall":
        u = random.random(size)
        store[u > STORE_LINKED] = NO_STORE
        seen_store, seen_sku = store.copy(), np.where(u > SKU_LINKED, NO_SKU, sku)
    if m == len(MONTHS) - 1 and source == "meituan":
        few = chain.parts["five_review_store"]
        store[:5], seen_store[:5] = few, few
    length = month_seconds(MONTHS[m])
    second = random.choice(length - 2, size, replace=False) + 1
    if size > 20:  # both sides of the month's edge
        second[-2:] = (0, length - 1)
    if m == len(MONTHS) - 1 and source == "meituan":
        second[:5] = random.choice(np.arange(10, 25) * 86_400, 5, replace=False) + 43_217
        second = _distinct(second, random, length)
    order = np.argsort(second, kind="stable")
    full = [np.full(size, m), np.full(size, s), store, sku, seen_store, seen_sku, second]
    return tuple(c[order].astype(np.int64) for c in full)


def _distinct(second: Array, random: np.random.Generator, length: int) -> Array:
    """`second` with repeated values moved to free ones."""
    taken = set()
    out = second.copy()
    for i, value in enumerate(second.tolist()):
        while value in taken:
            value = int(random.integers(1, length - 1))
        taken.add(value)
        out[i] = value
    return out


def edges(values: Array) -> list[tuple[int, int]]:
    """Start and end of each run of equal values."""
    at = np.flatnonzero(np.r_[True, values[1:] != values[:-1], True])
    return list(pairwise(at.tolist()))
