"""Topics of complaints and requests: what the taxonomy has no name for, with names that last over the months.

A model is fitted once, on a bounded sample of the clauses so far, and stored. Each later month is assigned with it;
clauses that it knows no topic for may form new ones, which are added. When there are twice as many clauses as it saw, all
of them are looked through in that way. It is fitted anew only when it no longer fits: it saw next to nothing, or leaves
too many without a topic. Then new topics take over the ids of those that they continue (`registry`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voc.schemas import MENTION_TOPICS, conform, empty
from voc.topics.documents import Documents, documents, sample
from voc.topics.edits import Edits, applied, edited, edits_of, undone
from voc.topics.embed import EMBEDDERS, OWN
from voc.topics.embed import embedder as embedder_of
from voc.topics.model import TopicModel, assign, extend, fit, inputs_of, load_model, save_model
from voc.topics.naming import Unnamed, client, named
from voc.topics.picture import guide
from voc.topics.registry import carried, known_from, known_of, live, match, next_number, update
from voc.topics.stage import assigned_texts, stage

__all__ = [
    "EMBEDDERS", "Documents", "TopicModel", "TopicResult", "Unnamed", "assign", "client", "documents", "edited", "edits_of",
    "extend", "fit", "load_model", "named", "save_model", "stage", "topics_for_month", "undone", "update",
]  # fmt: skip

log = logging.getLogger(__name__)

MAX_CLAUSES = 8_000
_GROWN = 2
_GROWN_SHARE = 1 / 200
_MOST_WITHOUT = 0.3
_ENOUGH = 100
_SEEN = 3
_REPRESENTATIVES = 3
_JOB = 10_000

Spread = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterable[Any]]


@dataclass(frozen=True)
class TopicResult:
    """Rows of one month: `topics` (TOPICS) and `mention_topics` (MENTION_TOPICS).

    `history` has MENTION_TOPICS of the months before it, by the month's own model.
    """

    topics: pa.Table
    mention_topics: pa.Table
    history: pa.Table


def topics_for_month(
    mentions: pa.Table,
    reviews: pa.Table,
    *,
    month: str,
    history: pa.Table | None = None,
    edits: pa.Table | None = None,
    store: Path,
    embedder: str = "use",
    max_clauses: int = MAX_CLAUSES,
    min_topic_size: int | None = None,
    most_topics: int | None = None,
    seed: int = 0,
    window: int = 24,
    spread: Spread | None = None,
) -> TopicResult:
    """The topics of `month` (YYYY-MM) and the topic of each of its complaint and request mentions.

    `mentions` and `reviews` are those of the month and of the months before it, as far as they are there; `history`
    the TOPICS rows of earlier months, `edits` what people decided (TOPIC_EDITS). `store` is a folder for models
    (`models/MONTH`) and embeddings, which holds customers' words and belongs in the lake. `window` is how many months
    before it are looked through for the same topics. The same inputs give the same bytes, and nothing is fitted when the
    month's stored model was made from them. A topic whose clauses are seen in earlier months is `kept`, even when no
    earlier month has been reported. `spread` is the `map` of an engine, which then assigns the clauses (the model is read
    from `store`). `most_topics` is that of `fit`; an embedder with word vectors of its own learns them from the texts of
    `reviews`. Raises UnknownName (embedder), MissingExtra, SchemaMismatch.
    """
    found = documents(mentions, reviews, until=month)
    current = found.of(month)
    if len(found) == 0:
        log.info("no topics in %s: no complaint or request clauses up to that month", month)
        return TopicResult(empty("topics"), empty("mention_topics"), empty("mention_topics"))
    settings = _Settings(month, store, embedder, max_clauses, min_topic_size, most_topics, seed)
    decided = edits_of(edits)
    own = embedder in EMBEDDERS and embedder.endswith(OWN)
    corpus = sorted({text for text in reviews["text"].to_pylist() if text}) if own else []
    model = _model(found, current, history, settings, decided, corpus)
    view, place = applied(model, decided, live=live(history, month))
    earlier = set(sorted(set(found.month) - {month})[-window:])
    before = found.rows(i for i, m in enumerate(found.month) if m in earlier)
    spoken = [_assigned(part, model, place, settings, spread) for part in (current, before)]
    index, similarity = spoken[0]
    log.info(
        "%d topics in %s; %d of %d mentions without one",
        len(set(index.tolist()) - {-1}), month, int((index < 0).sum()), len(index),
    )  # fmt: skip
    once = np.array([row for row, _ in _first_rows(current)], np.int64)
    sizes = np.bincount(index[once][index[once] >= 0], minlength=len(view)) if len(once) else np.zeros(len(view), int)
    quotes = [_representatives(current, index, similarity, topic) for topic in range(len(view))]
    codes = guide([*current.aspect, *before.aspect], np.concatenate([index, spoken[1][0]]), len(view))
    table = update(
        history, month=month, model=view, sizes=sizes.tolist(), representatives=quotes, guide=codes, edits=decided
    )
    return TopicResult(
        table, *(_mention_topics(part, view, *said) for part, said in zip((current, before), spoken, strict=True))
    )


def _assigned(
    part: Documents, model: TopicModel, place: NDArray[np.int64], settings: _Settings, spread: Spread | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The place of each mention's topic in the view of `edits.applied`, -1 for none, and its similarity."""
    if spread is None or not len(part):
        index, similarity = assign(model, part.text, folder=settings.cache)
        return place[index], similarity
    folder = str(settings.folder(settings.month).resolve())
    jobs = [(folder, part.text[start : start + _JOB]) for start in range(0, len(part), _JOB)]
    parts = list(spread(assigned_texts, jobs))
    index = np.concatenate([np.frombuffer(found, np.int64) for found, _ in parts])
    return place[index], np.concatenate([np.frombuffer(found, np.float32) for _, found in parts])


