"""Verdicts on fixes: which months count, what is compared, and that a place picked for its bad luck proves nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from voc.issues import shrinkage
from voc.issues.verdict import Counts, drift, ratio, verdicts, windows
from voc.schemas import EXPOSURE, FACTS, FIXES, VERDICTS

MONTHS = [f"2026-{m:02d}" for m in range(3, 11)]


def chain(rates, *, stores=20, reviews=200, seed=1, source=lambda month: "jd"):
    """Facts and exposure in which store s has `rates(s, month)` of issue A, and all have .02 of issue B."""
    random = np.random.default_rng(seed)
    facts, seen = [], []
    for month in MONTHS:
        for s in range(stores):
            keys = dict(month=month, source=source(month), store_id=f"s{s:02d}", sku_id="k")
            seen.append(
                keys | dict(n_reviews=reviews, n_text=reviews, rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0)
            )
            for code, rate in (("A", rates(s, month)), ("B", 0.02)):
                x = int(random.binomial(reviews, rate))
                if x:
                    facts.append(
                        keys | dict(issue_kind="aspect", issue_code=code, n_mentions=x, n_complaints=x, n_praise=0,
                                    polarity_sum=-1.0 * x)
                    )  # fmt: skip
    return pa.Table.from_pylist(facts, schema=FACTS), pa.Table.from_pylist(seen, schema=EXPOSURE)


def judge(rates, *, month="2026-10", on=dt.date(2026, 7, 15), store="s00", sku=None, aspect="A", **options):
    facts, exposure = chain(rates, **options)
    fix = dict(fix_id="f", aspect=aspect, store_id=store, sku_id=sku, fixed_on=on, note=None)
    found = verdicts(month, fixes=pa.Table.from_pylist([fix], schema=FIXES), facts=facts, exposure=exposure)
    assert found.schema == VERDICTS
    return found.to_pylist()


def bad_until(last, rate=0.12, after=0.02):
    return lambda s, month: (rate if month <= last else after) if s == 0 else 0.02


def test_only_full_months_count():
    before, after = windows(dt.date(2026, 7, 15), "2026-10")
    assert (before, after) == (["2026-04", "2026-05", "2026-06"], ["2026-08", "2026-09", "2026-10"])
    assert windows(dt.date(2026, 7, 1), "2026-07")[1] == ["2026-07"]
    assert windows(dt.date(2026, 12, 2), "2026-12")[1] == []
    assert windows(dt.date(2025, 1, 31), "2026-12")[1] == [f"2025-{m:02d}" for m in range(2, 8)]


def test_what_was_mended_is_better_and_what_got_worse_is_worse():
    (row,) = judge(bad_until("2026-07"))
    assert row["verdict"] == "better" and row["ratio_hi"] < 1 and row["reason"] is None
    assert row["ratio_lo"] < row["ratio"] < row["ratio_hi"]
    assert row["before_n"] == 600 and row["after_n"] == 600 and row["rest_before_n"] == 19 * 600
    (row,) = judge(lambda s, m: (0.02 if m <= "2026-07" else 0.15) if s == 0 else 0.02)
    assert row["verdict"] == "worse" and row["ratio_lo"] > 1


def test_what_changed_everywhere_is_no_effect_of_the_fix():
    (row,) = judge(lambda s, m: (0.10 if m <= "2026-07" else 0.02) * (1.5 if s == 0 else 1))
    assert row["verdict"] == "cannot_tell" and row["reason"] == "too_few"
    assert row["ratio_lo"] < 1 < row["ratio_hi"]


def test_a_season_of_another_source_is_no_effect():
    """Before, all reviews came from a source that complains three times as much."""
    (row,) = judge(
        lambda s, m: (0.15 if m <= "2026-07" else 0.05) * (1.2 if s == 0 else 1),
        source=lambda month: "loud" if month <= "2026-07" else "calm",
    )
    assert row["verdict"] == "cannot_tell"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (dict(on=dt.date(2026, 10, 2)), "too_early"),
        (dict(on=dt.date(2026, 2, 2)), "no_before"),
        (dict(store="nowhere"), "no_before"),
        (dict(store="s01", reviews=8), "too_few"),
        (dict(aspect="never"), "too_few"),
    ],
)
def test_where_nothing_can_be_said_the_reason_is(options, reason):
    (row,) = judge(bad_until("2026-07"), **options)
    assert row["verdict"] == "cannot_tell" and row["reason"] == reason


def test_a_fix_of_the_future_has_no_verdict_and_later_months_are_not_looked_at():
    assert judge(bad_until("2026-07"), on=dt.date(2026, 11, 1)) == []
    (early,) = judge(bad_until("2026-07"), month="2026-08")
    assert early["after_n"] == 200


def test_each_fix_is_judged_as_if_it_were_the_only_one():
    facts, exposure = chain(bad_until("2026-07"))
    day = dt.date(2026, 7, 15)
    fixes = [
        dict(fix_id=f"{store}{sku}{aspect}{on:%m%d}", aspect=aspect, store_id=store, sku_id=sku, fixed_on=on, note=None)
        for store, sku, aspect, on in (
            ("s00", None, "A", day), ("s00", None, "B", day), ("s01", None, "A", day), ("s00", "k", "A", day),
            ("s00", None, "A", dt.date(2026, 8, 1)), ("s00", None, "A", dt.date(2025, 9, 1)),
        )
    ]  # fmt: skip

    def judged(some):
        table = pa.Table.from_pylist(some, schema=FIXES)
        return verdicts("2026-10", fixes=table, facts=facts, exposure=exposure).to_pylist()

    together = {row["fix_id"]: row for row in judged(fixes)}
    assert together == {row["fix_id"]: row for fix in fixes for row in judged([fix])}
    assert len(together) == 5  # what was made longer than a year ago is judged no more


def test_a_sku_and_a_pair_are_places_too():
    (sku,) = judge(bad_until("2026-07"), store=None, sku="k")
    assert sku["reason"] == "no_before"  # the only SKU there is: no rest to compare it with
    (pair,) = judge(bad_until("2026-07"), sku="k")
    assert pair["verdict"] == "better"


def test_intervals_hold_the_truth_although_the_place_was_picked_for_being_bad():
    """The worst of a chain's cells, by what was seen before; nothing was done, or it was halved."""
    for theta in (1.0, 0.5):
        inside, better, naive = [], [], []
        for seed in range(40):
            random = np.random.default_rng(seed)
            expected = np.outer(random.gamma(2, 60, 60) + 20, np.exp(random.uniform(np.log(0.005), np.log(0.04), 20)))
            risk = random.gamma(25, 1 / 25, expected.shape)
            before = random.poisson(risk * expected)
            fit = shrinkage.fit(before.ravel().astype(float), expected.ravel())
            seen = shrinkage.ebgm(before.ravel().astype(float), expected.ravel(), fit)
            for cell in np.argsort(-seen)[:4]:
                x, e = float(before.flat[cell]), float(expected.flat[cell])
                after = float(random.poisson(theta * risk.flat[cell] * e))
                _, low, high = ratio(Counts(x, e, after, e, 5e3, 5e3), fit, seed=int(cell))
                inside.append(low <= theta <= high)
                better.append(high < 1)
                plain = random.gamma(after + 0.5, 1, 2000) / random.gamma(x + 0.5, 1, 2000)
                naive.append(np.quantile(plain, 0.975) < 1)
        assert np.mean(inside) >= 0.9, (theta, np.mean(inside))
        if theta == 1:
            assert np.mean(better) <= 0.05 < np.mean(naive), (np.mean(better), np.mean(naive))


def test_drift_is_what_counting_does_not_explain():
    random = np.random.default_rng(4)
    expected = np.full(4000, 40.0)
    for tau in (0.0, 0.3):
        before = random.poisson(expected)
        after = random.poisson(expected * np.exp(tau * random.standard_normal(4000)))
        assert drift(before.astype(float), expected, after.astype(float), expected) == pytest.approx(tau, abs=0.06)
    assert drift(np.zeros(3), np.ones(3), np.zeros(3), np.ones(3)) == 0.0
