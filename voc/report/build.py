"""The whole folder at once: either the new report stands there or the old one, never a mix."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from voc.errors import InputError
from voc.report.book import Book
from voc.report.cut import cut, with_peers
from voc.report.data import ReportData
from voc.report.site import write_site
from voc.report.summary import write_summary
from voc.report.words import Words
from voc.report.workbook import write_workbook

log = logging.getLogger(__name__)
MARK = "run.json"  # a folder that holds this was made by us and may be replaced


def build(
    data: ReportData,
    out: Path,
    *,
    lang: str = "zh",
    reader: str | None = None,
    store: str | None = None,
    region: str | None = None,
) -> None:
    """Write site, report.xlsx, ranking.parquet and run.json into `out`, replacing what an earlier build left there.

    Everything is made in a folder beside `out` and moved into place at the end; the same data gives the same bytes. A
    reader's pack has neither workbook nor ranking, except for a store or region, where both are cut to it.
    Raises InputError when `out` holds files that are not a report.
    """
    out = Path(os.path.abspath(out))
    staging, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    if old.exists() and not out.exists():
        old.rename(out)  # an earlier run ended between the two moves
    for left in (staging, old):
        if left.exists():
            shutil.rmtree(left)
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise InputError(f"{out} exists and is not a report (no {MARK}); name an empty or new folder")
    mine = cut(with_peers(data), store=store, region=region)
    book = Book(mine, Words(lang, mine.time_zone))
    staging.mkdir(parents=True)
    write_site(mine, staging, lang=lang, reader=reader, store=store, region=region, book=book)
    write_summary(book, staging)
    if reader is None or store is not None or region is not None:
        write_workbook(mine, staging / "report.xlsx", lang=lang, book=book)
        order = [
            (c, "ascending")
            for c in (
                "level",
                "rank",
                "issue_kind",
                "aspect",
                "store_id",
                "sku_id",
                "region",
                "source",
                "category",
                "lot",
            )
        ]
        pq.write_table(mine.ranking.sort_by(order), staging / "ranking.parquet", compression="zstd")
    run = json.dumps(dict(mine.run), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (staging / MARK).write_text(run + "\n", encoding="utf-8", newline="\n")
    if out.exists():
        out.rename(old)
    staging.rename(out)
    if old.exists():
        shutil.rmtree(old)
    log.info("report of %s written to %s", data.month, out.name)
