"""Relative risks drawn together by what all cells have in common: a gamma-Poisson shrinker with two components.

    x ~ Poisson(lambda E),   lambda ~ (1 - w) Gamma(c, c) + w Gamma(a, b)

after DuMouchel (1999), "Bayesian data mining in large frequency tables, with an application to the FDA spontaneous
reporting system", The American Statistician 53(3), with two changes that small chains need. The first component, the
ordinary variation between cells, has mean 1 by construction: the expectations that reach this module are scaled that
way, and a free mean would let a few hundred cells without any signal invent a second population. The second component,
the signals, has a mean of at least `Prior.least_mean`. Both shapes, the signals' mean and their share carry weak priors
(`Prior`), so that the fit is a posterior mode; with thousands of cells it is the maximum-likelihood fit.

Squashing (DuMouchel and Pregibon 2001, "Empirical Bayes screening for multi-item associations", KDD): cells with equal
x and nearly equal E enter the likelihood once, with a weight.

Shapes: x and E are one-dimensional float arrays of the same length; E > 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaincc, gammainccinv, gammaln

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is believed about a chain before its cells are seen; (centre, spread) pairs are of natural logarithms.

    `variation`: the shape c, so 1 / c is the squared coefficient of variation of ordinary cells; `shape`, `mean` of the
    signals; `rarity`: the share w of signals is Beta(1 + share * rarity, 1 + (1 - share) * rarity), `rarity` in cells.
    """

    variation: tuple[float, float] = (float(np.log(20.0)), 0.4)
    shape: tuple[float, float] = (float(np.log(6.0)), 0.5)
    mean: tuple[float, float] = (float(np.log(3.0)), 0.4)
    least_mean: float = 1.75
    share: float = 0.005
    rarity: float = 200.0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A fitted prior: shape (and rate) of the ordinary component, shape and rate of the signals, and their share.

    `cells` is how many cells were fitted. With fewer than `FEWEST` cells, or without a single complaint in them, there is
    nothing to learn a spread from, and the fit is the prior's centre (`learned` is False).
    """

    ordinary: float
    shape: float
    rate: float
    share: float
    cells: int
    learned: bool = True


PRIOR = Prior()
FEWEST = 30
_PLACES = 513
_BOUNDS = ((np.log(0.5), np.log(1e5)), (np.log(1.0), np.log(60.0)), (None, np.log(20.0)), (-14.0, -0.85))


def squash(x: Array, expected: Array, weight: Array | None = None, *, step: float = 0.1) -> tuple[Array, Array, Array]:
    """Cells with equal x and E within a factor exp(step) as one: x, mean E, weight (summed; 1 each if None)."""
    weight = np.ones(len(x)) if weight is None else weight
    bin_ = np.floor(np.log(expected) / step).astype(np.int64)
    order = np.lexsort((expected, bin_, x))
    x, expected, weight, bin_ = x[order], expected[order], weight[order], bin_[order]
    first = np.flatnonzero(np.r_[True, (x[1:] != x[:-1]) | (bin_[1:] != bin_[:-1])])
    total = np.add.reduceat(weight, first)
    return x[first], np.add.reduceat(expected * weight, first) / total, total


def fit(
    x: Array, expected: Array, *, weight: Array | None = None, prior: Prior = PRIOR, start: Fit | None = None
) -> Fit:
    """The posterior mode of the mixture's parameters, from several starts, or from `start` alone when given.

    `weight` says how many cells each entry stands for. Cells with E = 0 do not belong here.
    """
    cells = len(x) if weight is None else int(weight.sum())
    if cells < FEWEST or not np.any(x > 0):
        return fallback(prior, cells)
    x, expected, weight = squash(np.asarray(x, float), np.asarray(expected, float), weight)
    if start is not None and start.learned:
        starts = [_theta(start)]
    else:
        starts = [
            np.array([np.log(c), prior.shape[0], np.log(m), np.log(w / (1 - w))])
            for c, m, w in ((25.0, 3.0, 0.005), (4.0, 3.0, 0.02), (400.0, 6.0, 0.002))
        ]
    bounds = [_BOUNDS[0], _BOUNDS[1], (np.log(prior.least_mean), _BOUNDS[2][1]), _BOUNDS[3]]
    # TNC because it calls no LAPACK: for four parameters BLAS threads cost ten times what they compute.
    best = min(
        (minimize(_loss, s, args=(x, expected, weight, prior), jac=True, method="TNC", bounds=bounds) for s in starts),
        key=lambda found: float(found.fun),
    )
    c, a, m = np.exp(best.x[:3])
    return Fit(ordinary=float(c), shape=float(a), rate=float(a / m), share=float(expit(best.x[3])), cells=cells)


def fallback(prior: Prior, cells: int) -> Fit:
    """The prior's centre, for data too few to learn from."""
    a, m = np.exp(prior.shape[0]), max(float(np.exp(prior.mean[0])), prior.least_mean)
    return Fit(
        ordinary=float(np.exp(prior.variation[0])), shape=float(a), rate=float(a / m), share=prior.share, cells=cells,
        learned=False,
    )  # fmt: skip


