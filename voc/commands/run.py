"""`voc run`: the whole monthly job."""

from __future__ import annotations

from pathlib import Path

from voc import pipeline
from voc.commands import OVER_QUARANTINE, EngineName, Master, Month, ProjectFolder, say, terminal_progress
from voc.lake import locked
from voc.workspace import Workspace


def run(
    *, month: Month, engine: EngineName = "local", master: Master = None, project: ProjectFolder = Path(".")
) -> int | None:
    """Everything for a month, from inbox/ to the report. Safe to repeat: the second time nothing changes."""
    work = Workspace.open(project)
    with locked(project):
        outcome = pipeline.run(work, month=month, engine=engine, master=master, progress=terminal_progress())
    print(outcome.report / "index.html")
    if not outcome.over_quarantine:
        return None
    limit = work.config.max_quarantined
    for row in outcome.ingested:
        if row.records and row.quarantined / row.records > limit:
            say(f"{row.file}: {row.quarantined} of {row.records} records quarantined, more than {limit:.0%} allows")
    return OVER_QUARANTINE
