"""New products at their age, beside what earlier launches were like at the same age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import median

import pyarrow.compute as pc

from voc import refs
from voc.report.book import Book, total
from voc.report.context import Context
from voc.report.figures import Fig
from voc.report.words import SMALL

YOUNG = 6  # months after its launch in which a product is called new
EARLIER = 3  # fewer earlier launches are no yardstick


@dataclass(frozen=True)
class Launch:
    """A product launched in the last YOUNG months. Rates are complaints per 100 reviews since its launch."""

    id: str
    name: str
    page: str | None
    age: str
    n: Fig
    rate: str
    rating: str
    earlier: str


def launches(ctx: Context) -> list[Launch]:
    """New products, the youngest first; empty where no product has a date of launch."""
    book, w = ctx.book, ctx.words
    born = {k: s.launched for k, s in book.skus.items() if s.own and s.launched is not None}
    ages = {k: _months(d, book.month) for k, d in born.items()}
    young = sorted((k for k, a in ages.items() if 0 <= a < YOUNG), key=lambda k: (ages[k], k))
    if not young or not book.months:
        return []
    bad = _complaints(book)
    first = book.months[0]
    old = [(k, d) for k, d in born.items() if ages[k] >= YOUNG and f"{d:%Y-%m}" >= first]
    earlier: dict[int, list[float]] = {}  # complaints per 100 reviews of earlier launches, by age
    out = []
    for key in young:
        age = ages[key]
        n, k, stars, rated = _since(book, bad, key, born[key], age)
        if not n:
            continue
        before = earlier.get(age)
        if before is None:
            seen = [_since(book, bad, other, d, age) for other, d in old]
            before = earlier[age] = [
                100 * complaints / reviews for reviews, complaints, _, _ in seen if reviews >= SMALL
            ]
        ref = refs.make("exposure", sku_id=key)
        mid = median(before) if len(before) >= EARLIER else None
        out.append(
            Launch(
                key,
                book.sku_name(key),
                ctx.page("sku", key),
                w.pick("本月上市", "launched this month") if age == 0 else w.things(age, "个月", "month"),
                Fig(w.count(n), ref, None, n),
                w.number(100 * k / n) if n >= SMALL else w.pick(f"{n} 条中 {k} 处", f"{k} in {n}"),
                w.number(stars / rated, 2) if rated >= SMALL else "—",
                w.pick(f"{w.number(mid)}（{len(before)} 个）", f"{w.number(mid)} ({len(before)} launches)")
                if mid is not None
                else w.pick("早先的上市太少", "too few earlier launches"),
            )
        )
    return out


def _months(launched: date, month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - (launched.year * 12 + launched.month)


def _complaints(book: Book) -> dict[tuple[str, str], int]:
    """Complaints by SKU and month; a customer who complains of two things counts twice."""
    t = book.data.facts
    t = t.filter(pc.equal(t["issue_kind"], "aspect"))
    rows = total(t, ["sku_id", "month"], ("n_complaints",)).to_pylist()
    return {(r["sku_id"], r["month"]): r["n_complaints"] for r in rows if r["sku_id"] is not None}


def _since(
    book: Book, bad: dict[tuple[str, str], int], key: str, launched: date, age: int
) -> tuple[int, int, float, int]:
    """(reviews, complaints, sum of stars, rated) from the month of launch to `age` months after it."""
    n = k = rated = 0
    stars = 0.0
    for i in range(age + 1):
        at = launched.year * 12 + launched.month - 1 + i
        month = f"{at // 12}-{at % 12 + 1:02d}"
        e = book.seen("sku", key, month)
        n, stars, rated = n + e.n_reviews, stars + e.rating_sum, rated + int(e.rating_n)
        k += bad.get((key, month), 0)
    return n, k, stars, rated
