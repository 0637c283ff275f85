"""What single members said: what they like and wish for, and who said that they may leave. Ids are keyed hashes throughout.

Both lists repeat what members wrote and nothing else: no probability, no guess from purchases. What a review says that was
solicited, copied or otherwise weightless counts in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from voc.actions import lists
from voc.ingest.privacy import member_ids
from voc.issues.counts import rivals
from voc.schemas import AT_RISK, TAGS, WEIGHTLESS, conform

WINDOW = 12
"""Months, the last one included, whose praise and wishes make tags."""
RISK_WINDOW = 3
"""Months that the at-risk list looks back."""
REPEATED = 2
"""Reviews with complaints within that time that put a member on the list without any other word."""
EVIDENCE = 20

_SAID = """
    create temp table said as
    with piece as (
        select review_id, coalesce(parent_id, review_id) as root_id, member_id, store_id from reviews
        where duplicate_of is null and not list_has_any(flags, $weightless)
          and (sku_id is null or not list_contains($rivals, sku_id))
    ), owner as (
        select root_id, any_value(member_id order by review_id = root_id desc, review_id) as member_id,
               any_value(store_id order by review_id = root_id desc, review_id) as store_id
        from piece where member_id is not null group by root_id
    )
    select o.member_id, o.store_id, p.root_id, m.review_id, m.month, m.created_at, m.aspect, m.intent, m.severity,
           m.competitor
    from mentions m join piece p on p.review_id = m.review_id join owner o on o.root_id = p.root_id
    where m.confidence >= $confidence
"""

_TAGS = """
    with spoken as (
        select member_id, aspect, case intent when 'praise' then 'likes' else 'wishes' end as kind,
               count(distinct root_id) as n, max(created_at) as last_said, list(distinct review_id order by review_id) as ids
        from said where intent in ('praise', 'request') group by all
    ), complaints as (
        select member_id, aspect, count(distinct root_id) as against from said where intent = 'complaint' group by all
    )
    select $month as month, member_id, kind, aspect, n, coalesce(against, 0) as against, last_said,
           ids[1:$evidence] as evidence
    from spoken left join complaints using (member_id, aspect)
    where list_contains($aspects, aspect) and (kind = 'wishes' or n > coalesce(against, 0))
    order by member_id, kind, aspect
"""

_AT_RISK = """
    with spoken as (
        select member_id,
               count(distinct root_id) filter (where intent = 'leave') as n_leave,
               count(distinct root_id) filter (where intent = 'switch') as n_switch,
               count(distinct root_id) filter (where intent = 'complaint' and severity = 'S1') as n_safety,
               count(distinct root_id) filter (where intent = 'complaint') as n_complaints,
               count(distinct month) filter (where intent = 'complaint') as n_months,
               max(created_at) filter (where intent in ('leave', 'switch', 'complaint')) as last_said,
               max(created_at) filter (where intent = 'repurchase') as last_kept,
               arg_max(store_id, created_at) filter (where intent in ('leave', 'switch', 'complaint')) as store_id,
               arg_max(competitor, created_at) filter (where intent = 'switch' and competitor is not null) as competitor,
               list(distinct review_id order by review_id) filter (where intent in ('leave', 'switch', 'complaint')) as ids
        from said group by member_id
    ), judged as (
        select *,
               case when n_leave > 0 then ['leave'] else [] end || case when n_switch > 0 then ['switch'] else [] end
               || case when n_safety > 0 then ['safety'] else [] end
               || case when n_complaints >= $repeated then ['repeated'] else [] end as reasons
        from spoken
    )
    select $month as month, member_id,
           row_number() over (order by n_leave + n_switch desc, n_safety desc, n_complaints desc, last_said desc, member_id)
               as rank,
           reasons, n_leave, n_switch, n_safety, n_complaints, n_months, last_said, store_id, competitor,
           ids[1:$evidence] as evidence
    from judged
    where len(reasons) > 0 and (last_kept is null or last_kept <= last_said)
    order by rank
"""


def tags(
    month: str, mentions: pa.Table, reviews: pa.Table, *, aspects: list[str], skus: pa.Table | None = None,
    confidence: float = 0.5,
) -> pa.Table:  # fmt: skip
    """TAGS at the end of `month`: what each member praised (more often than complained of) or wished for.

    mentions, reviews: of the months that count (`WINDOW`); `aspects`: codes that may become tags. Counts are of distinct
    root reviews, mentions below `confidence` in [0, 1] do not count. Sorted by member, kind, aspect.
    """
    with _open(mentions, reviews, skus, confidence) as db:
        found = db.sql(_TAGS, params={"month": month, "evidence": EVIDENCE, "aspects": aspects}).to_arrow_table()
    return conform(found, TAGS)


def at_risk(
    month: str, mentions: pa.Table, reviews: pa.Table, *, skus: pa.Table | None = None, confidence: float = 0.5
) -> pa.Table:
    """AT_RISK at the end of `month`: members who said that they leave or went elsewhere, reported something dangerous, or
    complained in several reviews, and have not said since that they will buy again.

    mentions, reviews: of the months that count (`RISK_WINDOW`). `rank` runs from 1: words of leaving first, then safety,
    then the number of complaints. It is an order to call people back in, not a probability.
    """
    with _open(mentions, reviews, skus, confidence) as db:
        found = db.sql(_AT_RISK, params={"month": month, "evidence": EVIDENCE, "repeated": REPEATED}).to_arrow_table()
    return conform(found, AT_RISK)


def ids(path: Path) -> list[str]:
    """The distinct member ids in the column member_id of a CSV or XLSX file, in its order. Raises InputError."""
    return list(
        dict.fromkeys(
            row["member_id"] for _, row in lists.read(path, key="member_id", columns=["member_id"]) if row["member_id"]
        )
    )


def hashed(members: Sequence[str], key: bytes) -> list[str]:
    """The keyed hashes that these members have in `reviews`."""
    found: list[str] = member_ids(pa.array(members, pa.string()), key).to_pylist()
    return found


def _open(mentions: pa.Table, reviews: pa.Table, skus: pa.Table | None, confidence: float) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    columns = ["review_id", "parent_id", "member_id", "store_id", "sku_id", "flags", "duplicate_of"]
    db.register("reviews", reviews.select(columns))
    db.register(
        "mentions",
        mentions.select(
            ["review_id", "month", "created_at", "aspect", "intent", "severity", "competitor", "confidence"]
        ),
    )
    db.execute(_SAID, {"weightless": list(WEIGHTLESS), "rivals": rivals(skus), "confidence": confidence})
    return db
