from __future__ import annotations

import pytest

from voc.errors import ConfigError, UnknownName
from voc.taxonomy import expressions, load, names, opinions, parse
from voc.taxonomy.model import FACETS, SEVERITIES

HEAD = 'name = "t"\nversion = "1"\n'
ISSUE = '[issues.A1]\nzh = "味"\nen = "taste"\nfacet = "product"\nseverity = "S3"\nowner = "kitchen"\n'


def mistake(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), label="mine.toml")
    return str(caught.value)


def test_built_in_names() -> None:
    assert {"restaurant", "retail-food"} <= set(names())
    assert load("retail_food") is load("retail-food")


def test_retail_food_has_every_code_with_forty_expressions() -> None:
    issues = load("retail-food").issues
    assert sorted(issues) == [*(f"P{n:02}" for n in range(19)), *(f"V{n:02}" for n in range(19))]
    for issue in issues.values():
        assert len(issue.expressions) >= 40, issue.code
        assert any(w.isascii() for w in issue.expressions) and any(not w.isascii() for w in issue.expressions), (
            issue.code
        )
        assert issue.facet in FACETS and issue.severity in SEVERITIES
        assert issue.facet == ("product" if issue.code[0] == "P" else "service")


def test_severities_and_what_counts_against_a_store() -> None:
    issues = load("retail-food").issues
    assert [c for c, i in issues.items() if i.safety] == ["P01", "P02", "P03", "P04", "P17"]
    assert [c for c, i in issues.items() if not i.store] == ["V01", "V02", "V03", "V04", "V17"]
    assert [c for c, i in issues.items() if i.general] == ["P00", "V00"]
    assert {sub.name: sub.owner for sub in issues["P08"].subs} == {"missing_items": "picking", "net_weight": "factory"}


def test_restaurant_has_ten_codes_and_a_general_one() -> None:
    taxonomy = load("restaurant")
    assert len([i for i in taxonomy.issues.values() if not i.general]) == 10
    assert [c for c, i in taxonomy.issues.items() if i.safety] == ["R10"]
    general = taxonomy.general("product")
    assert general is not None and general.code == "R00"
    assert taxonomy.general("service") is None


@pytest.mark.parametrize("name", ["retail-food", "restaurant", "cosmetics", "electronics"])
def test_every_reference_resolves_and_words_are_normal(name: str) -> None:
    taxonomy = load(name)
    for issue in taxonomy.issues.values():
        for code in (*issue.yields, *(c for u in issue.upgrades for c in u.codes)):
            assert code in taxonomy.issues
        assert not set(issue.expressions) & set(issue.praise)
    words = list(expressions(taxonomy))
    assert len(words) == len(set(words)) > 1000
    assert all(w == w.strip().lower() and w for w in words)


def test_opinions_have_one_sign() -> None:
    words = opinions()
    assert not set(words.good) & set(words.bad)
    assert set(words.faint) <= set(words.good)


def test_lists_may_be_toml_lists_or_one_string_and_use_groups() -> None:
    text = (
        HEAD
        + '[groups]\nhair = ["头发", "发丝"]\n'
        + ISSUE
        + 'expressions = ["@hair", "Too Salty"]\npraise = "好吃、真香\\nyum, tasty"\n'
    )
    issue = parse(text.encode(), label="mine.toml")["A1"]
    assert issue.expressions == ("头发", "发丝", "too salty")
    assert issue.praise == ("好吃", "真香", "yum", "tasty")


def test_a_file_by_its_path(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + ISSUE + 'expressions = "太咸"\n', encoding="utf-8")
    taxonomy = load(path)
    assert (taxonomy.name, list(taxonomy.issues)) == ("t", ["A1"])
    assert taxonomy == load(str(path)) and len(taxonomy.sha256) == 64


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'retail-food'"):
        load("retail-fod")
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load("folder/nowhere.toml")


