"""Observed and expected complaints at each level of the chain, with the prior that its cells share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voc.issues import shrinkage
from voc.issues.expectation import Cells, Margins
from voc.issues.shrinkage import Fit, Prior

Array = np.ndarray

BLOCK = 1_000_000
"""Pair cells that are expanded at a time: what bounds memory."""

REST = 2.0
"""Complaints' worth of belief that the rest of the chain has the chain's rate, where the rest is small."""


@dataclass(frozen=True, eq=False)
class Level:
    """Cells (N,) of one level: unit and issue as places, x complaints, E, and how uncertain E itself is.

    `doubt` is the squared coefficient of variation of E: x and E enter the posterior divided by 1 + doubt E, since what
    varies with the expectation is no evidence about the unit (a quasi-likelihood).
    """

    unit: Array
    issue: Array
    x: Array
    expected: Array
    doubt: Array
    fit: Fit

    @property
    def seen(self) -> tuple[Array, Array]:
        """(x, E) as they enter the posterior."""
        return _tempered(self.x, self.expected, self.doubt)

    def take(self, rows: Array) -> Level:
        """The cells `rows` (places or a mask), under the same prior."""
        return Level(self.unit[rows], self.issue[rows], self.x[rows], self.expected[rows], self.doubt[rows], self.fit)


def store_level(cells: Cells, found: Margins, factor: Array, prior: Prior) -> Level:
    """Stores, given the SKUs that they sell and, by `factor` (S, I), what their peers are like (`voc.issues.peers`)."""
    x, expected = cells.x_store[:-1], found.expected_store[:-1] * factor
    if (factor == 1).all():
        return _dense(x, expected, found.fit_store)
    there = expected > 0
    return _dense(x, expected, shrinkage.fit(x[there], expected[there], prior=prior))


def sku_level(cells: Cells, found: Margins) -> Level:
    """SKUs, given the stores that sell them."""
    return _dense(cells.x_sku[:-1], found.expected_sku[:-1], found.fit_sku)


def group_level(x: Array, expected: Array, group: Array, count: int, prior: Prior) -> Level:
    """Groups of units: regions of stores, categories of SKUs, or sources themselves.

    x and expected (U, I) of the units, group (U,) the place of each one's group or -1, `count` groups. A group is
    compared with the rest of the chain: its expectation is scaled by what the rest had over what it was to have.
    """
    inside = group >= 0
    shape = (count, x.shape[1])
    x_group, e_group = np.zeros(shape), np.zeros(shape)
    np.add.at(x_group, group[inside], x[inside])
    np.add.at(e_group, group[inside], expected[inside])
    x_rest = np.maximum(x.sum(axis=0) - x_group, 0.0)
    e_rest = np.maximum(expected.sum(axis=0) - e_group, 0.0)
    scaled = e_group * (x_rest + REST) / (e_rest + REST)
    doubt = 1 / (x_rest + REST)
    there = scaled > 0
    fit = shrinkage.fit(*_tempered(x_group[there], scaled[there], doubt[there]), prior=prior)
    return _dense(x_group, scaled, fit, doubt)


def pair_level(cells: Cells, found: Margins, prior: Prior, allowed: Array) -> Level:
    """Pairs of a store and a SKU with complaints, given both margins as the store's and the SKU's other pairs show them.

    Leaving the pair itself out of its margins keeps a bad pair from hiding in the margins that it lifts. The prior is
    fitted on all pairs, those without complaints included, of the issues where `allowed` (I,) and with both ids named.
    """
    named = (cells.store < len(cells.x_store) - 1) & (cells.sku < len(cells.x_sku) - 1)
    rows = np.flatnonzero(named)
    place = np.full(len(cells.store), -1)
    place[rows] = np.arange(len(rows))
    use = named[cells.pair] & allowed[cells.issue]
    pair, issue, x = cells.pair[use], cells.issue[use], cells.x[use]
    order = np.lexsort((pair, issue))
    pair, issue, x = pair[order], issue[order], x[order]
    expected = np.zeros(len(x))
    squashed = []
    step = max(1, BLOCK // max(len(rows), 1))
    columns = np.flatnonzero(allowed)
    for start in range(0, len(columns), step):
        block = columns[start : start + step]
        here = (issue >= block[0]) & (issue <= block[-1])
        dense = np.zeros((len(rows), len(block)))
        spot = (place[pair[here]], np.searchsorted(block, issue[here]))
        dense[spot] = x[here]
        e = _without_itself(cells, found, rows, block, dense)
        expected[here] = e[spot]
        there = e > 0
        if there.any():
            squashed.append(shrinkage.squash(dense[there], e[there]))
    if squashed:
        xs, es, ws = (np.concatenate(part) for part in zip(*squashed, strict=True))
    else:
        xs = es = ws = np.zeros(0)
    fit = shrinkage.fit(xs, es, weight=ws, prior=prior)
    good = expected > 0
    return Level(pair, issue, x, expected, np.zeros(len(x)), fit).take(good)


def pair_counts(cells: Cells, found: Margins, rows: Array, issues: Array) -> tuple[Array, Array]:
    """Complaints x and expectations E of the pairs `rows` and `issues`, (rows, issues) each; the pair left out of E."""
    place, column = np.full(len(cells.store), -1), np.full(cells.x_store.shape[1], -1)
    place[rows], column[issues] = np.arange(len(rows)), np.arange(len(issues))
    use = (place[cells.pair] >= 0) & (column[cells.issue] >= 0)
    x = np.zeros((len(rows), len(issues)))
    x[place[cells.pair[use]], column[cells.issue[use]]] = cells.x[use]
    step = max(1, BLOCK // max(len(rows), 1))
    parts = [
        _without_itself(cells, found, rows, issues[i : i + step], x[:, i : i + step])
        for i in range(0, len(issues), step)
    ]
    return x, np.concatenate(parts, axis=1) if parts else np.zeros_like(x)


def _without_itself(cells: Cells, found: Margins, rows: Array, block: Array, x: Array) -> Array:
    """E of the pairs `rows` and issues `block`: n p and the two margins' posterior means without the pair."""
    store, sku = cells.store[rows][:, None], cells.sku[rows][:, None]
    # Source by source: there are few, and threads of a matrix product would wait for each other on a busy machine.
    plain = np.zeros((len(rows), len(block)))
    for n, rate in zip(cells.n[rows].T, found.rate[:, block], strict=True):
        plain += n[:, None] * rate
    risk_store, risk_sku = found.risk_store[store, block], found.risk_sku[sku, block]
    others_x = np.maximum(cells.x_store[store, block] - x, 0.0)
    others_e = np.maximum(found.expected_store[store, block] - plain * risk_sku, 0.0)
    by_store = shrinkage.mean(others_x, others_e, found.fit_store)
    others_x = np.maximum(cells.x_sku[sku, block] - x, 0.0)
    others_e = np.maximum(found.expected_sku[sku, block] - plain * risk_store, 0.0)
    out: Array = plain * by_store * shrinkage.mean(others_x, others_e, found.fit_sku)
    return out


def _dense(x: Array, expected: Array, fit: Fit, doubt: Array | None = None) -> Level:
    there = np.asarray(expected > 0)
    unit, issue = np.nonzero(there)
    steady = np.zeros(x.shape) if doubt is None else doubt
    return Level(unit, issue, x[there], expected[there], steady[there], fit)


def _tempered(x: Array, expected: Array, doubt: Array) -> tuple[Array, Array]:
    weight = 1 + doubt * np.maximum(expected, np.sqrt(expected * x))
    return x / weight, expected / weight
