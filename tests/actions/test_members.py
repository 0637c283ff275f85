"""Lists of members: their own words, counted by review, and never more than they said."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from voc.actions import members
from voc.ingest import make_key
from voc.ingest.privacy import member_ids
from voc.schemas import AT_RISK, MENTIONS, REVIEWS, SKUS, TAGS, conform

MONTH = "2026-10"


class Said:
    """Reviews and their mentions, put together a line at a time."""

    def __init__(self):
        self.reviews, self.mentions = [], []

    def __call__(self, member, *what, day=5, month=MONTH, **more):
        """One review of `member`; each of `what` is 'aspect intent [severity]'."""
        key = f"jd:{len(self.reviews):03d}"
        at = dt.datetime(int(month[:4]), int(month[5:]), day, 12, tzinfo=dt.UTC)
        row = dict(
            review_id=key, kind="review", source="jd", channel="c", created_at=at, month=month, lang="zh", text="一句话",
            flags=[], ingest_id="i", member_id=member, store_id="s1",
        )  # fmt: skip
        self.reviews.append(row | more)
        for number, words in enumerate(what):
            aspect, intent, severity = (*words.split(), "S3")[:3]
            self.mentions.append(
                dict(
                    mention_id=f"{key}/{number}",
                    review_id=key,
                    month=month,
                    created_at=at,
                    source="jd",
                    channel="c",
                    lang="zh",
                    start=0,
                    end=1,
                    aspect=aspect,
                    facet="product",
                    intent=intent,
                    polarity=0.0,
                    confidence=0.9,
                    severity=severity,
                    model="m",
                )
            )
        return key

    def tables(self):
        out = []
        for rows, schema in ((self.mentions, MENTIONS), (self.reviews, REVIEWS)):
            names = [n for n in schema.names if any(n in r for r in rows)]
            out.append(
                conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)
            )
        return out

    def tags(self, **more):
        table = members.tags(MONTH, *self.tables(), aspects=["P10", "P11"], **more)
        assert table.schema == TAGS
        return {(r["member_id"], r["kind"], r["aspect"]): r for r in table.to_pylist()}

    def at_risk(self, **more):
        table = members.at_risk(MONTH, *self.tables(), **more)
        assert table.schema == AT_RISK
        return table.to_pylist()


@pytest.fixture
def said():
    return Said()


def test_what_was_praised_more_often_than_complained_of_is_liked(said):
    said("m", "P10 praise", "P11 complaint")
    said("m", "P10 praise", "P10 complaint", "P11 praise", "P10 praise")
    said("n", "P11 request", "P99 praise")
    said(None, "P10 praise")
    found = said.tags()
    assert set(found) == {("m", "likes", "P10"), ("n", "wishes", "P11")}
    row = found["m", "likes", "P10"]
    assert (row["n"], row["against"], row["evidence"]) == (2, 1, ["jd:000", "jd:001"])


def test_weightless_words_are_nobodys(said):
    for more in (dict(flags=["incentivised"]), dict(duplicate_of="jd:x"), dict(sku_id="rival")):
        said("m", "P10 praise", "P10 leave", **more)
    skus = pa.table({"sku_id": ["rival"], "own": [False]}).cast(pa.schema([SKUS.field("sku_id"), SKUS.field("own")]))
    assert said.tags(skus=skus) == {} and said.at_risk(skus=skus) == []
    said("m", "P10 praise")
    assert said.tags(skus=skus, confidence=0.95) == {}


def test_a_follow_up_is_the_same_review(said):
    root = said("m", "P10 praise")
    said(None, "P10 praise", "P10 leave", parent_id=root)
    assert said.tags()["m", "likes", "P10"]["n"] == 1
    assert [r["member_id"] for r in said.at_risk()] == ["m"]


def test_who_says_so_or_has_reason_is_on_the_list(said):
    said("leaver", "P10 leave", "P10 complaint")
    said("switcher", "P10 switch")
    said("hurt", "P10 complaint S1")
    said("patient", "P10 complaint", month="2026-08")
    said("patient", "P11 complaint")
    said("once", "P10 complaint", "P11 complaint")
    said("happy", "P10 praise")
    found = said.at_risk()
    assert [r["rank"] for r in found] == [1, 2, 3, 4]
    assert {r["member_id"]: r["reasons"] for r in found} == {
        "leaver": ["leave"], "switcher": ["switch"], "hurt": ["safety"], "patient": ["repeated"]
    }  # fmt: skip
    assert [r["member_id"] for r in found][2:] == ["hurt", "patient"]
    assert found[-1]["n_months"] == 2 and found[-1]["n_complaints"] == 2 and found[-1]["store_id"] == "s1"


def test_who_came_back_is_not(said):
    said("m", "P10 leave", day=3)
    said("m", "P10 repurchase", day=9)
    said("n", "P10 repurchase", day=3)
    said("n", "P10 leave", day=9)
    assert [r["member_id"] for r in said.at_risk()] == ["n"]


def test_names_and_order_of_rows_do_not_matter(said):
    for member in "abcd":
        said(member, "P10 leave", "P10 praise")
    mentions, reviews = said.tables()
    back = [t.take(pa.array(range(len(t) - 1, -1, -1))) for t in (mentions, reviews)]
    assert members.at_risk(MONTH, *back).equals(members.at_risk(MONTH, mentions, reviews))
    assert members.tags(MONTH, *back, aspects=["P10"]).equals(members.tags(MONTH, mentions, reviews, aspects=["P10"]))


def test_ids_of_a_file_are_hashed_as_they_were_when_read(tmp_path):
    (tmp_path / "m.csv").write_text("member_id,name\n13800000000,x\nM-2,y\nM-2,y\n,z\n", "utf-8")
    key = make_key(tmp_path / "key")
    ids = members.ids(tmp_path / "m.csv")
    assert ids == ["13800000000", "M-2"]
    assert members.hashed(ids, key) == member_ids(pa.array(ids), key).to_pylist()
