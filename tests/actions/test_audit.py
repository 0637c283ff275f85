"""The audit's workbook: drawn the same each time, read back with every mistake named, and used for the rates."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pyarrow as pa
import pytest
import xlsxwriter

from voc.actions import audit
from voc.errors import InputError
from voc.ingest import xlsx
from voc.schemas import MENTIONS, REVIEWS, conform

MONTH = "2026-10"
NAMES = {"P07": "新鲜度", "V01": "物流速度"}
NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)


def review(number, text, **more):
    return dict(
        review_id=f"jd:{number:03d}", kind="review", source="jd", channel="c", created_at=NOON, month=MONTH, lang="zh",
        text=text, flags=[], ingest_id="i",
    ) | more  # fmt: skip


def mention(number, aspect, **more):
    return dict(
        mention_id=f"jd:{number:03d}/{aspect}", review_id=f"jd:{number:03d}", month=MONTH, created_at=NOON, source="jd",
        channel="c", lang="zh", start=0, end=4, aspect=aspect, facet="product", intent="complaint", polarity=-0.8,
        confidence=0.9, severity="S3", model="tagger-1",
    ) | more  # fmt: skip


def table(rows, schema):
    names = [name for name in schema.names if any(name in row for row in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


@pytest.fixture
def month():
    reviews = [review(i, f"包装漏气了，第{i}袋") for i in range(40)]
    reviews += [
        review(50, ""),
        review(51, "=1+1 一样的话", flags=["near_duplicate"]),
        review(52, "追评：潮了", parent_id="jd:003"),
    ]
    mentions = [mention(i, "P07") for i in range(30)] + [mention(i, "V01") for i in range(10, 14)]
    mentions += [mention(51, "P07"), mention(35, "V01", intent="praise")]
    return table(mentions, MENTIONS), table(reviews, REVIEWS)


def draw(month, **more):
    mentions, reviews = month
    return audit.sample(MONTH, mentions=mentions, reviews=reviews, **more)


def answered(path, drawn, *, mentions=lambda row: "yes", reviews=lambda row: ("no", "")):
    """`drawn` as a workbook whose answers come from functions of the row."""
    audit.write(path, drawn, names=NAMES, lang="en")
    rows = {name: [row.cells for row in xlsx.rows(path, sheet=name)] for name in ("mentions", "reviews")}
    with xlsxwriter.Workbook(str(path)) as book:
        for name, (head, *body) in rows.items():
            page = book.add_worksheet(name)
            page.write_row(0, 0, head)
            for number, cells in enumerate(body, start=1):
                row = dict(zip(audit.SHEETS[name], cells, strict=False))
                more = [mentions(row)] if name == "mentions" else list(reviews(row))
                page.write_row(number, 0, [*cells[: len(head) - len(more)], *more])
    return path


def loaded(path):
    return audit.load(path, aspects=NAMES, known={MONTH: {f"jd:{i:03d}" for i in range(60)}})


def test_as_many_of_each_aspect_and_only_what_counts(month):
    drawn = draw(month, per_aspect=10, whole=12)
    assert Counter(row["aspect"] for row in drawn.mentions) == {"P07": 10, "V01": 4}
    assert len(drawn.reviews) == 12
    whole = draw(month, whole=100).reviews
    assert {row["ref"] for row in whole} == {f"jd:{i:03d}" for i in range(40)}
    (third,) = [row for row in whole if row["ref"] == "jd:003"]
    assert third["text"].endswith("追评：潮了") and third["tagged"] == "P07"
    assert {row["quote"] for row in drawn.mentions} == {"包装漏气"}


def test_the_same_month_gives_the_same_workbook(month, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        audit.write(tmp_path / name, draw(month), names=NAMES)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_unanswered_workbook_is_refused_and_what_is_in_it_is_text(month, tmp_path, lang):
    mentions, reviews = month
    shown = pa.table(
        {n: reviews[n] if n != "text" else pa.array(["=1+1"] * len(reviews)) for n in reviews.column_names}
    )
    audit.write(tmp_path / "a.xlsx", draw((mentions, shown)), names=NAMES, lang=lang)
    with pytest.raises(InputError, match="no row is answered"):
        loaded(tmp_path / "a.xlsx")
    text = {row.cells[3] for row in xlsx.rows(tmp_path / "a.xlsx", sheet="reviews")}
    assert "=1+1" in text


def test_answers_come_back(month, tmp_path):
    path = answered(
        tmp_path / "a.xlsx", draw(month, per_aspect=5, whole=10),
        mentions=lambda row: "是" if row["aspect"] == "P07" else "NO",
        reviews=lambda row: ("yes", "V01， P07") if row["tagged"] == "P07" else ("", ""),
    )  # fmt: skip
    found = loaded(path).to_pylist()
    judged = [row for row in found if row["kind"] == "mention"]
    assert {(row["aspect"], row["correct"]) for row in judged} == {("P07", True), ("V01", False)}
    read = [row for row in found if row["kind"] == "review"]
    assert read and all(row["missed"] == ["V01"] for row in read)  # P07 was tagged, so it was not missed
    assert {row["model"] for row in found} == {"tagger-1"}


@pytest.mark.parametrize(
    ("mentions", "reviews", "words"),
    [
        ("maybe", ("", ""), r"sheet mentions, row 2: .*maybe.*yes or no"),
        ("", ("yes", ""), r"sheet reviews, row 2: 'yes'.*0 aspects"),
        ("", ("no", "P07"), r"sheet reviews, row 2: 'no'.*1 aspects"),
        ("", ("", "P07"), r"sheet reviews, row 2: .*yes or no"),
        ("", ("yes", "P7"), r"sheet reviews, row 2: no aspect 'P7'; did you mean 'P07'"),
    ],
)
def test_a_wrong_answer_is_named_by_sheet_and_row(month, tmp_path, mentions, reviews, words):
    path = answered(tmp_path / "a.xlsx", draw(month), mentions=lambda row: mentions, reviews=lambda row: reviews)
    with pytest.raises(InputError, match=words):
        loaded(path)


def test_a_review_that_is_not_there_and_a_sheet_that_is_another(month, tmp_path):
    drawn = draw(month)
    drawn.mentions[0]["ref"] = "jd:999"
    with pytest.raises(InputError, match=r"row 2: there is no review 'jd:999'"):
        loaded(answered(tmp_path / "a.xlsx", drawn))
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        book.add_worksheet("mentions").write_row(0, 0, ["text"])
    with pytest.raises(InputError, match="lacks the columns month, ref"):
        loaded(tmp_path / "b.xlsx")


def test_the_newer_answer_stands(month, tmp_path):
    first, second = (
        loaded(answered(tmp_path / f"{word}.xlsx", draw(month, whole=1), mentions=lambda row, word=word: word))
        for word in ("yes", "no")
    )
    both = audit.merged(first, second)
    assert len(both) == len(first)
    assert not any(row["correct"] for row in both.to_pylist() if row["kind"] == "mention")
