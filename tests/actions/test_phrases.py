"""Words of a place and of a month, from the clauses themselves."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from voc import issues
from voc.actions.phrases import wording
from voc.schemas import MENTIONS, RANKING, REVIEWS, STORES, WORDING, conform

MONTH = "2026-10"


def table(rows, schema):
    names = [n for n in schema.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


@pytest.fixture(scope="module")
def said():
    """Store s1 speaks of paper cups, everybody else of bags; in September nobody spoke of the queue."""
    reviews, mentions = [], []
    for month in ("2026-09", MONTH):
        for number in range(60):
            mine = number < 12
            text = "纸杯漏水了" if mine and month == MONTH else "袋子漏气了"
            if month == MONTH and number % 2:
                text += "，队伍排到门口"
            key = f"jd:{month}:{number:03d}"
            at = dt.datetime(2026, int(month[5:]), 5, tzinfo=dt.UTC)
            common = dict(
                month=month, created_at=at, source="jd", channel="c", lang="zh", store_id="s1" if mine else "s2"
            )
            reviews.append(common | dict(review_id=key, kind="review", text=f"开头。{text}", flags=[], ingest_id="i"))
            spans = [("P06", 3, 8)] + ([("V07", 9, len(text) + 3)] if len(text) > 5 else [("V07", 0, 2)])
            for aspect, start, end in spans:
                mentions.append(
                    common | dict(mention_id=f"{key}/{aspect}", review_id=key, start=start, end=end, aspect=aspect,
                                  facet="product", intent="complaint", polarity=-0.5, confidence=0.9, severity="S3",
                                  model="m")
                )  # fmt: skip
    return table(mentions, MENTIONS), table(reviews, REVIEWS)


def told(said, *rows, **more):
    mentions, reviews = said
    signal = dict(month=MONTH, n=1, observed=1, severity="S3", rank=1, evidence=[], issue_kind="aspect", gate="strong")
    ranking = table([signal | row for row in rows], RANKING) if rows else RANKING.empty_table()
    found = wording(
        MONTH, ranking=ranking, complaints=issues.complaints(mentions, reviews), mentions=mentions, reviews=reviews, **more
    )  # fmt: skip
    assert found.schema == WORDING
    return found.to_pylist()


def test_a_place_is_known_by_its_own_words(said):
    rows = [r for r in told(said, dict(level="store", store_id="s1", aspect="P06")) if r["contrast"] == "place"]
    first = rows[0]
    assert "纸杯" in first["term"] or first["term"] == "漏水"
    assert (first["n"], first["n_said"], first["rest"], first["rest_said"]) == (12, 12, 0, 48)
    assert first["store_id"] == "s1" and first["z"] > 2 and first["log_odds"] > 0
    assert not any("袋子" in r["term"] or "开头" in r["term"] for r in rows)


def test_a_region_holds_its_stores(said):
    stores = table(
        [dict(store_id="s1", name="一店", region="北"), dict(store_id="s2", name="二店", region="南")], STORES
    )
    rows = told(said, dict(level="region", region="北", aspect="P06"), stores=stores)
    assert {r["n_said"] for r in rows if r["contrast"] == "place"} == {12}


def test_a_month_is_known_by_what_is_new_in_it(said):
    rows = [r for r in told(said) if r["contrast"] == "change"]
    queue = [r for r in rows if r["aspect"] == "V07"]
    assert any("队伍" in r["term"] or "门口" in r["term"] for r in queue)
    assert all(r["level"] == "chain" and r["n_said"] == 60 and r["rest_said"] == 60 for r in queue)


def test_too_few_or_unknown_places_have_no_words(said):
    rows = told(
        said, dict(level="store", store_id="s9", aspect="P06"), dict(level="store", store_id="s1", aspect="P99")
    )
    assert not [r for r in rows if r["contrast"] == "place"]
    weak = dict(level="store", store_id="s1", aspect="P06", gate="insufficient")
    assert not [r for r in told(said, weak) if r["contrast"] == "place"]


def test_no_complaints_no_words(said):
    mentions, reviews = said
    nothing = issues.complaints(mentions.slice(0, 0), reviews)
    found = wording(MONTH, ranking=RANKING.empty_table(), complaints=nothing, mentions=mentions, reviews=reviews)
    assert not len(found)
