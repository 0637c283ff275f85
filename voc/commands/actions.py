"""`voc actions`: what is to be done, what was done, and whether it helped."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from voc import monthly_topics
from voc.actions import lists, todo
from voc.commands import AsJson, ProjectFolder, say, show
from voc.errors import UnknownName, WrongUse
from voc.lake import locked
from voc.workspace import Workspace

SHOWN = ("action_id", "status", "owner", "due", "fixed_on", "note", "level", "store_id", "sku_id", "region", "category",
         "lot", "aspect", "issue", "opened", "last_seen", "observed", "expected", "priority", "verdict")  # fmt: skip


def list_(
    *,
    status: Annotated[str | None, typer.Option("--status", help=f"Only these: {', '.join(todo.STATES)}.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner's.")] = None,
    store: Annotated[str | None, typer.Option("--store", help="Only this store's.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A CSV file to fill in and load.")] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """The action list, what matters most first. Fill in status (open, done, contested), owner, due, fixed_on, note in the
    file and load it."""
    if status is not None and status not in todo.STATES:
        raise UnknownName("status", status, todo.STATES)
    work = Workspace.open(project)
    issues, topics = work.taxonomy().issues, monthly_topics.names(work.lake)
    zh = work.config.project.language == "zh"
    rows: list[dict[str, Any]] = []
    for row in work.lake.read("actions").to_pylist():
        wanted = ((status, "status"), (owner, "owner"), (store, "store_id"))
        if any(value is not None and row[column] != value for value, column in wanted):
            continue
        issue = issues.get(row["aspect"])
        name = topics.get(row["aspect"], row["aspect"]) if issue is None else issue.zh if zh else issue.en
        rows.append({key: name if key == "issue" else row[key] for key in SHOWN})
    rows.sort(key=lambda r: (r["status"] != todo.OPEN, -(r["priority"] or 0.0), r["action_id"]))
    if out is not None:
        lists.write(out, rows, columns=SHOWN)
        print(out)
    else:
        plain = [{k: str(v) if isinstance(v, dt.date) else v for k, v in row.items()} for row in rows]
        show(plain if as_json else [_line(row) for row in plain], as_json=as_json)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the terminal shows it."""
    place = " × ".join(row[key] for key in ("store_id", "sku_id", "region", "category", "lot") if row[key])
    of = "" if row["expected"] is None else f" ({row['expected']:.1f})"
    return {
        "action": row["action_id"], "status": row["status"], "due": row["due"], "owner": row["owner"],
        "where": place or row["level"], "issue": f"{row['aspect']} {row['issue']}",
        "observed (expected)": f"{row['observed']}{of}", "verdict": row["verdict"],
    }  # fmt: skip


def load(
    file: Annotated[Path, typer.Argument(help="The file of `voc actions list -o`, filled in.")],
    *,
    project: ProjectFolder = Path("."),
) -> None:
    """Take over what people filled in. Each done action of a store or SKU is a fix: later months get a verdict on it."""
    work = Workspace.open(project)
    with locked(project):
        actions = work.lake.read("actions")
        answers = todo.load(file, actions=actions)
        changed = todo.answered(actions, answers)
        work.lake.replace("actions", changed)
        work.lake.replace("fixes", todo.fixes(changed, work.lake.read("fixes")))
    say(f"{len(answers)} actions read")


def fix(
    aspect: Annotated[str, typer.Argument(help="The issue's code.")],
    *,
    on: Annotated[str, typer.Option("--on", help="The day that it was fixed, YYYY-MM-DD.")],
    store: Annotated[str | None, typer.Option("--store", help="The store's id.")] = None,
    sku: Annotated[str | None, typer.Option("--sku", help="The SKU's id.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="What was done.")] = None,
    project: ProjectFolder = Path("."),
) -> None:
    """Declare that something was fixed at a store, in a SKU, or in a SKU at a store. `voc rank` says whether it helped."""
    if store is None and sku is None:
        raise WrongUse(
            "say where it was fixed: --store, --sku or both (the rest of the chain is what it is compared with)"
        )
    try:
        day = dt.date.fromisoformat(on)
    except ValueError as error:
        raise WrongUse(f"--on {on!r} is no day; YYYY-MM-DD is wanted, for instance 2026-10-31") from error
    work = Workspace.open(project)
    issues = work.taxonomy().issues
    if aspect not in issues:
        raise UnknownName("issue", aspect, issues)
    with locked(project):
        for name, value in (("store", store), ("sku", sku)):
            known = _known(work, f"{name}_id")
            if value is not None and value not in known:
                raise UnknownName(name, value, known)
        new = todo.fix(aspect, on=day, store=store, sku=sku, note=note)
        old = work.lake.read("fixes")
        (key,) = new["fix_id"].to_pylist()
        kept = old.filter(pc.field("fix_id") != key)
        work.lake.replace("fixes", todo.fixes(work.lake.read("actions"), pa.concat_tables([kept, new])))
    print(key)


def _known(work: Workspace, column: str) -> set[Any]:
    return set(pc.unique(work.lake.read("exposure", columns=[column])[column].drop_null()).to_pylist())
