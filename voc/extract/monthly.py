"""The keyword table of a month from the data files of its reviews and mentions: a job for one worker.

Only the columns that keywords need are read, file by file: a month is held by a worker beside its models.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from voc import taxonomy as taxonomies
from voc.extract import keywords
from voc.parts import ROW_GROUP, batches, pieces
from voc.schemas import MENTIONS, REVIEWS, project


def keywords_of(reviews: Sequence[str], mentions: Sequence[str], month: str, taxonomy: str) -> pa.Table:
    """The keywords of `month`; the first two are the paths of its data files, `taxonomy` a name or path for the worker."""
    return keywords.table(
        _read(reviews, month, project(REVIEWS, *keywords.REVIEW_COLUMNS)).sort_by("review_id"),
        _read(mentions, month, project(MENTIONS, *keywords.MENTION_COLUMNS)),
        month=month,
        words=taxonomies.expressions(taxonomies.load(taxonomy)),
    )


def _read(paths: Sequence[str], month: str, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` of the data files of a month, file after file."""
    return pa.Table.from_batches(
        [batch for piece in pieces(month, paths) for batch in batches(piece, schema, rows=ROW_GROUP)], schema
    )
