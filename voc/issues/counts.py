"""Additive counts: who complained about what (`facts`), out of how many (`exposure`).

The unit is the root review or survey response. Follow-ups and single answers belong to their `parent_id` and take its
month, source, store, SKU and rating; where the root itself is not in the table, the first of its pieces stands for it.
Reviews that nobody wrote of their own accord weigh nothing (`WEIGHTLESS` flags, `duplicate_of`), and a weightless
follow-up takes only its own words with it. A default review whose writer came back with words of his own counts as those
words. A rival's SKU is nobody's exposure here. Every column is a sum of whole numbers (polarity in millionths while it is
summed), so tables made from parts of a month add up to the table of the month, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from voc.errors import SchemaMismatch
from voc.schemas import COMPLAINERS, EXPOSURE, FACTS, MENTIONS, REVIEWS, TIME, WEIGHTLESS, conform

REVIEW_COLUMNS = (
    "review_id", "parent_id", "kind", "source", "month", "store_id", "sku_id", "rating", "flags", "text",
)  # fmt: skip
"""What is read of the reviews; `duplicate_of` as well where it is there."""
MENTION_COLUMNS = ("mention_id", "review_id", "created_at", "aspect", "intent", "polarity", "confidence")
"""What is read of the mentions."""

COMPLAINTS = pa.schema(
    [
        pa.field("month", pa.string(), nullable=False), pa.field("source", pa.string(), nullable=False),
        pa.field("store_id", pa.string()), pa.field("sku_id", pa.string()),
        pa.field("issue_kind", pa.string(), nullable=False), pa.field("issue_code", pa.string(), nullable=False),
        pa.field("root_id", pa.string(), nullable=False), pa.field("review_id", pa.string(), nullable=False),
        pa.field("created_at", TIME, nullable=False), pa.field("confidence", pa.float32(), nullable=False),
    ]
)  # fmt: skip
"""One row per root review and issue complained of: what `n_complaints` counts, with the review that has the words."""

LOTS = pa.schema(
    [
        pa.field("month", pa.string(), nullable=False), pa.field("source", pa.string(), nullable=False),
        pa.field("store_id", pa.string()), pa.field("sku_id", pa.string(), nullable=False),
        pa.field("lot", pa.string(), nullable=False), pa.field("n_reviews", pa.int64(), nullable=False),
        pa.field("issue_code", pa.string()), pa.field("n_complaints", pa.int64(), nullable=False),
        pa.field("review_ids", pa.list_(pa.string()), nullable=False),
    ]
)  # fmt: skip
"""Root reviews of a lot, with issue_code null; and one row per issue complained of, n_reviews 0, best evidence first."""

_ROOTS = """
    create temp table piece as
    select review_id, coalesce(parent_id, review_id) as parent_id, source, month, store_id, sku_id, rating,
           length(trim(text)) > 0 as has_text,
           list_contains(flags, 'default_review') as is_default,
           list_has_any(flags, $weightless) or duplicate_of is not null as is_flagged
    from reviews
    where review_id is not null;

    create temp table unit as
    with headed as (
        select *, coalesce(parent_id, review_id) as root_id,
               row_number() over (
                   partition by coalesce(parent_id, review_id)
                   order by review_id = coalesce(parent_id, review_id) desc, review_id) = 1 as is_head
        from piece
    )
    select c.review_id, c.root_id, c.is_head, c.is_flagged, c.is_default, c.has_text,
           h.source, h.month, h.store_id, h.sku_id, h.rating,
           h.is_flagged and h.review_id = h.root_id as root_flagged
    from headed c join headed h on h.root_id = c.root_id and h.is_head
    where h.sku_id is null or not list_contains($rivals, h.sku_id);

    create temp table respondent as
    with summed as (
        select root_id, any_value(source) as source, any_value(month) as month, any_value(store_id) as store_id,
               any_value(sku_id) as sku_id, any_value(rating) as rating,
               bool_or(has_text and not is_flagged and not is_default) as has_words,
               any_value(root_flagged) or bool_and(is_flagged) as is_flagged,
               bool_or(is_head and is_default) as head_default
        from unit group by root_id
    )
    select * exclude (head_default), head_default and not is_flagged and not has_words as is_default from summed;
