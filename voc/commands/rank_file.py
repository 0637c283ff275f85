"""`voc rank-file`: the ranking of one file's last month, without a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import single
from voc.commands import say
from voc.commands.analyze import Encoding, Language, TaxonomyName


def rank_file(
    file: Annotated[
        Path, typer.Argument(help="Reviews with columns text, created_at, store_id, sku_id [, source, rating].")
    ],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write (.csv, .parquet, .jsonl).")],
    taxonomy: TaxonomyName = "retail-food",
    lang: Language = "auto",
    encoding: Encoding = None,
) -> None:
    """Rank the issues of the file's last month by store and SKU, with the statistics of the monthly report."""
    single.check_suffix(out)
    table = single.rank_file(file, taxonomy=taxonomy, lang=lang, encoding=encoding, workers=0)
    single.write(table, out)
    say(f"{len(table):,} rows written to {out}")
