"""Dates as exports write them, to timestamp[us, UTC].

Known: ISO 8601 with or without zone; `2021/8/15 0:12`, `2021.8.15`, `2025年2月5日 上午9时3分`; 8 and 14 digits; epoch
seconds (9 or 10 digits), milliseconds (12 or 13) and microseconds (15 or 16); `March 3, 2021`, `3 Mar 2021` and
`3-Mar-21`. `03/05/2021` is read only when one of the two numbers is above 12, when others of the file tell which comes
first and none tells the opposite, or when the mapping says it; `3/15/26`, with a year of two digits, only in the last two
cases.
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
_LOOSE = (
    r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?$"
)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_HOUR = r"(上午|下午|晚上|凌晨|中午)?\s*(\d{1,2})[:：时点]"
_REST = r"(\d{1,2})?分?(?:[:：]?(\d{1,2})(?:[.,](\d{1,6})\d*)?秒?)?\s*(am|pm)?"
_CLOCK = rf"(?:[T\s·,]*{_HOUR}{_REST})?"
_YMD = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?" + _CLOCK + "$", re.IGNORECASE)
_XXY = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _CLOCK + "$", re.IGNORECASE)
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
    n = len(values)
    if values.null_count == n:
        return Times(pa.nulls(n, TIME), np.zeros(n, bool))
    at, known = _epochs(values)
    local, fixed = _fixed(values)
    naive = np.zeros(n, bool)
    if fixed.any():
        moments = pa.array(local, _NAIVE, mask=~fixed)
        there = pc.assume_timezone(moments, zone, ambiguous="earliest", nonexistent="earliest").cast(pa.int64())
        at[fixed] = there.drop_null().to_numpy()
        known |= fixed
        naive |= fixed
    rest = np.flatnonzero(~known & np.asarray(pc.is_valid(values), bool))
    here, seen = ZoneInfo(zone), {}
    for i, value in zip(rest.tolist(), values.take(pa.array(rest)).to_pylist(), strict=True):
        if value not in seen:
            seen[value] = read(value, zone=here, order=order, excel=excel)
        moment = seen[value]
        if moment is not None:
            at[i], naive[i], known[i] = (moment[0] - _EPOCH) // _MICROSECOND, moment[1], True
    return Times(pa.array(at, pa.int64(), mask=~known).cast(TIME), naive)


def order_of(values: pa.Array) -> Order:
    """Which number comes first in dates such as 03/05/2021: what those say whose other number is above 12.

    'ymd', which reads only such dates as have no second reading, when none says it or some say the opposite.
    """
    found = pc.extract_regex(values, r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.]\d{4}(?:\D|$)").drop_null()
    if not len(found):
        return "ymd"
    first, second = (part.cast(pa.int64()).to_numpy() for part in found.flatten())
    days_first, months_first = bool((first > 12).any()), bool((second > 12).any())
    return "ymd" if days_first == months_first else "dmy" if days_first else "mdy"


def _fixed(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds on the clock of the wall, and where a value is one of the usual forms and a real date.

    The forms: year first, one or two digits for the rest, `-`, `/`, `.` or 年月日 between them, with or without a clock.
    """
    n = len(values)
    local, good = np.zeros(n, np.int64), np.zeros(n, bool)
    shaped = pc.fill_null(pc.match_substring_regex(values, _PLAIN), False)
    found = np.flatnonzero(np.asarray(shaped, bool))
    if len(found):
        text = values.take(pa.array(found)).to_numpy(zero_copy_only=False).astype("S19")
        digits = text.view(np.uint8).reshape(len(found), 19).astype(np.int64) - ord("0")
        year = digits[:, :4] @ np.asarray([1000, 100, 10, 1])
        parts = [digits[:, k] * 10 + digits[:, k + 1] for k in (5, 8, 11, 14, 17)]
        local[found], good[found] = _on_the_wall(year, *parts)
    odd = values.filter(pc.invert(shaped))
    pieces = pc.extract_regex(odd, _LOOSE)
    where = np.flatnonzero(~np.asarray(shaped, bool))[np.asarray(pc.is_valid(pieces), bool)]
    if len(where):
        some = pieces.drop_null()
        told = [pc.if_else(pc.equal(part, ""), "0", part).cast(pa.int64()).to_numpy() for part in some.flatten()]
        local[where], good[where] = _on_the_wall(*told)
    return local, good


def _on_the_wall(
    year: np.ndarray, month: np.ndarray, day: np.ndarray, hour: np.ndarray, minute: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 without regard to zones, and which of them are real: no 31 February, no 24:00."""
    first = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    real = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length) & (hour < 24) & (minute < 60) & (second < 60)
    real &= (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    days = first.astype("datetime64[D]").astype(np.int64) + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000, real


def _epochs(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 of epoch seconds (10 digits) and milliseconds (13), and where a value is one of them."""
    n = len(values)
    at, known = np.zeros(n, np.int64), np.zeros(n, bool)
    shaped = pc.fill_null(pc.match_substring_regex(values, r"^1\d{9}(?:\d{3})?$"), False)
    found = np.flatnonzero(np.asarray(shaped, bool))
    if len(found):
        numbers = values.take(pa.array(found)).cast(pa.int64()).to_numpy()
        at[found] = numbers * np.where(numbers < 10**11, 1_000_000, 1000)
        known[found] = True
    return at, known


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
        first, second, short = int(match[1]), int(match[2]), len(match[3]) == 2
        if order == "ymd" and short:
            return None
        if order == "ymd" and first <= 12 and second <= 12 and first != second:
            return None
        day_first = order == "dmy" or (order == "ymd" and first > 12)
        year = int(match[3]) + (2000 if short else 0)
        return _built(year, *((second, first) if day_first else (first, second)), match.groups()[3:])
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
    local = at.cast(pa.timestamp("us", tz=zone))
    codes = pc.add(pc.multiply(pc.year(local), 12), pc.subtract(pc.month(local), 1)).dictionary_encode()
    names = [None if code is None else f"{code // 12:04d}-{code % 12 + 1:02d}" for code in codes.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(codes.indices)
