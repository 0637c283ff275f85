"""The first page: may I believe this, how are we doing, what must I decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voc.report import refs, trends
from voc.report.book import GATED, Row
from voc.report.cells import Cell, ChainCell
from voc.report.context import Context
from voc.report.data import complainers
from voc.report.dims import tidy
from voc.report.figures import Fig, Parts, wilson
from voc.report.quotes import Quote, quotes
from voc.report.words import SMALL

MANY = 0.02  # more quarantined records than this deserve a warning


@dataclass(frozen=True)
class Decision:
    """One of the five: chain-wide or local."""

    cell: Cell | None
    chain: ChainCell | None
    quotes: list[Quote]
    owner: str
    severity: str
    gate: str | None


@dataclass(frozen=True)
class Source:
    name: str
    now: Fig
    before: Fig | None
    rating: str
    default: Fig
    flagged: Fig
    withheld: str | None


@dataclass(frozen=True)
class Case:
    """One safety case: a customer's statement that nobody has verified yet."""

    quote: Quote | None
    at: Any
    issue: str
    store: str
    store_id: str | None
    sku: str
    sku_id: str | None
    source: str
    lot: str | None
    counted: bool
    anchor: str


def page(ctx: Context) -> dict[str, Any]:
    """All that index.html.j2 needs."""
    missing = trends.gaps(ctx.book)
    k, n = complaining(ctx)
    charts = [(r, c) for r in ctx.book.chain[:6] if (c := trends.issue(ctx.book, r, missing))]
    return {
        "conclusion": conclusion(ctx, k, n),
        "figures": figures(ctx, k, n),
        "trust": trust(ctx),
        "decisions": five(ctx),
        "cases": cases(ctx, veiled=True),
        "chart": trends.complaining(ctx.book, missing, now=(k, n)),
        "multiples": [(ctx.cells.chain(r), c) for r, c in charts],
        "cannot": cannot(ctx, missing),
        "changed": changed(ctx),
    }


def complaining(ctx: Context) -> tuple[int, int]:
    """(customers with a complaint, customers counted) of the month."""
    rows = [r for r in ctx.book.data.complainers.to_pylist() if r["month"] == ctx.book.month]
    if not rows:
        data = ctx.book.data
        rows = [
            r for r in complainers(data.mentions, data.reviews, not_counted=data.not_counted).to_pylist()
            if r["month"] == ctx.book.month
        ]  # fmt: skip
    k = sum(r["n_complaining"] for r in rows)
    return k, max(k, ctx.book.seen().n_reviews)


def conclusion(ctx: Context, k: int, n: int) -> list[Parts]:
    """Two sentences made of the numbers."""
    w, book, month = ctx.words, ctx.book, ctx.words.month(ctx.book.month)
    if n == 0:
        return [[w.pick(f"{month}没有可以计数的评价。", f"There are no reviews to count in {month}.")],
                [w.pick("本页因此不下结论。", "This page therefore draws no conclusion.")]]  # fmt: skip
    total = ctx.evidence.exposure()
    share = _share(ctx, k, n)
    if k == 0:
        first: Parts = [w.pick(f"{month}的 ", f"In {month}, none of the "), total,
                        w.pick(" 条评价里没有发现投诉。", f" {'review' if n == 1 else 'reviews'} holds a complaint.")]  # fmt: skip
    elif n < SMALL:
        first = ([f"{month}只有 ", total, " 条评价，其中 ", share, " 条提到不满；数量太少，不算比例。"] if w.zh else
                 [f"{month} has only ", total, f" {'review' if n == 1 else 'reviews'}, ", share,
                  " of them with a complaint: too few for a percentage."])  # fmt: skip
    else:
        low, high = wilson(k, n)
        between = w.interval(low, high, percent=True)
        first = ([f"{month}，", total, " 条评价中有 ", share, f"（{between}）提到至少一处不满。"] if w.zh else
                 [f"In {month}, ", share, f" ({between}) of ", total, " reviews mention at least one thing that went wrong."])  # fmt: skip
    return [first, _second(ctx)]


