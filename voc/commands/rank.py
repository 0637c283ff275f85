"""`voc rank`: the month's ranking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from voc import monthly_topics, pipeline
from voc.commands import AsJson, Month, ProjectFolder, show
from voc.lake import locked
from voc.workspace import Workspace

SHOWN = ("level", "store_id", "sku_id", "region", "source", "category", "aspect", "observed", "expected", "rr", "rr05", "rr95",
         "gate", "rank", "rank_lo", "rank_hi")  # fmt: skip


def rank(*, month: Month, project: ProjectFolder = Path("."), as_json: AsJson = False) -> None:
    """Rank the month's issues by store, SKU and more. The table shows what passed the gate; --json gives every row."""
    work = Workspace.open(project)
    with locked(project):
        table = pipeline.rank(work, month=month)
    show(table.to_pylist() if as_json else gated(table, monthly_topics.names(work.lake)), as_json=as_json)


def gated(table: pa.Table, topics: Mapping[str, str] = MappingProxyType({})) -> list[dict[str, Any]]:
    """The rows whose signal is strong or moderate, with the columns that people read first; `topics` are names by id."""
    rows = [row for row in table.to_pylist() if row["gate"] in ("strong", "moderate")]
    for row in rows:
        if row["issue_kind"] == "topic":
            row["aspect"] = f"{row['aspect']} {topics.get(row['aspect'], '')}".rstrip()
    return [{c: row[c] for c in SHOWN} for row in rows]
