"""A topic model as data: where each topic lies, how near a clause has to be, and what the topic is called.

Assignment is one function for fitted and for new clauses: the vector relative to the centre of all complaints, scaled
by the spread within topics (shrunk as in Ledoit and Wolf 2004), compared with the centroids by cosine. The spread
matters: directions in which the clauses of one topic differ anyway (a person, a number, politeness) count for less.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save
from threadpoolctl import threadpool_limits

from voc.errors import InputError
from voc.topics.cluster import Labels, by_weight, centroids, groups, linked
from voc.topics.describe import Terms, describe
from voc.topics.embed import Embedder, Vectors, clean, embed, restored, unit, write
from voc.topics.embed import embedder as embedder_of

log = logging.getLogger(__name__)

MAX_CLAUSES = 50_000
#: At most this share of the fitted clauses stays without a topic.
MOST_OUTLIERS = 0.15
_KEPT_MEMBERS, _SURE_MEMBERS = 0.98, 0.75
#: So many clauses weigh as much as the origin in the centre: a handful has no centre of its own.
_CENTRE_PRIOR = 200
#: Clauses of a new kind are few and varied: they may be less alike than those of a fitted topic, by the first factor,
#: but then have to stay away from each topic there is, by the second.
_LOOSE, _APART = 0.56, 0.8
#: A topic has one in 120 of the clauses; groups of `most_topics` are joined from some six as many.
_SHARE, _LEAVES = 120, 6
_BLOCK, _FORMAT = 50_000, 1


@dataclass(frozen=True)
class TopicModel:
    """k topics in a space of d dimensions. `version` is a hash of everything else.

    centre (d,), whitener (d, d), centroids (k, d) unit vectors after both; anchors (k, d) unit vectors before the whitener,
    comparable between models of one embedder; threshold: least cosine similarity; doubt: what three in four members of dense
    groups reach; born: the month in which a topic was first seen, "" where months play no part; n_fit: distinct clauses that
    the model was fitted on; most_topics: how many it was to have at most; place: where the folder of the embedder is, "" for
    one with a name (it is no part of the version).
    """

    embedder: str
    embedder_version: str
    centre: Vectors
    whitener: Vectors
    centroids: Vectors
    anchors: Vectors
    threshold: float
    doubt: float
    min_topic_size: int
    seed: int
    n_fit: int
    topic_ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    terms: tuple[Terms, ...] = ()
    representatives: tuple[tuple[str, ...], ...] = ()
    born: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    parents: tuple[tuple[str, ...], ...] = ()
    state: MappingProxyType[str, NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))
    place: str = ""
    most_topics: int | None = None

    @property
    def version(self) -> str:
        return hashlib.sha256(_arrays(self) + _settings(self)).hexdigest()

    def __len__(self) -> int:
        return len(self.topic_ids)

    def encoder(self) -> Embedder:
        """What its vectors were made with. Raises InputError for a folder whose files are others by now."""
        found = restored(self.place or self.embedder, dict(self.state))
        if self.place and found.version != self.embedder_version:
            raise InputError(
                f"is {found.version} by now, the topic model was made with {self.embedder_version}", path=self.place
            )
        return found


def fit(
    texts: Sequence[str],
    *,
    embedder: str = "use",
    seed: int = 0,
    max_clauses: int = MAX_CLAUSES,
    min_topic_size: int | None = None,
    most_topics: int | None = None,
    corpus: Sequence[str] = (),
    folder: Path | None = None,
) -> TopicModel:
    """Find the topics of clauses.

    At most `max_clauses` distinct texts take part, drawn by a hash of text and seed. A topic has at least
    `min_topic_size` clauses (default: one in 120 of the distinct ones, at least 10; with less than 200 one in 20, at least 3).
    With `most_topics`, groups of at least a sixth of what each would have on average are joined until there are so many.
    `corpus` holds what an embedder with word vectors of its own learns them from, best whole reviews; default `texts`.
    `folder` holds the cache of embeddings. Topics are numbered T0001, ... by size. No clause, or none with a word,
    gives a model without topics and a line in the log. Raises UnknownName, MissingExtra.
    """
    counts = Counter(text for text in clean(texts) if any(char.isalnum() for char in text))
    distinct = sorted(counts)
    if len(distinct) > max_clauses:
        distinct = sorted(sorted(distinct, key=lambda text: _draw(text, seed))[:max_clauses])
    weights = np.array([counts[text] for text in distinct], np.int64)
    by = embedder_of(embedder, texts=distinct, seed=seed, corpus=clean(corpus) or sorted(counts), folder=folder)
    vectors = embed(distinct, by, folder=folder)
    share = _SHARE if most_topics is None else _LEAVES * most_topics
    size = min_topic_size or max(3, min(10, int(weights.sum()) // 20), len(distinct) // share)
    centre = _centre(vectors)
    around = unit(vectors - centre) if len(distinct) else vectors
    labels = np.zeros(0, np.int32)
    if distinct:
        labels = groups(around, weights, seed=seed, min_size=size, alike=by.alike, most=most_topics, views=by.views)
    empty = TopicModel(
        by.name, by.version, centre, np.eye(len(centre), dtype=np.float32), np.zeros((0, len(centre)), np.float32),
        np.zeros((0, len(centre)), np.float32), 1.0, 1.0, size, seed, len(distinct), state=MappingProxyType(by.state),
        place=os.path.abspath(embedder) if by.name != embedder else "", most_topics=most_topics,
    )  # fmt: skip
    if labels.max(initial=-1) < 0:
        log.warning("no topics: %d clauses (%d distinct) hold no group of %d", weights.sum(), len(distinct), size)
        return empty
    return _placed(empty, distinct, weights, around, labels, by=by)


def extend(
    model: TopicModel, texts: Sequence[str], *, month: str, folder: Path | None = None, next_id: int = 1,
    share: float = 1 / 100, strict: bool = False,
) -> TopicModel:  # fmt: skip
    """`model` with the topics that it lacks, found among the clauses that it knows no topic for, or is in doubt about.

    The topics that it has stay as they are. A new one weighs at least `min_topic_size` clauses and `share` of `texts`, and
    is not alike to any topic there is. `strict` ones form among clauses without any topic only, and are as dense as fitted
    ones. Its id counts on from `next_id`. Without one, `model` itself.
    """
    counts = Counter(text for text in clean(texts) if any(char.isalnum() for char in text))
    distinct = sorted(counts)
    if not len(model) or not distinct:
        return model
    weights = np.array([counts[text] for text in distinct], np.int64)
    by = model.encoder()
    around = unit(embed(distinct, by, folder=folder) - model.centre)
    index, similarity = _nearest(around, model)
    labels = np.where(similarity >= np.float32(model.threshold), index, -1).astype(np.int32)
    rest = np.flatnonzero(similarity < np.float32(model.threshold if strict else max(model.doubt, model.threshold)))
    size = max(model.min_topic_size, math.ceil(weights.sum() * share))
    found = linked(around[rest], weights[rest], min_size=size, alike=(1.0 if strict else _LOOSE) * by.alike)
    if found.max(initial=-1) >= 0:
        novel = (centroids(around[rest], found) @ model.anchors.T).max(axis=1) < _APART * by.alike
        found = by_weight(np.where((found >= 0) & novel[found], found, -1).astype(np.int32), weights[rest])
    if found.max(initial=-1) < 0:
        return model
    labels[rest] = np.where(found >= 0, found + len(model), labels[rest])
    terms, names = describe(distinct, around, labels, by=by, centre=model.centre, taken=model.labels)
    fresh = [t for t in range(len(model), int(labels.max()) + 1) if names[t]]
    anchors = centroids(around, labels)[fresh]
    added = dataclasses.replace(
        model,
        anchors=np.vstack([model.anchors, anchors]),
        centroids=np.vstack([model.centroids, unit(anchors @ model.whitener)]),
        topic_ids=(*model.topic_ids, *(f"T{next_id + i:04d}" for i in range(len(fresh)))),
        labels=(*model.labels, *(names[t] for t in fresh)),
        terms=(*model.terms, *(terms[t] for t in fresh)),
        representatives=(*model.representatives, *(_typical(distinct, around, labels, t) for t in fresh)),
        born=(*model.born, *(month for _ in fresh)),
        events=(*model.events, *("new" for _ in fresh)),
        parents=(*model.parents, *(() for _ in fresh)),
    )
    return added if fresh else model


def assign(
    model: TopicModel, texts: Sequence[str], *, folder: Path | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The topic of each clause and its cosine similarity to it, both (n,); -1 where none is as near as the threshold.

    Each row depends on its own text alone, and at most 50,000 texts are held as vectors at a time. The similarity of a row
    without topic is that to the nearest one.
    """
    index, similarity = np.full(len(texts), -1, np.int64), np.zeros(len(texts), np.float32)
    if not len(model) or not len(texts):
        return index, similarity
    by = model.encoder()
    for start in range(0, len(texts), _BLOCK):
        rows = slice(start, start + _BLOCK)
        vectors = embed(clean(texts[rows]), by, folder=folder)
        present = np.linalg.norm(vectors, axis=1) > 0
        near, alike = _nearest(unit(vectors - model.centre), model)
        similarity[rows] = np.where(present, alike, 0)
        index[rows] = np.where(present & (similarity[rows] >= np.float32(model.threshold)), near, -1)
    return index, similarity


