"""The demo's ranking against its truth, over many seeds: `python -m voc.corpora.trial build/trial --seeds 10`.

Each seed makes its own sample chain, runs the job on it (files, lake, mentions, counts, ranking) for the last month and the
dull one, and is scored by `voc.corpora.score`. A seed that is done leaves SEED.json and is not done again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from voc.corpora.sample import generate
from voc.corpora.score import Scores, score, table

from voc import pipeline
from voc.commands.init import create
from voc.workspace import Workspace


def trial(folder: Path, seed: int, *, reviews: int, keep: bool = False) -> Scores:
    """One seed's scores, made in `folder`/SEED; the project is removed afterwards unless `keep`."""
    done = folder / f"{seed}.json"
    if done.exists():
        return Scores(**json.loads(done.read_text("utf-8")))
    place = folder / str(seed)
    shutil.rmtree(place, ignore_errors=True)
    generate(place, reviews=reviews, seed=seed)
    create(place, editable=False, topics=False)
    truth = json.loads((place / "truth.json").read_text("utf-8"))
    work = Workspace.open(place)
    pipeline.ingest_inbox(work)
    month, dull = truth["months"][-1], truth["dull_month"]
    pipeline.annotate(work, months=[month, dull])
    scores = score(truth, pipeline.rank(work, month=month), month=month)
    quiet = score(truth, pipeline.rank(work, month=dull), month=dull)
    print(seed, scores, quiet, sep="\n", flush=True)
    done.write_text(json.dumps(asdict(scores)), "utf-8")
    if not keep:
        shutil.rmtree(place)
    return scores


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--reviews", type=int, default=120_000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    seeds = range(options.first, options.first + options.seeds)
    print(table([trial(options.folder, s, reviews=options.reviews, keep=options.keep) for s in seeds]))