def test_mistakes_name_file_line_and_the_nearest_choice() -> None:
    message = mistake(HEAD + ISSUE + 'expresions = "太咸"\n')
    assert message.startswith("mine.toml:9: issues.A1.expresions") and "Did you mean 'expressions'?" in message
    message = mistake(HEAD + ISSUE.replace("S3", "S5"))
    assert message.startswith("mine.toml:7:") and "'S5'" in message and "S1, S2, S3, S4" in message
    message = mistake(HEAD + ISSUE.replace("product", "produkt"))
    assert "mine.toml:6:" in message and "Did you mean 'product'?" in message
    message = mistake(HEAD + ISSUE + 'yields = ["A2"]\n')
    assert "'A2'" in message and "Known: A1" in message
    message = mistake(HEAD + ISSUE + 'targets = ["@hairs"]\n')
    assert "mine.toml:9:" in message and "@hairs" in message
    message = mistake(HEAD + "titel = 1\n" + ISSUE)
    assert message.startswith("mine.toml:3: titel")
    message = mistake(HEAD + ISSUE + "targets = 3\n")
    assert message.startswith("mine.toml:9:") and "3" in message


def test_missing_keys_and_broken_toml_are_named() -> None:
    assert "'owner'" in mistake(HEAD + ISSUE.replace('owner = "kitchen"\n', ""))
    assert "'issues'" in mistake(HEAD)
    assert "line 3" in mistake(HEAD + "[issues\n")
    with pytest.raises(ConfigError, match="byte 0"):
        parse(b"\xff\xfe", label="mine.toml")


def test_combinations_are_bounded() -> None:
    assert "two or three" in mistake(HEAD + ISSUE + 'combinations = [{ of = ["有"] }]\n')
    assert "0 to 20" in mistake(HEAD + ISSUE + 'combinations = [{ of = ["有", "虫"], gap = 99 }]\n')
    assert "Did you mean 'gap'" in mistake(HEAD + ISSUE + 'combinations = [{ of = ["有", "虫"], gaps = 2 }]\n')


def test_an_expression_decides_one_code_and_one_sign() -> None:
    twice = ISSUE + 'expressions = "太咸"\n' + ISSUE.replace("A1", "A2") + 'expressions = "太咸"\n'
    assert "already stands in A1.expressions" in mistake(HEAD + twice)
    assert "already stands in A1.expressions" in mistake(HEAD + ISSUE + 'expressions = "太咸"\npraise = "太咸"\n')


def test_codes_are_included_from_a_built_in_taxonomy() -> None:
    text = HEAD + '[include]\nretail-food = ["V13", "P00"]\n' + ISSUE + 'expressions = "太咸、太吵"\nyields = ["V13"]\n'
    made = parse(text.encode(), label="mine.toml")
    food = load("retail-food")
    assert list(made.issues) == ["A1", "V13", "P00"]
    assert made["V13"].owner == food["V13"].owner
    assert "太吵" in food["V13"].expressions and "太吵" not in made["V13"].expressions  # the file's own word wins
    assert set(food["V13"].yields) == {"V08", "V07"} and made["V13"].yields == ()  # what they name stayed behind
    general = made.general("product")
    assert general is not None and general.code == "P00"
    alone = parse((HEAD + ISSUE + 'expressions = "太咸、太吵"\n').encode(), label="mine.toml")
    assert made.sha256 != alone.sha256


def test_mistakes_in_an_include_are_named() -> None:
    message = mistake(HEAD + '[include]\nretail-fod = ["V13"]\n' + ISSUE)
    assert message.startswith("mine.toml:4:") and "Did you mean 'retail-food'?" in message
    message = mistake(HEAD + '[include]\nretail-food = ["V99"]\n' + ISSUE)
    assert "mine.toml:4:" in message and "'V99'" in message
    message = mistake(HEAD + '[include]\nretail-food = ["P00"]\n' + ISSUE.replace("A1", "P00"))
    assert "already defined" in message
    assert "must list codes" in mistake(HEAD + '[include]\nretail-food = "P00"\n' + ISSUE)


@pytest.mark.parametrize(("name", "own", "safety"), [("electronics", 20, ["E01"]), ("cosmetics", 15, ["C01", "C10"])])
def test_other_trades(name: str, own: int, safety: list[str]) -> None:
    taxonomy = load(name)
    assert len([c for c in taxonomy.issues if c[0] in "EC"]) == own
    assert [c for c, i in taxonomy.issues.items() if i.safety] == safety
    assert {"P13", "V01", "V04", "V05"} <= set(taxonomy.issues)
    assert taxonomy.general("product") is not None and taxonomy.general("service") is not None
