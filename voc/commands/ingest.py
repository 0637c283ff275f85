"""`voc ingest`: files into the lake."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from voc import pipeline
from voc.commands import OVER_QUARANTINE, AsJson, ProjectFolder, say, show
from voc.errors import InputError
from voc.ingest import Ingested
from voc.lake import locked
from voc.workspace import Workspace

COUNTS = ("file", "records", "new", "updated", "duplicate", "unchanged", "quarantined", "reviews_written", "months")


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Exports: CSV, XLSX, JSONL, Parquet, also gz or zip.")],
    *,
    source: Annotated[str, typer.Option("--source", help="A name of `voc sources`, or stores, skus, orders.")],
    mapping: Annotated[
        Path | None, typer.Option("--map", help="A mapping file (TOML) instead of the source's own.")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="What you call this channel.")] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="The file's encoding, where it cannot be told.")
    ] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> int | None:
    """Read exports into the project. What cannot be read is quarantined with line and reason; the sums always add up."""
    for path in files:
        if not path.is_file():
            raise InputError("no such file", path=path)
    work = Workspace.open(project)
    with locked(project):
        done = pipeline.ingest(work, files, source=source, mapping=mapping, channel=channel, encoding=encoding)
    show_ledger(done, as_json=as_json)
    return OVER_QUARANTINE if pipeline.over_quarantine(work, done) else None


def show_ledger(done: list[Ingested], *, as_json: bool) -> None:
    """The ledger rows as a table, and on stderr the ids that the dimension tables do not know."""
    rows = [asdict(row) for row in done]
    short = [{name: row[name] for name in COUNTS} | {"months": _span(row["months"])} for row in rows]
    show(rows if as_json else short, as_json=as_json)
    for row in done:
        for what, ids in (("stores", row.unknown_stores), ("SKUs", row.unknown_skus)):
            if ids:
                some = ", ".join(sorted(ids)[:5]) + (" …" if len(ids) > 5 else "")
                say(f"{row.file}: {len(ids)} {what} that the dimension tables do not know, kept as they are: {some}")


def _span(months: tuple[str, ...]) -> str:
    """'2026-09, 2026-10' for a few months, '2014-03 to 2021-09 (78)' for many."""
    return ", ".join(months) if len(months) < 4 else f"{months[0]} to {months[-1]} ({len(months)})"