def signal_odds(x: Array, expected: Array, fit: Fit) -> Array:
    """Posterior probability that a cell belongs to the signals."""
    ordinary = _log_negative_binomial(x, expected, fit.ordinary, fit.ordinary)
    signal = _log_negative_binomial(x, expected, fit.shape, fit.rate)
    out: Array = expit(np.log(fit.share) - np.log1p(-fit.share) + signal - ordinary)
    return out


def ebgm(x: Array, expected: Array, fit: Fit) -> Array:
    """Posterior geometric mean of lambda, exp(E[ln lambda | x]): the relative risk that a table shows."""
    q = signal_odds(x, expected, fit)
    ordinary = digamma(fit.ordinary + x) - np.log(fit.ordinary + expected)
    signal = digamma(fit.shape + x) - np.log(fit.rate + expected)
    out: Array = np.exp((1 - q) * ordinary + q * signal)
    return out


def mean(x: Array, expected: Array, fit: Fit) -> Array:
    """Posterior arithmetic mean of lambda: what an expectation is multiplied by."""
    q = signal_odds(x, expected, fit)
    return (1 - q) * (fit.ordinary + x) / (fit.ordinary + expected) + q * (fit.shape + x) / (fit.rate + expected)


def p_above(x: Array, expected: Array, fit: Fit, threshold: float = 1.5) -> Array:
    """P(lambda > threshold | x), in [0, 1]."""
    q = signal_odds(x, expected, fit)
    ordinary = gammaincc(fit.ordinary + x, (fit.ordinary + expected) * threshold)
    signal = gammaincc(fit.shape + x, (fit.rate + expected) * threshold)
    out: Array = (1 - q) * ordinary + q * signal
    return out


def quantile(x: Array, expected: Array, fit: Fit, probability: float) -> Array:
    """The posterior quantile of lambda at `probability`.

    Cells with the same x share a curve in ln E, so where many do, it is tabulated at `_PLACES` places and interpolated by
    monotone cubics (relative error below 1e-3; exact for the rest).
    """
    x, expected = np.asarray(x, float), np.asarray(expected, float)
    out = np.empty(len(x))
    order = np.argsort(x, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(x[order]) != 0, True]) if len(x) else np.array([0])
    alone = []
    for lo, hi in pairwise(edges):
        rows = order[lo:hi]
        if len(rows) <= 2 * _PLACES:
            alone.append(rows)
            continue
        log_e = np.log(expected[rows])
        places = np.linspace(log_e.min(), log_e.max() + 1e-9, _PLACES)
        curve = _quantile(np.full(_PLACES, x[rows[0]]), np.exp(places), fit, probability)
        out[rows] = np.exp(PchipInterpolator(places, np.log(curve))(log_e))
    if alone:
        rows = np.concatenate(alone)
        out[rows] = _quantile(x[rows], expected[rows], fit, probability)
    return out


