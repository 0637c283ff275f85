"""The rows of one file, month by month, into what the lake has: which are new, which were edited, which say the same.

Memory holds one month of the lake, some thousand rows of the file, and of each further row of the file an hour's worth of
bookkeeping: a byte or two, and eight bytes where the file has ids of its own, because such an id may change its month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.ingest.spool import Spool
from voc.lake import Lake
from voc.schemas import REVIEWS, conform

NEW, UPDATED, UNCHANGED, SUPERSEDED = 0, 1, 2, 3
#: `reviews` and what the ledger needs to know of a row: the record it came from, whether it is that record's first, and
#: whether its id is the file's own (else the content's hash).
INCOMING = pa.schema(
    [
        *REVIEWS,
        pa.field("record", pa.int64(), nullable=False),
        pa.field("root", pa.bool_(), nullable=False),
        pa.field("own", pa.bool_(), nullable=False),
    ]
)
#: Made from the other rows or from the file's name: they do not tell whether a review was edited.
_DERIVED = ("ingest_id", "flags", "duplicate_of", "month")
#: Where the new row has nothing, the old value stays; the SKU goes together with where it came from.
_KEPT = tuple(f.name for f in REVIEWS if f.nullable and f.name not in ("duplicate_of", "parent_id", "question"))
_HEAD = ("review_id", "created_at", "record", "root", "own")


@dataclass
class Tally:
    """What became of each record: `roots` is the status of its first row (int8), `changed` whether a further row of it
    was new or edited (bool); `written` counts rows, `restated` names months that had rows before and changed."""

    roots: NDArray[np.int8]
    changed: NDArray[np.bool_]
    written: int = 0
    restated: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, records: int) -> Tally:
        return cls(np.full(records, SUPERSEDED, np.int8), np.zeros(records, bool))

    def add(self, rows: pa.Table, status: NDArray[np.int8]) -> None:
        """Note the status of `rows` (schema INCOMING)."""
        record = rows["record"].to_numpy()
        root = np.asarray(rows["root"], bool)
        self.roots[record[root]] = status[root]
        fresh = status <= UPDATED
        self.changed[record[~root & fresh]] = True
        self.written += int(fresh.sum())

    def counts(self, rejected: int, leader: NDArray[np.int64] | None = None) -> dict[str, int]:
        """new, updated, duplicate and unchanged records; the rejected ones have no row and are none of these.

        `leader[i]` is the record whose status record i shares, where several make one row.
        """
        if leader is not None:
            self.roots, self.changed = self.roots[leader], self.changed[leader]
        new, duplicate = self.roots == NEW, self.roots == SUPERSEDED
        updated = ~new & ~duplicate & ((self.roots == UPDATED) | self.changed)
        sums = dict(new=new, updated=updated, duplicate=duplicate, unchanged=~new & ~duplicate & ~updated)
        found = {name: int(which.sum()) for name, which in sums.items()}
        return found | {"duplicate": found["duplicate"] - rejected}


@dataclass
class Merging:
    """The months of one file on their way into the lake; `months()` first, then `merged` once for each of them."""

    lake: Lake
    spool: Spool
    tally: Tally
    native: bool
    nth: dict[int, int] = field(default_factory=dict)  # record -> its number among equal ones, from 2
    losers: dict[str, pa.Array] = field(default_factory=dict)  # month -> ids whose newest row lies in another one
    moving: dict[str, dict[str, str]] = field(default_factory=dict)  # new month -> {id: its month in the lake}

    def months(self) -> list[str]:
        """The months that the file touches, oldest first."""
        own = {}
        for month in self.spool.months():
            heads = self.spool.read(month, _HEAD)
            nameless = heads.filter(pc.and_(heads["root"], pc.invert(heads["own"])))
            number = _occurrence(nameless["review_id"].combine_chunks())
            again = np.flatnonzero(number > 1)
            self.nth |= zip(nameless["record"].to_numpy()[again].tolist(), number[again].tolist(), strict=True)
            if self.native:
                own[month] = _hashes(heads["review_id"].filter(heads["own"]))
        if self.native:
            self._settle(own)
            self._find_moving(own)
        left = {old for ids in self.moving.values() for old in ids.values()}
        return sorted({*self.spool.months(), *left})

    def _settle(self, own: dict[str, NDArray[np.int64]]) -> None:
        """Which month an id belongs to that the file has in several."""
        every = np.concatenate([np.unique(found) for found in own.values()]) if own else np.zeros(0, np.int64)
        every.sort()
        several = np.unique(every[1:][every[1:] == every[:-1]])
        if not len(several):
            return
        best: dict[str, tuple[int, int, str]] = {}
        seen: dict[str, set[str]] = {}
        for month in own:
            heads = self.spool.read(month, _HEAD)
            some = heads.filter(pa.array(np.isin(_hashes(heads["review_id"]), several)))
            moments = some["created_at"].cast(pa.int64()).to_pylist()
            for name, at, record in zip(
                some["review_id"].to_pylist(), moments, some["record"].to_pylist(), strict=True
            ):
                best[name] = max(best.get(name, (at, record, month)), (at, record, month))
                seen.setdefault(month, set()).add(name)
        for month, names in seen.items():
            lost = sorted(name for name in names if best[name][2] != month)
            self.losers[month] = pa.array(lost, pa.string())

    def _find_moving(self, own: dict[str, NDArray[np.int64]]) -> None:
        """Rows of the lake whose newest version in the file lies in another month."""
        names = sorted(own)
        if not names or not self.lake.months("reviews"):
            return
        every = np.concatenate([own[month] for month in names])
        owner = np.repeat(np.arange(len(names)), [len(own[month]) for month in names])
        order = np.argsort(every, kind="stable")
        every, owner = every[order], owner[order]
        for old in self.lake.months("reviews"):
            ids = self.lake.read("reviews", months=[old], columns=["review_id"])["review_id"].combine_chunks()
            hashes = _hashes(ids)
            low, high = np.searchsorted(every, hashes, "left"), np.searchsorted(every, hashes, "right")
            here = names.index(old) if old in own else -1
            apart = np.flatnonzero((high > low) & ((high - low > 1) | (owner[np.minimum(low, len(every) - 1)] != here)))
            for name, start, end in zip(ids.take(pa.array(apart)).to_pylist(), low[apart], high[apart], strict=True):
                for month in {names[i] for i in owner[start:end].tolist()} - {old}:
                    if self._stays_in(month, name):
                        self.moving.setdefault(month, {})[name] = old

    def _stays_in(self, month: str, name: str) -> bool:
        """Whether `month` of the file really has the id, and its newest row; hashes alone may be equal by chance."""
        if name in self.losers.get(month, pa.array([], pa.string())).to_pylist():
            return False
        return any(
            pc.any(pc.equal(some["review_id"], name)).as_py() for some in self.spool.chunks(month, ["review_id"])
        )

    def merged(self, month: str) -> Iterator[pa.Table]:
        """The month's rows as they are to be, schema `reviews`, some at a time; nothing where nothing changes.

        The tally is complete when all of them were taken.
        """
        old = self.lake.read("reviews", months=[month])
        gone = [name for ids in self.moving.values() for name, lies in ids.items() if lies == month]
        known = pa.concat_tables([old, self._arriving(month)])
        ids = known["review_id"].combine_chunks()
        taken = np.zeros(len(known), bool)
        kept: list[pa.Table] = []  # rows that the file has as well and that stay: they matter only if others change
        changed = bool(gone)
        for fresh in self._fresh(month):
            at = pc.index_in(fresh["review_id"].combine_chunks(), value_set=ids)
            matched = np.flatnonzero(np.asarray(pc.is_valid(at), bool))
            status = np.full(len(fresh), NEW, np.int8)
            after = fresh.select(REVIEWS.names)
            if len(matched):
                before = known.take(at.drop_null())
                later = _completed(after.take(pa.array(matched)), before)
                same = _same(before, later)
                status[matched] = np.where(same, UNCHANGED, UPDATED)
                taken[at.drop_null().to_numpy()] = True
                after = pa.concat_tables([after.filter(pc.is_null(at)), later.filter(pa.array(~same))])
                kept.append(before.filter(pa.array(same)))
            self.tally.add(fresh, status)
            if len(after):
                changed = True
                yield after
        if not changed:
            return
        if len(old):
            self.tally.restated.append(month)
        yield from kept
        stay = old.filter(pa.array(~taken[: len(old)]))
        yield stay.filter(pc.invert(pc.is_in(stay["review_id"], value_set=pa.array(gone, pa.string()))))

    def _arriving(self, month: str) -> pa.Table:
        """The old versions of rows that now belong to `month`."""
        ids = self.moving.get(month, {})
        parts = [REVIEWS.empty_table()]
        for old in sorted(set(ids.values())):
            rows = self.lake.read("reviews", months=[old])
            parts.append(rows.filter(pc.is_in(rows["review_id"], value_set=pa.array(sorted(ids), pa.string()))))
        return pa.concat_tables(parts)

    def _fresh(self, month: str) -> Iterator[pa.Table]:
        """The file's rows of a month, schema INCOMING: of an id the newest alone, rows without one told apart."""
        winning, start = None, 0
        if self.native:
            heads = self.spool.read(month, _HEAD)
            lost = pc.is_in(heads["review_id"], value_set=self.losers.get(month, pa.array([], pa.string())))
            winning = winners(heads["review_id"].combine_chunks(), heads["created_at"].combine_chunks())
            winning = (winning | ~np.asarray(heads["own"], bool)) & ~np.asarray(lost, bool)
        for rows in self.spool.chunks(month):
            if winning is not None:
                some = pa.array(winning[start : start + len(rows)])
                start += len(rows)
                rows = rows.filter(some)
            yield self._numbered(rows)

    def _numbered(self, rows: pa.Table) -> pa.Table:
        """`-2`, `-3`, ... behind the ids of the second, third, ... record of the same content, and of what hangs on it."""
        if not self.nth:
            return rows
        number = [self.nth.get(record) for record in rows["record"].to_pylist()]
        if not any(number):
            return rows
        ids, parents = rows["review_id"].to_pylist(), rows["parent_id"].to_pylist()
        for i, (root, nth) in enumerate(zip(rows["root"].to_pylist(), number, strict=True)):
            if nth is None:
                continue
            if root:
                ids[i] = f"{ids[i]}-{nth}"
            else:
                ids[i] = f"{parents[i]}-{nth}{ids[i][len(parents[i]) :]}"
                parents[i] = f"{parents[i]}-{nth}"
        columns = {name: rows[name] for name in rows.column_names}
        columns |= {"review_id": pa.array(ids, pa.string()), "parent_id": pa.array(parents, pa.string())}
        return conform(pa.table(columns), INCOMING)


