"""The ranking of a month: what is worse somewhere than it should be there, in an order that can be believed.

Counts are compared with what `voc.issues.expectation` expects, drawn together by `voc.issues.shrinkage`, and called
signals by `voc.issues.gate`. Signals come first, by EBGM; all else after, by the risk that it has beyond ordinary
variation (`shrinkage.signal_risk`; EBGM finds some fewer of the planted cells there; counts, rates and Wilson bounds far
fewer, since they find the big ones or the tiny ones). `priority` orders what to do: severity weight x complaints above
expectation. The chain's own rows (`voc.issues.chain`) stand at the end, since relative risks cannot see what is wrong
everywhere.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import change, driver, evidence, expectation, gate, levels, shrinkage
from voc.issues.cells import Month, build, codes, groups
from voc.issues.chain import as_ranking, chain, previous, withheld
from voc.issues.change import Change
from voc.issues.counts import COMPLAINTS, rivals
from voc.issues.expectation import Cells, Margins
from voc.issues.festivals import same_festival
from voc.issues.history import Ids, collect, month_counts
from voc.issues.levels import Level
from voc.issues.settings import LEVELS, IssueMeta, RankSettings, meta
from voc.schemas import RANKING, conform

Array = np.ndarray


def rank(
    month: str, *, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta], stores: pa.Table | None = None,
    skus: pa.Table | None = None, complaints: pa.Table | None = None, settings: RankSettings | None = None,
) -> pa.Table:  # fmt: skip
    """RANKING of `month` ('YYYY-MM'): a row per level, unit and issue with at least one complaint.

    facts, exposure: from `voc.issues.counts`, of any months; competitors' SKUs in `skus` are left out. `stores` gives
    regions and `skus` categories, as valid at the month's end; without them these levels have no rows. Reviews without a
    store or a SKU count where they can. `complaints` (`counts.complaints`) gives the evidence; without it the lists are
    empty. Levels store, sku, store_sku, region, source, category and chain; within level and issue kind `rank` runs from
    1, `rank_lo` and `rank_hi` are the 5% and 95% posterior quantiles of the rank by relative risk, widened to hold
    `rank`. `change` is one of the words of `voc.issues.change`, from the months before that are in the tables; a cell that
    is `gone` has a row without a complaint. Raises UnknownName for an aspect that `issues` lacks, SchemaMismatch for facts
    without exposure.
    """
    settings = settings or RankSettings()
    facts, exposure, complaints = own(facts, exposure, complaints, skus)
    parts = []
    unranked = pa.array(sorted(code for code, issue in issues.items() if not issue.ranked), pa.string())
    ranked = ~pc.is_in(pc.field("issue_code"), value_set=unranked)
    judged, voices = facts.filter(ranked), complaints.filter(ranked)
    for kind in sorted(pc.unique(judged.filter(pc.field("month") == month)["issue_kind"]).to_pylist()):
        data = build(month, kind, judged, exposure)
        frame = _Frame(
            month, kind, data, [meta(issues, kind, code) for code in data.issues],
            groups(stores, "store_id", "region", data.stores, month),
            groups(skus, "sku_id", "category", data.skus, month),
        )  # fmt: skip
        said = voices.filter((pc.field("month") == month) & (pc.field("issue_kind") == kind))
        changes = _changes(frame, judged, exposure, settings)
        parts.extend(_kind(frame, said.take(pa.array(evidence.order(said))), changes, settings))
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


@dataclass(frozen=True, eq=False)
class _Frame:
    """One issue kind of one month: its arrays, what is known of its issues, and the groups of its stores and SKUs."""

    month: str
    kind: str
    data: Month
    known: list[IssueMeta]
    regions: tuple[list[str], Array]
    categories: tuple[list[str], Array]

    def units(self, level: str, store: Array, sku: Array, source: Array) -> Array:
        """The unit of `level` that reviews with these places of store, SKU and source belong to; -1 for none."""
        if level == "source":
            return source
        if level in ("region", "category"):
            place, member = (self.regions[1], store) if level == "region" else (self.categories[1], sku)
            group: Array = np.append(place, -1)[member]
            return group
        no_store, no_sku = store == len(self.data.stores), sku == len(self.data.skus)
        if level == "store":
            return np.where(no_store, -1, store)
        if level == "sku":
            return np.where(no_sku, -1, sku)
        cells, columns = self.data.cells, len(self.data.skus) + 1
        pairs = cells.store * columns + cells.sku
        place = np.minimum(np.searchsorted(pairs, store * columns + sku), max(len(pairs) - 1, 0))
        there = (pairs[place] == store * columns + sku) if len(pairs) else np.zeros(len(store), dtype=bool)
        return np.where(there & ~no_store & ~no_sku, place, -1)

    def ids(self, level: str, unit: Array) -> dict[str, pa.Array]:
        """The id columns of rows of `level`."""
        data = self.data
        if level == "store_sku":
            return {
                "store_id": _named(data.stores, data.cells.store[unit]), "sku_id": _named(data.skus, data.cells.sku[unit])
            }  # fmt: skip
        column, names = {
            "store": ("store_id", data.stores), "sku": ("sku_id", data.skus), "region": ("region", self.regions[0]),
            "source": ("source", data.sources), "category": ("category", self.categories[0]),
        }[level]  # fmt: skip
        return {column: _named(names, unit)}


def _changes(frame: _Frame, facts: pa.Table, exposure: pa.Table, settings: RankSettings) -> dict[str, Change]:
    """level -> the changes of its units and issues, (U, I).

    Sources whose trends are withheld are left out of this month and of those before it, and so say nothing.
    """
    data, month = frame.data, frame.month
    first = previous(month, settings.history)
    counted = exposure.filter(pc.field("n_reviews") > 0)
    lost = pa.array([source for source, _ in withheld(exposure, month)], pa.string())
    months = sorted({m for m in pc.unique(counted["month"]).to_pylist() if first <= m < month})
    ids = Ids(
        data.stores, data.skus, data.sources, data.issues, np.stack([data.cells.store, data.cells.sku], axis=1),
        {"region": ("store", frame.regions[1], len(frame.regions[0])),
         "category": ("sku", frame.categories[1], len(frame.categories[0]))},
    )  # fmt: skip
    if len(months) < settings.history_least:
        sizes = {level: (size, len(data.issues)) for level, size in ids.sizes().items()}
        return {level: change.refused(shape, change.TOO_SHORT) for level, shape in sizes.items()}

    def arrays(wanted: str) -> Month:
        kept = (pc.field("month") == wanted) & ~pc.is_in(pc.field("source"), value_set=lost)
        return build(wanted, frame.kind, facts.filter(kept), counted.filter(kept))

    festive = same_festival(month)
    back = {m: _months_between(m, month) for m in months}
    past = collect(
        ((back[m], arrays(m)) for m in months), ids, festival=back.get(festive) if festive else None,
        prior=settings.prior,
    )  # fmt: skip
    now = month_counts(arrays(month), ids, prior=settings.prior)
    return change.judge_all(
        now, past, months=len(months), least_months=settings.history_least, fdr=settings.change_fdr,
        least=settings.least, threshold=settings.threshold, prior=settings.prior,
    )  # fmt: skip


def _months_between(earlier: str, later: str) -> int:
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:7]) - int(earlier[5:7])


def _kind(frame: _Frame, said: pa.Table, changes: Mapping[str, Change], settings: RankSettings) -> list[pa.Table]:
    """The rows of all levels but the chain; `said` are this kind's complaints, best evidence first."""
    cells = frame.data.cells
    found = expectation.margins(cells, prior=settings.prior)
    all_levels = _levels(frame, cells, found, settings)
    text_cells = dataclasses.replace(cells, n=frame.data.n_text)
    if np.array_equal(frame.data.n_text, cells.n):
        text_levels = all_levels
    else:
        text_found = expectation.margins(text_cells, prior=settings.prior)
        text_levels = _levels(frame, text_cells, text_found, settings)
    places = _places(frame.data, said)
    out = []
    for name in LEVELS:
        level = all_levels[name]
        moved = changes[name]
        level = level.take((level.x > 0) | (moved.state[level.unit, level.issue] == change.GONE))
        if not len(level.x):
            continue
        columns = _scores(frame, name, level, settings)
        text = text_levels[name]
        columns["text_only_gate"] = _matched(level, text, _gate(name, text, settings), len(frame.known))
        columns |= _changed(level, columns["gate"], moved, settings)
        if name in ("store", "sku"):
            columns["driver"] = _drivers(name, level, frame, found, settings)
        key = _key(frame.units(name, *places[:3]), places[3], len(frame.known))
        wanted = _key(level.unit, level.issue, len(frame.known))
        columns["evidence"] = evidence.pick(key, wanted, said["review_id"], settings.evidence)
        table = conform(pa.table(columns | frame.ids(name, level.unit)), RANKING)
        out.append(table.take(pa.array(np.argsort(columns["rank"]))))
    return out


