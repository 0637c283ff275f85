"""Units sold: what is added up, what stands instead of what, what is set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
import xlsxwriter

from voc.config import Config
from voc.errors import InputError
from voc.ingest import Ingested, ingest
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]
MONTHLY = ["month", "store_id", "sku_id", "units"]
DAILY = ["date", "store_id", "sku_id", "units"]


def units(lake: Lake) -> dict[tuple[str, str, str, str | None], int]:
    return {
        (r["month"], r["store_id"], r["sku_id"], r["day"] and r["day"].isoformat()): r["units"]
        for r in lake.read("sales").to_pylist()
    }


@pytest.mark.parametrize(
    "month", ["2026-10", "2026/10", "202610", "2026年10月", "2026-10-01", "2026/10/1 0:00", "２０２６-１０"]
)
def test_months_as_people_write_them(lake: Lake, write: Write, read_in: Read, month: str) -> None:
    done = read_in(write("s.csv", MONTHLY, [[month, "S1", "00123", "1,204"]]), source="sales")
    assert units(lake) == {("2026-10", "S1", "00123", None): 1204}
    assert (done.new, done.months, done.restated) == (1, ("2026-10",), ())


def test_chinese_titles_and_days(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["2026年10月3日", "001", "00123", "甲", "12"],
        ["2026/10/3", "001", "00123", "甲", "3.0"],
        ["2026-10-31 23:59:59", "001", "00123", "甲", "-2"],
        ["2026-11-01 00:00:00", "001", "00123", "甲", "0"],
    ]
    header = ["销售日期", "门店编号", "商品编码", "商品名称", "销售数量"]
    done = read_in(write("s.csv", header, rows, "gb18030"), source="sales")
    assert units(lake) == {
        ("2026-10", "001", "00123", "2026-10-03"): 15,
        ("2026-10", "001", "00123", "2026-10-31"): -2,
        ("2026-11", "001", "00123", "2026-11-01"): 0,
    }
    assert (done.records, done.new, done.encoding) == (4, 4, "gb18030")


def test_what_cannot_be_read_is_set_aside_with_its_reason(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["2026-10", "S1", "1", "5"],
        ["2026-13", "S1", "1", "5"],
        ["", "S1", "1", "5"],
        ["2026-10", "", "1", "5"],
        ["2026-10", "S1", " ", "5"],
        ["2026-10", "S1", "2", "2.5"],
        ["2026-10", "S1", "2", "some"],
        ["2026-10", "S1", "2", ""],
    ]
    done = read_in(write("s.csv", MONTHLY, rows), source="sales")
    assert units(lake) == {("2026-10", "S1", "1", None): 5}
    reasons = {"bad_date": 1, "missing_date": 1, "missing_store": 1, "missing_sku": 1, "bad_units": 3}
    assert done.reasons == reasons and done.quarantined == 7
    aside = lake.read("quarantine").to_pylist()
    assert [row["line"] for row in aside] == list(range(3, 10)) and "2.5" in aside[4]["message"]


def test_a_workbook_and_ids_that_lost_their_tail(lake: Lake, read_in: Read, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, DAILY)
        for row, (sku, sold) in enumerate([(6901234567, 7), (26090012345678901234, 1)], 1):
            sheet.write_datetime(row, 0, dt.datetime(2026, 10, 5), day)
            sheet.write_row(row, 1, ["S1", sku, sold])
    done = read_in(tmp_path / "s.xlsx", source="sales")
    assert units(lake) == {("2026-10", "S1", "6901234567", "2026-10-05"): 7}
    assert done.reasons == {"precision_lost": 1}


def test_later_files_stand_and_say_so(lake: Lake, write: Write, read_in: Read) -> None:
    first = [["2026-10", "S1", "1", "5"], ["2026-10", "S2", "1", "9"], ["2026-09", "S1", "1", "4"]]
    path = write("a.csv", MONTHLY, first)
    read_in(path, source="sales")
    again = read_in(path, source="sales")
    assert again.repeated and again.unchanged == 3
    second = [["2026-10", "S1", "1", "6"], ["2026-10", "S2", "1", "9"], ["2026-11", "S1", "1", "2"]]
    done = read_in(write("b.csv", MONTHLY, second), source="sales")
    assert (done.new, done.updated, done.unchanged) == (1, 1, 1)
    assert (done.months, done.restated) == (("2026-10", "2026-11"), ("2026-10",))
    assert units(lake)["2026-10", "S1", "1", None] == 6 and len(units(lake)) == 4
    versions = lake.versions()
    same = read_in(write("c.csv", MONTHLY, [*second, ["", "S1", "1", "1"]]), source="sales")
    assert (same.months, same.unchanged, same.quarantined) == ((), 3, 1)
    assert lake.versions()["sales"] == versions["sales"]


def weeks(write: Write) -> list[Path]:
    """Two weeks that overlap on a day and agree there."""
    first = [["2026-10-05", "S1", "1", "5"], ["2026-10-11", "S1", "1", "3"]]
    return [write("1.csv", DAILY, first), write("2.csv", DAILY, [*first[1:], ["2026-10-12", "S1", "1", "4"]])]


def test_weekly_files_add_up_in_any_order(tmp_path: Path, write: Write, key: bytes) -> None:
    for order in permutations(weeks(write)):
        lake = Lake(tmp_path / order[0].stem)
        ingest(lake, order, source="sales", config=Config(), key=key)
        assert sum(units(lake).values()) == 12 and len(units(lake)) == 3


def test_a_months_total_never_stands_beside_its_days(lake: Lake, write: Write, read_in: Read) -> None:
    for path in weeks(write):
        read_in(path, source="sales")
    read_in(write("m.csv", MONTHLY, [["2026-10", "S1", "1", "30"], ["2026-10", "S2", "1", "8"]]), source="sales")
    assert units(lake) == {("2026-10", "S1", "1", None): 30, ("2026-10", "S2", "1", None): 8}
    read_in(write("d.csv", DAILY, [["2026-10-20", "S1", "1", "2"]]), source="sales")
    assert units(lake) == {("2026-10", "S1", "1", "2026-10-20"): 2, ("2026-10", "S2", "1", None): 8}
    both = [["2026-10-20", "S3", "1", "2"], ["2026-10", "S3", "1", "40"]]
    done = read_in(write("both.csv", DAILY, both), source="sales")
    assert units(lake)["2026-10", "S3", "1", None] == 40 and len(units(lake)) == 3 and done.new == 2


def test_unknown_ids_are_kept_and_listed(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("stores.csv", ["store_id", "name"], [["S1", "一店"]]), source="stores")
    read_in(write("skus.csv", ["sku_id", "name"], [["1", "坚果"]]), source="skus")
    rows = [["2026-10", "S1", "1", "5"], ["2026-10", "S9", "7", "5"]]
    done = read_in(write("s.csv", MONTHLY, rows), source="sales")
    assert (done.unknown_stores, done.unknown_skus, done.quarantined) == (("S9",), ("7",), 0)
    assert len(units(lake)) == 2


def test_missing_columns_are_named_and_a_mapping_names_others(
    lake: Lake, write: Write, read_in: Read, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"no column for 'units'.*'unitz'"):
        read_in(write("s.csv", ["month", "store_id", "sku_id", "unitz"], [["2026-10", "S1", "1", "5"]]), source="sales")
    with pytest.raises(InputError, match=r"no column for 'month'"):
        read_in(write("t.csv", ["store_id", "sku_id", "units"], [["S1", "1", "5"]]), source="sales")
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\nunits = "pieces"\n', "utf-8")
    path = write("u.csv", ["month", "store_id", "sku_id", "pieces"], [["2026-10", "S1", "1", "5"]])
    read_in(path, source="sales", mapping=mapping)
    assert units(lake) == {("2026-10", "S1", "1", None): 5}


def test_a_trial_writes_nothing(lake: Lake, write: Write, read_in: Read) -> None:
    done = read_in(write("s.csv", MONTHLY, [["2026-10", "S1", "1", "5"]]), source="sales", dry_run=True)
    assert (done.new, done.months) == (1, ("2026-10",)) and not lake.root.exists()
