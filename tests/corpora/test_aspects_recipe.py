from __future__ import annotations

import numpy as np
from voc.corpora.recipes import aspects, taught
from voc.corpora.recipes.aspects import average_precision, clauses_of_our_own, read_by_hand, trained, words
from voc.corpora.recipes.readings import Clause, Label, Reading

from voc.taxonomy import load

SOUR = ["酸得牙倒", "酸死人", "牙都酸了", "太酸涩", "酸酸的难受", "酸掉大牙"]
LATE = ["等了十天", "等好久才到", "十天才送来", "一直没送到", "等了半个月", "送得真慢"]
NEITHER = ["今天周三", "给妈妈买的", "第一次下单", "还没打开"]
CODES = ("P10", "V01")


def given():
    texts = [*SOUR, *LATE, *NEITHER, "酸死了还等了十天"]
    labels = [[1, 0]] * len(SOUR) + [[0, 1]] * len(LATE) + [[0, 0]] * len(NEITHER) + [[1, 1]]
    return texts, np.array(labels, dtype=np.float32), np.ones(len(texts), dtype=np.float32)


def test_the_regressions_tell_the_codes_apart_and_fill_a_model() -> None:
    made = trained(*given(), least=1, epochs=200)
    scores = made.model().scores(["酸死了", "等了好多天", "给妈妈", "酸得要死,等了十天"])
    assert (scores > 0).tolist() == [[True, False], [False, True], [False, False], [True, True]]
    assert made.weights.flags["C_CONTIGUOUS"]  # the file format takes nothing else
    assert np.array_equal(made.weights, trained(*given(), least=1, epochs=200).weights)


def test_chances_are_labels_too() -> None:
    """A clause that is about an issue with a chance of one half comes out near it."""
    texts, labels, weights = given()
    half = trained(texts, labels * 0.5, weights, least=1, epochs=200).model().scores(SOUR)[:, 0]
    assert (np.abs(1 / (1 + np.exp(-half)) - 0.5) < 0.15).all()


def test_how_well_a_hand_is_known() -> None:
    model = trained(*given(), least=1, epochs=200).model()
    spans = [Clause((0, 3), (Label("P10", 0),)), Clause((4, 9), (Label("V01", 0),)), Clause((10, 13), ())]
    reading = Reading("酸死了,等了十天吧,给妈妈", "x", tuple(spans))
    assert average_precision(model, [reading], CODES) == 1.0
    assert [row.codes for row in read_by_hand([reading])] == [("P10",), ("V01",), ()]


def test_our_own_clauses_and_the_words_have_codes_of_the_taxonomy() -> None:
    known = set(load(aspects.TAXONOMY).issues)
    own = list(clauses_of_our_own())
    assert len(own) > 1000 and all(known.issuperset(row.codes) for row in own)
    assert all(row.text == row.text.strip() and row.text for row in own)
    found = list(words(load(aspects.TAXONOMY)))
    assert len(found) > 5000 and all(len(row.codes) == 1 and known.issuperset(row.codes) for row in found)


def test_what_the_encoder_says_is_kept_in_a_file(tmp_path) -> None:
    said = taught.teach(["味道好,物流慢", "今天周三"])
    assert said.texts == ("味道好", "物流慢", "今天周三") and said.polarity.shape == (3, 3)
    assert said.polarity[0].argmax() == 2 and said.polarity[1].argmax() == 0
    assert said.codes[int(said.issues[1].argmax())] == "V01"
    taught.save(said, tmp_path / "said.npz")
    again = taught.load(tmp_path / "said.npz")
    assert again.texts == said.texts and again.codes == said.codes
    assert np.allclose(again.issues, said.issues, atol=1e-3) and np.allclose(again.polarity, said.polarity, atol=1e-3)