"""

_COMPLAINTS = """
    create temp table said as
    with counted as (
        select u.month, u.source, u.store_id, u.sku_id, m.issue_code, m.intent, u.root_id, m.review_id, m.mention_id,
               m.polarity, m.confidence, m.created_at
        from mentions m
        join unit u on u.review_id = m.review_id
        join respondent r on r.root_id = u.root_id
        where not (u.is_flagged or u.is_default or r.is_flagged) and m.confidence >= $confidence and m.issue_code is not null
    )
    select * from counted
    qualify row_number() over (
        partition by root_id, issue_code, intent order by confidence desc, created_at desc, mention_id) = 1
"""


def rivals(skus: pa.Table | None) -> list[str]:
    """SKU ids that some row of `skus` calls a competitor's and none calls our own; sorted."""
    if skus is None or not len(skus):
        return []
    with duckdb.connect(":memory:") as db:
        db.register("skus", skus.select(["sku_id", "own"]))
        found = db.execute("select sku_id from skus group by sku_id having not bool_or(own) order by sku_id").fetchall()
    return [row[0] for row in found]


def facts(mentions: pa.Table, reviews: pa.Table, *, skus: pa.Table | None = None, confidence: float = 0.5) -> pa.Table:
    """FACTS of kind `aspect`: per month, source, store, SKU and aspect, sums over distinct root reviews.

    `n_mentions` counts (root, aspect, intent) triples, each by its most confident mention, whose polarity enters
    `polarity_sum`; `n_complaints` and `n_praise` count roots. Mentions below `confidence` in [0, 1] do not count.
    Raises SchemaMismatch if a needed column is missing. Rows are sorted by their keys, nulls last.
    """
    with _open(reviews, skus) as db:
        _say(db, _aspects(mentions), confidence)
        return _facts(db, "aspect")


def topic_facts(
    mention_topics: pa.Table, mentions: pa.Table, reviews: pa.Table, *, skus: pa.Table | None = None,
    confidence: float = 0.5,
) -> pa.Table:  # fmt: skip
    """FACTS of kind `topic`: as `facts`, the issue being the topic that a mention was assigned to, if any."""
    with _open(reviews, skus) as db:
        _say(db, _topics(mention_topics, mentions), confidence)
        return _facts(db, "topic")


def complaints(
    mentions: pa.Table, reviews: pa.Table, *, mention_topics: pa.Table | None = None, skus: pa.Table | None = None,
    confidence: float = 0.5,
) -> pa.Table:  # fmt: skip
    """COMPLAINTS: the roots that `facts` counts (and `topic_facts`, given `mention_topics`), one row per root and issue.

    `review_id` is the root or the follow-up that has the words. Sorted by keys, then root.
    """
    kinds = [("aspect", _aspects(mentions))]
    if mention_topics is not None:
        kinds.append(("topic", _topics(mention_topics, mentions)))
    with _open(reviews, skus) as db:
        parts = []
        for kind, table in kinds:
            _say(db, table, confidence)
            query = f"""
                select month, source, store_id, sku_id, '{kind}' as issue_kind, issue_code, root_id, review_id,
                       created_at, confidence
                from said where intent = 'complaint'
                order by month, source, store_id nulls last, sku_id nulls last, issue_code, root_id"""
            parts.append(conform(_arrow(db, query), COMPLAINTS))
            db.execute("drop table said")
    return pa.concat_tables(parts)


