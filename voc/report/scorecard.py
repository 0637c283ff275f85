"""A store beside its peers, issue by issue; who answers, and how late; what others can learn."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup

from voc import refs
from voc.report import svg
from voc.report.context import Context
from voc.report.figures import Fig, wilson
from voc.report.quotes import Quote
from voc.report.words import SMALL

STORE_OWNERS = ("store", "门店", "kitchen", "厨")  # parts of an owner's name: those who work in the store
LINES = 12


@dataclass(frozen=True)
class Line:
    """One issue at a store: its share with interval, and the middle half of its peers."""

    issue: str
    bad: Fig
    share: str
    interval: str
    drawing: Markup
    band: str


def of_store(ctx: Context, code: str) -> bool:
    """Whether a store can mend an issue: its owner works in the store."""
    entry = ctx.book.entry(code)
    return entry is not None and any(word in entry.owner.lower() for word in STORE_OWNERS)


def lines(ctx: Context, key: str) -> tuple[list[Line], int]:
    """The store's own issues beside its peers, most complaints first, and the number of peers; none without a band."""
    book, w = ctx.book, ctx.words
    n = book.seen("store", key).n_reviews
    if n < SMALL:
        return [], 0
    said = ctx.spoken("store", key, "complaint")
    codes = [c for c in book.data.issues if of_store(ctx, c) and ("store", key, c) in book.peers]
    codes.sort(key=lambda c: (-said.get(c, 0), c))
    codes = codes[:LINES]
    ends = {c: wilson(said.get(c, 0), n) for c in codes}
    top = max([hi for _, hi in ends.values()] + [book.peers["store", key, c].high for c in codes], default=1.0)
    out = []
    for c in codes:
        k, (low, high), band = said.get(c, 0), ends[c], book.peers["store", key, c]
        between, peers = w.interval(low, high, percent=True), w.interval(band.low, band.high, percent=True)
        ref = refs.make("mentions", month=book.month, intent="complaint", aspect=c, store_id=key)
        out.append(
            Line(
                book.issue(c),
                ctx.mentions("store", key, c, "complaint") if k else Fig("0", ref, None, 0),
                w.share(k, n),
                between,
                svg.banded(
                    min(k / n, 1.0),
                    low,
                    high,
                    band=(band.low, band.high),
                    top=top,
                    title=w.pick(
                        f"本店 {w.share(k, n)}，95% 区间 {between}；同类中间一半 {peers}",
                        f"this store {w.share(k, n)}, 95% interval {between}; middle half of its peers {peers}",
                    ),
                ),
                peers,
            )
        )
    return out, max((book.peers["store", key, c].n for c in codes), default=0)


@dataclass(frozen=True)
class Answers:
    """How a store answers complaints: of `n` with a source that answers at all; median hours where times are known."""

    name: str
    page: str | None
    answered: str
    n: Fig
    hours: str


def answers(ctx: Context) -> list[Answers]:
    """Stores by id with at least five complaints in sources where somebody answers; empty where nobody does."""
    book, w = ctx.book, ctx.words
    sources = {r.source for r in book.reviews.values() if r.answered}
    seen: dict[str, dict[str, float | bool | None]] = defaultdict(dict)
    for m in book.find("chain", "", None, "complaint"):
        review = book.reviews.get(m.review_id)
        if m.store_id is not None and m.counted and review and review.source in sources:
            seen[m.store_id][m.review_id] = (
                (review.waited if review.waited is not None else True) if review.answered else False
            )
    out = []
    for store, found in sorted(seen.items()):
        n, done = len(found), [v for v in found.values() if v is not False]
        hours = [v for v in done if isinstance(v, float)]
        if n >= 5:
            ref = refs.make("mentions", month=book.month, intent="complaint", store_id=store)
            out.append(
                Answers(
                    book.store_name(store),
                    ctx.page("store", store),
                    w.share(len(done), n),
                    Fig(w.count(n), ref, None, n),
                    w.number(median(hours), 0) if hours else "—",
                )
            )
    return out


def examples(ctx: Context, *, most: int = 6) -> list[tuple[str, str, str | None, Fig, str, str, list[Quote]]]:
    """Praise of a store's own work that clearly exceeds the chain's: the lower end of its interval is above the chain's
    upper end. By issue and store id, no ranking: (issue, store, page, customers, share, interval, a quote)."""
    book, w = ctx.book, ctx.words
    whole = book.seen().n_reviews
    out = []
    for code in sorted(c for c in book.data.issues if of_store(ctx, c)):
        k_all = book.customers(book.find("chain", "", code, "praise"))
        if not whole or not k_all:
            continue
        ceiling = wilson(k_all, whole)[1]
        for key in book.stores:
            n = book.seen("store", key).n_reviews
            k = book.customers(book.find("store", key, code, "praise")) if n >= SMALL else 0
            if k >= 5 and wilson(k, n)[0] > ceiling:
                between = w.interval(*wilson(k, n), percent=True)
                said = ctx.quotes("store", key, code, "praise", 1, 40)
                fig = ctx.mentions("store", key, code, "praise")
                out.append(
                    (book.issue(code), book.store_name(key), ctx.page("store", key), fig, w.share(k, n), between, said)
                )
    return out[:most]