def save_model(model: TopicModel, folder: Path, *, inputs: str = "") -> None:
    """Write `model.safetensors` and `model.json`; the latter last, and with the hash of the former.

    `inputs` names what the model was made from, for `inputs_of`.
    """
    arrays = _arrays(model)
    write(folder / "model.safetensors", arrays)
    settings = json.loads(_settings(model))
    place = os.path.relpath(model.place, folder) if model.place else ""
    settings |= {
        "sha256": hashlib.sha256(arrays).hexdigest(),
        "version": model.version,
        "inputs": inputs,
        "place": place,
    }
    write(folder / "model.json", (json.dumps(settings, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def load_model(folder: Path) -> TopicModel:
    """The model in `folder`. Raises InputError when there is none, or its two files do not belong together."""
    settings, arrays = folder / "model.json", folder / "model.safetensors"
    if not settings.is_file() or not arrays.is_file():
        raise InputError(f"no topic model in {folder}: model.json and model.safetensors are needed")
    values = json.loads(settings.read_text("utf-8"))
    if values.pop("format", None) != _FORMAT:
        raise InputError(f"a topic model of another format; this version reads format {_FORMAT}", path=settings)
    if hashlib.sha256(arrays.read_bytes()).hexdigest() != values.pop("sha256"):
        raise InputError("does not match the hash in model.json", path=arrays)
    del values["version"], values["inputs"]
    values["place"] = os.path.abspath(folder / values["place"]) if values.get("place") else ""
    stored = load_file(arrays)
    values |= {name: stored.pop(name) for name in ("centre", "whitener", "centroids", "anchors")}
    for name in ("topic_ids", "labels", "born", "events"):
        values[name] = tuple(values[name])
    for name in ("representatives", "parents"):
        values[name] = tuple(tuple(row) for row in values[name])
    values["terms"] = tuple(tuple((term, weight) for term, weight in row) for row in values["terms"])
    return TopicModel(**values, state=MappingProxyType(stored))


def inputs_of(folder: Path) -> str | None:
    """What the model in `folder` was made from, or None where there is no whole model."""
    try:
        values = json.loads((folder / "model.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return str(values["inputs"]) if values.get("format") == _FORMAT else None


def _centre(vectors: Vectors) -> Vectors:
    if not len(vectors):
        return np.zeros(vectors.shape[-1] if vectors.ndim > 1 else 1, np.float32)
    mean = vectors.mean(axis=0, dtype=np.float64) * (len(vectors) / (len(vectors) + _CENTRE_PRIOR))
    return np.asarray(mean, np.float32)


def _placed(
    model: TopicModel,
    texts: Sequence[str],
    weights: NDArray[np.int64],
    around: Vectors,
    labels: Labels,
    *,
    by: Embedder,
) -> TopicModel:
    """`model` with the topics of `labels`: where they lie, how near is near enough, and their names."""
    terms, names = describe(texts, around, labels, by=by, centre=model.centre)
    kept = [t for t, name in enumerate(names) if name]
    number = {t: i for i, t in enumerate(kept)}
    labels = np.array([number.get(int(t), -1) for t in labels], np.int32)
    if not kept:
        log.warning("no topics: the clauses hold no word that could name one")
        return model
    placed = dataclasses.replace(
        _laid_out(model, around, labels), topic_ids=tuple(f"T{i + 1:04d}" for i in range(len(kept))),
        labels=tuple(names[t] for t in kept), terms=tuple(terms[t] for t in kept), born=("",) * len(kept),
        events=("new",) * len(kept), parents=((),) * len(kept),
    )  # fmt: skip
    index, similarity = _held_out(placed, texts, around, labels)
    threshold, doubt = _thresholds(similarity, labels == index, weights, model.most_topics is not None)
    index, similarity = _nearest(around, placed)
    threshold = max(0.0, min(threshold, round(_bearable(similarity, weights), 4)))
    near = np.where(similarity >= np.float32(threshold), index, -1).astype(np.int32)
    return dataclasses.replace(
        placed,
        threshold=threshold,
        doubt=doubt,
        representatives=tuple(_typical(texts, around, near, t) for t in range(len(kept))),
    )


def _nearest(around: Vectors, model: TopicModel) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    with threadpool_limits(1):
        alike = np.round(unit(around @ model.whitener) @ model.centroids.T, 4)
    index = alike.argmax(axis=1)
    return index.astype(np.int64), alike[np.arange(len(alike)), index].astype(np.float32)


def _laid_out(model: TopicModel, around: Vectors, labels: Labels) -> TopicModel:
    """`model` with the whitener, the anchors and the centroids of the topics of `labels`."""
    anchors = centroids(around, labels)
    whitener = _whitener(around, labels, anchors)
    with threadpool_limits(1):
        scaled = unit(around @ whitener)
    return dataclasses.replace(model, whitener=whitener, anchors=anchors, centroids=centroids(scaled, labels))


def _held_out(
    model: TopicModel, texts: Sequence[str], around: Vectors, labels: Labels
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """`_nearest` of each row by topics laid out from the other half of the texts, as it will be for clauses to come.

    A topic with less than three members in the other half is left as it is in `model`.
    """
    half = np.array([_draw(text, model.seed)[0] % 2 for text in texts], np.int64)
    index, similarity = np.empty(len(texts), np.int64), np.empty(len(texts), np.float32)
    for part in (0, 1):
        own, other = half == part, half != part
        members = np.bincount(labels[other & (labels >= 0)], minlength=len(model))
        laid = model
        if own.any() and members.sum() >= 2 * len(model):
            laid = _laid_out(model, around[other], labels[other])
            spare = unit(model.anchors @ laid.whitener)
            common = members[: len(laid.centroids)] >= 3
            spare[: len(common)][common] = laid.centroids[common]
            laid = dataclasses.replace(laid, centroids=spare)
        if own.any():
            index[own], similarity[own] = _nearest(around[own], laid)
    return index, similarity


def _thresholds(
    similarity: Vectors, member: NDArray[np.bool_], weights: NDArray[np.int64], broad: bool
) -> tuple[float, float]:
    """The least similarity that gives a topic, and that under which it is doubtful; both from held-out similarities.

    98% of the members of dense groups reach the first, unless 15% of all clauses would not; 75% of them the second.
    A few `broad` topics lie so far apart that any clause is near to one in some way: there 15% stay out.
    """
    core, sure = np.quantile(similarity[member], [1 - _KEPT_MEMBERS, 1 - _SURE_MEMBERS]) if member.any() else (0.0, 0.0)
    threshold = round(float(max(0.0, min(np.inf if broad else core, _bearable(similarity, weights)))), 4)
    return threshold, max(threshold, round(float(sure), 4))


def _bearable(similarity: Vectors, weights: NDArray[np.int64]) -> float:
    """The highest threshold that leaves no more than 15% of the clauses without a topic."""
    order = np.argsort(similarity, kind="stable")
    below = np.cumsum(weights[order]) <= MOST_OUTLIERS * weights.sum()
    return float(similarity[order[min(int(below.sum()), len(order) - 1)]])


def _whitener(around: Vectors, labels: Labels, anchors: Vectors) -> Vectors:
    """The inverse square root of the spread within topics, shrunk towards a sphere by Ledoit and Wolf's rule."""
    from sklearn.covariance import ledoit_wolf

    inside = labels >= 0
    residual = (around[inside] - anchors[labels[inside]]).astype(np.float64)
    if len(residual) < 2 or not np.abs(residual).max() > 1e-6:
        return np.eye(around.shape[1], dtype=np.float32)
    with threadpool_limits(1):
        spread, _ = ledoit_wolf(residual, assume_centered=True)
        values, axes = np.linalg.eigh(spread / np.trace(spread) * len(spread))
        return np.asarray((axes / np.sqrt(np.maximum(values, 1e-3))) @ axes.T, np.float32)


def _typical(texts: Sequence[str], around: Vectors, labels: Labels, topic: int, most: int = 3) -> tuple[str, ...]:
    """The clauses nearest to the centroid of `topic`."""
    rows = np.flatnonzero(labels == topic)
    if len(rows) == 0:
        return ()
    mean = unit(around[rows].mean(axis=0, keepdims=True))[0]
    order = np.argsort(-np.round(around[rows] @ mean, 4), kind="stable")
    return tuple(texts[rows[i]] for i in order[:most])


def _draw(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _arrays(model: TopicModel) -> bytes:
    own = {name: np.ascontiguousarray(getattr(model, name)) for name in ("centre", "whitener", "centroids", "anchors")}
    return bytes(save(own | {name: np.ascontiguousarray(array) for name, array in model.state.items()}))


def _settings(model: TopicModel) -> bytes:
    arrays = {"centre", "whitener", "centroids", "anchors", "state", "place"}
    values = {f.name: getattr(model, f.name) for f in dataclasses.fields(model) if f.name not in arrays}
    return json.dumps({"format": _FORMAT, **values}, ensure_ascii=False, sort_keys=True).encode()
