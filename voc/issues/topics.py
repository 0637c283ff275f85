"""Topics in the statistics: what the ranking is told of each, and their counts in the months before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from voc.issues.chain import previous
from voc.issues.settings import IssueMeta
from voc.schemas import FACTS, TOPIC_HISTORY, conform

#: For so many months after its first clauses a topic inside a code is ranked beside the code.
EMERGING = 6
_MUTED, _PINNED = "muted", "pinned"


def topic_metas(
    topics: pa.Table, issues: Mapping[str, IssueMeta], *, month: str, first: str | None
) -> dict[str, IssueMeta]:
    """What the ranking needs to know of the topics of `month` (TOPICS), by id.

    A topic inside one code has the code's severity and answerer, another is an S3 that a store answers for. It is ranked
    when it says something that no code does: when it lies outside every ranked code, or appeared in the last six months
    but after `first`, the first month of all, or is pinned. Else it is on the chain list alone: its code is ranked already.
    """
    out = {}
    since = previous(month, EMERGING - 1)
    rows = topics.filter(pc.field("month") == month).to_pylist()
    for row in rows:
        code = issues.get(row["within"]) if row["within"] is not None else None
        known = code if code is not None and code.ranked else None
        emerging = row["born"] is not None and row["born"] >= since and (first is None or row["born"] > first)
        ranked = known is None or emerging or row["state"] == _PINNED
        meta = IssueMeta(row["topic_id"]) if known is None else replace(known, code=row["topic_id"])
        out[row["topic_id"]] = replace(meta, ranked=ranked)
    return out


def shown(mention_topics: pa.Table, topics: pa.Table) -> pa.Table:
    """`mention_topics` without the topics that somebody muted."""
    muted = topics.filter(pc.field("state") == _MUTED)["topic_id"].combine_chunks()
    return mention_topics.filter(pc.invert(pc.is_in(mention_topics["topic_id"], value_set=muted)))


def as_history(facts: pa.Table, month: str) -> pa.Table:
    """FACTS of kind topic of the months before `month` as its TOPIC_HISTORY."""
    table = facts.rename_columns(
        ["said" if n == "month" else "topic_id" if n == "issue_code" else n for n in facts.column_names]
    )
    table = table.drop_columns(["issue_kind"]).append_column("month", pa.repeat(month, len(table)))
    return conform(table.select(TOPIC_HISTORY.names), TOPIC_HISTORY)


def with_history(facts: pa.Table, history: pa.Table, month: str) -> pa.Table:
    """FACTS up to `month` in which the topics of earlier months are those of the month's own model (`history`)."""
    own = facts.filter((pc.field("issue_kind") != "topic") | (pc.field("month") == month))
    if not len(history):
        return own
    table = history.drop_columns(["month"]).rename_columns({"said": "month", "topic_id": "issue_code"})
    table = table.append_column("issue_kind", pa.repeat("topic", len(table)))
    return pa.concat_tables([own, conform(table.select(FACTS.names), FACTS)])
