"""`voc tags`: what members like and wish for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from voc.actions import lists, members
from voc.commands import AsJson, Month, ProjectFolder, say, show
from voc.errors import UnknownName
from voc.workspace import Workspace, check_month


def tags(
    *,
    month: Month,
    consented: Annotated[
        Path | None,
        typer.Option(
            "--consented", help="A file with the column member_id: only these, by their own ids, for your CRM."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A CSV file.")] = None,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> None:
    """What members praised or wished for in a year. Ids are keyed hashes; with --consented the ids of the given file."""
    hand_over(Workspace.open(project), "tags", month, consented=consented, out=out, as_json=as_json)


def hand_over(
    work: Workspace, name: str, month: str, *, consented: Path | None, out: Path | None, as_json: bool
) -> None:
    """Print or write the month's rows of a table of members. Raises UnknownName for a month that was not ranked."""
    ranked = work.lake.months("ranking")
    if check_month(month) not in ranked:
        raise UnknownName("ranked month", month, ranked)
    table = work.lake.read(name, months=[month]).drop_columns(["month"])
    if consented is not None:
        ids = members.ids(consented)
        hashes = dict(zip(members.hashed(ids, work.member_key()), ids, strict=True))
        table = table.filter(pc.is_in(table["member_id"], value_set=pa.array(list(hashes), pa.string())))
        own = pa.array([hashes[h] for h in table["member_id"].to_pylist()], pa.string())
        table = table.set_column(table.schema.get_field_index("member_id"), "member_id", own)
        say(f"{len(set(own.to_pylist()))} of {len(ids)} members have something to show")
    rows: list[dict[str, Any]] = [{k: _plain(v) for k, v in row.items()} for row in table.to_pylist()]
    if out is not None:
        lists.write(out, rows, columns=table.schema.names)
        print(out)
    else:
        wide = ("evidence", "n_months", "competitor")
        show(rows if as_json else [{k: v for k, v in row.items() if k not in wide} for row in rows], as_json=as_json)


def _plain(value: Any) -> Any:
    return value.isoformat(sep=" ", timespec="minutes") if hasattr(value, "isoformat") else value
