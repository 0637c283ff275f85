"""Assignment of clauses to the topics of a stored model, as a row-wise stage for any engine."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa

from voc.schemas import MENTION_TOPICS, TEXT, Batch, Stage
from voc.topics.model import TopicModel, assign, load_model

INPUT = pa.schema([pa.field(name, TEXT, nullable=False) for name in ("mention_id", "month", "text")])


def stage(model_folder: Path) -> Stage:
    """Assigns clauses (mention_id, month, text: the clause) to the topics of the model in `model_folder`.

    The worker that opens it raises InputError where there is no model, MissingExtra where its embedder is missing.
    """
    return Stage("topics", INPUT, MENTION_TOPICS, partial(_open, str(model_folder)))


def _open(model_folder: str) -> Batch:
    return partial(assigned, load_model(Path(model_folder)))


def assigned(model: TopicModel, batch: pa.RecordBatch) -> pa.RecordBatch:
    """MENTION_TOPICS rows of a batch of `INPUT`; topic_id is null where no topic is near enough."""
    index, similarity = assign(model, batch.column("text").to_pylist())
    ids = [model.topic_ids[i] if i >= 0 else None for i in index.tolist()]
    columns = [batch.column("mention_id"), batch.column("month"), pa.array(ids, TEXT), pa.array(similarity)]
    return pa.RecordBatch.from_arrays(columns, schema=MENTION_TOPICS)


def assigned_texts(model_folder: str, texts: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Indexes (int64) and similarities (float32) of `assign` as bytes: a job for one worker of any engine."""
    index, similarity = assign(_model(model_folder), texts)
    return index.tobytes(), similarity.tobytes()


@lru_cache(maxsize=2)
def _model(model_folder: str) -> TopicModel:
    return load_model(Path(model_folder))
