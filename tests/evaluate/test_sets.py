import gzip
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from voc import evaluate
from voc.cli import application
from voc.errors import InputError, UnknownName, WrongUse
from voc.evaluate import labelled, protocols
from voc.evaluate.baselines import Baseline, tfidf

app = application()

run = CliRunner().invoke


def test_two_classes_by_the_shipped_model(data):
    found = {f.measure: f for f in evaluate.evaluate("waimai", data, baselines=False)}
    assert found["accuracy"].value >= 10 / 12 and found["accuracy"].texts == 12
    assert found["accuracy"].low <= found["accuracy"].value <= found["accuracy"].high
    assert 0 <= found["calibration error"].value <= 1
    bins = [f for name, f in found.items() if name.startswith("right where")]
    assert sum(f.texts for f in bins) == 12


def test_food_reviews_with_both_poles_are_neutral(data):
    labels = dict(zip(labelled.food(data).texts, labelled.food(data).labels.tolist(), strict=True))
    assert labels == {"很甜，太贵了": 1, "闻着很香": 2, "全都碎了": 0}


def test_complaints_in_english_without_a_mark_are_left_out(data):
    (found,) = evaluate.evaluate("mcdonalds", data)
    assert (found.value, found.texts) == (1.0, 1)


def test_mentions_are_scored_by_pairs(data):
    found = evaluate.evaluate("food-mentions", data)
    assert [f.texts for f in found] == [3, 3]
    assert all(0 <= f.value <= 1 for f in found)


def test_five_folds_beside_the_usual_baseline(corpora):
    found = evaluate.evaluate("laptop-clauses", corpora)
    value = {(f.system, f.measure): f.value for f in found}
    assert value["voc fast", "macro F1"] >= 0.9 and value["TF-IDF + LR", "macro F1"] >= 0.9
    assert ("voc fast", "calibration error") in value and ("TF-IDF + LR", "calibration error") not in value


def test_the_accurate_profile_adapts_with_what_the_encoder_says(corpora):
    found = evaluate.evaluate("laptop-clauses", corpora, profile="accurate")
    value = {(f.system, f.measure): f.value for f in found}
    assert {system for system, _ in value} == {"voc accurate"}
    assert value["voc accurate", "macro F1"] >= 0.9


def test_a_trade_left_out_is_judged_by_the_others(corpora):
    figures = evaluate.evaluate("trades", corpora, baselines=False)
    found = {f.measure: f for f in figures if f.system == protocols.OURS}
    assert len(found) == 10
    # Two dozen texts are too few to learn a trade's words from.
    assert {f.measure: f.value for f in figures if f.system == protocols.ADAPTED} == {
        m: f.value for m, f in found.items()
    }
    assert found["accuracy, mean"].value >= 0.95
    assert found["accuracy, 书籍"].texts == 24


def test_english_folds(corpora):
    found = {f.measure: f for f in evaluate.evaluate("english", corpora, baselines=False)}
    assert found["accuracy"].texts == 24  # 23 sentences of one polarity and one review with words
    assert found["accuracy"].value >= 0.6


def test_what_is_trained_on_leaves_the_test_texts_out(corpora):
    before = set(protocols.review_texts(corpora, two=True)[0])
    with gzip.open(corpora / "polarity" / "waimai_10k.csv.gz", "at", encoding="utf-8") as file:
        file.write("1,房间很好啊！\n")
    texts, labels = protocols.review_texts(corpora, two=True)
    assert before - set(texts) == {"房间很好啊"}
    assert set(labels.tolist()) == {0, 2} and len(texts) == len(set(texts))


def test_every_text_is_held_out_once():
    seen = []

    def chances(learnt, held):
        assert not set(learnt) & set(held) and len(learnt) + len(held) == 23
        seen.extend(held)
        return np.zeros((len(held), 3), dtype=np.float32)

    protocols._folds(["a"] * 23, np.zeros(23, dtype=np.int64), chances, baseline=False)
    assert sorted(seen) == list(range(23))


def test_the_usual_baseline_learns():
    answer = tfidf(["好吃", "很好吃", "难吃", "很难吃"], np.array([2, 2, 0, 0]))
    assert answer(["真好吃", "真难吃"]).tolist() == [2, 0]


def test_an_absent_baseline_names_the_pip_command():
    absent = Baseline("nowhere", "no_such_package_of_ours", ("zh",), lambda module: lambda texts: np.zeros(len(texts)))
    assert not absent.installed
    with pytest.raises(Exception, match="pip install no_such_package_of_ours"):
        absent.answer()


def test_slow_systems_see_an_even_part():
    whole = labelled.Labelled(tuple(map(str, range(1000))), np.arange(1000) % 3)
    part = labelled.every(whole, 10)
    assert part.texts == tuple(str(i) for i in (0, 111, 222, 333, 444, 555, 666, 777, 888, 999))
    assert part.labels.tolist() == [int(t) % 3 for t in part.texts]
    assert labelled.every(whole, 1000) is whole


def test_wrong_use(data, tmp_path):
    with pytest.raises(UnknownName, match="waimai"):
        evaluate.evaluate("waimay", data)
    with pytest.raises(UnknownName, match="accurate, fast"):
        evaluate.evaluate("waimai", data, profile="best")
    with pytest.raises(WrongUse, match="fast"):
        evaluate.evaluate("mcdonalds", data, profile="accurate")
    with pytest.raises(InputError, match="no such data folder"):
        evaluate.evaluate("waimai", tmp_path / "nowhere")
    with pytest.raises(InputError, match="makeup"):
        evaluate.evaluate("makeup", data)


def test_a_set_without_its_column_is_named(data):
    with gzip.open(data / "polarity" / "waimai_10k.csv.gz", "wt", encoding="utf-8") as file:
        file.write("label,text\n1,好\n")
    with pytest.raises(InputError, match="'review'"):
        evaluate.evaluate("waimai", data)


def test_the_command(data, monkeypatch):
    monkeypatch.delenv("VOC_TEST_DATA", raising=False)
    result = run(app, ["eval", "mcdonalds", "--data", str(data), "--json"])
    assert result.exit_code == 0
    (row,) = json.loads(result.stdout)
    assert (row["set"], row["system"], row["value"]) == ("mcdonalds", "voc fast", 1.0)
    listed = json.loads(run(app, ["eval", "--list", "--json"]).stdout)
    assert [one["set"] for one in listed] == list(evaluate.SETS)
    unnamed, unknown = run(app, ["eval", "waimai"]), run(app, ["eval", "waimay", "--data", str(data)])
    assert unnamed.exit_code == unknown.exit_code == 2
    assert "--data" in unnamed.output and "Did you mean 'waimai'?" in unknown.output


def test_what_stands_beside_the_linear_scores_is_heard(corpora):
    asked = []

    def beside(texts):
        asked.append(list(texts))
        return np.array([[len(text), 7.0] for text in texts], dtype=np.float32)  # the second column says nothing

    (alone,) = protocols.laptop_clauses(corpora, baseline=False).values()
    (stacked,) = protocols.laptop_clauses(corpora, baseline=False, beside=beside).values()
    assert len(asked) == 1 and len(asked[0]) == len(stacked.labels)
    assert stacked.chances is not None and alone.chances is not None
    assert np.isfinite(stacked.chances).all() and not np.allclose(stacked.chances, alone.chances)
    np.testing.assert_array_equal(stacked.labels, alone.labels)
