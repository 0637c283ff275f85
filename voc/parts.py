"""The data files of a month slice: cut into pieces for tasks, written by tasks, committed together by `Lake.commit`.

A task reads one `Piece` (some row groups of one file) and writes one `Part` a table. A part is named by its content, so a
task that runs twice writes the same file, two engines write the same files, and a slice that comes out equal is not
committed again. A file that no commit names is no part of the table.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from voc.schemas import ORDER

ROW_GROUP = 16_384
"""Rows of a row group: small enough that a task is done in seconds, and is a piece of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Row groups of one data file of the slice `month`; `rows` in all."""

    month: str
    path: str
    row_groups: tuple[int, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """A written data file: its path below the table's folder, its rows, its size in bytes."""

    path: str
    rows: int
    size: int


def pieces(month: str, paths: Iterable[str], *, rows: int = ROW_GROUP) -> list[Piece]:
    """The files at `paths` cut where row groups end, each piece with about `rows` rows, in the order of the files."""
    found = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        start, held = 0, 0
        for i, size in enumerate(sizes):
            held += size
            if held >= rows or i + 1 == len(sizes):
                found.append(Piece(month, path, tuple(range(start, i + 1)), held))
                start, held = i + 1, 0
    return found


def batches(piece: Piece, schema: pa.Schema, *, rows: int) -> Iterator[pa.RecordBatch]:
    """The piece's rows with `schema` (columns of its table, `month` included), at most `rows` a batch."""
    with pq.ParquetFile(piece.path) as file:
        stored = [name for name in schema.names if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=rows, row_groups=list(piece.row_groups), columns=stored):
            month = pa.repeat(pa.scalar(piece.month, pa.string()), batch.num_rows)
            columns = [
                month if f.name == "month"
                else batch[f.name].cast(f.type) if f.name in stored
                else pa.nulls(batch.num_rows, f.type)  # of a file that an earlier version wrote
                for f in schema
            ]  # fmt: skip
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def write(root: Path, name: str, month: str, rows: pa.Table) -> Part | None:
    """Write `rows` as a data file of table `name` of the lake at `root`; None when there are none."""
    if not len(rows):
        return None
    keys = [(c, "ascending") for c in ORDER[name] if c != "month"]
    stored = rows.sort_by(keys).drop_columns(["month"])
    folder = root / name / f"month={month}"
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{os.getpid()}-{os.urandom(4).hex()}.tmp"
    pq.write_table(stored, staged, compression="zstd", row_group_size=ROW_GROUP, store_schema=False)
    with open(staged, "rb") as file:
        print_of = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())  # before a commit names it: a power cut must not leave a log that names an empty file
    path = folder / f"part-{print_of[:32]}.parquet"
    os.replace(staged, path)
    return Part(f"month={month}/{path.name}", len(rows), path.stat().st_size)
