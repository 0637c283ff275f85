"""Why a published number changed: what differs from the last edition, what it was made from, and the same bytes again."""

from __future__ import annotations

import json
from dataclasses import replace

import builder
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import report_pages as pages

from voc.report import editions
from voc.report.build import build
from voc.report.context import open_context
from voc.report.figures import plain
from voc.report.opening import open_book
from voc.schemas import PUBLISHED

RUN = {"taxonomy": {"name": "retail-food", "version": "3", "sha256": "a" * 64}, "models": ["m1"], "code": "0.1.0",
       "config": {"ranking": {"risk": 1.5}, "report": {"title": "松果"}}}  # fmt: skip


@pytest.fixture(scope="module")
def first():
    return replace(builder.build(n_reviews=1800, n_months=14), run=RUN)


def then(data, *, published=None):
    """What stands in the lake after a report of `data`."""
    made = editions.added(PUBLISHED.empty_table() if published is None else published, data)
    return published if made is None else made


def later(data):
    """The month after late rows of a file: one source has ten more reviews and complaints."""
    rows = [
        {**r, "n_reviews": r["n_reviews"] + 10} if i == 0 and r["month"] == builder.MONTH else r
        for i, r in enumerate(sorted(data.exposure.to_pylist(), key=lambda r: r["month"] != builder.MONTH))
    ]
    late = {**data.ingests.to_pylist()[0], "ingest_id": "i-late", "file": "补交.csv", "new": 10}
    return replace(
        data,
        exposure=pa.Table.from_pylist(rows, schema=data.exposure.schema),
        ranking=data.ranking.filter(pc.fill_null(pc.equal(data.ranking["gate"], "insufficient"), True)),
        ingests=pa.concat_tables([data.ingests, pa.Table.from_pylist([late], schema=data.ingests.schema)]),
    )


def said(data, lang="zh"):
    return editions.against(open_context(open_book(data, lang=lang)))


def test_the_first_report_and_an_equal_one_have_nothing_to_say(first):
    assert said(first) is None
    assert said(replace(first, published=then(first))) is None
    assert editions.added(then(first), first) is None
    title = replace(first, run={**RUN, "config": {**RUN["config"], "report": {"title": "别的"}}})
    assert editions.added(then(first), title) is None


def test_late_rows_are_named_with_what_they_moved(first):
    found = said(replace(later(first), published=then(first)))
    assert [(d.name, int(d.now.replace(",", "")) - int(d.then.replace(",", ""))) for d in found.figures] == [
        ("计入的评价", 10)
    ]
    (cause,) = found.causes
    assert "补交.csv" in cause and "新增 10 条" in cause
    assert found.lost and not found.gained and "·" in found.lost[0]
    text = plain(found.sentence)
    assert text.startswith("与上次出的本月报告不同：计入的评价 ") and text.endswith("更新 0 条）。")
    english = plain(said(replace(later(first), published=then(first)), "en").sentence)
    assert "reviews counted" in english and "10 new" in english


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"taxonomy": {"name": "retail-food", "version": "4", "sha256": "b" * 64}}, "问题词典从 retail-food 3 (aaaaaaaa) 换成"),
        ({"models": ["m2"]}, "模型从 m1 换成 m2"),
        ({"config": {"ranking": {"risk": 2.0}}}, "设置 ranking.risk 从 1.5 改为 2.0"),
        ({"code": "0.2.0"}, "程序从 0.1.0 升到 0.2.0"),
    ],
)  # fmt: skip
def test_other_causes_are_named(first, change, words):
    fewer = first.chain.slice(1)
    found = said(replace(first, chain=fewer, run={**RUN, **change}, published=then(first)))
    assert [c for c in found.causes if words in c] and found.chain[0].now == "—"


def test_building_again_gives_the_same_bytes(first, tmp_path):
    data = replace(later(first), published=then(first))
    build(data, tmp_path / "a")
    build(replace(data, published=then(data, published=data.published)), tmp_path / "b")
    assert pages.everything(tmp_path / "a") == pages.everything(tmp_path / "b")
    words = pages.read(tmp_path / "a")["coverage.html"].words
    assert "与发布过的数不同" in words and "补交.csv" in words


def test_an_earlier_month_that_was_restated_is_named_where_it_is_compared_with(first):
    before = "2026-09"
    rows = [
        dict(month=before, edition=1, kind="figure", key=k, value=v)
        for k, v in (("reviews", 7.0), ("complaining", 1.0))
    ]
    old = pa.Table.from_pylist(rows, schema=PUBLISHED)
    lines = editions.restated(open_context(open_book(replace(first, published=old))))
    assert len(lines) == 2 and lines[0].startswith("2026 年 9 月的计入的评价在发布后有变：7 → ")
    assert editions.restated(open_context(open_book(first))) == []


def test_packs_know_of_no_edition(first, tmp_path):
    data = replace(later(first), published=then(first))
    build(data, tmp_path / "p", store=data.stores["store_id"][0].as_py())
    assert "补交.csv" not in pages.everything(tmp_path / "p").decode("utf-8", "ignore")


def test_keys_are_references_without_their_month(first):
    rows = editions.edition(first)
    assert {r["kind"] for r in rows} == {"figure", "chain", "signal", "made_from"}
    assert rows == sorted(rows, key=lambda r: (r["kind"], r["key"])) and "month" not in json.dumps(
        [r["key"] for r in rows]
    )
