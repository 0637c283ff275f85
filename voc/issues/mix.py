"""Two kinds of places beside each other, like with like: the ratio of their complaint shares within strata.

The common ratio over strata is Mantel and Haenszel's (for shares: Nurminen 1981, "Asymptotic efficiency of general
noniterative estimators of common relative risk", Biometrika 68): a stratum in which only one kind has reviews carries no
weight. Reviews of one store are no independent draws, so the interval is a jackknife that leaves out a store at a time
(Efron 1982, "The jackknife, the bootstrap and other resampling plans"), with Student's t on the smaller kind's stores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

Array = np.ndarray


@dataclass(frozen=True)
class Mixed:
    """`ratio` of the second kind's share to the first's at the same mix, its 95% interval, and the p-value of no difference.

    `n` and `k`: reviews and complaints of (first, second); `alike`: the share of all reviews in strata that have both.
    """

    ratio: float
    low: float
    high: float
    p: float
    n: tuple[int, int]
    k: tuple[int, int]
    alike: float


def compared(store: Array, second: Array, stratum: Array, n: Array, k: Array, *, least: int = 5) -> Mixed | None:
    """Rows of reviews `n` and complaints `k` by store (code), kind (`second`, bool) and stratum (code).

    None where either kind has fewer than `least` stores in strata that both have, or no complaint there.
    """
    strata = int(stratum.max(initial=-1)) + 1
    n1, n0 = (np.bincount(stratum, n * kind, strata) for kind in (second, ~second))
    a, b = (np.bincount(stratum, k * kind, strata) for kind in (second, ~second))
    both = (n1 > 0) & (n0 > 0)
    alike = float(n[both[stratum]].sum() / max(n.sum(), 1))
    use = both[stratum] & (n > 0)
    kinds = [np.unique(store[use & kind]) for kind in (second, ~second)]
    if min(map(len, kinds)) < least or min(a[both].sum(), b[both].sum()) <= 0:
        return None
    over, under = _parts(a, n0, n1), _parts(b, n1, n0)
    whole = over.sum(), under.sum()
    # What each store's absence changes, row by row: only its own strata are touched.
    rows = np.flatnonzero(use)
    s, mine, size, said = stratum[rows], second[rows], n[rows], k[rows]
    less1, less0 = n1[s] - size * mine, n0[s] - size * ~mine
    place = np.unique(store[rows], return_inverse=True)[1]
    change_over = np.bincount(place, _parts(a[s] - said * mine, less0, less1) - over[s])
    change_under = np.bincount(place, _parts(b[s] - said * ~mine, less1, less0) - under[s])
    left = np.log(np.maximum(whole[0] + change_over, 1e-12)) - np.log(np.maximum(whole[1] + change_under, 1e-12))
    stores = len(left)
    error = float(np.sqrt((stores - 1) / stores * np.sum((left - left.mean()) ** 2)))
    log_ratio, freedom = float(np.log(whole[0] / whole[1])), min(map(len, kinds)) - 1
    half = float(student.ppf(0.975, freedom)) * error
    p = float(2 * student.sf(abs(log_ratio) / error, freedom)) if error > 0 else 1.0
    return Mixed(
        float(np.exp(log_ratio)), float(np.exp(log_ratio - half)), float(np.exp(log_ratio + half)), p,
        (int(n[~second].sum()), int(n[second].sum())), (int(k[~second].sum()), int(k[second].sum())), alike,
    )  # fmt: skip


def _parts(k: Array, others: Array, own: Array) -> Array:
    """Mantel and Haenszel's terms: complaints of one kind times reviews of the other, over reviews of both."""
    total = others + own
    out: Array = np.where((total > 0) & (others > 0) & (own > 0), k * others / np.maximum(total, 1), 0.0)
    return out
