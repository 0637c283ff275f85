"""What follows from a ranking, through the commands: self-test, audit, actions, fixes and members of one small chain."""

from __future__ import annotations

import csv
import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pytest
import xlsxwriter
from typer.testing import CliRunner

from voc import gather, handover, pipeline
from voc.actions import audit
from voc.cli import application
from voc.commands.init import create
from voc.ingest import xlsx
from voc.schemas import MENTIONS, REVIEWS, conform
from voc.workspace import Workspace

app = application()

MONTH = "2026-10"


def spoken(month, *, size=500):
    """Reviews and mentions of a month: eight stores, five SKUs; in October store S1 has a freshness of its own."""
    random = np.random.default_rng(int(month[-2:]))
    reviews, mentions = [], []
    for number in range(size):
        store, sku, member = (int(random.integers(k)) for k in (8, 5, 120))
        worse = store == 1 and month == MONTH
        said = [
            code
            for code, rate in (("P07", 0.4 if worse else 0.03), ("P10", 0.05), ("V06", 0.04))
            if random.random() < rate
        ]
        key = f"jd:{month}:{number:04d}"
        common = dict(
            review_id=key, month=month, source="jd", channel="shop", lang="zh", store_id=f"S{store}", sku_id=f"K{sku}",
            created_at=dt.datetime(2026, int(month[-2:]), 1 + number % 28, 12, tzinfo=dt.UTC),
        )  # fmt: skip
        text = (
            "，".join({"P07": "有股陈味", "P10": "甜得发腻", "V06": "没人理我"}[code] for code in said)
            or "第二天就到了"
        )
        reviews.append(
            common
            | dict(
                kind="review", text=text, rating=4.6 - len(said), member_id=f"{member:032x}", flags=[], ingest_id="i"
            )
        )
        for place, code in enumerate(said or ["V01"]):
            mentions.append(
                common | dict(
                    mention_id=f"{key}/{place}", start=5 * place, end=5 * place + 4, aspect=code, facet="product",
                    intent="complaint" if said else "praise", polarity=-0.7, confidence=0.9, severity="S3", model="tagger",
                )
            )  # fmt: skip
    return table(reviews, REVIEWS), table(mentions, MENTIONS)


