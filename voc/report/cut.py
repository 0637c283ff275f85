"""Packs: a report for one store or region holds nothing of the others, except an anonymous band of peers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import quantiles
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import UnknownName
from voc.report import dims
from voc.report.data import PeerBand, ReportData, counted
from voc.report.words import SMALL
from voc.schemas import COMPLAINERS, empty

PEERS, OWNERS = 5, 2  # fewer comparable stores, or fewer owners, and a store could be recognised
_RUN_KEYS = ("month", "code_version", "version", "taxonomy_sha256", "model_sha256")


def with_peers(data: ReportData) -> ReportData:
    """`data` with the peer band of each store: stores of the same format with at least SMALL reviews."""
    if data.peers:
        return data
    known = dims.stores(data)
    month = data.exposure.filter(pc.equal(data.exposure["month"], data.month))
    n: dict[str, int] = {}
    for key, count in zip(month["store_id"].to_pylist(), month["n_reviews"].to_pylist(), strict=True):
        if key is not None:
            n[key] = n.get(key, 0) + count
    shares = {s: min(k / n[s], 1.0) for s, k in _complaining(data).items() if n.get(s, 0) >= SMALL}
    shares |= {s: 0.0 for s, count in n.items() if count >= SMALL and s not in shares}
    groups: dict[str | None, list[str]] = {}
    for s in sorted(shares):
        groups.setdefault(known[s].format, []).append(s)
    bands = {}
    for s in sorted(shares):
        peers = [p for p in groups[known[s].format] if p != s]
        owners = {known[p].dealer or ("franchise " + p if known[p].franchise else "direct") for p in peers}
        if len(peers) >= PEERS and len(owners) >= OWNERS:
            low, _, high = quantiles([shares[p] for p in peers], n=4, method="inclusive")
            bands[s] = PeerBand(low, high, len(peers))
    return replace(data, peers=bands)


def _complaining(data: ReportData) -> dict[str, int]:
    """Distinct counted customers with a complaint, by store."""
    ids, parents = data.reviews["review_id"].to_pylist(), data.reviews["parent_id"].to_pylist()
    root = {i: p or i for i, p, ok in zip(ids, parents, counted(data.reviews, data.not_counted), strict=True) if ok}
    sure = pc.greater_equal(data.mentions["confidence"], data.min_confidence)
    said = data.mentions.filter(pc.and_(pc.equal(data.mentions["intent"], "complaint"), sure))
    by: dict[str, set[str]] = {}
    for store, review in zip(said["store_id"].to_pylist(), said["review_id"].to_pylist(), strict=True):
        if store is not None and review in root:
            by.setdefault(store, set()).add(root[review])
    return {s: len(roots) for s, roots in by.items()}


def cut(data: ReportData, *, store: str | None = None, region: str | None = None) -> ReportData:
    """`data` as one store or one region may see it; unchanged when both are None.

    Raises UnknownName for a store or region that the data does not have.
    """
    if store is None and region is None:
        return data
    known = dims.stores(data)
    if store is not None and store not in known:
        raise UnknownName("store", store, known)
    regions = {s.region for s in known.values() if s.region}
    if region is not None and region not in regions:
        raise UnknownName("region", region, regions)
    mine = {s for s, e in known.items() if (store is None or s == store) and (region is None or e.region == region)}
    others = [e for s, e in known.items() if s not in mine]
    ids = pa.array(sorted(mine), pa.string())

    def of(table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["store_id"], ids))

    ranking = of(data.ranking)
    if region is not None:
        whole = data.ranking.filter(
            pc.and_(pc.equal(data.ranking["level"], "region"), pc.equal(data.ranking["region"], region))
        )
        ranking = pa.concat_tables([ranking, whole])
    exposure, mentions, safety = of(data.exposure), of(data.mentions), of(data.safety)
    reviews = _silenced(of(data.reviews), others)
    used = {v for t in (exposure, mentions, safety) for v in t["sku_id"].unique().to_pylist() if v is not None}
    keywords = data.keywords.filter(
        pc.and_(pc.equal(data.keywords["scope"], "store"), pc.is_in(data.keywords["scope_id"], ids))
    )
    return replace(
        data,
        ranking=ranking,
        chain=empty("chain"),
        safety=safety,
        facts=of(data.facts),
        exposure=exposure,
        mentions=mentions,
        reviews=reviews,
        keywords=keywords,
        review_scores=empty("review_scores"),
        topics=empty("topics"),
        mention_topics=empty("mention_topics"),
        stores=of(data.stores),
        skus=data.skus.filter(pc.is_in(data.skus["sku_id"], pa.array(sorted(used), pa.string()))),
        ingests=empty("ingests"),
        quarantine_counts={},
        previous=None if data.previous is None else of(data.previous),
        complainers=COMPLAINERS.empty_table(),
        run={k: data.run[k] for k in _RUN_KEYS if _scalar(data.run.get(k))},
        peers={s: b for s, b in data.peers.items() if s in mine},
    )


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _silenced(reviews: pa.Table, others: Iterable[dims.Store]) -> pa.Table:
    """Other stores that a text names become ＊, code point by code point, so that spans keep their place."""
    names = sorted({n for s in others for n in (s.name, s.id) if len(n) >= 3}, key=lambda n: (-len(n), n))
    if not names:
        return reviews
    column = reviews["text"]
    texts = column.to_pylist()
    for name in names:
        hits = pc.match_substring(column, name).to_pylist()
        for i, hit in enumerate(hits):
            if hit:
                texts[i] = texts[i].replace(name, "＊" * len(name))
    return reviews.set_column(
        reviews.schema.get_field_index("text"), reviews.schema.field("text"), pa.array(texts, pa.string())
    )
