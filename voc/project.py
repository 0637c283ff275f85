"""`voc.open()`: a project's tables as lazy relations, and the customers' words behind any number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc import issues, refs
from voc.errors import InputError, UnknownName
from voc.relation import Relation
from voc.schemas import TABLES
from voc.workspace import Workspace

Filter = str | int | Sequence[str] | None
EVIDENCE_COLUMNS = ("review_id", "created_at", "source", "store_id", "sku_id", "aspect", "intent", "quote", "text")


def open(folder: str | Path = ".") -> Project:
    """The project in `folder`. Raises ConfigError when there is none."""
    return Project(Workspace.open(folder))


class Project:
    """One chain's project. Tables are methods; keyword arguments filter by equality (a list: any of its values)."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self.folder = work.folder

    def table(self, name: str, **filters: Filter) -> Relation:
        """Table `name` of docs/tables.md. Raises UnknownName for a table or a column that does not exist."""
        if name not in TABLES:
            raise UnknownName("table", name, TABLES)
        for column in filters:
            if column not in TABLES[name].names:
                raise UnknownName("column", column, TABLES[name].names, where=f"table {name!r}")
        return Relation(name, lambda: self._read(name, filters))

    def _read(self, name: str, filters: Mapping[str, Filter]) -> pa.Table:
        wanted = {column: value for column, value in filters.items() if value is not None}
        months = wanted.pop("month", None)
        chosen = None if months is None else [months] if isinstance(months, str) else list(months)  # type: ignore[arg-type]
        table = self._work.lake.read(name, months=chosen)
        return filtered(table, wanted)

    def reviews(self, **filters: Filter) -> Relation:
        return self.table("reviews", **filters)

    def mentions(self, **filters: Filter) -> Relation:
        return self.table("mentions", **filters)

    def keywords(self, **filters: Filter) -> Relation:
        return self.table("keywords", **filters)

    def topics(self, **filters: Filter) -> Relation:
        return self.table("topics", **filters)

    def ranking(self, **filters: Filter) -> Relation:
        return self.table("ranking", **filters)

    def months(self) -> list[str]:
        """The months that have reviews, oldest first."""
        return self._work.lake.months("reviews")

    def evidence(self, of: str | Mapping[str, Any], *, limit: int | None = None) -> Relation:
        """The reviews behind a number, newest first.

        `of` is a report's reference ("mentions?aspect=P07&intent=complaint&month=2026-10&store_id=S012") or a row of
        `ranking`, `chain`, `mentions` or `safety` as a dict. Columns: review_id, created_at, source, store_id, sku_id,
        aspect, intent, quote (the clause), text (the whole masked review).
        """
        reference = of if isinstance(of, str) else refs.of_row(of)
        return Relation(f"evidence of {reference}", lambda: self._evidence(reference, limit))

    def _evidence(self, reference: str, limit: int | None) -> pa.Table:
        name, filters = refs.parse(reference)
        if name == "reviews":
            found = _as_evidence(self.table("reviews", **filters).arrow())
        elif name in ("exposure", "review_scores"):
            found = _as_evidence(self._respondents(name, filters))
        elif name == "keywords":
            found = _as_evidence(self._holding(filters))
        elif name in ("ranking", "chain", "topics", "tags"):
            found = self._behind(self.table(name, **filters).arrow())
        elif name in ("impact", "prevalence", "verdicts", "wording"):
            kept = {
                k: v for k, v in filters.items() if k in ("month", "aspect", "store_id", "sku_id", "region", "category")
            }
            found = self._quotes(self._mentions({**kept, "intent": "complaint"}))
        elif name in ("mentions", "mention_topics"):
            found = self._quotes(self._mentions(filters))
        else:
            raise InputError(f"{reference!r} counts rows of {name}, not reviews; read them with table({name!r})")
        found = found.sort_by([("created_at", "descending"), ("review_id", "ascending")])
        return found if limit is None else found.slice(0, limit)

    def _mentions(self, filters: dict[str, str]) -> pa.Table:
        """The mentions that a reference selects: for complaints the counted ones, one per respondent and aspect."""
        filters = dict(filters)
        outside = {"region": "stores", "category": "skus", "parent_sku": "skus", "supplier": "skus", "dealer": "stores"}
        joins = [(table, key, filters.pop(key)) for key, table in outside.items() if key in filters]
        topic, severity, opinion = (filters.pop(key, None) for key in ("topic_id", "severity", "opinion"))
        if severity is not None and filters.get("intent") == "complaint":
            mentions = self._said_of_harm(severity, filters)
        elif topic is not None:
            mentions = self._counted({k: v for k, v in filters.items() if k != "intent"}, topic=topic)
        elif filters.get("intent") == "complaint":
            names = {"aspect": "issue_code"}
            mentions = self._counted({names.get(k, k): v for k, v in filters.items() if k != "intent"})
        else:
            mentions = self.table("mentions", **filters).arrow()
        if opinion is not None:
            mentions = self._worded(mentions, opinion)
        for table, key, value in joins:
            column, rows = f"{table[:-1]}_id", filtered(self._work.lake.read(table), {key: value})
            mentions = mentions.filter(pc.is_in(mentions[column], value_set=rows[column].combine_chunks()))
        return mentions

    def _counted(self, filters: dict[str, str], *, topic: str | None = None) -> pa.Table:
        """The complaint mentions that `facts` counts (of `topic` alone), with the respondent's store, SKU and source."""
        lake = self._work.lake
        months = [filters["month"]] if "month" in filters else lake.months("mentions")
        mentions = lake.read("mentions", months=months)
        if topic is not None:  # whatever their codes, the mentions of one topic are complaints of one thing
            ids = self.table("mention_topics", month=filters.get("month"), topic_id=topic).arrow()["mention_id"]
            mentions = mentions.filter(pc.is_in(mentions["mention_id"], value_set=ids.combine_chunks()))
            mentions = mentions.set_column(
                mentions.schema.get_field_index("aspect"),
                mentions.schema.field("aspect"),
                pa.repeat(topic, len(mentions)),
            )
        reviews, skus = lake.read("reviews", months=months), lake.read("skus")
        minimum = self._work.config.nlp.min_confidence
        counted = filtered(issues.complaints(mentions, reviews, skus=skus, confidence=minimum), filters)
        best = Relation("mentions", lambda: mentions).sql("""
            select * from this where intent = 'complaint'
            qualify row_number() over (
                partition by review_id, aspect order by confidence desc, created_at desc, mention_id) = 1
        """).arrow()  # fmt: skip
        keys = ["review_id", "issue_code", "source", "store_id", "sku_id"]
        kept = counted.select(keys).rename_columns({"issue_code": "aspect"})
        return kept.join(
            best.drop_columns(["source", "store_id", "sku_id"]), ["review_id", "aspect"], join_type="inner"
        )

    def _said_of_harm(self, severity: str, filters: Mapping[str, str]) -> pa.Table:
        """The mentions of the safety lane, those that no statistic counts included."""
        lake, months = self._work.lake, [filters["month"]] if "month" in filters else None
        mentions, reviews = lake.read("mentions", months=months), lake.read("reviews", months=months)
        minimum = self._work.config.nlp.min_confidence
        lane = issues.safety(mentions, reviews, skus=lake.read("skus"), confidence=minimum, severity=severity)
        found = mentions.filter(pc.is_in(mentions["mention_id"], value_set=lane["mention_id"].combine_chunks()))
        return filtered(found, {k: v for k, v in filters.items() if k not in ("month", "intent")})

    def _worded(self, mentions: pa.Table, opinion: str) -> pa.Table:
        """The mentions whose opinion reads `opinion`, in small letters."""
        reviews = self._work.lake.read(
            "reviews", months=sorted(set(mentions["month"].to_pylist())), columns=["review_id", "text"]
        )
        texts = dict(zip(reviews["review_id"].to_pylist(), reviews["text"].to_pylist(), strict=True))
        spans = zip(*(mentions[c].to_pylist() for c in ("review_id", "opinion_start", "opinion_end")), strict=True)
        same = [a is not None and texts[i][a:b].strip().lower() == opinion for i, a, b in spans]
        return mentions.filter(pa.array(same, pa.bool_()))

    def _respondents(self, name: str, filters: dict[str, str]) -> pa.Table:
        """The root reviews that `exposure` counts, or those that `review_scores` selects."""
        lake = self._work.lake
        if name == "review_scores":
            wanted = {**filters, "rating_text_conflict": filters.get("rating_text_conflict", "true") == "true"}
            ids = self.table(name, **wanted).arrow()["review_id"]  # type: ignore[arg-type]
            reviews = self.table("reviews", month=filters.get("month")).arrow()
            return reviews.filter(pc.is_in(reviews["review_id"], value_set=ids.combine_chunks()))
        reviews = self.table("reviews", **{k: v for k, v in filters.items() if k in TABLES["reviews"].names}).arrow()
        for key, table in (("region", "stores"), ("category", "skus"), ("supplier", "skus"), ("parent_sku", "skus")):
            if key in filters:
                column, rows = f"{table[:-1]}_id", filtered(lake.read(table), {key: filters[key]})
                reviews = reviews.filter(pc.is_in(reviews[column], value_set=rows[column].combine_chunks()))
        skus = lake.read("skus")
        months = sorted(set(reviews["month"].to_pylist()))
        roots = set(issues.respondents(lake.read("reviews", months=months), skus=skus))
        own, kept = set(reviews["review_id"].to_pylist()), []
        for review, parent in zip(reviews["review_id"].to_pylist(), reviews["parent_id"].to_pylist(), strict=True):
            alone = parent is not None and parent not in own  # a follow-up whose first review was never exported
            kept.append((parent if alone else review) in roots and (parent is None or alone))
            if alone:
                roots.discard(parent)
        return reviews.filter(pa.array(kept, pa.bool_()))

    def _holding(self, filters: Mapping[str, str]) -> pa.Table:
        """The reviews of a keyword's scope that hold the word as it is written there."""
        place = {"store": "store_id", "sku": "sku_id", "source": "source"}.get(filters.get("scope", ""))
        wanted = {place: filters.get("scope_id")} if place else {}
        reviews = self.table("reviews", month=filters.get("month"), **wanted).arrow()
        return reviews.filter(pc.match_substring(reviews["text"], filters["term"], ignore_case=True))

    def _behind(self, rows: pa.Table) -> pa.Table:
        """The complaints behind one row of the ranking or the chain list; behind other rows, the reviews that they name."""
        if len(rows) == 1 and "issue_kind" in rows.column_names:
            _, filters = refs.parse(refs.of_row(rows.to_pylist()[0]))
            return self._quotes(self._mentions(filters))
        named = rows["evidence" if "evidence" in rows.column_names else "representatives"].to_pylist()
        ids = pa.array(sorted({i for found in named for i in found}), pa.string())
        reviews = self._work.lake.read("reviews", months=sorted(set(rows["month"].to_pylist())))
        return _as_evidence(reviews.filter(pc.is_in(reviews["review_id"], value_set=ids)))

    def _quotes(self, mentions: pa.Table) -> pa.Table:
        months = sorted(set(mentions["month"].to_pylist()))
        reviews = self._work.lake.read("reviews", months=months, columns=["review_id", "text"])
        texts = dict(zip(reviews["review_id"].to_pylist(), reviews["text"].to_pylist(), strict=True))
        whole = [texts[i] for i in mentions["review_id"].to_pylist()]
        spans = zip(whole, mentions["start"].to_pylist(), mentions["end"].to_pylist(), strict=True)
        columns = {c: mentions[c] for c in EVIDENCE_COLUMNS if c in mentions.column_names}
        columns["quote"] = pa.array([text[start:end] for text, start, end in spans], pa.string())
        columns["text"] = pa.array(whole, pa.string())
        return pa.table({c: columns[c] for c in EVIDENCE_COLUMNS})

    def __repr__(self) -> str:
        months = self.months()
        span = f"{months[0]} to {months[-1]}" if months else "no reviews yet"
        return f"<voc project {self._work.config.project.name!r}: {span}>"


def _as_evidence(reviews: pa.Table) -> pa.Table:
    """Reviews in the columns of evidence that they have."""
    return reviews.select([c for c in EVIDENCE_COLUMNS if c in reviews.column_names])


def filtered(table: pa.Table, filters: Mapping[str, Filter]) -> pa.Table:
    """Rows whose columns equal the values (or are among them, for a list)."""
    for column, value in filters.items():
        values = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        wanted = pa.array(values).cast(table.schema.field(column).type)  # a reference holds numbers as text
        table = table.filter(pc.is_in(table[column], value_set=wanted))
    return table
