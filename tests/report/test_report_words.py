import math
import re
from datetime import UTC, datetime
from importlib import resources

import pytest

from voc.errors import UnknownName
from voc.report.figures import Fig, num, plain, say, wilson
from voc.report.words import OWNERS, REASONS, Words

zh, en = Words("zh"), Words("en")


def test_no_percentage_below_thirty():
    assert zh.share(3, 12) == "12 条中 3 条" and en.share(3, 12) == "3 of 12"
    assert zh.share(3, 29) == "29 条中 3 条" and zh.share(3, 30) == "10.0%"
    assert zh.share(0, 0) == "—"


def test_plurals_and_thousands():
    assert en.reviews(1) == "1 review" and en.reviews(1234) == "1,234 reviews" and zh.reviews(1234) == "1,234 条评价"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_a_dash(value):
    for w in (zh, en):
        assert {w.number(value), w.percent(value), w.times(value), w.signed(value), w.interval(value, 2.0)} == {"—"}


def test_ratios_keep_the_digits_that_mean_something():
    assert zh.times(2.44) == "2.4 倍" and en.times(0.53) == "0.53×" and en.times(12.4) == "12×"
    assert zh.interval(1.6, 3.5) == "1.6–3.5" and zh.interval(0.136, 0.148, percent=True) == "13.6–14.8%"
    assert zh.number(-0.04) == "0.0" and zh.number(-1.25) == "−1.2" and zh.signed(3.0) == "+3.0"


def test_dates_follow_the_time_zone():
    edge = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)
    assert zh.day(edge) == "11 月 1 日" and en.day(edge) == "1 Nov"
    assert Words("en", "Europe/London").day(edge) == "31 Oct"
    assert zh.month("2026-10") == "2026 年 10 月" and en.month("2026-10") == "October 2026"


def test_unknown_language_names_the_choices():
    with pytest.raises(UnknownName, match="en, zh"):
        Words("fr")


def test_lists_in_both_languages():
    assert (
        zh.list(["甲", "乙", "丙"]) == "甲、乙和丙"
        and en.list(["a", "b", "c"]) == "a, b and c"
        and en.list(["a"]) == "a"
    )


def test_figures_are_links_with_their_reference_and_escape_everything():
    fig = Fig("<b>", 'mentions?x="', 'evidence/a.html#"', 1)
    html = num(fig, "../")
    assert "<b>" not in html and 'data-ref="mentions?x=&#34;"' in html and 'href="../evidence/a.html#&#34;"' in html
    assert say(["<i>", fig]).startswith("&lt;i&gt;") and plain(["a ", fig]) == "a <b>"


def test_wilson_against_published_values():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20)[0] == 0 and wilson(20, 20)[1] == 1


def test_sources_reasons_and_owners_have_words_and_unknown_ones_stay_as_they_are():
    assert [zh.source(s) for s in ("tmall", "jd", "meituan", "wjx", "my-shop")] == [
        "天猫",
        "京东",
        "美团",
        "问卷星",
        "my-shop",
    ]
    assert [en.source(s) for s in ("tmall", "jd", "meituan", "wjx")] == ["Tmall", "JD", "Meituan", "Wjx survey"]
    assert zh.reason("bad_date") == "日期读不准" and en.reason("repeated_header") == "header row repeated"
    assert zh.reason("odd_row") == "odd_row" and en.reason("a\u202eb") == "ab"
    assert zh.of(OWNERS, "kitchen") == "后厨" and en.of(OWNERS, "kitchen") == "kitchen"


def test_every_reason_that_ingest_gives_has_words():
    folder = resources.files("voc.ingest")
    code = "".join(f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".py"))
    given = set(
        re.findall(r'"((?:bad|missing|unclosed|stray|ragged|repeated)_[a-z]+|line_too_long|precision_lost)"', code)
    )
    assert given >= {"bad_date", "ragged_row", "precision_lost"} and given <= set(REASONS)
