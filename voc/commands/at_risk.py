"""`voc at-risk`: members who said that they may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.commands import AsJson, Month, ProjectFolder
from voc.commands.tags import hand_over
from voc.workspace import Workspace


def at_risk(
    *,
    month: Month,
    consented: Annotated[
        Path | None,
        typer.Option(
            "--consented", help="A file with the column member_id: only these, by their own ids, to call back."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A CSV file.")] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """Members who in three months said that they leave or buy elsewhere, reported something dangerous, or complained in
    several reviews, and have not said since that they will buy again. What they wrote, not a probability."""
    hand_over(Workspace.open(project), "at_risk", month, consented=consented, out=out, as_json=as_json)
