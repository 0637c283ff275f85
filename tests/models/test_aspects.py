from __future__ import annotations

import numpy as np

from voc.models.aspects import NONE, load
from voc.taxonomy import load as taxonomy


def test_the_head_knows_codes_of_its_taxonomy() -> None:
    head = load()
    assert NONE in head.codes
    assert set(head.codes) - {NONE} <= set(taxonomy(head.taxonomy).issues)


def test_what_is_said_without_naming_it_gets_a_name_with_a_chance() -> None:
    head = load()
    clauses = ["半夜爬起来跑了三趟厕所", "等了快半个月还没见着影子", "盒子里一大半是空气", "今天周三"]
    codes, chances = head.named(clauses)
    assert [head.codes[n] for n in codes[:3].tolist()] == ["P01", "V01", "P08"]
    assert (chances[:3] > 0.5).all() and chances[3] == 0.0
    assert ((chances >= 0) & (chances < 1)).all()


def test_a_batch_reads_like_its_clauses_alone() -> None:
    head = load()
    clauses = ["嚼着费劲", "", "字" * 300, "🙂", "the box was crushed"]
    codes, chances = head.named(clauses)
    alone = [head.named([clause]) for clause in clauses]
    assert codes.tolist() == [int(c[0]) for c, _ in alone]
    assert np.allclose(chances, [float(p[0]) for _, p in alone])
    assert len(head.named([])[0]) == 0
