"""The pages of the product, store, quality and marketing readers, and the pages that all of them share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from voc import refs
from voc.report import changes, followup, launches, safety, scorecard, selftest, splits, svg, trends, trust
from voc.report.cells import Cell
from voc.report.context import Context
from voc.report.data import PeerBand
from voc.report.dims import Sku, Store, tidy
from voc.report.figures import Fig, anchor_of, wilson
from voc.report.quotes import MOST, Quote, quotes
from voc.report.records import Mention, Row
from voc.report.words import LEVELS, SMALL

SHOWN = 200  # rows of a level on the page of all issues; the workbook has all of them
CARDS = 12


@dataclass(frozen=True)
class Card:
    """A store or SKU in short: its signals, what is praised, three quotes."""

    id: str
    name: str
    note: str
    page: str | None
    n: Fig
    share: str
    band: str
    cells: list[Cell]
    quotes: list[Quote]
    praise: list[tuple[str, Fig]]
    praise_quotes: list[Quote]


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
        "answers": scorecard.answers(ctx),
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
        "clusters": safety.clusters(ctx, found),
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


def issues(ctx: Context) -> dict[str, Any]:
    """Every level with its gated rows, the largest burdens, and how many rows are only in the workbook."""
    book, levels = ctx.book, []
    for level in LEVELS:
        rows = book.by_level.get(level, [])
        if not rows:
            continue
        gated = book.gated[level]
        heavy = sorted(
            (r for r in rows if r["expected"] is not None and r["observed"] >= 3),
            key=lambda r: (r["expected"] - r["observed"], r["rank"]),
        )[:10]
        levels.append(
            {
                "level": level,
                "gated": [ctx.cells.cell(r) for r in gated[:SHOWN]],
                "rest": len(rows) - len(gated),
                "beyond": max(0, len(gated) - SHOWN),
                "heavy": [ctx.cells.cell(r) for r in heavy if r["observed"] > r["expected"]],
            }
        )
    missing = trends.gaps(book)
    chain = []
    for row in book.chain:
        if row["observed"]:
            values = _shares(ctx, row, missing)
            chain.append(ctx.cells.chain(row, svg.spark(values, title=ctx.words.pick("各月占比", "share by month"))))
    return {"chain": chain, "levels": levels, "moves": changes.moves(ctx)[:SHOWN], "impacts": followup.impacts(ctx)}


def coverage(ctx: Context) -> dict[str, Any]:
    book, w = ctx.book, ctx.words
    entities = {}
    for dim, names in (("store", book.stores), ("sku", book.skus)):
        entities[dim] = [
            (
                anchor_of(dim, key),
                entry.name,
                key,
                _group(entry),
                ctx.page(dim, key),
                Fig(
                    w.count(e.n_reviews),
                    refs.make("exposure", month=book.month, **{f"{dim}_id": key}),
                    None,
                    e.n_reviews,
                ),
                e,
            )
            for key, entry in names.items()
            if (e := book.seen(dim, key)).n_reviews
        ]
    months = [
        (m, Fig(w.count(e.n_reviews), refs.make("exposure", month=m), None, e.n_reviews), e)
        for m in reversed(book.months)
        if (e := book.seen(month=m))
    ]
    files = [
        (tidy(r["file"], longest=60), w.source(r["source"]), r)
        for r in sorted(book.data.ingests.to_pylist(), key=lambda r: (r["source"], r["file"], r["ingest_id"]))
    ]
    return {
        "trust": trust.trust(ctx),
        "selftest": selftest.grids(ctx),
        "audit": trust.prevalence(ctx),
        "conflicts": contradictions(ctx),
        "entities": entities,
        "months": months,
        "files": files,
        "anchor": anchor_of,
    }


def contradictions(ctx: Context) -> list[Quote]:
    """At most MOST reviews whose stars say the opposite of their text, by what is most surely said in them."""
    t = ctx.book.data.review_scores
    t = t.filter(pc.and_(pc.equal(t["month"], ctx.book.month), t["rating_text_conflict"]))
    wanted = set(t["review_id"].to_pylist())
    return (
        quotes(ctx.book, (m for m in ctx.book.mentions if m.review_id in wanted), most=MOST, around=40)
        if wanted
        else []
    )


def card(ctx: Context, dim: str, key: str, rows: list[Row], *, most: int = 4) -> Card:
    book, w = ctx.book, ctx.words
    cells = [ctx.cells.cell(r) for r in rows[:most]]
    words: list[Quote] = []
    for row in rows[:3]:
        words += [q for q in ctx.cells.quotes(row, 2, around=30) if q.plain not in {x.plain for x in words}][:1]
    k, n = book.customers(book.find(dim, key, None, "complaint")), book.seen(dim, key).n_reviews
    name = book.stores[key].name if dim == "store" else book.sku_name(key)
    praise = praised(ctx, dim, key, 3)
    words_of_praise = [q for a, _ in praise for q in ctx.quotes(dim, key, a, "praise", 1, 30)]
    return Card(
        key,
        name,
        note(ctx, dim, key),
        ctx.page(dim, key),
        ctx.evidence.exposure(dim, key),
        w.share(k, n),
        band(ctx, dim, book.peers.get((dim, key, None))),
        cells,
        words,
        [(book.issue(a), f) for a, f in praise],
        words_of_praise,
    )


def praised(ctx: Context, dim: str, key: str, most: int) -> list[tuple[str, Fig]]:
    """What customers praise, most first: of a SKU the product, of a store its service; what fits no code only alone."""
    found = ctx.ranked(dim, key, "praise", 40)
    facet = {"sku": "product", "store": "service"}.get(dim)
    entries = {a: ctx.book.entry(a) for a, _ in found}
    named = [(a, f) for a, f in found if (e := entries[a]) and not e.general and (facet is None or e.facet == facet)]
    return (named or found)[:most]


def note(ctx: Context, dim: str, key: str) -> str:
    """What kind of store or SKU it is: region and city, or category."""
    if dim == "store":
        s = ctx.book.stores[key]
        kind = ctx.words.pick("加盟", "franchise") if s.franchise else None
        return " · ".join(x for x in (s.region, s.city if s.city != s.region else None, s.format, kind) if x)
    sku = ctx.book.skus.get(key)
    return " · ".join(x for x in (sku.category if sku else None, sku.supplier if sku else None) if x)


def band(ctx: Context, dim: str, peers: PeerBand | None) -> str:
    """The peer band of a store or SKU in words, or '' where there are too few peers."""
    if peers is None:
        return ""
    between = ctx.words.interval(peers.low, peers.high, percent=True)
    if dim == "store":
        zh, en = f"{peers.n} 家同类门店", f"{peers.n} comparable stores"
    else:
        zh, en = f"同品类 {peers.n} 个商品", f"{peers.n} products of the category"
    return ctx.words.pick(f"{zh}的中间一半：{between}", f"middle half of {en}: {between}")


def told(ctx: Context, intent: str, most: int) -> list[tuple[str, Fig, list[Quote]]]:
    """What customers praise or ask for, by issue, with quotes."""
    return [
        (ctx.book.issue(a), fig, ctx.quotes("chain", "", a, intent, 2, 40))
        for a, fig in (praised(ctx, "chain", "", most) if intent == "praise" else ctx.ranked("chain", "", intent, most))
    ]


def phrases(ctx: Context, intent: str, most: int) -> list[tuple[str, Fig]]:
    """Opinion words as customers wrote them, by the number of customers."""
    by: dict[str, list[Mention]] = defaultdict(list)
    for m in ctx.book.find("chain", "", None, intent):
        review = ctx.book.reviews.get(m.review_id)
        if review and m.counted and m.opinion:
            words = tidy(review.text[m.opinion[0] : m.opinion[1]]).strip()
            if 1 < len(words) <= 24 and "＊" not in words:
                by[words.lower()].append(m)
    page = ctx.words.pick("他们的原词", "Their own words")
    out = []
    for text, said in sorted(by.items(), key=lambda p: (-len({m.root for m in p[1]}), p[0]))[:most]:
        n = len({m.root for m in said})
        if n > 1:
            ref = refs.make("mentions", month=ctx.book.month, intent=intent, opinion=text)
            out.append((text, Fig(ctx.words.count(n), ref, ctx.evidence.listing(page, text, ref, said, intent), n)))
    return out


def topics(ctx: Context, most: int = 12) -> list[dict[str, Any]]:
    """New topics first, then the largest, with their terms and two of their reviews."""
    book = ctx.book
    by_review: dict[str, list[Mention]] = defaultdict(list)
    wanted = [r for r in book.data.topics.to_pylist() if r["month"] == book.month and r["event"] != "gone"]
    wanted.sort(key=lambda r: (r["event"] != "new", -r["size"], r["topic_id"]))
    members = {rid for r in wanted[:most] for rid in r["representatives"]}
    for m in book.mentions:
        if m.review_id in members and m.intent in ("complaint", "request"):
            by_review[m.review_id].append(m)
    out = []
    for r in wanted[:most]:
        fig = Fig(
            ctx.words.count(r["size"]), refs.make("topics", month=book.month, topic_id=r["topic_id"]), None, r["size"]
        )
        found = [m for rid in r["representatives"] for m in by_review.get(rid, ())]
        fit = [m for m in found if book.topic_of.get(m.mention_id) == r["topic_id"]] or found
        terms = [tidy(t["term"], longest=16) for t in r["terms"] or []][:8]
        out.append(
            {
                "label": tidy(r["label"], longest=40),
                "terms": terms,
                "size": fig,
                "event": r["event"],
                "quotes": quotes(book, fit, most=2, first=r["representatives"], around=40),
            }
        )
    return out


def loved(ctx: Context) -> list[tuple[str, Fig, list[Quote]]]:
    """What customers praise in the stores: service issues only."""
    found = [a for a, _ in praised(ctx, "chain", "", 40)]
    service = [a for a in found if (e := ctx.book.entry(a)) and e.facet == "service"][:6]
    return [
        (ctx.book.issue(a), ctx.mentions("chain", "", a, "praise"), ctx.quotes("chain", "", a, "praise", 2, 40))
        for a in service
    ]


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


def _group(entry: Store | Sku) -> str | None:
    return entry.region if isinstance(entry, Store) else entry.category


def _by_priority(rows: list[Row], column: str) -> dict[str, list[Row]]:
    """Rows by store or SKU, those with the largest single priority first."""
    by: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (-(r["priority"] or 0.0), r["level"], r["rank"])):
        by[row[column]].append(row)
    return dict(by)


def _shares(ctx: Context, row: Mapping[str, Any], missing: Mapping[str, list[str]]) -> list[float | None]:
    book, withheld = ctx.book, {s for s, _ in ctx.book.data.withheld}
    sources = sorted({str(k) for _, d, k in book.exposure if d == "source"} - withheld)
    out: list[float | None] = []
    for month in book.months:
        n = sum(book.seen("source", s, month).n_reviews for s in sources)
        k = sum(book.history.get(("source", s, row["issue_kind"], row["aspect"]), {}).get(month, 0) for s in sources)
        out.append(k / n if n >= SMALL else None)
    return out
