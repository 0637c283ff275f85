import csv
import gzip
import logging
import os
import random
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import InputError
from voc.text.segment import Segmenter, english_words


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30), max_size=6))
def test_tokens_joined_are_the_text(texts):
    rows = SHARED.cut(texts)
    assert ["".join(row) for row in rows] == texts


SHARED = Segmenter()


def test_same_words_as_jieba(segmenter):
    jieba.setLogLevel(logging.ERROR)
    parts = [
        "瓜子", "很脆", "包装破了", "2-3天", "ABC-d", "……", "...", "3.5元", "95%", "😀", "hello-world", "don't", " ", "，",
        "售后服务", "没有异味", "1.", "&#183;", "A+", "下次还会再来", "坚果礼盒", "\r\n", "_x", "店员态度不好", "100g*3",
    ]  # fmt: skip
    chance = random.Random(4)
    texts = ["".join(chance.choices(parts, k=chance.randrange(1, 12))) for _ in range(500)]
    wrong = [t for t, row in zip(texts, segmenter.cut(texts), strict=True) if row != jieba.lcut(t)]
    assert len(wrong) <= 2, wrong[:5]


def test_texts_do_not_see_each_other(segmenter):
    texts = ["好吃\r", "", "\n", "的", "a\n", "b"]
    assert segmenter.cut(texts) == [segmenter.cut([text])[0] for text in texts]


def test_own_words_stay_whole(tmp_path):
    own = tmp_path / "words.txt"
    own.write_text("奶盐瓜子仁 20 n\n\n脆升升\n", encoding="utf-8")
    cut = Segmenter(["山楂六物"], own).cut(["山楂六物和奶盐瓜子仁还有脆升升"])[0]
    assert {"山楂六物", "奶盐瓜子仁", "脆升升"} <= set(cut)


def test_a_bad_line_of_a_dictionary_is_named(tmp_path):
    own = tmp_path / "words.txt"
    own.write_text("好 3 a\n坏 x y\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"words\.txt, record 2.*坏 x y"):
        Segmenter(user_dict=own)


def test_english_words():
    assert english_words(["Don't buy 2.5 lb, ever!"]) == [
        ["Don't", " ", "buy", " ", "2.5", " ", "lb", ",", " ", "ever", "!"]
    ]


@pytest.mark.realdata
def test_same_words_as_jieba_on_twenty_thousand_reviews(segmenter):
    jieba.setLogLevel(logging.ERROR)
    path = Path(os.environ["VOC_TEST_DATA"]) / "polarity" / "online_shopping_9_cats.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        texts = [row["review"] for row in csv.DictReader(file)]
    texts = [text for text in texts if len(text) < 120][:20_000]
    same = sum(row == jieba.lcut(text) for text, row in zip(texts, segmenter.cut(texts), strict=True))
    assert len(texts) == 20_000 and same >= 0.999 * len(texts)
