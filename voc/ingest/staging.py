"""A write-ahead plan, so that a run that dies leaves the lake as it was or as it should be after the next start.

The parts of a file's months are written first, into the table's folder, named by their content and part of no version yet;
`plan.json`, which appears in one rename, says which they are. Only then are the tables changed, month by month, the ledger
row last. A plan that is found at the next start is carried out from the top: each of its steps may be done twice. Without a
`plan.json` nothing has been changed and the folder is dropped. What lies here is masked already.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc import parts
from voc.lake import Lake
from voc.parts import Part
from voc.schemas import INGESTS, QUARANTINE, conform

_log = logging.getLogger(__name__)
_REJECTED = "quarantine.arrows"
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


def folder(lake: Lake) -> Path:
    return lake.root / "_staging"


@dataclass
class Plan:
    """What one file changes. The parts of its months lie in the table's folder already, where no commit names them yet;
    `monthly` is their table, `tables` names the staged files of whole tables. `flags` counts those of the file's own rows,
    `weightless` the rows that weigh nothing because of one. With a folder `trial` nothing is written
    anywhere else."""

    lake: Lake
    ingest: dict[str, Any]
    trial: Path | None = None
    monthly: str = "reviews"
    months: dict[str, list[Part]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    rejected: pa.ipc.RecordBatchStreamWriter | None = None
    quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    weightless: int = 0

    @property
    def root(self) -> Path:
        return (self.trial or folder(self.lake)) / str(self.ingest["ingest_id"])

    def month(self, month: str, rows: Iterable[pa.Table]) -> None:
        """The slice `month` of the table as it is to be, some rows at a time; no rows: the month is to be empty."""
        if self.trial is not None:
            self.months[month] = []
            return
        written = (parts.write(self.lake.root, self.monthly, month, some) for some in rows)
        self.months[month] = [part for part in written if part is not None]

    def table(self, name: str, rows: pa.Table) -> None:
        """The whole table `name` as it is to be."""
        if self.trial is not None:
            return
        self._prepare()
        with open(self.root / f"{name}.arrow", "wb") as out:
            with pa.ipc.new_file(out, rows.schema) as writer:
                writer.write_table(rows)
            out.flush()
            os.fsync(out.fileno())
        self.tables.append(name)

    def quarantine(self, rows: pa.Table) -> None:
        """Further rejected rows."""
        self.reasons.update(rows["reason"].to_pylist())
        self.quarantined += len(rows)
        if not len(rows) or self.trial is not None:
            return
        if self.rejected is None:
            self._prepare()
            self.rejected = pa.ipc.new_stream(str(self.root / _REJECTED), QUARANTINE, options=_PACKED)
        self.rejected.write_table(rows)

    def _prepare(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)

    def commit(self, ingest: Mapping[str, Any]) -> None:
        """Fix the plan with its ledger row, then carry it out; a trial ends here."""
        if self.trial is not None:
            return
        self._prepare()
        if self.rejected is not None:
            self.rejected.close()
        months = {month: [asdict(part) for part in found] for month, found in self.months.items()}
        draft = self.root / "plan.tmp"
        with open(draft, "w", encoding="utf-8") as out:
            told = {"ingest": dict(ingest), "monthly": self.monthly, "months": months, "tables": self.tables}
            json.dump(told, out, ensure_ascii=False)
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
    for month, found in plan["months"].items():
        lake.commit(plan.get("monthly", "reviews"), month, [Part(**part) for part in found])
    for name in plan["tables"]:
        lake.replace(name, _staged(root, name))
    done = again and _has(lake, "quarantine", ingest["ingest_id"])
    if not done and (root / _REJECTED).is_file():
        with pa.OSFile(str(root / _REJECTED)) as source:
            lake.append("quarantine", pa.ipc.open_stream(source))
    if not (again and _has(lake, "ingests", ingest["ingest_id"])):
        lake.append("ingests", _ledger_row(ingest))
    shutil.rmtree(root)


def _has(lake: Lake, name: str, ingest_id: str) -> bool:
    return ingest_id in pc.unique(lake.read(name, columns=["ingest_id"])["ingest_id"]).to_pylist()


def _staged(root: Path, name: str) -> pa.Table:
    with pa.OSFile(str(root / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def _ledger_row(ingest: Mapping[str, Any]) -> pa.Table:
    return conform(pa.Table.from_pylist([dict(ingest)], schema=INGESTS), INGESTS)
