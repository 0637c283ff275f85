"""The workbook: the same numbers under the same names as the pages, one sheet per table."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from voc.report.book import GATED, Book
from voc.report.context import open_context
from voc.report.dims import tidy
from voc.report.followup import VERDICTS
from voc.report.sheets import Column, Sheet, sheets
from voc.report.sheets_after import after
from voc.report.words import CHANGES, FOUND, Words

LONGEST = 32_767  # characters that a cell may hold
FORMATS: Mapping[str, dict[str, Any]] = {
    "text": {},
    "int": {"num_format": "#,##0"},
    "real": {"num_format": "#,##0.0"},
    "fine": {"num_format": "0.00"},
    "share": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd"},
    "link": {"font_color": "#9e3223", "underline": 1},
}


def write_workbook(book: Book, path: Path) -> None:
    """Write `book` as an xlsx file. Evidence links point to pages beside `path` and are written where those exist.

    Texts are never formulas; the created date is the month's last day, so the same data gives the same bytes.
    """
    data, w = book.data, book.words
    ctx = open_context(book)
    year, month = map(int, data.month.split("-"))
    created = datetime(year, month, calendar.monthrange(year, month)[1])
    workbook = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    workbook.set_properties(
        {"title": f"{tidy(data.title, longest=80)} {data.month}", "author": "voc", "created": created}
    )
    formats = {k: workbook.add_format({"valign": "top", **f}) for k, f in FORMATS.items()}
    formats["head"] = workbook.add_format(
        {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True, "bg_color": "#f3efe8"}
    )
    formats["strong"] = workbook.add_format({"bold": True, "bg_color": "#e9d3cd"})
    formats["moderate"] = workbook.add_format({"bg_color": "#f5e9e5"})
    for sheet in (*sheets(ctx, path.parent), *after(ctx)):
        _write(workbook, sheet, formats, w)
    workbook.close()


def _write(workbook: Any, sheet: Sheet, formats: Mapping[str, Any], w: Words) -> None:
    page = workbook.add_worksheet(sheet.name)
    page.freeze_panes(1, 1)
    page.hide_gridlines(2)
    for i, column in enumerate(sheet.columns):
        page.set_column(i, i, column.width)
        page.write_string(0, i, column.head, formats["head"])
    last = 0
    for last, row in enumerate(sheet.rows, start=1):
        for i, column in enumerate(sheet.columns):
            _cell(page, last, i, column, row, formats)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)
    moved = {w.of(CHANGES, s): "strong" for s in ("new", "rising")}
    marks = {
        w.pick("把握", "Evidence"): {w.gate(g): g for g in GATED},
        w.pick("变化", "Change"): moved,
        w.pick("结论", "Verdict"): {w.of(VERDICTS, "worse"): "strong"},
        "state": {w.of(FOUND, "verified"): "strong"},
    }
    for i, column in enumerate(sheet.columns if last else ()):
        for word, kind in marks.get(column.head, {}).items():
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": formats[kind]}
            page.conditional_format(1, i, last, i, rule)


def _cell(page: Any, row: int, column: int, spec: Column, source: Any, formats: Mapping[str, Any]) -> None:
    value = spec.of(source)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        page.write_blank(row, column, None, formats[spec.kind if spec.kind != "link" else "text"])
    elif spec.kind == "text":
        page.write_string(row, column, cell_text(value), formats["text"])
    elif spec.kind == "date":
        page.write_datetime(row, column, value, formats["date"])
    elif spec.kind == "link":
        page.write_url(row, column, f"external:{value}", formats["link"], string="→")
    else:
        page.write_number(row, column, round(value, 9), formats[spec.kind])  # sums of floats differ in the last bits


def cell_text(value: object) -> str:
    """Text that a cell can hold: without controls and lone surrogates, cut with a mark."""
    text = tidy(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
