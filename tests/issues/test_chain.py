"""Absolute rates, their changes, and when a change must not be told."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from voc.issues import IssueMeta, chain, withheld
from voc.issues.chain import previous, rate_ratio, wilson
from voc.schemas import CHAIN, EXPOSURE, FACTS

ISSUES = {"leak": IssueMeta("leak", "S2"), "taste": IssueMeta("taste", "S3")}


def months(**volumes):
    """EXPOSURE with `month={source: reviews}`."""
    rows = [
        dict(month=m.replace("_", "-")[1:], source=s, store_id="s1", sku_id="k1", n_reviews=n, n_text=n, rating_sum=0.0,
             rating_n=0, n_default=0, n_flagged=0)
        for m, sources in volumes.items() for s, n in sources.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=EXPOSURE)


def said(**numbers):
    """FACTS with `month={(source, code): complaints}`."""
    rows = [
        dict(month=m.replace("_", "-")[1:], source=s, store_id="s1", sku_id="k1", issue_kind="aspect", issue_code=c,
             n_mentions=x, n_complaints=x, n_praise=0, polarity_sum=0.0)
        for m, cells in numbers.items() for (s, c), x in cells.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=FACTS)


def test_wilson_against_published_values():
    # Newcombe (1998), Statistics in Medicine 17: 81/263, 15/148, 0/20.
    low, high = wilson(np.array([81.0, 15.0, 0.0]), np.array([263.0, 148.0, 20.0]))
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611], atol=5e-5)


def test_rows_rates_and_order():
    exposure = months(_2026_10={"jd": 100, "tmall": 300})
    facts = said(_2026_10={("jd", "leak"): 8, ("tmall", "leak"): 12, ("jd", "taste"): 20})
    table = chain("2026-10", facts=facts, exposure=exposure, issues=ISSUES)
    assert table.schema == CHAIN
    rows = table.to_pylist()
    assert [(r["aspect"], r["rank"], r["observed"], r["n"], r["rate"], r["share"]) for r in rows] == [
        ("leak", 1, 20, 400, 0.05, 0.5),  # as many as taste, but graver
        ("taste", 2, 20, 400, 0.05, 0.5),
    ]
    assert rows[0]["month_ratio"] is None and rows[0]["year_ratio"] is None
    assert rows[0]["rate_lo"] < 0.05 < rows[0]["rate_hi"]


def test_changes_on_month_and_year():
    volume = {"jd": 1000, "tmall": 1000}
    exposure = months(_2026_10=volume, _2026_09=volume, _2026_08=volume, _2025_10=volume, _2025_09=volume)
    facts = said(_2026_10={("jd", "leak"): 60}, _2026_09={("jd", "leak"): 30}, _2025_10={("jd", "leak"): 120})
    (row,) = chain("2026-10", facts=facts, exposure=exposure, issues=ISSUES).to_pylist()
    assert row["month_ratio"] == pytest.approx(2.0)
    assert row["year_ratio"] == pytest.approx(0.5)
    assert 1 < row["month_ratio_lo"] < 2 < row["month_ratio_hi"]


def test_more_of_a_noisy_source_is_no_change():
    ratio, low, high = rate_ratio(
        np.array([[100.0], [10.0]]), np.array([1000.0, 1000.0]), np.array([[20.0], [10.0]]), np.array([200.0, 1000.0])
    )
    assert ratio[0] == pytest.approx(1.0)
    assert low[0] < 1 < high[0]


def test_new_and_absent_issues_have_finite_ratios():
    n = np.array([500.0])
    ratio, low, high = rate_ratio(np.array([[9.0, 0.0]]), n, np.array([[0.0, 0.0]]), n)
    assert ratio[0] == pytest.approx(19.0) and np.isfinite([low[0], high[0]]).all()
    assert np.isnan(ratio[1])


@pytest.mark.parametrize("now, reason", [({"jd": 1000}, "missing"), ({"jd": 1000, "tmall": 600}, "fell")])
def test_a_lost_export_is_named_and_its_trend_withheld(now, reason):
    before = {"jd": 1000, "tmall": 1000, "tiny": 20}
    exposure = months(_2026_10=now, _2026_09=before, _2026_08=before)
    assert withheld(exposure, "2026-10") == [("tmall", reason)]
    facts = said(_2026_10={("jd", "leak"): 30}, _2026_09={("jd", "leak"): 60})
    (row,) = chain("2026-10", facts=facts, exposure=exposure, issues=ISSUES).to_pylist()
    assert row["month_ratio"] is None


def test_a_source_that_is_back_is_no_rise():
    whole, half = {"jd": 1000, "tmall": 1000}, {"jd": 1000}
    exposure = months(_2026_10=whole, _2026_09=half, _2026_08=whole)
    facts = said(_2026_10={("tmall", "leak"): 60}, _2026_09={("jd", "leak"): 2})
    assert withheld(exposure, "2026-10") == []
    (row,) = chain("2026-10", facts=facts, exposure=exposure, issues=ISSUES).to_pylist()
    assert row["month_ratio"] is None


def test_slightly_fewer_reviews_withhold_nothing():
    exposure = months(_2026_10={"jd": 700}, _2026_09={"jd": 1000})
    assert withheld(exposure, "2026-10") == []
    assert withheld(exposure, "2026-09") == []


def test_previous_month_over_the_year():
    assert [previous("2026-01"), previous("2026-10", 12), previous("2026-03", 3)] == ["2025-12", "2025-10", "2025-12"]


def test_empty_month():
    table = chain("2026-10", facts=said(), exposure=months(_2026_10={"jd": 10}), issues=ISSUES)
    assert table.schema == CHAIN and len(table) == 0
    assert pc.sum(table["observed"]).as_py() is None
