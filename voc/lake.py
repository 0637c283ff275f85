"""Tables on disk: Delta Lake through `deltalake`, a folder a table.

`reviews`, `mentions` and the other monthly tables are partitioned by `month` and are written a month slice at a time: a
slice is replaced as a whole, in one commit, so that a killed run leaves the old version or the new one. Reading for output
always has a total order (`ORDER`), because Delta does not keep the order of writing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, Schema, WriterProperties, write_deltalake
from deltalake.transaction import AddAction, RemoveAction
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from voc.errors import Locked, UnknownName, VocError
from voc.parts import ROW_GROUP, Part
from voc.schemas import ORDER, TABLES, conform

_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP)
MONTHLY = frozenset(name for name, schema in TABLES.items() if "month" in schema.names)


class Lake:
    """The tables under `root`. Reading a table that was never written gives it empty."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._open: dict[str, tuple[str, DeltaTable]] = {}
        self._prints: dict[str, tuple[str, dict[str, str]]] = {}

    def _path(self, name: str) -> Path:
        if name not in TABLES:
            raise UnknownName("table", name, TABLES)
        return self.root / name

    def exists(self, name: str) -> bool:
        return (self._path(name) / "_delta_log").is_dir()

    def _stamp(self, name: str) -> str:
        """The newest commit in the table's log: it changes with every commit, whoever made it. Checkpoints, which the log
        has after a hundred commits, are named so that they would stand behind all of them."""
        return max(entry.name for entry in os.scandir(self._path(name) / "_delta_log") if entry.name.endswith(".json"))

    def _table(self, name: str) -> DeltaTable:
        """The newest version; replaying a log costs tens of milliseconds, so a table is opened once and then kept up."""
        stamp = self._stamp(name)
        held = self._open.get(name)
        if held is None:
            held = self._open[name] = (stamp, DeltaTable(str(self._path(name))))
        elif held[0] != stamp:
            held[1].update_incremental()
            held = self._open[name] = (stamp, held[1])
        return held[1]

    def _files(self, name: str) -> SubTreeFileSystem:
        """The table's folder for Arrow's reader. Deltalake's own is made of Python objects: Arrow's threads let go of them a
        moment after a read has ended, and a process that is just exiting then aborts, because they need the interpreter."""
        return SubTreeFileSystem(str(self._path(name)), LocalFileSystem())

    def version(self, name: str) -> int | None:
        """The table's newest version, None if it was never written."""
        return self._table(name).version() if self.exists(name) else None

    def versions(self) -> dict[str, int]:
        """The newest version of every table that exists, by name."""
        found = {name: self.version(name) for name in sorted(TABLES)}
        return {name: version for name, version in found.items() if version is not None}

    def months(self, name: str) -> list[str]:
        """The months that have rows, oldest first."""
        return sorted(self._fingerprints(name))

    def _fingerprints(self, name: str) -> dict[str, str]:
        """Month -> digest of the names of its files ('' for a table without months)."""
        if not self.exists(name):
            return {}
        stamp = self._stamp(name)
        held = self._prints.get(name)
        if held is None or held[0] != stamp:
            parts = pa.table(self._table(name).get_add_actions(flatten=True))
            paths = parts["path"].to_pylist() if len(parts) else []
            months = parts["partition.month"].to_pylist() if paths and name in MONTHLY else [""] * len(paths)
            groups: dict[str, list[str]] = {}
            for month, path in sorted(zip(months, paths, strict=True)):
                groups.setdefault(month, []).append(path)
            digests = {month: digest_of(found) for month, found in groups.items()}
            held = self._prints[name] = (stamp, digests)
        return held[1]

    def read(
        self,
        name: str,
        *,
        months: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """The rows of `months` (None: all), sorted by `ORDER[name]`, with the schema of `voc.schemas` in its order.

        A column that the table did not have yet when it was written is null.
        """
        self._path(name)  # names a table that exists
        schema = TABLES[name]
        wanted = list(schema.names if columns is None else columns)
        if not self.exists(name):
            return pa.schema([schema.field(c) for c in wanted]).empty_table()
        order = [c for c in ORDER[name] if c in schema.names]
        needed = list(dict.fromkeys([*wanted, *order]))
        opened = self._table(name) if version is None else DeltaTable(str(self._path(name)), version=version)
        chosen = None if months is None else [("month", "in", list(months))]
        if chosen is not None and not months:
            return pa.schema([schema.field(c) for c in wanted]).empty_table()
        stored = opened.to_pyarrow_dataset(file_pruning_predicate=chosen, filesystem=self._files(name))
        table = stored.to_table(columns=[c for c in needed if c in stored.schema.names])
        for column in needed:
            if column not in table.column_names:
                table = table.append_column(column, pa.nulls(len(table), schema.field(column).type))
        table = conform_order(table, pa.schema([schema.field(c) for c in needed]))
        table = table.sort_by([(c, "ascending") for c in order]) if len(table) else table
        return table.select(wanted).combine_chunks()

    def fingerprint(self, name: str, month: str | None = None) -> str:
        """Changes whenever the slice's files change; a cheap answer to "has it been touched since"."""
        found = self._fingerprints(name)
        if month is not None:
            return found.get(month, "absent")
        return hashlib.sha256("\n".join(found[key] for key in sorted(found)).encode()).hexdigest()

    def replace_month(self, name: str, month: str, rows: pa.Table) -> bool:
        """Make `rows` the slice `month` of table `name`, in one commit. False if the slice was equal already.

        Raises VocError when a row belongs to another month.
        """
        rows = conform(rows, TABLES[name])
        strangers = pc.sum(pc.not_equal(rows["month"], month)).as_py() if len(rows) else 0
        if strangers:
            raise VocError(f"{strangers} rows for table {name!r} do not belong to month {month}")
        rows = _ordered(name, rows)
        if self.exists(name):
            if self.read(name, months=[month]).equals(rows):
                return False
            self._widen(name)
            write_deltalake(
                self._table(name), rows, mode="overwrite", predicate=f"month = '{month}'", partition_by=["month"],
                writer_properties=_WRITER,
            )  # fmt: skip
        else:
            write_deltalake(
                str(self._path(name)), rows, mode="overwrite", partition_by=["month"], writer_properties=_WRITER
            )
        return True

    def _widen(self, name: str) -> None:
        """Give a table that an earlier version wrote the columns that it lacks; its old rows have nulls there."""
        table = self._table(name)
        there = {field.name for field in table.schema().fields}
        missing = [field.with_nullable(True) for field in TABLES[name] if field.name not in there]
        if missing:
            table.alter.add_columns(list(Schema.from_arrow(pa.schema(missing)).fields))

    def paths(self, name: str, month: str) -> list[str]:
        """The data files of the slice `month`, in the order of their names."""
        if not self.exists(name):
            return []
        found = pa.table(self._table(name).get_add_actions(flatten=True))
        mine = found.filter(pc.equal(found["partition.month"], month))
        return sorted(str(self._path(name) / path) for path in mine["path"].to_pylist())

    def commit(self, name: str, month: str, parts: Sequence[Part]) -> bool:
        """Make the written `parts` the slice `month` of table `name`, in one commit. False if they are it already."""
        folder = self._path(name)
        if not self.exists(name):
            DeltaTable.create(str(folder), Schema.from_arrow(TABLES[name]), partition_by=["month"])
        if self.paths(name, month) == sorted(str(folder / part.path) for part in parts):
            return False
        self._widen(name)
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                path=part.path,
                size=part.size,
                partition_values={"month": month},
                modification_time=(folder / part.path).stat().st_mtime_ns // 1_000_000,
                data_change=True,
                stats=json.dumps({"numRecords": part.rows}),
            )
            for part in parts
        ]
        table = self._table(name)
        table.create_write_transaction(
            actions, "overwrite", table.schema(), ["month"], partition_filters=[("month", "=", month)]
        )
        return True

    def replace(self, name: str, rows: pa.Table) -> bool:
        """Make `rows` the whole table `name` (not partitioned ones). False if it was equal already."""
        rows = _ordered(name, conform(rows, TABLES[name]))
        if self.exists(name) and self.read(name).equals(rows):
            return False
        if self.exists(name):
            self._widen(name)
        partition = ["month"] if name in MONTHLY else None
        write_deltalake(str(self._path(name)), rows, mode="overwrite", partition_by=partition)
        return True

    def append(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Add `rows` (of the table's own schema, when they come as a stream) to table `name` in one commit.

        Nothing happens for a table of no rows.
        """
        if isinstance(rows, pa.Table):
            if not len(rows):
                return
            rows = _ordered(name, conform(rows, TABLES[name]))
        if self.exists(name):
            self._widen(name)
        partition = ["month"] if name in MONTHLY else None
        write_deltalake(str(self._path(name)), rows, mode="append", partition_by=partition)

    def made_from(self, step: str, month: str) -> str | None:
        """What `record` noted for this step and month: the digest of the inputs that its output was made from."""
        path = self.root / "_made" / step / f"{month}.json"
        return json.loads(path.read_text("utf-8"))["inputs"] if path.is_file() else None

    def record(self, step: str, month: str, inputs: str) -> None:
        """Note that `step` is up to date for `month` with these inputs. Written last, so a killed step runs again."""
        path = self.root / "_made" / step / f"{month}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_suffix(".tmp")
        staged.write_text(json.dumps({"inputs": inputs}), "utf-8")
        os.replace(staged, path)


def digest_of(paths: Sequence[str]) -> str:
    """The `fingerprint` of a slice that consists of these files (below the table's folder)."""
    return hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()


def conform_order(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast what the file format widened (nullability, list item names) back to `schema`."""
    return pa.Table.from_arrays([table[f.name].cast(f.type) for f in schema], schema=schema)


def _ordered(name: str, rows: pa.Table) -> pa.Table:
    keys = [(c, "ascending") for c in ORDER[name] if c in rows.column_names]
    return rows.sort_by(keys).combine_chunks() if len(rows) else rows


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the project's lock; raises Locked at once when another run has it. The system frees it if the run dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".voc.lock", "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Locked(f"another run holds the project {folder}; wait for it to end") from error
        yield
