"""Small tables in which everything that a count depends on can be said in a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pytest

from voc.schemas import MENTIONS, REVIEWS, conform

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)


def _review(review_id: str, **columns: object) -> dict[str, object]:
    """A review of store s1 and SKU k1 in October 2026 that says something, unless told otherwise."""
    row: dict[str, object] = dict(
        review_id=review_id, parent_id=None, kind="review", source="jd", channel="shop", created_at=NOON, month="2026-10",
        store_id="s1", sku_id="k1", rating=4.0, lang="zh", text="盒子压扁了", flags=[], ingest_id="i",
    )  # fmt: skip
    return row | columns


def _mention(review_id: str, aspect: str = "taste", **columns: object) -> dict[str, object]:
    """A complaint about `aspect` with confidence .9, unless told otherwise."""
    number = columns.pop("number", 0)
    row: dict[str, object] = dict(
        mention_id=f"{review_id}/{aspect}/{number}", review_id=review_id, month="2026-10", created_at=NOON, source="jd",
        channel="shop", store_id="s1", sku_id="k1", lang="zh", start=0, end=5, aspect=aspect, facet="product",
        intent="complaint", polarity=-0.8, confidence=0.9, severity="S3", model="test",
    )  # fmt: skip
    return row | columns


def _table(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    names = [n for n in schema.names if any(n in r for r in rows)] if rows else []
    if not rows:
        return schema.empty_table()
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


@pytest.fixture
def review() -> Callable[..., dict[str, object]]:
    return _review


@pytest.fixture
def mention() -> Callable[..., dict[str, object]]:
    return _mention


@pytest.fixture
def reviews() -> Callable[..., pa.Table]:
    return lambda *rows: _table(list(rows), REVIEWS)


@pytest.fixture
def mentions() -> Callable[..., pa.Table]:
    return lambda *rows: _table(list(rows), MENTIONS)
