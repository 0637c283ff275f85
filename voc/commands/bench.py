"""`voc bench`: what the parts of the job find and what they cost, on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from voc.commands import AsJson, say, show
from voc.corpora.worlds import history
from voc.corpora.worlds import ranking as months
from voc.errors import UnknownName
from voc.ingest import benchmark as ingest_benchmark
from voc.issues import benchmark

CHAINS = {"large": (months.LARGE, history.LARGE), "small": (months.SMALL, history.SMALL)}
SIZES = (100_000, 1_000_000, 5_000_000)

Rows = list[dict[str, Any]]


class Part(StrEnum):
    """What `voc bench ranking` measures."""

    precision = "precision"
    changes = "changes"
    cost = "cost"


def ranking(
    *,
    part: Annotated[list[Part] | None, typer.Option(help="What to measure; may be repeated (default: all).")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many simulated chains.")] = 20,
    first: Annotated[int, typer.Option(min=0, help="The first one's seed.")] = 0,
    chain: Annotated[
        str, typer.Option(help="large: 500 stores, 200 SKUs, 25 issues, 200,000 reviews; small: 60, 120, 30, 10,000.")
    ] = "large",
    as_json: AsJson = False,
) -> None:
    """Rank simulated chains whose truth is known: precision, false signals, changes found under drift, seconds, memory.

    Precision is the share of planted cells in the top 50; a signal is false if its true relative risk is 1.5 or less, and
    a rise if the risk did not rise. Changes are judged after 6, 12 and 24 months of history.
    """
    if chain not in CHAINS:
        raise UnknownName("chain", chain, CHAINS)
    month, past = CHAINS[chain]
    tried = range(first, first + seeds)
    measures: dict[Part, Callable[[], Rows]] = {
        Part.precision: partial(_precision, month, tried),
        Part.changes: partial(_changes, past, tried),
        Part.cost: _cost,
    }
    everything: dict[str, Rows] = {}
    for name in part or list(Part):
        say(f"{name} ..." if name == Part.cost else f"{name}, seeds {tried[0]} to {tried[-1]} ...")
        everything[name] = measures[name]()
        if not as_json:
            show(everything[name], as_json=False, title=str(name))
    if as_json:
        print(json.dumps(everything, indent=2))


def ingest(
    *,
    rows: Annotated[
        list[int] | None, typer.Option(min=1, help="Rows of a file; may be repeated (default: 100,000 and 1,000,000).")
    ] = None,
    copies: Annotated[
        bool | None,
        typer.Option("--copies/--no-copies", help="Only with, or only without, the search for near copies."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ingest made-up reviews: rows a second on the clock and of processor time, and the peak of memory."""
    searches = (False, True) if copies is None else (copies,)
    costs = []
    for cost in ingest_benchmark.measure(rows or (100_000, 1_000_000), copies=searches):
        say(
            f"{cost.rows:,} rows {'with' if cost.copies else 'without'} near copies: {cost.rows_a_second:,.0f} a second"
        )
        costs.append(cost)
    show(ingest_benchmark.rows(costs), as_json=as_json)


def _precision(settings: months.Settings, seeds: range) -> Rows:
    scores = benchmark.benchmark(partial(months.simulate, settings=settings), seeds)
    return [
        {"level": s.level, "seeds": s.seeds, "precision in top 50": s.precision, "signals": s.signals,
         "false": s.false_share, "false, upper 95%": s.false_bound, "found": f"{s.found} of {s.planted}"}
        for s in scores
    ]  # fmt: skip


def _changes(settings: history.Settings, seeds: range) -> Rows:
    scores = benchmark.change_benchmark(partial(history.simulate, settings=settings), seeds)
    return [
        {"level": s.level, "months": s.past, "seeds": s.seeds, "rises": s.risen, "false": s.false_share,
         "false, upper 95%": s.false_bound, "recall": s.recall, "found": f"{s.found} of {s.planted}",
         "found, 10 or more expected": f"{s.found_big} of {s.planted_big}",
         "found by a test that knows each true mean": s.found_knowing, "falls": s.fallen,
         "false falls": s.false_fallen, "falls found": f"{s.found_fallen} of {s.planted_fallen}"}
        for s in scores
    ]  # fmt: skip


def _cost() -> Rows:
    return [
        {"cells": c.cells, "rows": c.rows, "CPU seconds": round(c.seconds, 2), "us a cell": 1e6 * c.seconds / c.cells,
         "MB at most": round(c.megabytes)}
        for c in benchmark.cost(SIZES)
    ]  # fmt: skip
