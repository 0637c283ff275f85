"""What this month's ranking would have found: the self-test in words, and as a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from voc import refs
from voc.report.context import Context
from voc.report.figures import Fig, Parts
from voc.report.records import Row
from voc.report.words import SMALL

LIKELY = 0.8  # a rise that is found this often is what the first page promises


@dataclass(frozen=True)
class Grid:
    """One level: rises in columns, volumes in rows; a cell is (share found, its interval), or None where not tried."""

    level: str
    rises: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[tuple[Fig, str] | None, ...]], ...]
    false: Parts


def promise(ctx: Context) -> Parts | None:
    """One sentence: how large a rise has to be in the usual store, or SKU where there are no stores, to be found."""
    w = ctx.words
    for level, zh, en in (("store", "门店", "store"), ("sku", "商品", "product")):
        rows = [r for r in _planted(ctx, level) if (r["n_lo"] or 0) >= SMALL]
        if not rows:
            continue
        usual = max(rows, key=lambda r: (r["units"], r["n_lo"]))["n_lo"]
        mine = sorted((r for r in rows if r["n_lo"] == usual), key=lambda r: r["rise"])
        row = next((r for r in mine if r["power"] >= LIKELY), mine[-1])
        n = w.number(row["n_median"], 0)
        rise = w.number(100 * row["rise"], 0)
        found = Fig(w.count(row["found"]), _ref(ctx, row), "coverage.html#selftest", row["found"])
        tried, between = w.count(row["planted"]), _between(ctx, row)
        points = "point" if row["rise"] == 0.01 else "points"
        if w.zh:
            head = f"自测：评价约 {n} 条的{zh}，某个问题多出 {rise} 个百分点，{tried} 次里能发现 "
            return [head, found, f" 次（{between}）。"]
        head = f"Self-test: at a {en} with about {n} reviews a rise of {rise} {points} in one issue is found in "
        return [head, found, f" of {tried} trials ({between})."]
    return None


def grids(ctx: Context) -> list[Grid]:
    """A table per level."""
    w, out = ctx.words, []
    for level in ("store", "sku", "store_sku"):
        rows = _planted(ctx, level)
        if not rows:
            continue
        rises = sorted({r["rise"] for r in rows})
        by: dict[tuple[int, int | None], dict[float, Row]] = defaultdict(dict)
        for r in rows:
            by[r["n_lo"], r["n_hi"]][r["rise"]] = r
        lines = []
        for (low, high), found in sorted(by.items(), key=lambda p: p[0][0]):
            name = f"{low:,}–{high - 1:,}" if high is not None else f"{low:,}+"
            units = max(r["units"] for r in found.values())
            cells = tuple(
                (Fig(w.share(x["found"], x["planted"]), _ref(ctx, x), None, x["power"]), _between(ctx, x))
                if (x := found.get(rise))
                else None
                for rise in rises
            )
            lines.append((name, units, cells))
        out.append(Grid(level, tuple(f"+{w.number(100 * x, 0)}" for x in rises), tuple(lines), _false(ctx, level)))
    return out


def _false(ctx: Context, level: str) -> Parts:
    """What was called a signal in copies in which nothing was planted."""
    w = ctx.words
    row = next((r for r in _rows(ctx) if r["copy"] == "null" and r["level"] == level), None)
    if row is None:
        return []
    found = Fig(w.count(row["found"]), _ref(ctx, row), None, row["found"])
    return (
        [f"什么都没有埋的副本里，判了 {w.count(row['planted'])} 格，误报 ", found, " 处。"]
        if w.zh
        else [
            f"In copies with nothing planted, {w.count(row['planted'])} cells were judged; false signals: ",
            found,
            ".",
        ]
    )


def _between(ctx: Context, row: Row) -> str:
    return ctx.words.interval(row["power_lo"], row["power_hi"], percent=True)


def _rows(ctx: Context) -> list[Row]:
    return [r for r in ctx.book.data.power.to_pylist() if r["month"] == ctx.book.month]


def _planted(ctx: Context, level: str) -> list[Row]:
    return [r for r in _rows(ctx) if r["copy"] == "planted" and r["level"] == level and r["planted"]]


def _ref(ctx: Context, row: Row) -> str:
    return refs.make(
        "power", month=row["month"], level=row["level"], copy=row["copy"], n_lo=row["n_lo"], rise=row["rise"]
    )
