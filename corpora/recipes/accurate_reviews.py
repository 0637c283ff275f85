"""Whole reviews with the polarity of their stars, for the encoder of the accurate profile.

The rows and weights are those of the linear review model. A review longer than the network is trained on keeps its
beginning and its end, where people say what they think of the whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from voc.corpora.recipes.accurate_rows import Asked, Example
from voc.corpora.recipes.polarity import Row, balanced, bare, distinct, of_trade, reviews_zh, untouchable

LONGEST = 140
"""Code points of a review that is trained on, the mark between its two ends not counted."""
_BETWEEN = "…"
_FULL = 1 << 32


def reviews(folder: Path, *, without: Sequence[str] = ()) -> list[Example]:
    """Reviews by stars, none of the trades `without`; rows of little weight are drawn by a hash rather than weighed."""
    rows = [
        row
        for row in distinct(reviews_zh(folder), untouchable(folder))
        if row.text and not any(of_trade(row, trade) for trade in without)
    ]
    return list(_drawn(rows))


def _drawn(rows: Sequence[Row]) -> Iterator[Example]:
    for row, weight in zip(rows, balanced(rows).tolist(), strict=True):
        if zlib.crc32(bare(row.text).encode()) < min(weight, 1.0) * _FULL:
            text = ends(row.text)
            yield Example(text, "review", (Asked((0, len(text)), row.label, max(weight, 1.0)),))


def ends(text: str) -> str:
    """`text`, or its two ends where it is longer than LONGEST."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]}{_BETWEEN}{text[-half:]}"
