from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

from voc.errors import MissingExtra, UnknownName
from voc.topics.embed import clean, embed, embedder, restored
from voc.topics.optional import optional

pytestmark = pytest.mark.topics


class Counting:
    """An embedder that remembers what it was asked."""

    name, version, cached, alike, state = "counting", "counting-1", True, 0.5, {}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked += texts
        return np.array([[len(text), 1.0, text.count("a")] for text in texts], np.float32)


@pytest.mark.parametrize("name", ["lsa", "static", "use"])
def test_vectors_have_unit_length_and_do_not_depend_on_company(name, complaints):
    texts = clean([*complaints("queue", 30), *complaints("refund", 20), "！！", ""])
    by = embedder(name, texts=texts, seed=1)
    together = embed(texts, by)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together[:50], axis=1), 1, atol=1e-5)
    assert not together[50:].any()
    alone = np.vstack([embed([text], by) for text in texts[:8]])
    assert np.allclose(alone, together[:8], atol=2e-3)


def test_sentences_of_one_meaning_are_nearer():
    queue, wait, stale = embed(clean(["排队太久", "waited in line too long", "坚果不新鲜"]), embedder("use"))
    assert queue @ wait > queue @ stale


def test_word_vectors_know_words_that_mean_the_same():
    by = embedder("static")
    queue, wait, rude, cold = embed(clean(["排队太久", "结账等了很久", "店员态度恶劣", "服务员没礼貌"]), by)
    assert min(queue @ wait, rude @ cold) > max(queue @ rude, queue @ cold, wait @ rude, wait @ cold)


def test_a_word_without_a_vector_counts_as_its_characters_and_case_does_not_matter():
    from voc.topics.static import counted

    row = {"好": 0, "吃": 1, "好吃": 2}
    assert counted([["好吃"], ["吃好"], ["囍"], ["好", "好", "好"]], row).toarray().tolist() == [
        [0, 0, 1], [1, 1, 0], [0, 0, 0], [2, 0, 0],
    ]  # fmt: skip
    upper, lower = embed(["Delivery was SLOW", "delivery was slow"], embedder("static"))
    assert np.array_equal(upper, lower)


def test_lsa_comes_back_from_its_state(complaints):
    texts = complaints("stale", 12)
    by = embedder("lsa", texts=texts, seed=1)
    again = restored("lsa", by.state)
    assert again.version == by.version
    assert np.array_equal(embed(texts, by), embed(texts, again))


def test_cache_encodes_each_text_once_and_gives_equal_vectors(tmp_path):
    by = Counting()
    first = embed(["a", "bb", "a"], by, folder=tmp_path)
    second = embed(["ccc", "bb", "a"], by, folder=tmp_path)
    assert sorted(by.asked) == ["a", "bb", "ccc"]
    assert np.array_equal(first[0], second[2])
    assert np.array_equal(embed(["ccc", "bb", "a"], Counting()), second)


def test_clean_removes_masks_and_width():
    assert clean(["电话＊＊＊　不通", "ＡＢＣ  d"]) == ["电话 不通", "abc d"]


def test_unknown_name_lists_those_there_are():
    with pytest.raises(UnknownName, match=r"'usee'.*Did you mean 'use'.*lsa, static, static\+own, use"):
        embedder("usee")


def test_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "bertopic", None)
    with pytest.raises(MissingExtra, match=r"BERTopic is not installed.*voc\[topics\]"):
        optional("bertopic", "BERTopic")


def test_a_package_that_is_hidden_from_an_import_is_there_afterwards(tmp_path, monkeypatch):
    """What a module offers only where it finds another package can be left out of its import."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "heavy_helper.py").write_text("")
    (tmp_path / "offers_more.py").write_text(
        "try:\n    import heavy_helper\nexcept ModuleNotFoundError:\n    heavy_helper = None\n"
    )
    assert optional("offers_more", "It", without=("heavy_helper",)).heavy_helper is None
    assert importlib.import_module("heavy_helper") is not None
    (tmp_path / "needs_it.py").write_text("import heavy_helper\n")
    assert optional("needs_it", "It", without=("heavy_helper",)).heavy_helper is not None  # it was loaded already
