"""Telling words: the formula, and how seldom chance alone makes a word telling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.issues.wording import log_odds, telling

counts = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 400)), min_size=2, max_size=30)


@given(counts)
def test_both_sides_see_the_same_difference_with_opposite_signs(pairs):
    here, there = np.array(pairs, dtype=float).T
    one, other = log_odds(here, there), log_odds(there, here)
    np.testing.assert_allclose(one[0], -other[0], atol=1e-9)
    np.testing.assert_allclose(one[1], -other[1], atol=1e-9)


def test_the_formula_by_hand():
    here, there = np.array([8.0, 2.0]), np.array([10.0, 80.0])
    prior = np.array([18.01, 82.01]) / 100.02 * 50
    top = np.log((8 + prior[0]) / (10 + 50 - 8 - prior[0])) - np.log((10 + prior[0]) / (90 + 50 - 10 - prior[0]))
    difference, z = log_odds(here, there)
    assert difference[0] == pytest.approx(top)
    assert z[0] == pytest.approx(top / np.sqrt(1 / (8 + prior[0]) + 1 / (10 + prior[0])))
    assert z[0] > 1 > 0 > z[1]


def test_nothing_said_is_no_difference():
    difference, z = log_odds(np.zeros(3), np.zeros(3))
    assert not difference.any() and not z.any() and not len(telling(np.zeros(3), np.zeros(3), said=0, rest=0))


def cell(random, *, said, lift=1.0, terms=300, rest=600):
    """Terms of a cell of `said` complaints and of the rest, term 0 being `lift` times as frequent in the cell."""
    share = random.dirichlet(np.full(terms, 0.3)) * 5
    share[0] = 0.04
    here, there = np.minimum(share, 0.9), np.minimum(share, 0.9)
    here = here.copy()
    here[0] *= lift
    return random.binomial(said, here).astype(float), random.binomial(rest, there).astype(float)


@pytest.mark.parametrize("said", [6, 20, 100])
def test_chance_alone_seldom_makes_a_word_telling(said):
    """In cells that draw from the chain's own words hardly one in ten shows any."""
    random = np.random.default_rng(said)
    shown = []
    for _ in range(200):
        here, there = cell(random, said=said)
        shown.append(len(telling(here, there, said=said, rest=600)) > 0)
    assert np.mean(shown) <= 0.10, np.mean(shown)


def test_a_word_that_is_said_more_often_is_found_first():
    random = np.random.default_rng(5)
    found = []
    for _ in range(100):
        here, there = cell(random, said=60, lift=8.0)
        places = telling(here, there, said=60, rest=600)
        found.append(len(places) > 0 and places[0] == 0)
    assert np.mean(found) > 0.9
