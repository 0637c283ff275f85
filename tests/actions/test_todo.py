"""The action list over the months: what opens, what stays, what people answer, and what their answers lead to."""

from __future__ import annotations

import csv
import datetime as dt

import pyarrow as pa
import pytest

from voc.actions import lists, todo
from voc.errors import InputError, UnknownName
from voc.schemas import ACTIONS, FIXES, RANKING, VERDICTS, conform

OWNERS = {"P07": "quality", "V06": "store operations"}


def signal(month="2026-09", **more):
    row = dict(
        month=month, level="store", store_id="s1", issue_kind="aspect", aspect="P07", n=100, observed=12, expected=4.0,
        severity="S2", priority=20.0, gate="strong", rank=1, evidence=["jd:1"],
    )  # fmt: skip
    return row | more


def ranking(*rows):
    names = [n for n in RANKING.names if any(n in r for r in rows)]
    if not rows:
        return RANKING.empty_table()
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], RANKING.field(n).type) for n in names}), RANKING)


def after(*rows, month="2026-09", actions=None, **more):
    old = ACTIONS.empty_table() if actions is None else actions
    return todo.updated(old, month=month, ranking=ranking(*rows), owners=OWNERS, **more)


def test_a_signal_opens_a_line_with_owner_and_day():
    table = after(signal())
    assert table.schema == ACTIONS
    (row,) = table.to_pylist()
    assert (row["opened"], row["last_seen"], row["status"]) == ("2026-09", "2026-09", "open")
    assert (row["owner"], row["due"]) == ("quality", dt.date(2026, 10, 14))
    assert row["evidence"] == ["jd:1"] and row["priority"] == 20.0


def test_what_is_no_signal_opens_none():
    assert not len(after(signal(gate="insufficient"), signal(aspect="P00"), signal(level="source", source="jd")))


def test_the_pair_that_makes_up_a_margin_is_the_place_to_act():
    pair = signal(level="store_sku", sku_id="k1")
    assert [r["level"] for r in after(pair, signal(driver="k1")).to_pylist()] == ["store_sku"]
    assert len(after(pair, signal(driver="k2"))) == 2
    assert len(after(pair, signal(level="sku", store_id=None, sku_id="k1", driver="s1"))) == 1


def test_the_first_issues_of_the_chain_are_lines_too():
    listed = [("P07", "S2", 90), ("V06", "S4", 80), ("P00", "S3", 70)]
    nothing = dict(level="chain", store_id=None, gate=None, expected=None, priority=None)
    wide = [signal(rank=r, aspect=a, severity=s, observed=n, **nothing) for r, (a, s, n) in enumerate(listed, 1)]
    (row,) = after(*wide).to_pylist()
    assert (row["level"], row["aspect"], row["expected"]) == ("chain", "P07", None)


def test_a_lot_is_a_line_but_its_end_is_no_fix():
    table = after(signal(level="lot", store_id=None, sku_id="k1", lot="20260901"))
    (row,) = table.to_pylist()
    assert (row["level"], row["lot"], row["sku_id"]) == ("lot", "20260901", "k1")
    done = todo.answered(table, [{"action_id": row["action_id"], "status": "done", "fixed_on": dt.date(2026, 9, 20)}])
    assert not len(todo.fixes(done, FIXES.empty_table()))


def test_twice_is_once_and_the_order_of_rows_does_not_matter():
    rows = [signal(), signal(aspect="V06"), signal(level="sku", store_id=None, sku_id="k")]
    first = after(*rows)
    assert after(*rows, actions=first).equals(first)
    assert after(*reversed(rows)).equals(first)


def test_a_signal_that_stays_keeps_its_line():
    first = after(signal())
    second = after(signal(month="2026-10", observed=30), month="2026-10", actions=first)
    (row,) = second.to_pylist()
    assert (row["opened"], row["last_seen"], row["observed"]) == ("2026-09", "2026-10", 30)
    assert after(signal(), actions=second).equals(second)  # an older month made again does not put the clock back


def test_a_line_of_this_month_goes_with_its_signal_unless_somebody_touched_it():
    first = after(signal(), signal(aspect="V06"))
    touched = todo.answered(first, [{"action_id": i, "note": "seen"} for i in first["action_id"].to_pylist()[:1]])
    assert len(after(actions=first)) == 0
    assert after(actions=touched)["note"].to_pylist() == ["seen"]
    assert len(after(month="2026-10", actions=first)) == 2  # older ones stay until people close them


