from __future__ import annotations

import random

from voc.text.newwords import discover
from voc.text.segment import Segmenter

_BEFORE = ["买了", "喜欢", "推荐", "吃过", "这款", "家里", "昨天", "同事说", "一盒", "冰箱里的"]
_AFTER = ["很香", "不错", "太甜", "味道好", "到货快", "包装好", "有点贵", "还行", "孩子爱", "吃光了"]


def corpus(word: str, times: int, *, seed: int = 1) -> list[str]:
    """`times` texts around `word`, and as many without it that use its characters elsewhere."""
    draw = random.Random(seed)
    texts = [f"{draw.choice(_BEFORE)}{word}{draw.choice(_AFTER)}{n}" for n in range(times)]
    return texts + [
        f"{draw.choice(_BEFORE)}面包{draw.choice(_AFTER)}，{draw.choice(_AFTER)}{n}" for n in range(3 * times)
    ]


def found(texts: list[str], **options: float) -> list[str]:
    return [new.word for new in discover(texts, **options)]


def test_a_product_name_is_found_and_measured() -> None:
    new = {word.word: word for word in discover(corpus("咕噜脆脆乐", 40))}
    assert "咕噜脆脆乐" in new
    word = new["咕噜脆脆乐"]
    assert word.texts == 40 and word.cohesion >= 3.0 and word.freedom >= 1.2
    assert not any(other != word.word and other in word.word for other in new)  # no fragment of it


def test_known_words_and_loose_phrases_are_none() -> None:
    words = found(corpus("虾滑", 40))
    assert "虾滑" in words
    assert not {"面包", "味道好", "很香", "味道", "包装好"} & set(words)


def test_what_the_segmenter_knows_already_is_not_new() -> None:
    texts = corpus("虾滑", 40)
    assert "虾滑" not in {w.word for w in discover(texts, segmenter=Segmenter(["虾滑"]))}


def test_seldom_words_and_copied_reviews_do_not_count() -> None:
    assert "虾滑" not in found(corpus("虾滑", 5))
    assert "虾滑" not in found(["推荐虾滑很香"] * 500 + ["面包不错"] * 500)


def test_a_word_needs_varied_company() -> None:
    texts = [f"推荐虾滑很香{n}" for n in range(60)] + [f"面包不错{n}" for n in range(200)]
    assert "虾滑" not in found(texts)


def test_nothing_in_nothing_out() -> None:
    assert discover([]) == [] and discover(["", "abc", "😀😀"]) == []


def test_order_and_result_do_not_depend_on_the_run() -> None:
    texts = corpus("虾滑", 40) + corpus("小郡肝", 30, seed=2)
    once = discover(texts)
    assert once == discover(texts)
    assert [w.texts for w in once] == sorted((w.texts for w in once), reverse=True)
    assert {"虾滑", "小郡肝"} <= {w.word for w in once}
