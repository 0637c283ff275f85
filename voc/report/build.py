"""The whole folder at once: either the new report stands there or the old one, never a mix."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from voc.errors import InputError
from voc.report.cut import Pack
from voc.report.data import ReportData
from voc.report.followup import write_actions
from voc.report.opening import open_book
from voc.report.safety import FILE, write_cases
from voc.report.site import write_site
from voc.report.summary import write_summary
from voc.report.workbook import write_workbook

log = logging.getLogger(__name__)
ORDER = (
    "level",
    "rank",
    "issue_kind",
    "aspect",
    "store_id",
    "sku_id",
    "region",
    "source",
    "category",
    "parent_sku",
    "lot",
)
MARK = "run.json"  # a folder that holds this was made by us and may be replaced


def build(
    data: ReportData,
    out: Path,
    *,
    lang: str = "zh",
    reader: str | None = None,
    store: str | None = None,
    region: str | None = None,
    dealer: str | None = None,
    supplier: str | None = None,
) -> None:
    """Write site, report.xlsx, ranking.parquet and run.json into `out`, replacing what an earlier build left there.

    Everything is made in a folder beside `out` and moved into place at the end; the same data gives the same bytes. A
    reader's pages have neither workbook nor ranking, except in the pack of a store, region, dealer or supplier (at most
    one of them), where both are cut to it.
    Raises InputError when `out` holds files that are not a report.
    """
    pack = Pack(store=store, region=region, dealer=dealer, supplier=supplier)
    out = Path(os.path.abspath(out))
    staging, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    if old.exists() and not out.exists():
        old.rename(out)  # an earlier run ended between the two moves
    for left in (staging, old):
        if left.exists():
            shutil.rmtree(left)
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise InputError(f"{out} exists and is not a report (no {MARK}); name an empty or new folder")
    book = open_book(data, lang=lang, pack=pack)
    mine = book.data
    staging.mkdir(parents=True)
    write_site(book, staging, reader=reader, pack=pack)
    write_summary(book, staging)
    if reader is None or pack.kind:
        write_workbook(book, staging / "report.xlsx")
        write_actions(book, staging / "actions.csv")
        write_cases(book, staging / FILE)
        order = [(c, "ascending") for c in ORDER]
        pq.write_table(mine.ranking.sort_by(order), staging / "ranking.parquet", compression="zstd")
    record = {**mine.run, "pack": {pack.kind: pack.key}} if pack.kind else dict(mine.run)
    run = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (staging / MARK).write_text(run + "\n", encoding="utf-8", newline="\n")
    if out.exists():
        out.rename(old)
    staging.rename(out)
    if old.exists():
        shutil.rmtree(old)
    log.info("report of %s written to %s", data.month, out.name)
