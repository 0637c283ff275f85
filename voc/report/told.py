"""What customers say of themselves: praise, wishes, their own phrases, topics."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from voc import refs
from voc.report.cards import praised
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig
from voc.report.quotes import Quote, quotes
from voc.report.records import Mention


def told(ctx: Context, intent: str, most: int) -> list[tuple[str, Fig, list[Quote]]]:
    """What customers praise or ask for, by issue, with quotes."""
    return [
        (ctx.book.issue(a), fig, ctx.quotes("chain", "", a, intent, 2, 40))
        for a, fig in (praised(ctx, "chain", "", most) if intent == "praise" else ctx.ranked("chain", "", intent, most))
    ]


def loved(ctx: Context) -> list[tuple[str, Fig, list[Quote]]]:
    """What customers praise in the stores: service issues only."""
    found = [a for a, _ in praised(ctx, "chain", "", 40)]
    service = [a for a in found if (e := ctx.book.entry(a)) and e.facet == "service"][:6]
    return [
        (ctx.book.issue(a), ctx.mentions("chain", "", a, "praise"), ctx.quotes("chain", "", a, "praise", 2, 40))
        for a in service
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
    wanted = [
        r for r in book.data.topics.to_pylist()
        if r["month"] == book.month and r["event"] != "gone" and r["state"] != "muted" and r["size"]
    ]  # fmt: skip
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
