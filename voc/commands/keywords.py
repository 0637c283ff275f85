"""`voc keywords`: what a file's texts talk about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import single
from voc.commands import AsJson, show
from voc.commands.analyze import Encoding, Language, TaxonomyName, TextColumn


def keywords(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSONL or Parquet, also gz.")],
    *,
    text_column: TextColumn = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many.")] = 20,
    taxonomy: TaxonomyName = "retail-food",
    lang: Language = "auto",
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """The words and phrases that are typical of a file's texts, with the number of texts that use them."""
    table = single.keywords_file(
        file, text_column=text_column, top=top, taxonomy=taxonomy, lang=lang, encoding=encoding
    )
    show(table.to_pylist(), as_json=as_json)
