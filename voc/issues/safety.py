"""The safety lane: every credible report of something dangerous, whatever its number.

Beside the ranking, not in it: one report is enough, so nothing is counted, compared or gated. What is shown is the
customer's statement, to be verified by people. Hearsay, negation and hyperbole are told apart where mentions are made;
what arrives here as a complaint of the highest severity is taken at its word. Reviews that the ranking leaves out
(bursts of hostile reviews, professional claimants) are here all the same, with their flags beside them; copies of a
review that is here are not.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from voc.issues.counts import rivals
from voc.schemas import TIME, WORDS

SAFETY = pa.schema(
    [
        pa.field("month", pa.string(), nullable=False), pa.field("review_id", pa.string(), nullable=False),
        pa.field("mention_id", pa.string(), nullable=False), pa.field("aspect", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False), pa.field("channel", pa.string(), nullable=False),
        pa.field("created_at", TIME, nullable=False), pa.field("store_id", pa.string()),
        pa.field("sku_id", pa.string()), pa.field("confidence", pa.float32(), nullable=False),
        pa.field("start", pa.int32(), nullable=False), pa.field("end", pa.int32(), nullable=False),
        pa.field("flags", WORDS, nullable=False), pa.field("status", pa.string(), nullable=False),
    ]
)  # fmt: skip
"""One row per root review and aspect; start and end are the clause's code points in the review's text."""

UNVERIFIED = "unverified"

_QUERY = """
    with piece as (
        select review_id, coalesce(parent_id, review_id) as root_id, flags, duplicate_of from reviews
    ), said as (
        select m.month, m.review_id, m.mention_id, m.aspect, m.source, m.channel, m.created_at, m.store_id, m.sku_id,
               m.confidence, m.start, m."end", r.flags, r.root_id
        from mentions m join piece r on r.review_id = m.review_id
        where m.severity = $severity and m.intent = 'complaint' and m.confidence >= $confidence
          and ($month is null or m.month = $month)
          and (m.sku_id is null or not list_contains($rivals, m.sku_id))
          and (r.duplicate_of is null or r.duplicate_of not in (select review_id from piece))
    )
    select * exclude (root_id), $status as status from said
    qualify row_number() over (partition by root_id, aspect order by confidence desc, created_at, mention_id) = 1
    order by month, aspect, created_at, review_id
"""


def safety(
    mentions: pa.Table, reviews: pa.Table, *, month: str | None = None, skus: pa.Table | None = None,
    confidence: float = 0.5, severity: str = "S1",
) -> pa.Table:  # fmt: skip
    """SAFETY rows of `month` (all months if None): complaints of `severity`, from `confidence` in [0, 1] upwards.

    Of several mentions of one aspect by one root review the most confident stands. `status` is `unverified`; people set
    it to anything else elsewhere. Sorted by month, aspect, time, review.
    """
    table = reviews.select(["review_id", "parent_id", "flags"])
    copies = reviews["duplicate_of"] if "duplicate_of" in reviews.column_names else pa.nulls(len(reviews), pa.string())
    with duckdb.connect(":memory:") as db:
        db.register("mentions", mentions)
        db.register("reviews", table.append_column("duplicate_of", copies))
        parameters = {
            "severity": severity, "confidence": confidence, "month": month, "rivals": rivals(skus), "status": UNVERIFIED
        }  # fmt: skip
        return db.sql(_QUERY, params=parameters).to_arrow_table().cast(SAFETY)
