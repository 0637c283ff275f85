"""Lots: is one batch of a product worse than the rest of the same product?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import shrinkage
from voc.issues.cells import codes
from voc.issues.expectation import Margins
from voc.issues.frame import Frame
from voc.issues.levels import Level
from voc.issues.shrinkage import Prior

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class LotCells:
    """Lots U: `level` of units 0 .. U - 1; sku (U,) the place of each one's SKU, lots their names, n (U,) reviews.

    evidence: (unit, issue) -> review ids, best first.
    """

    level: Level
    sku: Array
    lots: list[str]
    n: Array
    evidence: Mapping[tuple[int, int], list[str]]


def lot_cells(lots: pa.Table, frame: Frame, found: Margins, prior: Prior) -> LotCells:
    """The lots of `lots` (LOTS) in the frame's month. A lot is expected to have

        E = sum over its reviews of p lambda_store, times the posterior mean risk of its SKU without the lot,

    so that a bad batch stands out of a good product, and a bad product's batches are not blamed one by one. SKUs that the
    frame does not know (competitors') are left out.
    """
    data = frame.data
    lots = lots.filter(pc.field("month") == frame.month)
    sku = codes(lots["sku_id"], data.skus)
    known = (sku >= 0) & (codes(lots["source"], data.sources) >= 0) & (codes(lots["store_id"], data.stores) >= 0)
    lots, sku = lots.filter(pa.array(known)), sku[known]
    names = sorted(set(zip(sku.tolist(), lots["lot"].to_pylist(), strict=True)))
    place = {name: unit for unit, name in enumerate(names)}
    unit = np.array([place[k] for k in zip(sku.tolist(), lots["lot"].to_pylist(), strict=True)], dtype=np.int64)
    size, issues = len(names), len(data.issues)
    of_sku = np.array([k for k, _ in names], dtype=np.int64)

    counts = np.asarray(lots["n_reviews"], dtype=float)
    rate = found.rate[codes(lots["source"], data.sources)] * found.risk_store[codes(lots["store_id"], data.stores)]
    plain = np.zeros((size, issues))
    np.add.at(plain, unit, counts[:, None] * rate)
    plain *= _exposure_of_a_review(frame)[of_sku][:, None]

    x = np.zeros((size, issues))
    issue = codes(lots["issue_code"], data.issues)
    heard = np.flatnonzero((issue >= 0) & (issue < issues))
    np.add.at(x, (unit[heard], issue[heard]), np.asarray(lots["n_complaints"], dtype=float)[heard])
    evidence: dict[tuple[int, int], list[str]] = {}
    for row in heard.tolist():
        evidence.setdefault((int(unit[row]), int(issue[row])), []).extend(lots["review_ids"][row].as_py())

    rest_x = np.maximum(data.cells.x_sku[of_sku] - x, 0.0)
    rest_e = np.maximum(found.expected_sku[of_sku] - plain, 0.0)
    expected = plain * shrinkage.mean(rest_x, rest_e, found.fit_sku)
    there = expected > 0
    fit = shrinkage.fit(x[there], expected[there], prior=prior)
    units, columns = np.nonzero(there)
    level = Level(units, columns, x[there], expected[there], np.zeros(int(there.sum())), fit)
    return LotCells(level, of_sku, [lot for _, lot in names], np.bincount(unit, counts, size), evidence)


def _exposure_of_a_review(frame: Frame) -> Array:
    """How much exposure a review of each SKU stands for: 1, or units sold a review (K + 1,)."""
    cells, seen = frame.data.cells, frame.data.n_seen
    size = len(frame.data.skus) + 1
    exposed = np.bincount(cells.sku, cells.n.sum(axis=1), size)
    reviews = np.bincount(cells.sku, seen.sum(axis=1), size)
    return np.divide(exposed, reviews, out=np.ones(size), where=reviews > 0)
