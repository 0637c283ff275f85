"""How stars go together with issues: which of them the rating seems to turn on. An association, not a cause.

Ridge regression of stars on complaints,

    stars = mean + sum_j b_j [review complains of j] + source + month + store + SKU + e,

where the effects of source, month, store and SKU are drawn towards 0 (`PLACE` reviews' worth; as random effects are), so that
a store whose raters are mild, or a month of a new source, does not lend its stars to the issues it happens to have. These
effects are profiled out (the partitioned regression of Frisch, Waugh and Lovell holds with a penalty too), which needs only
sums and one sparse system. Standard errors are robust to stars varying more for some reviews than for others (White 1980,
"A heteroskedasticity-consistent covariance matrix estimator", Econometrica 48).

`pull` = b_j times the share of rated reviews with j: how far the mean rating goes down with it. `share` is the Shapley value
of j in the game in which a set of issues is worth the variance of what it adds to the stars. That game is quadratic, so the
value is exact and needs no sum over subsets: half of each covariance goes to either side,

    phi_j = cov(b_j D_j, sum_k b_k D_k),   share_j = phi_j / sum phi.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from voc.issues.cells import codes
from voc.issues.counts import rivals
from voc.schemas import IMPACT, WEIGHTLESS, conform

Array = np.ndarray

WINDOW = 3
"""Months, the last one included, whose reviews are regressed."""
PLACE, ISSUE = 5.0, 1.0
"""Reviews' worth of belief that a store, SKU, source or month, and that an issue, makes no difference."""
LEAST = 10
"""Rated reviews with an issue below which it gets no row; they are one regressor together."""
LEAST_REVIEWS = 200
DRAWS = 2000
_BLOCK = 100_000
Z95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Regression:
    """Effects (J,), their covariance (J, J), and mean (J,) and covariance (J, J) of the complaints themselves; N reviews."""

    effect: Array
    error: Array
    rate: Array
    spread: Array
    n: int

    def shares(self, effect: Array) -> Array:
        """Shapley shares for effects (..., J)."""
        value = effect * (effect @ self.spread)
        total = value.sum(axis=-1, keepdims=True)
        out: Array = np.divide(value, total, out=np.zeros_like(value), where=total > 0)
        return out


def impact(
    month: str, *, reviews: pa.Table, complaints: pa.Table, skus: pa.Table | None = None, least: int = LEAST
) -> pa.Table:
    """IMPACT of `month`: a row per aspect with at least `least` complaints in rated reviews, by aspect.

    reviews, complaints (`counts.complaints`): of the months that count (`WINDOW`). Rated root reviews that count are
    regressed; with fewer than LEAST_REVIEWS of them, or all of the same stars, there are no rows. Intervals are at 95%.
    """
    rated = _rated(reviews, skus)
    stars = np.asarray(rated["rating"], dtype=float)
    if len(stars) < LEAST_REVIEWS or np.ptp(stars) == 0:
        return IMPACT.empty_table()
    ids = rated["review_id"].combine_chunks()
    said = complaints.filter((pc.field("issue_kind") == "aspect") & pc.is_in(pc.field("root_id"), value_set=ids))
    names = sorted(pc.unique(said["issue_code"]).to_pylist())
    row = pc.index_in(said["root_id"], value_set=ids).to_numpy()
    issue = codes(said["issue_code"], names)
    has = sparse.csr_array((np.ones(len(row)), (row, issue)), shape=(len(stars), len(names)))
    has.data[:] = np.minimum(has.data, 1.0)
    count = np.asarray(has.sum(axis=0)).ravel()
    told = np.flatnonzero(count >= least)
    if not len(told):
        return IMPACT.empty_table()
    rare = np.asarray(has[:, np.flatnonzero(count < least)].sum(axis=1)).ravel() > 0
    regressors = sparse.hstack([has[:, told], sparse.csr_array(rare[:, None].astype(float))], format="csr")
    found = regress(stars, regressors, _effects(rated))
    random = np.random.default_rng(zlib.crc32(f"{month} impact".encode()))
    size = len(told)
    drawn = random.multivariate_normal(found.effect, found.error, DRAWS, method="eigh")
    share = found.shares(found.effect)[:size]
    share_lo, share_hi = np.quantile(found.shares(drawn)[:, :size], (0.025, 0.975), axis=0)
    effect, error, rate = found.effect[:size], np.sqrt(np.diag(found.error))[:size], found.rate[:size]
    pull_error = np.sqrt((rate * error) ** 2 + effect**2 * rate * (1 - rate) / found.n)
    columns = {
        "month": [month] * size, "aspect": [names[i] for i in told], "n": [found.n] * size,
        "observed": count[told].astype(np.int64), "effect": effect, "effect_lo": effect - Z95 * error,
        "effect_hi": effect + Z95 * error, "pull": effect * rate, "pull_lo": effect * rate - Z95 * pull_error,
        "pull_hi": effect * rate + Z95 * pull_error, "share": share, "share_lo": np.minimum(share_lo, share),
        "share_hi": np.maximum(share_hi, share),
    }  # fmt: skip
    return conform(pa.table(columns), IMPACT)


