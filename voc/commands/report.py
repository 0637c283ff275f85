"""`voc report`: the month's report folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import pipeline
from voc.commands import Month, ProjectFolder
from voc.errors import UnknownName
from voc.lake import locked
from voc.workspace import Workspace

READERS = ("executive", "product", "store", "quality", "marketing")
LANGUAGES = ("zh", "en")


def report(
    *,
    month: Month,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The report's folder (default: reports/MONTH).")
    ] = None,
    reader: Annotated[str | None, typer.Option("--for", help=f"One reader's pages: {', '.join(READERS)}.")] = None,
    store: Annotated[str | None, typer.Option("--store", help="Only what this store may see, by id.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only what this region may see.")] = None,
    dealer: Annotated[str | None, typer.Option("--dealer", help="Only what this dealer's stores may see.")] = None,
    supplier: Annotated[
        str | None, typer.Option("--supplier", help="Only this supplier's products, without the stores.")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en (default: the project's language).")] = None,
    project: ProjectFolder = Path("."),
) -> None:
    """Build the month's report: a site that opens by double click, a workbook, ranking.parquet and run.json."""
    if reader is not None and reader not in READERS:
        raise UnknownName("reader", reader, READERS)
    if lang is not None and lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    work = Workspace.open(project)
    with locked(project):
        folder = pipeline.report(
            work,
            month=month,
            out=out,
            reader=reader,
            store=store,
            region=region,
            dealer=dealer,
            supplier=supplier,
            lang=lang,
        )
    print(folder / "index.html")
