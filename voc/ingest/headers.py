"""Exports whose titles stand in more than one row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pyarrow as pa

from voc.ingest.csvfile import titles
from voc.ingest.mapping import find
from voc.ingest.readers import OWN

#: Columns about the response itself, which keep the name of the first row.
QUALTRICS = (
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
    "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "LocationLatitude",
    "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
#: What stands in SurveyMonkey's second row where a question has one column.
_ONE_COLUMN = ("", "Response", "Open-Ended Response")
_UNNAMED = "column "

Titles = list[str]


def surveymonkey(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A question over its columns in the first row, the options under it in the second: `question (option)`."""
    return _joined(batches, 1, _question_and_option)


def qualtrics(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Names, the questions' texts, and a row for machines: the text where there is one."""
    return _joined(batches, 2, _text_of_question)


def _joined(
    batches: Iterator[pa.RecordBatch], more: int, join: Callable[[Titles, list[Titles]], Titles]
) -> Iterator[pa.RecordBatch]:
    """Batches under the titles that `join` makes of the first row and the `more` rows after it, which are no records."""
    first = next(batches, None)
    if first is None:
        return
    names = [name for name in first.schema.names if name not in OWN]
    rows = range(min(more, len(first)))
    below = [[(first.column(name)[i].as_py() or "").strip() for name in names] for i in rows]
    told = titles(join(names, [*below, *([[""] * len(names)] * (more - len(below)))]))
    for batch in itertools.chain([first.slice(more)], batches):
        yield batch.rename_columns([*told, *OWN])


def _question_and_option(names: Titles, below: list[Titles]) -> Titles:
    out, question = [], ""
    for name, option in zip(names, below[0], strict=True):
        question = question if name.startswith(_UNNAMED) and question else name
        out.append(question if option in _ONE_COLUMN else f"{question} ({option})")
    return out


def _text_of_question(names: Titles, below: list[Titles]) -> Titles:
    return [
        name if find(QUALTRICS, [name]) or not text else " ".join(text.split())
        for name, text in zip(names, below[0], strict=True)
    ]
