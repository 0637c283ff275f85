"""What changed: this month's complaints against what the months before foretold of the same store, SKU or pair.

A cell's risk in the past is Gamma(a + h, b + H) after h complaints of H expected, under the two components of
`voc.issues.shrinkage` fitted to the past; this month it is expected to have m = lambda E, where E has the chain's own rate
of this month in it, so what rose everywhere is no change of one place. The predictive distribution is negative binomial
(for each component), with

    variance  m + (phi + 1 / (a + h)) m^2,

phi for how much risks move from one month to the next of themselves, one per issue, estimated by forecasting the past
months from those before them (`voc.issues.history.Past.add`). p-values are tail probabilities on each side; among the cells
of a level that could show a change at all, the false discovery rate is bounded after Benjamini and Hochberg (1995),
"Controlling the false discovery rate", JRSS B 57(1), on rises and on falls apart.

Nothing is said from fewer than `RankSettings.history_least` months, of units not seen for as long, or of sources that went
missing or lost 40% of their reviews: an absent export must not look like an improvement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc
from scipy.stats import norm

from voc.issues import shrinkage
from voc.issues.history import Counts, Past
from voc.issues.shrinkage import Fit, Prior

Array = np.ndarray

NEW, RISING, FALLING, GONE, CHRONIC, STEADY = "new", "rising", "falling", "gone", "chronic", "steady"
SEASONAL, TOO_SHORT, WITHHELD = "seasonal", "too_short", "withheld"

LEAST_RISE, LEAST_FALL = 0.5, 3.0
"""Foretold complaints from which on a rise, and a fall, is tested: below them none could be told from chance."""

POOLED = 0.25
"""Weight of all issues' dispersion in that of one, in terms of an average issue's evidence."""

LEAST_PHI = 1e-3


@dataclass(frozen=True, eq=False)
class Change:
    """Cells (U, I) of one level. state: one of the words above; ratio, low, high: this month's risk to that of the past,
    with its 90% interval; q: the smallest false discovery rate at which the cell is called changed; festival: the ratio to
    the month that had the same festival. NaN where nothing can be said. was_above: the past's P(lambda > threshold)."""

    state: Array
    ratio: Array
    low: Array
    high: Array
    q: Array
    festival: Array
    was_above: Array


def refused(shape: tuple[int, int], reason: str) -> Change:
    """`reason` for each cell, and no number."""
    nothing = np.full(shape, np.nan)
    return Change(np.full(shape, reason, dtype=object), nothing, nothing, nothing, nothing, nothing, nothing)


def judge(
    now: Counts, past: Past, *, months: int, least_months: int = 6, fdr: float = 0.10, least: int = 3,
    threshold: float = 1.5, prior: Prior = shrinkage.PRIOR, least_phi: Array | float = LEAST_PHI,
) -> Change:  # fmt: skip
    """The changes of one level; `months` of history there are. A rise needs `least` complaints; phi is not believed to be
    below `least_phi`."""
    shape = now.x.shape
    if months < least_months:
        return refused(shape, TOO_SHORT)
    there = past.e > 0
    fit = shrinkage.fit(past.x[there], past.e[there], prior=prior)
    phi = np.maximum(dispersion(past), least_phi)
    known = there & (now.e > 0) & (past.seen >= least_months)[:, None]
    mean, rise, fall = tails(now, past.x, past.e, known, fit, phi)
    q_rise = benjamini_hochberg(rise, known & (mean >= LEAST_RISE))
    q_fall = benjamini_hochberg(fall, known & (mean >= LEAST_FALL))
    up = (q_rise <= fdr) & (now.x >= least)
    down = q_fall <= fdr
    state = np.full(shape, STEADY, dtype=object)
    state[up] = np.where(past.x[up] == 0, NEW, RISING)
    state[down] = np.where(now.x[down] == 0, GONE, FALLING)
    festival = np.full(shape, np.nan)
    if past.festival is not None:
        then = past.festival
        rest_x, rest_e = np.maximum(past.x - then.x, 0.0), np.maximum(past.e - then.e, 0.0)
        at_festival = known & (then.e > 0) & (rest_e > 0)
        _, rise_then, _ = tails(then, rest_x, rest_e, at_festival, fit, phi)
        state[up & (rise_then <= SAME_FESTIVAL)] = SEASONAL
        festival = np.where(at_festival, (now.x + 0.5) / (now.e + 0.5) * (then.e + 0.5) / (then.x + 0.5), np.nan)
    state[~known] = TOO_SHORT
    state[now.n <= 0] = WITHHELD
    ratio = np.where(known, (now.x + 0.5) / (mean + 0.5), np.nan)
    error = np.sqrt(1 / (now.x + 0.5) + phi + 1 / (fit.ordinary + past.x)) * norm.ppf(0.95)
    was_above = np.full(shape, np.nan)
    was_above[there] = shrinkage.p_above(past.x[there], past.e[there], fit, threshold)
    q = np.where(known, np.minimum(q_rise, q_fall), np.nan)
    return Change(state, ratio, ratio * np.exp(-error), ratio * np.exp(error), q, festival, was_above)


