import pytest

from voc.models.words import with_words, words


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Not good at all, but cheap", ["not", "¬good", "¬at", "¬all", ",", "but", "cheap"]),
        ("I don't like the new one they made", ["i", "don't", "¬like", "¬the", "¬new", "¬one", "they", "made"]),
        ("it does n't work", ["it", "doesn't", "¬work"]),
        ("it 's fine. Never again!", ["it's", "fine", ".", "never", "¬again", "!"]),
        ("", []),
        ("好吃 ok", ["ok"]),
    ],
)
def test_words_under_a_negation_are_marked(text, marked):
    assert words(text) == marked


def test_each_word_is_one_code_point_behind_the_text():
    plain, negated, empty = with_words(["good", "not good", ""])
    assert plain.startswith("good\x04") and len(plain) == 6
    assert negated.startswith("not good\x04") and len(negated) == 11
    assert negated[-1] != plain[-1] and empty == "\x04"
    assert with_words(["good"]) == [plain]
    assert all(ord(c) >= 0x10000 for c in negated[9:])
