"""Sentences made of numbers: units, plurals, both languages, and nothing that the gate or an interval does not bear out."""

from dataclasses import replace

import builder
import pytest

from voc.issues.onset import Onset
from voc.report.cells import Cells
from voc.report.claims import claim, compared, moved
from voc.report.context import open_context
from voc.report.cut import Pack
from voc.report.figures import Fig, plain
from voc.report.opening import open_book
from voc.report.words import Words

ROW = {
    "level": "store", "observed": 21, "n": 446, "gate": "strong", "peers": ["format=x"], "change": "steady",
    "change_rr": 2.1, "change_lo": 1.3, "change_hi": 3.4,
}  # fmt: skip


def said(lang, driver=None, **changes):
    row = {**ROW, **changes}
    figs = {k: Fig(f"{row[k]:,}", k) for k in ("observed", "n")}
    w = Words(lang)
    issue = "不新鲜" if lang == "zh" else "freshness"
    return plain(claim(w, row, issue=issue, rr=Fig(w.times(2.4), "rr"), interval="1.6–3.5", driver=driver, **figs))


def test_a_store_is_compared_with_its_peers_and_the_product_behind_it_is_named():
    assert (
        said("zh", "SKU 123") == "446 条评价中 21 条投诉“不新鲜”，约为同类门店的 2.4 倍（1.6–3.5），主要来自SKU 123。"
    )
    assert said("en", "SKU 123") == (
        "21 of 446 reviews complain about “freshness”, about 2.4× what comparable stores would have (1.6–3.5), "
        "mostly from SKU 123."
    )
    assert "约为预期的 2.4 倍" in said("zh", peers=None) and "the expected number" in said("en", level="sku")


def test_one_is_singular():
    assert said("en", observed=1, n=1, gate="insufficient").startswith("1 of 1 review complains about")
    assert said("en", observed=1, n=40).startswith("1 of 40 reviews complains about")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_enough_evidence_neither_ratio_nor_cause_is_said(lang):
    text = said(lang, "SKU 123", gate="insufficient")
    assert "2.4" not in text and "SKU" not in text and ("不足" in text or "too few" in text)
    assert ("看来" in said(lang, gate="moderate")) if lang == "zh" else ("probably" in said(lang, gate="moderate"))


def test_what_moved_is_said_with_its_interval_and_what_did_not_is_not():
    zh, en = Words("zh"), Words("en")
    assert moved(zh, {**ROW, "change": "rising"}) == "是前几个月的 2.1 倍（1.3–3.4）。"
    assert moved(en, {**ROW, "change": "falling"}) == "Down to 2.1× the months before (1.3–3.4)."
    assert all(
        moved(w, {**ROW, "change": c}) == "" for w in (zh, en) for c in ("steady", "too_short", "withheld", None)
    )
    for change in ("new", "gone", "chronic", "seasonal"):
        assert moved(zh, {**ROW, "change": change}) and moved(en, {**ROW, "change": change}).endswith(".")


def test_since_when_is_said_of_signals_only_and_no_more_than_is_known():
    exact, least = Onset("2026-03", True), Onset("2025-12", False)
    row = {"month": "2026-10", "since": exact, "change": "chronic"}
    assert said("zh", **row).endswith("（1.6–3.5）。3月起一直多于预期。")
    assert said("en", **row).endswith("Above expectation since March.")
    assert said("zh", **{**row, "since": least}).endswith("至少从2025 年 12 月起一直多于预期。")
    assert said("en", **{**row, "since": least}).endswith("Above expectation since December 2025 at the latest.")
    assert "起" not in said("zh", **{**row, "gate": "insufficient"})
    assert all("起" not in said("zh", **{**row, "change": c}) for c in ("new", "seasonal", "too_short", "withheld"))
    assert said("zh", **{**row, "since": None}).endswith("前几个月就是这样。")


def test_the_planted_excess_knows_its_month(tmp_path):
    whole = open_book(builder.build(n_reviews=2500, n_months=14))
    dated = {r["store_id"]: r["since"] for r in whole.by_level["store"] if r.get("since")}
    assert all(onset.month <= builder.MONTH for onset in dated.values())
    assert all(r["gate"] != "insufficient" for r in whole.rows if r.get("since"))
    mine = open_book(builder.build(n_reviews=2500, n_months=14), pack=Pack(store=next(iter(sorted(dated)))))
    assert {r["store_id"]: r["since"] for r in mine.by_level["store"] if r.get("since")}.items() <= dated.items()


