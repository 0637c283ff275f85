import re
import zipfile

import builder
import pytest
import python_calamine
import report_pages as pages

from voc.report.build import build
from voc.report.opening import open_book
from voc.report.workbook import write_workbook


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("wb") / "report"
    build(builder.build(), out)
    return out


def sheets(path):
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_numbers_and_names_are_those_of_the_pages(report):
    table = sheets(report / "report.xlsx")["问题"]
    head = table[0]
    page = pages.read(report)["issues.html"].words
    gated = [dict(zip(head, r, strict=True)) for r in table[1:] if r[head.index("把握")] in ("信号强", "信号较强")]
    assert gated
    for row in gated:
        want = f"{row['投诉']:,.0f} / {row['评价']:,.0f}"
        assert row["哪里"].split(" × ")[0] in page and row["问题"] in page and want in page
        assert f"{row['为预期的几倍']:.1f} 倍" in page
    for name in ("名次", "问题", "把握", "投诉", "预期", "多出", "优先级", "主要来自"):
        assert name in head and name in page


def test_headers_are_frozen_and_filtered_and_links_lead_to_evidence(report):
    with zipfile.ZipFile(report / "report.xlsx") as archive:
        for name in (n for n in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)):
            xml = archive.read(name).decode()
            assert 'state="frozen"' in xml and "<autoFilter" in xml
        links = re.findall(r'Target="(evidence[^"#]+)', archive.read("xl/worksheets/_rels/sheet3.xml.rels").decode())
        core = archive.read("docProps/core.xml").decode()
    assert links and all((report / target.replace("\\", "/")).is_file() for target in links)
    assert "2026-10-31T00:00:00Z" in core


def test_formulas_stay_text(tmp_path):
    evil = [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "x\x0b\x01\x1b",
        "a" * 40_000,
        "http://e.org/x",
    ]
    names = {f"S{i + 1:03d}": e for i, e in enumerate(evil)} | {f"K{i + 1:04d}": e for i, e in enumerate(evil)}
    write_workbook(open_book(builder.build(n_reviews=600, names=names)), tmp_path / "r.xlsx")
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        xml = "".join(archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet"))
    assert "<f>" not in xml and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", xml)
    cells = {c for rows in sheets(tmp_path / "r.xlsx").values() for r in rows for c in r if isinstance(c, str)}
    assert {"=1+1", "@SUM(A1)"} <= cells and all(len(c) <= 32_767 for c in cells)


def test_an_empty_month_has_sheets_with_headers(tmp_path):
    write_workbook(open_book(builder.nothing(), lang="en"), tmp_path / "r.xlsx")
    found = sheets(tmp_path / "r.xlsx")
    assert list(found) == [
        "Summary",
        "Chain-wide",
        "Issues",
        "Safety",
        "Praise and requests",
        "Keywords",
        "Topics",
        "Coverage",
        "Files",
        "Set aside",
    ]
    assert found["Issues"][0][0] == "Level"


def test_what_follows_from_the_ranking_has_sheets_and_sources_have_names(report):
    found = sheets(report / "report.xlsx")
    assert {"待办", "整改", "自测", "星级", "抽查"} <= set(found)
    assert (
        found["待办"][0][:6] == ["action_id", "status", "owner", "due", "fixed_on", "note"] and len(found["待办"]) > 3
    )
    names = {row[found["文件"][0].index("来源")] for row in found["文件"][1:]}
    assert {"天猫", "京东", "美团"} <= names and {"变好", "变差", "还看不出"} <= {r[-2] for r in found["整改"][1:]}
    assert "日期读不准" in {r[0] for r in found["隔离"]} and "上升" in {c for r in found["问题"] for c in r}


def test_the_same_data_gives_the_same_bytes(tmp_path):
    for name, data in (("a", builder.build(n_reviews=300)), ("b", builder.shuffled(builder.build(n_reviews=300)))):
        write_workbook(open_book(data), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
