"""`voc ingest`: files into the lake."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from voc import ingest as ingestion
from voc import pipeline
from voc.commands import OVER_QUARANTINE, AsJson, ProjectFolder, say, show
from voc.errors import InputError, WrongUse
from voc.ingest import Ingested, Mapping
from voc.lake import locked
from voc.workspace import Workspace

COUNTS = ("file", "records", "new", "updated", "duplicate", "unchanged", "quarantined", "reviews_written", "months")
_ORIGINS = {"row": "told by the row", "order": "by its order", "text": "named in the text", "none": "not told"}
AUTO = "auto"


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Exports: CSV, XLSX, JSONL, Parquet, also gz or zip.")],
    *,
    source: Annotated[
        str,
        typer.Option("--source", help="A name of `voc sources`; stores, skus, orders, sales; auto: guess a mapping."),
    ],
    mapping: Annotated[
        Path | None, typer.Option("--map", help="A mapping file (TOML) instead of the source's own.")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="What you call this channel.")] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="The file's encoding, where it cannot be told.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take a guessed mapping without asking.")] = False,
    project: ProjectFolder = Path("."),
    as_json: AsJson = False,
) -> int | None:
    """Read exports into the project. What cannot be read is quarantined with line and reason; the sums always add up."""
    for path in files:
        if not path.is_file():
            raise InputError("no such file", path=path)
    work = Workspace.open(project)
    jobs: list[tuple[list[Path], str, Path | Mapping | None]] = [(files, source, mapping)]
    if source == AUTO:
        if mapping is not None:
            raise WrongUse("--source auto guesses a mapping, so --map does not go with it; name the source instead")
        jobs = []
        for path in files:
            found = ingestion.propose(path, encoding=encoding)
            (say if as_json else print)(found.toml())
            if not (yes or dry_run or _confirmed()):
                say("nothing was done; save the mapping to a file, edit it, and name it with --map")
                return None
            if not dry_run:
                say(f"{path.name}: the mapping is kept as {_saved(work, path, found.toml())}")
            jobs.append(([path], found.ingestor, found.mapping))

    def every() -> list[Ingested]:
        return [
            row
            for paths, name, plan in jobs
            for row in pipeline.ingest(
                work, paths, source=name, mapping=plan, channel=channel, encoding=encoding, dry_run=dry_run
            )
        ]

    if dry_run:
        done = every()
    else:
        with locked(project):
            done = every()
    show_ledger(done, as_json=as_json)
    if dry_run:
        say("dry run: nothing was written; this is what each file by itself would do")
    return OVER_QUARANTINE if pipeline.over_quarantine(work, done) else None


def _confirmed() -> bool:
    """Raises WrongUse where nobody can be asked."""
    if not sys.stdin.isatty():
        raise WrongUse(
            "a guessed mapping wants a yes, and there is no terminal to ask: run with --yes, or save the mapping "
            "to a file and name it with --map"
        )
    return typer.confirm("Read the file like this?")


def _saved(work: Workspace, path: Path, text: str) -> Path:
    """Write the mapping into the project's mappings/, under a name that no other mapping has."""
    stem = re.sub(r"[^\w-]+", "-", path.name.split(".")[0]).strip("-")[:60] or "mapping"
    folder = work.folder / "mappings"
    folder.mkdir(exist_ok=True)
    for name in (stem, *(f"{stem}-{n}" for n in range(2, 1000))):
        place = folder / f"{name}.toml"
        if not place.exists():
            place.write_text(text, "utf-8")
        if place.read_text("utf-8") == text:
            return place
    raise WrongUse(f"{folder} has a thousand mappings called {stem}; remove some")


def show_ledger(done: list[Ingested], *, as_json: bool) -> None:
    """The ledger rows as a table, and on stderr what was set aside, how rows were linked, and ids that no table knows."""
    rows = [asdict(row) for row in done]
    short = [{name: row[name] for name in COUNTS} | {"months": _span(row["months"])} for row in rows]
    show(rows if as_json else short, as_json=as_json)
    for row in done:
        if row.reasons:
            say(f"{row.file}: set aside: " + ", ".join(f"{n} {reason}" for reason, n in row.reasons.items()))
        if row.flags:
            found = ", ".join(f"{n:,} {flag}" for flag, n in row.flags.items())
            say(f"{row.file}: of {row.reviews_written:,} reviews written {row.weightless:,} weigh nothing: {found}")
        if row.restated:
            say(f"{row.file}: months restated: {_span(row.restated)}")
        if total := sum(row.sku_origins.values()):
            parts = ", ".join(f"{_ORIGINS[origin]} {n / total:.0%}" for origin, n in row.sku_origins.items())
            say(f"{row.file}: store told for {row.stores_known / total:.0%} of the rows; SKU {parts}")
        for what, ids in (("stores", row.unknown_stores), ("SKUs", row.unknown_skus)):
            if ids:
                some = ", ".join(sorted(ids)[:5]) + (" …" if len(ids) > 5 else "")
                say(f"{row.file}: {len(ids)} {what} that the dimension tables do not know, kept as they are: {some}")


def _span(months: tuple[str, ...]) -> str:
    """'2026-09, 2026-10' for a few months, '2014-03 to 2021-09 (78)' for many."""
    return ", ".join(months) if len(months) < 4 else f"{months[0]} to {months[-1]} ({len(months)})"