def _second(ctx: Context) -> Parts:
    w, book = ctx.words, ctx.book
    local = sum(len(rows) for rows in book.gated.values())
    parts: list[str | Fig] = []
    if book.chain and book.chain[0]["observed"]:
        top = ctx.cells.chain(book.chain[0])
        small = book.chain[0]["n"] < SMALL
        parts += (["全链最多的投诉是", w.quoted(top.issue), "，", top.observed, " 条" if small else " 条，占 "] if w.zh else
                  ["The most frequent complaint chain-wide is ", w.quoted(top.issue), ": ", top.observed,
                   "" if small else ", or "])  # fmt: skip
        parts += ([] if small else [top.rate]) + [w.pick("；", "; ")]
    count = Fig(w.count(local), refs.make("ranking", month=book.month), "issues.html", local)
    if local:
        parts += (["另有 ", count, " 处局部问题多于预期，值得去查。"] if w.zh else
                  [count, " local issue stands out." if local == 1 else " local issues stand out."])  # fmt: skip
    else:
        parts += [w.pick("没有一处局部问题达到信号的门槛。", "no local issue reaches the threshold of a signal.")]
        if len(parts) == 1 and not w.zh:
            parts = ["No local issue reaches the threshold of a signal."]
    return parts


def _share(ctx: Context, k: int, n: int) -> Fig:
    ref, href = ctx.evidence.link("chain", "", None, "complaint")
    return Fig(ctx.words.share(k, n) if n >= SMALL else ctx.words.count(k), ref, href, k)


def figures(ctx: Context, k: int, n: int) -> list[tuple[str, Fig | None, str]]:
    """The strip under the headline: (label, number, a line below it)."""
    w, book = ctx.words, ctx.book
    now = book.seen()
    last = book.seen(month=_before(book.month))
    total = ctx.evidence.exposure()
    left_out = now.n_default + now.n_flagged
    rating_ref = refs.make("exposure", month=book.month)
    rating = Fig(w.number(now.rating, 2), rating_ref, "coverage.html#months", now.rating) if now.rating else None
    old = w.number(last.rating, 2) if last.rating else None
    interval = w.interval(*wilson(k, n), percent=True) if n >= SMALL else w.pick("数量太少，不算比例", "too few for a percentage")
    return [
        (w.pick("计入的评价", "Reviews counted"), total,
         w.pick(f"另有 {left_out:,} 条未计入", f"{left_out:,} more left out")),
        (w.pick("提到不满的顾客", "Customers with a complaint"),
         Fig(w.share(k, n) if n else "0", *ctx.evidence.link("chain", "", None, "complaint"), k) if n else None,
         interval if n else ""),
        (w.pick("平均星级", "Average stars"), rating,
         (w.pick(f"上月 {old} · ", f"last month {old} · ") if old and rating else "")
         + w.pick(f"{now.rating_n:,} 条有星级", f"{now.rating_n:,} rated")),
        (w.pick("安全个案", "Safety cases"), safety_count(ctx),
         w.pick("顾客自述·待核实", "customers' statements, not verified")),
    ]  # fmt: skip


def safety_count(ctx: Context) -> Fig:
    n = len({m.root for m in ctx.book.safety})
    ref = refs.make("mentions", month=ctx.book.month, severity="S1", intent="complaint")
    return Fig(ctx.words.count(n), ref, "quality.html#safety" if ctx.page("quality") else "#safety", n)


