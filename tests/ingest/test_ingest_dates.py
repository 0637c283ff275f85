from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.ingest import dates

SHANGHAI = "Asia/Shanghai"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at", "naive"),
    [
        ("2021-09-05 08:57:55", utc(2021, 9, 5, 0, 57, 55), True),
        ("2021/8/15 0:12", utc(2021, 8, 14, 16, 12), True),
        ("2021.8.15", utc(2021, 8, 14, 16), True),
        ("2025年2月5日", utc(2025, 2, 4, 16), True),
        ("2025年2月5日 下午3时7分", utc(2025, 2, 5, 7, 7), True),
        ("2025年2月5日 ·", utc(2025, 2, 4, 16), True),
        ("2026/09/03 12:00:00", utc(2026, 9, 3, 4), True),
        ("2023-10-05T00:00:00Z", utc(2023, 10, 5), False),
        ("2023-10-05 00:00:00 UTC", utc(2023, 10, 5), False),
        ("2023-10-05T08:00:00.250+08:00", datetime(2023, 10, 5, 0, 0, 0, 250_000, tzinfo=UTC), False),
        ("2023-10-05 8:00+0800", utc(2023, 10, 5), False),
        ("1630803475", utc(2021, 9, 5, 0, 57, 55), False),
        ("1630803475000", utc(2021, 9, 5, 0, 57, 55), False),
        ("1630803475000.0", utc(2021, 9, 5, 0, 57, 55), False),
        ("20210815", utc(2021, 8, 14, 16), True),
        ("20210815001200", utc(2021, 8, 14, 16, 12), True),
        ("15/08/2021", utc(2021, 8, 14, 16), True),
        ("08/15/2021 3:05 PM", utc(2021, 8, 15, 7, 5), True),
        ("March 3, 2021", utc(2021, 3, 2, 16), True),
        ("31-Jul-18", utc(2018, 7, 30, 16), True),
        ("3 Mar 2021", utc(2021, 3, 2, 16), True),
    ],
)
def test_every_known_form(written: str, at: datetime, naive: bool) -> None:
    found = dates.parse(pa.array([written]), zone=SHANGHAI)
    assert found.at.to_pylist() == [at]
    assert found.naive.tolist() == [naive]


@pytest.mark.parametrize(
    "written",
    ["2021-02-31 10:00:00", "2021-13-01", "03/05/2021", "yesterday", "0000-00-00 00:00:00", "2026-03-32 25:61:00", "12",
     "45000", "1630", "9999-01-01 00:00:00", "0001-01-01", "2021-08-15 24:01:00", "１９"],
)  # fmt: skip
def test_what_is_not_certain_is_not_read(written: str) -> None:
    assert dates.parse(pa.array([written]), zone=SHANGHAI).at.to_pylist() == [None]


def test_hints_settle_what_is_open() -> None:
    both = pa.array(["03/05/2021"])
    assert dates.parse(both, zone="UTC", order="dmy").at.to_pylist() == [utc(2021, 5, 3)]
    assert dates.parse(both, zone="UTC", order="mdy").at.to_pylist() == [utc(2021, 3, 5)]
    assert dates.parse(pa.array(["44424.5"]), zone="UTC", excel=True).at.to_pylist() == [utc(2021, 8, 16, 12)]


def test_the_month_is_that_of_the_business_zone() -> None:
    edge = dates.parse(pa.array(["2026-09-30 23:59:59", "2026-10-01 00:00:00"]), zone=SHANGHAI)
    assert dates.months(edge.at, SHANGHAI).to_pylist() == ["2026-09", "2026-10"]
    assert dates.months(edge.at, "UTC").to_pylist() == ["2026-09", "2026-09"]


def test_nulls_stay_null_and_are_not_naive() -> None:
    found = dates.parse(pa.array([None, "2021-09-05 08:57:55"], pa.string()), zone=SHANGHAI)
    assert found.at.is_null().to_pylist() == [True, False]
    assert found.naive.tolist() == [False, True]


@given(
    st.lists(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9年月日/:. T+-]{0,25}", fullmatch=True)), max_size=8)
)
def test_no_text_makes_it_fail(values: list[str]) -> None:
    clean = [v.encode("utf-8", "ignore").decode() for v in values]
    found = dates.parse(pa.array(clean, pa.string()), zone=SHANGHAI)
    years = [at.year for at in found.at.to_pylist() if at is not None]
    assert len(found.at) == len(values)
    assert all(dates.FIRST_YEAR - 1 <= year <= dates.LAST_YEAR for year in years)


@given(st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2099, 12, 30)))
def test_fast_and_slow_ways_agree(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    forms = [moment.strftime("%Y-%m-%d %H:%M:%S"), f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}"]
    found = dates.parse(pa.array(forms), zone="UTC").at.to_pylist()
    assert found == [moment.replace(tzinfo=UTC)] * 2
