"""`voc annotate`: mentions, review scores and keywords."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import pipeline
from voc.commands import AsJson, EngineName, Master, ProjectFolder, show, terminal_progress
from voc.errors import UnknownName, WrongUse
from voc.lake import locked
from voc.workspace import Workspace

PROFILES = ("fast",)


def annotate(
    *,
    month: Annotated[str | None, typer.Option("--month", help="Only this month, YYYY-MM.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every month of the lake (the default without --month).")
    ] = False,
    engine: EngineName = "local",
    master: Master = None,
    profile: Annotated[str, typer.Option("--profile", help="How much to spend on a review.")] = "fast",
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """Find mentions, sentiment and keywords in the reviews. Months whose inputs did not change are left alone."""
    if month is not None and everything:
        raise WrongUse("--month and --all exclude each other")
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    work = Workspace.open(project)
    with locked(project):
        done = pipeline.annotate(
            work,
            months=None if month is None else [month],
            engine=engine,
            master=master,
            progress=terminal_progress(),
        )
    rows = [{"month": m, "mentions": len(work.lake.read("mentions", months=[m], columns=["month"]))} for m in done]
    show(rows, as_json=as_json)
