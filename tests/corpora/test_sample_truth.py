"""The truth file says what was planted, and the world behind it holds what it says."""

import numpy as np
import pytest
from voc.corpora.sample import make_world
from voc.corpora.sample.chain import DULL, MONTHS, NO_SKU, NO_STORE
from voc.corpora.sample.risks import LAST


@pytest.fixture(scope="module")
def world():
    return make_world(seed=2026)


def last_month(world):
    return [i for i in world.issues() if i["level"] in ("sku", "store", "store_sku") and i["to_month"] == MONTHS[-1]]


def test_enough_planted_issues_of_moderate_size(world):
    big = [i for i in last_month(world) if i["expected_complaints"] >= 10]
    small = [i for i in last_month(world) if i["expected_complaints"] < 10]
    assert 16 <= len(big) <= 28 and small
    assert sum(2 <= i["relative_risk"] <= 4 for i in big) >= len(big) / 2
    assert {i["level"] for i in big} == {"sku", "store", "store_sku"}
    assert len({i["aspect"] for i in big}) >= 14
    service = {i["aspect"] for i in big if i["level"] == "store"}
    assert not service & {"V01", "V02", "V03", "V04", "V05"}


def test_relative_risk_is_complaints_over_the_stratum_average(world):
    """One planted SKU recomputed by hand from the rows."""
    issue = next(i for i in last_month(world) if i["id"] == "fix-failed")
    at = np.flatnonzero(world.rows.month == LAST)
    code = world.rates.codes.index(issue["aspect"])
    p, source = world.p[LAST][:, code], world.rows.source[at]
    mine = np.array([s != NO_SKU and world.chain.own[s].sku_id == issue["sku_id"] for s in world.rows.seen_sku[at]])
    expected = sum(p[source == s].mean() * (mine & (source == s)).sum() for s in range(4))
    assert issue["expected_complaints"] == pytest.approx(p[mine].sum(), abs=0.01)
    assert issue["relative_risk"] == pytest.approx(p[mine].sum() / expected, abs=0.001)


def test_every_planted_cell_with_enough_complaints_is_a_true_cell(world):
    true = {(c["level"], c["store_id"], c["sku_id"], c["aspect"], c["month"]) for c in world.true_cells()}
    for i in last_month(world):
        assert (i["level"], i["store_id"], i["sku_id"], i["aspect"], MONTHS[-1]) in true, i["id"]


def test_the_dull_month_has_nothing_in_it():
    for seed in range(4):
        world = make_world(seed=seed)
        dull = [c for c in world.true_cells() if c["month"] == DULL]
        assert all(c["expected_complaints"] < 1 for c in dull), dull
        assert not any(p.first <= MONTHS.index(DULL) <= p.last for p in world.plants)


def test_the_good_franchise_store_sells_most_of_the_bad_sku(world):
    parts = world.chain.parts
    rows = world.rows
    sold = (rows.seen_sku == parts["franchise_sku"]) & (rows.seen_store != NO_STORE)
    share = (rows.seen_store[sold] == parts["good_franchise"]).mean()
    assert share > 0.5
    code = world.rates.codes.index("V06")
    assert world.risks[LAST].store[parts["good_franchise"], code] < 1.2


def test_the_five_review_store_has_two_complaints(world):
    at = np.flatnonzero(world.rows.seen_store == world.chain.parts["five_review_store"])
    assert len(at) == 5
    assert world.happens[at].sum() == 2


def test_festival_parcels_are_slow_everywhere(world):
    code = world.rates.codes.index("V01")
    rate = [world.p[m][:, code].mean() for m in range(len(MONTHS))]
    assert rate[MONTHS.index("2026-10")] > 1.8 * rate[MONTHS.index("2026-06")]
    assert rate[MONTHS.index("2025-10")] > 1.8 * rate[MONTHS.index("2026-06")]
    assert not any(
        c["aspect"] == "V01" and c["level"] == "store" for c in world.true_cells() if c["month"] == MONTHS[-1]
    )


def test_true_frequencies_follow_the_probabilities(world):
    for m in (0, LAST):
        at = world.rows.month == m
        observed, expected = world.happens[at].sum(), world.p[m].sum()
        assert abs(observed - expected) < 4 * np.sqrt(expected)


def test_truth_file_names_every_story(sample):
    truth = sample.truth
    assert {f["outcome"] for f in truth["fixes"]} == {"worked", "failed", "too_early"}
    assert {"gift-box-component", "bad-sku-at-good-franchise"} <= {i["id"] for i in truth["issues"]}
    assert {i["id"]: i["level"] for i in truth["wide_issues"]} == {"taste-everywhere": "chain", "bad-lot": "lot"}
    kinds = {c["kind"] for c in truth["safety_cases"]}
    assert {"first_hand", "hearsay", "negation", "hyperbole"} <= kinds
    levels = {i["level"] for i in truth["issues"]}
    assert levels == {"sku", "store", "store_sku", "safety"}
    assert truth["staff"] and truth["hostile_burst"]["rows"] > 5


def test_labels_are_unique_by_source_and_time(sample):
    keys = {(r["source"], r["created_at"]) for r in sample.labels}
    assert len(keys) == len(sample.labels)
    kinds = {r["kind"] for r in sample.labels}
    assert kinds == {"review", "default", "copied", "solicited", "hostile", "rival"}


def test_safety_cases_stand_in_the_labels(sample):
    texts = {(r["source"], r["native_id"]): r for r in sample.labels if r["safety"]}
    for case in sample.truth["safety_cases"]:
        if case["native_id"]:
            row = texts[case["source"], case["native_id"]]
            assert row["text"] == case["text"]
            assert (row["safety"] == "true") == case["true"]


def test_reviews_of_the_lot_tell_its_number(sample):
    told = [r for r in sample.labels if sample.truth["lot"] in r["text"] + r["followup"]]
    lot = next(i for i in sample.truth["wide_issues"] if i["level"] == "lot")
    assert all(r["sku_id"] in (*lot["sku_ids"], None) and r["complaints"] for r in told)
