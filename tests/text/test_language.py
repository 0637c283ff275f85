import pytest

from voc.errors import UnknownName
from voc.text.language import detect
from voc.text.stopwords import stopwords


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("瓜子很脆", "zh"),
        ("The almonds were stale.", "en"),
        ("iPhone 15 很好用", "zh"),
        ("包裝很好 good", "zh"),
        ("I love this 茶 very much", "en"),
        ("yyds", "zh"),
        ("666", "zh"),
        ("ok", "en"),
        ("", "und"),
        ("12345", "und"),
        ("👍👍", "und"),
        ("とても美味しいです", "und"),
        ("맛있어요", "und"),
        ("Очень вкусно", "und"),
        ("los cacahuetes estaban muy buenos siempre compro", "und"),
    ],
)
def test_detect(text, lang):
    assert detect(text) == lang


def test_stop_lists_hold_no_opinion():
    assert not stopwords("zh") & {"好吃", "难吃", "贵", "慢", "新鲜", "失望", "不新鲜"}
    assert not stopwords("en") & {"stale", "fresh", "rude", "slow", "tasty", "expensive"}
    assert {"的", "我们", "但是"} <= stopwords("zh") and {"the", "and"} <= stopwords("en")


def test_no_stop_list_for_other_languages():
    with pytest.raises(UnknownName, match="en, zh"):
        stopwords("fr")
