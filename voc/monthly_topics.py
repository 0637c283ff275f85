"""The step of the monthly job that finds topics: what it is made from, and the tables that it writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import voc
from voc import issues as ranking_room
from voc.engines import Engine
from voc.issues import counts
from voc.lake import Lake
from voc.schemas import empty
from voc.workspace import Workspace, digest

_QUOTES = 5


def topics(
    work: Workspace, *, month: str, engine: Engine | None = None, ask: Callable[[str], str] | None = None
) -> bool:
    """Topics of the month's complaint and request clauses. False when they were up to date. Raises MissingExtra.

    `engine` spreads the assignment of clauses; without it everything is done here. `ask` names topics; without it the
    service of `[topics] names_url` does, if there is one.
    """
    from voc import topics as topic_room  # its libraries are an extra and slow to import

    lake, settings = work.lake, work.config.topics
    if lake.made_from("topics", month) == _inputs(work, month):
        return False
    ask = ask or (topic_room.client(settings.names_url, settings.names_model) if settings.names_url else None)
    result = _found(work, month, topic_room, engine)
    if ask is not None and _suggested(work, month, result, topic_room, ask):
        result = _found(work, month, topic_room, engine)
    lake.replace_month("topics", month, result.topics)
    lake.replace_month("mention_topics", month, result.mention_topics)
    lake.replace_month("topic_history", month, _history(work, month, result.history))
    lake.record("topics", month, _inputs(work, month))
    return True


def shown(lake: Lake, month: str) -> pa.Table | None:
    """The month's MENTION_TOPICS without muted topics; None where the month has none."""
    if month not in lake.months("mention_topics"):
        return None
    return ranking_room.shown(lake.read("mention_topics", months=[month]), lake.read("topics", months=[month]))


def names(lake: Lake) -> dict[str, str]:
    """The newest name of every topic that there was, by id."""
    rows = lake.read("topics", columns=["month", "topic_id", "label"]).to_pylist()
    return {row["topic_id"]: row["label"] for row in sorted(rows, key=lambda row: str(row["month"]))}


def _inputs(work: Workspace, month: str) -> str:
    lake = work.lake
    made_of = [(lake.fingerprint("mentions", m), lake.fingerprint("reviews", m)) for m in _months(work, month)]
    counted = (lake.fingerprint("skus"), work.config.nlp.min_confidence, work.config.ranking.history)
    return digest(
        work.config.topics.model_dump(), voc.__version__, made_of, lake.fingerprint("topic_edits"), counted
    )  # fmt: skip


def _months(work: Workspace, month: str) -> list[str]:
    """`month` and as many annotated months before it as changes are looked for in."""
    return [m for m in work.lake.months("mentions") if m <= month][-work.config.ranking.history - 1 :]


def _found(work: Workspace, month: str, topic_room: Any, engine: Engine | None) -> Any:
    lake, settings, months = work.lake, work.config.topics, _months(work, month)
    return topic_room.topics_for_month(
        lake.read("mentions", months=months),
        lake.read("reviews", months=months, columns=["review_id", "month", "text", "flags", "duplicate_of", "lang"]),
        month=month,
        history=lake.read("topics", months=[m for m in lake.months("topics") if m < month]),
        edits=lake.read("topic_edits"),
        store=lake.root / "_topics",
        embedder=str(work.folder / settings.embedder) if "/" in settings.embedder else settings.embedder,
        max_clauses=settings.max_clauses,
        most_topics=settings.most_topics,
        seed=settings.seed,
        window=work.config.ranking.history,
        spread=None if engine is None else engine.map,
    )


def _suggested(work: Workspace, month: str, result: Any, topic_room: Any, ask: Callable[[str], str]) -> bool:
    """Ask for names of the topics that nobody named yet and keep those that hold; False where there were none.

    They are kept as decisions, so that a topic is asked for once and a report can be made again.
    """
    lake = work.lake
    edits = lake.read("topic_edits")
    done = {row["topic_id"] for row in edits.to_pylist() if row["edit"] in ("name", "suggested")}
    rows = [r for r in result.topics.to_pylist() if r["topic_id"] not in done and r["size"] and r["state"] != "muted"]
    quotes = _clauses(lake, month, result.mention_topics)
    unnamed = [
        topic_room.Unnamed(r["topic_id"], [t["term"] for t in r["terms"] or []], quotes.get(r["topic_id"], []))
        for r in rows
    ]
    found = topic_room.named(unnamed, ask)
    known = {r["topic_id"] for r in rows}
    for topic_id, name in sorted(found.items()):
        edits = topic_room.edited(edits, topic_id, "suggested", name, known=known, who=work.config.topics.names_model)
    return bool(found) and lake.replace("topic_edits", edits)


def _clauses(lake: Lake, month: str, assigned: pa.Table) -> dict[str, list[str]]:
    """Up to five different clauses of each topic, the nearest first; masked, as reviews are stored."""
    mentions = lake.read("mentions", months=[month], columns=["mention_id", "review_id", "start", "end"]).to_pylist()
    reviews = lake.read("reviews", months=[month], columns=["review_id", "text"])
    texts = dict(zip(*(reviews[name].to_pylist() for name in ("review_id", "text")), strict=True))
    clause = {m["mention_id"]: texts.get(m["review_id"], "")[m["start"] : m["end"]] for m in mentions}
    out: dict[str, list[str]] = {}
    for row in assigned.sort_by([("similarity", "descending"), ("mention_id", "ascending")]).to_pylist():
        said = out.setdefault(row["topic_id"], []) if row["topic_id"] is not None else []
        text = clause[row["mention_id"]]
        if text and text not in said and len(said) < _QUOTES:
            said.append(text)
    return out


def _history(work: Workspace, month: str, assigned: pa.Table) -> pa.Table:
    """The counts of the topics that complaints of the months before `month` are `assigned` to."""
    lake, minimum = work.lake, work.config.nlp.min_confidence
    skus = lake.read("skus")
    parts = [empty("topic_history")]
    for said in sorted(set(assigned["month"].to_pylist())):
        reviews = lake.read("reviews", months=[said], columns=(*counts.REVIEW_COLUMNS, "duplicate_of"))
        mentions = lake.read("mentions", months=[said], columns=counts.MENTION_COLUMNS)
        own = assigned.filter(pc.equal(assigned["month"], said))
        found = ranking_room.topic_facts(own, mentions, reviews, skus=skus, confidence=minimum)
        parts.append(ranking_room.as_history(found, month))
    return pa.concat_tables(parts)