@dataclass(frozen=True)
class _Settings:
    month: str
    store: Path
    embedder: str
    max_clauses: int
    min_topic_size: int | None
    most_topics: int | None
    seed: int

    @property
    def cache(self) -> Path:
        return self.store / "embeddings"

    def folder(self, month: str) -> Path:
        return self.store / "models" / month


def _model(
    found: Documents, current: Documents, history: pa.Table | None, settings: _Settings, edits: Edits,
    corpus: Sequence[str],
) -> TopicModel:  # fmt: skip
    """The month's model: the stored one where its inputs are unchanged, else made and stored."""
    earlier = _earlier_model(settings)
    own = settings.folder(settings.month)
    touched = sorted(edits.touched & set(() if earlier is None else earlier.topic_ids))
    inputs = _inputs(found, earlier, history, settings, [*touched, _digest(corpus)] if corpus else touched)
    if inputs_of(own) == inputs:
        return load_model(own)
    known = known_of(earlier) if earlier is not None else known_from(_before(history, settings.month))
    before = _before(history, settings.month)
    free = next_number(known.topic_ids, [] if before is None else before["topic_id"].to_pylist())
    model = None
    if earlier is not None:
        settled = dataclasses.replace(earlier, events=("kept",) * len(earlier), parents=((),) * len(earlier))
        model = extend(settled, current.once().text, month=settings.month, folder=settings.cache, next_id=free)
        if model.n_fit >= _ENOUGH and _outgrown(model, found, settings):
            everything = sample(found, most=settings.max_clauses, seed=settings.seed)
            model = extend(
                model, everything, month=settings.month, folder=settings.cache, next_id=free + len(model) - len(settled),
                share=_GROWN_SHARE, strict=True,
            )  # fmt: skip
            model = dataclasses.replace(model, n_fit=len(set(everything)))
    if model is None or _useless(model, found, settings):
        fresh = fit(
            sample(found, most=settings.max_clauses, seed=settings.seed),
            embedder=settings.embedder, seed=settings.seed, max_clauses=settings.max_clauses,
            min_topic_size=settings.min_topic_size, most_topics=settings.most_topics, corpus=corpus,
            folder=settings.cache,
        )  # fmt: skip
        if model is None or len(fresh):  # topics are not given up for none
            model = match(known, _dated(fresh, found, settings), month=settings.month, next_id=free)
            model = model if earlier is None else carried(model, earlier, touched)
    save_model(model, own, inputs=inputs)
    return model


def _earlier_model(settings: _Settings) -> TopicModel | None:
    """The model of the newest month before this one, if it was made with the settings asked for."""
    folders = sorted(
        p for p in (settings.store / "models").glob("*") if p.name < settings.month and inputs_of(p) is not None
    )
    if not folders:
        return None
    model = load_model(folders[-1])
    if (model.seed, model.most_topics) != (settings.seed, settings.most_topics) or (
        model.place or model.embedder
    ) not in (
        settings.embedder,
        os.path.abspath(settings.embedder),
    ):
        return None
    return model if not model.place or model.embedder_version == embedder_of(model.place).version else None


