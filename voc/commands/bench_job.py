"""`voc bench job`: what the monthly job costs on sample chains of growing size."""

from __future__ import annotations

import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from voc import capacity
from voc.commands import AsJson, say, show


class Part(StrEnum):
    """What `voc bench job` measures."""

    steps = "steps"
    month = "month"


def job(
    *,
    part: Annotated[
        Part,
        typer.Option(help="steps: each step over all months; month: `voc run` of the last month, the others done."),
    ] = Part.steps,
    reviews: Annotated[
        list[int] | None,
        typer.Option(min=1000, help="Reviews of a chain's 14 months; may be repeated (default: 10,000 and 100,000)."),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Worker processes; 0: one per core.")] = 0,
    topics: Annotated[bool, typer.Option(help="With topics.")] = True,
    folder: Annotated[
        Path | None, typer.Option(help="Where the chains are made (default: a temporary folder).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Seconds, memory and disk of the monthly job on sample chains, and how they grow with the reviews.

    The exponent is the slope of log(processor time) over log(reviews): 1 is linear.
    """
    measure = {Part.steps: capacity.steps, Part.month: capacity.month}[part]
    costs = []
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for cost in measure(reviews or (10_000, 100_000), folder=Path(place), workers=workers, topics=topics):
            say(f"{cost.step}, {cost.reviews:,} reviews: {cost.seconds:,.1f} s")
            costs.append(cost)
    rows: list[dict[str, Any]] = [
        {"step": c.step, "reviews": c.reviews, "of the month": c.of_month, "seconds": round(c.seconds, 1),
         "CPU seconds": round(c.cpu_seconds, 1), "MB at most": round(c.peak_mb), "lake, MB": round(c.lake_mb)}
        for c in costs
    ]  # fmt: skip
    slopes = [{"step": step, "exponent": round(value, 2)} for step, value in capacity.exponents(costs).items()]
    if as_json:
        print(json.dumps({"costs": rows, "exponents": slopes}, indent=2))
        return
    show(rows, as_json=False, title="costs")
    if slopes:
        show(slopes, as_json=False, title="growth")
