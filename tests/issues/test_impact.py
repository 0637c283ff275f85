"""What stars go together with: effects that are found again, intervals that hold them, and shares that add up."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from voc.issues.counts import COMPLAINTS
from voc.issues.impact import Regression, impact, regress
from voc.schemas import IMPACT, REVIEWS, conform

MONTH = "2026-10"
NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
EFFECTS = np.array([-1.2, -0.6, -0.2, 0.0])


def drawn(seed, *, n=3000, effects=EFFECTS, stores=12, spoilt=0.0):
    """Stars, complaints (N, J) and store of reviews whose stores differ, the last one spoilt and full of issue 0."""
    random = np.random.default_rng(seed)
    store = random.integers(0, stores, n)
    rate = np.array([0.05, 0.08, 0.1, 0.06])[: len(effects)]
    has = random.random((n, len(effects))) < rate * np.where(store == stores - 1, 3.0, 1.0)[:, None]
    has[:, 1] |= has[:, 0] & (random.random(n) < 0.3)  # issues come together
    luck = random.normal(0, 0.2, stores) - spoilt * (np.arange(stores) == stores - 1)
    noise = random.normal(0, 0.5 + 0.5 * has[:, 0])
    return 4.3 + luck[store] + has @ effects + noise, has, store


def found(stars, has, store):
    place = sparse.csr_array((np.ones(len(store)), (np.arange(len(store)), store)))
    return regress(stars, sparse.csr_array(has.astype(float)), place)


def test_intervals_hold_the_effects_nineteen_times_in_twenty():
    inside = []
    for seed in range(60):
        result = found(*drawn(seed))
        error = np.sqrt(np.diag(result.error))
        inside.append(np.abs(result.effect - EFFECTS) <= 1.96 * error)
    assert 0.91 <= np.mean(inside) <= 0.985, np.mean(inside, axis=0)
    assert np.min(np.mean(inside, axis=0)) >= 0.85


def test_a_bad_store_does_not_lend_its_stars_to_the_issues_it_has():
    estimates, plain = [], []
    for seed in range(10):
        stars, has, store = drawn(seed, spoilt=1.5)
        estimates.append(found(stars, has, store).effect[2])
        plain.append(stars[has[:, 2]].mean() - stars[~has[:, 2]].mean())
    assert np.mean(estimates) == pytest.approx(-0.2, abs=0.05)
    assert np.mean(plain) < -0.4


def test_shares_are_shapley_values_of_the_variance_game():
    """Against the definition: the mean over all orders of what an issue adds."""
    random = np.random.default_rng(2)
    d = random.random((500, 4)) @ np.triu(random.random((4, 4)))
    spread, effect = np.cov(d.T, bias=True), np.array([-1.0, 0.5, -0.3, 0.8])
    value = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        for place, j in enumerate(order):
            with_, without = list(order[: place + 1]), list(order[:place])
            worth = [(d[:, s] @ effect[s]).var() if s else 0.0 for s in (with_, without)]
            value[j] += (worth[0] - worth[1]) / len(orders)
    result = Regression(effect, np.eye(4), d.mean(axis=0), spread, 500)
    np.testing.assert_allclose(result.shares(effect), value / value.sum())


def month(seed=1, **more):
    """The same as tables."""
    stars, has, store = drawn(seed, **more)
    names = ["A", "B", "C", "D"]
    reviews = [
        dict(review_id=f"jd:{i:05d}", kind="review", source="jd", channel="c", created_at=NOON, month=MONTH,
             store_id=f"s{s}", rating=float(np.clip(r, 1, 5)), lang="zh", text="", flags=[], ingest_id="i")
        for i, (r, s) in enumerate(zip(stars, store, strict=True))
    ]  # fmt: skip
    rows, issue = np.nonzero(has)
    complaints = [
        dict(month=MONTH, source="jd", store_id=None, sku_id=None, issue_kind="aspect", issue_code=names[j],
             root_id=f"jd:{i:05d}", review_id=f"jd:{i:05d}", created_at=NOON, confidence=0.9)
        for i, j in zip(rows, issue, strict=True)
    ]  # fmt: skip
    return table(reviews), pa.Table.from_pylist(complaints, schema=COMPLAINTS)


def table(rows):
    names = [n for n in REVIEWS.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], REVIEWS.field(n).type) for n in names}), REVIEWS)


def test_a_month_as_tables():
    reviews, complaints = month()
    rows = impact(MONTH, reviews=reviews, complaints=complaints)
    assert rows.schema == IMPACT
    by = {r["aspect"]: r for r in rows.to_pylist()}
    assert sorted(by) == ["A", "B", "C", "D"]
    assert by["A"]["effect_hi"] < -0.6 and by["D"]["effect_lo"] < 0 < by["D"]["effect_hi"]
    for row in by.values():
        for name in ("effect", "pull", "share"):
            assert row[f"{name}_lo"] <= row[name] <= row[f"{name}_hi"], (row["aspect"], name)
        assert row["n"] == 3000
        assert row["pull"] == pytest.approx(row["effect"] * row["observed"] / row["n"])
    assert sum(r["share"] for r in by.values()) == pytest.approx(1)
    assert max(by.values(), key=lambda r: r["share"])["aspect"] == "A"


def test_the_order_of_rows_changes_nothing():
    reviews, complaints = month()
    shuffled = [t.take(pa.array(np.random.default_rng(0).permutation(len(t)))) for t in (reviews, complaints)]
    assert impact(MONTH, reviews=shuffled[0], complaints=shuffled[1]).equals(
        impact(MONTH, reviews=reviews, complaints=complaints)
    )


def test_what_does_not_count_and_what_is_rare_has_no_row():
    reviews, complaints = month()
    copies = pa.array([[["near_duplicate"], []][i % 2] for i in range(len(reviews))], pa.list_(pa.string()))
    flagged = conform(reviews.set_column(reviews.schema.get_field_index("flags"), "flags", copies), REVIEWS)
    assert set(impact(MONTH, reviews=flagged, complaints=complaints)["n"].to_pylist()) == {1500}
    assert "A" not in impact(MONTH, reviews=reviews, complaints=complaints, least=220)["aspect"].to_pylist()


@pytest.mark.parametrize("size", [0, 1, 150])
def test_too_few_stars_and_stars_all_alike_say_nothing(size):
    reviews, complaints = month()
    assert not len(impact(MONTH, reviews=reviews.slice(0, size), complaints=complaints))
    same = pa.array([5.0] * len(reviews), pa.float32())
    alike = reviews.set_column(reviews.schema.get_field_index("rating"), "rating", same)
    assert not len(impact(MONTH, reviews=alike, complaints=complaints))
    assert not len(impact(MONTH, reviews=reviews, complaints=complaints.slice(0, 0)))