def _levels(frame: _Frame, cells: Cells, found: Margins, settings: RankSettings) -> dict[str, Level]:
    """Every level's cells; issues that a store does not answer for are in neither its rows nor its pairs'."""
    answers = np.array([issue.store for issue in frame.known], dtype=bool)
    prior = settings.prior
    n_store = np.bincount(cells.store, cells.n.sum(axis=1), len(cells.x_store))
    n_sku = np.bincount(cells.sku, cells.n.sum(axis=1), len(cells.x_sku))
    store = levels.store_level(cells, found)
    regions, categories = (np.append(place, -1) for place in (frame.regions[1], frame.categories[1]))
    return {
        "store": store.take(answers[store.issue]),
        "sku": levels.sku_level(cells, found),
        "store_sku": levels.pair_level(cells, found, prior, answers),
        "region": levels.group_level(
            n_store, cells.x_store, found.expected_store, regions, len(frame.regions[0]), prior
        ),
        "source": levels.group_level(
            cells.n.sum(axis=0), cells.x_source, found.expected_source, np.arange(cells.n.shape[1]), cells.n.shape[1],
            prior,
        ),
        "category": levels.group_level(
            n_sku, cells.x_sku, found.expected_sku, categories, len(frame.categories[0]), prior
        ),
    }  # fmt: skip


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


