"""`voc analyze`: mentions of one file, without a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import single
from voc.commands import AsJson, say, show
from voc.errors import UnknownName
from voc.extract.mentions import PROFILES

TextColumn = Annotated[str | None, typer.Option("--text-column", help="The column with the text (default: guessed).")]
TaxonomyName = Annotated[str, typer.Option("--taxonomy", help="A built-in taxonomy, or a TOML file.")]
Language = Annotated[str, typer.Option("--lang", help="zh, en or auto.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="The file's encoding, where it cannot be told.")]


def analyze(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSONL or Parquet, also gz.")],
    *,
    text_column: TextColumn = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where to write (.parquet, .csv, .jsonl).")] = None,
    profile: Annotated[str, typer.Option("--profile", help="fast, or accurate.")] = "fast",
    taxonomy: TaxonomyName = "retail-food",
    lang: Language = "auto",
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """What each review says about what: a row per mention, spans as code points into the file's own text."""
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    single.check_suffix(out)
    table = single.analyze_file(
        file, text_column=text_column, taxonomy=taxonomy, lang=lang, encoding=encoding, profile=profile
    )
    if out is None:
        show(table.to_pylist(), as_json=as_json)
    else:
        single.write(table, out)
        say(f"{len(table):,} mentions written to {out}")
