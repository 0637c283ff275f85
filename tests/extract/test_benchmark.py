from __future__ import annotations

import sys

import pytest

from voc.errors import VocError
from voc.extract import benchmark
from voc.taxonomy import load

TEXTS = ["味道很好，就是物流太慢了。", "包装破损，饼干都碎了", "没什么味道，不会再买", "",
         "The staff was rude but the cookies are great"] * 40  # fmt: skip


def test_every_stage_has_its_cost() -> None:
    road = benchmark.road(TEXTS, taxonomy=load("retail-food"), by_hand=False)
    costs = {cost.stage: cost for cost in road.costs}
    assert road.reviews == 200 and road.peak_megabytes > 10
    assert {benchmark.SEGMENTATION, benchmark.MENTIONS, benchmark.WHOLE} <= set(costs)
    assert all(cost.microseconds > 0 for cost in costs.values())
    assert costs[benchmark.SEGMENTATION].of_segmentation == 1
    assert road.ratio(benchmark.WHOLE, benchmark.MENTIONS) > 1
    assert road.ratio(benchmark.WHOLE, benchmark.KEYWORDS) > 1
    assert benchmark.BY_HAND not in costs


def test_the_script_says_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snownlp", None)
    with pytest.raises(VocError, match="needs snownlp"):
        benchmark.road(TEXTS[:2], taxonomy=load("retail-food"))


def test_no_reviews_no_road() -> None:
    with pytest.raises(VocError, match="no reviews"):
        benchmark.road([], taxonomy=load("retail-food"))
