"""The benchmark of all of it with topics: both sides really run, each in a process of its own."""

import sys

import pytest

from voc import end_to_end
from voc.errors import VocError

pytestmark = pytest.mark.topics
TEXTS = [
    f"{what}{how}" for what in ("味道", "物流", "包装", "客服") for how in ("太差了", "不行", "很一般", "让人失望")
] * 10


def test_our_side_is_a_process_that_finds_topics():
    ours = end_to_end._side(end_to_end.OURS, end_to_end._ours, (TEXTS, "retail-food", "static"), len(TEXTS))
    assert ours.reviews == len(TEXTS)
    assert ours.seconds > 0 and ours.cpu_seconds > 0
    assert ours.topics > 0


def test_a_side_that_fails_is_an_error():
    with pytest.raises(VocError, match="voc ended with exit code 1"):
        end_to_end._side(end_to_end.OURS, end_to_end._ours, (TEXTS, "no such taxonomy", "static"), len(TEXTS))


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "bertopic", None)
    for name in ("jieba", "pandas", "snownlp"):
        monkeypatch.setitem(sys.modules, name, sys)
    with pytest.raises(VocError, match="needs bertopic"):
        end_to_end.sides(TEXTS, taxonomy="retail-food", embedder="static")
