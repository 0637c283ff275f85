"""What a ranking can find in the sample when nothing is lost on the way to it."""

import pyarrow.compute as pc
import pytest
from voc.corpora.sample import make_world
from voc.corpora.sample.chain import DULL, MONTHS
from voc.corpora.sample.counts import counts
from voc.corpora.score import score

from voc.issues.ranking import rank
from voc.issues.settings import IssueMeta
from voc.taxonomy import load


@pytest.fixture(scope="module")
def world():
    return make_world(seed=3)


def test_counts_are_the_worlds_own(world):
    facts, exposure = counts(world, MONTHS[-1])
    last = world.rows.month == len(MONTHS) - 1
    assert pc.sum(exposure["n_reviews"]).as_py() == last.sum()
    assert pc.sum(facts["n_complaints"]).as_py() == world.happens[last].sum()


def test_a_worse_tagger_sees_less_and_invents_some(world):
    full = pc.sum(counts(world, DULL)[0]["n_complaints"]).as_py()
    half = pc.sum(counts(world, DULL, sensitivity=0.5)[0]["n_complaints"]).as_py()
    noisy = pc.sum(counts(world, DULL, sensitivity=0.0, false_positive=0.01)[0]["n_complaints"]).as_py()
    assert half == pytest.approx(full / 2, rel=0.1)
    assert noisy > 0


def test_the_ranking_finds_what_is_planted_and_nothing_in_the_dull_month(world):
    issues = {c: IssueMeta(c, i.severity, i.store) for c, i in load("retail-food").issues.items()}
    truth = {
        "seed": 3, "months": list(MONTHS), "dull_month": DULL, "issues": world.issues(),
        "true_cells": world.true_cells(),
    }  # fmt: skip
    got = {}
    for month in (MONTHS[-1], DULL):
        facts, exposure = counts(world, month)
        got[month] = score(truth, rank(month, facts=facts, exposure=exposure, issues=issues), month=month)
    last = got[MONTHS[-1]]
    assert last.planted >= 20 and last.between >= last.planted / 2
    assert last.recall >= 0.8
    assert got[DULL].gated <= 1
