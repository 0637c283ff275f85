import pytest

from voc.errors import InputError, UnknownName
from voc.refs import make, parse


def test_keys_are_sorted_and_values_encoded():
    ref = make("mentions", store_id="S012", month="2026-10", intent="complaint", aspect="P07")
    assert ref == "mentions?aspect=P07&intent=complaint&month=2026-10&store_id=S012"
    assert make("mentions", store_id="a&b=c/中 d") == "mentions?store_id=a%26b%3Dc%2F%E4%B8%AD%20d"


@pytest.mark.parametrize("value", ["S012", "a&b=c", "../../x", "中文 店", "%41", "+", "#", "?", ""])
def test_parse_is_the_inverse_of_make(value):
    assert parse(make("mentions", store_id=value, month="2026-10")) == (
        "mentions",
        {"store_id": value, "month": "2026-10"},
    )


def test_no_filters_and_none():
    assert make("ingests") == "ingests" and parse("ingests") == ("ingests", {})
    assert make("chain", aspect=None, month="2026-10") == "chain?month=2026-10"


def test_filters_on_dimensions_are_known():
    assert parse(make("mentions", region="华东", category="坚果", lot="L1"))[1] == {
        "region": "华东",
        "category": "坚果",
        "lot": "L1",
    }


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'mentions'"):
        make("mention")
    with pytest.raises(UnknownName, match="Did you mean 'store_id'"):
        make("mentions", stor_id="S1")
    with pytest.raises(UnknownName):
        parse("nothing?x=1")


@pytest.mark.parametrize("ref", ["mentions?aspect", "mentions?aspect=P01&aspect=P02", "mentions?a=1&&b"])
def test_malformed_references_are_refused(ref):
    with pytest.raises((InputError, UnknownName)):
        parse(ref)
