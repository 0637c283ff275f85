"""Corrected rates: the formula, and whether its intervals hold what they promise when the truth is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.issues.prevalence import Audit, audited, draws, rogan_gladen, sensitivity, table
from voc.schemas import AUDIT, EXPOSURE, FACTS, PREVALENCE

MONTH = "2026-10"
shares = st.floats(0, 1)


@given(rate=shares, sensitive=st.floats(0.3, 1), false=st.floats(0, 0.2))
def test_the_formula_undoes_what_the_tagger_does(rate, sensitive, false):
    tagged = rate * sensitive + (1 - rate) * false
    assert rogan_gladen(np.array(tagged), np.array(sensitive), np.array(false)) == pytest.approx(rate, abs=1e-9)


@given(rate=shares, sensitive=shares, false=shares)
def test_corrected_rates_are_shares_or_unknown(rate, sensitive, false):
    share = float(rogan_gladen(np.array(rate), np.array(sensitive), np.array(false)))
    assert np.isnan(share) if sensitive <= false + 1e-9 else 0 <= share <= 1


def world(random, *, reviews=8000, read=200, each=10, aspects=25):
    """Counts of a month whose truth is known, as the audit of it would find them: (names, x, n, audit, true rates)."""
    real = np.exp(random.uniform(np.log(0.003), np.log(0.05), aspects))
    sensitive, false = random.beta(6, 2, aspects), np.exp(random.uniform(np.log(0.0003), np.log(0.004), aspects))
    said = random.binomial(reviews, real)
    right = random.binomial(said, sensitive)
    wrong = random.binomial(reviews - said, false)
    x = right + wrong
    judged = np.minimum(each, x)
    names = [f"a{i:02d}" for i in range(aspects)]

    def by(values):
        return dict(zip(names, np.asarray(values).tolist(), strict=True))

    audit = Audit(
        by(random.hypergeometric(right, wrong, judged)), by(judged),
        by(random.binomial(read, (said - right) / reviews)), by(x / reviews), read,
    )  # fmt: skip
    return names, x, reviews, audit, real, sensitive


def test_intervals_hold_the_truth_nineteen_times_in_twenty():
    inside, plain, sure = [], [], []
    for seed in range(24):
        names, x, n, audit, real, sensitive = world(np.random.default_rng(seed))
        drawn = draws(x.astype(float), n, names, audit, np.random.default_rng(0))
        low, high = np.quantile(drawn["corrected"], (0.025, 0.975), axis=0)
        inside += list((low <= real) & (real <= high))
        low, high = np.quantile(drawn["sensitivity"], (0.025, 0.975), axis=0)
        sure += list((low <= sensitive) & (sensitive <= high))
        half = 1.96 * np.sqrt(x / n * (1 - x / n) / n)
        plain += list(abs(x / n - real) <= half)
    assert 0.91 <= np.mean(inside) <= 0.99, np.mean(inside)
    assert np.mean(sure) >= 0.88, np.mean(sure)
    assert np.mean(plain) < 0.7  # what is corrected needed it


def test_a_larger_audit_narrows_the_interval():
    width = []
    for read, each in ((100, 5), (800, 40)):
        names, x, n, audit, _, _ = world(np.random.default_rng(3), read=read, each=each)
        low, high = np.quantile(
            draws(x.astype(float), n, names, audit, np.random.default_rng(0))["corrected"], (0.025, 0.975), axis=0
        )
        width.append(np.median(high - low))
    assert width[1] < 0.9 * width[0]


def months(count, *, reviews=2000):
    fact = dict(
        month=MONTH, source="jd", store_id="s", sku_id=None, issue_kind="aspect", issue_code="A", n_mentions=count,
        n_complaints=count, n_praise=0, polarity_sum=0.0,
    )  # fmt: skip
    seen = dict(
        month=MONTH, source="jd", store_id="s", sku_id=None, n_reviews=reviews, n_text=reviews // 2, rating_sum=0.0,
        rating_n=0, n_default=0, n_flagged=0,
    )  # fmt: skip
    return pa.Table.from_pylist([fact], schema=FACTS), pa.Table.from_pylist([seen], schema=EXPOSURE)


def answers(right, wrong, read, missed):
    row = dict(month=MONTH, model="m", aspect=None, correct=None, missed=[])
    rows = [
        row | dict(kind="mention", review_id=f"m{i}", aspect="A", correct=i < right) for i in range(right + wrong)
    ] + [row | dict(kind="review", review_id=f"r{i}", missed=["A"] if i < missed else []) for i in range(read)]
    return pa.Table.from_pylist(rows, schema=AUDIT)


def test_a_perfect_tagger_is_believed():
    facts, exposure = months(100)
    found = table(MONTH, facts=facts, exposure=exposure, audit=audited(answers(200, 0, 2000, 0), facts, exposure))
    assert found.schema == PREVALENCE
    (row,) = found.to_pylist()
    assert row["state"] == "corrected" and row["labelled_mentions"] == 200 and row["labelled_reviews"] == 2000
    assert row["corrected_lo"] < row["rate"] == 0.05 < row["corrected_hi"]
    assert row["corrected"] == pytest.approx(0.05, rel=0.05)
    assert sensitivity(found) == pytest.approx(1, abs=0.02)


def test_what_is_missed_and_what_is_wrong_moves_the_rate():
    facts, exposure = months(100)
    # 100 of 1,000 reviews with words are tagged, half of them rightly; of 500 read whole 25 hold one that was overlooked.
    (row,) = table(
        MONTH, facts=facts, exposure=exposure, audit=audited(answers(100, 100, 500, 25), facts, exposure)
    ).to_pylist()
    assert row["precision"] == pytest.approx(0.5, abs=0.02)
    assert row["sensitivity"] == pytest.approx(0.5, abs=0.05)
    assert row["corrected"] == pytest.approx(0.05, rel=0.1)


def test_too_few_labels_and_another_tagger_correct_nothing():
    facts, exposure = months(100)
    few = audited(answers(5, 1, 10, 1), facts, exposure)
    many = audited(answers(100, 1, 100, 1), facts, exposure)
    for audit, stale, state in ((few, False, "too_few"), (many, True, "other_tagger")):
        found = table(MONTH, facts=facts, exposure=exposure, audit=audit, stale=stale)
        (row,) = found.to_pylist()
        assert row["state"] == state and row["corrected"] is None and row["sensitivity"] is None
        assert sensitivity(found) is None
    assert len(table(MONTH, facts=facts, exposure=exposure, audit=None)) == 0


def test_the_same_audit_gives_the_same_table():
    facts, exposure = months(100)
    audit = audited(answers(60, 10, 100, 5), facts, exposure)
    one, two = (table(MONTH, facts=facts, exposure=exposure, audit=audit) for _ in range(2))
    assert one.equals(two)
