import numpy as np
import pytest

from voc.evaluate import figures


def test_measures_of_a_confusion_matrix():
    labels, given = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 2, 1, 2, 2, 0])
    counts = figures.confusion(labels, given)
    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 2]]
    assert figures.accuracy(counts) == pytest.approx(4 / 6)
    assert figures.macro_f1(counts) == pytest.approx((0.5 + 1 + 2 / 3) / 3)
    assert figures.class_f1(2)(counts) == pytest.approx(2 / 3)
    assert figures.class_recall(0)(counts) == pytest.approx(0.5)


def test_a_class_without_texts_is_no_part_of_macro_f1():
    counts = figures.confusion(np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2]))
    assert figures.macro_f1(counts) == pytest.approx((2 / 3 + 1) / 2)


def test_intervals_hold_the_value_and_narrow_with_more_texts():
    few = figures.figure("s", "x", "accuracy", np.diag([30.0, 0, 50]) + np.eye(3)[::-1] * 10, figures.accuracy)
    many = figures.figure("s", "x", "accuracy", (np.diag([30.0, 0, 50]) + np.eye(3)[::-1] * 10) * 100, figures.accuracy)
    for one in (few, many):
        assert one.low < one.value < one.high
    assert many.high - many.low < (few.high - few.low) / 5
    # The normal approximation of a share: 1.96 standard errors on both sides.
    wide = 2 * 1.96 * (few.value * (1 - few.value) / few.texts) ** 0.5
    assert few.high - few.low == pytest.approx(wide, rel=0.15)


def test_the_mean_of_parts_counts_each_part_once():
    parts = [np.diag([90.0, 0, 0]) + np.array([[0, 0, 10.0], [0, 0, 0], [0, 0, 0]]), np.diag([5.0, 0, 5.0])]
    one = figures.mean_figure("s", "x", "mean", parts)
    assert one.value == pytest.approx(0.95) and one.texts == 110
    assert one.low < one.value < one.high


def test_micro_f1_over_reviews():
    value, low, high = figures.set_f1([(2, 0, 0), (0, 1, 1), (1, 0, 1)] * 40)
    assert value == pytest.approx(6 / 9) and low < value < high


def test_calibration():
    chances = np.array([[0.95, 0.05, 0]] * 20 + [[0.3, 0.65, 0.05]] * 10)
    labels = np.array([0] * 19 + [1] + [1] * 5 + [0] * 5)
    bins = figures.reliability(chances, labels)
    assert [(b.least, b.texts, b.right) for b in bins] == [(0.6, 10, 0.5), (0.9, 20, 0.95)]
    assert figures.calibration_error(chances, labels) == pytest.approx(10 / 30 * 0.15)
