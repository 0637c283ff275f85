import numpy as np
import pytest

from voc.models.linear import NgramLinear, keys_of, softmax
from voc.models.ngrams import ngrams


def model(weights, *, longest=2, idf=1.0):
    grams = list(weights)
    keys = np.array([keys_of(list(ngrams([g], longest=len(g)))[len(g) - 1][0])[0 if len(g) == 1 else 1] for g in grams])
    return NgramLinear.of(
        keys.astype(np.uint32), np.array([weights[g] for g in grams], dtype=float), np.full(len(keys), idf),
        np.array([0.1, -0.1]), longest=longest,
    )  # fmt: skip


def test_score_by_hand():
    linear = model({"好": (0.0, 1.0), "好吃": (0.0, 2.0), "坏": (3.0, 0.0)})
    scores = linear.scores(["好吃", "坏", "嗯", ""])
    root = np.sqrt(2)
    np.testing.assert_allclose(scores, [[0.1, 3 / root - 0.1], [3.1, -0.1], [0.1, -0.1], [0.1, -0.1]], rtol=1e-5)


def test_repetition_counts_but_does_not_explode():
    linear = model({"坏": (3.0, 0.0)})
    once, often = linear.scores(["坏", "坏" * 100])[:, 0]
    assert once < often <= 3.0 * 10 + 0.2


def test_many_keys_are_all_found_and_others_are_not():
    chance = np.random.default_rng(0)
    keys = np.unique(chance.integers(0, 1 << 32, 50_000, dtype=np.uint32))
    linear = NgramLinear.of(keys, np.ones((len(keys), 2)), np.ones(len(keys)), np.zeros(2), longest=1)
    np.testing.assert_array_equal(linear.rows(keys), np.arange(len(keys)))
    others = np.setdiff1d(chance.integers(0, 1 << 32, 50_000, dtype=np.uint32), keys)
    assert (linear.rows(others) == -1).all()


def test_keys_that_fall_into_one_slot():
    keys = np.arange(40, dtype=np.uint32) << np.uint32(20)
    linear = NgramLinear.of(keys, np.ones((40, 1)), np.ones(40), np.zeros(1), longest=1)
    np.testing.assert_array_equal(linear.rows(keys), np.arange(40))


def test_a_model_without_keys_gives_the_bias():
    linear = NgramLinear.of(np.zeros(0, np.uint32), np.zeros((0, 2)), np.zeros(0), np.array([1.0, 2.0]), longest=3)
    assert linear.scores(["好吃"]).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_batches_do_not_show(count):
    linear = model({"好": (0.0, 1.0), "好吃": (0.0, 2.0)})
    texts = ["好吃" if i % 3 else "好" for i in range(count)]
    assert linear.scores(texts).shape == (count, 2)
    np.testing.assert_allclose(linear.scores(texts)[-1:], linear.scores(texts[-1:]))


def test_softmax_of_large_scores():
    np.testing.assert_allclose(softmax(np.array([[1000.0, 0.0], [0.0, 0.0]], dtype=np.float32)), [[1, 0], [0.5, 0.5]])