def sample(x: Array, expected: Array, fit: Fit, draws: int, random: np.random.Generator) -> Array:
    """`draws` posterior draws of every cell: shape (draws, cells)."""
    q = signal_odds(x, expected, fit)
    signal = random.random((draws, len(x))) < q
    shape = np.where(signal, fit.shape + x, fit.ordinary + x)
    return random.standard_gamma(shape) / np.where(signal, fit.rate + expected, fit.ordinary + expected)


def _theta(fit: Fit) -> Array:
    return np.array(
        [np.log(fit.ordinary), np.log(fit.shape), np.log(fit.shape / fit.rate), np.log(fit.share / (1 - fit.share))]
    )


def _log_negative_binomial(x: Array, expected: Array, a: float, b: float) -> Array:
    """ln P(x) for lambda ~ Gamma(a, b), without the terms that no parameter enters (ln x!, x ln E)."""
    out: Array = gammaln(a + x) - gammaln(a) + a * np.log(b / (b + expected)) - x * np.log(b + expected)
    return out


def _loss(theta: Array, x: Array, expected: Array, weight: Array, prior: Prior) -> tuple[float, Array]:
    """Minus log posterior of (ln c, ln a, ln mean, logit w), and its gradient."""
    c, a, m = np.exp(theta[:3])
    b, w = a / m, expit(theta[3])
    ordinary = _log_negative_binomial(x, expected, c, c)
    signal = _log_negative_binomial(x, expected, a, b)
    top = np.maximum(ordinary, signal)
    total = (1 - w) * np.exp(ordinary - top) + w * np.exp(signal - top)
    q = w * np.exp(signal - top) / total
    value = float(weight @ (np.log(total) + top))
    ratio_c = np.log(c / (c + expected)) + 1 - (c + x) / (c + expected)
    d_c = c * float((weight * (1 - q)) @ (digamma(c + x) - digamma(c) + ratio_c))
    d_shape = digamma(a + x) - digamma(a) + np.log(b / (b + expected))
    d_rate = a / b - (a + x) / (b + expected)
    weighted = weight * q
    d_a = float(weighted @ (a * d_shape + b * d_rate))
    d_m = -b * float(weighted @ d_rate)
    d_w = float(weight @ (q - w))
    gradient = np.array([d_c, d_a, d_m, d_w])
    for place, (centre, spread) in enumerate((prior.variation, prior.shape, prior.mean)):
        value -= 0.5 * ((theta[place] - centre) / spread) ** 2
        gradient[place] -= (theta[place] - centre) / spread**2
    yes, no = prior.share * prior.rarity, (1 - prior.share) * prior.rarity
    value += yes * np.log(w) + no * np.log1p(-w)
    gradient[3] += yes * (1 - w) - no * w
    return -value, -gradient


def _quantile(x: Array, expected: Array, fit: Fit, probability: float) -> Array:
    """Bisection in ln lambda; the two components' own quantiles enclose the mixture's."""
    q = signal_odds(x, expected, fit)
    shapes, rates = (fit.ordinary + x, fit.shape + x), (fit.ordinary + expected, fit.rate + expected)

    def upper(value: Array) -> Array:
        above: Array = (1 - q) * gammaincc(shapes[0], rates[0] * value) + q * gammaincc(shapes[1], rates[1] * value)
        return above

    one, two = (gammainccinv(s, 1 - probability) / r for s, r in zip(shapes, rates, strict=True))
    low, high = np.log(np.minimum(one, two)), np.log(np.maximum(one, two))
    for _ in range(24):
        middle = (low + high) / 2
        above = upper(np.exp(middle)) > 1 - probability
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    out: Array = np.exp((low + high) / 2)
    return out
