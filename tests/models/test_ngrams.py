import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.models.ngrams import ngrams


def grams(texts, longest):
    return [(hashes, offsets) for hashes, offsets in ngrams(texts, longest=longest)]


@given(st.lists(st.text(max_size=8), max_size=5), st.integers(1, 5))
def test_counts_and_independence_of_neighbours(texts, longest):
    together = grams(texts, longest)
    assert len(together) == longest
    for n, (hashes, offsets) in enumerate(together, start=1):
        sizes = np.diff(offsets)
        assert sizes.tolist() == [len(t) if n == 1 else max(0, len(t) + 3 - n) for t in texts]
        assert offsets[-1] == len(hashes)
        for i, text in enumerate(texts):
            alone, _ = grams([text], longest)[n - 1]
            assert hashes[offsets[i] : offsets[i + 1]].tolist() == alone.tolist()


def test_same_string_same_hash_and_ends_differ():
    (one, _), (two, at) = grams(["好吃好", "吃"], 2)
    assert one[0] == one[2] and one[1] == one[3] and one[0] != one[1]
    assert two[at[0]] != two[at[1]]


def test_hashes_do_not_change_between_machines():
    (one, _), _ = grams(["好"], 2)
    assert one.dtype == np.uint64 and int(one[0]) == 0x5C4526F992D24EEA


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing(texts):
    for hashes, offsets in grams(texts, 1):
        assert len(hashes) == 0 and len(offsets) == len(texts) + 1
