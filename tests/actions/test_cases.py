"""Answers to statements of harm: what is taken, what is refused, what stays when a month is made anew."""

from __future__ import annotations

import csv
import datetime as dt
import json

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from voc.actions import cases
from voc.cli import application
from voc.commands.init import create
from voc.errors import InputError, UnknownName
from voc.lake import Lake
from voc.schemas import MENTIONS, REVIEWS, SAFETY_STATES, conform

app = application()

MONTH = "2026-10"


def table(rows, schema):
    names = [n for n in schema.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


def spoken(texts=("里面有一截铁丝", "吃完全家拉肚子", "发霉了"), *, suffix=""):
    """A statement of harm a review; the ids of mentions end in `suffix`, as after another way of making them."""
    common = dict(
        month=MONTH, source="jd", channel="shop", lang="zh", created_at=dt.datetime(2026, 10, 9, tzinfo=dt.UTC)
    )
    reviews = [
        common | dict(review_id=f"jd:{i}", store_id=f"S{i}", sku_id="K1", kind="review", text=text, flags=[], ingest_id="i")
        for i, text in enumerate(texts)
    ]  # fmt: skip
    mentions = [
        common | dict(
            review_id=f"jd:{i}", mention_id=f"jd:{i}#0{suffix}", store_id=f"S{i}", sku_id="K1", start=0, end=len(text),
            aspect="P05", facet="product", intent="complaint", polarity=-0.9, confidence=0.9, severity="S1", model="m",
        ) for i, text in enumerate(texts)
    ]  # fmt: skip
    return table(reviews, REVIEWS), table(mentions, MENTIONS)


@pytest.fixture
def project(tmp_path):
    folder = create(tmp_path / "p") or tmp_path / "p"
    put(folder, *spoken())
    return folder


def put(folder, reviews, mentions):
    lake = Lake(folder / "lake")
    lake.replace_month("reviews", MONTH, reviews)
    lake.replace_month("mentions", MONTH, mentions)


def voc(folder, *words):
    return CliRunner().invoke(app, [*words, "-p", str(folder)])


def states(folder):
    return Lake(folder / "lake").read("safety_states").to_pylist()


def test_a_list_is_filled_in_and_comes_back_the_same(project, tmp_path):
    assert voc(project, "safety", "list", "-o", str(tmp_path / "s.csv")).exit_code == 0
    with open(tmp_path / "s.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["state"] for r in rows] == ["awaiting"] * 3 and "里面有一截铁丝" in {r["words"] for r in rows}
    rows[0] |= {"state": "已核实", "who": "张工", "decided_on": "2026/11/03", "note": "=留样"}
    with open(tmp_path / "s.csv", "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert voc(project, "safety", "load", str(tmp_path / "s.csv")).exit_code == 0
    (row,) = states(project)
    assert (row["state"], row["who"], row["decided_on"]) == ("verified", "张工", dt.date(2026, 11, 3))
    assert row["mention_id"] == rows[0]["mention_id"] and row["note"] == "=留样" and row["opened"] == MONTH
    version = Lake(project / "lake").version("safety_states")
    assert voc(project, "safety", "load", str(tmp_path / "s.csv")).exit_code == 0
    assert Lake(project / "lake").version("safety_states") == version


def test_one_is_set_and_taken_back(project):
    done = voc(project, "safety", "set", "jd:1#0", "--state", "excluded", "--who", "李工", "--on", "2026-11-04")
    assert done.exit_code == 0 and [r["state"] for r in states(project)] == ["excluded"]
    found = json.loads(voc(project, "safety", "list", "--state", "excluded", "--json").stdout)
    assert [(r["mention_id"], r["who"], r["decided_on"]) for r in found] == [("jd:1#0", "李工", "2026-11-04")]
    assert voc(project, "safety", "set", "jd:1#0", "--state", "awaiting").exit_code == 0
    assert [(r["state"], r["who"]) for r in states(project)] == [("awaiting", "李工")]


def test_an_answer_finds_its_case_again_and_is_kept_when_the_case_is_gone(project):
    voc(project, "safety", "set", "jd:1#0", "--state", "verified", "--who", "张工", "--on", "2026-11-04")
    put(project, *spoken(suffix="b"))
    found = {r["mention_id"]: r for r in json.loads(voc(project, "safety", "list", "--json").stdout)}
    assert found["jd:1#0b"]["state"] == "verified" and len(found) == 3
    put(project, *spoken(texts=("里面有一截铁丝",)))
    gone = [r for r in json.loads(voc(project, "safety", "list", "--json").stdout) if r["remark"]]
    assert [(r["mention_id"], r["state"], r["who"]) for r in gone] == [("jd:1#0", "verified", "张工")]
    assert voc(project, "safety", "set", "jd:1#0", "--state", "excluded").exit_code == 0  # it can still be answered
    assert [(r["mention_id"], r["state"]) for r in states(project)] == [("jd:1#0", "excluded")]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (dict(mention_id="jd:9#0", state="verified"), InputError, r"line 2: no statement .* id 'jd:9#0'; did you mean 'jd:"),
        (dict(mention_id="jd:0#0", state="proven"), UnknownName, r"unknown state 'proven' in a.csv, line 2"),
        (dict(mention_id="jd:0#0", state="verified"), InputError, r"line 2: verified needs 'who' and the day in 'decided_on'"),
        (dict(mention_id="jd:0#0", state="已排除", who="李工"), InputError, r"excluded needs"),
        (dict(mention_id="jd:0#0", decided_on="soon"), InputError, r"line 2: decided_on is 'soon'; a day like 2026-10-31"),
        (dict(state="verified"), InputError, r"no statement of the safety ledger has the id ''"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named_and_nothing_is_taken(project, answer, error, words):
    lane = cases.lane(Lake(project / "lake"), confidence=0.5)
    with pytest.raises(error, match=words):
        cases.answered(SAFETY_STATES.empty_table(), [("a.csv, line 2", answer)], lane=lane)


def test_one_wrong_row_refuses_the_whole_file(project, tmp_path):
    good = "jd:0#0,verified,张工,2026-11-03\n"
    (tmp_path / "a.csv").write_text(f"mention_id,state,who,decided_on\n{good}jd:x,verified,张工,2026-11-03\n", "utf-8")
    done = voc(project, "safety", "load", str(tmp_path / "a.csv"))
    assert done.exit_code == 2 and "line 3" in done.output and states(project) == []
