"""Since when an excess has stood: the month from which a cell's complaints follow the signals' rate, not the ordinary one.

Months before the onset share one rate drawn from the ordinary component of the shrinker (`voc.issues.shrinkage`), months
from it on one rate drawn from the signals' component; every month is equally likely beforehand. Segments of Poisson counts
under gamma priors have closed marginal likelihoods, so the posterior of the onset is exact (a single change point, as in
Raftery and Akman 1986, "Bayesian analysis of a Poisson process with a change-point", Biometrika 73). Only its quantiles are
said, and nothing where a month since fell below what was to be expected of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from scipy.special import gammaln

from voc.issues import shrinkage
from voc.issues.gate import GATED
from voc.issues.shrinkage import Fit

Array = np.ndarray
Key = tuple[str, str | None, str | None, str]  # level, store, SKU, issue

SURE = 0.95
"""Probability that the onset is not later than said; and, where a single month is named, not earlier either."""

_LEVELS = {"store": ("store_id",), "sku": ("sku_id",), "store_sku": ("store_id", "sku_id")}


@dataclass(frozen=True)
class Onset:
    """An excess that has stood since `month`, or at least since then: `exact` says whether an earlier onset is ruled out."""

    month: str
    exact: bool


def onsets(
    month: str, *, ranking: pa.Table, facts: pa.Table, exposure: pa.Table, least_months: int = 6
) -> dict[Key, Onset]:
    """The signals of `month` (stores, SKUs, pairs; issues of the taxonomy) of which it can be said since when they stand.

    A past month's expectation is its reviews by source times that month's rates, scaled as this month's `expected` is to
    the same product. Empty with fewer than `least_months` months before.
    """
    months = sorted(m for m in set(exposure["month"].unique().to_pylist()) if m <= month)[-13:]
    if len(months) <= least_months or month not in months:
        return {}
    out = {}
    with duckdb.connect(":memory:") as db:
        for name, table in (("facts", facts), ("exposure", exposure), ("ranking", ranking)):
            db.register(name, table)
        for level, ids in _LEVELS.items():
            rows = db.execute(_query(ids), {"level": level, "gates": list(GATED), "months": months}).fetchall()
            series: dict[Key, tuple[Array, Array]] = {}
            expected: dict[Key, float] = {}
            for store, sku, aspect, now, when, x, e in rows:
                key = (level, store, sku, aspect)
                expected[key] = now
                xs, es = series.setdefault(key, (np.zeros(len(months)), np.zeros(len(months))))
                xs[months.index(when)], es[months.index(when)] = x, e
            fitted = _fit(db, level)
            for key, (xs, es) in sorted(series.items(), key=str):
                if es[-1] > 0 and (found := onset(xs, es * expected[key] / es[-1], fitted)) is not None:
                    out[key] = Onset(months[found[0]], found[1])
    return out


def onset(x: Array, e: Array, fit: Fit) -> tuple[int, bool] | None:
    """(place of the month, exact) from complaints and expectations by month, the judged one last; None: nothing to say."""
    p = posterior(x, e, fit)
    below = np.cumsum(p)
    last = int(np.searchsorted(below, SURE))
    if last >= len(x) - 1:
        return None  # it may be this month alone
    tellable = e[last:] >= 1
    if np.any(x[last:][tellable] < e[last:][tellable]):
        return None  # it came and went
    return last, bool(last > 0 and p[:last].sum() <= 1 - SURE)


def posterior(x: Array, e: Array, fit: Fit) -> Array:
    """P(the excess began with month s), shape (M,), for each s."""
    x0, e0 = np.r_[0, np.cumsum(x)[:-1]], np.r_[0, np.cumsum(e)[:-1]]
    logs = _marginal(x0, e0, fit.ordinary, fit.ordinary) + _marginal(x.sum() - x0, e.sum() - e0, fit.shape, fit.rate)
    weights = np.exp(logs - logs.max())
    out: Array = weights / weights.sum()
    return out


def _marginal(x: Array, e: Array, shape: float, rate: float) -> Array:
    """Log of the marginal likelihood of a segment with x complaints and e expected, without what all onsets share."""
    out: Array = gammaln(shape + x) - gammaln(shape) + shape * np.log(rate) - (shape + x) * np.log(rate + e)
    return out


def _fit(db: duckdb.DuckDBPyConnection, level: str) -> Fit:
    cells = db.execute(
        "select observed, expected from ranking where level = ? and issue_kind = 'aspect' and expected > 0", [level]
    ).fetchnumpy()
    return shrinkage.fit(np.asarray(cells["observed"], float), np.asarray(cells["expected"], float))


def _query(ids: tuple[str, ...]) -> str:
    keys = ", ".join(ids)
    same = " and ".join(f"c.{i} = t.{i}" for i in ids)
    columns = ", ".join(f"c.{i}" if i in ids else f"null as {i}" for i in ("store_id", "sku_id"))
    return f"""
        with cells as (
            select {keys}, aspect, expected from ranking
            where level = $level and issue_kind = 'aspect' and list_contains($gates, gate) and expected > 0
        ), whole as (
            select month, source, sum(n_reviews) as n from exposure where list_contains($months, month) group by all
        ), rates as (
            select f.month, f.source, f.issue_code as aspect, sum(f.n_complaints) / any_value(w.n) as p
            from facts f join whole w on w.month = f.month and w.source = f.source
            where f.issue_kind = 'aspect' and w.n > 0 group by f.month, f.source, f.issue_code
        ), seen as (
            select month, source, {keys}, sum(n_reviews) as n from exposure t
            where list_contains($months, month) and ({keys}) in (select ({keys}) from cells) group by all
        ), due as (
            select {", ".join(f"c.{i}" for i in ids)}, c.aspect, c.expected, t.month, sum(t.n * coalesce(r.p, 0)) as e
            from cells c join seen t on {same}
            left join rates r on r.month = t.month and r.source = t.source and r.aspect = c.aspect group by all
        ), said as (
            select month, {keys}, issue_code as aspect, sum(n_complaints) as x from facts
            where issue_kind = 'aspect' and ({keys}) in (select ({keys}) from cells) group by all
        )
        select {columns}, c.aspect, c.expected, c.month, coalesce(t.x, 0), c.e
        from due c left join said t on t.month = c.month and t.aspect = c.aspect and {same}
        order by all
    """
