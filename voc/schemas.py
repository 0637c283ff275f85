"""One Arrow schema per table, and the contract of a row-wise stage.

Times are timestamp[us, UTC]; `month` is 'YYYY-MM' in the business time zone; spans are half-open code points into
`reviews.text`. A field is non-nullable where docs/tables.md marks it with `!`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from voc.errors import SchemaMismatch

TIME = pa.timestamp("us", tz="UTC")
TEXT, INT, REAL = pa.string(), pa.int64(), pa.float64()
WORDS, PAIRS = pa.list_(pa.string()), pa.map_(pa.string(), pa.string())


def _schema(**columns: pa.DataType | tuple[pa.DataType]) -> pa.Schema:
    """Columns in order; a type inside a one-tuple is non-nullable."""
    return pa.schema(
        [pa.field(n, t[0], nullable=False) if isinstance(t, tuple) else pa.field(n, t) for n, t in columns.items()]
    )


REVIEWS = _schema(
    review_id=(TEXT,), parent_id=TEXT, kind=(TEXT,), source=(TEXT,), channel=(TEXT,), created_at=(TIME,), month=(TEXT,),
    store_id=TEXT, sku_id=TEXT, order_id=TEXT, member_id=TEXT, touchpoint=TEXT, question=TEXT,
    rating=pa.float32(), nps=pa.int8(), fulfilment=TEXT, lot=TEXT, produced_on=pa.date32(), warehouse=TEXT, carrier=TEXT,
    subscores=pa.map_(pa.string(), pa.float32()), reply=TEXT, replied_at=TIME, sku_origin=TEXT,
    lang=(TEXT,), text=(TEXT,), attributes=PAIRS, flags=(WORDS,), duplicate_of=TEXT, ingest_id=(TEXT,),
)  # fmt: skip

STORES = _schema(
    store_id=(TEXT,), name=(TEXT,), format=TEXT, region=TEXT, city=TEXT, trade_area=TEXT, dealer=TEXT, ownership=TEXT,
    opened=pa.date32(), closed=pa.date32(), valid_from=pa.date32(), valid_to=pa.date32(),
)  # fmt: skip

SKUS = _schema(
    sku_id=(TEXT,), name=(TEXT,), parent_sku=TEXT, category=TEXT, brand=TEXT, own=(pa.bool_(),), supplier=TEXT,
    factory=TEXT, components=WORDS, launched=pa.date32(), changes=PAIRS, valid_from=pa.date32(), valid_to=pa.date32(),
)  # fmt: skip

# Units sold, by month or by `day` (then there is a row a day); what was sold of a store's SKU is its exposure where it is
# known. Returns make units negative.
SALES = _schema(month=(TEXT,), store_id=(TEXT,), sku_id=(TEXT,), units=(INT,), day=pa.date32())

ORDERS = _schema(order_id=(TEXT,), store_id=TEXT, sku_id=TEXT, fulfilment=TEXT)

INGESTS = _schema(
    ingest_id=(TEXT,), file=(TEXT,), sha256=(TEXT,), source=(TEXT,), mapping=TEXT, records=(INT,), new=(INT,),
    updated=(INT,), duplicate=(INT,), unchanged=(INT,), quarantined=(INT,), reviews_written=(INT,), naive_times=(INT,),
    months=(WORDS,), encoding=TEXT,
)  # fmt: skip

QUARANTINE = _schema(ingest_id=(TEXT,), line=(INT,), reason=(TEXT,), message=(TEXT,), raw=(TEXT,))

REVIEW_SCORES = _schema(
    review_id=(TEXT,), month=(TEXT,), label=(TEXT,), score=(pa.float32(),), rating_text_conflict=(pa.bool_(),)
)

MENTIONS = _schema(
    mention_id=(TEXT,), review_id=(TEXT,), month=(TEXT,), created_at=(TIME,), source=(TEXT,), channel=(TEXT,),
    store_id=TEXT, sku_id=TEXT, lang=(TEXT,), start=(pa.int32(),), end=(pa.int32(),),
    aspect_start=pa.int32(), aspect_end=pa.int32(), opinion_start=pa.int32(), opinion_end=pa.int32(),
    aspect=(TEXT,), facet=(TEXT,), intent=(TEXT,), polarity=(pa.float32(),), confidence=(pa.float32(),),
    severity=(TEXT,), competitor=TEXT, model=(TEXT,),
)  # fmt: skip

KEYWORDS = _schema(
    month=(TEXT,), scope=(TEXT,), scope_id=TEXT, term=(TEXT,), polarity=(TEXT,), n_reviews=(INT,), score=(REAL,),
    is_new=(pa.bool_(),),
)  # fmt: skip

# `aspects` are the taxonomy codes of its mentions by share, `within` the one that more than half of them carry; `born` the
# first month with three of its clauses; `state` what an analyst made of it: pinned | muted; `x`, `y` its place on the map and
# `kin` the largest topic of its group there.
TOPICS = _schema(
    topic_id=(TEXT,), month=(TEXT,), label=(TEXT,), terms=pa.list_(pa.struct([("term", TEXT), ("score", REAL)])),
    size=(INT,), parents=(WORDS,), event=(TEXT,), representatives=(WORDS,), model=(TEXT,),
    aspects=pa.list_(pa.struct([("aspect", TEXT), ("share", REAL)])), within=TEXT, born=TEXT, state=TEXT, x=REAL, y=REAL,
    kin=TEXT,
)  # fmt: skip

MENTION_TOPICS = _schema(mention_id=(TEXT,), month=(TEXT,), topic_id=TEXT, similarity=(pa.float32(),))

# What the months before `month` said of its topics, by the model of `month`: `said` is the month of the complaints, the
# counts are those of `facts`. Without it a topic found today would look as if nobody had ever complained of it.
TOPIC_HISTORY = _schema(
    month=(TEXT,), said=(TEXT,), source=(TEXT,), store_id=TEXT, sku_id=TEXT, topic_id=(TEXT,), n_mentions=(INT,),
    n_complaints=(INT,), n_praise=(INT,), polarity_sum=(REAL,),
)  # fmt: skip

# What people decided about topics: `edit` is name (`value`: the new name), into (`value`: the topic that it belongs to) or
# state (`value`: pinned | muted); `suggested` names came from a language model. One row per topic and edit.
TOPIC_EDITS = _schema(topic_id=(TEXT,), edit=(TEXT,), value=(TEXT,), who=TEXT, note=TEXT)

FACTS = _schema(
    month=(TEXT,), source=(TEXT,), store_id=TEXT, sku_id=TEXT, issue_kind=(TEXT,), issue_code=(TEXT,),
    n_mentions=(INT,), n_complaints=(INT,), n_praise=(INT,), polarity_sum=(REAL,),
)  # fmt: skip

EXPOSURE = _schema(
    month=(TEXT,), source=(TEXT,), store_id=TEXT, sku_id=TEXT, n_reviews=(INT,), n_text=(INT,), rating_sum=(REAL,),
    rating_n=(INT,), n_default=(INT,), n_flagged=(INT,),
)  # fmt: skip

# `chain` rows of the ranking are absolute: expected, rr, rank interval and gate are null there.
RANKING = _schema(
    month=(TEXT,), level=(TEXT,), store_id=TEXT, sku_id=TEXT, region=TEXT, source=TEXT, category=TEXT, parent_sku=TEXT,
    lot=TEXT, issue_kind=(TEXT,), aspect=(TEXT,), n=(INT,), observed=(INT,), expected=REAL, rr=REAL, rr05=REAL, rr95=REAL,
    p_above=REAL, excess=REAL, severity=(TEXT,), priority=REAL, gate=TEXT, text_only_gate=TEXT, rank=(INT,),
    rank_lo=INT, rank_hi=INT, change=TEXT, change_rr=REAL, change_lo=REAL, change_hi=REAL, change_q=REAL,
    festival_rr=REAL, rating_impact=REAL, driver=TEXT, peers=WORDS, peer_stores=INT, evidence=(WORDS,),
)  # fmt: skip

# Absolute rates of the whole chain, one row per issue; the interval is Wilson's at 95%, changes are rate ratios.
CHAIN = _schema(
    month=(TEXT,), issue_kind=(TEXT,), aspect=(TEXT,), severity=(TEXT,), n=(INT,), observed=(INT,), rate=(REAL,),
    rate_lo=(REAL,), rate_hi=(REAL,), share=(REAL,), month_ratio=REAL, month_ratio_lo=REAL, month_ratio_hi=REAL,
    year_ratio=REAL, year_ratio_lo=REAL, year_ratio_hi=REAL, rank=(INT,), evidence=(WORDS,),
)  # fmt: skip

# Root reviews of a month and source, and how many of them complain about at least one thing: the trend of the report.
COMPLAINERS = _schema(month=(TEXT,), source=(TEXT,), n_reviews=(INT,), n_complaining=(INT,))

# What the self-test planted into copies of the month and found again. `copy` is `planted`, or `null` for copies in which
# places differ only as ordinary places do: there `planted` counts judged cells and `found` false signals. n_lo <= reviews of
# the unit < n_hi; `rise` is a share of reviews, in customers' words where `sensitivity` is known from an audit, else as tagged.
POWER = _schema(
    month=(TEXT,), level=(TEXT,), copy=(TEXT,), n_lo=INT, n_hi=INT, n_median=REAL, units=(INT,), rise=REAL,
    tagged_rise=REAL, risk=REAL, copies=(INT,), planted=(INT,), found=(INT,), power=(REAL,), power_lo=(REAL,),
    power_hi=(REAL,), sensitivity=REAL,
)  # fmt: skip

# Answers of an audit, by what was labelled: a tagged complaint (`mention`: is it one, of this aspect) or a whole review
# (`review`: which aspects it complains of that were not tagged). `model` is the tagger whose work was judged.
AUDIT = _schema(
    month=(TEXT,), kind=(TEXT,), review_id=(TEXT,), aspect=TEXT, correct=pa.bool_(), missed=WORDS, model=(TEXT,)
)

# Shares of reviews that really complain of an aspect, from the tagged ones and the audit (Rogan and Gladen 1978).
PREVALENCE = _schema(
    month=(TEXT,), aspect=(TEXT,), n=(INT,), observed=(INT,), rate=(REAL,), labelled_mentions=(INT,),
    labelled_reviews=(INT,), precision=REAL, precision_lo=REAL, precision_hi=REAL, sensitivity=REAL,
    sensitivity_lo=REAL, sensitivity_hi=REAL, false_positive=REAL, false_positive_lo=REAL, false_positive_hi=REAL,
    corrected=REAL, corrected_lo=REAL, corrected_hi=REAL, state=(TEXT,),
)  # fmt: skip

# How stars go together with issues: association, not cause. `effect` in stars on a review that has the issue, `pull` on the
# chain's mean rating, `share` of what the issues explain of the stars' variance (Shapley).
IMPACT = _schema(
    month=(TEXT,), aspect=(TEXT,), n=(INT,), observed=(INT,), effect=(REAL,), effect_lo=(REAL,), effect_hi=(REAL,),
    pull=(REAL,), pull_lo=(REAL,), pull_hi=(REAL,), share=REAL, share_lo=REAL, share_hi=REAL,
)  # fmt: skip

# Words that set apart the complaints of a cell from the chain's of that issue (`place`), or this month's from those before
# (`change`): log-odds with an informative Dirichlet prior; n of n_said complaints here and rest of rest_said there have it.
WORDING = _schema(
    month=(TEXT,), contrast=(TEXT,), level=(TEXT,), store_id=TEXT, sku_id=TEXT, region=TEXT, category=TEXT,
    aspect=(TEXT,), term=(TEXT,), n=(INT,), n_said=(INT,), rest=(INT,), rest_said=(INT,), log_odds=(REAL,), z=(REAL,),
)  # fmt: skip

# What is to be done, kept over months: `status` open | done | contested; `last_seen` the last month with a signal.
ACTIONS = _schema(
    action_id=(TEXT,), opened=(TEXT,), last_seen=(TEXT,), level=(TEXT,), store_id=TEXT, sku_id=TEXT, region=TEXT,
    category=TEXT, lot=TEXT, issue_kind=(TEXT,), aspect=(TEXT,), owner=TEXT, due=(pa.date32(),), status=(TEXT,),
    observed=(INT,), expected=REAL, priority=REAL, fixed_on=pa.date32(), note=TEXT, verdict=TEXT, evidence=(WORDS,),
)  # fmt: skip

# What people found about a statement of the safety lane: `state` awaiting | verified | excluded, by whom and on which day.
# `review_id` is the root review, `opened` the month of the statement: (review_id, aspect) finds it again after restating.
SAFETY_STATES = _schema(
    mention_id=(TEXT,), opened=(TEXT,), review_id=(TEXT,), aspect=(TEXT,), store_id=TEXT, sku_id=TEXT, state=(TEXT,),
    who=TEXT, decided_on=pa.date32(), note=TEXT,
)  # fmt: skip

# What a whole report of a month printed (`kind` figure, chain, signal) and was made from (`made_from`), by edition: the next
# one says what differs and why. `key` is a name or a reference without its month.
PUBLISHED = _schema(month=(TEXT,), edition=(INT,), kind=(TEXT,), key=(TEXT,), value=REAL, text=TEXT)

# Fixes that people declared, and what the months after them say: rates of the place against the rest of the chain.
FIXES = _schema(fix_id=(TEXT,), aspect=(TEXT,), store_id=TEXT, sku_id=TEXT, fixed_on=(pa.date32(),), note=TEXT)
VERDICTS = _schema(
    month=(TEXT,), fix_id=(TEXT,), aspect=(TEXT,), store_id=TEXT, sku_id=TEXT, fixed_on=(pa.date32(),), before=(INT,),
    before_n=(INT,), after=(INT,), after_n=(INT,), rest_before=(INT,), rest_before_n=(INT,), rest_after=(INT,),
    rest_after_n=(INT,), ratio=REAL, ratio_lo=REAL, ratio_hi=REAL, verdict=(TEXT,), reason=TEXT,
)  # fmt: skip

# What members like and wish for (`kind`: likes | wishes), and members who said that they may leave; ids are keyed hashes.
TAGS = _schema(
    month=(TEXT,), member_id=(TEXT,), kind=(TEXT,), aspect=(TEXT,), n=(INT,), against=(INT,), last_said=(TIME,),
    evidence=(WORDS,),
)  # fmt: skip
AT_RISK = _schema(
    month=(TEXT,), member_id=(TEXT,), rank=(INT,), reasons=(WORDS,), n_leave=(INT,), n_switch=(INT,), n_safety=(INT,),
    n_complaints=(INT,), n_months=(INT,), last_said=(TIME,), store_id=TEXT, competitor=TEXT, evidence=(WORDS,),
)  # fmt: skip

#: Flags that take a review out of every count; it stays in `reviews` and is shown apart.
WEIGHTLESS = ("burst", "burst_negative", "claim", "default_review", "incentivised", "near_duplicate", "spam")

TABLES = MappingProxyType(
    dict(
        reviews=REVIEWS, stores=STORES, skus=SKUS, orders=ORDERS, sales=SALES, ingests=INGESTS, quarantine=QUARANTINE,
        review_scores=REVIEW_SCORES, mentions=MENTIONS, keywords=KEYWORDS, topics=TOPICS,
        mention_topics=MENTION_TOPICS, topic_history=TOPIC_HISTORY, topic_edits=TOPIC_EDITS,
        facts=FACTS, exposure=EXPOSURE, ranking=RANKING, chain=CHAIN, complainers=COMPLAINERS,
        power=POWER, audit=AUDIT, prevalence=PREVALENCE, impact=IMPACT, wording=WORDING,
        actions=ACTIONS, fixes=FIXES, verdicts=VERDICTS, tags=TAGS, at_risk=AT_RISK, safety_states=SAFETY_STATES,
        published=PUBLISHED,
    )
)  # fmt: skip

#: The columns that give each table a total order.
ORDER: dict[str, tuple[str, ...]] = {
    "reviews": ("month", "review_id"),
    "stores": ("store_id", "valid_from"),
    "skus": ("sku_id", "valid_from"),
    "orders": ("order_id", "sku_id", "store_id"),
    "sales": ("month", "store_id", "sku_id", "day"),
    "ingests": ("ingest_id",),
    "quarantine": ("ingest_id", "line", "reason"),
    "review_scores": ("month", "review_id"),
    "mentions": ("month", "mention_id"),
    "keywords": ("month", "scope", "scope_id", "polarity", "term"),
    "topics": ("month", "topic_id"),
    "mention_topics": ("month", "mention_id"),
    "topic_history": ("month", "said", "source", "store_id", "sku_id", "topic_id"),
    "topic_edits": ("topic_id", "edit"),
    "facts": ("month", "source", "store_id", "sku_id", "issue_kind", "issue_code"),
    "exposure": ("month", "source", "store_id", "sku_id"),
    "ranking": ("month", "level", "rank", "store_id", "sku_id", "region", "source", "category", "issue_kind", "aspect"),
    "chain": ("month", "rank", "issue_kind", "aspect"),
    "complainers": ("month", "source"),
    "power": ("month", "level", "copy", "n_lo", "rise"),
    "audit": ("month", "kind", "review_id", "aspect"),
    "prevalence": ("month", "aspect"),
    "impact": ("month", "aspect"),
    "wording": ("month", "contrast", "level", "store_id", "sku_id", "region", "category", "aspect", "z", "term"),
    "actions": ("action_id",),
    "fixes": ("fix_id",),
    "verdicts": ("month", "fix_id"),
    "tags": ("month", "member_id", "kind", "aspect"),
    "at_risk": ("month", "rank"),
    "safety_states": ("opened", "review_id", "aspect"),
    "published": ("month", "edition", "kind", "key"),
}

Batch = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True)
class Stage:
    """A row-wise step that knows no engine.

    `open()` runs once per worker and returns a pure function from a batch with schema `input` to a batch with schema
    `output`. `open` must pickle (a module-level function or a `functools.partial` of one).
    """

    name: str
    input: pa.Schema
    output: pa.Schema
    open: Callable[[], Batch]


def checked(stage: Stage) -> Batch:
    """Open `stage` and check each batch on both sides, by name, order and type. Raises SchemaMismatch."""
    run = stage.open()

    def checked_run(batch: pa.RecordBatch) -> pa.RecordBatch:
        check(batch.schema, stage.input, f"input of stage {stage.name!r}")
        out = run(batch)
        check(out.schema, stage.output, f"output of stage {stage.name!r}")
        return out

    return checked_run


def check(found: pa.Schema, wanted: pa.Schema, where: str) -> None:
    """Raise SchemaMismatch unless names, order and types are equal (nullability is checked by `conform`)."""
    if found.names != wanted.names or found.types != wanted.types:
        pairs = [
            f"{w.name}: {w.type}" for w in wanted if w.name not in found.names or found.field(w.name).type != w.type
        ]
        extra = [n for n in found.names if n not in wanted.names]
        raise SchemaMismatch(f"{where}: wants {pairs or wanted.names}, found extra {extra}, order {found.names}")


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """`table` with exactly `schema`: missing nullable columns become nulls, others are cast, extra ones are an error.

    Raises SchemaMismatch for an extra column, a missing non-nullable one, or a null where none may be.
    """
    extra = [n for n in table.column_names if n not in schema.names]
    if extra:
        raise SchemaMismatch(f"columns that the table does not have: {extra}; it has {schema.names}")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            if not field.nullable:
                raise SchemaMismatch(f"column {field.name!r} is missing and may not be null")
            columns.append(pa.nulls(len(table), field.type))
            continue
        column = table[field.name]
        if not field.nullable and column.null_count:
            raise SchemaMismatch(f"column {field.name!r} has {column.null_count} nulls and may have none")
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def project(schema: pa.Schema, *names: str) -> pa.Schema:
    """The fields `names` of `schema`, in that order: the input that a stage really needs."""
    return pa.schema([schema.field(n) for n in names])


def empty(name: str) -> pa.Table:
    """The table `name` of `TABLES` without rows."""
    return TABLES[name].empty_table()
