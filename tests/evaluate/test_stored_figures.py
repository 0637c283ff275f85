"""The figures that the documentation shows are those of the weights that ship."""

import json
import os
from pathlib import Path

import pytest

from voc import evaluate

STORED = Path(__file__).parents[2] / "docs" / "figures" / "fast.json"


def test_every_set_has_stored_figures():
    sets = {row["set"] for row in json.loads(STORED.read_text("utf-8"))}
    assert sets == set(evaluate.SETS)


def test_the_accurate_profile_has_figures_of_its_sets():
    rows = json.loads(STORED.with_name("accurate.json").read_text("utf-8"))
    assert {row["set"] for row in rows} == {one.name for one in evaluate.SETS.values() if "accurate" in one.profiles}
    assert {row["system"] for row in rows} == {"voc accurate"}


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["waimai", "eprstmt", "makeup", "mcdonalds"])
def test_stored_figures_are_those_of_the_shipped_models(name):
    stored = {row["measure"]: row["value"] for row in json.loads(STORED.read_text("utf-8"))
              if row["set"] == name and row["system"] == "voc fast"}  # fmt: skip
    found = {f.measure: f.value for f in evaluate.evaluate(name, Path(os.environ["VOC_TEST_DATA"]), baselines=False)}
    assert found == pytest.approx(stored, abs=0.002)


@pytest.mark.realdata
def test_takeaway_reviews_were_never_trained_on_and_are_read_well():
    found = {
        f.measure: f.value for f in evaluate.evaluate("waimai", Path(os.environ["VOC_TEST_DATA"]), baselines=False)
    }
    assert found["accuracy"] >= 0.87
