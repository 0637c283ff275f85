import re

import numpy as np
import pytest

from voc.text import duplicates
from voc.text.duplicates import near_duplicates
from voc.text.normalise import normalise_all

LONG = "这个坚果礼盒包装很漂亮，送给长辈他们都说好吃，物流也快，下次过年还会再买"


def test_groups_lead_to_their_first():
    texts = [
        LONG,
        "发货慢",
        LONG + "！",
        LONG.replace("漂亮", "好看"),
        "完全不同的一句话，说的是门店排队太久",
        "发货慢",
    ]
    assert near_duplicates(texts).tolist() == [0, 1, 0, 0, 4, 1]


def test_short_texts_only_when_equal():
    assert near_duplicates(["好吃不贵", "好吃不贵！", "好吃不贵啊"]).tolist() == [0, 0, 2]


def test_form_does_not_matter():
    assert near_duplicates(["包裝很好，味道也不錯", "包装很好 味道也不错"]).tolist() == [0, 0]


def test_nothing_in_common():
    texts = [f"{chr(0x4E00 + 97 * i)}{chr(0x5000 + 61 * i)}" * 6 for i in range(50)]
    assert near_duplicates(texts).tolist() == list(range(50))


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["。", "。"]])
def test_empty(texts):
    assert near_duplicates(texts).tolist() == [0] * len(texts)


def test_recall_and_precision_against_all_pairs():
    chance = np.random.default_rng(5)
    letters = [chr(c) for c in range(0x4E00, 0x4E00 + 400)]
    texts = []
    for _ in range(60):
        base = chance.choice(letters, 40).tolist()
        texts.append("".join(base))
        for changes in (1, 2, 8):
            copy = list(base)
            for at in chance.choice(40, changes, replace=False):
                copy[at] = chr(0x5F00 + int(chance.integers(400)))
            texts.append("".join(copy))
    sets = [{t[i : i + 2] for i in range(len(t) - 1)} for t in texts]
    alike = [any(len(sets[i] & sets[j]) >= 0.8 * len(sets[i] | sets[j]) for j in range(i)) for i in range(len(texts))]
    found = (near_duplicates(texts) != np.arange(len(texts))).tolist()
    assert sum(f and a for f, a in zip(found, alike, strict=True)) >= 0.95 * sum(alike)
    assert not any(f and not a for f, a in zip(found, alike, strict=True))


@pytest.mark.parametrize("options", [{"threshold": 0.0}, {"threshold": 1.1}, {"bands": 7}, {"bands": 0}])
def test_impossible_options(options):
    with pytest.raises(ValueError, match=r"threshold|bands"):
        near_duplicates(["x"], **options)


def test_more_texts_than_are_searched_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal texts are found among all, near ones among neighbours."""
    monkeypatch.setattr(duplicates, "STRETCH", 2)
    other = "门店的灯很暗，价签看不清楚，排队的人挤在一起，没有人管"
    assert near_duplicates([LONG, LONG + "哦", other, other + "啊", LONG, LONG + "呀"]).tolist() == [0, 0, 2, 2, 0, 5]


def test_forms_are_the_same_by_table_and_one_by_one() -> None:
    odd = ["ＡＢＣ，１２３", "①㎏。ｱﾞ", "e\u0301t\u00e9 \u1112\u1161\u11ab", "😀😀", "…", "", "繁體字！", "𠀀_𠀁"]
    texts = [*odd, "坚果很脆，下次再买"] * 3
    assert duplicates.bare(texts) == [re.sub(r"[\W_]+", "", form) or form for form in normalise_all(texts)]


def test_keys_depend_on_the_text_alone() -> None:
    first, second, again = duplicates.keys(["坚果很脆", "坚果不脆", "坚果很脆"])
    assert first == again != second and int(first) == 1977016831651999112