def winners(ids: pa.Array, at: pa.Array) -> NDArray[np.bool_]:
    """Bool array: the row that stands for each id. The latest time wins, then the last row."""
    codes = ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((np.arange(len(codes)), at.cast(pa.int64()).to_numpy(), codes))
    last = np.ones(len(codes), bool)
    last[:-1] = codes[order][1:] != codes[order][:-1]
    out = np.zeros(len(codes), bool)
    out[order[last]] = True
    return out


def _occurrence(ids: pa.Array) -> NDArray[np.int64]:
    """1 for the first row of an id, 2 for the second, and so on."""
    codes = ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    first = np.ones(len(codes), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(first)
    out = np.empty(len(codes), np.int64)
    out[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes)))) + 1
    return out


def _hashes(ids: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """A number for each id, equal for equal ids within this process; others are equal only by chance."""
    return np.fromiter(map(hash, ids.to_pylist()), np.int64, len(ids))


def _completed(after: pa.Table, before: pa.Table) -> pa.Table:
    """`after` with old values where it has none: a poorer export of the same review takes nothing away."""
    n = len(after)
    columns = {name: after[name] for name in after.column_names}
    for name in _KEPT:
        index = pa.array(np.arange(n) + np.where(np.asarray(pc.is_null(after[name]), bool), n, 0))
        columns[name] = pa.concat_arrays([_whole(after[name]), _whole(before[name])]).take(index)
    without = np.asarray(pc.is_null(after["sku_id"]), bool)
    index = pa.array(np.arange(n) + np.where(without, n, 0))
    columns["sku_origin"] = pa.concat_arrays([_whole(after["sku_origin"]), _whole(before["sku_origin"])]).take(index)
    return conform(pa.table(columns), REVIEWS)


def _same(before: pa.Table, after: pa.Table) -> NDArray[np.bool_]:
    same = np.ones(len(before), bool)
    for name in REVIEWS.names:
        if name in _DERIVED:
            continue
        left, right = _whole(before[name]), _whole(after[name])
        if pa.types.is_nested(left.type):
            same &= np.asarray(
                [_plain(a) == _plain(b) for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True)], bool
            )
        else:
            equal = pc.fill_null(pc.equal(left, right), False)
            same &= np.asarray(pc.or_(equal, pc.and_(pc.is_null(left), pc.is_null(right))), bool)
    return same


def _plain(value: object) -> object:
    """Maps compare without regard to order."""
    return sorted(value) if isinstance(value, list) else value


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
