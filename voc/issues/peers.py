"""Which stores a store is compared with: those of its format, its region and its size, where there are enough of them.

A street stall and a hypermarket hear different complaints in every month, and that is nobody's fault. So a store's
expectation is scaled by what its peers, itself left out, had over what the chain's rates foretold of them. That ratio is
the posterior mean under the shrinker of `voc.issues.shrinkage`, fitted to the groups: where groups do not differ beyond
chance it is 1, and the store is compared with the chain as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from voc.issues import shrinkage
from voc.issues.shrinkage import Prior

Array = np.ndarray

LEAST = 8
"""Stores that a group must have, the one that is compared among them."""

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


def scale(x: Array, expected: Array, peers: Peers, prior: Prior) -> tuple[Array, Array]:
    """What to multiply `expected` (S, I) by, and the squared coefficient of variation of that: (S, I) each.

    For a store with peers the posterior mean of its peers' risk, the store's own complaints x left out; 1 and 0 for others.
    """
    factor, doubt = np.ones(x.shape), np.zeros(x.shape)
    inside = peers.group >= 0
    if not inside.any():
        return factor, doubt
    x_all = np.stack([x[stores].sum(axis=0) for stores in peers.members])
    e_all = np.stack([expected[stores].sum(axis=0) for stores in peers.members])
    there = e_all > 0
    fit = shrinkage.fit(x_all[there], e_all[there], prior=prior)
    mine = peers.group[inside]
    x_rest = np.maximum(x_all[mine] - x[inside], 0.0)
    e_rest = np.maximum(e_all[mine] - expected[inside], 0.0)
    factor[inside] = shrinkage.mean(x_rest, e_rest, fit)
    doubt[inside] = 1 / (fit.ordinary + x_rest)
    return factor, doubt
