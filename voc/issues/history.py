"""What each cell of a month had in the months before: complaints and expectations, as sums over months.

Every month is compared with itself: its expectations come from its own rates and margins (`voc.issues.expectation`), so
what rose everywhere, or what a store sells more of in winter, is nobody's change. Months are read one after the other and
only sums are kept, so memory does not grow with the length of the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voc.issues import expectation
from voc.issues.cells import Month
from voc.issues.levels import pair_counts
from voc.issues.shrinkage import PRIOR, Prior

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Ids:
    """The units and issues that histories are wanted of: those of the month that is judged.

    pairs (P, 2): places in `stores` and `skus`, their length for none named (of such pairs nothing is kept); groups:
    level -> (level of its members, (members,) the group of each or -1, number of groups), for instance regions of stores.
    """

    stores: Sequence[str]
    skus: Sequence[str]
    sources: Sequence[str]
    issues: Sequence[str]
    pairs: Array
    groups: Mapping[str, tuple[str, Array, int]]

    def sizes(self) -> dict[str, int]:
        """level -> number of units."""
        units = {
            "store": len(self.stores), "sku": len(self.skus), "source": len(self.sources), "store_sku": len(self.pairs),
        }  # fmt: skip
        return units | {level: count for level, (_, _, count) in self.groups.items()}


@dataclass(frozen=True, eq=False)
class Counts:
    """One month of one level: reviews n (U,), complaints x and expectations e (U, I)."""

    n: Array
    x: Array
    e: Array


@dataclass(eq=False)
class Past:
    """The months before, of one level: x complaints and e expectations (U, I), summed over months that come oldest first.

    `seen` (U,): how many months ago the unit's first review within the window was, 0 for none. surplus and square (I,):
    how much farther each month was from what the months before it foretold than chance explains, over all units, and what
    to divide that by (see `add`). `festival`: the counts of the month that had the same festival, if it was looked for.
    """

    x: Array
    e: Array
    seen: Array
    surplus: Array
    square: Array
    months: int = 0
    festival: Counts | None = None

    @classmethod
    def nothing(cls, units: int, issues: int) -> Past:
        """No month yet."""
        return cls(
            np.zeros((units, issues)), np.zeros((units, issues)), np.zeros(units, dtype=np.int64), np.zeros(issues),
            np.zeros(issues),
        )  # fmt: skip

    def add(self, counts: Counts, ago: int) -> None:
        """Take in the month that was `ago` months before.

        With X of S expected before it, m = e X / S is foretold. If complaints are Poisson around a risk that itself
        varies from month to month with squared coefficient of variation phi, (x - m)^2 has the mean

            m + m e / S + phi m^2,

        the second term for X being a sample too; and m^2 - m e / S estimates the squared mean. So phi is the ratio of two
        sums over units and months, whatever links one month's luck to the next's; the luck of the months before is in it
        as well, as it is in what is foretold of the month that is judged. Forecasts begin after `FIRST` months; units of
        which less than `CLEAR` complaints are foretold say next to nothing about phi and are left out.
        """
        share = np.divide(counts.e, self.e, out=np.zeros_like(counts.e), where=self.e > 0)
        foretold = share * self.x
        clear = (foretold >= CLEAR) & (self.months >= FIRST)
        m, ratio = foretold[clear], share[clear]
        column = np.nonzero(clear)[1]
        size = len(self.surplus)
        self.surplus += np.bincount(column, (counts.x[clear] - m) ** 2 - m * (1 + ratio), size)
        self.square += np.bincount(column, m * (m - ratio), size)
        self.x += counts.x
        self.e += counts.e
        self.months += 1
        np.maximum(self.seen, np.where(counts.n > 0, ago, 0), out=self.seen)


CLEAR, FIRST = 2.0, 3


def collect(
    months: Iterable[tuple[int, Month]], ids: Ids, *, festival: int | None = None, prior: Prior = PRIOR
) -> dict[str, Past]:
    """level -> Past from (months ago, month) pairs, oldest first; `festival`: which of them is kept apart as well."""
    past: dict[str, Past] = {}
    for ago, month in months:
        for level, counts in month_counts(month, ids, prior=prior).items():
            if level not in past:
                past[level] = Past.nothing(*counts.x.shape)
            past[level].add(counts, ago)
            if ago == festival:
                past[level].festival = counts
    return past


def month_counts(month: Month, ids: Ids, *, prior: Prior = PRIOR) -> dict[str, Counts]:
    """level -> what the units and issues of `ids` had in `month`; zeros for those that it did not know."""
    cells = month.cells
    found = expectation.margins(cells, prior=prior)
    issue = _places(ids.issues, month.issues)
    store, sku = _places(ids.stores, month.stores), _places(ids.skus, month.skus)
    n_store = np.bincount(cells.store, cells.n.sum(axis=1), len(cells.x_store))
    n_sku = np.bincount(cells.sku, cells.n.sum(axis=1), len(cells.x_sku))
    source = _places(ids.sources, month.sources)
    out = {
        "store": _picked(n_store, cells.x_store, found.expected_store, store, issue),
        "sku": _picked(n_sku, cells.x_sku, found.expected_sku, sku, issue),
        "source": _picked(cells.n.sum(axis=0), cells.x_source, found.expected_source, source, issue),
        "store_sku": _pairs(month, found, ids, store, sku, issue),
    }
    for level, (member, group, count) in ids.groups.items():
        out[level] = _grouped(out[member], group, count)
    return out


def _pairs(month: Month, found: expectation.Margins, ids: Ids, store: Array, sku: Array, issue: Array) -> Counts:
    cells = month.cells
    columns = len(month.skus) + 1
    keys = cells.store * columns + cells.sku
    mine_store, mine_sku = np.append(store, -1)[ids.pairs[:, 0]], np.append(sku, -1)[ids.pairs[:, 1]]
    wanted = mine_store * columns + mine_sku
    row = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    there = (mine_store >= 0) & (mine_sku >= 0)
    there &= (keys[row] == wanted) if len(keys) else False
    n, x, e = (np.zeros(shape) for shape in (len(wanted), (len(wanted), len(issue)), (len(wanted), len(issue))))
    known = np.flatnonzero(issue >= 0)
    if there.any() and len(known):
        n[there] = cells.n[row[there]].sum(axis=1)
        here_x, here_e = pair_counts(cells, found, row[there], issue[known])
        x[np.ix_(there, known)], e[np.ix_(there, known)] = here_x, here_e
    return Counts(n, x, e)


def _picked(n: Array, x: Array, e: Array, unit: Array, issue: Array) -> Counts:
    """The rows `unit` and columns `issue`; zeros where they are -1."""
    rows, columns = np.flatnonzero(unit >= 0), np.flatnonzero(issue >= 0)
    out = Counts(np.zeros(len(unit)), np.zeros((len(unit), len(issue))), np.zeros((len(unit), len(issue))))
    out.n[rows] = n[unit[rows]]
    here, there = np.ix_(rows, columns), np.ix_(unit[rows], issue[columns])
    out.x[here], out.e[here] = x[there], e[there]
    return out


def _grouped(members: Counts, group: Array, count: int) -> Counts:
    inside = group >= 0
    x, e = np.zeros((count, members.x.shape[1])), np.zeros((count, members.x.shape[1]))
    np.add.at(x, group[inside], members.x[inside])
    np.add.at(e, group[inside], members.e[inside])
    return Counts(np.bincount(group[inside], members.n[inside], count), x, e)


def _places(wanted: Sequence[str], names: Sequence[str]) -> Array:
    """The place of each of `wanted` in `names`, -1 for none."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in wanted], dtype=np.int64)
