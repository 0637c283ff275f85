import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voc.text.counting import distinct_of, runs, spread

NUMBERS = st.lists(st.integers(-5, 5) | st.integers(-(1 << 62), 1 << 62)).map(lambda some: np.array(some, np.int64))


@given(NUMBERS)
def test_distinct_numbers_and_runs_are_those_of_numpy(numbers):
    values, times = np.unique(numbers, return_counts=True)
    assert distinct_of(numbers).tolist() == values.tolist()
    assert [part.tolist() for part in runs(np.sort(numbers))] == [values.tolist(), times.tolist()]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4))))
def test_places_are_laid_one_after_the_other(parts):
    starts, sizes = np.array(parts, dtype=np.int64).reshape(-1, 2).T
    assert spread(starts, sizes).tolist() == [at for start, size in parts for at in range(start, start + size)]
