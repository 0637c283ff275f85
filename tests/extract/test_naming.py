from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from voc.extract import mentions
from voc.extract.mentions import analyze
from voc.extract.naming import NAMED, NAMED_SAFETY, namer
from voc.taxonomy import load, parse

FOOD = load("retail-food")
NUMBER = {code: n for n, code in enumerate(FOOD.issues)}


def read(text: str) -> list[tuple[str, str]]:
    return [(m["aspect"], m["intent"]) for m in analyze([text], taxonomy=FOOD).to_pylist()]


@pytest.fixture
def says(monkeypatch):
    """Lets the head say the same of every clause."""

    def say(code: str, chance: float) -> None:
        def name(clauses: Sequence[str]):
            return np.full(len(clauses), NUMBER[code]), np.full(len(clauses), chance)

        monkeypatch.setattr(mentions, "namer", lambda taxonomy: name)

    return say


def test_blame_without_an_aspect_gets_the_issue_that_the_head_is_sure_of(says) -> None:
    says("P11", NAMED)
    assert read("太失望了这个东西吧") == [("P11", "complaint")]
    says("P11", NAMED - 0.01)
    assert read("太失望了这个东西吧") == [("P00", "complaint")]


def test_safety_needs_more_and_is_never_praised_into_the_lane(says) -> None:
    says("P02", NAMED_SAFETY - 0.01)
    assert read("太失望了这个东西吧") == [("P00", "complaint")]
    says("P02", 0.95)
    assert read("太失望了这个东西吧") == [("P02", "complaint")]
    assert read("真的太喜欢了") == [("P00", "praise")]


def test_what_the_words_decide_the_head_does_not_touch(says) -> None:
    says("P11", 0.99)
    assert read("太咸了") == [("P10", "complaint")]
    assert read("质量很差") == [("P00", "complaint")]  # quality is named
    assert read("请问怎么吃") == [("P00", "question")]


def test_an_implicit_mention_has_no_words_of_its_own_and_a_lower_confidence() -> None:
    (mention,) = [m for m in analyze(["盒子里一大半都是空气真无语"], taxonomy=FOOD).to_pylist() if m["aspect"] == "P08"]
    assert mention["intent"] == "complaint" and mention["polarity"] < 0


def test_a_taxonomy_that_shares_no_issue_has_no_head() -> None:
    text = 'name = "t"\nversion = "1"\n[issues.A1]\nzh = "味"\nen = "taste"\nfacet = "product"\nseverity = "S3"\nowner = "o"\n'
    assert namer(parse(text.encode(), label="t.toml")) is None
    shared = namer(load("electronics"))
    assert shared is not None
    issues, chances = shared(["等了快半个月还没见着影子", "吃完全家拉肚子"])
    assert list(load("electronics").issues)[int(issues[0])] == "V01" and chances[0] > 0.5
    assert issues[1] == -1 and chances[1] == 0.0  # illness after eating is no issue of electronics
