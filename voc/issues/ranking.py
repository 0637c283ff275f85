"""The ranking of a month: what is worse somewhere than it should be there, in an order that can be believed.

Counts are compared with what `voc.issues.expectation` expects, drawn together by `voc.issues.shrinkage`, and called
signals by `voc.issues.gate`. Signals come first, by EBGM; all else after, by the probability that it is one
(`shrinkage.signal_odds`; EBGM finds some fewer of the planted cells there; counts, rates and Wilson bounds far fewer,
since they find the big ones or the tiny ones). `priority` orders what to do: severity weight x complaints above
expectation. The chain's own rows (`voc.issues.chain`) stand at the end, since relative risks cannot see what is wrong
everywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import change, driver, evidence, expectation, gate, levels, peers, shrinkage, trends
from voc.issues.cells import Month, build, codes, groups
from voc.issues.chain import as_ranking, chain, withheld
from voc.issues.change import Change
from voc.issues.counts import COMPLAINTS, rivals
from voc.issues.expectation import Cells, Margins
from voc.issues.frame import GROUPS, Frame, named
from voc.issues.intervals import rank_interval
from voc.issues.levels import Level
from voc.issues.lot_cells import lot_cells
from voc.issues.peers import Peers
from voc.issues.sales import sold
from voc.issues.settings import LEVELS, IssueMeta, RankSettings, meta
from voc.schemas import RANKING, conform

Array = np.ndarray


def rank(
    month: str, *, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta], stores: pa.Table | None = None,
    skus: pa.Table | None = None, sales: pa.Table | None = None, lots: pa.Table | None = None,
    complaints: pa.Table | None = None, settings: RankSettings | None = None,
) -> pa.Table:  # fmt: skip
    """RANKING of `month` ('YYYY-MM'): a row per level, unit and issue with at least one complaint.

    facts, exposure: from `voc.issues.counts`, of any months; competitors' SKUs in `skus` are left out. `stores` gives
    regions, formats (whom a store is compared with, see `voc.issues.peers`), and `skus` categories and parents, as valid at
    the month's end; without them these levels have no rows. Reviews without a store or a SKU count where they can. `sales`
    makes units sold the exposure (see `voc.issues.sales`), `lots` (`counts.lots`) adds their level. `complaints`
    (`counts.complaints`) gives the evidence; without it the lists are empty. Within level and issue kind `rank` runs from
    1, `rank_lo` and `rank_hi` are the 5% and 95% posterior quantiles of the rank by relative risk, widened to hold `rank`.
    `change` is one of the words of `voc.issues.change`, from the months before that are in the tables; a cell that is
    `gone` has a row without a complaint. Raises UnknownName for an aspect that `issues` lacks, SchemaMismatch for facts
    without exposure.
    """
    settings = settings or RankSettings()
    facts, exposure, complaints = own(facts, exposure, complaints, skus)
    exposed, lost = sold(exposure, sales), [source for source, _ in withheld(exposure, month)]
    parts = []
    unranked = pa.array(sorted(code for code, issue in issues.items() if not issue.ranked), pa.string())
    ranked = ~pc.is_in(pc.field("issue_code"), value_set=unranked)
    judged, voices = facts.filter(ranked), complaints.filter(ranked)
    for kind in sorted(pc.unique(judged.filter(pc.field("month") == month)["issue_kind"]).to_pylist()):
        data = build(month, kind, judged, exposed)
        of = {"store": (stores, "store_id", data.stores), "sku": (skus, "sku_id", data.skus)}
        frame = Frame(
            month, kind, data, [meta(issues, kind, code) for code in data.issues],
            {level: groups(*of[member][:2], level, of[member][2], month) for level, member in GROUPS.items()},
            peers.find(
                np.bincount(data.cells.store, data.cells.n.sum(axis=1), len(data.stores) + 1)[:-1],
                {key: groups(stores, "store_id", key, data.stores, month) for key in ("format", "region")},
            ),
        )  # fmt: skip
        said = voices.filter((pc.field("month") == month) & (pc.field("issue_kind") == kind))
        changes = trends.changes(frame, judged, exposed, lost, settings)
        found = expectation.margins(data.cells, prior=settings.prior)
        parts.extend(_kind(frame, found, said.take(pa.array(evidence.order(said))), changes, settings))
        if lots is not None and kind == "aspect":
            parts.append(_lots(frame, found, lots, settings))
    listed = chain(month, facts=facts, exposure=exposure, issues=issues, complaints=complaints, settings=settings)
    parts.append(as_ranking(listed))
    return pa.concat_tables(parts)


def own(
    facts: pa.Table, exposure: pa.Table, complaints: pa.Table | None, skus: pa.Table | None
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The three tables without competitors' SKUs; `complaints` an empty table where there is none."""
    complaints = COMPLAINTS.empty_table() if complaints is None else complaints
    foreign = rivals(skus)
    if not foreign:
        return facts, exposure, complaints
    keep = ~pc.is_in(pc.field("sku_id"), value_set=pa.array(foreign, pa.string()))
    return facts.filter(keep), exposure.filter(keep), complaints.filter(keep)