def lots(
    mentions: pa.Table, reviews: pa.Table, *, skus: pa.Table | None = None, confidence: float = 0.5
) -> pa.Table:  # fmt: skip
    """LOTS: what `exposure` and `facts` count, by lot, where reviews of a SKU name one; of kind `aspect`.

    A root's lot is its own, else the first that a follow-up names. Sorted by keys, nulls first.
    """
    if "lot" not in reviews.column_names or reviews["lot"].null_count == len(reviews):
        return LOTS.empty_table()
    query = """
        with named as (
            select coalesce(parent_id, review_id) as root_id,
                   arg_min(lot, (case when parent_id is null then 0 else 1 end, review_id)) as lot
            from lots where lot is not null and length(trim(lot)) > 0 group by 1
        ), counted as (
            select r.month, r.source, r.store_id, r.sku_id, n.lot, count(*) as n_reviews, cast(null as varchar) as issue_code,
                   0 as n_complaints, cast([] as varchar[]) as review_ids
            from respondent r join named n using (root_id)
            where not r.is_flagged and not r.is_default and r.sku_id is not null group by all
        ), heard as (
            select s.month, s.source, s.store_id, s.sku_id, n.lot, 0 as n_reviews, s.issue_code, count(*) as n_complaints,
                   list(s.review_id order by s.confidence desc, s.created_at desc, s.review_id) as review_ids
            from said s join named n using (root_id)
            where s.intent = 'complaint' and s.sku_id is not null
            group by s.month, s.source, s.store_id, s.sku_id, n.lot, s.issue_code
        )
        select * from counted union all select * from heard
        order by month, source, store_id nulls first, sku_id, lot, issue_code nulls first"""
    with _open(reviews, skus) as db:
        _say(db, _aspects(mentions), confidence)
        db.register("lots", reviews.select(["review_id", "parent_id", "lot"]))
        return conform(_arrow(db, query), LOTS)


def complainers(complaints: pa.Table, exposure: pa.Table) -> pa.Table:
    """COMPLAINERS: per month and source the counted roots of `exposure`, and those with a complaint of kind `aspect`."""
    with duckdb.connect(":memory:") as db:
        db.register("complaints", complaints)
        db.register("exposure", exposure)
        query = """
            with said as (
                select month, source, count(distinct root_id) as n from complaints
                where issue_kind = 'aspect' group by all
            )
            select e.month, e.source, cast(sum(e.n_reviews) as bigint) as n_reviews,
                   coalesce(any_value(said.n), 0) as n_complaining
            from exposure e left join said using (month, source)
            group by all having sum(e.n_reviews) > 0 order by month, source"""
        return conform(_arrow(db, query), COMPLAINERS)


def respondents(reviews: pa.Table, *, skus: pa.Table | None = None) -> list[str]:
    """The ids of the roots that `exposure` counts as n_reviews, sorted."""
    with _open(reviews, skus) as db:
        found = db.sql("select root_id from respondent where not is_flagged and not is_default order by root_id")
        return [row[0] for row in found.fetchall()]


def exposure(reviews: pa.Table, *, skus: pa.Table | None = None) -> pa.Table:
    """EXPOSURE: per month, source, store and SKU, root reviews that count and those that do not.

    n_reviews counted roots, silent ones among them; n_text those with words, in the root or a follow-up; rating_sum and
    rating_n over counted roots with a rating in [1, 5] (in thousandths while summed); n_default and n_flagged what does
    not count, each root in one of the two. Sorted by keys, nulls last.
    """
    query = """
        with r as (select *, not is_flagged and not is_default as counts from respondent)
        select month, source, store_id, sku_id,
               count(*) filter (where counts) as n_reviews,
               count(*) filter (where counts and has_words) as n_text,
               coalesce(sum(cast(round(rating * 1000) as bigint)) filter (where counts), 0) / 1000.0 as rating_sum,
               count(rating) filter (where counts) as rating_n,
               count(*) filter (where is_default) as n_default,
               count(*) filter (where is_flagged) as n_flagged
        from r group by all order by month, source, store_id nulls last, sku_id nulls last"""
    with _open(reviews, skus) as db:
        return conform(_arrow(db, query), EXPOSURE)


