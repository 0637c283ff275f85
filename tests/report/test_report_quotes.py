import re

from voc.report.dims import slug, tidy
from voc.report.quotes import pieces


def said(text, span, **options):
    return pieces(text, span, staff=options.pop("staff", lambda t: []), **options)


def test_clause_and_opinion_are_marked():
    text = "老顾客了。打开就有陈油味，唉"
    assert said(text, (5, 12), opinion=(9, 12)) == (
        ("", "老顾客了。"),
        ("clause", "打开就有"),
        ("opinion", "陈油味"),
        ("", "，唉"),
    )


def test_long_texts_are_cut_around_the_clause():
    text = "甲" * 300 + "坏了" + "乙" * 300
    cut = said(text, (300, 302), around=10)
    assert cut[0] == ("", "…") and ("clause", "坏了") in cut and cut[-1] == ("", "…")
    assert sum(len(t) for _, t in cut) == 24


def test_spans_outside_the_text_do_not_break():
    assert said("短", (5, 9)) == (("", "短"),)
    assert said("", (0, 0)) == ()


def test_staff_become_one_word_and_the_mark_stays_where_it_was():
    text = "那个店员小李态度很差，走了"
    staff = lambda t: [(m.start(), m.end()) for m in re.finditer("店员小李", t)]  # noqa: E731
    assert said(text, (6, 10), staff=staff) == (("", "那个〔店员〕"), ("clause", "态度很差"), ("", "，走了"))
    inside = said(text, (2, 10), opinion=(6, 10), staff=staff)
    assert inside == (("", "那个"), ("clause", "〔店员〕"), ("opinion", "态度很差"), ("", "，走了"))


def test_staff_cut_by_the_window_do_not_leak():
    text = "甲" * 20 + "店员小李" + "坏"
    staff = lambda t: [(20, 24)]  # noqa: E731
    assert "李" not in "".join(t for _, t in said(text, (24, 25), around=2, staff=staff))


def test_the_shipped_rules_hide_staff_names():
    assert "小李" not in "".join(t for _, t in pieces("收银的店员小李翻白眼", (0, 10)))


def test_controls_and_direction_marks_never_reach_a_page():
    assert tidy("a\u202eb\x00c\x1bd\ud800e\u2066f") == "abcdef"
    assert said("好\u202e坏\x07了", (0, 5)) == (("clause", "好坏了"),)


def test_slugs_are_safe_and_differ():
    names = ["../../etc/passwd", "CON", "长" * 300, "a" * 300, "\u202egnp.exe", "x/y", "x y", "X Y", "", ".", "松果"]
    slugs = [slug(n) for n in names]
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", s) and len(s) <= 33 for s in slugs)


def test_names_that_overlap_are_hidden_whole():
    from voc.report.names import Names

    names = Names(["东门大街店", "大街店二部"], own=["杭州东门大街店"])
    text = "去东门大街店二部买的，不脆"
    assert said(text, (11, 13), hide=names.spans)[0] == ("", "去〔门店〕买的，")
    assert names.spans("在杭州东门大街店买") == [] and Names(["12"]).spans("12 克") == []
