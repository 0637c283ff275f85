"""Which stores a store is compared with: those of its format, its region and its size, where there are enough of them.

A street stall and a hypermarket hear different complaints in every month, and that is nobody's fault. Where a group
clearly differs from the chain in an issue, its stores' expectations are scaled by what their peers, the store itself left
out, had over what the chain's rates foretold of them (the posterior mean under the shrinker of `voc.issues.shrinkage`,
fitted to the groups). Elsewhere a store is compared with the chain as a whole: a factor of about 1 would add nothing but
its own uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from voc.issues import shrinkage
from voc.issues.shrinkage import Prior

Array = np.ndarray

LEAST = 8
"""Stores that a group must have, the one that is compared among them."""

ALIKE = (float(np.log(200.0)), 1.0)
"""Centre and spread of what is believed of groups' variation (see `Prior.variation`): groups are far more alike than stores,
and one that is not says so with many complaints."""

CLEAR = ((2 / 3, 1.5), 0.95)
"""A group differs where its risk is outside of these bounds, on one side, with this probability: by as much as would make
signals of its stores, against a threshold of 1.5."""

BANDS = ("small", "middle", "large")
KEYS = (("format", "region", "volume"), ("format", "region"), ("format", "volume"), ("format",), ("region", "volume"),
        ("region",))  # fmt: skip
"""Groupings from narrow to wide; the first that has `LEAST` stores is taken."""


@dataclass(frozen=True, eq=False)
class Peers:
    """group (S,): the place of each store's group in `names` and `members`, or -1 where it has the chain as a whole.

    names: what the members have in common, as `key=value`; members: the places of all stores that have it, also of those
    whose own group is a narrower one.
    """

    group: Array
    names: list[tuple[str, ...]]
    members: list[Array]

    @property
    def sizes(self) -> Array:
        """How many stores each group has."""
        return np.array([len(stores) for stores in self.members], dtype=np.int64)


def find(n: Array, known: Mapping[str, tuple[list[str], Array]], *, least: int = LEAST) -> Peers:
    """The peers of stores with n (S,) reviews; `known`: format and region as (values, place of each store's or -1).

    Volume is the third of the stores, by reviews, that a store belongs to. Stores without reviews have no peers.
    """
    there = n > 0
    band = np.full(len(n), -1)
    if there.any():
        band[there] = np.searchsorted(np.quantile(n[there], [1 / 3, 2 / 3]), n[there], side="left")
    columns = {key: values for key, values in known.items() if values[0]}
    if len(np.unique(band[there])) > 1:
        columns["volume"] = (list(BANDS), band)
    group = np.full(len(n), -1)
    names: list[tuple[str, ...]] = []
    members: list[Array] = []
    for keys in KEYS:
        if any(key not in columns for key in keys):
            continue
        places = np.stack([columns[key][1] for key in keys], axis=1)
        told = np.flatnonzero(there & (places >= 0).all(axis=1))
        values, at = np.unique(places[told], axis=0, return_inverse=True)
        for number, value in enumerate(values):
            mine = told[at.reshape(-1) == number]
            free = mine[group[mine] < 0]
            if len(mine) >= least and len(free):
                group[free] = len(names)
                names.append(tuple(f"{key}={columns[key][0][v]}" for key, v in zip(keys, value, strict=True)))
                members.append(mine)
    return Peers(group, names, members)


def scale(x: Array, expected: Array, peers: Peers, prior: Prior) -> Array:
    """What to multiply `expected` (S, I) by: (S, I).

    For a store whose group clearly differs in an issue the posterior mean of its peers' risk, the store's own complaints x
    left out; exactly 1 for others.
    """
    factor = np.ones(x.shape)
    inside = peers.group >= 0
    if not inside.any():
        return factor
    x_all = np.stack([x[stores].sum(axis=0) for stores in peers.members])
    e_all = np.stack([expected[stores].sum(axis=0) for stores in peers.members])
    there = e_all > 0
    fit = shrinkage.fit(x_all[there], e_all[there], prior=replace(prior, variation=ALIKE))
    mine = peers.group[inside]
    x_rest = np.maximum(x_all[mine] - x[inside], 0.0)
    e_rest = np.maximum(e_all[mine] - expected[inside], 0.0)
    (low, high), sure = CLEAR
    above = [shrinkage.p_above(x_all, np.maximum(e_all, 1e-12), fit, bound) for bound in (low, high)]
    differs = there & ((above[0] <= 1 - sure) | (above[1] >= sure))
    factor[inside] = np.where(differs[mine], shrinkage.mean(x_rest, e_rest, fit), 1.0)
    return factor
