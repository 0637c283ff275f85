"""Festivals beside the months of a trend: what people buy moves with them, and some of them move between months."""

from __future__ import annotations

from voc.issues.festivals import LUNAR, festivals
from voc.report.words import Words

NAMES = {
    "spring": ("春节", "Spring Festival"),
    "dragon_boat": ("端午", "Dragon Boat"),
    "mid_autumn": ("中秋", "Mid-Autumn"),
    "labour_day": ("五一", "Labour Day"),
    "618": ("618", "6.18"),
    "national_day": ("国庆", "National Day"),
    "double_11": ("双十一", "11.11"),
}
ZONES = ("Shanghai", "Chongqing", "Harbin", "Urumqi", "Hong_Kong", "Macau", "Macao", "Taipei")
"""Where these festivals are kept: cities of the time zones in which they are marked."""


def names(w: Words, month: str) -> list[str]:
    """The festivals of a month, lunar ones first; none where the report's time zone is elsewhere."""
    if w.zone.rpartition("/")[2] not in ZONES:
        return []
    return [w.of(NAMES, name) for name in festivals(month)]


def moved(w: Words, month: str, last_year: str) -> list[str]:
    """Lunar festivals that only one of `month` and the same month of the last year has, as sentences."""
    if w.zone.rpartition("/")[2] not in ZONES:
        return []
    now, then = ({f for f in festivals(m) if f in LUNAR} for m in (month, last_year))
    out = []
    for name in (f for f in LUNAR if f in now ^ then):
        feast = w.of(NAMES, name)
        here, gone = (month, last_year) if name in now else (last_year, month)
        out.append(
            w.pick(
                f"{feast}备货在 {w.month(here)}，不在 {w.month(gone)}：与去年同月相比时要留意。",
                f"{feast} sales fall into {w.month(here)} and not into {w.month(gone)}: mind this beside last year’s month.",
            )
        )
    return out