def merge(parts: Iterable[pa.Table]) -> pa.Table:
    """The sum of several facts tables or of several exposure tables, by their keys. Raises SchemaMismatch for others."""
    tables = list(parts)
    schema = tables[0].schema if tables else FACTS
    if any(t.schema.names != schema.names for t in tables) or schema.names not in (FACTS.names, EXPOSURE.names):
        raise SchemaMismatch(f"only facts can be added to facts and exposure to exposure, not {schema.names}")
    wanted = FACTS if schema.names == FACTS.names else EXPOSURE
    keys = [n for n in wanted.names if pa.types.is_string(wanted.field(n).type)]
    sums = [
        f"sum(cast(round({n} * 1000000) as hugeint)) / 1000000.0 as {n}"
        if pa.types.is_floating(wanted.field(n).type)
        else f"sum({n}) as {n}"
        for n in wanted.names
        if n not in keys
    ]
    with duckdb.connect(":memory:") as db:
        db.register("parts", pa.concat_tables(tables) if tables else wanted.empty_table())
        order = ", ".join(f"{k} nulls last" for k in keys)
        return conform(_arrow(db, f"select {', '.join(keys + sums)} from parts group by all order by {order}"), wanted)


def _facts(db: duckdb.DuckDBPyConnection, kind: str) -> pa.Table:
    query = f"""
        select month, source, store_id, sku_id, '{kind}' as issue_kind, issue_code,
               count(*) as n_mentions,
               count(distinct root_id) filter (where intent = 'complaint') as n_complaints,
               count(distinct root_id) filter (where intent = 'praise') as n_praise,
               sum(cast(round(cast(polarity as double) * 1000000) as bigint)) / 1000000.0 as polarity_sum
        from said group by all
        order by month, source, store_id nulls last, sku_id nulls last, issue_code"""
    return conform(_arrow(db, query), FACTS)


def _open(reviews: pa.Table, skus: pa.Table | None) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables `unit` (a row per review) and `respondent` (a row per root)."""
    wanted = [*REVIEW_COLUMNS, *(["duplicate_of"] if "duplicate_of" in reviews.column_names else [])]
    table = _pick(reviews, wanted, REVIEWS)
    if "duplicate_of" not in table.column_names:
        table = table.append_column("duplicate_of", pa.nulls(len(table), pa.string()))
    db = duckdb.connect(":memory:")
    db.register("reviews", table)
    for statement in _ROOTS.split(";\n"):
        parameters = (
            {"weightless": [f for f in WEIGHTLESS if f != "default_review"]} if "$weightless" in statement else {}
        )
        if "$rivals" in statement:
            parameters["rivals"] = rivals(skus)
        if statement.strip():
            db.execute(statement, parameters)
    return db


def _say(db: duckdb.DuckDBPyConnection, mentions: pa.Table, confidence: float) -> None:
    """Make the table `said`: counted mentions, one per root, issue and intent."""
    db.register("mentions", mentions)
    db.execute(_COMPLAINTS, {"confidence": confidence})


def _aspects(mentions: pa.Table) -> pa.Table:
    return _pick(mentions, MENTION_COLUMNS, MENTIONS).rename_columns({"aspect": "issue_code"})


def _topics(mention_topics: pa.Table, mentions: pa.Table) -> pa.Table:
    with duckdb.connect(":memory:") as db:
        db.register("topics", mention_topics.select(["mention_id", "topic_id"]))
        names = ["mention_id", "review_id", "created_at", "intent", "polarity", "confidence"]
        db.register("mentions", _pick(mentions, names, MENTIONS))
        return _arrow(db, "select m.*, t.topic_id as issue_code from mentions m join topics t using (mention_id)")


def _pick(table: pa.Table, names: Sequence[str], schema: pa.Schema) -> pa.Table:
    missing = [n for n in names if n not in table.column_names]
    if missing:
        raise SchemaMismatch(f"columns needed for counting are missing: {missing}; there are {table.column_names}")
    return pa.table({n: table[n].cast(schema.field(n).type) for n in names})


def _arrow(db: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return db.sql(query).to_arrow_table()
