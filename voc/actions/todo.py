"""The action list: a line for each signal that somebody should act on, with owner and due date, kept over the months.

A line opens when its signal first comes, stays open while people have not answered, and says when the signal was last seen.
People answer in a file (`load`): done, with the day, or contested. A line that was done and whose signal comes back in a
later month stays done, and a new one opens beside it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from voc.actions import lists
from voc.errors import InputError, UnknownName
from voc.schemas import ACTIONS, FIXES, conform

LEVELS = ("store", "sku", "store_sku", "region", "category", "lot")
IDS = ("store_id", "sku_id", "region", "category", "lot")
FIXABLE = ("store", "sku", "store_sku")
"""Levels whose done actions are fixes: places that go on, unlike a lot, and have a rest of the chain beside them."""
NUMBERS = ("observed", "expected", "priority", "evidence")
GATED = ("strong", "moderate")
OPEN, DONE, CONTESTED = STATES = ("open", "done", "contested")
DAYS = {"S1": 3, "S2": 14, "S3": 30, "S4": 60}
"""Days after the month's end by which a signal of a severity should be dealt with."""
CHAIN_LEAST, CHAIN_MOST = 3, 5
"""Of the chain list its first issues, if as many customers name them, ask for an action too."""
COLUMNS = ("action_id", "status", "owner", "due", "fixed_on", "note")
"""What people may change in the file; the rest is for reading."""


def updated(
    actions: pa.Table, *, month: str, ranking: pa.Table, owners: Mapping[str, str], verdicts: pa.Table | None = None
) -> pa.Table:
    """ACTIONS after the ranking of `month`; doing it twice changes nothing.

    owners: aspect -> who answers for it; aspects that are missing there (the codes for whatever fits no other) open no
    line. A line that this month opened, that nobody touched and whose signal is gone after ranking again is dropped.
    """
    signals = _signals(month, ranking, owners)
    kept: list[dict[str, Any]] = []
    taken = set()
    for row in sorted(actions.to_pylist(), key=lambda r: (r["opened"], r["action_id"])):
        key = _key(row)
        found = signals.get(key)
        live = row["status"] != DONE or (row["fixed_on"] is not None and f"{row['fixed_on']:%Y-%m}" >= month)
        if found is None and row["opened"] == month and _untouched(row, owners):
            continue
        if found is not None and live:
            taken.add(key)
            row = _seen(row, found, month)
        kept.append(row)
    kept += [row for key, row in signals.items() if key not in taken]
    said = {} if verdicts is None else {r["fix_id"]: r["verdict"] for r in verdicts.to_pylist()}
    for row in kept:
        row["verdict"] = said.get(row["action_id"], row["verdict"])
    kept.sort(key=lambda row: row["action_id"])
    return conform(pa.Table.from_pylist(kept, schema=ACTIONS), ACTIONS)


def answered(actions: pa.Table, answers: Sequence[Mapping[str, Any]]) -> pa.Table:
    """ACTIONS with the changes of `load` laid over them."""
    rows = {row["action_id"]: row for row in actions.to_pylist()}
    for answer in answers:
        rows[answer["action_id"]] |= {k: v for k, v in answer.items() if k in COLUMNS}
    return conform(pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=ACTIONS), ACTIONS)


def fixes(actions: pa.Table, declared: pa.Table) -> pa.Table:
    """FIXES: those declared by hand, and one for each done action of a store or a SKU; its id is the action's."""
    done = [
        {key: row[key] for key in ("aspect", "store_id", "sku_id", "fixed_on", "note")} | {"fix_id": row["action_id"]}
        for row in actions.to_pylist()
        if row["status"] == DONE and row["issue_kind"] == "aspect" and row["level"] in FIXABLE
    ]
    known = {row["action_id"] for row in actions.to_pylist()}
    by_hand = [row for row in declared.to_pylist() if row["fix_id"] not in known]
    rows = sorted(done + by_hand, key=lambda row: str(row["fix_id"]))
    return conform(pa.Table.from_pylist(rows, schema=FIXES), FIXES)


