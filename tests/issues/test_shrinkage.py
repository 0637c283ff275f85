"""The shrinker against numbers got in another way, and where there is little to learn from."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import approx_fprime

from voc.issues import gate, shrinkage
from voc.issues.shrinkage import PRIOR, Fit

FIT = Fit(ordinary=20.0, shape=6.0, rate=2.0, share=0.02, cells=1000)
X, E = np.array([0.0, 3.0, 12.0, 40.0]), np.array([2.0, 0.4, 4.0, 38.0])


def numeric(x, e, power):
    """Posterior moment by quadrature: E[f(lambda) | x]."""
    grid = np.linspace(1e-4, 30, 400_001)
    prior = (1 - FIT.share) * stats.gamma.pdf(grid, FIT.ordinary, scale=1 / FIT.ordinary)
    prior += FIT.share * stats.gamma.pdf(grid, FIT.shape, scale=1 / FIT.rate)
    weight = prior * stats.poisson.pmf(x, grid * e)
    return float(np.sum(weight * power(grid)) / np.sum(weight))


def test_posterior_against_quadrature():
    for x, e in zip(X, E, strict=True):
        one, many = np.array([x]), np.array([e])
        assert shrinkage.mean(one, many, FIT)[0] == pytest.approx(numeric(x, e, lambda g: g), rel=1e-4)
        assert shrinkage.ebgm(one, many, FIT)[0] == pytest.approx(np.exp(numeric(x, e, np.log)), rel=1e-4)
        above = numeric(x, e, lambda g: g > 1.5)
        assert shrinkage.p_above(one, many, FIT)[0] == pytest.approx(above, abs=1e-3)
        low = shrinkage.quantile(one, many, FIT, 0.05)[0]
        assert numeric(x, e, lambda g, low=low: g <= low) == pytest.approx(0.05, abs=1e-3)


def test_interpolated_quantiles_are_the_exact_ones():
    e = np.random.default_rng(0).gamma(0.5, 4.0, 3000) + 1e-3
    x = np.full(3000, 4.0)
    np.testing.assert_allclose(
        shrinkage.quantile(x, e, FIT, 0.95)[:200], shrinkage.quantile(x[:200], e[:200], FIT, 0.95), rtol=1e-3
    )


def test_gradient():
    random = np.random.default_rng(2)
    e = random.gamma(0.5, 4.0, 400) + 1e-3
    cells = shrinkage.squash(random.poisson(e).astype(float), e)
    theta = np.array([2.0, 1.5, 1.0, -4.0])
    loss, gradient = shrinkage._loss(theta, *cells, PRIOR)
    numeric_ = approx_fprime(theta, lambda t: shrinkage._loss(t, *cells, PRIOR)[0], 1e-6)
    assert np.isfinite(loss)
    np.testing.assert_allclose(gradient, numeric_, rtol=1e-3, atol=1e-3)


def test_fit_finds_the_populations_it_was_drawn_from():
    random = np.random.default_rng(3)
    e = random.gamma(1.0, 8.0, 8000) + 0.1
    risk = random.gamma(25.0, 1 / 25.0, 8000)
    risk[:240] = 3.0
    fit = shrinkage.fit(random.poisson(risk * e).astype(float), e)
    assert fit.learned and fit.cells == 8000
    assert fit.ordinary == pytest.approx(25, rel=0.3)
    assert fit.share == pytest.approx(0.03, rel=0.3)
    assert fit.shape / fit.rate == pytest.approx(3.0, rel=0.15)


def test_squashing_keeps_what_it_squashes():
    random = np.random.default_rng(4)
    e, x = random.gamma(0.3, 2.0, 5000) + 1e-4, random.integers(0, 4, 5000).astype(float)
    xs, es, ws = shrinkage.squash(x, e)
    assert len(xs) < 1000
    assert ws.sum() == 5000
    assert (xs * ws).sum() == x.sum()
    assert (es * ws).sum() == pytest.approx(e.sum())
    again = shrinkage.squash(xs, es, ws)
    assert again[2].sum() == 5000


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(500), np.ones(5)])
def test_too_little_to_learn_from(x):
    fit = shrinkage.fit(x, np.ones(len(x)))
    assert not fit.learned
    assert shrinkage.p_above(np.array([0.0, 1.0]), np.ones(2), fit).max() < 0.5


@pytest.mark.parametrize("cv", [0.0, 0.2])
def test_no_signal_no_signals(cv):
    total = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        e = random.gamma(0.7, 5.0, 1800) + 0.01
        risk = random.gamma(1 / cv**2, cv**2, 1800) if cv else 1.0
        x = random.poisson(risk * e).astype(float)
        fit = shrinkage.fit(x, e)
        total += int(gate.signals(x, shrinkage.p_above(x, e, fit), floor=0.8).sum())
    assert total <= 1


def test_gate_takes_the_largest_set_within_the_bound():
    p = np.array([0.99, 0.95, 0.9, 0.8, 0.7, 0.2, 0.97])
    x = np.array([9, 9, 9, 9, 9, 9, 2])
    # cumulated risks without the cell of two complaints: .01, .03, .053, .09, .132
    assert gate.signals(x, p, fdr=0.10).tolist() == [True, True, True, True, False, False, False]
    assert gate.signals(x, p, fdr=0.10, floor=0.85).sum() == 3
    assert gate.signals(x, p, fdr=0.001).sum() == 0
    assert gate.signals(np.zeros(0), np.zeros(0)).tolist() == []


def test_cells_alike_stand_or_fall_together():
    p = np.array([1.0, 0.85, 0.85, 0.85])
    x = np.full(4, 5)
    assert gate.signals(x, p, fdr=0.10).tolist() == [True, False, False, False]
    assert gate.signals(x[::-1], p[::-1], fdr=0.115).tolist() == [True, True, True, True]


def test_words():
    words = gate.words(np.array([True, True, False]), np.array([2.0, 1.9, 5.0]))
    assert words.tolist() == ["strong", "moderate", "insufficient"]