def rated(ranking: pa.Table, found: pa.Table) -> pa.Table:
    """RANKING with `rating_impact`: the effect of a cell's issue times the share of its reviews that have it, in stars.

    `found`: IMPACT of the month; issues that it does not have get null.
    """
    effect = dict(zip(found["aspect"].to_pylist(), found["effect"].to_pylist(), strict=True))
    columns = (ranking[name].to_pylist() for name in ("issue_kind", "aspect", "observed", "n"))
    values = [
        effect[aspect] * observed / n if kind == "aspect" and aspect in effect and n else None
        for kind, aspect, observed, n in zip(*columns, strict=True)
    ]
    place = ranking.schema.get_field_index("rating_impact")
    return ranking.set_column(place, ranking.schema.field(place), pa.array(values, pa.float64()))


def regress(stars: Array, has: sparse.csr_array, place: sparse.csr_array) -> Regression:
    """The ridge regression of the docstring. stars (N,), has (N, J) of 0 and 1, place (N, Q) dummies of all other effects."""
    y = stars - stars.mean()
    rate = np.asarray(has.mean(axis=0)).ravel()
    gram = (place.T @ place).tocsr()
    targets = np.column_stack([place.T @ y, (place.T @ has).toarray() - np.outer(place.sum(axis=0), rate)])
    solved = _solve(gram, targets)
    gamma_y, gamma = solved[:, 0], solved[:, 1:]
    size = has.shape[1]
    moment, target = np.zeros((size, size)), np.zeros(size)
    for start in range(0, len(y), _BLOCK):
        rows = slice(start, start + _BLOCK)
        centred = has[rows].toarray() - rate
        within = centred - place[rows] @ gamma
        moment += centred.T @ within
        target += within.T @ y[rows]
    bread = np.linalg.inv(moment + ISSUE * np.eye(size))
    effect = bread @ target
    meat, spread = np.zeros((size, size)), np.zeros((size, size))
    for start in range(0, len(y), _BLOCK):
        rows = slice(start, start + _BLOCK)
        centred = has[rows].toarray() - rate
        within = centred - place[rows] @ gamma
        left = y[rows] - place[rows] @ gamma_y - within @ effect
        meat += (within * left[:, None] ** 2).T @ within
        spread += centred.T @ centred
    freedom = len(y) / max(len(y) - size - 1, 1)
    return Regression(effect, freedom * bread @ meat @ bread, rate, spread / len(y), len(y))


def _solve(gram: sparse.csr_array, targets: Array) -> Array:
    """(gram + PLACE I)^-1 targets, column by column, by conjugate gradients with the diagonal as preconditioner."""
    system = (gram + PLACE * sparse.eye_array(gram.shape[0])).tocsr()
    diagonal = system.diagonal()
    scale = LinearOperator(system.shape, matvec=lambda v: np.ravel(v) / diagonal, dtype=float)
    columns = [cg(system, column, rtol=1e-8, maxiter=1000, M=scale)[0] for column in targets.T]
    return np.column_stack(columns)


def _rated(reviews: pa.Table, skus: pa.Table | None) -> pa.Table:
    """Root reviews with stars that count, in the order of their ids."""
    flagged = pa.array([not set(flags).isdisjoint(WEIGHTLESS) for flags in reviews["flags"].to_pylist()], pa.bool_())
    theirs = pc.fill_null(pc.is_in(reviews["sku_id"], value_set=pa.array(rivals(skus), pa.string())), False)
    keep = pc.and_(pc.is_valid(reviews["rating"]), pc.is_null(reviews["parent_id"]))
    keep = pc.and_(keep, pc.is_null(reviews["duplicate_of"]))
    keep = pc.and_(keep, pc.invert(pc.or_(flagged, theirs)))
    columns = ["review_id", "month", "source", "store_id", "sku_id", "rating"]
    return reviews.filter(keep).select(columns).sort_by("review_id")


def _effects(rated: pa.Table) -> sparse.csr_array:
    """Dummies of source, month, store and SKU, side by side; reviews that name no store or SKU have none of theirs."""
    parts = []
    for name in ("source", "month", "store_id", "sku_id"):
        names = sorted(pc.unique(rated[name].drop_null()).to_pylist())
        place = codes(rated[name], names)
        there = np.flatnonzero(place < len(names))
        parts.append(
            sparse.csr_array((np.ones(len(there)), (there, place[there])), shape=(len(place), max(len(names), 1)))
        )
    return sparse.hstack(parts, format="csr")
