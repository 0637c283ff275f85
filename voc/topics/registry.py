"""The identity of topics over the months.

A topic keeps its id for as long as a model of a later month knows it. When a month's model extends the last one, ids
carry over by construction. When topics are fitted anew, each new topic is matched to at most one known topic, by the
cosine of their centroids and of their terms, so that the sum of similarities is largest (the assignment problem, Kuhn
1955); what is left over was split off, merged, is gone, or is new.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from voc.schemas import TOPICS, conform, empty
from voc.topics.describe import Terms
from voc.topics.edits import PINNED, Edits
from voc.topics.embed import Vectors, unit
from voc.topics.model import TopicModel
from voc.topics.picture import kin, places

#: Mean of the two cosines from which two topics are the same one.
SAME = 0.6
#: Terms alone, where no centroid is at hand, have to agree less: c-TF-IDF weights move with the sample.
SAME_TERMS = 0.35
_LATELY, _EXPECTED = 6, 3
_UNEDITED = Edits()
Guide = tuple[list[tuple[str, float]], str | None]


@dataclass(frozen=True)
class Known:
    """Topics by id: their terms and, where the model that knew them is at hand, their centroids (k, d)."""

    topic_ids: tuple[str, ...]
    terms: tuple[Terms, ...]
    born: tuple[str, ...]
    anchors: Vectors | None = None
    embedder_version: str = ""


def known_of(model: TopicModel) -> Known:
    return Known(model.topic_ids, model.terms, model.born, model.anchors, model.embedder_version)


def known_from(history: pa.Table | None) -> Known:
    """The topics of a TOPICS table by their newest rows, those that are gone left out."""
    newest: dict[str, dict[str, object]] = {}
    first: dict[str, str] = {}
    rows = [] if history is None else history.sort_by([("month", "ascending"), ("topic_id", "ascending")]).to_pylist()
    for row in rows:
        newest[row["topic_id"]] = row
        first.setdefault(row["topic_id"], row["month"])
    ids = tuple(sorted(i for i, row in newest.items() if row["event"] != "gone"))
    terms = tuple(tuple((t["term"], t["score"]) for t in newest[i]["terms"] or ()) for i in ids)  # type: ignore[attr-defined]
    return Known(ids, terms, tuple(first[i] for i in ids))


def match(known: Known, fresh: TopicModel, *, month: str, next_id: int) -> TopicModel:
    """`fresh` with the ids of the `known` topics that it found again; others get new ids from `next_id` on.

    Each topic gets its event in `month`: kept; split (a second topic as near to a known one, its parent); merged (the
    parents are the known topics that went into it); new. `born` of a kept topic is that of the known one.
    """
    k, n = len(fresh), len(known.topic_ids)
    alike, same = _similarity(known, fresh)
    rows, columns = linear_sum_assignment(-alike) if k and n else (np.zeros(0, int), np.zeros(0, int))
    own = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if alike[r, c] >= same}
    matched = set(own.values())
    parents: list[list[str]] = [[] for _ in range(k)]
    events = ["kept" if t in own else "new" for t in range(k)]
    ids = [known.topic_ids[own[t]] if t in own else "" for t in range(k)]
    born = [known.born[own[t]] if t in own else (fresh.born[t] or month) for t in range(k)]
    for column in range(n):  # a known topic without a successor of its own went into the nearest, or is gone
        if (
            k
            and column not in matched
            and (best := int(alike[:, column].argmax())) in own
            and alike[best, column] >= same
        ):
            events[best] = "merged"
            parents[best].append(known.topic_ids[column])
    for topic in range(k):
        if topic in own:
            continue
        best = int(alike[topic].argmax()) if n else 0
        if n and alike[topic, best] >= same:
            events[topic], parents[topic] = "split", [known.topic_ids[best]]
        ids[topic] = f"T{next_id:04d}"
        next_id += 1
    return dataclasses.replace(
        fresh, topic_ids=tuple(ids), born=tuple(born), events=tuple(events), parents=tuple(map(tuple, parents))
    )


def carried(model: TopicModel, earlier: TopicModel, touched: Collection[str]) -> TopicModel:
    """`model` with those topics of `earlier` that people decided about and that it has no successor of.

    Their places are those that they had: the spaces of two models of one embedder differ by a little shift of the centre.
    Without the same embedder there is nothing to carry.
    """
    lost = [t for t, i in enumerate(earlier.topic_ids) if i in touched and i not in model.topic_ids]
    if not lost or earlier.embedder_version != model.embedder_version or not len(model):
        return model
    anchors = earlier.anchors[lost]
    return dataclasses.replace(
        model, anchors=np.vstack([model.anchors, anchors]),
        centroids=np.vstack([model.centroids, unit(anchors @ model.whitener)]),
        topic_ids=(*model.topic_ids, *(earlier.topic_ids[t] for t in lost)),
        labels=(*model.labels, *(earlier.labels[t] for t in lost)), terms=(*model.terms, *(earlier.terms[t] for t in lost)),
        representatives=(*model.representatives, *(earlier.representatives[t] for t in lost)),
        born=(*model.born, *(earlier.born[t] for t in lost)), events=(*model.events, *("kept" for _ in lost)),
        parents=(*model.parents, *(() for _ in lost)),
    )  # fmt: skip


def update(
    previous: pa.Table | None,
    *,
    month: str,
    model: TopicModel,
    sizes: Sequence[int],
    representatives: Sequence[Sequence[str]],
    guide: Sequence[Guide] | None = None,
    edits: Edits = _UNEDITED,
) -> pa.Table:
    """The TOPICS rows of `month`, sorted by id: a row per topic with a clause in it, and one per topic that is gone.

    `model` is the view that `edits.applied` gives. `sizes`, `representatives` (review ids) and `guide` (`picture.guide`) are
    in its order, the first two of the month. `previous` holds rows of other months; those of `month` and later play no
    part. A topic is gone when it had three clauses a month lately and has none now; the row then carries its last label
    and terms, and size 0. One that was rarer has no row. A pinned topic always has one, and is never gone.
    """
    at = places(model.anchors)
    near = kin(model.anchors, np.array(sizes, np.int64))
    rows = []
    for topic, topic_id in enumerate(model.topic_ids):
        if sizes[topic] or edits.states.get(topic_id) == PINNED:
            event = model.events[topic] if model.born[topic] == month or model.events[topic] != "new" else "kept"
            shares, within = ([], None) if guide is None else guide[topic]
            rows.append(
                {
                    "topic_id": topic_id, "month": month, "label": model.labels[topic],
                    "terms": [{"term": term, "score": score} for term, score in model.terms[topic]],
                    "size": int(sizes[topic]), "parents": sorted(model.parents[topic]) if event != "kept" else [],
                    "event": event, "representatives": list(representatives[topic]), "model": model.version[:16],
                    "aspects": [{"aspect": code, "share": share} for code, share in shares], "within": within,
                    "born": model.born[topic] or None, "state": edits.states.get(topic_id), "x": float(at[topic, 0]),
                    "y": float(at[topic, 1]), "kin": model.topic_ids[near[topic]],
                }
            )  # fmt: skip
    present = {row["topic_id"] for row in rows}
    absent = {"month": month, "size": 0, "parents": [], "representatives": [], "model": model.version[:16]}
    newest, missed = _missed(previous, month)
    for topic_id in sorted({*missed, *(i for i, state in edits.states.items() if state == PINNED)} - present):
        if topic_id in newest and topic_id not in edits.into:
            state, last = edits.states.get(topic_id), newest[topic_id]
            event = "kept" if state == PINNED else "gone"
            label = edits.names.get(topic_id, last["label"])
            rows.append(last | absent | {"event": event, "state": state, "label": label})
    rows.sort(key=lambda row: str(row["topic_id"]))
    return conform(pa.Table.from_pylist(rows, schema=TOPICS), TOPICS) if rows else empty("topics")


def next_number(*ids: Sequence[str]) -> int:
    """The first number that no id of the form T0001 in `ids` has."""
    numbers = [int(i[1:]) for row in ids for i in row if i[:1] == "T" and i[1:].isdigit()]
    return max(numbers, default=0) + 1


def live(previous: pa.Table | None, month: str) -> set[str]:
    """The ids with a row that is not `gone` in the newest month before `month`."""
    rows = (
        []
        if previous is None
        else [r for r in previous.select(["topic_id", "month", "event"]).to_pylist() if r["month"] < month]
    )
    newest = max((row["month"] for row in rows), default="")
    return {row["topic_id"] for row in rows if row["month"] == newest and row["event"] != "gone"}


def _missed(previous: pa.Table | None, month: str) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The newest row of each topic before `month`, and the ids of those whose absence in `month` says something.

    Those are the topics of the months before it (gone ones left out) with at least three clauses a month on average
    of the six newest: by Poisson's law one of them stays away by chance in less than 5% of months.
    """
    if previous is None or len(previous) == 0:
        return {}, set()
    rows = previous.filter(pc.less(previous["month"], month)).sort_by("month").to_pylist()
    months = sorted({row["month"] for row in rows})[-_LATELY:]
    newest = {row["topic_id"]: row for row in rows}
    sizes: dict[str, int] = {}
    for row in rows:
        if row["month"] in months:
            sizes[row["topic_id"]] = sizes.get(row["topic_id"], 0) + row["size"]
    often = {i for i, row in newest.items() if row["event"] != "gone" and sizes.get(i, 0) >= _EXPECTED * len(months)}
    return newest, often


def _similarity(known: Known, fresh: TopicModel) -> tuple[NDArray[np.float64], float]:
    """Similarities (new, known) in [-1, 1], rounded, and the least one that means the same topic."""
    terms = _terms_alike(fresh.terms, known.terms)
    if known.anchors is None or known.embedder_version != fresh.embedder_version:
        return terms, SAME_TERMS
    return np.round((fresh.anchors.astype(np.float64) @ known.anchors.astype(np.float64).T + terms) / 2, 6), SAME


def _terms_alike(one: Sequence[Terms], other: Sequence[Terms]) -> NDArray[np.float64]:
    words = sorted({term for terms in (*one, *other) for term, _ in terms})
    column = {word: i for i, word in enumerate(words)}
    a, b = _matrix(one, column), _matrix(other, column)
    return np.round(a @ b.T, 6)


def _matrix(rows: Sequence[Terms], column: Mapping[str, int]) -> NDArray[np.float64]:
    out = np.zeros((len(rows), max(1, len(column))))
    for i, terms in enumerate(rows):
        for term, weight in terms:
            out[i, column[term]] = weight
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.where(length > 0, length, 1), np.float64)
