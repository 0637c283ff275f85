"""`voc sources`: the ingestors there are."""

from __future__ import annotations

from voc import ingest as ingestion
from voc.commands import AsJson, show


def sources(*, as_json: AsJson = False) -> None:
    """The ingestors there are, with the columns that each one knows and how well its layout is known."""
    found = ingestion.sources()
    short = [row | {"columns": ", ".join(str(c).partition(":")[0] for c in row["columns"])} for row in found]
    show(found if as_json else short, as_json=as_json)
