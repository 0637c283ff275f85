"""What people found about statements of harm: awaiting verification, verified or excluded, by whom and on which day.

A case is what one customer says of one issue: (root review, aspect). It is answered under the id of its mention; when a
month is made anew and another mention stands for the case, the answer still finds it. An answer whose case is gone is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from voc import issues
from voc.actions import lists
from voc.errors import InputError, UnknownName, nearest
from voc.lake import Lake
from voc.schemas import SAFETY_STATES, conform

AWAITING, VERIFIED, EXCLUDED = STATES = ("awaiting", "verified", "excluded")
CHINESE = {"待核实": AWAITING, "已核实": VERIFIED, "已排除": EXCLUDED}
COLUMNS = ("mention_id", "state", "who", "decided_on", "note")
"""What people may change in the file; the rest is for reading."""

_MENTIONS = ("mention_id", "review_id", "month", "created_at", "source", "channel", "store_id", "sku_id", "confidence",
             "start", "end", "aspect", "severity", "intent")  # fmt: skip
_REVIEWS = ("review_id", "parent_id", "flags", "duplicate_of", "text", "lot", "store_id", "sku_id")

Row = dict[str, Any]
Key = tuple[str, str]  # root review, aspect


def lane(lake: Lake, *, confidence: float, months: Sequence[str] | None = None) -> list[Row]:
    """The statements of `months` (None: all): rows of voc.issues.safety with root_id, text and lot of their reviews.

    A store or SKU that only the root review names stands for its follow-ups too.
    """
    out: list[Row] = []
    skus, kept = lake.read("skus"), lake.months("mentions")
    for month in kept if months is None else [m for m in months if m in kept]:
        mentions = lake.read("mentions", months=[month], columns=_MENTIONS)
        reviews = lake.read("reviews", months=[month], columns=_REVIEWS)
        found = issues.safety(mentions, reviews, skus=skus, confidence=confidence).to_pylist()
        wanted = {r["review_id"] for r in found}
        mine = {r["review_id"]: r for r in reviews.to_pylist() if r["review_id"] in wanted} if wanted else {}
        for row in found:
            review = mine[row["review_id"]]
            out.append(row | {"root_id": review["parent_id"] or review["review_id"], "text": review["text"],
                              "lot": review["lot"]})  # fmt: skip
    return out


def listed(lane: Sequence[Row], states: pa.Table) -> list[Row]:
    """The statements with state, who, decided_on, note; then, with `gone`, answers whose case is not in the lane any more."""
    answers = {_key(r): r for r in states.to_pylist()}
    out = []
    for row in lane:
        answer = answers.pop((row["root_id"], row["aspect"]), None)
        said = {k: answer[k] if answer else None for k in ("who", "decided_on", "note")}
        out.append(row | said | {"state": answer["state"] if answer else AWAITING, "gone": False})
    for answer in answers.values():
        out.append(answer | {"month": answer["opened"], "created_at": None, "text": None, "lot": None, "gone": True})
    return out


def load(path: Path) -> list[tuple[str, Row]]:
    """(where it stands, answer) for the filled-in rows of a CSV or XLSX file with `mention_id` and any of COLUMNS."""
    out = []
    for line, row in lists.read(path, key="mention_id", columns=COLUMNS):
        answer = {k: v for k, v in row.items() if v}
        if answer:
            out.append((f"{path.name}, line {line}", answer))
    return out


def answered(states: pa.Table, answers: Sequence[tuple[str, Mapping[str, Any]]], *, lane: Sequence[Row]) -> pa.Table:
    """SAFETY_STATES with the answers laid over them; empty cells change nothing, what stands already is no change.

    Raises InputError for a statement that there is not, for a day that cannot be read, and where somebody verifies or
    excludes without saying who and on which day; UnknownName for a state that is none. All name the row.
    """
    rows = {_key(r): r for r in states.to_pylist()}
    ids = {r["mention_id"]: key for key, r in rows.items()}
    fresh: dict[Key, Row] = {}
    for said in lane:
        key = (said["root_id"], said["aspect"])
        ids[said["mention_id"]] = key
        fresh[key] = {
            "mention_id": said["mention_id"], "opened": said["month"], "review_id": key[0], "aspect": key[1],
            "store_id": said["store_id"], "sku_id": said["sku_id"], "state": AWAITING, "who": None, "decided_on": None,
            "note": None,
        }  # fmt: skip
    for where, answer in answers:
        name = str(answer.get("mention_id", ""))
        if name not in ids:
            near = nearest(name, ids)  # there may be thousands: they are not listed here
            hint = f"; did you mean {near!r}?" if near else ""
            raise InputError(
                f"{where}: no statement of the safety ledger has the id {name!r}{hint} (`voc safety list` names all {len(ids)})"
            )
        key = ids[name]
        before = rows.get(key) or fresh[key]
        after = before | _meant(answer, where)
        if after["state"] != AWAITING and (not after["who"] or after["decided_on"] is None):
            raise InputError(
                f"{where}: {after['state']} needs 'who' and the day in 'decided_on', for instance 2026-10-31"
            )
        if after != before:
            rows[key] = after
    return conform(pa.Table.from_pylist([rows[k] for k in sorted(rows)], schema=SAFETY_STATES), SAFETY_STATES)


def _meant(answer: Mapping[str, Any], where: str) -> Row:
    """The changes that an answer asks for."""
    out: Row = {k: answer[k] for k in ("who", "note") if answer.get(k)}
    if state := answer.get("state"):
        if CHINESE.get(state, state) not in STATES:
            raise UnknownName("state", state, (*STATES, *CHINESE), where=where)
        out["state"] = CHINESE.get(state, state)
    if day := answer.get("decided_on"):
        out["decided_on"] = day if isinstance(day, dt.date) else lists.day(day, f"{where}: decided_on")
    return out


def _key(row: Mapping[str, Any]) -> Key:
    return row["review_id"], row["aspect"]