def test_what_was_done_and_comes_back_opens_anew():
    first = after(signal())
    (key,) = first["action_id"].to_pylist()
    done = todo.answered(first, [{"action_id": key, "status": "done", "fixed_on": dt.date(2026, 9, 20)}])
    assert after(signal(), actions=done).equals(done)  # the month of the fix itself says nothing yet
    back = after(signal(month="2026-10"), month="2026-10", actions=done).to_pylist()
    assert sorted((r["opened"], r["status"]) for r in back) == [("2026-09", "done"), ("2026-10", "open")]
    (gone,) = after(month="2026-10", actions=done).to_pylist()
    assert gone["status"] == "done"


def test_a_contested_line_stays_contested():
    first = after(signal())
    (key,) = first["action_id"].to_pylist()
    contested = todo.answered(first, [{"action_id": key, "status": "contested", "note": "not ours"}])
    (row,) = after(signal(month="2026-10"), month="2026-10", actions=contested).to_pylist()
    assert (row["status"], row["note"], row["last_seen"]) == ("contested", "not ours", "2026-10")


def test_done_is_a_fix_and_its_verdict_comes_back():
    first = after(signal(), signal(level="chain", store_id=None, gate=None, expected=None, priority=None))
    keys = {r["level"]: r["action_id"] for r in first.to_pylist()}
    day = dt.date(2026, 9, 20)
    done = todo.answered(first, [{"action_id": k, "status": "done", "fixed_on": day} for k in keys.values()])
    by_hand = todo.fix("V06", on=day, store="s2")
    fixes = todo.fixes(done, by_hand)
    assert fixes.schema == FIXES
    assert set(fixes["fix_id"].to_pylist()) == {keys["store"], by_hand["fix_id"][0].as_py()}  # a chain has no control
    assert todo.fixes(done, fixes).equals(fixes)
    undone = todo.answered(done, [{"action_id": keys["store"], "status": "open"}])
    assert todo.fixes(undone, fixes).equals(by_hand)
    verdict = dict(
        month="2026-10", fix_id=keys["store"], aspect="P07", store_id="s1", sku_id=None, fixed_on=day, before=9,
        before_n=90, after=1, after_n=90, rest_before=1, rest_before_n=9, rest_after=1, rest_after_n=9, ratio=0.2,
        ratio_lo=0.1, ratio_hi=0.5, verdict="better", reason=None,
    )  # fmt: skip
    told = after(month="2026-10", actions=done, verdicts=pa.Table.from_pylist([verdict], schema=VERDICTS))
    assert {r["level"]: r["verdict"] for r in told.to_pylist()} == {"store": "better", "chain": None}


def saved(path, rows, encoding="utf-8-sig"):
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_a_list_that_was_filled_in_comes_back(tmp_path, encoding):
    actions = after(signal())
    (key,) = actions["action_id"].to_pylist()
    row = dict(
        action_id=key,
        status="done",
        due="",
        fixed_on="2026/09/20",
        owner="质检组",
        note="'=换了供应商",
        store_id="别处",
    )
    (answer,) = todo.load(saved(tmp_path / "a.csv", [row], encoding), actions=actions)
    assert answer == dict(
        action_id=key, status="done", fixed_on=dt.date(2026, 9, 20), owner="质检组", note="=换了供应商"
    )
    (changed,) = todo.answered(actions, [answer]).to_pylist()
    assert changed["store_id"] == "s1" and changed["due"] == actions["due"][0].as_py()


@pytest.mark.parametrize(
    ("row", "error", "words"),
    [
        (dict(action_id="nope", status="done"), UnknownName, r"unknown action 'nope' in a.csv, line 2"),
        (dict(action_id="KEY", status="finished"), UnknownName, r"unknown status 'finished' in a.csv, line 2"),
        (dict(action_id="KEY", status="done"), InputError, r"line 2: a done action needs the day in 'fixed_on'"),
        (dict(action_id="KEY", due="soon"), InputError, r"line 2: due is 'soon'; a day like 2026-10-31"),
        (dict(status="done"), InputError, r"no column 'action_id'"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, row, error, words):
    actions = after(signal())
    row = {k: actions["action_id"][0].as_py() if v == "KEY" else v for k, v in row.items()}
    with pytest.raises(error, match=words):
        todo.load(saved(tmp_path / "a.csv", [row]), actions=actions)


def test_a_list_as_a_file_holds_no_formula(tmp_path):
    rows = [{"a": "=1+1", "b": ["x", "y"]}, {"a": None, "b": "@me"}]
    lists.write(tmp_path / "l.csv", rows, columns=("a", "b"))
    assert (tmp_path / "l.csv").read_text("utf-8-sig").splitlines() == ["a,b", "'=1+1,x y", ",'@me"]
    assert [row for _, row in lists.read(tmp_path / "l.csv", key="a", columns=("a", "c"))] == [
        {"a": "=1+1", "c": ""}, {"a": "", "c": ""}
    ]  # fmt: skip
