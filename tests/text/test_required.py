import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.extract import beside, cues
from voc.text.required import END, alphabet, required


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("好吃", {"好吃"}),
        ("不(?:好|行)", {"不好", "不行"}),
        ("(?:下次|以后)(?:还|再)+来", {"下次", "以后"}),
        ("很?好.{0,3}难吃", {"难吃"}),
        ("[买来]过(?!一)", {"买过", "来过"}),
        ("(?<!不)怕$", {"怕"}),
        ("a|ab|b", {"a", "b"}),
        (r"\bnever \w+", {"never "}),
        ("(?:再也)?不来", {"不来"}),
    ],
)
def test_the_literals_of_a_pattern(pattern: str, words: set[str]) -> None:
    assert required(pattern) == words


def test_the_end_of_a_text_may_be_a_sign() -> None:
    assert required("能.{1,3}不$|吗$|吗[?!]", closing=True) == {f"不{END}", f"吗{END}", "吗?", "吗!"}
    assert required("(?:不|没)来(?:了|$)", closing=True) == {"不来了", "没来了", f"不来{END}", f"没来{END}"}
    assert required("不来[^a]{0,3}$", closing=True) == {"不来"}


@pytest.mark.parametrize("pattern", ["", "好?", r"\d+", "(?:好|.)", "[^好]"])
def test_a_pattern_without_literals_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="without any literal"):
        required(pattern)


PATTERNS = (*cues.CUES, *beside.BACKWARD, *beside.FORWARD, *beside.DEGREES, *cues.SNEERS)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATTERNS).flatmap(lambda p: st.tuples(st.just(p), st.from_regex(p))))
def test_every_text_that_matches_holds_a_literal(case: tuple[str, str]) -> None:
    pattern, text = case
    match = re.search(pattern, text)
    if match is not None and not text.endswith("\n"):
        assert any(word in text for word in required(pattern))
        assert any(word in text + END for word in required(pattern, closing=True))


def test_the_characters_of_a_pattern_for_whole_texts() -> None:
    assert alphabet("^(?:不|没有?)[这那]{0,2}$") == set("不没有这那")
    assert alphabet("^不.$") is None and alphabet("不$") is None and alphabet("^[^好]$") is None
