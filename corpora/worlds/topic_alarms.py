"""Are there signals of topics where places do not matter?

    python -m voc.corpora.worlds.topic_alarms PROJECT MONTH [--shuffles 10]

The month's reviews of an annotated project with topics (a demo) get the places of others, drawn at random: whatever is a
signal of a topic then is a false one. Prints judged and gated rows of topics and of codes by shuffle.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc import issues, monthly_ranking, monthly_topics
from voc.issues import counts
from voc.workspace import Workspace

log = logging.getLogger(__name__)

GATED = ("strong", "moderate")


def shuffled(reviews: pa.Table, seed: int) -> pa.Table:
    """`reviews` with the pairs of store and SKU dealt out anew among the reviews of each source."""
    random = np.random.default_rng(seed)
    rows = reviews.to_pylist()
    by_source: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        by_source.setdefault(row["source"], []).append(i)
    for _, members in sorted(by_source.items()):
        places = [(rows[i]["store_id"], rows[i]["sku_id"]) for i in members]
        for i, j in zip(members, random.permutation(len(members)).tolist(), strict=True):
            rows[i]["store_id"], rows[i]["sku_id"] = places[j]
    return pa.Table.from_pylist(rows, schema=reviews.schema)


def alarms(work: Workspace, month: str, *, shuffles: int) -> list[Mapping[str, int]]:
    lake, minimum = work.lake, work.config.nlp.min_confidence
    mentions = lake.read("mentions", months=[month], columns=counts.MENTION_COLUMNS)
    reviews = lake.read("reviews", months=[month], columns=(*counts.REVIEW_COLUMNS, "duplicate_of"))
    skus, assigned = lake.read("skus"), monthly_topics.shown(lake, month)
    if assigned is None:
        raise SystemExit(f"{month} has no topics; run `voc topics --month {month}`")
    known = monthly_ranking.issue_metas(work.taxonomy())
    topics = issues.topic_metas(
        lake.read("topics", months=[month]), known, month=month, first=min(lake.months("reviews"))
    )
    out: list[Mapping[str, int]] = []
    for seed in range(shuffles):
        dealt = shuffled(reviews, seed)
        facts = pa.concat_tables([
            issues.facts(mentions, dealt, skus=skus, confidence=minimum),
            issues.topic_facts(assigned, mentions, dealt, skus=skus, confidence=minimum),
        ])  # fmt: skip
        ranking = issues.rank(
            month, facts=facts, exposure=issues.exposure(dealt, skus=skus), issues=known | topics, skus=skus,
            stores=lake.read("stores"), settings=monthly_ranking.ranking_settings(work.config),
        )  # fmt: skip
        judged = ranking.filter(pc.is_in(pc.field("level"), pa.array(["store", "sku", "store_sku"])))
        found: dict[str, int] = {}
        for kind in ("topic", "aspect"):
            rows = judged.filter(pc.field("issue_kind") == kind)
            gated = rows.filter(pc.is_in(pc.field("gate"), pa.array(GATED)))
            found |= {f"{kind} rows": len(rows), f"{kind} signals": len(gated)}
        out.append(found)
        log.info("%d %s", seed, found)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("month")
    parser.add_argument("--shuffles", type=int, default=10)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    alarms(Workspace.open(given.project), given.month, shuffles=given.shuffles)


if __name__ == "__main__":
    main()
