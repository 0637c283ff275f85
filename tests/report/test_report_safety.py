"""What people found about a statement of harm stands on every page, sheet and file that shows the statement."""

import csv
from dataclasses import replace

import builder
import pytest
import report_pages as pages
from python_calamine import CalamineWorkbook

from voc.report import safety
from voc.report.build import build
from voc.report.context import open_context
from voc.report.opening import open_book


@pytest.fixture(scope="module")
def data():
    return builder.build(n_reviews=2000, n_months=3)


@pytest.fixture(scope="module")
def site(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("safety") / "r"
    build(data, out)
    return out, pages.read(out)


def test_ledger_and_pages_say_what_was_found_and_by_whom(site, data):
    quality = site[1]["quality.html"].words
    for words in ("已核实 1 · 已排除 1", "张工 · 2026 年 11 月 3 日 · 留样复检不合格", "顾客看错", "待核实最早一例"):
        assert words in quality, words
    verified = data.safety_states.to_pylist()[0]
    ctx = open_context(open_book(data))
    for kind, key in (("store", verified["store_id"]), ("sku", verified["sku_id"])):
        if key in ctx.book.told[kind]:
            page = next(p for n, p in site[1].items() if n.startswith(f"{kind}s/") and f" {key} " in f" {p.words} ")
            assert "留样复检不合格" in page.words
    assert sum(c.state != "awaiting" for c in safety.cases(ctx)) == 2


def test_the_first_page_gives_states_but_neither_people_nor_notes(site):
    words = site[1]["index.html"].words
    assert "已核实 1 · 已排除 1" in words and "2026 年 11 月 3 日" in words
    assert "张工" not in words and "留样复检" not in words
    assert "已核实 1 · 已排除 1" in (site[0] / "summary.md").read_text("utf-8")


def test_an_answer_whose_statement_is_gone_is_listed(site):
    words = site[1]["quality.html"].words
    assert "重算后不在台账里" in words and "jd:lost#0" in words and "找到了那一箱" in words


def test_file_and_sheet_hold_one_row_a_case_and_can_be_filled_in(site, data):
    cases = safety.cases(open_context(open_book(data)))
    with open(site[0] / "safety.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sheet = CalamineWorkbook.from_path(str(site[0] / "report.xlsx")).get_sheet_by_name("安全").to_python()
    assert sheet[0][:5] == list(rows[0])[:5] == ["mention_id", "state", "who", "decided_on", "note"]
    assert len(rows) == len(sheet) - 1 == len(cases) > 3
    assert [r["state"] for r in rows[:3]] == [r[1] for r in sheet[1:4]] == ["已核实", "已排除", "待核实"]
    assert {r["mention_id"] for r in rows} == {c.mention_id for c in cases}


def test_only_cases_that_nobody_excluded_make_a_cluster(data):
    ctx = open_context(open_book(data))
    first, *_ = safety.cases(ctx)

    def clustered(*states):
        same = [replace(first, sku="薯片", sku_id="K0001", lot=None, state=s) for s in states]
        return [(c.n, c.verified) for c in safety.clusters(ctx, same)]

    assert clustered("verified", "awaiting", "excluded") == [(2, 1)]
    assert clustered("awaiting", "excluded") == clustered("excluded", "excluded") == []
    excluded = [replace(c, state="excluded") for c in safety.cases(ctx)]
    assert safety.waiting(ctx, excluded) == (f"已排除 {len(excluded)}",)


def test_a_suppliers_pack_has_states_without_people_and_notes(data, tmp_path):
    supplier = data.skus.to_pylist()[2]["supplier"]
    build(data, tmp_path / "p", supplier=supplier)
    found = pages.everything(tmp_path / "p").decode("utf-8", "ignore")
    assert "safety.csv" in found and not any(x in found for x in ("张工", "李工", "留样复检", "顾客看错"))
