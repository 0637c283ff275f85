from __future__ import annotations

import numpy as np
from voc.corpora.recipes import aspects
from voc.corpora.recipes.aspects import HeldOut, Row, calibrated, clauses_of_our_own, held_out, trained, words

from voc.models.aspects import NONE
from voc.taxonomy import load

SOUR = ["酸得牙倒", "酸死人", "牙都酸了", "太酸涩", "酸酸的难受", "酸掉大牙"]
LATE = ["等了十天", "等好久才到", "十天才送来", "一直没送到", "等了半个月", "送得真慢"]
CODES = [NONE, "P10", "V01"]


def given() -> list[Row]:
    rows = [Row(text, "P10", 1.0, own=True) for text in SOUR] + [Row(text, "V01", 1.0, own=True) for text in LATE]
    return rows + [Row(text, NONE, 1.0) for text in ("今天周三", "给妈妈买的", "第一次下单", "还没打开")]


def test_the_regressions_tell_the_codes_apart_and_fill_a_model() -> None:
    model = trained(given(), codes=CODES).model()
    assert [CODES[n] for n in model.scores(["酸死了", "等了好多天", "给妈妈"]).argmax(axis=1)] == ["P10", "V01", NONE]
    assert trained(given(), codes=CODES).weights.flags["C_CONTIGUOUS"]  # the file format takes nothing else


def test_held_out_clauses_are_read_by_heads_that_never_saw_them() -> None:
    seen = held_out(given(), codes=CODES, folds=3)
    assert len(seen.right) == len(SOUR) + len(LATE) and seen.right.mean() > 0.5
    precision, recall = seen.at(seen.score.min())
    assert precision >= recall > 0
    seen = HeldOut(
        np.array([3.0, 2.0, 1.0, 0.0, -1.0]), np.array([True, True, True, False, False]), np.ones(5, dtype=bool)
    )
    scale, shift = calibrated(seen)
    assert scale > 0 and shift + 3 * scale > 0 > shift - scale  # a better score, a better chance


def test_our_own_clauses_and_the_words_have_codes_of_the_taxonomy() -> None:
    known = {*load(aspects.TAXONOMY).issues, NONE}
    own = list(clauses_of_our_own())
    assert len(own) > 1000 and {row.code for row in own} <= known
    assert all(row.text == row.text.strip() and row.text for row in own)
    found = list(words(load(aspects.TAXONOMY)))
    assert {row.code for row in found} <= known and any(row.code == NONE for row in found)
