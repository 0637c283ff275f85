"""The pages that all readers share: every issue, and the data behind the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from voc import refs
from voc.report import changes, editions, followup, selftest, svg, trends, trust
from voc.report.context import Context
from voc.report.dims import Sku, Store, tidy
from voc.report.figures import Fig, anchor_of
from voc.report.quotes import MOST, Quote, quotes
from voc.report.words import LEVELS, SMALL

SHOWN = 200  # rows of a level on the page of all issues; the workbook has all of them


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
        "edition": editions.against(ctx),
        "restated": editions.restated(ctx),
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


def _group(entry: Store | Sku) -> str | None:
    return entry.region if isinstance(entry, Store) else entry.category


def _shares(ctx: Context, row: Mapping[str, Any], missing: Mapping[str, list[str]]) -> list[float | None]:
    book, withheld = ctx.book, {s for s, _ in ctx.book.data.withheld}
    sources = sorted({str(k) for _, d, k in book.exposure if d == "source"} - withheld)
    out: list[float | None] = []
    for month in book.months:
        n = sum(book.seen("source", s, month).n_reviews for s in sources)
        k = sum(book.history.get(("source", s, row["issue_kind"], row["aspect"]), {}).get(month, 0) for s in sources)
        out.append(k / n if n >= SMALL else None)
    return out
