"""Facts and exposure of one month as arrays (`voc.issues.expectation.Cells`)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import SchemaMismatch
from voc.issues.expectation import Cells

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Month:
    """A month of one issue kind: sorted ids, and the arrays whose axes they name.

    `cells.n` counts all reviews, or units sold where these are the exposure (`voc.issues.sales`); n_text (P, R) reviews
    with words, n_seen (P, R) all reviews. Index len(stores) means no store named; same for SKUs.
    """

    sources: list[str]
    stores: list[str]
    skus: list[str]
    issues: list[str]
    cells: Cells
    n_text: Array
    n_seen: Array


def build(month: str, kind: str, facts: pa.Table, exposure: pa.Table) -> Month:
    """The arrays of `month` and issue `kind`. Raises SchemaMismatch where complaints lack the reviews they came from."""
    exposure = exposure.filter((pc.field("month") == month) & (pc.field("n_reviews") > 0))
    facts = facts.filter(
        (pc.field("month") == month) & (pc.field("issue_kind") == kind) & (pc.field("n_complaints") > 0)
    )
    sources, stores, skus = (_ids(exposure[name]) for name in ("source", "store_id", "sku_id"))
    issues = _ids(facts["issue_code"])
    columns = len(skus) + 1
    at = codes(exposure["store_id"], stores) * columns + codes(exposure["sku_id"], skus)
    pairs, place = np.unique(at, return_inverse=True)
    shape, of_source = (len(pairs), len(sources)), codes(exposure["source"], sources)
    seen_in = "n_seen" if "n_seen" in exposure.column_names else "n_reviews"
    n, text, seen = (_table(place, of_source, exposure[c], shape) for c in ("n_reviews", "n_text", seen_in))

    source, issue = codes(facts["source"], sources), codes(facts["issue_code"], issues)
    store, sku = codes(facts["store_id"], stores), codes(facts["sku_id"], skus)
    strange = (store < 0) | (sku < 0) | (source < 0)
    pair = np.searchsorted(pairs, store * columns + sku)
    pair = np.minimum(pair, max(len(pairs) - 1, 0))
    known = ~strange
    if len(pairs):
        known &= pairs[pair] == store * columns + sku
        known[known] = n[pair[known], source[known]] > 0
    if not known.all():
        row = facts.slice(int(np.flatnonzero(~known)[0]), 1).to_pylist()[0]
        where = {k: row[k] for k in ("month", "source", "store_id", "sku_id")}
        raise SchemaMismatch(f"facts have complaints where exposure has no reviews: {where}; count both from one table")
    x = facts["n_complaints"].to_numpy().astype(float)
    size = len(issues)
    keys, spot = np.unique(pair * max(size, 1) + issue, return_inverse=True)
    cells = Cells(
        store=pairs // columns, sku=pairs % columns, n=n,
        x_source=_table(source, issue, x, (len(sources), size)),
        x_store=_table(store, issue, x, (len(stores) + 1, size)),
        x_sku=_table(sku, issue, x, (len(skus) + 1, size)),
        pair=keys // max(size, 1), issue=keys % max(size, 1), x=np.bincount(spot, x, len(keys)),
    )  # fmt: skip
    return Month(sources, stores, skus, issues, cells, text, seen)


def groups(dimension: pa.Table | None, key: str, column: str, ids: list[str], month: str) -> tuple[list[str], Array]:
    """The values of `column` at the end of `month` and, for each of `ids`, the place of its value; -1 for none.

    `dimension` is dated: of several rows of one id the one that was valid then counts, else the newest before, else the
    oldest.
    """
    nowhere = np.full(len(ids), -1)
    if dimension is None or not len(dimension) or column not in dimension.column_names:
        return [], nowhere
    with duckdb.connect(":memory:") as db:
        db.register("dimension", dimension)
        dated = "valid_from" if "valid_from" in dimension.column_names else "cast(null as date)"
        query = f"""
            select {key}, {column} from (
                select {key}, {column}, coalesce({dated}, date '0001-01-01') as since,
                       last_day(cast($month || '-01' as date)) as until
                from dimension)
            qualify row_number() over (
                partition by {key}
                order by since <= until desc, case when since <= until then since end desc, since, {column}) = 1
            order by {key}"""
        found = dict(db.execute(query, {"month": month}).fetchall())
    values = [found.get(i) for i in ids]
    names = sorted({v for v in values if v is not None})
    place = {v: n for n, v in enumerate(names)}
    return names, np.array([place.get(v, -1) if v is not None else -1 for v in values], dtype=np.int64)


def _ids(column: pa.ChunkedArray) -> list[str]:
    names: list[str] = sorted(pc.unique(column.drop_null()).to_pylist())
    return names


def codes(column: pa.ChunkedArray, ids: list[str]) -> Array:
    """Places in `ids`; a null becomes len(ids), an unknown id -1."""
    if not len(column):
        return np.zeros(0, dtype=np.int64)
    code = pc.fill_null(pc.index_in(column, value_set=pa.array(ids, pa.string())), -1).to_numpy().astype(np.int64)
    return np.where(column.is_null().to_numpy(), len(ids), code)


def _table(rows: Array, columns: Array, value: Array | pa.ChunkedArray, shape: tuple[int, int]) -> Array:
    """Sums of whole numbers by row and column."""
    value = np.asarray(value, dtype=float)
    return np.bincount(rows * shape[1] + columns, value, shape[0] * shape[1]).reshape(shape)
