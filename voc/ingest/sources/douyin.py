"""Douyin: no export of its back-office was seen, so nothing is assumed beyond the titles of any table; name the columns in a
mapping."""

from dataclasses import replace

from voc.ingest.sources import UNSEEN
from voc.ingest.sources.table import source as table

source = replace(
    table,
    name="douyin",
    title="Douyin (抖音), through a mapping",
    verified=UNSEEN,
    mapping=table.mapping.model_copy(update={"name": "douyin"}),
)
