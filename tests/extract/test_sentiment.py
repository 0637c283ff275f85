import numpy as np
import pyarrow as pa
import pytest

from voc.errors import UnknownName, VocError
from voc.extract import mentions, sentiment
from voc.models import own, unlabelled
from voc.models.polarity import decided
from voc.schemas import REVIEW_SCORES, checked
from voc.taxonomy import load


def batch(*rows):
    texts, ratings, langs = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([f"s:{i}" for i in range(len(rows))]),
            pa.array(["2026-10"] * len(rows)),
            pa.array(ratings, pa.float32()),
            pa.array(langs),
            pa.array(texts),
        ],
        schema=sentiment.INPUT,
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("芒果干酸甜适中，全家都爱吃，会再来买", "positive"),
        ("打开一股哈喇味，扔了，再也不买", "negative"),
        ("一般般", "neutral"),
        ("Crunchy and fresh, we loved it and will order again.", "positive"),
        ("Stale crackers and nobody answered my emails. Terrible.", "negative"),
        ("坚果新鲜，delivery 也很快", "positive"),
    ],
)
def test_labels(text, label):
    labels, scores = sentiment.score([text])
    assert labels == [label]
    assert np.sign(scores[0]) == {"positive": 1, "negative": -1}.get(label, np.sign(scores[0]))


@pytest.mark.parametrize("text", ["一般般", "还行", "还可以", "马马虎虎", "凑合"])
def test_middling_words_are_not_negative(text):
    assert sentiment.score([text])[0] != ["negative"]


@pytest.mark.parametrize("text", ["", None, "   ", "。。。", "\n"])
def test_empty_text_is_neutral_zero(text):
    labels, scores = sentiment.score([text])
    assert labels == ["neutral"] and scores.tolist() == [0.0]


def test_no_texts_give_no_labels():
    labels, scores = sentiment.score([])
    assert labels == [] and scores.shape == (0,)


def test_scores_do_not_depend_on_the_neighbours():
    texts = ["味道很好", "too salty", "包装破了，漏油", "", "还行吧"]
    together = sentiment.score(texts)[1]
    alone = [sentiment.score([text])[1][0] for text in texts]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_unknown_language_names_the_known_ones():
    with pytest.raises(UnknownName, match="auto, en, zh"):
        sentiment.score(["x"], lang="fr")


def test_stage_keeps_ids_and_finds_contradictions():
    run = checked(sentiment.stage())
    out = run(
        batch(
            ("太难吃了，全是坏的，差评", 5.0, "zh"),
            ("特别好吃，会回购，推荐", 1.0, "zh"),
            ("特别好吃，会回购，推荐", 5.0, "zh"),
            ("太难吃了，全是坏的，差评", None, "zh"),
            ("", 5.0, "und"),
        )
    )
    assert out.schema.equals(REVIEW_SCORES)
    assert out["review_id"].to_pylist() == [f"s:{i}" for i in range(5)]
    assert out["rating_text_conflict"].to_pylist() == [True, True, False, False, False]
    assert out["label"].to_pylist() == ["negative", "positive", "positive", "negative", "neutral"]
    assert all(-1 <= s <= 1 for s in out["score"].to_pylist())


def test_stage_on_an_empty_batch():
    assert checked(sentiment.stage())(batch(("x", 1.0, "zh")).slice(0, 0)).num_rows == 0


class Sour:
    """Stands for an imported checkpoint: to it everything in Chinese is bad."""

    name, langs = "sour-1", ("zh",)

    def probabilities(self, texts):
        return np.tile(np.array([0.9, 0.1, 0.0], dtype=np.float32), (len(texts), 1))

    def classes(self, chances):
        return decided(chances, 0.5)


def test_an_imported_model_judges_the_texts_of_its_languages(monkeypatch):
    monkeypatch.setattr(own, "load", lambda folder: Sour())
    labels, scores = sentiment.score(["非常好吃", "We loved it.", ""], model="mine")
    assert labels == ["negative", "positive", "neutral"]
    np.testing.assert_allclose(scores[[0, 2]], [-0.9, 0.0], atol=1e-6)


def test_an_imported_model_judges_the_clauses_that_words_leave_open(monkeypatch):
    monkeypatch.setattr(own, "load", lambda folder: Sour())
    judge = mentions.model_judge("auto", "mine")
    assert judge(["非常好吃"], False)[0].argmax() == 0
    assert judge(["we loved it"], True)[0].argmax() == 2
    assert "sour-1" in mentions.label(load("retail-food"), model="mine")


def test_a_folder_without_a_model_is_an_error_before_anything_is_read(tmp_path):
    with pytest.raises(VocError, match="manifest"):
        sentiment.stage(model=str(tmp_path))
    with pytest.raises(VocError, match="manifest"):
        mentions.stage(taxonomy="retail-food", model=str(tmp_path))


def test_adapting_moves_the_poles_and_leaves_neutral_alone(monkeypatch):
    texts = ["非常好吃", "难吃到吐", "一般般"] * 150
    before, plain = sentiment.score(texts, lang="zh")
    monkeypatch.setattr(unlabelled, "settled", lambda normal, margins: -margins)
    labels, scores = sentiment.score(texts, lang="zh", adapt=True)
    assert labels[:3] == ["negative", "positive", "neutral"] and before[2] == "neutral"
    np.testing.assert_allclose(scores, -plain, atol=1e-3)


def test_a_few_texts_are_scored_alike_with_and_without_adapting():
    texts = ["非常好吃", "We loved it.", "难吃", None]
    plain, adapted = sentiment.score(texts), sentiment.score(texts, adapt=True)
    assert plain[0] == adapted[0]
    np.testing.assert_allclose(plain[1], adapted[1], atol=1e-5)
