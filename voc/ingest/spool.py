"""Rows that do not fit into memory, sorted into months on disk: written once, read a month at a time in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
