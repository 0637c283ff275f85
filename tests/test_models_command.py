"""`voc models`: what ships, and what is wrong with it."""

import json

import pytest
from typer.testing import CliRunner
from voc.corpora.recipes import accurate

from voc import models
from voc.cli import application
from voc.models import ModelFile, Verdict, checkpoint
from voc.workspace import Workspace

app = application()

run = CliRunner().invoke


def test_every_model_is_listed_with_its_licence():
    result = run(app, ["models", "list", "--json"])
    rows = json.loads(result.stdout)
    assert [row["model"] for row in rows] == [file.name for file in models.available()]
    assert all(row["MB"] > 0 and "Apache-2.0" in row["licence"] for row in rows)


def test_whole_files_verify():
    result = run(app, ["models", "verify", "--json"])
    assert result.exit_code == 0
    assert {row["state"] for row in json.loads(result.stdout)} == {"ok"}


def test_a_broken_file_is_exit_1_and_named(monkeypatch):
    monkeypatch.setattr("voc.models.verify", lambda folder: (Verdict("polarity-en-1", "sha256 differs"),))
    result = run(app, ["models", "verify"])
    assert result.exit_code == 1
    assert "polarity-en-1" in result.stdout and "sha256 differs" in result.stdout


def test_build_hands_over_what_it_was_given(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(accurate, "build", lambda *places, **options: given.append((*places, options)))
    result = run(app, ["models", "build", "--data", "d", "--encoder", "e.bin", "-o", str(tmp_path), "--tokens", "9"])
    assert result.exit_code == 0
    assert [str(p) for p in given[0][:3]] == ["d", "e.bin", str(tmp_path)] and given[0][3] == {"budget": 9}


def test_import_hands_over_the_meaning_of_labels(monkeypatch, tmp_path):
    given = []
    settings = {"called": "bert", "labels": ["A", "B=C"], "classes": ["negative", "positive"]}
    file = ModelFile("checkpoint", "1", tmp_path / "model.safetensors", "", "MIT", settings)
    monkeypatch.setattr(checkpoint, "adopt", lambda *places, **options: given.append((*places, options)) or file)
    words = ["models", "import", "mine", "-o", str(tmp_path / "m"), "--label", "A=negative", "--label", "B=C=positive"]
    result = run(app, words)
    assert result.exit_code == 0 and "A is negative, B=C is positive" in result.output
    (source, out, options), *_ = given
    assert (str(source), out) == ("mine", tmp_path / "m")
    assert options["labels"] == {"A": "negative", "B=C": "positive"} and options["langs"] == ["zh"]


def test_imports_that_cannot_work_are_exit_2(tmp_path):
    for words in ([str(tmp_path)], [str(tmp_path), "--label", "negative"]):
        result = run(app, ["models", "import", *words, "-o", str(tmp_path / "m")])
        assert result.exit_code == 2 and ("config.json" in result.output or "--label" in result.output)


def test_the_project_names_the_models_that_judge(monkeypatch, tmp_path):
    assert run(app, ["init", str(tmp_path)]).exit_code == 0
    path = tmp_path / "voc.toml"
    text = path.read_text(encoding="utf-8")
    assert "[nlp]" in text
    path.write_text(
        text.replace("[nlp]", '[nlp]\nreview_model = "models/a"\nclause_model = "models/b"'), encoding="utf-8"
    )
    assert Workspace.open(tmp_path).own_models() == (str(tmp_path / "models/a"), str(tmp_path / "models/b"))
    result = run(app, ["annotate", "--project", str(tmp_path)])
    assert result.exit_code == 1 and "models/b" in result.output.replace("\n", "")


@pytest.mark.parametrize("words", [["models", "build", "--data", "d"], ["models", "mend"]])
def test_wrong_use_is_exit_2(words):
    assert run(app, words).exit_code == 2


@pytest.mark.parametrize(("flags", "profile"), [([], "fast"), (["--profile", "accurate"], "accurate")])
def test_a_profile_on_the_command_line_overrides_the_file(monkeypatch, tmp_path, flags, profile):
    asked = []
    monkeypatch.setattr("voc.pipeline.annotate", lambda work, **_: asked.append(work.config.nlp.profile) or [])
    assert run(app, ["init", str(tmp_path)]).exit_code == 0
    assert run(app, ["annotate", "--project", str(tmp_path), *flags]).exit_code == 0
    assert asked == [profile]
