"""The ranking of a month in the lake: counts of the months that changed, then the ranking and what follows from it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

import voc
from voc import handover, monthly_topics
from voc import issues as ranking_room
from voc.config import Config
from voc.issues import counts
from voc.lake import Lake
from voc.taxonomy import Taxonomy
from voc.workspace import Workspace, digest


def count(work: Workspace) -> list[str]:
    """Facts and exposure of every month whose mentions or reviews changed. Returns those months."""
    lake = work.lake
    remade = []
    for month in lake.months("reviews"):
        inputs = digest(
            voc.__version__, work.config.nlp.min_confidence, lake.fingerprint("skus"),
            lake.fingerprint("reviews", month), lake.fingerprint("mentions", month),
            lake.fingerprint("mention_topics", month), lake.fingerprint("topics", month),
        )  # fmt: skip
        if lake.made_from("count", month) == inputs:
            continue
        reviews, mentions = _counted(lake, month)
        skus = lake.read("skus")
        minimum = work.config.nlp.min_confidence
        facts = ranking_room.facts(mentions, reviews, skus=skus, confidence=minimum)
        if (topics := monthly_topics.shown(lake, month)) is not None:
            of_topics = ranking_room.topic_facts(topics, mentions, reviews, skus=skus, confidence=minimum)
            facts = pa.concat_tables([facts, of_topics])
        lake.replace_month("facts", month, facts)
        exposure = ranking_room.exposure(reviews, skus=skus)
        lake.replace_month("exposure", month, exposure)
        complaints = ranking_room.complaints(mentions, reviews, skus=skus, confidence=minimum)
        lake.replace_month("complainers", month, ranking_room.complainers(complaints, exposure))
        lake.record("count", month, inputs)
        remade.append(month)
    return remade


def _counted(lake: Lake, month: str) -> tuple[pa.Table, pa.Table]:
    """The month's reviews and mentions, without the columns that no count needs."""
    reviews = lake.read("reviews", months=[month], columns=(*counts.REVIEW_COLUMNS, "duplicate_of", "lot"))
    return reviews, lake.read("mentions", months=[month], columns=counts.MENTION_COLUMNS)


def rank(work: Workspace, *, month: str) -> pa.Table:
    """The month's ranking, from the facts of this month and those before it, and what follows from it; written to the lake."""
    lake = work.lake
    count(work)
    months = [m for m in lake.months("exposure") if m <= month]
    reviews, mentions = _counted(lake, month)
    skus, minimum = lake.read("skus"), work.config.nlp.min_confidence
    topics = monthly_topics.shown(lake, month)
    issues = issue_metas(work.taxonomy())
    known_topics = ranking_room.topic_metas(
        lake.read("topics", months=[month]), issues, month=month, first=min(lake.months("reviews"), default=None)
    )
    shared: dict[str, Any] = dict(
        facts=ranking_room.with_history(
            lake.read("facts", months=months), lake.read("topic_history", months=[month]), month
        ),
        exposure=lake.read("exposure", months=months),
        issues=issues | known_topics,
        complaints=ranking_room.complaints(mentions, reviews, mention_topics=topics, skus=skus, confidence=minimum),
        settings=ranking_settings(work.config),
    )
    sales, lots = lake.read("sales", months=months), counts.lots(mentions, reviews, skus=skus, confidence=minimum)
    table = ranking_room.rank(month, stores=lake.read("stores"), skus=skus, sales=sales, lots=lots, **shared)
    ranked = handover.Ranked(work, month, shared["settings"], issues)
    table = handover.with_ratings(ranked, table)
    lake.replace_month("ranking", month, table)
    lake.replace_month("chain", month, ranking_room.chain(month, **shared))
    lake.record(
        "rank", month, voc.__version__
    )  # a month without a complaint leaves no row, and was ranked all the same
    handover.after_rank(ranked)
    return table


def ranking_settings(config: Config) -> ranking_room.RankSettings:
    return ranking_room.RankSettings(**config.ranking.model_dump())


def issue_metas(taxonomy: Taxonomy) -> dict[str, ranking_room.IssueMeta]:
    """What the statistics need to know of each issue."""
    return {
        code: ranking_room.IssueMeta(code=code, severity=issue.severity, store=issue.store, ranked=not issue.general)
        for code, issue in taxonomy.issues.items()
    }
