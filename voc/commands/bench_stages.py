"""`voc bench stages`: what each stage of the per-review road costs on the user's own reviews."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from voc import single, taxonomy
from voc.commands import AsJson, say, show
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
    as_json: AsJson = False,
) -> None:
    """Microseconds of CPU time a review, stage by stage, on one core, beside a script written by hand.

    Stages and script take turns over parts of 2,000 reviews; the figures are medians. The script sees every twentieth
    review and needs pandas, jieba and snownlp.
    """
    texts = [text for text in single.texts_of(path, text_column) if text][:limit]
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
