"""The benchmark's own arithmetic, and the ranking on a chain of the size that small firms have."""

import dataclasses
from functools import partial

import numpy as np
import pytest
from voc.corpora.worlds import history
from voc.corpora.worlds import ranking as worlds

from voc.issues import RankSettings
from voc.issues.benchmark import MARGINS, benchmark, change_benchmark, cost

QUICK = RankSettings(draws=40)


def test_small_chains_find_much_and_claim_little():
    chain = dataclasses.replace(
        worlds.SMALL, margin_risks=(3.0, 4.0), planted_complaints=30.0, reviews=15_000, issues=12
    )
    scores = {s.level: s for s in benchmark(partial(worlds.simulate, settings=chain), range(3), settings=QUICK)}
    assert set(scores) == {"store", "sku", "store_sku"}
    for level in ("store", "sku"):
        score = scores[level]
        assert score.seeds == 3 and score.planted >= 15
        assert score.found >= 0.8 * score.planted
        assert score.false_share <= 0.10 <= score.precision <= score.precision_true


@pytest.mark.parametrize("cv", [0.15, 0.25])
def test_dull_months_stay_dull(cv):
    dull = dataclasses.replace(worlds.DULL, cv=cv, issues=15)
    for seed in range(3):
        scores = benchmark(partial(worlds.simulate, settings=dull), [seed], settings=QUICK)
        assert sum(s.signals for s in scores) <= 1
        assert all(s.planted == 0 for s in scores)


def test_worlds_are_what_they_say():
    world = worlds.simulate(1, worlds.SMALL)
    again = worlds.simulate(1, worlds.SMALL)
    assert np.array_equal(world.x, again.x)
    assert world.n.sum() == worlds.SMALL.reviews
    assert (world.x.max(axis=2) <= world.with_text).all() and (world.with_text <= world.n).all()
    ratio = world.x.sum() / world.expected_pair.sum()
    assert ratio == pytest.approx(1.0, abs=0.25)
    for level in ("store", "sku", "store_sku"):
        cells = world.planted_cells(level)
        assert len(cells) == world.planted(level).sum()
        assert (world.truth(level)[world.planted(level)] > 1.5).all()


def test_changes_are_judged_against_their_truth():
    settings = dataclasses.replace(
        history.SMALL, past=7, rises=(5.0,), changed_stores=4, changed_skus=4, changed_pairs=3, changed_complaints=10.0,
        chain=dataclasses.replace(worlds.SMALL, reviews=8_000, issues=8, stores=25, skus=30),
    )  # fmt: skip
    scores = change_benchmark(partial(history.simulate, settings=settings), range(2), pasts=(3, 7), settings=QUICK)
    by = {(s.level, s.past): s for s in scores}
    assert set(by) == {(level, past) for level in ("store", "sku", "store_sku", MARGINS) for past in (3, 7)}
    assert all(s.risen == s.fallen == s.found == 0 for s in scores if s.past == 3)  # too short
    for level in ("store", "sku"):
        score = by[level, 7]
        assert score.planted == 8 and score.planted_fallen == 2
        assert score.found_big <= score.found <= score.planted
        assert score.recall >= 0.5 and score.false_share <= 0.2
        assert score.found <= score.found_knowing + 1 and score.found_knowing <= score.planted
    both, (store, sku) = by[MARGINS, 7], (by["store", 7], by["sku", 7])
    assert both.planted == 16 and both.found == store.found + sku.found and both.risen == store.risen + sku.risen
    assert min(store.false_share, sku.false_share) <= both.false_share <= max(store.false_share, sku.false_share)


def test_cost_is_measured_on_as_many_cells_as_asked_for():
    small, larger = cost((2_000, 8_000), issues=5, settings=QUICK)
    assert (small.cells, larger.cells) == (2_000, 8_000)
    assert 0 < small.rows < larger.rows and small.seconds > 0 and larger.megabytes >= small.megabytes
