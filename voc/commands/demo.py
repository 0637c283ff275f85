"""`voc demo`: the sample chain through the whole monthly job."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Annotated

import typer

from voc import config as configuration
from voc import pipeline
from voc.commands import OVER_QUARANTINE, say, terminal_progress
from voc.commands.init import create
from voc.corpora.sample import generate
from voc.errors import WrongUse
from voc.lake import locked
from voc.workspace import Workspace

NAME = "样例连锁"


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo project goes.")] = Path("voc-demo"),
    *,
    reviews: Annotated[int, typer.Option(min=1000, help="About how many reviews the sample chain gets.")] = 120_000,
    seed: Annotated[int, typer.Option(help="Seed of the sample chain.")] = 2026,
) -> int | None:
    """Make the sample corpus, run the whole monthly job on its last month and print where the report is."""
    if (folder / configuration.FILE).exists() and not (folder / "truth.json").exists():
        raise WrongUse(f"{folder} holds another project; choose a folder of its own for the demo")
    outcome = prepare_and_run(folder, reviews=reviews, seed=seed)
    print(outcome.report / "index.html")
    return OVER_QUARANTINE if outcome.over_quarantine else None


def prepare_and_run(folder: Path, *, reviews: int, seed: int) -> pipeline.Outcome:
    """The demo project in `folder`, made if it is not there, and the job on its last month."""
    with locked(folder):
        if not (folder / configuration.FILE).exists():
            with_topics = importlib.util.find_spec("bertopic") is not None
            if not with_topics:
                say('topics are left out: BERTopic is not installed (pip install "voc[topics]")')
            say(f"making {reviews:,} reviews of the sample chain (seed {seed})")
            generate(folder, reviews=reviews, seed=seed)
            create(folder, editable=False, topics=with_topics, name=NAME, key=demo_key(seed))
        month = json.loads((folder / "truth.json").read_text("utf-8"))["months"][-1]
        say(f"running the monthly job for {month}")
        return pipeline.run(Workspace.open(folder), month=month, progress=terminal_progress())


def demo_key(seed: int) -> bytes:
    """A key that everybody can know, for generated customers only: it makes the demo's ids the same everywhere."""
    return hashlib.sha256(f"voc demo {seed}".encode()).digest()
