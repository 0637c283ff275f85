"""One issue kind of one month as arrays, with what its axes are called and which groups its stores and SKUs belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from voc.issues.cells import Month
from voc.issues.peers import Peers
from voc.issues.settings import IssueMeta

Array = np.ndarray

GROUPS = {"region": "store", "category": "sku", "parent_sku": "sku"}
"""Levels that are groups of another level's units."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Arrays of a month and issue kind, what is known of its issues, and groups: level -> (names, place of each member).

    A level of GROUPS that nothing is known of has no names, and -1 for each member. `peers` of the stores.
    """

    month: str
    kind: str
    data: Month
    known: list[IssueMeta]
    groups: Mapping[str, tuple[list[str], Array]]
    peers: Peers

    def units(self, level: str, store: Array, sku: Array, source: Array) -> Array:
        """The unit of `level` that reviews with these places of store, SKU and source belong to; -1 for none."""
        if level == "source":
            return source
        if level in GROUPS:
            member = store if GROUPS[level] == "store" else sku
            group: Array = np.append(self.groups[level][1], -1)[member]
            return group
        no_store, no_sku = store == len(self.data.stores), sku == len(self.data.skus)
        if level == "store":
            return np.where(no_store, -1, store)
        if level == "sku":
            return np.where(no_sku, -1, sku)
        cells, columns = self.data.cells, len(self.data.skus) + 1
        pairs = cells.store * columns + cells.sku
        place = np.minimum(np.searchsorted(pairs, store * columns + sku), max(len(pairs) - 1, 0))
        there = (pairs[place] == store * columns + sku) if len(pairs) else np.zeros(len(store), dtype=bool)
        return np.where(there & ~no_store & ~no_sku, place, -1)

    def reviews(self, level: str, unit: Array) -> Array:
        """How many reviews each of these units of `level` has."""
        cells, seen = self.data.cells, self.data.n_seen
        if level == "source":
            by_source: Array = seen.sum(axis=0)[unit]
            return by_source
        of = self.units(level, cells.store, cells.sku, np.zeros(len(cells.store), dtype=np.int64))
        there = of >= 0
        total: Array = np.bincount(of[there], seen.sum(axis=1)[there], int(unit.max(initial=-1)) + 1)[unit]
        return total

    def ids(self, level: str, unit: Array) -> dict[str, pa.Array]:
        """The id columns of rows of `level`."""
        data = self.data
        if level == "store_sku":
            return {
                "store_id": named(data.stores, data.cells.store[unit]), "sku_id": named(data.skus, data.cells.sku[unit])
            }  # fmt: skip
        if level in GROUPS:
            return {level: named(self.groups[level][0], unit)}
        column, names = {
            "store": ("store_id", data.stores), "sku": ("sku_id", data.skus), "source": ("source", data.sources)
        }[level]  # fmt: skip
        return {column: named(names, unit)}


def named(names: list[str], place: Array) -> pa.Array:
    """The names at `place`, null where it is negative."""
    return pa.array(names, pa.string()).take(pa.array(place, mask=place < 0))
