"""`voc topics` and its commands: what people decide is kept, and a wrong id is a sentence."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from voc.cli import application
from voc.commands.init import create
from voc.lake import Lake
from voc.schemas import MENTION_TOPICS, TOPICS, conform, empty
from voc.workspace import Workspace

app = application()

invoke = CliRunner().invoke


def topic(topic_id, month, **values):
    return {
        "topic_id": topic_id, "month": month, "label": f"叫{topic_id}", "terms": [{"term": "排队", "score": 1.0}], "size": 5,
        "parents": [], "event": "kept", "representatives": [], "model": "m", "aspects": [{"aspect": "V07", "share": 0.9}],
        "within": "V07", "born": "2026-01",
    } | values  # fmt: skip


@pytest.fixture
def project(tmp_path):
    create(tmp_path, editable=False, topics=False, name="kinds", key=b"k" * 32)
    lake = Workspace.open(tmp_path).lake
    for month in ("2026-01", "2026-02"):
        rows = [topic("T0001", month, size=9), topic("T0002", month), topic("T0003", month)]
        lake.replace_month("topics", month, conform(pa.Table.from_pylist(rows, schema=TOPICS), TOPICS))
    assigned = pa.table({"mention_id": ["a/0"], "month": ["2026-02"], "topic_id": ["T0001"], "similarity": [0.9]})
    lake.replace_month("mention_topics", "2026-02", conform(assigned, MENTION_TOPICS))
    return tmp_path


def run(project, *arguments):
    return invoke(app, ["topics", *arguments, "--project", str(project)])


def edits(project):
    rows = Lake(project / "lake").read("topic_edits").to_pylist()
    return [(r["topic_id"], r["edit"], r["value"], r["who"], r["note"]) for r in rows]


def test_list_and_show(project):
    rows = json.loads(run(project, "list", "--json").stdout)
    assert [(r["topic_id"], r["size"]) for r in rows] == [("T0001", 9), ("T0002", 5), ("T0003", 5)]
    (shown,) = json.loads(run(project, "show", "T0001", "--json").stdout)
    assert shown["months"] == ["2026-01 kept 9", "2026-02 kept 9"]
    assert (shown["aspects"], shown["terms"]) == (["V07 90%"], ["排队"])
    assert "叫T0001" in run(project, "show", "T0001").stdout


def test_decisions_are_kept_replaced_and_taken_back(project):
    assert run(project, "rename", "T0001", " 收银\n太慢 ", "--who", "张", "--note", "例会").exit_code == 0
    assert run(project, "merge", "T0002", "T0003", "--into", "T0001").exit_code == 0
    assert run(project, "pin", "T0001").exit_code == 0
    assert run(project, "mute", "T0001", "--who", "李").exit_code == 0
    assert edits(project) == [
        ("T0001", "name", "收银 太慢", "张", "例会"), ("T0001", "state", "muted", "李", None),
        ("T0002", "into", "T0001", None, None), ("T0003", "into", "T0001", None, None),
    ]  # fmt: skip
    assert run(project, "reset", "T0001").exit_code == 0
    assert [row[0] for row in edits(project)] == ["T0002", "T0003"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rename", "T0009", "x"), "Did you mean"),
        (("merge", "T0001", "--into", "T0010"), "unknown topic 'T0010'"),
        (("merge", "T0001", "--into", "T0001"), "cannot go into"),
        (("rename", "T0001", "  "), "at least one character"),
        (("show", "X"), "unknown topic 'X'"),
        (("reset", "T0001"), "unknown edited topic"),
    ],
)
def test_what_makes_no_sense_is_exit_2_and_changes_nothing(project, arguments, words):
    result = run(project, *arguments)
    assert result.exit_code == 2
    assert words in result.output.replace("\n", " ")
    assert edits(project) == []


def test_circles_of_merges_are_refused(project):
    assert run(project, "merge", "T0001", "--into", "T0002").exit_code == 0
    assert run(project, "merge", "T0002", "--into", "T0003").exit_code == 0
    assert run(project, "merge", "T0003", "--into", "T0001").exit_code == 2
    assert empty("topic_edits").schema.names == ["topic_id", "edit", "value", "who", "note"]


def test_without_topics_there_is_a_sentence(tmp_path):
    create(tmp_path, editable=False, topics=False, name="none", key=b"k" * 32)
    assert run(tmp_path, "list").exit_code == 2
    assert "no topics yet" in run(tmp_path, "list").output
