"""What moved against the months before: told from chance over at least six months, never from two."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from voc import refs
from voc.report import svg
from voc.report.cells import Cell
from voc.report.claims import MOVED
from voc.report.context import Context
from voc.report.figures import Fig, Parts
from voc.report.records import Row
from voc.report.words import CHANGES

LEVELS = ("store", "sku", "store_sku")
MOST = 200  # rows of one table; the workbook has all of them


@dataclass(frozen=True)
class Move:
    """A cell that moved: `ratio` is this month's risk to that of the months before, with its 90% interval."""

    cell: Cell
    state: str
    ratio: str
    interval: str
    drawing: Markup


def moves(
    ctx: Context, levels: tuple[str, ...] = LEVELS, *, dim: str | None = None, key: str | None = None
) -> list[Move]:
    """Cells that moved, rises first, the largest excess or fall first; of one store or SKU with `dim` and `key`."""
    if dim and key is not None:
        rows = [r for r in ctx.moved_of(dim, key) if r["level"] in levels]
    else:
        rows = [r for level in levels for r in ctx.book.by_level.get(level, ()) if r["change"] in MOVED]
    rows.sort(
        key=lambda r: (MOVED.index(r["change"]), -abs(r["observed"] - (r["expected"] or 0.0)), r["level"], r["rank"])
    )
    return [_move(ctx, r) for r in rows[:MOST]]


def _move(ctx: Context, row: Row) -> Move:
    w = ctx.words
    between = w.interval(row["change_lo"], row["change_hi"]) if row["change_lo"] is not None else ""
    times = w.times(row["change_rr"])
    title = w.pick(f"为前几个月的 {times}，90% 区间 {between}", f"{times} the months before, 90% interval {between}")
    drawing = svg.whisker(
        row["change_rr"], row["change_lo"], row["change_hi"], top=8.0, gate=None, base=1.0, log=True, title=title
    )
    ratio = w.times(row["change_rr"]) if row["change_rr"] is not None else ""
    return Move(ctx.cells.cell(row), row["change"], ratio, between, drawing)


def summary(ctx: Context) -> Parts | None:
    """One sentence for the first page; None where no history was judged."""
    w, month = ctx.words, ctx.book.month
    rows = [r for level in LEVELS for r in ctx.book.by_level.get(level, ())]
    states = Counter(r["change"] for r in rows)
    judged = sum(n for s, n in states.items() if s not in (None, "too_short", "withheld"))
    if not judged:
        return None
    href = "issues.html#changes" if any(states[s] for s in MOVED) else None

    def fig(state: str) -> Fig:
        return Fig(w.count(states[state]), refs.make("ranking", month=month, change=state), href, states[state])

    said = [s for s in MOVED if states[s]]
    if not said:
        return [w.pick("与前几个月比，看不出变化。", "Against the months before no change can be told.")]
    parts: list[str | Fig] = [w.pick("与前几个月比：", "Against the months before: ")]
    for i, state in enumerate(said):
        word = w.of(CHANGES, state)
        parts += (
            [f"{'，' if i else ''}{word} ", fig(state), " 处"] if w.zh else [", " * (i > 0), fig(state), f" {word}"]
        )
    return [*parts, w.pick("；其余看不出变化。", "; no change can be told for the rest.")]