SAME_FESTIVAL = 0.05
"""A rise is seasonal if the same festival's month stood out from its own surroundings with a p-value up to this."""


def judge_all(
    now: dict[str, Counts], past: dict[str, Past], *, months: int, least_months: int = 6, fdr: float = 0.10, least: int = 3,
    threshold: float = 1.5, prior: Prior = shrinkage.PRIOR,
) -> dict[str, Change]:  # fmt: skip
    """level -> Change. A pair takes part in what its store and its SKU go through, and few pairs have complaints enough to
    tell their own dispersion, so theirs is at least the sum of the two."""
    if months < least_months:
        return {level: refused(counts.x.shape, TOO_SHORT) for level, counts in now.items()}
    margins = dispersion(past["store"]) + dispersion(past["sku"])
    return {
        level: judge(
            counts, past[level], months=months, least_months=least_months, fdr=fdr, least=least, threshold=threshold,
            prior=prior, least_phi=margins if level == "store_sku" else LEAST_PHI,
        )
        for level, counts in now.items()
    }  # fmt: skip


def dispersion(past: Past) -> Array:
    """phi (I,): each issue's own, drawn towards that of all."""
    all_ = max(float(past.surplus.sum()), 0.0) / max(float(past.square.sum()), 1.0)
    weight = POOLED * float(past.square.mean()) if len(past.square) else 0.0
    own = (past.surplus + weight * all_) / np.maximum(past.square + weight, 1.0)
    return np.maximum(own, LEAST_PHI)


def tails(now: Counts, past_x: Array, past_e: Array, use: Array, fit: Fit, phi: Array) -> tuple[Array, Array, Array]:
    """Foretold mean, P(x or more) and P(x or fewer) of each cell (U, I); 0, 1, 1 where not `use`.

    Tails are worked out where x is more than one standard deviation away from the mean on their side, else they are 1:
    such cells are no candidates, and there are very many.
    """
    mean, rise, fall = np.zeros(now.x.shape), np.ones(now.x.shape), np.ones(now.x.shape)
    x, e, h, total = now.x[use], now.e[use], past_x[use], past_e[use]
    spread = np.broadcast_to(phi, now.x.shape)[use]
    signal = shrinkage.signal_odds(h, total, fit)
    parts = []
    for weight, a, b in ((1 - signal, fit.ordinary, fit.ordinary), (signal, fit.shape, fit.rate)):
        parts.append((weight, (a + h) / (b + total) * e, spread + 1 / (a + h)))
    foretold = sum(weight * m for weight, m, _ in parts)
    second = sum(weight * (m + (1 + v) * m * m) for weight, m, v in parts)
    deviation = np.sqrt(np.maximum(second - foretold**2, 0.0))
    mean[use] = foretold
    for out, far, above in ((rise, x > foretold + deviation, True), (fall, x < foretold - deviation, False)):
        tail = np.ones(len(x))
        tail[far] = sum(w[far] * _tail(x[far], m[far], v[far], above) for w, m, v in parts)
        out[use] = tail
    return mean, rise, fall


def _tail(x: Array, mean: Array, spread: Array, above: bool) -> Array:
    """P(X >= x), or P(X <= x), for a negative binomial with this mean and variance mean + spread mean^2."""
    size = 1 / spread
    miss = size / (size + mean)
    if not above:
        out: Array = betainc(size, x + 1, miss)
        return out
    out = betainc(np.maximum(x, 1e-9), size, 1 - miss)
    return np.where(x > 0, out, 1.0)


def benjamini_hochberg(p: Array, tested: Array) -> Array:
    """q-values of the `tested` p-values, 1 for all else."""
    out = np.ones(p.shape)
    values = p[tested]
    if not len(values):
        return out
    order = np.argsort(values)
    q = values[order] * len(values) / np.arange(1, len(values) + 1)
    found = np.empty(len(values))
    found[order] = np.minimum(np.minimum.accumulate(q[::-1])[::-1], 1.0)
    out[tested] = found
    return out
