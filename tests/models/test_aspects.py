from __future__ import annotations

import numpy as np

from voc.models.aspects import load
from voc.taxonomy import load as taxonomy


def test_the_head_knows_every_code_of_its_taxonomy() -> None:
    head = load()
    assert set(head.codes) == set(taxonomy(head.taxonomy).issues) and head.model.weights.shape[1] == len(head.codes)


def test_what_is_said_without_naming_it_gets_a_name_with_a_chance() -> None:
    head = load()
    clauses = ["半夜爬起来跑了三趟厕所", "等了快半个月还没见着影子", "盒子里一大半是空气", "今天周三"]
    chances = head.chances(clauses)
    assert [head.codes[n] for n in chances[:3].argmax(axis=1).tolist()] == ["P01", "V01", "P08"]
    assert (chances[:3].max(axis=1) > 0.2).all() and (chances[3] < 0.1).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_a_clause_may_be_about_two_issues() -> None:
    head = load()
    both = head.chances(["味道好价格便宜"])[0]
    assert {code for code, chance in zip(head.codes, both.tolist(), strict=True) if chance > 0.5} == {"P10", "P13"}


def test_a_batch_reads_like_its_clauses_alone() -> None:
    head = load()
    clauses = ["嚼着费劲", "", "字" * 300, "🙂", "the box was crushed"]
    chances = head.chances(clauses)
    assert np.allclose(chances, np.concatenate([head.chances([clause]) for clause in clauses]), atol=1e-6)
    assert head.chances([]).shape == (0, len(head.codes))
