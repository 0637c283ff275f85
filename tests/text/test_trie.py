import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text.sheet import codes_of
from voc.text.trie import trie

LETTERS = "ab好𠮷"


def found(words: list[str], text: str) -> list[tuple[int, str]]:
    starts, numbers = trie(words).find(codes_of(text))
    return sorted((int(start), words[number]) for start, number in zip(starts, numbers, strict=True))


def test_overlapping_and_nested_words_are_all_found() -> None:
    assert found(["不好", "不好吃", "好", "好吃"], "不好吃") == [(0, "不好"), (0, "不好吃"), (1, "好"), (1, "好吃")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=12, unique=True),
    st.text(LETTERS, max_size=40),
)
def test_a_trie_finds_what_a_search_finds(words: list[str], text: str) -> None:
    wanted = [(m.start(), word) for word in words for m in re.finditer(f"(?={re.escape(word)})", text)]
    assert found(words, text) == sorted(wanted)


def test_nothing_is_found_in_nothing() -> None:
    starts, numbers = trie(["好"]).find(np.zeros(0, dtype=np.uint32))
    assert len(starts) == len(numbers) == 0
