from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.text.clauses import clauses, says_something

TEXTS = st.text(alphabet=st.sampled_from("好吃但是不过就除了贵，。！,.、 \n35a Bbut👍🏻没…；（）"), max_size=60)


def cut(text):
    return [text[a:b] for a, b in clauses(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("发货太慢了，但是坚果很脆。", ["发货太慢了", "但是坚果很脆"]),
        ("味道好不过有点贵", ["味道好", "不过有点贵"]),
        ("肉松好吃就是太少", ["肉松好吃", "就是太少"]),
        ("除了贵没毛病", ["除了贵", "没毛病"]),
        ("海苔很香 饼干很碎 下次不买", ["海苔很香", "饼干很碎", "下次不买"]),
        ("脆😋盒子压扁了😡下次再说", ["脆😋", "盒子压扁了😡", "下次再说"]),
        ("😭太好吃", ["😭太好吃"]),
        ("1、瓜子好吃2、箱子破了", ["瓜子好吃", "箱子破了"]),
        ("① 店很干净\n② 排队久", ["店很干净", "排队久"]),
        ("Fresh nuts but the box was crushed. Never again!", ["Fresh nuts", "but the box was crushed", "Never again"]),
        ("花了3.5元,净重1,000克", ["花了3.5元", "净重1,000克"]),
        ("包装很好、味道不错、送货很快", ["包装很好", "味道不错", "送货很快"]),
        ("环境、服务、味道都很好", ["环境、服务、味道都很好"]),
        ("酥脆（里面有花生）", ["酥脆", "里面有花生"]),
    ],
)
def test_boundaries(text, parts):
    assert cut(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "不但好吃",
        "不过期就行",
        "快递就是快",
        "价格3.5元",
        "v2.0版",
        "www.example.com",
        "质量不过关",
        "也就是说",
        "净重 500 克",
        "味道：不错",
    ],
)
def test_no_boundary(text):
    assert len(cut(text)) == 1


@pytest.mark.parametrize("text", ["", "   ", "。。。", "，，\n", "——", "、、、"])
def test_nothing_said_nothing_found(text):
    assert cut(text) == [] and not says_something(text)


@given(TEXTS)
def test_spans_are_ordered_apart_and_never_empty(text):
    spans = clauses(text)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(says_something(text[a:b]) and text[a:b] == text[a:b].strip() for a, b in spans)


@given(TEXTS)
def test_no_word_is_lost(text):
    inside = {i for a, b in clauses(text) for i in range(a, b)}
    lost = [text[i] for i in range(len(text)) if i not in inside and text[i].isalpha()]
    assert lost == []
