"""`voc sentiment`: a label and a score for each row of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import single
from voc.commands import AsJson, say, show
from voc.commands.analyze import Encoding, Language, TextColumn


def sentiment(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSONL or Parquet, also gz.")],
    *,
    text_column: TextColumn = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where to write (.csv, .parquet, .jsonl).")] = None,
    lang: Language = "auto",
    encoding: Encoding = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="A folder that `voc train` or `voc models import` made.")
    ] = None,
    adapt: Annotated[
        bool,
        typer.Option("--adapt", help="Learn the words of the trade from the file's reviews first, without labels."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Positive, neutral or negative, with a score from -1 to 1, for every row; empty text is neutral, 0.

    With --adapt a row's score depends on the other rows: some hundred reviews of one trade are wanted, thousands are better.
    """
    single.check_suffix(out)
    table = single.sentiment_file(file, text_column=text_column, lang=lang, encoding=encoding, model=model, adapt=adapt)
    if out is None:
        show(table.to_pylist(), as_json=as_json)
    else:
        single.write(table, out)
        say(f"{len(table):,} rows written to {out}")
