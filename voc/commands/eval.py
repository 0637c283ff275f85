"""`voc eval`: how accurate the shipped models are, on the open labelled sets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from voc import evaluate
from voc.commands import AsJson, say, show
from voc.errors import WrongUse
from voc.evaluate.baselines import BASELINES


def eval_(
    name: Annotated[str | None, typer.Argument(metavar="SET", help="One set; all of them where none is named.")] = None,
    *,
    data: Annotated[
        Path | None, typer.Option("--data", envvar="VOC_TEST_DATA", help="The folder of the open labelled sets.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="fast or accurate.")] = "fast",
    baselines: Annotated[
        bool, typer.Option("--baselines/--no-baselines", help="Score what others would use, beside ours.")
    ] = True,
    sets: Annotated[
        bool, typer.Option("--list", help="List the sets, how each is scored, and whether that trains.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Scores the models on labelled sets: each figure with its 95% interval, and the usual baselines beside it.

    The sets are not part of the package; sets that train models on the way take minutes each.
    """
    if sets:
        show(
            [
                {"set": s.name, "trains": s.trains, "looked at": s.looked, "about": s.about}
                for s in evaluate.SETS.values()
            ],
            as_json=as_json,
        )
        return
    chosen = evaluate.chosen([] if name is None else [name])
    if data is None:
        raise WrongUse("no data folder; name it with --data DIR or in the variable VOC_TEST_DATA")
    if name is None:
        chosen = tuple(one for one in chosen if profile in one.profiles)
    absent = [one.name for one in BASELINES if not one.installed]
    if baselines and absent:
        say(f"left out, not installed: {', '.join(absent)} (pip install {' '.join(absent)})")
    figures = []
    for one in chosen:
        say(f"{one.name}: {one.about}")
        figures += evaluate.evaluate(one.name, data, profile=profile, baselines=baselines)
    show([asdict(figure) for figure in figures], as_json=as_json)
