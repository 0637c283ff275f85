"""New rows into what the lake has: which are new, which say something else than before, which say the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.schemas import REVIEWS, conform

NEW, UPDATED, UNCHANGED, SUPERSEDED = 0, 1, 2, 3
#: Made from the other rows or from the file's name: they do not tell whether a review was edited.
_DERIVED = ("ingest_id", "flags", "duplicate_of", "month")
#: Where the new row has nothing, the old value stays; the SKU goes together with where it came from.
_KEPT = tuple(f.name for f in REVIEWS if f.nullable and f.name not in ("duplicate_of", "parent_id", "question"))


def winners(ids: pa.Array, at: pa.Array) -> NDArray[np.bool_]:
    """Bool array: the row that stands for each id within one file. The latest time wins, then the last row."""
    codes = ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((np.arange(len(codes)), at.cast(pa.int64()).to_numpy(), codes))
    last = np.ones(len(codes), bool)
    last[:-1] = codes[order][1:] != codes[order][:-1]
    out = np.zeros(len(codes), bool)
    out[order[last]] = True
    return out


def merge(old: pa.Table, fresh: pa.Table, moved: pa.Table, leaving: pa.Array) -> tuple[pa.Table, NDArray[np.int8]]:
    """One month's rows after `fresh` (schema `reviews`, distinct ids), and NEW, UPDATED or UNCHANGED for each row of it.

    `moved` are the old versions of fresh rows that lie in other months; `leaving` are ids of this month whose new version
    lies in another one.
    """
    known = pa.concat_tables([old, moved]) if len(moved) else old
    at = pc.index_in(fresh["review_id"].combine_chunks(), value_set=known["review_id"].combine_chunks())
    matched = np.flatnonzero(np.asarray(pc.is_valid(at), bool))
    status = np.full(len(fresh), NEW, np.int8)
    gone = pa.concat_arrays(
        [leaving.cast(pa.string()), fresh["review_id"].combine_chunks().take(pa.array(matched, pa.int64()))]
    )
    stay = old.filter(pc.invert(pc.is_in(old["review_id"], value_set=gone)))
    parts = [stay, fresh.filter(pc.is_null(at))]
    if len(matched):
        before = known.take(at.drop_null())
        after = _completed(fresh.take(pa.array(matched, pa.int64())), before)
        same = _same(before, after)
        status[matched] = np.where(same, UNCHANGED, UPDATED)
        parts += [before.filter(pa.array(same)), after.filter(pa.array(~same))]
    return pa.concat_tables(parts).combine_chunks(), status


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
