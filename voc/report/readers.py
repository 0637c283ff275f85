"""The pages of the product, store, quality and marketing readers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from voc import refs
from voc.report import followup, launches, ownership, safety, scorecard, splits, topic_map, trends
from voc.report.cards import card
from voc.report.context import Context
from voc.report.figures import Fig, wilson
from voc.report.records import Row
from voc.report.told import loved, phrases, told, topics
from voc.report.words import NONE, SMALL

CARDS = 12


def products(ctx: Context) -> dict[str, Any]:
    book = ctx.book
    rows = book.gated.get("sku", []) + book.gated.get("store_sku", [])
    order = _by_priority(rows, "sku_id")
    return {
        "cards": [card(ctx, "sku", s, order[s]) for s in list(order)[:CARDS]],
        "more": len(order) - len(list(order)[:CARDS]),
        "cells": [ctx.cells.cell(r) for r in book.gated.get("sku", [])],
        "pairs": [ctx.cells.cell(r) for r in book.gated.get("store_sku", [])],
        "categories": [ctx.cells.cell(r) for r in book.gated.get("category", [])],
        "topics": topics(ctx),
        "topic_map": topic_map.block(ctx, trends.gaps(book)),
        "launches": launches.launches(ctx),
        "requests": told(ctx, "request", 8),
        "rivals": ctx.rivals()[:10],
    }


def stores(ctx: Context) -> dict[str, Any]:
    book = ctx.book
    rows = book.gated.get("store", []) + book.gated.get("store_sku", [])
    order = _by_priority(rows, "store_id")
    few = [(s, book.seen("store", s).n_reviews) for s in book.stores]
    return {
        "cards": [card(ctx, "store", s, order[s]) for s in list(order)[:CARDS]],
        "more": max(0, len(order) - CARDS),
        "cells": [ctx.cells.cell(r) for r in book.gated.get("store", [])],
        "pairs": [ctx.cells.cell(r) for r in book.gated.get("store_sku", [])],
        "regions": [ctx.cells.cell(r) for r in book.gated.get("region", [])],
        "all": [_judged(ctx, s) for s, n in few if n >= SMALL],
        "few": [
            (book.store_name(s), ctx.evidence.exposure("store", s), ctx.page("store", s))
            for s, n in few
            if 0 < n < SMALL
        ],
        "ownership": ownership.both(ctx),
        "answers": (answers := scorecard.answers(ctx)),
        "timed": any(a.hours != NONE for a in answers),
        "examples": scorecard.examples(ctx),
        "fixes": [f for f in followup.fixes(ctx)],
        "loved": loved(ctx),
    }


def _judged(ctx: Context, key: str) -> dict[str, Any]:
    """A row of the table of all stores; its issues carry references, and only the complaints have a page of words."""
    book, w = ctx.book, ctx.words
    seen, bad = book.seen("store", key), ctx.mentions("store", key, None, "complaint")
    k = int(bad.value or 0)
    n = max(seen.n_reviews, k)
    said = {a: x for a, x in ctx.spoken("store", key, "complaint").items() if (e := book.entry(a)) and not e.general}
    issues = sorted(said.items(), key=lambda p: (-p[1], p[0]))[:2]
    filters = {"intent": "complaint", "month": book.month, "store_id": key}
    return {
        "name": book.store_name(key),
        "page": ctx.page("store", key),
        "n": ctx.evidence.exposure("store", key),
        "bad": bad,
        "share": w.share(k, n),
        "interval": w.interval(*wilson(k, n), percent=True),
        "rating": w.number(seen.rating, 2) if seen.rating_n else "—",
        "most": [
            (book.issue(a), Fig(w.count(x), refs.make("mentions", aspect=a, **filters), None, x)) for a, x in issues
        ],
    }


def quality(ctx: Context) -> dict[str, Any]:
    book = ctx.book
    found = safety.cases(ctx)
    return {
        "cases": found,
        "gone": safety.gone(ctx),
        "answered": any(c.state != safety.AWAITING for c in found),
        "clusters": (groups := safety.clusters(ctx, found))[: safety.FIRST],
        "more_clusters": groups[safety.FIRST :],
        "matrix": matrix(ctx),
        "lots": [ctx.cells.cell(r) for r in book.gated.get("lot", [])],
        "cells": [
            ctx.cells.cell(r)
            for level in ("sku", "store", "store_sku")
            for r in book.gated.get(level, [])
            if r["severity"] in ("S1", "S2")
        ],
        "safety_count": safety.count(ctx),
        "waiting": safety.waiting(ctx, found),
        "products": splits.of_products(ctx),
        "transport": splits.of_transport(ctx),
        "fixes": followup.fixes(ctx),
    }


def marketing(ctx: Context) -> dict[str, Any]:
    book = ctx.book
    own = {c for c, e in book.data.issues.items() if "market" in e.owner.lower() or "市场" in e.owner}
    return {
        "praise": told(ctx, "praise", 10),
        "phrases": phrases(ctx, "praise", 24),
        "liked": ctx.keywords("all", None, 20, polarity="positive"),
        "fresh": [k for k in ctx.keywords("all", None, 400) if k[2]][:12],
        "chain": [ctx.cells.chain(r) for r in book.chain if r["aspect"] in own and r["observed"]],
        "cells": [ctx.cells.cell(r) for rows in book.gated.values() for r in rows if r["aspect"] in own],
        "moves": [
            (i, ctx.mentions("chain", "", None, i), ctx.quotes("chain", "", None, i, 2))
            for i in ("repurchase", "switch", "leave")
        ],
        "tags": followup.tags(ctx),
        "rivals": ctx.rivals()[:12],
        "requests": told(ctx, "request", 8),
    }


def matrix(ctx: Context) -> dict[str, Any]:
    """SKU x issue: the products with gated cells of severity S1 or S2, and the number of complaints in each cell."""
    rows = [r for r in ctx.book.by_level.get("sku", []) if r["severity"] in ("S1", "S2") and r["observed"]]
    gated = {r["sku_id"] for r in rows if r["gate"] in ("strong", "moderate")}
    cells = {(r["sku_id"], r["aspect"]): r for r in rows if r["sku_id"] in gated}
    codes = sorted({a for _, a in cells})
    skus = sorted(gated, key=lambda s: (-sum(r["observed"] for (i, _), r in cells.items() if i == s), s))[:25]
    return {
        "codes": [(c, ctx.book.issue(c)) for c in codes],
        "rows": [
            (
                ctx.book.sku_name(s),
                ctx.page("sku", s),
                ctx.evidence.exposure("sku", s),
                [ctx.cells.cell(cells[s, c]) if (s, c) in cells else None for c in codes],
            )
            for s in skus
        ],
    }


def _by_priority(rows: list[Row], column: str) -> dict[str, list[Row]]:
    """Rows by store or SKU, those with the largest single priority first."""
    by: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (-(r["priority"] or 0.0), r["level"], r["rank"])):
        by[row[column]].append(row)
    return dict(by)
