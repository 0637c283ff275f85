"""Stages over the pieces of a month slice: the work of one task, on either engine."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from voc.parts import Part, Piece, batches, write
from voc.schemas import Stage, checked


def packed(stages: Sequence[Stage]) -> bytes:
    """`stages` as bytes: what tells a worker whether it has opened them already."""
    return pickle.dumps(tuple(stages))


def annotate_piece(root: str, piece: Piece, stages: bytes, batch_rows: int) -> dict[str, Part | None]:
    """Run each of the packed `stages` over `piece`, write the outputs below the lake at `root`, and name the parts.

    A stage's name is its table's. The piece is read once, `batch_rows` rows at a time, so memory follows the outputs of
    one piece, not the month.
    """
    runs = _opened(stages)
    columns = list(dict.fromkeys(field for stage, _ in runs for field in stage.input))
    made: dict[str, list[pa.RecordBatch]] = {stage.name: [] for stage, _ in runs}
    for batch in batches(piece, pa.schema(columns), rows=batch_rows):
        for stage, run in runs:
            made[stage.name].append(run(batch.select(stage.input.names)))
    return {
        stage.name: write(
            Path(root), stage.name, piece.month, pa.Table.from_batches(made[stage.name], schema=stage.output)
        )
        for stage, _ in runs
    }


@functools.lru_cache(maxsize=2)
def _opened(stages: bytes) -> list[tuple[Stage, Callable[[pa.RecordBatch], pa.RecordBatch]]]:
    """The stages, opened; once per process."""
    return [(stage, checked(stage)) for stage in pickle.loads(stages)]
