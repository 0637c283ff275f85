"""Words that set one set of complaints apart from another: log-odds with an informative Dirichlet prior.

Monroe, Colaresi and Quinn (2008), "Fightin' Words: lexical feature selection and evaluation for identifying the content of
political conflict", Political Analysis 16(4), equations 15, 16, 22 and 23. For a term that y of the n here and y' of the n'
there have, with a prior of a of its kind among A,

    d = ln (y + a) / (n + A - y - a) - ln (y' + a) / (n' + A - y' - a),   z = d / sqrt(1 / (y + a) + 1 / (y' + a))

The prior is the terms' share in both sets together, `MASS` terms' worth: rare terms are drawn to no difference. y counts
complaints that have the term, not its repetitions.

z orders terms, but it is too bold to choose them: in cells of 6 to 20 complaints that differ from the rest by chance alone,
six in ten would have shown a word at z = 2 after correction for their number. So a term must also pass Fisher's exact test,
corrected for all terms that could pass it, after Benjamini and Hochberg (1995) at `FDR` within the cell.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

Array = np.ndarray

MASS = 50.0
FDR = 0.10
LEAST = 2
"""Complaints of a cell that a term must stand in."""
MOST = 8


def log_odds(here: Array, there: Array, *, mass: float = MASS) -> tuple[Array, Array]:
    """d and z of every term, (T,) each, from how many complaints here and there have it."""
    both = here + there
    total = both.sum()
    if not total:
        return np.zeros(len(both)), np.zeros(len(both))
    prior = (both + 0.01) / (total + 0.01 * len(both)) * mass

    def side(count: Array) -> Array:
        out: Array = np.log(count + prior) - np.log(count.sum() + mass - count - prior)
        return out

    difference = side(here) - side(there)
    return difference, difference / np.sqrt(1 / (here + prior) + 1 / (there + prior))


def telling(
    here: Array, there: Array, *, said: int, rest: int, fdr: float = FDR, least: int = LEAST, most: int = MOST
) -> Array:
    """Places of the terms that are more frequent here than chance lets them be, the largest z first, at most `most`.

    here, there: (T,) how many of the `said` complaints here and the `rest` there have each term.
    """
    candidates = np.flatnonzero(here >= least)
    tried = int(np.sum(here + there >= least))
    if not len(candidates):
        return candidates
    have = (here + there)[candidates]
    p = hypergeom.sf(here[candidates] - 1, said + rest, have, said)
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= fdr * np.arange(1, len(order) + 1) / tried)
    found = candidates[order[: passed[-1] + 1 if len(passed) else 0]]
    _, z = log_odds(here, there)
    chosen: Array = found[np.lexsort((found, -z[found]))][:most]
    return chosen
