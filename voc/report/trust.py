"""May this report be believed: what came, what was left out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from voc import refs
from voc.report import selftest
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig, Parts, wilson
from voc.report.records import Row
from voc.report.words import NONE, SMALL

FEW_STORES = 5  # in a chain of fewer stores a silent one is no sign of lost data
QUIET = 0.5  # a larger part of the stores without a review deserves a warning
LEAP = 3.0  # a source that grew by this factor within a month may have been exported otherwise
MANY = 0.02  # more quarantined records than this part of all deserve a warning


@dataclass(frozen=True)
class Source:
    key: str
    name: str
    now: Fig
    before: Fig | None
    rating: str
    default: Fig
    flagged: Fig
    withheld: str | None


def trust(ctx: Context) -> dict[str, Any]:
    """Coverage by source and store, what was left out and why, and whether that is a reason for care."""
    book, w = ctx.book, ctx.words
    month, last = book.month, month_before(book.month)
    withheld = {s: tidy(reason, longest=120) for s, reason in book.data.withheld}
    names = sorted(
        {str(key) for m, dim, key in book.exposure if dim == "source" and m in (month, last)} | set(withheld)
    )
    sources = []
    for s in names:
        e = book.seen("source", s)
        ref = refs.make("exposure", month=month, source=s)
        href = ctx.evidence.exposure("source", s).href
        before = book.seen("source", s, last).n_reviews
        sources.append(
            Source(
                s,
                w.source(s),
                ctx.evidence.exposure("source", s),
                Fig(w.count(before), refs.make("exposure", month=last, source=s), href, before)
                if last in book.months
                else None,
                w.number(e.rating, 2),
                Fig(w.count(e.n_default), ref, href, e.n_default),
                Fig(w.count(e.n_flagged), ref, href, e.n_flagged),
                withheld.get(s),
            )
        )
    records = sum(book.data.ingests["records"].to_pylist())
    quarantined = sum(book.data.quarantine_counts.values())
    seen = [book.seen("store", s).n_reviews for s in book.stores]
    unplaced = book.seen().n_reviews - sum(seen)
    enough = sum(n >= SMALL for n in seen)
    few = sum(0 < n < SMALL for n in seen)
    no_sku = book.seen().n_reviews - sum(book.seen("sku", s).n_reviews for s in book.skus)
    cares = _cares(ctx, records=records, quarantined=quarantined, judged=enough, silent=len(seen) - enough - few)
    store_ref = refs.make("exposure", month=month)
    return {
        "care": bool(withheld or cares),
        "cares": cares,
        "sources": sources,
        "now": book.seen(),
        "records": Fig(w.count(records), refs.make("ingests"), "coverage.html#files", records) if records else None,
        "quarantined": Fig(w.count(quarantined), refs.make("quarantine"), "coverage.html#quarantine", quarantined),
        "reasons": sorted(book.data.quarantine_counts.items(), key=lambda p: (-p[1], p[0])),
        "enough": Fig(w.count(enough), store_ref, "coverage.html#stores", enough),
        "few": Fig(w.count(few), store_ref, "coverage.html#stores", few),
        "silent": Fig(w.count(len(seen) - enough - few), store_ref, "coverage.html#stores", len(seen) - enough - few),
        "unplaced": Fig(w.count(unplaced), store_ref, "coverage.html#stores", unplaced),
        "no_sku": Fig(w.count(no_sku), store_ref, "coverage.html#skus", no_sku),
        "selftest": selftest.promise(ctx),
        "audit": audited(ctx),
        "conflicts": conflicts(ctx),
        "default": Fig(w.count(book.seen().n_default), store_ref, "coverage.html#sources", book.seen().n_default),
        "flagged": Fig(w.count(book.seen().n_flagged), store_ref, "coverage.html#sources", book.seen().n_flagged),
    }


def _cares(ctx: Context, *, records: int, quarantined: int, judged: int, silent: int) -> list[str]:
    """Why the month is to be read with care, besides the sources whose trends are withheld."""
    book, w, out = ctx.book, ctx.words, []
    if book.seen().n_reviews < SMALL:
        out.append(w.pick(f"评价不足 {SMALL} 条。", f"There are fewer than {SMALL} reviews."))
    if records > 0 and quarantined > MANY * records:
        out.append(
            w.pick(
                f"{records:,} 条记录里有 {quarantined:,} 条被隔离，先看原因。",
                f"{quarantined:,} of {records:,} records were set aside: look at the reasons first.",
            )
        )
    if len(book.stores) >= FEW_STORES and silent > QUIET * len(book.stores):
        out.append(
            w.pick(
                f"{len(book.stores)} 家门店里有 {silent} 家本月没有评价，够数的只有 {judged} 家：不能代表全部门店。",
                f"{silent} of {len(book.stores)} stores have no review this month and only {judged} have enough: "
                "the others are not represented.",
            )
        )
    leaps: dict[str, float] = {}
    for source in sorted({str(key) for m, dim, key in book.exposure if dim == "source" and m == book.month}):
        now = book.seen("source", source).n_reviews
        before = book.seen("source", source, month_before(book.month)).n_reviews
        if before >= SMALL and now >= LEAP * before:
            leaps[w.source(source)] = now / before
    if leaps:
        low, high = w.ratio(min(leaps.values())), w.ratio(max(leaps.values()))
        everywhere = len(leaps) > 1 and len(leaps) == sum(
            m == book.month and d == "source" for m, d, _ in book.exposure
        )
        which = w.pick("所有来源", "All sources") if everywhere else w.list(list(leaps))
        times = w.pick(
            f"{low if low == high else f'{low}–{high}'} 倍", f"{low if low == high else f'{low}–{high}'} times"
        )
        out.append(
            w.pick(
                f"{which}的评价是上月的 {times}：先查是否换了导出范围，再比较两个月。",
                f"{which} brought {times} the reviews of last month: "
                "check whether the export changed before comparing.",
            )
        )
    return out


def prevalence(ctx: Context) -> list[dict[str, Any]]:
    """Rates as tagged and as corrected by the audits, by issue."""
    w, out = ctx.words, []
    rows = [r for r in ctx.book.data.prevalence.to_pylist() if r["month"] == ctx.book.month]
    for r in sorted(rows, key=lambda r: (-r["observed"], r["aspect"])):
        ref = refs.make("prevalence", month=r["month"], aspect=r["aspect"])
        few = r["n"] < SMALL
        out.append(
            {
                "issue": ctx.book.issue(r["aspect"]),
                "labelled": w.count(r["labelled_mentions"] + r["labelled_reviews"]),
                "rate": Fig(w.share(r["observed"], r["n"]), ref, None, r["rate"]),
                "precision": _estimate(ctx, r, "precision"),
                "sensitivity": _estimate(ctx, r, "sensitivity"),
                "corrected": "" if few else _estimate(ctx, r, "corrected"),
            }
        )
    return out


def _estimate(ctx: Context, row: Row, name: str) -> str:
    """'88.0% (84.1–91.2%)', or a dash for what the audits do not tell."""
    w = ctx.words
    if row[name] is None:
        return NONE
    between = w.interval(row[f"{name}_lo"], row[f"{name}_hi"], percent=True)
    return w.pick(f"{w.percent(row[name])}（{between}）", f"{w.percent(row[name])} ({between})")


def audited(ctx: Context) -> Parts | None:
    """How often a tagged complaint was one, by the audits of the month."""
    rows = [r for r in ctx.book.data.prevalence.to_pylist() if r["month"] == ctx.book.month]
    labelled = sum(r["labelled_mentions"] for r in rows)
    known = [r for r in rows if r["precision"] is not None and r["labelled_mentions"]]
    if not known:
        return None
    w = ctx.words
    right = round(sum(r["precision"] * r["labelled_mentions"] for r in known))
    seen = sum(r["labelled_mentions"] for r in known)
    fig = Fig(w.share(right, seen), refs.make("prevalence", month=ctx.book.month), "coverage.html#audit", right)
    between = w.interval(*wilson(right, seen), percent=True) if seen >= SMALL else ""
    if w.zh:
        return [f"人工抽查 {w.count(labelled)} 处标为投诉的话，标对的占 ", fig, f"（{between}）。" if between else "。"]
    return [
        f"People checked {w.things(labelled, '', 'tagged complaint')}; right: ",
        fig,
        f" ({between})." if between else ".",
    ]


def conflicts(ctx: Context) -> Fig:
    """Reviews whose stars say the opposite of their text."""
    t = ctx.book.data.review_scores
    n = pc.sum(t.filter(pc.equal(t["month"], ctx.book.month))["rating_text_conflict"]).as_py() or 0
    ref = refs.make("review_scores", month=ctx.book.month, rating_text_conflict="true")
    return Fig(ctx.words.count(n), ref, "coverage.html#conflicts", n)


def year_before(month: str) -> str:
    """The same calendar month a year before 'YYYY-MM'."""
    return f"{int(month[:4]) - 1:04d}{month[4:]}"


def month_before(month: str) -> str:
    """The calendar month before 'YYYY-MM'."""
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"
