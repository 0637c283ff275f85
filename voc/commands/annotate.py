"""`voc annotate`: mentions, review scores and keywords."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from voc import pipeline
from voc.commands import AsJson, EngineName, Master, ProjectFolder, show, terminal_progress
from voc.errors import UnknownName, WrongUse
from voc.extract.mentions import PROFILES
from voc.lake import locked
from voc.parts import pieces
from voc.workspace import Workspace


def annotate(
    *,
    month: Annotated[str | None, typer.Option("--month", help="Only this month, YYYY-MM.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every month of the lake (the default without --month).")
    ] = False,
    engine: EngineName = "local",
    master: Master = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="fast, or accurate (default: as voc.toml says).")
    ] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """Find mentions, sentiment and keywords in the reviews. Months whose inputs did not change are left alone."""
    if month is not None and everything:
        raise WrongUse("--month and --all exclude each other")
    if profile is not None and profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    work = Workspace.open(project)
    if profile is not None:
        nlp = work.config.nlp.model_copy(update={"profile": profile})
        work = replace(work, config=work.config.model_copy(update={"nlp": nlp}))
    with locked(project):
        done = pipeline.annotate(
            work,
            months=None if month is None else [month],
            engine=engine,
            master=master,
            progress=terminal_progress(),
        )
    rows = [{"month": m, "mentions": sum(p.rows for p in pieces(m, work.lake.paths("mentions", m)))} for m in done]
    show(rows, as_json=as_json)