def _lots(frame: Frame, found: Margins, lots: pa.Table, settings: RankSettings) -> pa.Table:
    """The rows of level `lot`."""
    judged = lot_cells(lots, frame, found, settings.prior)
    level = judged.level.take(judged.level.x > 0)
    if not len(level.x):
        return RANKING.empty_table()
    columns = _scores(frame, "lot", level, judged.n[level.unit], settings)
    columns["sku_id"] = named(frame.data.skus, judged.sku[level.unit])
    columns["lot"] = named(judged.lots, level.unit)
    ids = [judged.evidence[u, i][: settings.evidence] for u, i in zip(level.unit, level.issue, strict=True)]
    columns["evidence"] = pa.array(ids, pa.list_(pa.string()))
    return conform(pa.table(columns), RANKING).take(pa.array(np.argsort(columns["rank"])))


def _kind(
    frame: Frame, found: Margins, said: pa.Table, changes: Mapping[str, Change], settings: RankSettings
) -> list[pa.Table]:
    """The rows of all levels but lots and the chain; `said` are this kind's complaints, best evidence first."""
    cells = frame.data.cells
    factor = peers.scale(cells.x_store[:-1], found.expected_store[:-1], frame.peers, settings.prior)
    all_levels = _levels(frame, cells, found, factor, settings)
    text_cells = dataclasses.replace(cells, n=frame.data.n_text)
    if np.array_equal(frame.data.n_text, cells.n):
        text_levels = all_levels
    else:
        text_found = expectation.margins(text_cells, prior=settings.prior)
        text_factor = peers.scale(cells.x_store[:-1], text_found.expected_store[:-1], frame.peers, settings.prior)
        text_levels = _levels(frame, text_cells, text_found, text_factor, settings)
    places = _places(frame.data, said)
    out = []
    for name in LEVELS:
        level = all_levels[name]
        moved = changes[name]
        level = level.take((level.x > 0) | (moved.state[level.unit, level.issue] == change.GONE))
        if not len(level.x):
            continue
        columns = _scores(frame, name, level, frame.reviews(name, level.unit), settings)
        text = text_levels[name]
        columns["text_only_gate"] = _matched(level, text, _gate(name, text, settings), len(frame.known))
        columns |= trends.columns(level, columns["gate"], moved, settings)
        if name == "store":
            columns |= _peers(frame.peers, level, factor)
        if name in ("store", "sku"):
            columns["driver"] = _drivers(name, level, frame, found, settings)
        key = _key(frame.units(name, *places[:3]), places[3], len(frame.known))
        wanted = _key(level.unit, level.issue, len(frame.known))
        columns["evidence"] = evidence.pick(key, wanted, said["review_id"], settings.evidence)
        table = conform(pa.table(columns | frame.ids(name, level.unit)), RANKING)
        out.append(table.take(pa.array(np.argsort(columns["rank"]))))
    return out


def _levels(frame: Frame, cells: Cells, found: Margins, factor: Array, settings: RankSettings) -> dict[str, Level]:
    """Every level's cells, stores scaled by their peers' `factor`; issues that a store does not answer for are in neither
    its rows nor its pairs'."""
    answers = np.array([issue.store for issue in frame.known], dtype=bool)
    prior = settings.prior
    store = levels.store_level(cells, found, factor, prior)
    members = {"store": (cells.x_store, found.expected_store), "sku": (cells.x_sku, found.expected_sku)}
    grouped = {
        level: levels.group_level(
            *members[member], np.append(frame.groups[level][1], -1), len(frame.groups[level][0]), prior
        )
        for level, member in GROUPS.items()
    }
    sources = cells.n.shape[1]
    return grouped | {
        "store": store.take(answers[store.issue]),
        "sku": levels.sku_level(cells, found),
        "store_sku": levels.pair_level(cells, found, prior, answers),
        "source": levels.group_level(cells.x_source, found.expected_source, np.arange(sources), sources, prior),
    }


def _gate(name: str, level: Level, settings: RankSettings) -> Array:
    """strong, moderate or insufficient for each cell.

    Sources are not each other's peers: couriers are heard of where things are delivered, waiters where people sit down,
    in every month. Their rows say how they differ, but none is a signal.
    """
    x, expected = level.seen
    out = np.full(len(x), gate.INSUFFICIENT, dtype=object)
    if name == "source":
        return out
    above = shrinkage.p_above(x, expected, level.fit, settings.threshold)
    signal = gate.signals(level.x, above, least=settings.least, fdr=settings.fdr, floor=settings.floor)
    lower = shrinkage.quantile(x[signal], expected[signal], level.fit, 0.05)
    out[signal] = gate.words(np.ones(len(lower), dtype=bool), lower, strong_from=settings.strong_from)
    return out