def _inputs(
    found: Documents, earlier: TopicModel | None, history: pa.Table | None, settings: _Settings, others: list[str]
) -> str:
    """A hash of all that a month's model depends on; `others` among it."""
    before = _before(history, settings.month)
    known = [] if before is None else sorted(set(before["topic_id"].to_pylist()))
    values = [
        settings.month, _named(settings.embedder), settings.max_clauses, settings.min_topic_size, settings.most_topics,
        settings.seed, earlier.version if earlier is not None else "", found.digest(), known, others,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\x1e".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _named(embedder: str) -> str:
    """What stands for the embedder: its name, or for a folder a hash of its files, wherever it lies."""
    return embedder_of(embedder).version if "/" in embedder else embedder


def _before(history: pa.Table | None, month: str) -> pa.Table | None:
    if history is None:
        return None
    return history.filter(pa.array([m < month for m in history["month"].to_pylist()], pa.bool_()))


def _outgrown(model: TopicModel, found: Documents, settings: _Settings) -> bool:
    """Whether there are so many more clauses than `model` saw that it should look through all of them again."""
    return min(len(set(found.text)), settings.max_clauses) >= _GROWN * max(model.n_fit, 1)


def _useless(model: TopicModel, found: Documents, settings: _Settings) -> bool:
    """Whether `model` saw too little to begin with, or knows too little of the newest clauses, to go on with.

    Those are the clauses of the month, and of the months before it until there are a hundred.
    """
    available = min(len(set(found.text)), settings.max_clauses)
    if len(model) == 0:
        return available > model.n_fit
    if model.n_fit < _ENOUGH:
        return available >= _GROWN * model.n_fit
    months = sorted(set(found.month), reverse=True)
    newest: list[str] = []
    while months and len(newest) < _ENOUGH:
        month = months.pop(0)
        newest += [text for text, of in zip(found.text, found.month, strict=True) if of == month]
    if len(newest) < _ENOUGH:
        return False
    index, _ = assign(model, newest, folder=settings.cache)
    return bool((index < 0).mean() > _MOST_WITHOUT)


def _dated(model: TopicModel, found: Documents, settings: _Settings) -> TopicModel:
    """`model` with the month in which each topic was first seen: the first with three clauses of it."""
    once = found.once()
    index, _ = assign(model, once.text, folder=settings.cache)
    seen: dict[int, dict[str, int]] = {}
    for topic, month in zip(index.tolist(), once.month, strict=True):
        counts = seen.setdefault(topic, {})
        counts[month] = counts.get(month, 0) + 1
    born = tuple(
        min((m for m, n in seen.get(topic, {}).items() if n >= _SEEN), default=settings.month)
        for topic in range(len(model))
    )
    return dataclasses.replace(model, born=born)


def _first_rows(current: Documents) -> list[tuple[int, int]]:
    first: dict[int, int] = {}
    for row, clause in enumerate(current.clause):
        first.setdefault(clause, row)
    return sorted((row, clause) for clause, row in first.items())


def _representatives(
    current: Documents, index: NDArray[np.int64], similarity: NDArray[np.float32], topic: int
) -> list[str]:
    """Up to three reviews, by different words, of the clauses nearest to the topic."""
    rows = np.flatnonzero(index == topic)
    order = sorted(rows.tolist(), key=lambda row: (-float(similarity[row]), current.mention_id[row]))
    chosen: dict[str, str] = {}
    for row in order:
        if current.review_id[row] not in chosen and current.text[row] not in chosen.values():
            chosen[current.review_id[row]] = current.text[row]
        if len(chosen) == _REPRESENTATIVES:
            break
    return list(chosen)


def _mention_topics(
    current: Documents, model: TopicModel, index: NDArray[np.int64], similarity: NDArray[np.float32]
) -> pa.Table:
    ids = [model.topic_ids[i] if i >= 0 else None for i in index.tolist()]
    columns = [pa.array(current.mention_id), pa.array(current.month), pa.array(ids, pa.string()), pa.array(similarity)]
    table = pa.Table.from_arrays(columns, names=MENTION_TOPICS.names) if len(current) else empty("mention_topics")
    return conform(table, MENTION_TOPICS)
