"""`voc topics`: topics of complaint and request clauses, and what people decide about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from voc import pipeline
from voc.commands import AsJson, ProjectFolder, say, show
from voc.errors import InputError, UnknownName
from voc.lake import Lake, locked
from voc.workspace import Workspace

Month = Annotated[str | None, typer.Option("--month", help="The month, YYYY-MM (default: the newest).")]
Topic = Annotated[str, typer.Argument(help="A topic's id, for instance T0007.")]
Who = Annotated[str | None, typer.Option("--who", help="Who decided.")]
Note = Annotated[str | None, typer.Option("--note", help="Why.")]
_IN_FORCE = "in force from the next `voc topics` or `voc run`"


def topics(*, month: Month = None, project: ProjectFolder = Path("."), as_json: AsJson = False) -> None:
    """Find topics in the month's complaints and requests, with names that last over the months."""
    work = Workspace.open(project)
    month = month or newest(work.lake, "reviews")
    with locked(project):
        pipeline.topics(work, month=month)
    table = work.lake.read("topics", months=[month], columns=["topic_id", "label", "size", "event"])
    show(table.sort_by([("size", "descending"), ("topic_id", "ascending")]).to_pylist(), as_json=as_json)


def list_(*, month: Month = None, project: ProjectFolder = Path("."), as_json: AsJson = False) -> None:
    """The topics of a month: their names, sizes, the taxonomy code that they lie in, and what people decided."""
    work = Workspace.open(project)
    month = month or newest(work.lake, "topics")
    rows = work.lake.read("topics", months=[month]).to_pylist()
    rows.sort(key=lambda row: (-row["size"], row["topic_id"]))
    names = ("topic_id", "label", "size", "event", "within", "born", "kin", "state")
    show([{name: row[name] for name in names} for row in rows], as_json=as_json)


def show_(topic_id: Topic, *, project: ProjectFolder = Path("."), as_json: AsJson = False) -> None:
    """One topic: its months, its terms, its taxonomy codes, what people decided, and typical clauses."""
    work = Workspace.open(project)
    rows = work.lake.read("topics").filter(pc.field("topic_id") == _known(work.lake, topic_id)).to_pylist()
    edits = work.lake.read("topic_edits").filter(pc.field("topic_id") == topic_id).to_pylist()
    newest_row: dict[str, Any] = rows[-1] if rows else {"label": None, "terms": [], "aspects": [], "month": None}
    values = {
        "label": newest_row["label"], "terms": [t["term"] for t in newest_row["terms"] or []],
        "aspects": [f"{a['aspect']} {a['share']:.0%}" for a in newest_row["aspects"] or []],
        "months": [f"{row['month']} {row['event']} {row['size']}" for row in rows],
        "decided": [" ".join(e[k] for k in ("edit", "value", "who", "note") if e[k]) for e in edits],
        "quotes": _quotes(work.lake, newest_row["month"], topic_id),
    }  # fmt: skip
    if as_json:
        show([{"topic_id": topic_id} | values], as_json=True)
        return
    show(
        [
            {"": name, topic_id: value}
            for name, found in values.items()
            for value in (found if isinstance(found, list) else [found])
        ],
        as_json=False,
    )


def rename(
    topic_id: Topic, name: Annotated[str, typer.Argument(help="The new name.")], *, who: Who = None, note: Note = None,
    project: ProjectFolder = Path("."),
) -> None:  # fmt: skip
    """Give a topic a name of one's own; it keeps it for good."""
    _decide(project, [topic_id], "name", name, who, note)


def merge(
    topic_ids: Annotated[list[str], typer.Argument(help="The topics that belong to another.")], *,
    into: Annotated[str, typer.Option("--into", help="The topic that they belong to.")], who: Who = None,
    note: Note = None, project: ProjectFolder = Path("."),
) -> None:  # fmt: skip
    """Count topics as parts of another one, now and in the months to come."""
    _decide(project, topic_ids, "into", into, who, note)


def pin(topic_id: Topic, *, who: Who = None, note: Note = None, project: ProjectFolder = Path(".")) -> None:
    """Keep a topic in sight: it is listed and ranked even in months without a clause of it, and never `gone`."""
    _decide(project, [topic_id], "state", "pinned", who, note)


def mute(topic_id: Topic, *, who: Who = None, note: Note = None, project: ProjectFolder = Path(".")) -> None:
    """Leave a topic out of ranking and report."""
    _decide(project, [topic_id], "state", "muted", who, note)


def reset(topic_id: Topic, *, project: ProjectFolder = Path(".")) -> None:
    """Take back everything that was decided about a topic."""
    from voc.topics import undone

    _change(project, lambda lake: undone(lake.read("topic_edits"), topic_id))
    say(f"{topic_id}: nothing decided any more, {_IN_FORCE}")


def _decide(project: Path, topic_ids: list[str], edit: str, value: str, who: str | None, note: str | None) -> None:
    from voc.topics import edited

    def changed(lake: Lake) -> pa.Table:
        table = lake.read("topic_edits")
        known = _ids(lake)
        for topic_id in topic_ids:
            table = edited(table, topic_id, edit, value, known=known, who=who, note=note)
        return table

    _change(project, changed)
    say(f"{', '.join(topic_ids)}: {edit} {value}, {_IN_FORCE}")


def _change(project: Path, changed: Callable[[Lake], pa.Table]) -> None:
    work = Workspace.open(project)
    with locked(project):
        work.lake.replace("topic_edits", changed(work.lake))


def _ids(lake: Lake) -> set[str]:
    return set(lake.read("topics", columns=["topic_id"])["topic_id"].to_pylist())


def _known(lake: Lake, topic_id: str) -> str:
    """`topic_id`, if a month had it or somebody decided about it. Raises UnknownName."""
    known = _ids(lake) | set(lake.read("topic_edits", columns=["topic_id"])["topic_id"].to_pylist())
    if topic_id not in known:
        raise UnknownName("topic", topic_id, known)
    return topic_id


def _quotes(lake: Lake, month: str | None, topic_id: str, most: int = 5) -> list[str]:
    """The clauses of the month nearest to the topic, each once."""
    if month is None:
        return []
    assigned = lake.read("mention_topics", months=[month]).filter(pc.field("topic_id") == topic_id)
    order = assigned.sort_by([("similarity", "descending"), ("mention_id", "ascending")])["mention_id"].to_pylist()
    spans = lake.read("mentions", months=[month], columns=["mention_id", "review_id", "start", "end"]).to_pylist()
    of = {row["mention_id"]: row for row in spans}
    reviews = lake.read("reviews", months=[month], columns=["review_id", "text"])
    texts = dict(zip(*(reviews[name].to_pylist() for name in ("review_id", "text")), strict=True))
    clauses = (texts[of[i]["review_id"]][of[i]["start"] : of[i]["end"]] for i in order if i in of)
    return list(dict.fromkeys(clauses))[:most]


def newest(lake: Lake, table: str) -> str:
    """The newest month of `table`. Raises InputError when it has none."""
    months = lake.months(table)
    if not months:
        raise InputError(f"the project has no {table} yet")
    return months[-1]
