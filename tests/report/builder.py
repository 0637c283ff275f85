"""An invented month for tests of the report: seeded, with texts of our own, and statistics that only look right."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import builder_extra as extra
import builder_said as shop
import pyarrow as pa
from builder_rank import counts, rank
from builder_said import table
from builder_words import ISSUES, MONTH

from voc.report.data import ReportData

__all__ = ["ISSUES", "MONTH", "build", "nothing", "shuffled"]


def build(
    *,
    n_stores: int = 24,
    n_skus: int = 30,
    n_reviews: int = 3000,
    n_months: int = 14,
    seed: int = 7,
    complaints: bool = True,
    safety: bool = True,
    names: Mapping[str, str] | None = None,
    withheld: tuple[tuple[str, str], ...] = (),
) -> ReportData:
    """A whole month. `names` overrides store and SKU names by id, and texts of reviews ('text:3' for the third)."""
    rng = random.Random(seed)
    names = dict(names or {})
    stores, skus = shop.stores(n_stores, rng, names), shop.skus(n_skus, names)
    reviews, mentions = shop.said(rng, stores, skus, n_reviews, complaints, safety, names)
    exposure, facts = counts(rng, reviews, mentions, n_months, complaints)
    ranking, chain = rank(mentions, reviews, stores, skus, facts, exposure)
    keywords = extra.keywords(rng, complaints)
    harm = [m for m in mentions if m["severity"] == "S1" and m["intent"] == "complaint"]
    return ReportData(
        MONTH,
        "松果铺子",
        ISSUES,
        **extra.after_ranking(ranking, chain),
        ranking=ranking,
        chain=chain,
        facts=facts,
        exposure=exposure,
        safety=table("mentions", harm),
        safety_states=extra.safety_states(harm),
        mentions=table("mentions", mentions),
        reviews=table("reviews", reviews),
        keywords=keywords,
        topics=extra.topics(mentions),
        stores=table("stores", stores),
        skus=table("skus", skus),
        ingests=extra.ingests(n_reviews),
        quarantine_counts={"bad_date": 7, "empty_row": 3},
        withheld=withheld,
        previous=ranking.slice(0, len(ranking) // 2),
        complainers=extra.complainers(rng, n_months, exposure, reviews, mentions),
        run={"month": MONTH, "code_version": "0.1.0", "counts": {"reviews": n_reviews}},
    )


def nothing() -> ReportData:
    """A month without any data."""
    return ReportData(MONTH, "松果铺子", ISSUES)


def shuffled(data: ReportData, seed: int = 1) -> ReportData:
    """The same rows in another order: tables have none of their own."""
    rng = random.Random(seed)

    def mix(table: pa.Table) -> pa.Table:
        order = list(range(len(table)))
        rng.shuffle(order)
        return table.take(pa.array(order, pa.int64()))

    names = (
        "ranking",
        "chain",
        "facts",
        "exposure",
        "safety",
        "mentions",
        "reviews",
        "keywords",
        "topics",
        "stores",
        "skus",
        "ingests",
        "power",
        "prevalence",
        "impact",
        "wording",
        "actions",
        "verdicts",
        "tags",
        "safety_states",
    )
    return replace(data, **{n: mix(getattr(data, n)) for n in names})