def _scores(frame: _Frame, name: str, level: Level, settings: RankSettings) -> dict[str, Any]:
    """The statistical columns of a level's rows."""
    x, expected = level.seen
    rr = shrinkage.ebgm(x, expected, level.fit)
    words = _gate(name, level, settings)
    rest = words == gate.INSUFFICIENT
    score = np.where(rest, shrinkage.signal_risk(x, expected, level.fit), rr)
    order = np.lexsort((level.unit, level.issue, -level.x, -level.expected, -score, rest))
    rank = np.empty(len(rr), dtype=np.int64)
    rank[order] = np.arange(1, len(rr) + 1)
    lo, hi = _rank_interval(f"{frame.month} rank {frame.kind} {name}", level, settings.draws)
    severity = [frame.known[i].severity for i in level.issue]
    excess = (rr - 1) * level.expected
    return {
        "month": pa.array([frame.month] * len(rr)), "level": pa.array([name] * len(rr)),
        "issue_kind": pa.array([frame.kind] * len(rr)), "aspect": _named(frame.data.issues, level.issue),
        "n": level.n.astype(np.int64), "observed": level.x.astype(np.int64), "expected": level.expected, "rr": rr,
        "rr05": shrinkage.quantile(x, expected, level.fit, 0.05),
        "rr95": shrinkage.quantile(x, expected, level.fit, 0.95),
        "p_above": shrinkage.p_above(x, expected, level.fit, settings.threshold), "excess": excess,
        "severity": severity, "priority": excess * np.array([settings.weight(s) for s in severity]),
        "gate": pa.array(words, pa.string()), "rank": rank, "rank_lo": np.minimum(lo, rank),
        "rank_hi": np.maximum(hi, rank),
    }  # fmt: skip


def _changed(level: Level, words: pa.Array, moved: Change, settings: RankSettings) -> dict[str, Any]:
    """The columns that say what changed. A signal that was one before, and neither rose nor fell, is chronic."""
    cell = (level.unit, level.issue)
    state = moved.state[cell]
    signal = np.isin(words.to_numpy(zero_copy_only=False), gate.GATED)
    was = np.nan_to_num(moved.was_above[cell]) >= settings.floor
    columns = {
        "change_rr": moved.ratio, "change_lo": moved.low, "change_hi": moved.high, "change_q": moved.q,
        "festival_rr": moved.festival,
    }  # fmt: skip
    numbers = {name: pa.array(v[cell], mask=np.isnan(v[cell])) for name, v in columns.items()}
    chronic = signal & was & (state == change.STEADY)
    return numbers | {"change": pa.array(np.where(chronic, change.CHRONIC, state), pa.string())}


def _rank_interval(name: str, level: Level, draws: int) -> tuple[Array, Array]:
    """5% and 95% quantiles of each cell's posterior rank by relative risk (1 is the highest).

    The random source is seeded by month and step, the cells are put in the order of issue, E and x, and cells alike in all
    three get one interval: so it depends on what was observed and not on what things are called. Fewer draws for more
    cells, 40 at least, keep the time linear.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    order = np.lexsort((level.x, level.expected, level.issue))
    sorted_ = level.take(order)
    size = len(order)
    draws = int(np.clip(4_000_000 // size, 40, draws))
    ranks = np.empty((draws, size), dtype=np.int32)
    x, expected = sorted_.seen
    step = max(1, 2_000_000 // size)
    places = np.arange(1, size + 1, dtype=np.int32)
    for first in range(0, draws, step):
        values = shrinkage.sample(x, expected, level.fit, min(step, draws - first), random)
        for draw, order_ in enumerate(np.argsort(-values, axis=1), start=first):
            ranks[draw, order_] = places
    ranks.sort(axis=0)
    new = (np.diff(sorted_.issue) != 0) | (np.diff(sorted_.expected) != 0) | (np.diff(sorted_.x) != 0)
    heads = np.flatnonzero(np.r_[True, new])
    run = np.cumsum(np.r_[0, new])
    lo, hi = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    lo[order] = np.minimum.reduceat(ranks[int(0.05 * (draws - 1))], heads)[run]
    hi[order] = np.maximum.reduceat(ranks[int(np.ceil(0.95 * (draws - 1)))], heads)[run]
    return lo, hi


def _drivers(name: str, level: Level, frame: _Frame, found: Margins, settings: RankSettings) -> pa.Array:
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
    return _named(names, place)


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


def _named(names: list[str], place: Array) -> pa.Array:
    """The names at `place`, null where it is negative."""
    return pa.array(names, pa.string()).take(pa.array(place, mask=place < 0))
