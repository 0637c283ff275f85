"""Drawings over the months: round axes, festivals where they are kept, and nothing about them elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import builder
import pytest

from voc.report import feasts, first, svg, trends
from voc.report.context import open_context
from voc.report.opening import open_book
from voc.report.words import Words


def test_lunar_festivals_come_first_and_elsewhere_there_are_none():
    assert feasts.names(Words("zh"), "2026-06") == ["端午", "618"]
    assert feasts.names(Words("en"), "2026-09") == ["Mid-Autumn"] and feasts.names(Words("zh"), "2026-03") == []
    assert feasts.names(Words("en", "America/Chicago"), "2026-09") == []


def test_a_festival_that_moved_is_said_beside_last_years_month():
    zh, en = Words("zh"), Words("en")
    assert feasts.moved(zh, "2026-09", "2025-09") == []
    (said,) = feasts.moved(
        zh, "2025-01", "2024-01"
    )  # Spring Festival of 2025 is bought for in January, 2024's in February
    assert said.startswith("春节备货在 2025 年 1 月，不在 2024 年 1 月")
    (gone,) = feasts.moved(en, "2025-02", "2024-02")
    assert gone.startswith("Spring Festival sales fall into February 2024 and not into February 2025")
    assert feasts.moved(Words("en", "Europe/Paris"), "2025-02", "2024-02") == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_mark_festivals_and_the_numbers_name_them(lang):
    data = builder.build(n_reviews=900, n_months=14)
    book = open_book(data, lang=lang)
    chart = trends.complaining(book, {}, now=first.complaining(open_context(book)))
    feast = "国庆" if lang == "zh" else "National Day"
    assert feast in chart.drawing and 'path class="feast"' in chart.drawing
    assert {r.note for r in chart.rows if feast in r.note}
    abroad = open_book(replace(data, time_zone="America/Chicago"), lang=lang)
    assert "feast" not in trends.complaining(abroad, {}, now=first.complaining(open_context(abroad))).drawing


@pytest.mark.parametrize("value", [0.0123, 0.021, 0.028, 0.034, 0.055, 0.071, 0.093, 0.13, 0.277, 0.45, 0.9])
def test_axes_have_round_ticks_and_hold_the_line(value):
    for wide in (860, 300):
        drawn = svg.trend([svg.Point("a", value), svg.Point("b", value / 2)], title="t", wide=wide)
        ticks = [float(t) for t in re.findall(r'text-anchor="end">([\d.]+)%<', drawn)]
        steps = {round(b - a, 6) for a, b in pairwise(ticks)}
        assert ticks[0] == 0 and 100 * value <= ticks[-1] <= 200 * value and len(steps) == 1, ticks
