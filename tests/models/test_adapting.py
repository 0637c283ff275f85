import numpy as np

from voc.models.adapting import adapt

THINGS = ("屏幕", "键盘", "电池", "外壳", "散热", "系统", "音响", "接口")
WORDS = (("糟糕", "失灵"), ("一般", "普通"), ("清楚", "结实"))


def rows():
    texts = [f"{thing}{word}" for thing in THINGS for words in WORDS for word in words]
    labels = np.array([label for _ in THINGS for label in (0, 1, 2) for _ in range(2)])
    return texts, labels


def test_learns_from_labels_and_is_the_same_twice():
    texts, labels = rows()
    nothing = np.zeros((len(texts), 3))
    first, again = adapt(texts, labels, nothing), adapt(texts, labels, nothing)
    chances = first.probabilities(["风扇糟糕", "风扇一般", "风扇结实"], np.zeros((3, 3)))
    assert chances.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(chances, again.probabilities(["风扇糟糕", "风扇一般", "风扇结实"], np.zeros((3, 3))))


def test_scores_from_elsewhere_decide_what_the_labels_never_showed():
    texts, labels = rows()
    told = np.eye(3)[labels] * 4.0
    model = adapt(texts, labels, told)
    unknown = ["绝绝子"] * 3
    assert model.probabilities(unknown, np.eye(3) * 4.0).argmax(axis=1).tolist() == [0, 1, 2]
