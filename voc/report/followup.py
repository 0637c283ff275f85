"""What stands beside the ranking: actions, verdicts on fixes, how stars go with issues, words that set a place apart."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from voc import refs
from voc.report import svg
from voc.report.book import Book
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig, Parts
from voc.report.records import Row
from voc.report.words import OWNERS, Words

VERDICTS = {
    "better": ("变好", "better"),
    "worse": ("变差", "worse"),
    "cannot_tell": ("还看不出", "cannot tell yet"),
}
REASONS = {
    "too_early": ("整改后还没有满一个月", "not a full month since the fix yet"),
    "no_before": ("整改前没有可比的数据", "no data before the fix to compare with"),
    "too_few": ("预期的投诉太少", "too few complaints to be expected"),
}
TAGS = {"likes": ("喜欢", "likes"), "wishes": ("希望", "wishes for")}
STATES = {"open": ("待办", "open"), "done": ("已完成", "done"), "contested": ("有异议", "contested")}
_PLACES = ("store_id", "sku_id", "region", "category", "lot")


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
    dim: str = "chain"
    key: object = ""  # whoever may not see the store is led to the issue's words in the whole chain
    store = book.stores.get(row["store_id"] or "")
    if not (veiled and store is not None and store.franchise):
        pair = (row["store_id"], row["sku_id"])
        if all(pair):
            dim, key = "store_sku", pair
        elif any(pair):
            dim, key = ("store", pair[0]) if pair[0] else ("sku", pair[1])
    href = ctx.evidence.link(dim, key, row["aspect"], "complaint")[1]
    return Fix(
        book.issue(row["aspect"]),
        " × ".join(places) or w.pick("全链", "chain-wide"),
        w.date(row["fixed_on"]),
        Fig(w.share(row["before"], row["before_n"]), ref, href, row["before"]),
        Fig(w.share(row["after"], row["after_n"]), ref, href, row["after"]),
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
        tidy(w.of(REASONS, row["reason"]), longest=120) if row["reason"] else "",
    )


def task(ctx: Context, row: Mapping[str, Any]) -> Task | None:
    """The action that stands for a row of the ranking or the chain list, if one was opened."""
    w, level = ctx.words, row.get("level", "chain")
    for a in ctx.book.actions.get((row["issue_kind"], row["aspect"]), ()):
        if a["level"] == level and all(a[c] == row.get(c) for c in _PLACES):
            return Task(a["action_id"], _owner(w, a), w.date(a["due"]), w.of(STATES, a["status"]), a["status"])
    return None


def write_actions(book: Book, out: Path) -> bool:
    """Write actions.csv for people to fill in, open lines first; False where there is nothing to do.

    The columns before the places are those that may be changed. A cell that a spreadsheet would take for a formula gets a
    quote before it.
    """
    rows = sorted(
        book.data.actions.to_pylist(), key=lambda r: (r["status"] != "open", -(r["priority"] or 0.0), r["action_id"])
    )
    if not rows:
        return False
    with open(out, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("action_id", "status", "owner", "due", "fixed_on", "note", "where", "issue", "opened", "last_seen")
        )
        for r in rows:
            place = book.place(r) if r["level"] != "chain" else book.words.pick("全链", "chain-wide")
            values = (
                r["action_id"], r["status"], r["owner"], r["due"], r["fixed_on"], r["note"], place,
                book.issue(r["aspect"], r["issue_kind"]), r["opened"], r["last_seen"],
            )  # fmt: skip
            writer.writerow([guarded(v) for v in values])
    return True


def impact(ctx: Context, aspect: str) -> Parts | None:
    """How stars go together with an issue: an association, worded as one."""
    r = ctx.book.impact.get(aspect)
    if r is None:
        return None
    w = ctx.words
    ref = refs.make("impact", month=ctx.book.month, aspect=aspect)
    effect = Fig(w.number(r["effect"]), ref, "issues.html#impact", r["effect"])
    between = f"{w.number(r['effect_lo'])} {w.pick('至', 'to')} {w.number(r['effect_hi'])}"
    if w.zh:
        return ["有这类投诉的评价，星级相差 ", effect, f"（{between}）"]
    return ["reviews with it differ by ", effect, f" stars ({between})"]


def impacts(ctx: Context) -> list[dict[str, Any]]:
    """Issues by how much of the mean rating goes with them, the largest first."""
    w, out = ctx.words, []
    for a, r in sorted(ctx.book.impact.items(), key=lambda p: (p[1]["pull"], p[0])):
        ref = refs.make("impact", month=ctx.book.month, aspect=a)
        out.append(
            {
                "issue": ctx.book.issue(a),
                "n": Fig(w.count(r["observed"]), ref, None, r["observed"]),
                **{
                    k: (
                        Fig(w.number(r[k], digits), ref, None, r[k]),
                        f"{w.number(r[f'{k}_lo'], digits)} {w.pick('至', 'to')} {w.number(r[f'{k}_hi'], digits)}",
                    )
                    for k, digits in (("effect", 1), ("pull", 3))
                },
                "share": w.percent(r["share"]),
            }
        )
    return out


def wording(ctx: Context, row: Mapping[str, Any], most: int = 6) -> list[tuple[str, Fig, str]]:
    """Words that set a cell's complaints apart: (term, complaints here with it, of how many)."""
    level = row.get("level", "chain")
    ids = ("store_id", "sku_id", "region", "category")
    found = [
        r
        for r in ctx.book.wording.get((level, row["aspect"]), ())
        if all(r[c] == row.get(c) for c in ids) and r["log_odds"] > 0
    ]
    found.sort(key=lambda r: (r["contrast"] != "place", -r["z"], r["term"]))
    out: list[tuple[str, Fig, str]] = []
    seen: set[str] = set()
    for r in found:
        if r["term"] not in seen and len(out) < most:
            seen.add(r["term"])
            filters = {c: r[c] for c in ids}
            ref = refs.make(
                "wording",
                month=ctx.book.month,
                contrast=r["contrast"],
                level=level,
                aspect=r["aspect"],
                term=r["term"],
                **filters,
            )
            out.append(
                (
                    tidy(r["term"], longest=20),
                    Fig(ctx.words.count(r["n"]), ref, None, r["n"]),
                    ctx.words.count(r["n_said"]),
                )
            )
    return out


def tags(ctx: Context, least: int = 5) -> list[tuple[str, str, Fig]]:
    """How many members like or wish for something: (kind, issue, members); fewer than `least` are not shown."""
    by: dict[tuple[str, str], set[str]] = defaultdict(set)
    for r in ctx.book.data.tags.to_pylist():
        if r["month"] == ctx.book.month:
            by[r["kind"], r["aspect"]].add(r["member_id"])
    w = ctx.words
    return [
        (
            w.of(TAGS, kind),
            ctx.book.issue(aspect),
            Fig(w.count(len(m)), refs.make("tags", month=ctx.book.month, kind=kind, aspect=aspect), None, len(m)),
        )
        for (kind, aspect), m in sorted(by.items(), key=lambda p: (p[0][0], -len(p[1]), p[0][1]))
        if len(m) >= least
    ]


def _owner(w: Words, action: Mapping[str, Any]) -> str:
    return tidy(w.of(OWNERS, action["owner"]), longest=40) if action["owner"] else ""


def guarded(value: object) -> str:
    """A cell of a CSV file; one that a spreadsheet would take for a formula gets a quote before it."""
    text = "" if value is None else tidy(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text