def five(ctx: Context) -> list[Decision]:
    """Up to five issues: local ones by priority (one per issue and place), chain-wide ones by rank, taking turns."""
    book = ctx.book
    local: list[Row] = []
    taken: set[tuple[str, str]] = set()
    rows = [r for level in ("store", "sku", "store_sku", "lot") for r in book.gated.get(level, ())]
    for row in sorted(rows, key=lambda r: (-(r["priority"] or 0.0), r["level"], r["rank"])):
        places = {(row["aspect"], i) for i in (row["store_id"], row["sku_id"], row["lot"]) if i is not None}
        if not places & taken:
            taken |= places
            local.append(row)
    wide = [r for r in book.chain if r["observed"] and r["severity"] != "S4" and r["issue_kind"] == "aspect"]
    n_local = min(len(local), max(3, 5 - len(wide)))
    n_wide = min(len(wide), 5 - n_local)
    out = []
    for row in local[:n_local]:
        cell = ctx.cells.cell(row, veiled=True)
        entry = book.entry(row["aspect"])
        out.append(Decision(cell, None, ctx.cells.quotes(row, 1, veiled=True), entry.owner if entry else "",
                            row["severity"], row["gate"]))  # fmt: skip
    chain = []
    for row in wide[:n_wide]:
        made = ctx.cells.chain(row)
        found = book.find("chain", "", row["aspect"], "complaint")
        chain.append(Decision(None, made, _any_quote(ctx, found, row), made.owner, row["severity"], None))
    mixed: list[Decision] = []
    for i in range(max(len(out), len(chain))):
        mixed += out[i : i + 1] + chain[i : i + 1]
    return mixed[:5]


def _any_quote(ctx: Context, found: Sequence[Any], row: Row) -> list[Quote]:
    return quotes(ctx.book, found, most=1, first=row["evidence"], veiled=True, around=48)


def cases(ctx: Context, *, veiled: bool = False, dim: str | None = None, key: str | None = None) -> list[Case]:
    """Safety cases, newest first, one per customer and issue; cut to a store or SKU with `dim` and `key`."""
    book, out, seen = ctx.book, [], set()
    for i, m in reversed(list(enumerate(book.safety))):
        if dim and (m.store_id if dim == "store" else m.sku_id) != key or (m.root, m.aspect) in seen:
            continue
        seen.add((m.root, m.aspect))
        found = quotes(book, [m], most=1, veiled=veiled, around=120)
        hide = veiled and m.store_id in book.stores and book.stores[m.store_id].franchise
        review = book.reviews.get(m.review_id)
        out.append(
            Case(found[0] if found else None, m.created_at, book.issue(m.aspect), book.store_name(m.store_id, veiled=veiled),
                 None if hide else m.store_id, book.sku_name(m.sku_id), m.sku_id, m.source,
                 tidy(review.lot, longest=30) if review and review.lot else None, m.counted, f"case-{i + 1}")
        )  # fmt: skip
    return out


def trust(ctx: Context) -> dict[str, Any]:
    """Coverage by source and store, what was left out and why, and whether that is a reason for care."""
    book, w = ctx.book, ctx.words
    month, last = book.month, _before(book.month)
    withheld = {s: tidy(reason, longest=120) for s, reason in book.data.withheld}
    names = sorted({str(key) for m, dim, key in book.exposure if dim == "source" and m in (month, last)} | set(withheld))
    sources = []
    for s in names:
        e = book.seen("source", s)
        ref = refs.make("exposure", month=month, source=s)
        href = ctx.evidence.exposure("source", s).href
        before = book.seen("source", s, last).n_reviews
        sources.append(
            Source(tidy(s, longest=30), ctx.evidence.exposure("source", s),
                   Fig(w.count(before), refs.make("exposure", month=last, source=s), href, before) if last in book.months else None,
                   w.number(e.rating, 2), Fig(w.count(e.n_default), ref, href, e.n_default),
                   Fig(w.count(e.n_flagged), ref, href, e.n_flagged), withheld.get(s))
        )  # fmt: skip
    records = sum(book.data.ingests["records"].to_pylist())
    quarantined = sum(book.data.quarantine_counts.values())
    seen = [book.seen("store", s).n_reviews for s in book.stores]
    unplaced = book.seen().n_reviews - sum(seen)
    enough = sum(n >= SMALL for n in seen)
    few = sum(0 < n < SMALL for n in seen)
    no_sku = book.seen().n_reviews - sum(book.seen("sku", s).n_reviews for s in book.skus)
    care = bool(withheld) or (records > 0 and quarantined > MANY * records) or book.seen().n_reviews < SMALL
    store_ref = refs.make("exposure", month=month)
    return {
        "care": care, "sources": sources, "now": book.seen(),
        "records": Fig(w.count(records), refs.make("ingests"), "coverage.html#files", records) if records else None,
        "quarantined": Fig(w.count(quarantined), refs.make("quarantine"), "coverage.html#quarantine", quarantined),
        "reasons": sorted(book.data.quarantine_counts.items(), key=lambda p: (-p[1], p[0])),
        "enough": Fig(w.count(enough), store_ref, "coverage.html#stores", enough),
        "few": Fig(w.count(few), store_ref, "coverage.html#stores", few),
        "silent": Fig(w.count(len(seen) - enough - few), store_ref, "coverage.html#stores", len(seen) - enough - few),
        "unplaced": Fig(w.count(unplaced), store_ref, "coverage.html#stores", unplaced),
        "no_sku": Fig(w.count(no_sku), store_ref, "coverage.html#skus", no_sku),
        "default": Fig(w.count(book.seen().n_default), store_ref, "coverage.html#sources", book.seen().n_default),
        "flagged": Fig(w.count(book.seen().n_flagged), store_ref, "coverage.html#sources", book.seen().n_flagged),
    }  # fmt: skip


