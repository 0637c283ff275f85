"""The safety lane: customers' statements of harm, each shown whatever their number, none of them verified."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from voc import refs
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig
from voc.report.quotes import Quote, quotes


@dataclass(frozen=True)
class Case:
    """One safety case: a customer's statement that nobody has verified yet."""

    quote: Quote | None
    at: datetime
    issue: str
    store: str
    store_id: str | None
    sku: str
    sku_id: str | None
    source: str
    lot: str | None
    counted: bool
    anchor: str


def ref(ctx: Context, dim: str | None = None, key: str | None = None) -> str:
    """The reference of the safety cases, of a store or SKU if one is given."""
    ids = {f"{dim}_id": key} if dim else {}
    return refs.make("mentions", month=ctx.book.month, severity="S1", intent="complaint", **ids)


def count(ctx: Context) -> Fig:
    n = len({(m.root, m.aspect) for m in ctx.book.safety})
    return Fig(ctx.words.count(n), ref(ctx), "quality.html#safety" if ctx.page("quality") else "#safety", n)


def waiting(ctx: Context, cases: list[Case]) -> tuple[str, ...]:
    """How many cases await verification, and for how long the first has by the end of the month."""
    w = ctx.words
    if not cases:
        return (w.pick("顾客自述", "customers' statements"),)
    year, number = map(int, ctx.book.month.split("-"))
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(w.zone))
    hours = int((end - min(c.at for c in cases)).total_seconds() // 3600)
    return (
        w.pick("顾客自述·待核实", "customers' statements, not verified"),
        w.pick(
            f"最早一例到月末已过 {hours:,} 小时",
            f"the first was {hours:,} {'hour' if hours == 1 else 'hours'} old at the month's end",
        ),
    )


def cases(ctx: Context, *, veiled: bool = False, dim: str | None = None, key: str | None = None) -> list[Case]:
    """Safety cases, newest first, one per customer and issue; cut to a store or SKU with `dim` and `key`."""
    book, out, seen = ctx.book, [], set()
    for i, m in reversed(list(enumerate(book.safety))):
        if (dim and (m.store_id if dim == "store" else m.sku_id) != key) or (m.root, m.aspect) in seen:
            continue
        seen.add((m.root, m.aspect))
        found = quotes(book, [m], most=1, veiled=veiled, around=120)
        hide = veiled and m.store_id in book.stores and book.stores[m.store_id].franchise
        review = book.reviews.get(m.review_id)
        out.append(
            Case(
                found[0] if found else None,
                m.created_at,
                book.issue(m.aspect),
                book.store_name(m.store_id, veiled=veiled),
                None if hide else m.store_id,
                book.sku_name(m.sku_id),
                m.sku_id,
                m.source,
                tidy(review.lot, longest=30) if review and review.lot else None,
                m.counted,
                f"case-{i + 1}",
            )
        )
    return out


def clusters(ctx: Context, cases: list[Case]) -> list[tuple[str, str, int, str]]:
    """Lots, and SKUs with issue, that appear in more than one safety case: (what, issue, cases, from when to when)."""
    by: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for c in cases:
        if c.lot:
            by[f"{c.sku} · {c.lot}", c.issue].append(c.at)
        elif c.sku_id:
            by[c.sku, c.issue].append(c.at)
    w = ctx.words
    found = [
        (a, b, len(at), w.day(min(at)) if w.day(min(at)) == w.day(max(at)) else f"{w.day(min(at))} – {w.day(max(at))}")
        for (a, b), at in by.items()
        if len(at) > 1
    ]
    return sorted(found, key=lambda x: (-x[2], x[0], x[1]))
