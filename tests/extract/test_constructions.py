"""What stands around a word turns it: a few hundred constructions, each with several words of praise or blame in its place."""

from voc.corpora.recipes.constructions import FILES, OWN, WAITING, constructions, filled

from voc.extract.mentions import analyze
from voc.taxonomy import load

WORDS = {
    "{+}": {"好吃": "P10", "新鲜": "P07", "脆": "P11", "便宜": "P13", "热情": "V06"},
    "{-}": {"难吃": "P10", "太硬": "P11", "贵": "P13", "发霉": "P03", "态度差": "V06"},
}
GENERAL = {"P00", "V00", "V04"}


def test_constructions_are_read_whatever_word_they_hold() -> None:
    """Nine in ten are right, and hardly any says the opposite of what is meant."""
    cases = [
        (one.text.replace(one.place, word), code, one.place, one.sign)
        for one in constructions([OWN])
        for word, code in WORDS[one.place].items()
    ]
    assert len(cases) > 2000
    mentions = analyze([text for text, *_ in cases], taxonomy=load("retail-food")).to_pylist()
    poles: list[dict[str, set[str]]] = [{"of it": set(), "all": set()} for _ in cases]
    for one in mentions:
        pole = "+" if one["polarity"] > 0.15 else "-" if one["polarity"] < -0.15 else "0"
        poles[one["row"]]["all"].add(pole)
        if one["aspect"] in {cases[one["row"]][1], *GENERAL}:
            poles[one["row"]]["of it"].add(pole)
    right = opposite = 0
    for (_, _, place, wanted), found in zip(cases, poles, strict=True):
        mine, every = found["of it"], found["all"]
        if wanted == "-":
            good = "-" in every and (place == "{-}" or "+" not in mine)
            opposite += "+" in mine and "-" not in mine
        elif wanted == "+":
            good = "-" not in mine and (place == "{-}" or "+" in mine)
            opposite += "-" in mine and "+" not in mine
        else:
            good = "-" not in mine and (wanted == "0+" or "+" not in mine)
            opposite += "-" in mine
        right += good
    assert right / len(cases) >= 0.9
    assert opposite / len(cases) <= 0.035


def test_constructions_are_filled_with_words_of_their_kind() -> None:
    """Each label is the construction's, each word stands where its place was."""
    taxonomy = load("retail-food")
    given = constructions([*FILES, *WAITING])
    assert {one.sign for one in given} == {"-", "0", "+", "0+"} and len({one.text for one in given}) > 1600
    made = list(filled(given, taxonomy, each=3, seed=1))
    assert len(made) == 3 * sum(one.sign in ("-", "0", "+") for one in given) and {one.label for one in made} == {
        0,
        1,
        2,
    }
    for one in made:
        assert one.text[one.at :].startswith(one.word) and "{" not in one.text
        assert one.word in taxonomy[one.code].praise + taxonomy[one.code].expressions
