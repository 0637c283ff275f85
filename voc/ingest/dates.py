"""Dates as exports write them, to timestamp[us, UTC].

Known: ISO 8601 with or without zone; `2021/8/15 0:12`, `2021.8.15`, `2025年2月5日 上午9时3分`; 8 and 14 digits; epoch
seconds (9 or 10 digits), milliseconds (12 or 13) and microseconds (15 or 16); `March 3, 2021`, `3 Mar 2021` and
`3-Mar-21`. `03/05/2021` is read only when one of the two numbers is above 12 or the mapping says which comes first.
Anything else is an error, never a guess. A time without a zone is local to the project and is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.schemas import TIME

Order = Literal["ymd", "dmy", "mdy"]
FIRST_YEAR, LAST_YEAR = 1990, 2099
_NAIVE = pa.timestamp("us")

_PLAIN = r"^\d{4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}$"
_HOUR = r"(上午|下午|晚上|凌晨|中午)?\s*(\d{1,2})[:：时点]"
_REST = r"(\d{1,2})?分?(?:[:：]?(\d{1,2})(?:[.,](\d{1,6})\d*)?秒?)?\s*(am|pm)?"
_CLOCK = rf"(?:[T\s·,]*{_HOUR}{_REST})?"
_YMD = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?" + _CLOCK + "$", re.IGNORECASE)
_XXY = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK + "$", re.IGNORECASE)
_ZONED = re.compile(
    r"^(\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$", re.IGNORECASE
)
_NAMED = re.compile(
    r"^(?:(\d{1,2})[\s-]+([a-z]{3,9})\.?|([a-z]{3,9})\.?\s+(\d{1,2})),?[\s-]+(\d{4}|\d{2})(?!\d)" + _CLOCK + "$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"^(\d{8,17})(?:\.0*)?$")
_MONTHS = {
    m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}


@dataclass(frozen=True)
class Times:
    """`at` is timestamp[us, UTC], null where nothing could be read; `naive` marks values that had no zone (bool array)."""

    at: pa.Array
    naive: np.ndarray


def parse(values: pa.Array, *, zone: str, order: Order = "ymd", excel: bool = False) -> Times:
    """Read a string array of times. `excel` allows day numbers such as 45000.5. Nulls and unreadable values give null."""
    plain = pc.fill_null(pc.match_substring_regex(values, _PLAIN), False)
    dashed = pc.replace_substring(pc.replace_substring(values, "/", "-"), "T", " ")
    fast = pc.if_else(plain, dashed, pa.scalar(None, pa.string()))
    local = pc.strptime(fast, format="%Y-%m-%d %H:%M:%S", unit="us", error_is_null=True).cast(_NAIVE)
    # strptime takes 31 February for 3 March: only what prints back the same was a real date.
    honest = pc.equal(pc.strftime(local, format="%Y-%m-%d %H:%M:%S"), pc.binary_join_element_wise(fast, "000000", "."))
    years = pc.year(local)
    honest = pc.and_(honest, pc.and_(pc.greater_equal(years, FIRST_YEAR), pc.less_equal(years, LAST_YEAR)))
    at = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest").cast(TIME)
    at = pc.if_else(pc.fill_null(honest, False), at, pa.scalar(None, TIME))
    naive = np.asarray(pc.is_valid(at)).copy()
    rest = np.flatnonzero(np.asarray(pc.and_(pc.is_null(at), pc.is_valid(values))))
    if not len(rest):
        return Times(at, naive)
    here, seen = ZoneInfo(zone), {}
    out = at.to_pylist()
    for i, value in zip(rest, values.take(pa.array(rest)).to_pylist(), strict=True):
        if value not in seen:
            seen[value] = read(value, zone=here, order=order, excel=excel)
        moment = seen[value]
        if moment is not None:
            out[i], naive[i] = moment
    return Times(pa.array(out, TIME), naive)


def read(value: str, *, zone: ZoneInfo, order: Order = "ymd", excel: bool = False) -> tuple[datetime, bool] | None:
    """One time as (UTC, had no zone), or None if it cannot be read for certain."""
    value = value.strip().rstrip(" ·,，")
    try:
        found = _zoned(value) or _local(value, order, excel)
        if found is None:
            return None
        moment = found.replace(tzinfo=zone).astimezone(UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (moment, found.tzinfo is None) if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _zoned(value: str) -> datetime | None:
    """Epoch numbers and ISO times with a zone."""
    if digits := _DIGITS.match(value):
        scale = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 15: 1_000_000, 16: 1_000_000}.get(len(digits[1]))
        return (
            None
            if scale is None
            else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(digits[1]) * 1_000_000 // scale)
        )
    if match := _ZONED.match(value):
        offset = "+00:00" if match[2].upper() in ("Z", "UTC", "GMT") else match[2]
        day, _, clock = match[1].replace("T", " ").replace("t", " ").partition(" ")
        day = "-".join(part.zfill(2) for part in day.split("-"))
        return datetime.fromisoformat(f"{day} {clock.zfill(len(clock) + (clock.index(':') == 1))}{offset}")
    return None


def _local(value: str, order: Order, excel: bool) -> datetime | None:
    if match := _YMD.match(value):
        return _built(int(match[1]), int(match[2]), int(match[3]), match.groups()[3:])
    if match := _XXY.match(value):
        first, second = int(match[1]), int(match[2])
        if order == "ymd" and first <= 12 and second <= 12 and first != second:
            return None
        day_first = order == "dmy" or (order == "ymd" and first > 12)
        return _built(int(match[3]), *((second, first) if day_first else (first, second)), match.groups()[3:])
    if match := _NAMED.match(value):
        month = _MONTHS.get((match[2] or match[3])[:3].lower())
        year = int(match[5]) + (2000 if len(match[5]) == 2 else 0)
        return None if month is None else _built(year, month, int(match[1] or match[4]), match.groups()[5:])
    if digits := _DIGITS.match(value):
        form = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}.get(len(digits[1]))
        return None if form is None else datetime.strptime(digits[1], form)
    if excel and re.match(r"^\d{5}(\.\d+)?$", value):
        return datetime(1899, 12, 30) + timedelta(seconds=round(float(value) * 86_400))
    return None


def _built(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> datetime:
    part, hour, minute, second, fraction, half = clock
    hours = int(hour or 0)
    if (
        hour
        and hours < 12
        and (part in ("下午", "晚上") or (half or "").lower() == "pm" or (part == "中午" and hours < 3))
    ):
        hours += 12
    elif hours == 12 and (part in ("凌晨", "上午") or (half or "").lower() == "am"):
        hours = 0
    return datetime(year, month, day, hours, int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0")))


def months(at: pa.Array, zone: str) -> pa.Array:
    """'YYYY-MM' of each time in the business zone."""
    return pc.strftime(at.cast(pa.timestamp("us", tz=zone)), format="%Y-%m")
