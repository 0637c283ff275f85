import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text.clean import clean
from voc.text.normalise import flat, normalise, normalise_all

ODD = st.sampled_from("ＡｂＣ１２…㎡①㈱ﬁ가ᄀ각ガｶﾞé\u0301\u0327\u3099後來麼頭髮乾İI\u0307ßſ👍🏻，。！　x9")
TEXTS = st.one_of(st.text(), st.text(alphabet=ODD))


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("這個麵條很難喫", "这个面条很难吃"),
        ("包裝破損，退貨", "包装破损,退货"),
        ("等了3天……", "等了3天......"),
        ("ﬁne ㎏", "fine kg"),
        ("Straße É", "straße É"),
        ("", ""),
    ],
)
def test_form(raw, form):
    assert normalise(raw).text == form


def test_only_ascii_letters_lose_their_case():
    assert normalise("ÀÉ Я").text == "ÀÉ Я"


@given(TEXTS)
def test_idempotent(raw):
    once = normalise(raw).text
    assert normalise(once).text == once


@given(TEXTS)
def test_same_as_the_whole_text_at_once(raw):
    assert normalise(raw).text == flat(unicodedata.normalize("NFKC", flat(raw)))
    assert normalise_all([raw]) == [normalise(raw).text]


@given(TEXTS)
def test_offsets_are_ordered_and_cover_the_raw_text(raw):
    normal = normalise(raw)
    if normal.offsets is None:
        assert len(normal.text) == len(raw)
        return
    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    assert normal.offsets[0] == 0 and normal.offsets[-1] == len(raw)


def test_marks_that_change_places_share_a_span():
    normal = normalise("0\u0300\u3099")
    assert normal.text == "0\u3099\u0300"
    assert normal.span(0, 2) == (0, 3)


@settings(max_examples=200)
@given(TEXTS, st.data())
def test_a_span_leads_to_raw_text_with_the_same_form(raw, data):
    normal = normalise(raw)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    a, b = normal.span(start, end)
    assert 0 <= a <= b <= len(raw)
    assert normal.text[start:end] in normalise(raw[a:b]).text
    assert (a < b) == (start < end)


@given(TEXTS)
def test_the_whole_is_the_whole(raw):
    normal = normalise(raw)
    assert normal.span(0, len(normal.text)) == (0, len(raw))


def test_one_raw_character_that_becomes_three_has_one_place():
    normal = normalise("慢…快")
    assert normal.text == "慢...快"
    assert normal.span(1, 2) == (1, 2)
    assert normal.span(4, 5) == (2, 3)


@pytest.mark.parametrize("span", [(-1, 1), (2, 1), (0, 9)])
def test_a_span_outside_the_text_is_an_error(span):
    with pytest.raises(ValueError, match="does not lie in a text of 2"):
        normalise("好吃").span(*span)


def test_emoji_with_joiners_stay():
    family = "👨‍👩‍👧"
    assert normalise(family).text == family == clean(family)
