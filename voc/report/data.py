"""What a report is made from: Arrow tables with the schemas of `voc.schemas`, and nothing read from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import SchemaMismatch
from voc.schemas import COMPLAINERS, TABLES, WEIGHTLESS, empty

# A review with one of these is shown but not counted: it says nothing about how often something happens.
NOT_COUNTED = frozenset(WEIGHTLESS)


@dataclass(frozen=True)
class IssueName:
    """One entry of the taxonomy as the report needs it; `facet` is product or service, `severity` S1 (safety) to S4.

    `general` marks the codes for whatever fits no other: they are listed, but nobody is asked to decide on them.
    """

    code: str
    zh: str
    en: str
    facet: str
    severity: str
    owner: str
    general: bool = False


@dataclass(frozen=True)
class PeerBand:
    """The middle half of the complaint shares of comparable stores, in [0, 1]; no store can be recognised in it."""

    low: float
    high: float
    n_stores: int


@dataclass(frozen=True)
class ReportData:
    """Everything that one monthly report shows.

    `facts` and `exposure` reach over all months, `mentions` and `reviews` (masked text) over the month alone, except that
    `reviews` may also hold the roots of this month's follow-ups. `safety` has the columns of mentions: credible reports of
    harm, each shown as the customer's statement. `withheld` names sources whose trends may not be shown, with the reason.
    `previous` is last month's ranking, if there was one. `complainers` (see COMPLAINERS) makes the trend of the complaint
    share; months that are not in it are not drawn. Mentions less certain
    than `min_confidence` in [0, 1] are neither counted nor shown. `run` goes to run.json as it is.
    """

    month: str
    title: str
    issues: Mapping[str, IssueName]
    language: str = "zh"
    time_zone: str = "Asia/Shanghai"
    ranking: pa.Table = field(default_factory=partial(empty, "ranking"))
    chain: pa.Table = field(default_factory=partial(empty, "chain"))
    safety: pa.Table = field(default_factory=partial(empty, "mentions"))
    facts: pa.Table = field(default_factory=partial(empty, "facts"))
    exposure: pa.Table = field(default_factory=partial(empty, "exposure"))
    mentions: pa.Table = field(default_factory=partial(empty, "mentions"))
    reviews: pa.Table = field(default_factory=partial(empty, "reviews"))
    review_scores: pa.Table = field(default_factory=partial(empty, "review_scores"))
    keywords: pa.Table = field(default_factory=partial(empty, "keywords"))
    topics: pa.Table = field(default_factory=partial(empty, "topics"))
    mention_topics: pa.Table = field(default_factory=partial(empty, "mention_topics"))
    stores: pa.Table = field(default_factory=partial(empty, "stores"))
    skus: pa.Table = field(default_factory=partial(empty, "skus"))
    ingests: pa.Table = field(default_factory=partial(empty, "ingests"))
    quarantine_counts: Mapping[str, int] = field(default_factory=dict)
    withheld: Sequence[tuple[str, str]] = ()
    previous: pa.Table | None = None
    complainers: pa.Table = field(default_factory=COMPLAINERS.empty_table)
    not_counted: frozenset[str] = NOT_COUNTED
    min_confidence: float = 0.0
    run: Mapping[str, Any] = field(default_factory=dict)
    peers: Mapping[str, PeerBand] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in TABLES:
            table = getattr(self, name, None)
            if isinstance(table, pa.Table) and table.schema.names != TABLES[name].names:
                raise SchemaMismatch(
                    f"report table {name!r} has columns {table.schema.names}, wants {TABLES[name].names}"
                )
        if self.safety.schema.names != TABLES["mentions"].names:
            raise SchemaMismatch(
                f"report table 'safety' has columns {self.safety.schema.names}, wants those of mentions"
            )


def complainers(
    mentions: pa.Table,
    reviews: pa.Table,
    *,
    skus: pa.Table | None = None,
    min_confidence: float = 0.0,
    not_counted: frozenset[str] = NOT_COUNTED,
) -> pa.Table:
    """Per month and source: counted root reviews, and those of them with at least one complaint (schema COMPLAINERS).

    Follow-ups and single answers count as their root; a review with a flag in `not_counted`, or a duplicate, not at all,
    nor one of a competitor's SKU in `skus`. Needs of `mentions` the columns review_id, intent and confidence, of `reviews`
    review_id, parent_id, month, source, sku_id, flags and duplicate_of; months can be given together or one by one.
    """
    rivals = set() if skus is None else set(skus.filter(pc.invert(skus["own"]))["sku_id"].to_pylist())
    columns = [reviews[c].to_pylist() for c in ("review_id", "parent_id", "month", "source", "sku_id")]
    root: dict[str, tuple[str, str, str]] = {}
    n: dict[tuple[str, str], set[str]] = {}
    bad: dict[tuple[str, str], set[str]] = {}
    for review_id, parent_id, month, source, sku, counts in zip(*columns, counted(reviews, not_counted), strict=True):
        if counts and sku not in rivals:
            root[review_id] = (month, source, parent_id or review_id)
            n.setdefault((month, source), set()).add(parent_id or review_id)
    sure = pc.greater_equal(mentions["confidence"], min_confidence)
    wanted = mentions.filter(pc.and_(pc.equal(mentions["intent"], "complaint"), sure))
    for review_id in wanted["review_id"].to_pylist():
        if review_id in root:
            month, source, top = root[review_id]
            bad.setdefault((month, source), set()).add(top)
    return pa.Table.from_pylist(
        [
            {"month": m, "source": s, "n_reviews": len(n[m, s]), "n_complaining": len(bad.get((m, s), ()))}
            for m, s in sorted(n)
        ],
        schema=COMPLAINERS,
    )


def counted(reviews: pa.Table, not_counted: frozenset[str] = NOT_COUNTED) -> list[bool]:
    """For each row of `reviews`, whether it takes part in counts: no excluding flag and no duplicate."""
    flags, copies = reviews["flags"].to_pylist(), reviews["duplicate_of"].to_pylist()
    return [copy is None and not_counted.isdisjoint(flag) for flag, copy in zip(flags, copies, strict=True)]
