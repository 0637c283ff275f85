"""Which month of the year before had the same festival: they move between months, and what people buy moves with them.

Dates are those of the Chinese lunar calendar, as the Purple Mountain Observatory computes it (GB/T 33661-2017). Sales come
before the day, so a festival belongs to the month of the day a week before it.
"""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

_SPRING = "0219 0208 0128 0216 0205 0125 0212 0201 0122 0210 0129 0217 0206 0126 0213 0203 0123 0211 0131 0219 0208"
_BOATS = "0620 0609 0530 0618 0607 0625 0614 0603 0622 0610 0531 0619 0609 0528 0616 0605 0624 0612 0601 0620 0610"
_MOON = "0927 0915 1004 0924 0913 1001 0921 0910 0929 0917 1006 0925 0915 1003 0922 0912 1001 0919 0908 0927 0916"
FIRST = 2015

#: Festival -> month and day in each year from FIRST on.
LUNAR = MappingProxyType({"spring": _SPRING.split(), "dragon_boat": _BOATS.split(), "mid_autumn": _MOON.split()})
#: Festivals that keep their month.
FIXED = MappingProxyType({"labour_day": 4, "618": 6, "national_day": 10, "double_11": 11})
BEFORE = dt.timedelta(days=7)


def festival_month(name: str, year: int) -> str | None:
    """The month 'YYYY-MM' that sells for the lunar festival `name` of `year`; None outside the years that are known."""
    days = LUNAR[name]
    if not FIRST <= year < FIRST + len(days):
        return None
    day = dt.date(year, int(days[year - FIRST][:2]), int(days[year - FIRST][2:])) - BEFORE
    return f"{day.year:04d}-{day.month:02d}"


def festivals(month: str) -> list[str]:
    """The festivals that fall into `month`, lunar ones first."""
    year = int(month[:4])
    lunar = [n for n in LUNAR if month in {festival_month(n, y) for y in (year, year + 1)}]
    return lunar + [n for n, number in FIXED.items() if number == int(month[5:7])]


def same_festival(month: str) -> str | None:
    """The month that had the same festival a year before; None where `month` has none.

    The lunar festival decides where there is also one that keeps its month.
    """
    found = festivals(month)
    if not found:
        return None
    year = int(month[:4])
    if found[0] in FIXED:
        return f"{year - 1:04d}{month[4:]}"
    held = next(y for y in (year, year + 1) if festival_month(found[0], y) == month)
    return festival_month(found[0], held - 1)