def fix(
    aspect: str, *, on: dt.date, store: str | None = None, sku: str | None = None, note: str | None = None
) -> pa.Table:
    """FIXES with the one fix that was declared; what is declared twice has the same id."""
    key = hashlib.sha256(repr((aspect, store, sku, on.isoformat())).encode()).hexdigest()[:12]
    row = {"fix_id": f"fix-{key}", "aspect": aspect, "store_id": store, "sku_id": sku, "fixed_on": on, "note": note}
    return pa.Table.from_pylist([row], schema=FIXES)


def load(path: Path, *, actions: pa.Table) -> list[dict[str, Any]]:
    """The changes in a CSV or XLSX file with `action_id` and any of the other COLUMNS; columns besides are ignored.

    Empty cells change nothing. Raises InputError that names the row, for a value that cannot be meant, and UnknownName for
    an action that does not exist or a status that is none.
    """
    known = {row["action_id"]: row for row in actions.to_pylist()}
    out = []
    for line, row in lists.read(path, key="action_id", columns=COLUMNS):
        answer: dict[str, Any] = {key: value for key, value in row.items() if value}
        if not answer:
            continue
        where = f"{path.name}, line {line}"
        if answer.get("action_id") not in known:
            raise UnknownName("action", str(answer.get("action_id", "")), known, where=where)
        if "status" in answer and answer["status"] not in STATES:
            raise UnknownName("status", answer["status"], STATES, where=where)
        for key in ("due", "fixed_on"):
            if key in answer:
                answer[key] = lists.day(answer[key], f"{where}: {key}")
        before = known[answer["action_id"]]
        if answer.get("status", before["status"]) == DONE and not answer.get("fixed_on", before["fixed_on"]):
            raise InputError(f"{where}: a done action needs the day in 'fixed_on', for instance 2026-10-31")
        out.append(answer)
    return out


def _signals(month: str, ranking: pa.Table, owners: Mapping[str, str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Fresh lines by key. A margin that one gated pair makes up has no line of its own: the pair's is the place to act."""
    rows = [r for r in ranking.to_pylist() if r["issue_kind"] == "topic" or r["aspect"] in owners]
    gated = [r for r in rows if r["level"] in LEVELS and r["gate"] in GATED]
    pairs = {(r["store_id"], r["sku_id"], r["aspect"]) for r in gated if r["level"] == "store_sku"}
    wide = [
        r for r in rows if r["level"] == "chain" and r["observed"] >= CHAIN_LEAST and r["issue_kind"] == "aspect"
        and r["severity"] != "S4"
    ]  # fmt: skip
    wide.sort(key=lambda r: (r["rank"], r["aspect"]))
    out = {}
    for row in [*gated, *wide[:CHAIN_MOST]]:
        pair = (row["store_id"] or row["driver"], row["sku_id"] or row["driver"], row["aspect"])
        if row["level"] in ("store", "sku") and row["driver"] is not None and pair in pairs:
            continue
        key = _key(row)
        name = hashlib.sha256(repr((month, *key)).encode()).hexdigest()[:12]
        out[key] = {
            "action_id": name, "opened": month, "last_seen": month, "owner": owners.get(row["aspect"]),
            "due": _due(month, row["severity"]), "status": OPEN, "fixed_on": None, "note": None, "verdict": None,
        } | {k: row[k] for k in ("level", "issue_kind", "aspect", *IDS, *NUMBERS)}  # fmt: skip
    return out


def _seen(row: dict[str, Any], found: Mapping[str, Any], month: str) -> dict[str, Any]:
    """An earlier line whose signal is there in `month`."""
    if month < row["last_seen"]:
        return row
    return row | {k: found[k] for k in NUMBERS} | {"last_seen": month}


def _untouched(row: Mapping[str, Any], owners: Mapping[str, str]) -> bool:
    return (
        row["status"] == OPEN
        and row["note"] is None
        and row["fixed_on"] is None
        and row["owner"] == owners.get(row["aspect"])
    )


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["level"], *(row[name] for name in IDS), row["issue_kind"], row["aspect"])


def _due(month: str, severity: str) -> dt.date:
    year, number = map(int, month.split("-"))
    return dt.date(year, number, calendar.monthrange(year, number)[1]) + dt.timedelta(
        days=DAYS.get(severity, DAYS["S3"])
    )
