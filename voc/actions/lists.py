"""Lists as files that spreadsheets can open and cannot be hurt by, and the same files read back."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from voc.errors import InputError
from voc.ingest import readers
from voc.ingest.mapping import Reading

_FORMULA = ("=", "+", "-", "@", "＝", "\t", "\r")


def write(path: Path, rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str]) -> None:
    """`rows` as CSV (UTF-8 with a mark, as spreadsheets want it); a cell that would be a formula gets a quote before it."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow(_guarded(row[name]) for name in columns)


def read(path: Path, *, key: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells of `columns`) of the records of a CSV or XLSX file; a column that is missing is empty.

    Raises InputError when the column `key` is missing, and for a record that cannot be read.
    """
    for batch in readers.read(path, reading=Reading(), headers=columns):
        names = [name for name in batch.schema.names if name not in readers.OWN]
        if key not in names:
            raise InputError(f"no column {key!r} among {', '.join(names) or 'none'}", path=path)
        for row in batch.to_pylist():
            if row[readers.REASON] is not None:
                raise InputError(f"{path.name}, line {row[readers.LINE]}: {row[readers.MESSAGE]}")
            yield row[readers.LINE], {name: (row.get(name) or "").strip().lstrip("'") for name in columns}


def day(text: str, where: str) -> dt.date:
    """The day that a cell means. Raises InputError that says where it stands."""
    try:
        return dt.date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError as error:
        raise InputError(f"{where} is {text!r}; a day like 2026-10-31 is wanted") from error


def _guarded(value: object) -> str:
    text = "" if value is None else " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