def table(rows, schema):
    names = [n for n in schema.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handover") / "project"
    create(folder, editable=False, topics=False)
    work = Workspace.open(folder)
    for month in ("2026-07", "2026-08", "2026-09", MONTH):
        reviews, mentions = spoken(month)
        work.lake.replace_month("reviews", month, reviews)
        work.lake.replace_month("mentions", month, mentions)
    pipeline.rank(work, month=MONTH)
    return work


def call(work, *words, code=0):
    result = CliRunner().invoke(app, [*map(str, words), "--project", str(work.folder)])
    assert result.exit_code == code, result.output
    return result


def months(work, name):
    return Workspace.open(work.folder).lake.read(name, months=[MONTH]).to_pylist()


def test_every_table_is_made_and_a_second_time_nothing(work):
    for name in (*handover.STEPS, "impact"):
        assert work.lake.made_from(name, MONTH) is not None, name
    for name in ("power", "impact", "tags", "at_risk", "ranking"):
        assert months(work, name), name
    assert months(work, "prevalence") == [] and months(work, "verdicts") == []
    before = work.lake.versions()
    pipeline.rank(work, month=MONTH)
    assert work.lake.versions() == before
    record = gather.run_record(work, month=MONTH)
    assert len(record["self_test"]) == len(months(work, "power"))
    json.dumps(record, allow_nan=False)


def test_every_cell_says_what_it_takes_from_the_stars(work):
    effect = {row["aspect"]: row["effect"] for row in months(work, "impact")}
    assert effect and all(value < 0 for value in effect.values())
    for row in months(work, "ranking"):
        if row["aspect"] in effect:
            assert row["rating_impact"] == pytest.approx(effect[row["aspect"]] * row["observed"] / row["n"])
        else:
            assert row["rating_impact"] is None


def test_an_audit_corrects_the_rates_and_the_self_test(work, tmp_path):
    path = tmp_path / "audit.xlsx"
    call(work, "audit", "sample", "--month", MONTH, "-o", path, "--mentions", 20, "--reviews", 90)
    sheets = {name: [row.cells for row in xlsx.rows(path, sheet=name)] for name in ("mentions", "reviews")}
    with xlsxwriter.Workbook(str(path)) as book:
        for name, (head, *body) in sheets.items():
            page = book.add_worksheet(name)
            page.write_row(0, 0, head)
            for number, cells in enumerate(body, start=1):
                row = dict(zip(audit.SHEETS[name], cells, strict=False))
                missed = number % 10 == 0 and "P10" not in row.get("tagged", "")
                answers = (
                    ["否" if number % 5 == 0 else "是"]
                    if name == "mentions"
                    else ["是", "P10"]
                    if missed
                    else ["否", ""]
                )
                page.write_row(number, 0, [*cells[: len(head) - len(answers)], *answers])
    call(work, "audit", "load", path)
    pipeline.rank(Workspace.open(work.folder), month=MONTH)
    by = {row["aspect"]: row for row in months(work, "prevalence")}
    assert {row["state"] for row in by.values()} == {"corrected"} and {r["labelled_reviews"] for r in by.values()} == {
        90
    }
    assert by["P10"]["corrected"] > 1.2 * by["P10"]["rate"]
    for row in by.values():
        assert row["corrected_lo"] <= row["corrected"] <= row["corrected_hi"]
    planted = [row for row in months(work, "power") if row["copy"] == "planted"]
    (sensitivity,) = {row["sensitivity"] for row in planted}
    assert 0.3 < sensitivity < 0.95
    assert all(row["tagged_rise"] == pytest.approx(row["rise"] * sensitivity) for row in planted)


def test_actions_are_listed_answered_and_judged(work, tmp_path):
    rows = json.loads(call(work, "actions", "list", "--json").stdout)
    assert rows and {row["status"] for row in rows} == {"open"}
    path = tmp_path / "actions.csv"
    call(work, "actions", "list", "-o", path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    (place,) = [row for row in listed if row["store_id"] == "S1" and row["level"] == "store"]
    assert place["aspect"] == "P07"
    place |= {"status": "done", "fixed_on": "2026-10-20", "owner": "小组"}
    with open(path, "w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    call(work, "actions", "load", path)
    named = call(work, "actions", "fix", "P10", "--on", "2026-09-01", "--store", "S2").stdout.strip()
    pipeline.rank(Workspace.open(work.folder), month=MONTH)
    verdicts = {row["fix_id"]: row for row in months(work, "verdicts")}
    assert set(verdicts) == {place["action_id"], named}
    assert verdicts[place["action_id"]]["reason"] == "too_early"
    (done,) = json.loads(call(work, "actions", "list", "--status", "done", "--json").stdout)
    assert (done["owner"], done["verdict"]) == ("小组", "cannot_tell")
    assert json.loads(json.dumps(gather.run_record(Workspace.open(work.folder), month=MONTH)))["verdicts"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("actions", "fix", "P10", "--on", "2026-09-01"), "say where it was fixed"),
        (("actions", "fix", "P10", "--on", "soon", "--store", "S1"), "'soon' is no day"),
        (("actions", "fix", "P1", "--on", "2026-09-01", "--store", "S1"), "unknown issue 'P1'"),
        (("actions", "list", "--status", "finished"), "unknown status 'finished'"),
        (("tags", "--month", "2020-01"), "unknown ranked month '2020-01'"),
        (("audit", "sample", "--month", "2020-01"), "unknown month '2020-01'"),
    ],
)
def test_wrong_use_is_exit_2_with_what_would_be_right(work, words, said):
    assert said in " ".join(call(work, *words, code=2).output.split())


@pytest.mark.parametrize("command", ["tags", "at-risk"])
def test_members_are_hashes_unless_their_own_ids_are_given(work, tmp_path, command):
    rows = json.loads(call(work, command, "--month", MONTH, "--json").stdout)
    assert rows and all(
        len(row["member_id"]) == 32 and set(row["member_id"]) <= set("0123456789abcdef") for row in rows
    )
    (tmp_path / "crm.csv").write_text("member_id\nnobody-knows-me\n", "utf-8")
    out = tmp_path / "out.csv"
    call(work, command, "--month", MONTH, "--consented", tmp_path / "crm.csv", "-o", out)
    assert len(out.read_text("utf-8-sig").splitlines()) == 1
