"""Units sold from files: a row a month, or a row a day, of a store and SKU.

Rows of one file for the same store, SKU and time are added up, so receipts may be given one by one. What a later file says
of the same store, SKU and time stands instead; of a store's SKU in a month the newest file also decides whether it is
counted by days or as a whole, so that a month's total never stands beside its days.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.ingest import dates, dimensions
from voc.ingest.fields import shown, stripped, without_lost
from voc.ingest.readers import MESSAGE, OWN, RAW, REASON, UNIT
from voc.schemas import QUARANTINE, SALES, conform

KEY = ["month", "store_id", "sku_id", "day"]
#: The file's rows that were added up into one.
ROWS = "rows"
_MONTH = re.compile(r"^((?:19|20)\d{2})\s*(?:[-/.年]\s*)?(0?[1-9]|1[0-2])\s*月?$")
_UNITS = re.compile(r"^([+-]?\d{1,15})(?:\.0*)?$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Sold:
    """`table`: schema SALES and `rows`, sorted by KEY; the rows that were set aside (schema QUARANTINE); all records."""

    table: pa.Table
    aside: pa.Table
    records: int


def read(
    batches: Iterable[pa.RecordBatch], plan: dimensions.Plan, *, path: Path, key: bytes, zone: str, ingest_id: str
) -> Sold:
    """The file's sales, added up. Raises InputError when a column that is needed is missing."""
    total, rejected, records = _grouped([]), [QUARANTINE.empty_table()], 0
    for batch in batches:
        columns = [name for name in batch.schema.names if name not in OWN]
        found = dimensions.resolved(plan, columns, path)
        records += len(batch)
        broken = batch.filter(pc.is_valid(batch.column(REASON)))
        cells = [(raw or "").split(UNIT) for raw in broken.column(RAW).to_pylist()]
        told = (broken.column(REASON), broken.column(MESSAGE))
        rejected.append(dimensions.aside(broken, *told, cells, columns, ingest_id))
        sound = batch.filter(pc.is_null(batch.column(REASON)))
        rows, complaints = _typed(sound, found, key, zone)
        bad = np.zeros(len(sound), bool)
        bad[list(complaints)] = True
        total = _grouped([total, rows.filter(pa.array(~bad))])
        wrong = sound.filter(pa.array(bad))
        cells = [[v or "" for v in row] for row in zip(*(wrong.column(c).to_pylist() for c in columns), strict=True)]
        reasons, messages = (pa.array([pair[i] for pair in complaints.values()], pa.string()) for i in (0, 1))
        rejected.append(dimensions.aside(wrong, reasons, messages, cells, columns, ingest_id))
    return Sold(_one_grain(total), pa.concat_tables(rejected), records)


def _typed(
    batch: pa.RecordBatch, found: Mapping[str, str], key: bytes, zone: str
) -> tuple[pa.Table, dict[int, tuple[str, str]]]:
    """The batch as sales with `rows` = 1, and a reason and message for each row that cannot be kept, by its place."""
    written = {
        name: stripped(batch.column(found[name])) if name in found else pa.nulls(len(batch), pa.string())
        for name in ("month", "day", "store_id", "sku_id", "units")
    }
    complaints: dict[int, tuple[str, str]] = {}
    units, bad_units = _units(without_lost(written["units"]))
    for i in np.flatnonzero(bad_units).tolist():
        complaints[i] = ("bad_units", f"units are {shown(written['units'][i])}; a whole number is wanted")
    # A day tells its month; a column of days may hold months, and one of months their first days.
    when = pc.coalesce(without_lost(written["day"]), without_lost(written["month"]))
    months = _months(when)
    moments = dates.parse(pc.if_else(pc.is_null(months), when, pa.scalar(None, pa.string())), zone=zone).at
    local = pc.local_timestamp(moments.cast(pa.timestamp("us", tz=zone)))
    day = pc.if_else(pc.is_valid(written["day"]), local.cast(pa.date32(), safe=False), pa.scalar(None, pa.date32()))
    month = pc.coalesce(months, pc.strftime(local, "%Y-%m"))
    for i in np.flatnonzero(np.asarray(pc.is_null(month), bool)).tolist():
        given = when[i].as_py()
        complaints[i] = (
            ("missing_date", "neither month nor day is given")
            if given is None
            else ("bad_date", f"{shown(when[i])} is neither a month nor a day that can be read for certain")
        )
    ids = {}
    for name in ("store_id", "sku_id"):
        ids[name] = dimensions.text_of(name, written[name], key)
        for i in np.flatnonzero(np.asarray(pc.is_null(ids[name]), bool)).tolist():
            complaints[i] = (f"missing_{name.removesuffix('_id')}", f"no {name} is given")
        for i in np.flatnonzero(dimensions.lost_tails(name, written[name])).tolist():
            complaints[i] = ("precision_lost", f"{name} is a number of more than 15 digits; {dimensions.TAIL_LOST}")
    rows = {"month": month, **ids, "units": units, "day": day, ROWS: pa.repeat(pa.scalar(1, pa.int64()), len(batch))}
    return pa.table(rows), dict(sorted(complaints.items()))


