"""The sample as a tagger of known quality would count it: facts and exposure without a word being written or read.

This shows what a ranking can find at best, and how much of it is lost to the tagger, in seconds for many seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from voc.corpora.sample.chain import MONTHS, NO_SKU, NO_STORE, OWN, SOURCES, STORES, Array, Chain, stream

from voc.schemas import EXPOSURE, FACTS, conform

if TYPE_CHECKING:
    from voc.corpora.sample import World


def counts(
    world: World, month: str, *, sensitivity: float = 1.0, false_positive: float = 0.0, seed: int = 0
) -> tuple[pa.Table, pa.Table]:
    """FACTS and EXPOSURE of `month`.

    Each true complaint is seen with probability `sensitivity`; a code that a review of this source could have, but has
    not, is seen with probability `false_positive`. Both in [0, 1].
    """
    random = stream(seed, f"counts {month}")
    m, rows = MONTHS.index(month), world.rows
    at = np.flatnonzero(rows.month == m)
    true = world.happens[at]
    seen = true & (random.random(true.shape) < sensitivity)
    seen |= ~true & (world.p[m] > 0) & (random.random(true.shape) < false_positive)
    unit = (rows.source[at] * (STORES + 1) + rows.seen_store[at]) * (OWN + 1) + rows.seen_sku[at]
    units, index = np.unique(unit, return_inverse=True)
    n = np.bincount(index)
    keys = _keys(world.chain, month, units)
    zeros = np.zeros(len(n), np.int64)
    exposure = pa.table(
        keys | {
            "n_reviews": n, "n_text": n, "rating_sum": zeros.astype(float), "rating_n": zeros, "n_default": zeros,
            "n_flagged": zeros,
        }
    )  # fmt: skip
    complaints = np.zeros((len(units), true.shape[1]), np.int64)
    np.add.at(complaints, index, seen)
    where, code = np.nonzero(complaints)
    x = complaints[where, code]
    facts = pa.table(
        _keys(world.chain, month, units[where]) | {
            "issue_kind": ["aspect"] * len(x), "issue_code": [world.rates.codes[c] for c in code.tolist()],
            "n_mentions": x, "n_complaints": x, "n_praise": 0 * x, "polarity_sum": -1.0 * x,
        }
    )  # fmt: skip
    return conform(facts, FACTS), conform(exposure, EXPOSURE)


def _keys(chain: Chain, month: str, units: Array) -> dict[str, pa.Array]:
    """The key columns of units numbered (source, store, SKU)."""
    place, sku = np.divmod(units, OWN + 1)
    source, store = np.divmod(place, STORES + 1)
    stores = [None if i == NO_STORE else chain.stores[i].store_id for i in store.tolist()]
    skus = [None if i == NO_SKU else chain.own[i].sku_id for i in sku.tolist()]
    return {
        "month": pa.array([month] * len(units), pa.string()),
        "source": pa.array([SOURCES[i] for i in source.tolist()], pa.string()),
        "store_id": pa.array(stores, pa.string()), "sku_id": pa.array(skus, pa.string()),
    }  # fmt: skip
