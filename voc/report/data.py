"""What a report is made from: Arrow tables with the schemas of `voc.schemas`, and nothing read from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa

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
    """The middle half of the complaint shares of `n` comparable stores or SKUs, in [0, 1]."""

    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ReportData:
    """Everything that one monthly report shows.

    `facts` and `exposure` reach over all months, `mentions` and `reviews` (masked text) over the month alone, except that
    `reviews` may also hold the roots of this month's follow-ups. `safety` has the columns of mentions: credible reports of
    harm, each shown as the customer's statement. `power`, `prevalence`, `impact`, `wording`, `verdicts` and `tags` are those
    of the month, `actions` and `safety_states` all that there are; what is empty has no block in the report. `withheld`
    names sources whose trends may not be shown, with the reason. `previous` is last month's ranking, if there was one.
    `complainers` makes the trend of the complaint share; months that are not in it are not drawn. With fewer than
    `history_least` months before, nothing is said of since when an excess has stood. Mentions less certain than
    `min_confidence` in [0, 1] are neither counted nor shown. `published` are earlier editions, of all months. `run` goes to
    run.json as it is.
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
    power: pa.Table = field(default_factory=partial(empty, "power"))
    prevalence: pa.Table = field(default_factory=partial(empty, "prevalence"))
    impact: pa.Table = field(default_factory=partial(empty, "impact"))
    wording: pa.Table = field(default_factory=partial(empty, "wording"))
    actions: pa.Table = field(default_factory=partial(empty, "actions"))
    verdicts: pa.Table = field(default_factory=partial(empty, "verdicts"))
    tags: pa.Table = field(default_factory=partial(empty, "tags"))
    safety_states: pa.Table = field(default_factory=partial(empty, "safety_states"))
    published: pa.Table = field(default_factory=partial(empty, "published"))
    quarantine_counts: Mapping[str, int] = field(default_factory=dict)
    withheld: Sequence[tuple[str, str]] = ()
    previous: pa.Table | None = None
    complainers: pa.Table = field(default_factory=COMPLAINERS.empty_table)
    history_least: int = 6
    not_counted: frozenset[str] = NOT_COUNTED
    min_confidence: float = 0.0
    run: Mapping[str, Any] = field(default_factory=dict)

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