def test_a_ratio_whose_interval_reads_as_touching_one_is_left_out():
    row = {f"{span}_ratio{end}": None for span in ("month", "year") for end in ("", "_lo", "_hi")}
    near = {**row, "month_ratio": 2.2, "month_ratio_lo": 1.01, "month_ratio_hi": 4.7}
    clear = {**row, "year_ratio": 2.2, "year_ratio_lo": 1.4, "year_ratio_hi": 4.7}
    assert compared(Words("zh"), near) == []
    assert compared(Words("zh"), clear) == ["占比为去年同月的 2.2 倍（1.4–4.7）。"]
    assert compared(Words("en"), clear) == [" The share is 2.2× that of the same month last year (1.4–4.7)."]


@pytest.fixture(scope="module", params=["zh", "en"])
def ctx(request):
    return open_context(open_book(builder.build(n_reviews=1800, n_months=3), lang=request.param))


def test_the_self_test_names_its_trials_and_the_null_copies(ctx):
    from voc.report import selftest

    promise = plain(selftest.promise(ctx))
    assert ("50 次里能发现 47 次" in promise) if ctx.words.zh else ("found in 47 of 50 trials" in promise)
    grid = selftest.grids(ctx)[0]
    assert grid.rises == ("+5", "+10") and [name for name, _, _ in grid.rows] == ["30–99", "100–299"]
    assert grid.rows[1][2][1] is None and plain(grid.false).rstrip("。 处.").endswith("0")


def test_an_action_stands_beside_its_signal_and_a_fix_says_whether_it_helped(ctx):
    from voc.report import followup

    rows = [r for level in ("store", "store_sku", "category") for r in ctx.book.gated.get(level, ())]
    task = followup.task(ctx, rows[0])
    assert (
        task is not None
        and len(task.id) == 12
        and ("2026 年 11 月 14 日" if ctx.words.zh else "14 November") in task.due
    )
    assert followup.task(ctx, {**rows[0], "aspect": "V99"}) is None
    words = {f.kind: f.verdict for f in followup.fixes(ctx)}
    assert words == (
        {"better": "变好", "worse": "变差", "cannot_tell": "还看不出"}
        if ctx.words.zh
        else {"better": "better", "worse": "worse", "cannot_tell": "cannot tell yet"}
    )
    assert next(f for f in followup.fixes(ctx) if f.kind == "cannot_tell").reason


def test_stars_go_with_an_issue_and_are_never_its_effect(ctx):
    from voc.report import followup

    (aspect, _) = sorted(ctx.book.impact.items())[0]
    text = plain(followup.impact(ctx, aspect))
    assert "−1.3" in text and not any(w in text for w in ("导致", "造成", "because", "cause", "effect"))
    assert followup.impact(ctx, "V99") is None


def test_blocks_without_their_tables_are_absent(tmp_path):
    import report_pages as pages

    from voc.report.site import write_site
    from voc.schemas import empty

    names = ("power", "prevalence", "impact", "wording", "actions", "verdicts", "tags")
    data = replace(builder.build(n_reviews=600, n_months=3), **{n: empty(n) for n in names})
    write_site(open_book(data), tmp_path)
    found = pages.read(tmp_path)
    for page in (found["index.html"], found["coverage.html"], found["issues.html"], found["marketing.html"]):
        assert not any(word in page.words for word in ("自测", "抽查", "期限", "整改", "星级之差", "会员标签"))


def test_a_month_and_the_one_before_are_compared_only_where_no_source_is_missing():
    from voc.report import trends

    book = open_book(builder.build(n_reviews=900, n_months=8))
    k, n = trends.counts(book, now=(120, 880))
    low = trends.change(book, {}, "2026-09", now=(120, 880))
    assert (
        low is not None and low[1] < low[0] < low[2] and abs(low[0] - (120 / 880 - k["2026-09"] / n["2026-09"])) < 1e-12
    )
    assert trends.change(book, {"2026-09": ["jd"]}, "2026-09", now=(120, 880)) is None
    assert trends.change(book, {}, "2020-01", now=(120, 880)) is None


def test_newcombes_interval_against_his_example():
    # Newcombe (1998), table II, method 10: 56/70 less 48/80 has the interval 0.0524 to 0.3339.
    import math

    from voc.report.figures import wilson

    (a, b), (c, d) = wilson(56, 70), wilson(48, 80)
    p, q = 56 / 70, 48 / 80
    assert p - q - math.hypot(p - a, d - q) == pytest.approx(0.0524, abs=1e-4)
    assert p - q + math.hypot(b - p, q - c) == pytest.approx(0.3339, abs=1e-4)


def test_cells_are_made_once():
    book = open_book(builder.build(n_reviews=300, n_months=1))
    ctx = open_context(book)
    row = book.rows[0]
    assert isinstance(ctx.cells, Cells) and ctx.cells.cell(row) is ctx.cells.cell(row)
