from pathlib import Path

import pytest
from voc.corpora.recipes import accurate_reviews
from voc.corpora.recipes.accurate_reviews import LONGEST, ends, reviews
from voc.corpora.recipes.polarity import Row


def test_a_long_review_keeps_its_two_ends():
    text = "开头" + "中" * 300 + "结尾"
    short = ends(text)
    assert len(short) == LONGEST + 1
    assert short.startswith("开头中") and short.endswith("中结尾") and short.count("…") == 1
    assert ends(text[:LONGEST]) == text[:LONGEST]


@pytest.fixture
def rows(monkeypatch):
    shop = [
        Row(f"第{n}本书写得{word}", label, "shop:书籍") for n in range(40) for word, label in (("好", 2), ("差", 0))
    ]
    fruit = [
        Row(f"第{n}箱果子{word}", label, "shop:水果", 0.5) for n in range(400) for word, label in (("甜", 2), ("酸", 0))
    ]
    monkeypatch.setattr(accurate_reviews, "reviews_zh", lambda folder: [*shop, *fruit])
    monkeypatch.setattr(accurate_reviews, "untouchable", lambda folder: {"第0本书写得好"})


@pytest.mark.usefixtures("rows")
def test_reviews_carry_their_stars_and_rows_of_half_weight_are_drawn():
    found = reviews(Path("data"))
    assert found == reviews(Path("data"))
    books = [e for e in found if "书" in e.text]
    assert len(books) == 79 and 300 < len(found) - len(books) < 500  # the text of a test set is not among them
    for example in found:
        (asked,) = example.asked
        assert asked.span == (0, len(example.text)) and asked.weight >= 1
        assert asked.label == (2 if example.text[-1] in "好甜" else 0)


@pytest.mark.usefixtures("rows")
def test_a_trade_is_left_out():
    assert not any("书" in example.text for example in reviews(Path("data"), without=["书籍"]))
