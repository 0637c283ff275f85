"""`voc topics`: topics of complaint and request clauses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import pipeline
from voc.commands import AsJson, ProjectFolder, show
from voc.errors import InputError
from voc.lake import Lake, locked
from voc.workspace import Workspace


def topics(
    *,
    month: Annotated[str | None, typer.Option("--month", help="The month, YYYY-MM (default: the newest).")] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """Find topics in the month's complaints and requests, with names that last over the months."""
    work = Workspace.open(project)
    month = month or newest(work.lake, "reviews")
    with locked(project):
        pipeline.topics(work, month=month)
    table = work.lake.read("topics", months=[month], columns=["topic_id", "label", "size", "event"])
    show(table.sort_by([("size", "descending"), ("topic_id", "ascending")]).to_pylist(), as_json=as_json)


def newest(lake: Lake, table: str) -> str:
    """The newest month of `table`. Raises InputError when it has none."""
    months = lake.months(table)
    if not months:
        raise InputError(f"the project has no {table} yet")
    return months[-1]
