from __future__ import annotations

import pyarrow as pa
import pytest

from voc.errors import SchemaMismatch
from voc.topics.documents import documents, sample


def table(rows):
    return pa.Table.from_pylist(rows)


def mention(number, review="r1", start=0, end=3, intent="complaint", month="2026-01", aspect="P10"):
    return {"mention_id": f"m{number}", "review_id": review, "month": month, "start": start, "end": end,
            "aspect": aspect, "intent": intent}  # fmt: skip


def test_clauses_of_complaints_and_requests_that_count():
    reviews = table(
        [
            {"review_id": "r1", "text": "😭太咸了，希望出小包装", "flags": [], "duplicate_of": None},
            {"review_id": "r2", "text": "太咸了", "flags": ["near_duplicate"], "duplicate_of": None},
            {"review_id": "r3", "text": "太咸了", "flags": [], "duplicate_of": "r1"},
            {"review_id": "r4", "text": "太咸了", "flags": ["five_star_complaint"], "duplicate_of": None},
        ]
    )
    mentions = table(
        [
            mention(1, start=1, end=4), mention(2, start=5, end=11, intent="request"), mention(3, intent="praise"),
            mention(4, "r2"), mention(5, "r3"), mention(6, "r4"), mention(7, "absent"), mention(8, month="2026-02"),
            mention(9, "r1", start=1, end=4, aspect="P07"),
        ]
    )  # fmt: skip
    found = documents(mentions, reviews, until="2026-01")
    assert found.mention_id == ("m1", "m2", "m6", "m9")
    assert found.text == ("太咸了", "希望出小包装", "太咸了", "太咸了")
    assert found.clause == (0, 1, 2, 0)
    assert found.once().mention_id == ("m1", "m2", "m6")
    assert len(found.of("2026-02")) == 0
    assert found.digest() == documents(mentions.take([8, 5, 4, 3, 2, 1, 0, 6, 7]), reviews, until="2026-01").digest()


def test_sample_thins_what_is_frequent():
    reviews = table([{"review_id": f"r{i}", "text": f"第{i}句话"} for i in range(60)])
    mentions = table([mention(f"{i:02d}", f"r{i}", end=9, aspect="rare" if i < 5 else "often") for i in range(60)])
    found = documents(mentions, reviews, until="2026-01")
    drawn = sample(found, most=20, seed=1)
    assert len(drawn) == 20
    assert set(drawn) >= {f"第{i}句话" for i in range(5)}
    assert drawn == sample(found, most=20, seed=1)
    assert drawn != sample(found, most=20, seed=2)
    assert len(sample(found, most=500, seed=1)) == 60


def test_missing_columns_are_named():
    with pytest.raises(SchemaMismatch, match=r"mentions lacks.*'aspect'"):
        documents(
            table([mention(1)]).drop_columns(["aspect"]), table([{"review_id": "r1", "text": "x"}]), until="2026-01"
        )
