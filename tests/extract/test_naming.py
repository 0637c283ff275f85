from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from voc.extract import mentions
from voc.extract.mentions import analyze
from voc.extract.naming import ADDED, DOUBTED, NAMED, NAMED_SAFETY, namer
from voc.taxonomy import load, parse

FOOD = load("retail-food")
NUMBER = {code: n for n, code in enumerate(FOOD.issues)}


def read(text: str) -> list[tuple[str, str]]:
    return [(m["aspect"], m["intent"]) for m in analyze([text], taxonomy=FOOD).to_pylist()]


@pytest.fixture
def says(monkeypatch):
    """Lets the head give every clause these chances, and all other issues the chance `rest`."""

    def say(rest: float = 0.2, **chances: float) -> None:
        def name(clauses: Sequence[str]):
            out = np.full((len(clauses), len(NUMBER)), rest, dtype=np.float32)
            for code, chance in chances.items():
                out[:, NUMBER[code]] = chance
            return out

        monkeypatch.setattr(mentions, "namer", lambda taxonomy: name)

    return say


def test_blame_without_an_aspect_gets_the_issue_that_the_head_is_sure_of(says) -> None:
    says(P11=NAMED + 0.001)
    assert read("太失望了这个东西吧") == [("P11", "complaint")]
    says(P11=NAMED - 0.01)
    assert read("太失望了这个东西吧") == [("P00", "complaint")]


def test_safety_needs_more_and_is_never_praised_into_the_lane(says) -> None:
    says(P02=NAMED_SAFETY - 0.01)
    assert read("太失望了这个东西吧") == [("P00", "complaint")]
    says(P02=0.95)
    assert read("太失望了这个东西吧") == [("P02", "complaint")]
    assert read("真的太喜欢了") == [("P00", "praise")]


def test_what_a_word_names_beside_the_point_judges_the_whole(says) -> None:
    says(rest=DOUBTED / 20)
    assert read("太咸了") == [("P00", "complaint")]
    says(rest=DOUBTED / 20, P08=0.9)
    assert read("太咸了") == [("P08", "complaint")]
    says(rest=DOUBTED * 1.1)
    assert read("太咸了") == [("P10", "complaint")]
    says(rest=DOUBTED / 20)
    assert read("吃出一只虫子") == [("P02", "complaint")]  # safety is not for the head to doubt
    assert read("请问怎么吃") == [("P00", "question")]
    assert read("too salty") == [("P10", "complaint")]  # it was taught Chinese


def test_a_second_issue_of_a_clause_is_added_with_the_sign_that_the_model_hears(says) -> None:
    text = "太咸了里面还没装几个"
    says(P10=0.9, P08=ADDED + 0.001)
    assert sorted(read(text)) == [("P08", "complaint"), ("P10", "complaint")]
    assert read("太咸了吧") == [("P10", "complaint")]  # its word is all that it says
    says(P10=0.9, P08=ADDED - 0.01)
    assert read(text) == [("P10", "complaint")]
    says(P10=0.9, P02=0.99)
    assert read(text) == [("P10", "complaint")]
    says(P10=0.9, P08=0.9)
    assert read("昨天下午三点到的货") == []  # nothing is praised or blamed
    assert read("要是太咸就退货") == read("听说太咸了") == []  # nothing is claimed
    assert [m for m in read("太咸了,分量足") if m[0] == "P08"] == [("P08", "praise")]  # the review has it already


def test_what_the_words_decide_the_head_does_not_touch(says) -> None:
    says(P10=0.9, P00=0.9)
    assert read("太咸了") == [("P10", "complaint")]
    says()
    assert read("质量很差") == [("P00", "complaint")]  # quality is named


def test_an_implicit_mention_has_no_words_of_its_own_and_a_lower_confidence() -> None:
    (mention,) = [m for m in analyze(["盒子里一大半都是空气真无语"], taxonomy=FOOD).to_pylist() if m["aspect"] == "P08"]
    assert mention["intent"] == "complaint" and mention["polarity"] < 0


def test_a_taxonomy_that_shares_no_issue_has_no_head() -> None:
    text = 'name = "t"\nversion = "1"\n[issues.A1]\nzh = "味"\nen = "taste"\nfacet = "product"\nseverity = "S3"\nowner = "o"\n'
    assert namer(parse(text.encode(), label="t.toml")) is None
    electronics = load("electronics")
    shared = namer(electronics)
    assert shared is not None
    chances = shared(["等了快半个月还没见着影子", "吃完全家拉肚子"])
    assert list(electronics.issues)[int(np.nanargmax(chances[0]))] == "V01" and np.nanmax(chances[0]) > 0.2
    assert np.nanmax(chances[1]) < 0.5 and np.isnan(chances).any()  # illness after eating is no issue of electronics
