"""References: every printed number names the table and the filter that it was counted from.

A reference reads `mentions?aspect=P07&intent=complaint&month=2026-10&store_id=S012`: a table, then filters with sorted
keys and percent-encoded values. The same filters always give the same string, so a reference can be compared, stored and
turned into a file name by hashing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from voc.errors import InputError, UnknownName
from voc.schemas import TABLES

# Columns of the dimension tables that a filter on a fact table may name as well.
JOINED = (
    "store_id",
    "sku_id",
    "source",
    "region",
    "category",
    "city",
    "format",
    "dealer",
    "supplier",
    "lot",
    "opinion",
    "parent_sku",
    "root_id",
)


def make(table: str, **filters: object) -> str:
    """The reference of `table` under `filters`; a filter that is None is left out.

    Raises UnknownName for a table that does not exist or a column that neither the table nor its dimensions have.
    """
    known = _columns(table)
    pairs = []
    for key in sorted(filters):
        if filters[key] is None:
            continue
        if key not in known:
            raise UnknownName("filter", key, known, where=f"reference to {table}")
        pairs.append(f"{key}={quote(str(filters[key]), safe='')}")
    return f"{table}?{'&'.join(pairs)}" if pairs else table


def parse(ref: str) -> tuple[str, dict[str, str]]:
    """The table and the filters of a reference; the inverse of `make`.

    Raises UnknownName as `make` does, and InputError where a filter is not `key=value` or a key comes twice.
    """
    table, _, query = ref.partition("?")
    known = _columns(table)
    filters: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict") if query else []
    except ValueError as error:
        raise InputError(f"reference {ref!r} has a filter that is not key=value: {error}") from error
    for key, value in pairs:
        if key not in known:
            raise UnknownName("filter", key, known, where=f"reference {ref!r}")
        if key in filters:
            raise InputError(f"reference {ref!r} names the filter {key!r} twice")
        filters[key] = value
    return table, filters


def _columns(table: str) -> tuple[str, ...]:
    if table not in TABLES:
        raise UnknownName("table", table, TABLES, where="reference")
    return (*TABLES[table].names, *JOINED)


def of_row(row: Mapping[str, Any]) -> str:
    """The reference of a row of `ranking`, `chain` or `mentions`: the complaints (of a mention: its kind) that it counts.

    Raises InputError for a row without month and aspect.
    """
    if row.get("month") is None or row.get("aspect") is None:
        raise InputError(f"a row with month and aspect is needed, this one has {', '.join(row)}")
    places = {c: row.get(c) for c in ("store_id", "sku_id", "source", "region", "category", "parent_sku")}
    if row.get("issue_kind") == "topic":
        return make("mention_topics", topic_id=row["aspect"], month=row["month"], **places)
    return make("mentions", aspect=row["aspect"], intent=row.get("intent", "complaint"), month=row["month"], **places)
