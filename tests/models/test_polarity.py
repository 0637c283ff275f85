import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from voc.errors import UnknownName
from voc.models import polarity

# Kinds of language, invented sentences; the label that the clause model must find likeliest.
KINDS = [
    ("没有怪味", "positive"), ("里面有怪味", "negative"), ("不会太咸", "positive"), ("太咸了", "negative"),
    ("一点都不酥", "negative"), ("不是很香", "negative"), ("不难用", "positive"), ("不好用", "negative"),
    ("性价比太低", "negative"), ("踩雷了家人们", "negative"), ("完全没踩雷", "positive"), ("避雷这家店", "negative"),
    ("yyds", "positive"), ("真香", "positive"), ("妥妥的智商税", "negative"), ("一般般", "neutral"),
    ("口味一般般吧", "neutral"), ("凑合", "neutral"), ("会继续回购", "positive"), ("再也不回购了", "negative"),
    ("等了十天还没发货", "negative"), ("没毛病", "positive"), ("没法用", "negative"), ("🤮", "negative"), ("👍", "positive"),
    ("包裝很好", "positive"), ("ｙｙｄｓ", "positive"),
]  # fmt: skip
KINDS_EN = [
    ("not fresh at all", "negative"), ("not bad", "positive"), ("no complaints", "positive"), ("it's okay", "neutral"),
    ("Delicious!", "positive"), ("too salty", "negative"), ("waste of money", "negative"), ("will buy again", "positive"),
    ("The clerk was rude to my mother.", "negative"), ("The staff were friendly and quick.", "positive"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "kinds"), [("zh", KINDS), ("en", KINDS_EN)])
def test_kinds_of_language(lang, kinds):
    chances = polarity.load(lang).probabilities([text for text, _ in kinds])
    given = [polarity.CLASSES[i] for i in chances.argmax(axis=1)]
    wrong = [(t, label, g) for (t, label), g in zip(kinds, given, strict=True) if label != g]
    assert len(wrong) <= 0.1 * len(kinds), wrong


@pytest.mark.parametrize("level", polarity.LEVELS)
def test_probabilities(level):
    model = polarity.load("zh", level)
    texts = ["好吃", "", "x" * 5000, "😀", "慢"]
    chances = model.probabilities(texts)
    assert chances.shape == (5, 3) and chances.dtype == np.float32
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(model.probabilities(texts[3:]), chances[3:], atol=1e-6)
    assert model.probabilities([]).shape == (0, 3)


def test_classes_need_a_clear_neutral():
    model = polarity.load("zh", "review")
    rows = np.array([[0.5, 0.1, 0.4], [0.1, 0.05, 0.85], [0.05, 0.9, 0.05]], dtype=np.float32)
    assert model.classes(rows).tolist() == [0, 2, 1]


def test_names_are_those_of_the_manifest():
    assert polarity.load("zh").name.startswith("polarity-zh-clause-")
    assert polarity.load("zh", "review").name.startswith("polarity-zh-review-")
    assert polarity.load("en").name == polarity.load("en", "review").name


@pytest.mark.parametrize(("lang", "level"), [("fr", "clause"), ("zh", "word")])
def test_unknown(lang, level):
    with pytest.raises(UnknownName):
        polarity.load(lang, level)


@pytest.mark.realdata
def test_reviews_of_a_trade_that_was_never_trained_on():
    path = Path(os.environ["VOC_TEST_DATA"]) / "polarity" / "waimai_10k.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chances = polarity.load("zh", "review").probabilities([row["review"] for row in rows])
    right = (chances[:, 2] > chances[:, 0]) == np.array([row["label"] == "1" for row in rows])
    assert right.mean() >= 0.87


def test_short_reviews_of_one_clause_are_the_mean_of_both_models():
    texts = ["一般般", "好吃，但是凉了", "", "！！", "包装得很用心的一家店送来的时候还是热的孩子特别喜欢"]
    chances = polarity.of_reviews(texts, lang="zh")
    review, clause = polarity.load("zh", "review"), polarity.load("zh", "clause")
    alone = review.probabilities(texts)
    np.testing.assert_array_equal(chances[1:], alone[1:])
    np.testing.assert_allclose(chances[0], (alone[0] + clause.probabilities(texts[:1])[0]) / 2, atol=1e-6)
    np.testing.assert_array_equal(polarity.of_reviews(texts[4:], lang="zh"), alone[4:])
    assert polarity.of_reviews([], lang="zh").shape == (0, 3)
