"""What people decide about topics: a name, a topic that one belongs to, pinned or muted. Decisions outlive every model."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voc.errors import UnknownName, WrongUse
from voc.schemas import TOPIC_EDITS, conform, empty
from voc.topics.model import TopicModel

NAME, INTO, STATE, SUGGESTED = "name", "into", "state", "suggested"
PINNED, MUTED = "pinned", "muted"
_LONGEST = 60

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Edits:
    """`names` and `states` by topic id; `into`: where the clauses of a merged topic go, never itself a merged one."""

    names: Mapping[str, str] = field(default_factory=lambda: _NONE)
    into: Mapping[str, str] = field(default_factory=lambda: _NONE)
    states: Mapping[str, str] = field(default_factory=lambda: _NONE)

    @property
    def touched(self) -> frozenset[str]:
        """The ids that somebody decided about: a model that is fitted anew must not lose them."""
        return frozenset((*self.names, *self.into, *self.into.values(), *self.states))

    def final(self, topic_id: str) -> str:
        return self.into.get(topic_id, topic_id)


def edits_of(table: pa.Table | None) -> Edits:
    """TOPIC_EDITS as what they mean; a person's name goes before a suggested one."""
    rows = [] if table is None else table.to_pylist()
    of: dict[str, dict[str, str]] = {edit: {} for edit in (NAME, INTO, STATE, SUGGESTED)}
    for row in rows:
        if row["edit"] not in of:
            raise UnknownName("edit", row["edit"], of, where=f"topic_edits of {row['topic_id']}")
        of[row["edit"]][row["topic_id"]] = row["value"]
    into = {source: _end(of[INTO], source) for source in of[INTO]}
    return Edits(of[SUGGESTED] | of[NAME], into, of[STATE])


def edited(
    table: pa.Table, topic_id: str, edit: str, value: str, *, known: Collection[str], who: str | None = None,
    note: str | None = None,
) -> pa.Table:  # fmt: skip
    """TOPIC_EDITS with one more decision, which replaces the one before it on the same topic.

    Raises UnknownName for a topic that is not in `known`, WrongUse for an empty name or a merge that would go in a circle.
    """
    for name in (topic_id, *((value,) if edit == INTO else ())):
        if name not in known:
            raise UnknownName("topic", name, known)
    if edit in (NAME, SUGGESTED):
        value = " ".join(value.split())[:_LONGEST]
        if not value:
            raise WrongUse(f"topic {topic_id}: a name needs at least one character")
    rows = {(row["topic_id"], row["edit"]): row for row in table.to_pylist()}
    if edit == INTO:
        others = {row["topic_id"]: row["value"] for row in rows.values() if row["edit"] == INTO}
        if value == topic_id or _end(others, value) == topic_id:
            raise WrongUse(f"topic {topic_id} cannot go into {value}: {value} is, or belongs to, {topic_id} itself")
    rows[topic_id, edit] = {"topic_id": topic_id, "edit": edit, "value": value, "who": who, "note": note}
    return _table(rows)


def undone(table: pa.Table, topic_id: str) -> pa.Table:
    """TOPIC_EDITS without any decision on `topic_id`. Raises UnknownName where there is none."""
    rows = {(row["topic_id"], row["edit"]): row for row in table.to_pylist()}
    known = {topic for topic, _ in rows}
    if topic_id not in known:
        raise UnknownName("edited topic", topic_id, known)
    return _table({key: row for key, row in rows.items() if key[0] != topic_id})


def applied(model: TopicModel, edits: Edits, *, live: Collection[str]) -> tuple[TopicModel, NDArray[np.int64]]:
    """`model` as people want to see it, and for each of its topics the place in that view; the last place is -1 for none.

    Merged topics become one with the name and terms of the one that they went into, or of the largest where that one is
    not in the model. The event is `merged` as long as one of them was still on its own in the months before (`live`).
    The view serves for tables; clauses are assigned by the model.
    """
    finals = [edits.final(topic_id) for topic_id in model.topic_ids]
    order = sorted(set(finals), key=lambda i: (finals.index(i), i))
    place = {topic_id: at for at, topic_id in enumerate(order)}
    members = [[t for t, final in enumerate(finals) if final == topic_id] for topic_id in order]
    main = [
        next((t for t in found if model.topic_ids[t] == i), found[0]) for i, found in zip(order, members, strict=True)
    ]
    events, parents = [], []
    for topic_id, found, own in zip(order, members, main, strict=True):
        joined = sorted(
            model.topic_ids[t] for t in found if model.topic_ids[t] != topic_id and model.topic_ids[t] in live
        )
        events.append("merged" if joined else model.events[own])
        parents.append(tuple(joined) or model.parents[own])
    labels = tuple(edits.names.get(i, model.labels[t]) for i, t in zip(order, main, strict=True))
    view = dataclasses.replace(
        model, topic_ids=tuple(order), labels=labels,
        terms=tuple(model.terms[t] for t in main), representatives=tuple(model.representatives[t] for t in main),
        born=tuple(min(model.born[t] for t in found) for found in members), events=tuple(events), parents=tuple(parents),
        anchors=model.anchors[main], centroids=model.centroids[main],
    )  # fmt: skip
    return view, np.array([*(place[final] for final in finals), -1], np.int64)


def _end(into: Mapping[str, str], topic_id: str) -> str:
    """Where `topic_id` ends up; a circle ends at the smallest id in it."""
    seen = [topic_id]
    while (following := into.get(seen[-1])) is not None:
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]


def _table(rows: Mapping[tuple[str, str], Mapping[str, str | None]]) -> pa.Table:
    found = [rows[key] for key in sorted(rows)]
    return conform(pa.Table.from_pylist(found, schema=TOPIC_EDITS), TOPIC_EDITS) if found else empty("topic_edits")
