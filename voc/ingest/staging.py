"""A write-ahead plan, so that a run that dies leaves the lake as it was or as it should be after the next start.

A file's months are written to `_staging/ID/` and described in `plan.json`, which appears in one rename. Only then are the
tables changed, month by month, the ledger row last. A plan that is found at the next start is carried out from the top:
each of its steps may be done twice. Without a `plan.json` nothing has been changed and the folder is dropped. What lies here
is masked already.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voc.ingest.normalise import INCOMING
from voc.lake import Lake
from voc.schemas import INGESTS, QUARANTINE, conform

_log = logging.getLogger(__name__)
#: Rows of a month that are held in memory before they are written.
HELD = 16_384


def folder(lake: Lake) -> Path:
    return lake.root / "_staging"


@dataclass
class Spool:
    """Rows of one file, sorted into months on disk; at most HELD rows of each month are in memory."""

    root: Path
    held: dict[str, list[pa.Table]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def add(self, rows: pa.Table) -> None:
        for month in sorted(pc.unique(rows["month"]).to_pylist()):
            some = rows.filter(pc.equal(rows["month"], month))
            self.held.setdefault(month, []).append(some)
            self.counts[month] = self.counts.get(month, 0) + len(some)
            if self.counts[month] >= HELD:
                self._write(month)

    def _write(self, month: str) -> None:
        if month not in self.writers:
            self.root.mkdir(parents=True, exist_ok=True)
            self.writers[month] = pq.ParquetWriter(self.root / f"{month}.parquet", INCOMING)
        self.writers[month].write_table(pa.concat_tables(self.held[month]))
        self.held[month], self.counts[month] = [], 0

    def months(self) -> list[str]:
        return sorted(self.held)

    def read(self, month: str) -> pa.Table:
        """All rows of a month, in the file's order."""
        writer = self.writers.pop(month, None)
        parts = []
        if writer is not None:
            writer.close()
            written = pq.read_table(self.root / f"{month}.parquet")
            parts.append(pa.Table.from_arrays([written[f.name].cast(f.type) for f in INCOMING], schema=INCOMING))
        return pa.concat_tables([*parts, *self.held[month]]).combine_chunks()


@dataclass
class Plan:
    """What one file changes. `months` and `tables` name the staged files; they are written as they are added."""

    lake: Lake
    ingest: dict[str, Any]
    months: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return folder(self.lake) / str(self.ingest["ingest_id"])

    def month(self, month: str, rows: pa.Table) -> None:
        """The slice `month` of `reviews` as it is to be."""
        self._stage(f"reviews-{month}", rows)
        self.months.append(month)

    def table(self, name: str, rows: pa.Table) -> None:
        """The whole table `name` as it is to be."""
        self._stage(name, rows)
        self.tables.append(name)

    def quarantine(self, rows: pa.Table) -> None:
        self._stage("quarantine", rows)

    def _stage(self, name: str, rows: pa.Table) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        with open(self.root / f"{name}.arrow", "wb") as out:
            with pa.ipc.new_file(out, rows.schema) as writer:
                writer.write_table(rows)
            out.flush()
            os.fsync(out.fileno())

    def commit(self, ingest: Mapping[str, Any]) -> None:
        """Fix the plan with its ledger row, then carry it out."""
        self.root.mkdir(parents=True, exist_ok=True)
        data = {"ingest": dict(ingest), "months": self.months, "tables": self.tables}
        draft = self.root / "plan.tmp"
        with open(draft, "w", encoding="utf-8") as out:
            json.dump(data, out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, self.root / "plan.json")
        _carry_out(self.lake, self.root, again=False)


def recover(lake: Lake) -> list[str]:
    """Finish the plans of a run that died; the ids of the files whose ingestion was finished. Needs the project's lock."""
    finished = []
    for root in _found(lake):
        if (root / "plan.json").is_file():
            _log.warning("finishing the ingest %s that an earlier run left", root.name)
            _carry_out(lake, root, again=True)
            finished.append(root.name)
        else:
            shutil.rmtree(root)
    return finished


def _found(lake: Lake) -> Iterator[Path]:
    if folder(lake).is_dir():
        yield from sorted(p for p in folder(lake).iterdir() if p.is_dir())


def _carry_out(lake: Lake, root: Path, *, again: bool) -> None:
    """Do what the plan says; `again` if some of it may have been done."""
    plan = json.loads((root / "plan.json").read_text("utf-8"))
    ingest = plan["ingest"]
    for month in plan["months"]:
        lake.replace_month("reviews", month, _staged(root, f"reviews-{month}"))
    for name in plan["tables"]:
        lake.replace(name, _staged(root, name))
    for name, rows in (("quarantine", _rejected(root)), ("ingests", _ledger_row(ingest))):
        done = again and ingest["ingest_id"] in lake.read(name, columns=["ingest_id"])["ingest_id"].to_pylist()
        if not done:
            lake.append(name, rows)
    shutil.rmtree(root)


def _staged(root: Path, name: str) -> pa.Table:
    with pa.OSFile(str(root / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def _rejected(root: Path) -> pa.Table:
    return _staged(root, "quarantine") if (root / "quarantine.arrow").is_file() else QUARANTINE.empty_table()


def _ledger_row(ingest: Mapping[str, Any]) -> pa.Table:
    return conform(pa.Table.from_pylist([dict(ingest)], schema=INGESTS), INGESTS)
