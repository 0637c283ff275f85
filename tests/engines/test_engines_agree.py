"""Spark and the local engine write the same bytes: every stage, over the sample chain's months."""

import shutil
from dataclasses import replace

import pytest
from voc.corpora.sample import generate

from voc import pipeline
from voc.commands.demo import demo_key
from voc.commands.init import create
from voc.lake import Lake
from voc.workspace import Workspace

pytestmark = pytest.mark.spark
TABLES = ("mentions", "review_scores", "keywords")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agree") / "project"
    generate(folder, reviews=1_500, seed=7)
    create(folder, editable=False, topics=False, name="agree", key=demo_key(7))
    pipeline.ingest_inbox(Workspace.open(folder))
    return folder


def test_what_workers_open_is_named_by_absolute_paths(ingested, monkeypatch):
    monkeypatch.chdir(ingested)
    work = Workspace.open(".")
    nlp = work.config.nlp.model_copy(update={"taxonomy": "mine.toml", "review_model": "a", "clause_model": "b"})
    work = replace(work, config=work.config.model_copy(update={"nlp": nlp}))
    paths = [*work.lake.paths("reviews", "2026-10"), work.taxonomy_reference(), *work.own_models()]
    assert paths and all(str(path).startswith(str(ingested)) for path in paths)


def test_both_engines_write_the_same_files(ingested, tmp_path):
    lakes = {}
    for engine, master in (("local", None), ("spark", "local[2]")):
        folder = shutil.copytree(ingested, tmp_path / engine)
        months = pipeline.annotate(Workspace.open(folder), engine=engine, master=master)
        assert months == Lake(folder / "lake").months("reviews")
        lakes[engine] = Lake(folder / "lake")
    for name in TABLES:
        assert len(lakes["local"].read(name)) > 0
        assert lakes["spark"].read(name).equals(lakes["local"].read(name)), name
    for name in ("mentions", "review_scores"):
        assert lakes["spark"].fingerprint(name) == lakes["local"].fingerprint(name)
