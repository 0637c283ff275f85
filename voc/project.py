"""`voc.open()`: a project's tables as lazy relations, and the customers' words behind any number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc import issues, refs
from voc.errors import UnknownName
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
            reviews = self.table("reviews", **filters).arrow()
            found = reviews.select([c for c in EVIDENCE_COLUMNS if c in reviews.column_names])
        else:
            found = self._quotes(self._mentions(filters))
        found = found.sort_by([("created_at", "descending"), ("review_id", "ascending")])
        return found if limit is None else found.slice(0, limit)

    def _mentions(self, filters: dict[str, str]) -> pa.Table:
        """The mentions that a reference selects: for complaints the counted ones, one per respondent and aspect."""
        filters = dict(filters)
        outside = {"store_id": ("stores", "region"), "sku_id": ("skus", "category")}
        joins = {column: (table, key, filters.pop(key)) for column, (table, key) in outside.items() if key in filters}
        if filters.get("intent") == "complaint":
            names = {"aspect": "issue_code"}
            mentions = self._counted({names.get(k, k): v for k, v in filters.items() if k != "intent"})
        else:
            mentions = self.table("mentions", **filters).arrow()
        for column, (table, key, value) in joins.items():
            rows = filtered(self._work.lake.read(table), {key: value})
            mentions = mentions.filter(pc.is_in(mentions[column], value_set=rows[column].combine_chunks()))
        return mentions

    def _counted(self, filters: dict[str, str]) -> pa.Table:
        """The complaint mentions that `facts` counts, with the respondent's store, SKU and source."""
        lake = self._work.lake
        months = [filters["month"]] if "month" in filters else lake.months("mentions")
        mentions = lake.read("mentions", months=months)
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


def filtered(table: pa.Table, filters: Mapping[str, Filter]) -> pa.Table:
    """Rows whose columns equal the values (or are among them, for a list)."""
    for column, value in filters.items():
        values = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        table = table.filter(pc.is_in(table[column], value_set=pa.array(values, table.schema.field(column).type)))
    return table
