"""The safety lane: customers' statements of harm, each shown whatever their number, with what people found about it."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from voc import refs
from voc.report.book import Book
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig
from voc.report.followup import guarded
from voc.report.quotes import Quote, quotes
from voc.report.records import Mention, Row
from voc.report.words import FOUND, Words

AWAITING, EXCLUDED = "awaiting", "excluded"
ORDER = ("verified", AWAITING, EXCLUDED)
AT_ONCE = 3  # cases that stand above a store's list or a product's signals; the others follow further down
FIRST = 12  # groups of cases that are shown before the others are folded away


@dataclass(frozen=True)
class Case:
    """One customer's statement of harm; `state` is a key of FOUND, `found` by whom and when it was set, and the note."""

    mention_id: str
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
    state: str
    found: str


@dataclass(frozen=True)
class Gone:
    """An answer whose statement is no longer in the ledger since the month was made anew."""

    mention_id: str
    issue: str
    store: str
    sku: str
    state: str
    found: str


def ref(ctx: Context, dim: str | None = None, key: str | None = None) -> str:
    """The reference of the safety cases, of a store or SKU if one is given."""
    ids = {f"{dim}_id": key} if dim else {}
    return refs.make("mentions", month=ctx.book.month, severity="S1", intent="complaint", **ids)


def count(ctx: Context) -> Fig:
    n = len({(m.root, m.aspect) for m in ctx.book.safety})
    return Fig(ctx.words.count(n), ref(ctx), "quality.html#safety" if ctx.page("quality") else "#safety", n)


def standing(w: Words, cases: Sequence[Case]) -> str:
    """How the cases stand: '顾客自述·待核实' while nobody answered, else '待核实 5 · 已核实 2'."""
    if not cases:
        return w.pick("顾客自述", "customers' statements")
    by = Counter(c.state for c in cases)
    if by.keys() == {AWAITING}:
        return w.pick("顾客自述·待核实", "customers' statements, not verified")
    return " · ".join(f"{w.of(FOUND, s)} {by[s]:,}" for s in FOUND if by[s])


def waiting(ctx: Context, cases: Sequence[Case]) -> tuple[str, ...]:
    """How the cases stand, and for how long the first that awaits verification has by the end of the month."""
    w = ctx.words
    open_ = [c.at for c in cases if c.state == AWAITING]
    if not open_:
        return (standing(w, cases),)
    year, number = map(int, ctx.book.month.split("-"))
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(w.zone))
    hours = int((end - min(open_)).total_seconds() // 3600)
    return (
        standing(w, cases),
        w.pick(
            f"待核实最早一例到月末已过 {hours:,} 小时",
            f"the oldest unverified one was {hours:,} {'hour' if hours == 1 else 'hours'} old at the month's end",
        ),
    )


def cases(ctx: Context, *, veiled: bool = False, dim: str | None = None, key: str | None = None) -> list[Case]:
    """Verified cases first, excluded ones last, each newest first, one per customer and issue.

    `dim` and `key` cut to a store or SKU; `veiled` names neither franchise stores nor who looked into a case.
    """
    book, out, seen = ctx.book, [], set()
    for i, m in reversed(list(enumerate(book.safety))):
        if (dim and (m.store_id if dim == "store" else m.sku_id) != key) or (m.root, m.aspect) in seen:
            continue
        seen.add((m.root, m.aspect))
        found = quotes(book, [m], most=1, veiled=veiled, around=120)
        hide = veiled and m.store_id in book.stores and book.stores[m.store_id].franchise
        review, answer = book.reviews.get(m.review_id), book.found.get((m.root, m.aspect))
        out.append(
            Case(
                m.mention_id,
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
                answer["state"] if answer else AWAITING,
                _found(ctx.words, answer, veiled=veiled) if answer else "",
            )
        )
    return sorted(out, key=lambda c: ORDER.index(c.state))


def gone(ctx: Context, *, dim: str | None = None, key: str | None = None) -> list[Gone]:
    """Answers to statements of this month that are no longer in the ledger: listed, so that nothing is lost."""
    book = ctx.book
    there = {(m.root, m.aspect) for m in book.safety}
    return [
        Gone(
            tidy(r["mention_id"], longest=60),
            book.issue(r["aspect"]),
            book.store_name(r["store_id"]) if r["store_id"] else "",
            book.sku_name(r["sku_id"]) if r["sku_id"] else "",
            r["state"],
            _found(ctx.words, r),
        )
        for k, r in sorted(book.found.items())
        if r["opened"] == book.month and k not in there and (dim is None or r[f"{dim}_id"] == key)
    ]


def _found(w: Words, answer: Row, *, veiled: bool = False) -> str:
    """'张工 · 2026 年 11 月 3 日 · 与供应商核对过'; only the day for those who may not know the rest."""
    said = [w.date(answer["decided_on"]) if answer["decided_on"] else ""]
    if not veiled:
        said = [tidy(answer["who"] or "", longest=40), *said, tidy(answer["note"] or "", longest=200)]
    return " · ".join(x for x in said if x)


@dataclass(frozen=True)
class Cluster:
    """A lot, or a SKU with an issue, that more than one customer names and nobody excluded."""

    what: str
    issue: str
    n: int
    verified: int
    reviews: str
    when: str


def clusters(ctx: Context, cases: Sequence[Case]) -> list[Cluster]:
    """Where more than one case belongs together, most cases first; excluded ones are not among them."""
    w, book = ctx.words, ctx.book
    by: dict[tuple[str, str, str | None], list[Case]] = defaultdict(list)
    for c in cases:
        if c.state != EXCLUDED and (c.lot or c.sku_id):
            by[f"{c.sku} · {w.pick('批次', 'lot')} {c.lot}" if c.lot else c.sku, c.issue, c.sku_id].append(c)
    out = []
    for (what, issue, sku), found in by.items():
        if len(found) > 1:
            first, last = w.day(min(c.at for c in found)), w.day(max(c.at for c in found))
            reviews = w.count(book.seen("sku", sku).n_reviews) if sku and not found[0].lot else ""
            verified = sum(c.state == ORDER[0] for c in found)
            out.append(
                Cluster(what, issue, len(found), verified, reviews, first if first == last else f"{first} – {last}")
            )
    return sorted(out, key=lambda x: (-x.n, x.what, x.issue))


FILE = "safety.csv"
ANSWERS = ("mention_id", "state", "who", "decided_on", "note")  # what people fill in


def write_cases(book: Book, out: Path) -> bool:
    """Write the ledger for people to fill in: ANSWERS, then what it is about. False where it is empty."""
    rows = statements(book)
    if not rows:
        return False
    w = book.words
    with open(out, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*ANSWERS, "day", "issue", "store", "sku", "lot", "words"))
        for m, answer in rows:
            review = book.reviews.get(m.review_id)
            said = quotes(book, [m], most=1, around=120)
            values = (
                m.mention_id, w.of(FOUND, answer["state"] if answer else AWAITING),
                *((answer[k] if answer else None) for k in ANSWERS[2:]), w.local(m.created_at).date(),
                book.issue(m.aspect), book.store_name(m.store_id), book.sku_name(m.sku_id), review and review.lot,
                said[0].plain if said else None,
            )  # fmt: skip
            writer.writerow([guarded(v) for v in values])
    return True


def statements(book: Book) -> list[tuple[Mention, Row | None]]:
    """The mention that stands for each case, oldest first, and what people answered."""
    newest = {(m.root, m.aspect): m for m in book.safety}
    return [(m, book.found.get(key)) for key, m in newest.items()]
