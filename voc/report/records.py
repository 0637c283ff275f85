"""Reviews and mentions as the pages need them: rows of the tables with what other tables add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from voc.report import dims
from voc.report.data import ReportData


class Mention(NamedTuple):
    """A row of `mentions` with what its review and the dimension tables add; spans are code points into the text."""

    mention_id: str
    review_id: str
    root: str
    created_at: datetime
    source: str
    store_id: str | None
    sku_id: str | None
    region: str | None
    category: str | None
    parent: str | None
    start: int
    end: int
    opinion: tuple[int, int] | None
    aspect: str
    intent: str
    confidence: float
    severity: str
    competitor: str | None
    counted: bool
    native: bool  # in the language of the report


class Review(NamedTuple):
    root: str
    kind: str
    text: str
    rating: float | None
    lot: str | None
    store_id: str | None
    sku_id: str | None
    source: str
    fulfilment: str | None
    carrier: str | None
    warehouse: str | None
    produced_on: date | None
    answered: bool
    waited: float | None  # hours until the reply, where its time is known
    counted: bool
    default: bool  # left out for being a default review alone: a follow-up in the customer's own words counts


class Exposure(NamedTuple):
    """Sums over a slice: reviews counted, those with text, stars, and what was left out."""

    n_reviews: int = 0
    n_text: int = 0
    rating_sum: float = 0.0
    rating_n: int = 0
    n_default: int = 0
    n_flagged: int = 0

    @property
    def rating(self) -> float | None:
        return self.rating_sum / self.rating_n if self.rating_n else None


NOTHING = Exposure()
Row = dict[str, Any]


def read_reviews(data: ReportData) -> dict[str, Review]:
    """The reviews of the month by id."""
    t = data.reviews
    names = (
        "review_id",
        "parent_id",
        "kind",
        "text",
        "rating",
        "lot",
        "store_id",
        "sku_id",
        "source",
        "fulfilment",
        "carrier",
        "warehouse",
        "produced_on",
        "flags",
        "duplicate_of",
    )
    answered = pc.is_valid(t["reply"]).to_pylist()
    waited = pc.divide(pc.subtract(t["replied_at"], t["created_at"]).cast(pa.int64()).cast(pa.float64()), 3.6e9)
    out = {}
    for row in zip(*(t[c].to_pylist() for c in names), answered, waited.to_pylist(), strict=True):
        i, parent, kind, text, rating, lot, store, sku, source, way, carrier, house, made, flags, copy, reply, wait = (
            row
        )
        why = data.not_counted.intersection(flags)
        out[i] = Review(
            parent or i,
            kind,
            text,
            rating,
            lot,
            store,
            sku,
            source,
            way,
            carrier,
            house,
            made,
            reply,
            wait,
            copy is None and not why,
            why == {"default_review"},
        )
    return out


def read_mentions(
    table: pa.Table,
    data: ReportData,
    *,
    reviews: Mapping[str, Review],
    stores: Mapping[str, dims.Store],
    skus: Mapping[str, dims.Sku],
    lang: str,
) -> list[Mention]:
    """Mentions that are sure enough, the best to quote first: counted, in the language of the reader, borne out by stars."""
    names = (
        "mention_id",
        "review_id",
        "created_at",
        "source",
        "store_id",
        "sku_id",
        "start",
        "end",
        "opinion_start",
        "opinion_end",
        "aspect",
        "intent",
        "confidence",
        "severity",
        "competitor",
        "lang",
    )
    out = []
    for i, rid, at, source, store, sku, start, end, o0, o1, aspect, intent, conf, severity, rival, said_in in zip(
        *(table[c].to_pylist() for c in names), strict=True
    ):
        if conf < data.min_confidence:
            continue
        review = reviews.get(rid)
        first = reviews.get(review.root) if review else None
        if first:
            store, sku = store or first.store_id, sku or first.sku_id
        shop, thing = stores.get(store or ""), skus.get(sku or "")
        out.append(
            Mention(
                i,
                rid,
                review.root if review else rid,
                at,
                source,
                store,
                sku,
                shop.region if shop else None,
                thing.category if thing else None,
                thing.parent if thing else None,
                start,
                end,
                None if o0 is None or o1 is None else (o0, o1),
                aspect,
                intent,
                conf,
                severity,
                rival,
                _counts(review, first, thing),
                said_in == lang,
            )
        )
    out.sort(
        key=lambda m: (
            not m.counted,
            not m.native,
            _against(m, reviews),
            -round(m.confidence, 1),
            abs(m.end - m.start - 14),
            m.mention_id,
        )
    )
    return out


def _against(m: Mention, reviews: Mapping[str, Review]) -> bool:
    """Whether the stars speak against a mention: praise with fewer than 4, a complaint with all 5.

    It counts all the same; but where a few quotes stand for many, those that nothing speaks against come first.
    """
    review = reviews.get(m.review_id)
    if review is None or review.rating is None:
        return False
    return review.rating < 4 if m.intent == "praise" else m.intent == "complaint" and review.rating >= 5


def _counts(review: Review | None, first: Review | None, sku: dims.Sku | None) -> bool:
    """Whether a mention counts: neither its review nor the review's root is left out, and the product is ours."""
    if sku is not None and not sku.own:
        return False
    if review is None:
        return True
    return review.counted and (first is None or first is review or first.counted or first.default)


def added(a: Exposure, b: Exposure) -> Exposure:
    return Exposure(
        a.n_reviews + b.n_reviews,
        a.n_text + b.n_text,
        a.rating_sum + b.rating_sum,
        a.rating_n + b.rating_n,
        a.n_default + b.n_default,
        a.n_flagged + b.n_flagged,
    )
