"""`voc safety`: what customers said of harm, and what people found when they looked into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from voc.actions import cases, lists
from voc.commands import AsJson, ProjectFolder, say, show
from voc.errors import UnknownName
from voc.lake import locked
from voc.report.quotes import pieces
from voc.workspace import Workspace, check_month

SHOWN = (*cases.COLUMNS, "month", "day", "aspect", "issue", "store_id", "sku_id", "lot", "words", "remark")
AROUND = 60  # code points of the review on either side of the clause


def list_(
    *,
    month: Annotated[str | None, typer.Option("--month", help="Only this month, YYYY-MM.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"Only these: {', '.join(cases.STATES)}.")] = None,
    store: Annotated[str | None, typer.Option("--store", help="Only this store's.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A CSV file to fill in and load.")] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """Every credible statement of harm, newest first, with what people found. Fill in state (awaiting, verified, excluded),
    who, decided_on, note in the file and load it. Last come answers whose statement is gone since its month was made anew."""
    if state is not None and state not in cases.STATES:
        raise UnknownName("state", state, cases.STATES)
    work = Workspace.open(project)
    said = _lane(work, month)
    states = work.lake.read("safety_states")
    found = [r for r in cases.listed(said, states) if month is None or r["month"] == month]
    rows = [_line(work, r) for r in found if state in (None, r["state"]) and store in (None, r["store_id"])]
    rows.sort(key=lambda r: (r["remark"], r["month"], r["day"], r["mention_id"]), reverse=True)
    rows.sort(key=lambda r: r["remark"])
    if out is not None:
        lists.write(out, rows, columns=SHOWN)
        print(out)
    else:
        show(rows if as_json else [_brief(row) for row in rows], as_json=as_json)


def set_(
    mention: Annotated[str, typer.Argument(help="The statement's mention_id, as `voc safety list` names it.")],
    *,
    state: Annotated[str, typer.Option("--state", help=f"What was found: {', '.join(cases.STATES)}.")],
    who: Annotated[str | None, typer.Option("--who", help="Who looked into it.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="The day of the finding, YYYY-MM-DD.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="What was found.")] = None,
    project: ProjectFolder = Path("."),
) -> None:
    """Say of one statement that it was verified or excluded, or awaits verification again."""
    answer = {"mention_id": mention, "state": state, "who": who, "decided_on": on, "note": note}
    _take(project, [("voc safety set", {k: v for k, v in answer.items() if v})])


def load(
    file: Annotated[Path, typer.Argument(help="The file of `voc safety list -o`, filled in.")],
    *,
    project: ProjectFolder = Path("."),
) -> None:
    """Take over what people filled in, or nothing where one row cannot be meant. `voc report` shows it."""
    answers = cases.load(file)
    _take(project, answers)
    say(f"{len(answers)} statements read")


def _take(project: Path, answers: list[tuple[str, dict[str, Any]]]) -> None:
    work = Workspace.open(project)
    with locked(project):
        states = work.lake.read("safety_states")
        work.lake.replace("safety_states", cases.answered(states, answers, lane=_lane(work)))


def _lane(work: Workspace, month: str | None = None) -> list[dict[str, Any]]:
    months = None if month is None else [check_month(month)]
    return cases.lane(work.lake, confidence=work.config.nlp.min_confidence, months=months)


def _line(work: Workspace, row: dict[str, Any]) -> dict[str, Any]:
    """A row as the list shows it; staff are not named in the customer's words."""
    issue, zh = work.taxonomy().issues.get(row["aspect"]), work.config.project.language == "zh"
    words = row["text"] and "".join(t for _, t in pieces(row["text"], (row["start"], row["end"]), around=AROUND))
    gone = (
        ("重算后不再在台账里", "no longer in the ledger since its month was made anew")[not zh] if row["gone"] else ""
    )
    made = {
        "day": row["created_at"].date().isoformat() if row["created_at"] else "",
        "issue": row["aspect"] if issue is None else issue.zh if zh else issue.en,
        "words": words, "remark": gone, "decided_on": row["decided_on"] and row["decided_on"].isoformat(),
    }  # fmt: skip
    return {key: made[key] if key in made else row[key] for key in SHOWN}


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the terminal shows it."""
    found = " ".join(row[k] for k in ("state", "who", "decided_on", "note") if row[k])
    place = " × ".join(row[k] for k in ("store_id", "sku_id", "lot") if row[k])
    words = row["words"] or row["remark"]
    return {"mention_id": row["mention_id"], "day": row["day"], "issue": row["issue"], "where": place, "words": words,
            "found": found}  # fmt: skip
