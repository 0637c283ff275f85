from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from voc.cli import application
from voc.extract.coverage import collisions, usage, words
from voc.taxonomy import load, parse

app = application()

HEAD = 'name = "t"\nversion = "1"\n'


def issue(code: str, rest: str) -> str:
    return f'[issues.{code}]\nzh = "{code}"\nen = "x"\nfacet = "product"\nseverity = "S3"\nowner = "o"\n{rest}\n'


def small():
    text = HEAD + issue("A1", 'expressions = "电池不耐用、发烫"\ntargets = "电池"\npraise = "省电"')
    return parse(
        (text + issue("A2", 'expressions = "不耐用"\nhints_bad = "发烫"\ncounters = "省电"')).encode(), label="t.toml"
    )


def test_words_are_counted_by_language_and_by_whether_they_name_the_aspect() -> None:
    first, second = words(small())
    assert (first.chinese, first.english, first.explicit, first.implicit, first.praise) == (2, 0, 1, 1, 1)
    assert first.few and second.expressions == 1


def test_a_word_that_another_code_reads_differently_is_a_collision() -> None:
    found = {(c.word, c.code, c.other, c.role) for c in collisions(small())}
    assert found == {("发烫", "A1", "A2", "hints_bad"), ("省电", "A1", "A2", "counters")}


def test_a_corpus_tells_what_never_fires_and_what_takes_whose_place() -> None:
    used = usage(small(), ["电池不耐用", None, "真的电池不耐用，不耐用"])
    assert used.texts == 3
    assert used.fired["A1"]["电池不耐用"] == 2 and used.silent("A1") == ["发烫", "省电"]
    assert used.fired["A2"]["不耐用"] == 1
    (overlap,) = used.overlaps
    assert (overlap.winner, overlap.loser, overlap.times, overlap.word) == ("A1", "A2", 2, "电池不耐用")


@pytest.mark.parametrize("name", ["retail-food", "restaurant", "cosmetics", "electronics"])
def test_every_code_has_words_in_both_languages_explicit_and_implicit(name: str) -> None:
    few = [c.code for c in words(load(name)) if c.few]
    assert few == []
    assert all(c.implicit for c in words(load(name)))


def test_the_command_lists_shows_and_checks(tmp_path) -> None:
    run = CliRunner().invoke
    names = [row["name"] for row in json.loads(run(app, ["taxonomy", "list", "--json"]).stdout)]
    assert {"cosmetics", "electronics", "restaurant", "retail-food"} <= set(names)
    codes = [row["code"] for row in json.loads(run(app, ["taxonomy", "show", "electronics", "--json"]).stdout)]
    assert "E02" in codes and "V01" in codes
    corpus = tmp_path / "reviews.csv"
    corpus.write_text("text\n电池不耐用\n", "utf-8")
    (report,) = json.loads(run(app, ["taxonomy", "check", "electronics", str(corpus), "--all", "--json"]).stdout)
    battery = next(row for row in report["codes"] if row["code"] == "E02")
    assert battery["fired"] == 1 and "电池不耐用" not in battery["never_fired"]
    assert run(app, ["taxonomy", "check", "electronics", str(corpus)]).exit_code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [(["chek", "electronics"], "check"), (["check"], "electronics"), (["check", "electronic"], "electronics"),
     (["check", "electronics", "reviews.csv"], "content")],
)  # fmt: skip
def test_wrong_use_says_what_there_is(tmp_path, args, said, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews.csv").write_text("contentt,x\na,b\n", "utf-8")
    result = CliRunner().invoke(app, ["taxonomy", *args])
    assert result.exit_code == 2 and said in result.output
