"""Rows that do not fit into memory, sorted on disk: written once, read a month or a bucket at a time in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: Rows that are held in memory before they are written.
HELD = 32_768
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass
class Spool:
    """Rows of `schema`, which has a column `month`. What is written lies in `root` as files of one batch a month."""

    root: Path
    schema: pa.Schema
    held: list[pa.Table] = field(default_factory=list)
    size: int = 0
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # month -> (file, batch)
    files: int = 0

    def add(self, rows: pa.Table) -> None:
        if len(rows):
            self.held.append(rows)
            self.size += len(rows)
        if self.size >= HELD:
            self._write()

    def months(self) -> list[str]:
        held = {month for rows in self.held for month in pc.unique(rows["month"]).to_pylist()}
        return sorted({*self.places, *held})

    def chunks(self, month: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows of a month in the order in which they came, some at a time; only `columns`, in that order."""
        names = list(columns or self.schema.names)
        options = pa.ipc.IpcReadOptions(included_fields=[self.schema.get_field_index(name) for name in names])
        for file, batch in self.places.get(month, ()):
            with pa.OSFile(str(self._path(file))) as source:
                found = pa.ipc.open_file(source, options=options).get_batch(batch)
                yield pa.Table.from_batches([found]).select(names)
        for rows in self.held:
            some = rows.select(names).filter(pc.equal(rows["month"], month))
            if len(some):
                yield some

    def read(self, month: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All of `chunks` as one."""
        names = list(columns or self.schema.names)
        empty = pa.schema([self.schema.field(name) for name in names]).empty_table()
        return pa.concat_tables([empty, *self.chunks(month, columns)]).combine_chunks()

    def _path(self, file: int) -> Path:
        return self.root / f"{file:06d}.arrow"

    def _write(self) -> None:
        rows = pa.concat_tables(self.held).combine_chunks()
        months = rows["month"].combine_chunks().dictionary_encode()
        codes = months.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(months.dictionary)))
        self.root.mkdir(parents=True, exist_ok=True)
        with (
            pa.OSFile(str(self._path(self.files)), "wb") as out,
            pa.ipc.new_file(out, self.schema, options=_PACKED) as writer,
        ):
            start = 0
            for batch, (month, end) in enumerate(zip(months.dictionary.to_pylist(), ends.tolist(), strict=True)):
                some = rows.take(pa.array(order[start:end])).combine_chunks()
                writer.write_batch(some.to_batches()[0])
                self.places.setdefault(month, []).append((self.files, batch))
                start = end
        self.held, self.size, self.files = [], 0, self.files + 1


@dataclass
class Buckets:
    """Rows by a number below `count`, of schemas that may differ. What is written lies in a file without a name, which
    ends with the process however that ends: these rows may be as the customer wrote them."""

    count: int
    held: list[tuple[NDArray[np.int64], pa.Table]] = field(default_factory=list)
    size: int = 0
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # bucket -> (offset, bytes)
    file: IO[bytes] | None = None

    def add(self, numbers: NDArray[np.int64], rows: pa.Table) -> None:
        """`numbers[i]` is the bucket of row i."""
        self.held.append((numbers, rows))
        self.size += len(rows)
        if self.size >= HELD:
            self._write()

    def read(self, bucket: int) -> pa.Table | None:
        """The rows of a bucket in the order in which they came, with the columns of all; None for a bucket without rows."""
        parts = []
        for offset, size in self.places.get(bucket, ()):
            assert self.file is not None
            self.file.seek(offset)
            parts.append(pa.ipc.open_stream(self.file.read(size)).read_all())
        parts += [rows.filter(pa.array(numbers == bucket)) for numbers, rows in self.held]
        parts = [rows for rows in parts if len(rows)]
        return pa.concat_tables(parts, promote_options="default").combine_chunks() if parts else None

    def _write(self) -> None:
        if self.file is None:
            self.file = TemporaryFile()  # noqa: SIM115 - `close` ends it
        for bucket in range(self.count):
            parts = [rows.filter(pa.array(numbers == bucket)) for numbers, rows in self.held]
            parts = [rows for rows in parts if len(rows)]
            if not parts:
                continue
            rows, out = pa.concat_tables(parts, promote_options="default").combine_chunks(), pa.BufferOutputStream()
            with pa.ipc.new_stream(out, rows.schema, options=_PACKED) as writer:
                writer.write_table(rows)
            packed = out.getvalue()
            self.places.setdefault(bucket, []).append((self.file.seek(0, 2), packed.size))
            self.file.write(packed)
        self.held, self.size = [], 0

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
