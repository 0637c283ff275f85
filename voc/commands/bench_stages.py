"""`voc bench stages`: what each stage of the per-review road costs on the user's own reviews."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from voc import end_to_end, single, taxonomy
from voc.commands import AsJson, say, show
from voc.corpora.sample import texts
from voc.extract import benchmark


def stages(
    path: Annotated[Path, typer.Argument(help="A file of reviews (CSV, xlsx, JSON lines, Parquet).")],
    *,
    text_column: Annotated[str | None, typer.Option(help="The column of the text.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Reviews that are measured.")] = 20_000,
    trade: Annotated[str, typer.Option("--taxonomy", help="A built-in taxonomy, or a file.")] = "retail-food",
    script: Annotated[
        bool, typer.Option(help="Also a script of pandas, jieba and snownlp on the same reviews.")
    ] = True,
    topics: Annotated[
        bool, typer.Option(help="Instead: all of it with topics once, beside the script with BERTopic behind it.")
    ] = False,
    embedder: Annotated[str, typer.Option(help="With --topics: the embedder, as in [topics] of voc.toml.")] = "use",
    as_json: AsJson = False,
) -> None:
    """Microseconds of CPU time a review, stage by stage, on one core, beside a script written by hand.

    Stages and script take turns over parts of 2,000 reviews; the figures are medians. The script sees every twentieth
    review and needs pandas, jieba and snownlp. With --topics each side works through all reviews once, in a process of its
    own.
    """
    given = [text for text in single.texts_of(path, text_column) if text][:limit]
    if topics:
        _end_to_end(given, trade, embedder, as_json=as_json)
    else:
        _measure(given, trade, script=script, as_json=as_json)


def sample(*, as_json: AsJson = False) -> None:
    """What the parts of the job find and what they cost. Without a command: `voc bench stages` on the sample chain.

    Its reviews are made of phrases that recur, so they are read faster than real ones; measure your own with `voc bench
    stages FILE`. The script by hand takes part where pandas, jieba and snownlp are installed.
    """
    script = all(importlib.util.find_spec(name) for name in benchmark.OPTIONAL)
    if not script:
        say(f"without the script by hand: {', '.join(benchmark.OPTIONAL)} are not all installed")
    _measure(texts(), "retail-food", script=script, as_json=as_json)


def _end_to_end(texts: Sequence[str], trade: str, embedder: str, *, as_json: bool) -> None:
    say(f"{len(texts):,} reviews ...")
    ours, hand = end_to_end.sides(texts, taxonomy=trade, embedder=embedder)
    rows = [
        {"side": s.name, "reviews": s.reviews, "seconds": round(s.seconds, 1), "CPU seconds": round(s.cpu_seconds, 1),
         "topics": s.topics, "times the script": round(hand.cpu_seconds / s.cpu_seconds, 1)}
        for s in (ours, hand)
    ]  # fmt: skip
    show(rows, as_json=as_json, title="with topics")


def _measure(texts: Sequence[str], trade: str, *, script: bool, as_json: bool) -> None:
    say(f"{len(texts):,} reviews ...")
    measured = benchmark.road(texts, taxonomy=taxonomy.load(trade), by_hand=script)
    rows = [
        {"stage": c.stage, "us a review": round(c.microseconds, 1), "reviews a second": round(c.per_second),
         "times segmentation": round(c.of_segmentation, 2)}
        for c in measured.costs
    ]  # fmt: skip
    ratios = (
        {
            "mentions beside snownlp": round(measured.ratio(benchmark.SNOWNLP, benchmark.MENTIONS), 1),
            "whole road beside the script": round(measured.ratio(benchmark.BY_HAND, benchmark.WHOLE), 1),
        }
        if script
        else {}
    )
    about = {
        "reviews": measured.reviews, "characters a review": round(measured.characters, 1),
        "MB at most": round(measured.peak_megabytes), **ratios,
    }  # fmt: skip
    if as_json:
        print(json.dumps({"stages": rows, "all": about}, indent=2))
        return
    show(rows, as_json=False, title="one core")
    show([about], as_json=False)
