"""What became of earlier decisions: actions with owner and due date, and the verdicts on fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from voc import refs
from voc.report import svg
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig
from voc.report.records import Row

VERDICTS = {
    "better": ("变好", "better"),
    "worse": ("变差", "worse"),
    "cannot_tell": ("还看不出", "cannot tell yet"),
}
STATES = {"open": ("待办", "open"), "done": ("已完成", "done"), "contested": ("有异议", "contested")}
_PLACES = ("store_id", "sku_id", "region", "category")


@dataclass(frozen=True)
class Fix:
    """A declared fix and what the months after it say, beside the rest of the chain."""

    issue: str
    place: str
    on: str
    before: Fig
    after: Fig
    ratio: str
    interval: str
    drawing: Markup
    verdict: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Task:
    """What people make of a signal: `id` is what the commands of `voc actions` take."""

    id: str
    owner: str
    due: str
    status: str
    kind: str


def fixes(ctx: Context, *, veiled: bool = False, dim: str | None = None, key: str | None = None) -> list[Fix]:
    """Fixes with their verdicts, newest first; of one store or SKU with `dim` and `key`."""
    rows = [r for r in ctx.book.data.verdicts.to_pylist() if r["month"] == ctx.book.month]
    if dim:
        rows = [r for r in rows if r[f"{dim}_id"] == key]
    rows.sort(key=lambda r: (r["fixed_on"], r["fix_id"]), reverse=True)
    return [_fix(ctx, r, veiled) for r in rows]


def _fix(ctx: Context, row: Row, veiled: bool) -> Fix:
    w, book = ctx.words, ctx.book
    places = [book.store_name(row["store_id"], veiled=veiled)] if row["store_id"] else []
    places += [book.sku_name(row["sku_id"])] if row["sku_id"] else []
    ref = refs.make("verdicts", month=book.month, fix_id=row["fix_id"])
    between = w.interval(row["ratio_lo"], row["ratio_hi"])
    return Fix(
        book.issue(row["aspect"]),
        " × ".join(places) or w.pick("全链", "chain-wide"),
        w.date(row["fixed_on"]),
        Fig(w.share(row["before"], row["before_n"]), ref, None, row["before"]),
        Fig(w.share(row["after"], row["after_n"]), ref, None, row["after"]),
        w.times(row["ratio"]),
        "" if row["ratio_lo"] is None else between,
        svg.whisker(
            row["ratio"],
            row["ratio_lo"],
            row["ratio_hi"],
            top=4.0,
            gate="insufficient" if row["verdict"] not in ("better", "worse") else "strong",
            base=1.0,
            log=True,
            title=f"{w.times(row['ratio'])}, {between}",
        ),
        w.of(VERDICTS, row["verdict"]),
        row["verdict"],
        tidy(row["reason"], longest=120) if row["reason"] else "",
    )


def task(ctx: Context, row: Mapping[str, Any]) -> Task | None:
    """The action that stands for a row of the ranking or the chain list, if one was opened."""
    level = row.get("level", "chain")
    for a in ctx.book.actions.get((row["issue_kind"], row["aspect"]), ()):
        if a["level"] == level and all(a[c] == row.get(c) for c in _PLACES):
            w = ctx.words
            return Task(
                a["action_id"],
                tidy(a["owner"] or "", longest=40),
                w.date(a["due"]),
                w.of(STATES, a["status"]),
                a["status"],
            )
    return None