def changed(ctx: Context) -> Parts | None:
    """How many of this month's signals were signals last month too; never worded as better or worse."""
    if ctx.cells.before is None:
        return None
    w = ctx.words
    cells = [ctx.cells.cell(r) for rows in ctx.book.gated.values() for r in rows]
    again = sum(bool(c.before) for c in cells)
    ref = refs.make("ranking", month=ctx.book.month)
    fig, fresh = Fig(w.count(again), ref, "issues.html", again), Fig(w.count(len(cells) - again), ref, "issues.html", None)
    gone = len(ctx.cells.before) - again
    old = Fig(w.count(gone), refs.make("ranking", month=_before(ctx.book.month)), "issues.html", gone)
    if w.zh:
        return ["本月的信号里，", fig, " 处上月也在，", fresh, " 处上月不在；上月的信号有 ", old, " 处本月不再达到门槛。单看两个月，不能说变好或变坏。"]
    return ["Of this month's signals ", fig, " stood out last month too and ", fresh, " did not; ", old,
            " of last month's no longer reach the threshold. Two months alone do not tell better from worse."]  # fmt: skip


def cannot(ctx: Context, missing: dict[str, list[str]]) -> list[str]:
    """What this month cannot say."""
    w, book = ctx.words, ctx.book
    out = []
    for source, reason in book.data.withheld:
        source, reason = tidy(source, longest=30), tidy(reason, longest=120)
        out.append(w.pick(f"{source} 的走势本月不展示：{reason}。", f"Trends do not include {source} this month: {reason}."))
    for month in (m for m in book.months[:-1] if m in missing):
        lost = w.list([tidy(s, longest=30) for s in missing[month]])
        out.append(w.pick(f"{w.month(month)}缺 {lost} 的大部分数据，图中以灰条标出。",
                          f"Most of {lost} is missing in {w.month(month)}; the charts mark that month in grey."))  # fmt: skip
    few = sum(0 < book.seen("store", s).n_reviews < SMALL for s in book.stores)
    if few:
        out.append(w.pick(f"{few} 家门店的评价不足 {SMALL} 条，不作比较。",
                          f"{w.things(few, '', 'store')} with fewer than {SMALL} reviews {'is' if few == 1 else 'are'} not compared."))  # fmt: skip
    if len(book.months) < 6:
        out.append(w.pick("历史不足 6 个月，还不能判断好转或恶化。",
                          "With fewer than 6 months of history, improvement or decline cannot be told yet."))  # fmt: skip
    if len(book.months) < 13:
        out.append(w.pick("没有去年同月的数据，不作同比。", "There is no data of the same month last year to compare with."))
    out.append(w.pick("信号说明投诉多于预期，不说明原因，也不等于已经查实。",
                      "A signal says that complaints exceed what was to be expected; it names no cause and proves no fault."))  # fmt: skip
    return out


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"


def gate_counts(ctx: Context) -> dict[str, int]:
    """Number of gated cells by gate."""
    return {g: sum(r["gate"] == g for rows in ctx.book.gated.values() for r in rows) for g in GATED}
