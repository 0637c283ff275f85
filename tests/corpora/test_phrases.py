"""The grammar: varied, well formed, and no mirror of the taxonomy."""

from collections import Counter
from random import Random

import pytest
from voc.corpora.sample import expressions
from voc.corpora.sample.compose import Composer, Voice
from voc.corpora.sample.phrases import compile_pattern, complaints, patterns, phrasing_share, phrasings, read

from voc.errors import ConfigError


def test_choices_and_slots():
    pattern = compile_pattern("{N}[很|太|]咸", where="test")
    assert pattern.size() == 3
    said = {pattern.say(Random(i), {"N": "豆干"}) for i in range(40)}
    assert said == {"豆干很咸", "豆干太咸", "豆干咸"}


def test_brackets_that_do_not_match_are_an_error():
    with pytest.raises(ConfigError, match="here"):
        compile_pattern("[a|[b]", where="here")


def test_every_code_has_many_surface_forms():
    count = Counter(code for code, _ in phrasings())
    assert set(count) == set(read("rates")["complaint"])
    assert min(count.values()) >= 40, count.most_common()[-3:]


def test_every_code_speaks_english_and_every_praise_has_phrases():
    assert set(complaints()) <= set(patterns("english"))
    assert set(read("rates")["praise"]) <= set(patterns("praise"))


def test_no_phrase_is_shared_by_two_codes():
    owner: dict[str, str] = {}
    for code, text in phrasings():
        assert owner.setdefault(text, code) == code, text


def test_share_outside_a_taxonomy():
    assert phrasing_share([]) == 1
    assert phrasing_share({text for _, text in phrasings()}) == 0
    assert 0.9 < phrasing_share(["客服"]) < 1


def test_at_least_half_stands_outside_the_taxonomy():
    assert phrasing_share(expressions()) >= 0.5


def test_reviews_leave_no_slot_open():
    composer = Composer(3)
    for i, code in enumerate(sorted(complaints()) * 20):
        voice = Voice(group=("nut", "jelly", "")[i % 3], noun="腰果", source="meituan", rival="馋猫记")
        text = composer.review([code], ["P13"] if i % 2 else [], voice)
        assert text and not set("{}[]|") & set(text), text


def test_staff_names_are_reported():
    composer = Composer(4)
    for _ in range(300):
        voice = Voice(group="", noun="腰果", source="meituan", rival="馋猫记")
        text = composer.review(["V06"], [], voice)
        assert all(name in text for name in voice.told)
        if voice.told:
            return
    pytest.fail("no staff name in 300 complaints of staff")
