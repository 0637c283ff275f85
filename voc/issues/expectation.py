"""How many complaints a store, a SKU or a pair of both would have if nothing were the matter with it.

The chain is a multiplicative Poisson model, in each month apart,

    x_rski ~ Poisson(n_rsk p_ri lambda_si mu_ki)

for source r, store s, SKU k, issue i: n reviews, p the usual share of reviews with the issue in that source, lambda and
mu the relative risks of store and SKU. The three are estimated in turn (coordinate ascent of the mean-field posterior;
for Poisson margins this is iterative proportional fitting with shrinkage): each margin's posterior mean given the
others, under the mixture prior of `voc.issues.shrinkage`, fitted anew on that margin. So a store is measured against
the SKUs that it happens to sell, a SKU against the stores that happen to sell it, and neither a bad store nor a big one
lifts the rate p that it is compared with: what is explained by lambda and mu is not in p.

    E_store = sum_rk n p mu        E_sku = sum_rs n p lambda        E_pair = sum_r n p lambda mu

Sums are taken over numbers rounded to a common power of two, which makes them exact and hence independent of the order
of stores and SKUs: relabelling a chain changes no digit of its ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from voc.issues import shrinkage
from voc.issues.shrinkage import PRIOR, Fit, Prior

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Cells:
    """A month as arrays. R sources, S stores, K SKUs, I issues, P pairs (store, SKU) with reviews.

    The last store, S - 1, and the last SKU, K - 1, stand for reviews that name none: they take part in the sums but are
    not judged. store, sku (P,) int; n (P, R) reviews; x_source (R, I), x_store (S, I), x_sku (K, I) complaints;
    pair, issue, x (Z,): the pairs' complaints where there are any.
    """

    store: Array
    sku: Array
    n: Array
    x_source: Array
    x_store: Array
    x_sku: Array
    pair: Array
    issue: Array
    x: Array


@dataclass(frozen=True, eq=False)
class Margins:
    """What `margins` found: p (R, I); expected and posterior mean relative risk of stores (S, I) and SKUs (K, I).

    expected_source (R, I): what a source would have at the chain's rate, given its stores and SKUs.
    """

    rate: Array
    expected_source: Array
    expected_store: Array
    expected_sku: Array
    risk_store: Array
    risk_sku: Array
    fit_store: Fit
    fit_sku: Fit


SOURCE_WEIGHT = 4.0
"""Complaints' worth of belief that a source has the chain's rate of an issue: steadies sources with few reviews."""


SETTLED = 0.003


def grid(value: Array, *, total: float) -> Array:
    """`value` rounded to multiples of a power of two small enough that sums up to `total` are exact in float64."""
    unit = 2.0 ** (52 - np.ceil(np.log2(max(total, 1.0))))
    rounded: Array = np.round(value * unit) / unit
    return rounded


def margins(cells: Cells, *, prior: Prior = PRIOR, rounds: int = 4, most: int = 30) -> Margins:
    """Rates and both margins. `rounds` times the two priors are fitted, with sweeps over the margins before each.

    Sweeps go on until no store's risk moves by more than `SETTLED`, `most` at the most: a store and a product that only it
    sells share the blame at first, and it takes a while until the store's other products have cleared it.
    """
    stores, skus = len(cells.x_store), len(cells.x_sku)
    by_source = [sparse.csr_array((n, (cells.store, cells.sku)), shape=(stores, skus)) for n in cells.n.T.astype(float)]
    total = float(cells.n.sum()) * 8.0
    risk_store, risk_sku = np.ones(cells.x_store.shape), np.ones(cells.x_sku.shape)
    expected_store = expected_sku = rate = usual = np.zeros(0)
    fit_store = fit_sku = None
    for _ in range(rounds):
        for step in range(most):
            before = risk_store
            rate, usual = _rates(by_source, cells.x_source, risk_store, risk_sku, total)
            expected_store = _over_skus(by_source, rate, risk_sku, total)
            if fit_store is not None:
                risk_store = _means(cells.x_store, expected_store, fit_store)
                rate, usual = _rates(by_source, cells.x_source, risk_store, risk_sku, total)
            expected_sku = _over_skus([n.T.tocsr() for n in by_source], rate, risk_store, total)
            if fit_sku is not None:
                risk_sku = _means(cells.x_sku, expected_sku, fit_sku)
            if step and np.allclose(risk_store, before, rtol=SETTLED, atol=0):
                break
        expected_store = _over_skus(by_source, rate, risk_sku, total)
        fit_store = _fit(cells.x_store[:-1], expected_store[:-1], prior, fit_store)
        fit_sku = _fit(cells.x_sku[:-1], expected_sku[:-1], prior, fit_sku)
    assert fit_store is not None and fit_sku is not None
    return Margins(rate, usual, expected_store, expected_sku, risk_store, risk_sku, fit_store, fit_sku)


def _rates(
    by_source: list[sparse.csr_array], x: Array, risk_store: Array, risk_sku: Array, total: float
) -> tuple[Array, Array]:
    """p (R, I), complaints over reviews weighted by both margins, and what the chain's one rate would give (R, I)."""
    weight = np.array([_sum(risk_store * (n @ grid(risk_sku, total=total)), total) for n in by_source])
    whole = _sum(weight, total)
    chain = np.divide(x.sum(axis=0), whole, out=np.zeros(x.shape[1]), where=whole > 0)
    usual = weight * chain
    relative = (x + SOURCE_WEIGHT) / (usual + SOURCE_WEIGHT)
    return chain * relative, usual


def _sum(value: Array, total: float) -> Array:
    out: Array = grid(value, total=total).sum(axis=0)
    return out


def _over_skus(by_source: list[sparse.csr_array], rate: Array, risk: Array, total: float) -> Array:
    """sum over sources and columns of n p risk: (rows, I)."""
    parts = [n @ grid(risk * p, total=total) for n, p in zip(by_source, rate, strict=True)]
    out: Array = np.sum(parts, axis=0)
    return out


def _fit(x: Array, expected: Array, prior: Prior, start: Fit | None) -> Fit:
    there = expected > 0
    return shrinkage.fit(x[there].astype(float), expected[there], prior=prior, start=start)


def _means(x: Array, expected: Array, fit: Fit) -> Array:
    return shrinkage.mean(x.astype(float), np.maximum(expected, 1e-12), fit)
