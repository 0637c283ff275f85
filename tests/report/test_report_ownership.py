"""Own and franchised stores: compared at the same mix, anonymous, and only where no store or owner can be recognised."""

from dataclasses import replace

import builder
import pyarrow as pa
import pytest
import report_pages as pages
from python_calamine import CalamineWorkbook

from voc.report import ownership
from voc.report.build import build
from voc.report.context import open_context
from voc.report.cut import Pack
from voc.report.figures import plain
from voc.report.opening import open_book
from voc.report.workbook import write_workbook


@pytest.fixture(scope="module")
def data():
    return builder.build(n_reviews=2500, n_months=3)


def owned(data, **changes):
    """`data` with other values in the list of stores: column -> function of (place, value)."""
    rows = data.stores.to_pylist()
    out = [{**r, **{c: f(i, r[c]) for c, f in changes.items()}} for i, r in enumerate(rows)]
    return replace(data, stores=pa.Table.from_pylist(out, schema=data.stores.schema))


def both(data, lang="zh", **pack):
    return ownership.both(open_context(open_book(data, lang=lang, pack=Pack(**pack))))


def test_both_pages_give_the_ratio_with_its_interval_and_name_no_store(data, tmp_path):
    build(data, tmp_path / "r", reader="executive")
    found = both(data)
    words = pages.read(tmp_path / "r")["index.html"].words
    assert found.whole.ratio.text in words and found.whole.interval in words
    assert sum(found.stores) == 24 and "直营店的" in plain(found.sentence)
    assert "franchised stores have" in plain(both(data, "en").sentence)
    assert ("看不出差别" in plain(found.sentence)) != found.whole.differs


def test_the_workbook_has_the_same_numbers(data, tmp_path):
    write_workbook(open_book(data), tmp_path / "r.xlsx")
    rows = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx")).get_sheet_by_name("直营与加盟").to_python()
    found = both(data)
    assert len(rows) == 2 + len(found.lines) and rows[1][0] == found.whole.issue
    assert rows[1][1:5] == [
        found.whole.mixed.k[0],
        found.whole.mixed.n[0],
        found.whole.mixed.k[1],
        found.whole.mixed.n[1],
    ]
    assert f"{rows[1][5]:.2f} 倍" == found.whole.ratio.text


def test_a_planted_difference_is_told_and_an_even_chain_shows_none(data):
    assert not [x for x in both(data).lines if x.differs and x.ratio.value > 3]
    franchised = {s["store_id"] for s in data.stores.to_pylist() if s["ownership"] == "franchise"}
    rows = [
        {**r, "n_complaints": 4 * r["n_complaints"]} if r["store_id"] in franchised and r["issue_code"] == "V06" else r
        for r in data.facts.to_pylist()
    ]
    worse = replace(data, facts=pa.Table.from_pylist(rows, schema=data.facts.schema))
    assert [x.issue for x in both(worse).lines if x.differs and x.ratio.value > 2] == [builder.ISSUES["V06"].zh]


def test_few_stores_or_a_single_owner_are_not_compared(data):
    assert both(owned(data, ownership=lambda i, v: "franchise" if i < 4 else "direct")) is None
    assert both(owned(data, dealer=lambda i, v: "经销商甲" if v else v)) is None
    assert both(owned(data, ownership=lambda i, v: None)) is None


def test_packs_of_a_store_dealer_or_supplier_have_no_comparison(data):
    store = data.stores.to_pylist()[0]
    dealer = next(s["dealer"] for s in data.stores.to_pylist() if s["dealer"])
    supplier = next(s["supplier"] for s in data.skus.to_pylist() if s["supplier"])
    assert both(data, store=store["store_id"]) is None
    assert both(data, dealer=dealer) is None and both(data, supplier=supplier) is None