def _months(values: pa.Array) -> pa.Array:
    """'YYYY-MM' for 2026-10, 2026/10, 202610 and 2026年10月; null for anything else."""
    encoded = values.dictionary_encode()
    found = [_MONTH.match(unicodedata.normalize("NFKC", value)) for value in encoded.dictionary.to_pylist()]
    return pa.array([f"{m[1]}-{int(m[2]):02d}" if m else None for m in found], pa.string()).take(encoded.indices)


def _units(values: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Whole numbers, with `.0` or commas between thousands or without; which are none."""
    encoded = values.dictionary_encode()
    plain = [_THOUSANDS.sub("", unicodedata.normalize("NFKC", value)) for value in encoded.dictionary.to_pylist()]
    found = [_UNITS.match(value) for value in plain]
    units = pa.array([int(m[1]) if m else None for m in found], pa.int64()).take(encoded.indices)
    return units, np.asarray(pc.is_null(units), bool)


def _grouped(parts: list[pa.Table]) -> pa.Table:
    schema = pa.schema([*SALES, pa.field(ROWS, pa.int64())])
    rows = pa.concat_tables([schema.empty_table(), *(part.select(schema.names).cast(schema) for part in parts)])
    summed = rows.group_by(KEY, use_threads=False).aggregate([("units", "sum"), (ROWS, "sum")])
    summed = summed.rename_columns([name.removesuffix("_sum") for name in summed.column_names])
    return summed.select(schema.names).cast(schema)


def _one_grain(rows: pa.Table) -> pa.Table:
    """Without the days of a store's SKU whose month is given as a whole by the same file, but with their number of rows."""
    pairs, days = _key(rows, KEY[:3]), np.asarray(pc.is_valid(rows["day"]), bool)
    whole = pc.index_in(pairs, value_set=pairs.filter(pa.array(~days)))
    double = days & np.asarray(pc.is_valid(whole), bool)
    counts = rows[ROWS].to_numpy().copy()
    np.add.at(counts, np.flatnonzero(~days)[whole.to_numpy(zero_copy_only=False)[double].astype(int)], counts[double])
    kept = rows.set_column(rows.schema.get_field_index(ROWS), ROWS, pa.array(counts)).filter(pa.array(~double))
    return kept.sort_by([(name, "ascending") for name in KEY]).combine_chunks()


def merged(old: pa.Table, fresh: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """A month of the lake with that of a file (schema SALES and `rows`), and how many records are new, updated, unchanged."""
    at = pc.index_in(_key(fresh, KEY), value_set=_key(old, KEY))
    known = np.asarray(pc.is_valid(at), bool)
    same = pc.fill_null(pc.equal(old["units"].take(at), fresh["units"]), False)
    equal = np.asarray(same, bool) & known
    rows = fresh[ROWS].to_numpy()
    counts = {"new": ~known, "updated": known & ~equal, "unchanged": equal}
    # Of a pair that the file has, days stay only beside days, and a total only until there is another.
    here = _key(fresh, KEY[:3])
    of_days = pc.is_in(_key(old, KEY[:3]), value_set=here.filter(pc.is_valid(fresh["day"])))
    touched = pc.is_in(_key(old, KEY[:3]), value_set=here)
    replaced = pc.is_in(_key(old, KEY), value_set=_key(fresh, KEY))
    other_grain = pc.and_(touched, pc.xor(pc.is_valid(old["day"]), of_days))
    left = old.filter(pc.invert(pc.or_(replaced, other_grain)))
    table = conform(pa.concat_tables([left, fresh.select(SALES.names).cast(SALES)]), SALES)
    return table, {name: int(rows[which].sum()) for name, which in counts.items()}


def _key(rows: pa.Table, names: list[str]) -> pa.Array:
    columns = [pc.fill_null(rows[name].cast(pa.string()), "") for name in names]
    found = pc.binary_join_element_wise(*columns, UNIT)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
