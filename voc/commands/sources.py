"""`voc sources`: the ingestors there are."""

from __future__ import annotations

from typing import Any

from voc import ingest as ingestion
from voc.commands import AsJson, show


def sources(*, as_json: AsJson = False) -> None:
    """The ingestors there are, with the columns that each one knows and how well its layout is known."""
    found = ingestion.sources()
    if not as_json:
        for row in found:
            columns: Any = row["columns"]
            row["columns"] = ", ".join(column.partition(":")[0] for column in columns)
    show(found, as_json=as_json)
