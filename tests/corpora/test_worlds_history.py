"""The world with months: its truth, its determinism, its drift."""

import dataclasses

import numpy as np
import pyarrow.compute as pc
import pytest
from voc.corpora.worlds import history

SETTINGS = dataclasses.replace(history.SMALL, past=7)


@pytest.fixture(scope="module")
def world() -> history.History:
    return history.simulate(2, SETTINGS)


def test_months_follow_each_other_and_are_cut_from_the_front(world):
    assert world.months == tuple(f"2026-{m:02d}" for m in range(3, 11))
    assert world.month == "2026-10"
    tables = world.tables(past=3)
    assert sorted(set(tables["exposure"]["month"].to_pylist())) == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert tables["facts"].filter(pc.field("month") == "2026-10").num_rows == (world.last.x > 0).sum()


def test_equal_seeds_are_equal_worlds(world):
    again = history.simulate(2, SETTINGS)
    assert again.facts.equals(world.facts) and again.exposure.equals(world.exposure)
    assert not history.simulate(3, SETTINGS).facts.equals(world.facts)


def test_planted_changes_are_true_and_pairs_lift_their_margins(world):
    for level, size in (("store", 9), ("sku", 9), ("store_sku", 3)):
        planted, change = world.planted[level], world.change[level]
        assert (planted > 1).sum() <= size and (planted < 1).sum() <= size // 3
        assert ((planted > 1) <= (change > 1)).all()
        assert planted.shape == change.shape == world.last.truth(level).shape == world.expected[level].shape
    rows, issues = np.nonzero(world.planted["store_sku"] > 1)
    stores, skus = world.last.store[rows], world.last.sku[rows]
    assert len(rows) and (world.change["store"][stores, issues] > 1).all()
    assert (world.change["sku"][skus, issues] > 1).all()
    untouched = np.ones_like(world.change["store"], dtype=bool)
    rows, issues = np.nonzero(world.planted["store_sku"] != 1)
    untouched[world.last.store[rows], issues] = False
    np.testing.assert_allclose(world.change["store"][untouched], world.planted["store"][untouched])


def test_what_was_planted_is_seen_in_the_counts():
    settings = dataclasses.replace(SETTINGS, rises=(5.0,), falls=(0.2,))
    observed = expected = 0.0
    for seed in range(3):
        world = history.simulate(seed, settings)
        up = world.planted["sku"] > 1
        counts = np.zeros(up.shape)
        np.add.at(counts, world.last.sku, world.last.x.sum(axis=1))
        observed, expected = observed + counts[up].sum(), expected + world.expected["sku"][up].sum()
    assert observed / expected == pytest.approx(4.5, rel=0.25)  # 5, less what the tagger sees where there is nothing


def test_dull_months_have_no_change():
    world = history.simulate(1, dataclasses.replace(history.DULL, past=2))
    assert all((change == 1).all() for change in world.change.values())


def test_rates_drift_with_the_chain():
    world = history.simulate(1, dataclasses.replace(history.DULL, past=12, drift=0.3, wobble=0.0))
    by_month = world.facts.group_by(["month", "issue_code"]).aggregate([("n_complaints", "sum")])
    one = by_month.filter(pc.field("issue_code") == "I0003").sort_by("month")["n_complaints_sum"].to_numpy()
    assert one.max() > 1.5 * one.min()
