"""The page of one store (the Monday list) and of one SKU."""

from __future__ import annotations

from typing import Any

from voc.report import cards, changes, followup, safety, scorecard
from voc.report.book import watched
from voc.report.context import Context
from voc.report.figures import Fig, wilson
from voc.report.quotes import Quote, quotes
from voc.report.records import Row
from voc.report.words import NONE, SMALL

TO_DO = 3  # a store is asked to mend at most this many things


def store(ctx: Context, key: str) -> dict[str, Any]:
    """Everything that store.html.j2 needs."""
    rows = _rows(ctx, "store", key)
    own = [r for r in rows if _of_store(ctx, r)]
    other = [r for r in rows if not _of_store(ctx, r)]
    return {
        **_common(ctx, "store", key),
        "todo": [(ctx.cells.cell(r), ctx.cells.quotes(r, 3)) for r in own[:TO_DO]],
        "watch": [] if own else [(ctx.cells.cell(r), ctx.cells.quotes(r, 3)) for r in _watched(ctx, key)[:TO_DO]],
        "lines": scorecard.lines(ctx, key),
        "later": [ctx.cells.cell(r) for r in own[TO_DO:]],
        "other": [(ctx.cells.cell(r), ctx.cells.quotes(r, 1)) for r in other],
        "unanswered": unanswered(ctx, key),
        "keywords": ctx.keywords("store", key, 15),
    }


def sku(ctx: Context, key: str) -> dict[str, Any]:
    """Everything that sku.html.j2 needs."""
    rows = _rows(ctx, "sku", key)
    single = [r for r in rows if r["level"] == "sku"]
    return {
        **_common(ctx, "sku", key),
        "signals": [(ctx.cells.cell(r), ctx.cells.quotes(r, 3)) for r in single],
        "pairs": [ctx.cells.cell(r) for r in rows if r["level"] == "store_sku"],
        "requests": [
            (ctx.book.issue(a), f, ctx.quotes("sku", key, a, "request", 2))
            for a, f in ctx.ranked("sku", key, "request", 4)
        ],
        "rivals": ctx.rivals("sku", key)[:5],
        "keywords": ctx.keywords("sku", key, 15),
        "sources": sources(ctx, key),
    }


def _common(ctx: Context, dim: str, key: str) -> dict[str, Any]:
    book, w = ctx.book, ctx.words
    e = book.seen(dim, key)
    k = book.customers(book.find(dim, key, None, "complaint"))
    n = max(e.n_reviews, k)
    ref, href = ctx.evidence.link(dim, key, None, "complaint")
    return {
        "id": key,
        "dim": dim,
        "name": book.store_name(key) if dim == "store" else book.sku_name(key),
        "note": cards.note(ctx, dim, key),
        "n": ctx.evidence.exposure(dim, key),
        "complaining": Fig(w.share(k, n), ref, href, k) if n else None,
        "share": k / n if n >= SMALL else None,
        "interval": w.interval(*wilson(k, n), percent=True) if n >= SMALL else "",
        "band": cards.band(ctx, dim, book.peers.get((dim, key, None))),
        "rating": w.number(e.rating, 2) if e.rating_n else None,
        "rating_n": e.rating_n,
        "left_out": e.n_default + e.n_flagged,
        "cases": (cases := safety.cases(ctx, dim=dim, key=key)),
        "at_once": safety.AT_ONCE,
        "gone": safety.gone(ctx, dim=dim, key=key),
        "standing": safety.standing(w, cases),
        "safety": Fig(w.count(len(cases)), safety.ref(ctx, dim, key), "", len(cases)),
        "fixes": followup.fixes(ctx, dim=dim, key=key),
        "moves": changes.moves(ctx, dim=dim, key=key),
        "table": balance(ctx, dim, key),
        "complaints": complaints(ctx, dim, key),
        "praise": [
            (book.issue(a), f, ctx.quotes(dim, key, a, "praise", 2)) for a, f in cards.praised(ctx, dim, key, 4)
        ],
    }


def complaints(ctx: Context, dim: str, key: str, most: int = 3) -> list[tuple[str, Fig, list[Quote]]]:
    """What customers complain of most often, beside the signals, which have their own places: no code for the rest."""
    known = {r["aspect"] for r in ctx.gated_of(dim, key)}
    found = [
        (a, f)
        for a, f in ctx.ranked(dim, key, "complaint", 40)
        if a not in known and (e := ctx.book.entry(a)) and not e.general and e.severity != "S1"
    ]
    return [(ctx.book.issue(a), f, ctx.quotes(dim, key, a, "complaint", 2)) for a, f in found[:most]]


def balance(ctx: Context, dim: str, key: str, *, most: int = 16) -> list[tuple[str, Fig | None, Fig | None, str]]:
    """Complaints and praise side by side: (issue, complaints, praise, the share of complaints), most complaints first."""
    bad, good = ctx.spoken(dim, key, "complaint"), ctx.spoken(dim, key, "praise")
    n = ctx.book.seen(dim, key).n_reviews
    codes = sorted(bad.keys() | good.keys(), key=lambda a: (-bad.get(a, 0), -good.get(a, 0), a))[:most]
    return [
        (
            ctx.book.issue(a),
            ctx.mentions(dim, key, a, "complaint") if a in bad else None,
            ctx.mentions(dim, key, a, "praise") if a in good else None,
            ctx.words.share(bad[a], n) if a in bad else NONE,
        )
        for a in codes
    ]


def unanswered(ctx: Context, key: str) -> dict[str, Any] | None:
    """Complaints without a reply; None where the data holds no replies at all."""
    if not ctx.has_replies:
        return None
    found = [
        m
        for m in ctx.book.find("store", key, None, "complaint")
        if (r := ctx.book.reviews.get(m.review_id)) and not r.answered
    ]
    return {"n": ctx.book.customers(found), "quotes": quotes(ctx.book, found, most=5, around=40)}


def sources(ctx: Context, key: str) -> list[tuple[str, int]]:
    """Complaints of a SKU by source."""
    found: dict[str, set[str]] = {}
    for m in ctx.book.find("sku", key, None, "complaint"):
        if m.counted:
            found.setdefault(m.source, set()).add(m.root)
    return sorted(((s, len(r)) for s, r in found.items()), key=lambda p: (-p[1], p[0]))


def _watched(ctx: Context, key: str) -> list[Row]:
    """Rows of a store below the threshold, by what they are above expectation."""
    found = [r for r in ctx.book.by_level.get("store", ()) if r["store_id"] == key and watched(r) and _of_store(ctx, r)]
    return sorted(found, key=lambda r: (r["expected"] - r["observed"], r["rank"]))


def _rows(ctx: Context, dim: str, key: str) -> list[Row]:
    rows = [r for level in (dim, "store_sku") for r in ctx.gated_of(dim, key) if r["level"] == level]
    return sorted(rows, key=lambda r: (-(r["priority"] or 0.0), r["level"], r["rank"]))


def _of_store(ctx: Context, row: Row) -> bool:
    """Whether a store can mend it: the issue's owner is in the stores, and no single SKU is behind it."""
    return row["level"] != "store_sku" and scorecard.of_store(ctx, row["aspect"])
