"""One file a command: a plain function with the command's flags. It returns an exit code, or None for 0.

Commands print, the rest of voc logs. Tables go to stdout (`--json`: as JSON), progress and remarks to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from voc.errors import WrongUse

if TYPE_CHECKING:
    from voc.pipeline import Progress

DONE, OVER_QUARANTINE = 0, 4
_NO_WIDTH = 10_000
_MOST_BLOCKS = 12
"""Rows that are told line by line at most; more of them stay a table with folded cells."""

ProjectFolder = Annotated[
    Path, typer.Option("--project", "-p", envvar="VOC_PROJECT", help="The project's folder (it holds voc.toml).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
EngineName = Annotated[str, typer.Option("--engine", help="Where the stages run: local (every core) or spark.")]
Master = Annotated[
    str | None, typer.Option("--master", help="Spark's master, for instance local[2]; else Spark's own configuration.")
]
Month = Annotated[str, typer.Option("--month", help="The month, YYYY-MM, in the project's time zone.")]


def say(message: str) -> None:
    """A remark on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(message)


def show(rows: Sequence[dict[str, Any]], *, as_json: bool, title: str = "") -> None:
    """`rows` as a table for people, or as JSON. What is wider than the terminal is told line by line, a block a row; a pipe
    or a file has no width."""
    if as_json:
        print(json.dumps(list(rows), ensure_ascii=False, indent=2, default=str))
        return
    if not rows:
        print("nothing to show")
        return
    table = Table(title=title or None, title_justify="left")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    wide = Console(markup=False, highlight=False, width=_NO_WIDTH)
    needed = Measurement.get(wide, wide.options, table).maximum
    if not sys.stdout.isatty():
        wide.print(table)
    elif needed <= Console().width or len(rows) > _MOST_BLOCKS:
        Console(markup=False).print(table)
    else:
        print("\n\n".join(([title] if title else []) + [_block(row) for row in rows]))


def _block(row: dict[str, Any]) -> str:
    width = max(map(len, row))
    return "\n".join(f"{name:{width}}  {_cell(value)}" for name, value in row.items())


def label_pairs(given: Sequence[str] | None) -> dict[str, str] | None:
    """What `--label NAME=CLASS` options say, None without any. Raises WrongUse for one without a '='."""
    if not given:
        return None
    for one in given:
        if "=" not in one:
            raise WrongUse(f"--label {one!r}: NAME=negative, NAME=neutral or NAME=positive is wanted")
    return {one.rpartition("=")[0]: one.rpartition("=")[2] for one in given}


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(v) for v in value)
    return "" if value is None else str(value)


def terminal_progress() -> Progress | None:
    """A line that counts, on stderr; None where stderr is not a terminal."""
    if not sys.stderr.isatty():
        return None

    def report(step: str, done: int, of: int) -> None:
        end = "\n" if done == of else ""
        print(f"\r{step}: {done} of {of}", end=end, file=sys.stderr, flush=True)

    return report