def _scores(frame: Frame, name: str, level: Level, n: Array, settings: RankSettings) -> dict[str, Any]:
    """The statistical columns of a level's rows with `n` reviews each."""
    x, expected = level.seen
    rr = shrinkage.ebgm(x, expected, level.fit)
    words = _gate(name, level, settings)
    rest = words == gate.INSUFFICIENT
    score = np.where(rest, shrinkage.signal_odds(x, expected, level.fit), rr)
    order = np.lexsort((level.unit, level.issue, -level.x, -level.expected, -score, rest))
    rank = np.empty(len(rr), dtype=np.int64)
    rank[order] = np.arange(1, len(rr) + 1)
    lo, hi = rank_interval(f"{frame.month} rank {frame.kind} {name}", level, settings.draws)
    severity = [frame.known[i].severity for i in level.issue]
    excess = (rr - 1) * level.expected
    return {
        "month": pa.array([frame.month] * len(rr)), "level": pa.array([name] * len(rr)),
        "issue_kind": pa.array([frame.kind] * len(rr)), "aspect": named(frame.data.issues, level.issue),
        "n": n.astype(np.int64),
        "observed": level.x.astype(np.int64), "expected": level.expected, "rr": rr,
        "rr05": shrinkage.quantile(x, expected, level.fit, 0.05),
        "rr95": shrinkage.quantile(x, expected, level.fit, 0.95),
        "p_above": shrinkage.p_above(x, expected, level.fit, settings.threshold), "excess": excess,
        "severity": severity, "priority": excess * np.array([settings.weight(s) for s in severity]),
        "gate": pa.array(words, pa.string()), "rank": rank, "rank_lo": np.minimum(lo, rank),
        "rank_hi": np.maximum(hi, rank),
    }  # fmt: skip


def _peers(found: Peers, level: Level, factor: Array) -> dict[str, pa.Array]:
    """What the stores that each row is compared with have in common, and how many they are; null for the whole chain."""
    group = found.group[level.unit]
    none = (group < 0) | (factor[level.unit, level.issue] == 1)
    kinds = pa.array([list(name) for name in found.names], pa.list_(pa.string()))
    sizes = pa.array(found.sizes, pa.int64())
    return {"peers": kinds.take(pa.array(group, mask=none)), "peer_stores": sizes.take(pa.array(group, mask=none))}


def _drivers(name: str, level: Level, frame: Frame, found: Margins, settings: RankSettings) -> pa.Array:
    """For each margin the id of the SKU (of a store) or the store (of a SKU) whose pair makes up its excess; else null."""
    cells, data = frame.data.cells, frame.data
    plain = np.einsum("zr,rz->z", cells.n[cells.pair], found.rate[:, cells.issue])
    if name == "store":
        unit, other, names = cells.store[cells.pair], cells.sku[cells.pair], data.skus
        expected = plain * found.risk_sku[other, cells.issue]
    else:
        unit, other, names = cells.sku[cells.pair], cells.store[cells.pair], data.stores
        expected = plain * found.risk_store[other, cells.issue]
    place = driver.find(
        level, unit=unit, other=np.where(other < len(names), other, -1), issue=cells.issue, x=cells.x,
        expected=expected, issues=len(frame.known), share=settings.driver_share, least=settings.least,
    )  # fmt: skip
    return named(names, place)


def _places(data: Month, said: pa.Table) -> tuple[Array, Array, Array, Array]:
    """The places of the complaints' stores, SKUs, sources and issues; all must be known to `data`."""
    return (
        codes(said["store_id"], data.stores), codes(said["sku_id"], data.skus), codes(said["source"], data.sources),
        codes(said["issue_code"], data.issues),
    )  # fmt: skip


def _matched(level: Level, other: Level, words: Array, issues: int) -> pa.Array:
    """The other level's `words` for the same units and issues; insufficient where it has no such cell."""
    theirs, mine = _key(other.unit, other.issue, issues), _key(level.unit, level.issue, issues)
    order = np.argsort(theirs)
    if not len(order):
        return pa.array([gate.INSUFFICIENT] * len(mine), pa.string())
    place = np.minimum(np.searchsorted(theirs[order], mine), len(order) - 1)
    there = theirs[order][place] == mine
    return pa.array(np.where(there, words[order][place], gate.INSUFFICIENT), pa.string())


def _key(unit: Array, issue: Array, issues: int) -> Array:
    """One number for unit and issue; -1 where either is none."""
    return np.where((unit < 0) | (issue < 0), -1, unit * issues + issue)
