"""What this month's ranking would have found: known issues planted into copies of its own counts.

A planted issue is a rise by some percentage points in one place: each review of the place that does not complain of the
issue yet begins to with that probability. The copies are ranked by `voc.issues.ranking.rank` as the month itself is, and
an issue is found when its cell is a signal there. Few are planted in one copy (`Plan.share` of the cells), because a crowd
of them would make signals look common and each of them easier to find. Beside them stand null copies, in which places
differ only by the ordinary variation that was fitted to the month: signals there whose true risk is not above the
threshold are false alarms.

Places and issues are drawn in an order that depends on their counts, not on their names, from seeds that depend on the
month; so the table can be made again, and renaming a chain does not change it but for ties.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import cells as month_cells
from voc.issues import expectation
from voc.issues.cells import Month, codes
from voc.issues.chain import wilson
from voc.issues.gate import GATED
from voc.issues.ranking import own, rank
from voc.issues.settings import IssueMeta, RankSettings, meta
from voc.schemas import EXPOSURE, FACTS, POWER, conform

Array = np.ndarray
LEVELS = ("store", "sku", "store_sku")
KIND = "aspect"
SMALL = 1_000_000
"""Counts (rows of the exposure x issues) at which a month gets half as many copies as the smallest."""
LEAST = 0.15


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is planted. `rises` are shares of reviews; `volumes` the edges of the classes of places by number of reviews.

    `share` of a level's cells, `most` at the utmost, are planted in one copy. The smallest months have `copies` and `nulls`,
    larger ones fewer, down to the part `LEAST` of them, so that the cost is bounded. A rise is tried where it makes between
    `fewest` and `plenty` more complaints in the middle place of its class: elsewhere the answer is known beforehand.
    """

    rises: tuple[float, ...] = (0.01, 0.02, 0.03, 0.05, 0.10, 0.20)
    volumes: tuple[int, ...] = (1, 10, 30, 100, 300, 1000, 3000)
    share: float = 0.02
    most: int = 300
    copies: int = 20
    nulls: int = 3
    fewest: float = 1.5
    plenty: float = 60.0


def power(
    month: str, *, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta], skus: pa.Table | None = None,
    sales: pa.Table | None = None, settings: RankSettings | None = None, plan: Plan | None = None,
    sensitivity: float | None = None,
) -> pa.Table:  # fmt: skip
    """POWER of `month`: per level, class of volume and rise, how many of the planted issues became signals.

    facts, exposure, issues, skus, sales, settings: what the month was ranked from. `sensitivity`: the share of real complaints
    that are tagged, from an audit, in (0, 1]; with it a rise is one in what customers say, of which that part is planted.
    Intervals are Wilson's at 95%. A month without reviews or complaints gives no rows.
    """
    plan = plan or Plan()
    settings = dataclasses.replace(settings or RankSettings(), draws=1, evidence=0)
    base = _base(month, facts, exposure, issues, skus, sales)
    if base is None:
        return POWER.empty_table()
    thrift = float(np.clip(SMALL / (SMALL + base.x.size), LEAST, 1.0))
    copies, nulls = (max(1, round(count * thrift)) for count in (plan.copies, plan.nulls))
    known = _signals(base, base.x, settings)
    tallies: dict[tuple[str, int, float], list[_Planted]] = {}
    for copy in range(copies):
        random = _random(month, "plant", copy)
        x = base.x.copy()
        planted = {
            name: _plant(base, level, x, known[name], random, plan, copy, sensitivity or 1.0)
            for name, level in base.levels.items()
        }
        found = _signals(base, x, settings)
        for name, plants in planted.items():
            for one in plants:
                tallies.setdefault((name, one.volume, one.rise), []).append(
                    dataclasses.replace(one, found=one.cell in found[name])
                )
    rows = [
        _row(base, name, volume, rise, plants, copies, plan, sensitivity)
        for (name, volume, rise), plants in sorted(
            tallies.items(), key=lambda item: (LEVELS.index(item[0][0]), item[0][1:])
        )
    ]
    rows += _nulls(base, nulls, settings)
    return conform(pa.Table.from_pylist(rows, schema=POWER), POWER)


@dataclass(frozen=True, eq=False)
class _Level:
    """The places of one level in the order of their counts. U places, M rows of the exposure.

    key (U,): a number for the place; n (U,) reviews; rows: the rows of all places, those of place u from start[u] to
    start[u + 1]; issues: the places of the issues that the level judges.
    """

    key: Array
    n: Array
    rows: Array
    start: Array
    issues: Array


@dataclass(frozen=True, eq=False)
class _Base:
    """The month's counts, a row per source, store and SKU: n (M,) reviews, x (M, I) complaints, and places of all ids."""

    month: str
    data: Month
    known: Mapping[str, IssueMeta]
    sales: pa.Table | None
    source: Array
    store: Array
    sku: Array
    n: Array
    x: Array
    levels: Mapping[str, _Level]


@dataclass(frozen=True)
class _Planted:
    """One planted issue: the class of its place, the rise, the relative risk that it makes, its cell, and whether found."""

    volume: int
    rise: float
    risk: float
    cell: int
    found: bool = False


def _base(
    month: str, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta], skus: pa.Table | None,
    sales: pa.Table | None,
) -> _Base | None:  # fmt: skip
    """The month as arrays, rows in the order of their counts; None where there is nothing to rank."""
    facts, exposure, _ = own(facts, exposure, None, skus)
    unranked = pa.array(sorted(code for code, issue in issues.items() if not issue.ranked), pa.string())
    here = pc.field("month") == month
    exposure = exposure.filter(here & (pc.field("n_reviews") > 0))
    said = here & (pc.field("issue_kind") == KIND) & (pc.field("n_complaints") > 0)
    facts = facts.filter(said & ~pc.is_in(pc.field("issue_code"), value_set=unranked))
    if not len(facts):
        return None
    data = month_cells.build(month, KIND, facts, exposure)
    source, store, sku = _places(data, exposure)
    key = _row_key(data, source, store, sku)
    at = np.argsort(key)
    row = at[np.searchsorted(key[at], _row_key(data, *_places(data, facts)))]
    x = np.zeros((len(exposure), len(data.issues)), dtype=np.int64)
    np.add.at(x, (row, codes(facts["issue_code"], data.issues)), facts["n_complaints"].to_numpy())
    n = exposure["n_reviews"].to_numpy()
    order = np.lexsort((sku, store, source, _mark(x), x.sum(axis=1), n))
    source, store, sku, n, x = source[order], store[order], sku[order], n[order], x[order]
    answers = np.array([meta(issues, KIND, code).store for code in data.issues], dtype=bool)
    everything = np.arange(len(data.issues))
    levels = {}
    for name in LEVELS:
        named = np.ones(len(n), dtype=bool)
        if name != "sku":
            named &= store < len(data.stores)
        if name != "store":
            named &= sku < len(data.skus)
        place = _place_key(
            data,
            store if name != "sku" else np.full_like(store, len(data.stores)),
            sku if name != "store" else np.full_like(sku, len(data.skus)),
        )
        level = _level(place, np.flatnonzero(named), n, x, everything if name == "sku" else np.flatnonzero(answers))
        if len(level.n) and len(level.issues):
            levels[name] = level
    return _Base(month, data, issues, sales, source, store, sku, n, x, levels)


def _level(place: Array, rows: Array, n: Array, x: Array, issues: Array) -> _Level:
    keys, unit = np.unique(place[rows], return_inverse=True)
    total = np.zeros((len(keys), x.shape[1]), dtype=np.int64)
    np.add.at(total, unit, x[rows])
    reviews = np.bincount(unit, n[rows], len(keys)).astype(np.int64)
    order = np.lexsort((_mark(total), total.sum(axis=1), reviews))
    new = np.empty(len(keys), dtype=np.int64)
    new[order] = np.arange(len(keys))
    by_place = np.argsort(new[unit], kind="stable")
    start = np.searchsorted(new[unit][by_place], np.arange(len(keys) + 1))
    return _Level(keys[order], reviews[order], rows[by_place], start, issues)


def _plant(
    base: _Base, level: _Level, x: Array, known: set[int], random: np.random.Generator, plan: Plan, copy: int,
    sensitivity: float,
) -> list[_Planted]:  # fmt: skip
    """Plant into `x`, in place: classes of volume and rises take turns, places and issues are drawn at random."""
    volume = np.searchsorted(plan.volumes, level.n, side="right") - 1
    members = [np.flatnonzero(volume == v) for v in range(len(plan.volumes))]
    combinations = [
        (v, rise)
        for v, inside in enumerate(members)
        for rise in plan.rises
        if len(inside) and plan.fewest <= float(np.median(level.n[inside])) * rise * sensitivity <= plan.plenty
    ]
    if not combinations:
        return []
    wanted = int(min(plan.most, max(1, plan.share * len(level.n) * len(level.issues))))
    usual = base.x.sum(axis=0) / base.n.sum()
    taken: set[int] = set()
    out = []
    for number in range(copy * wanted, (copy + 1) * wanted):
        v, rise = combinations[number % len(combinations)]
        place, issue = int(random.choice(members[v])), int(random.choice(level.issues))
        cell = int(level.key[place]) * x.shape[1] + issue
        if cell in known or cell in taken:  # a signal already, with or without what would be planted
            continue
        taken.add(cell)
        rows = level.rows[level.start[place] : level.start[place + 1]]
        x[rows, issue] += random.binomial(np.maximum(base.n[rows] - x[rows, issue], 0), rise * sensitivity)
        out.append(_Planted(v, rise, 1 + rise * sensitivity / float(usual[issue]), cell))
    return out


def _nulls(base: _Base, copies: int, settings: RankSettings) -> list[dict[str, object]]:
    """Rows for `copies` months in which the places' risks are drawn from the ordinary component of the month's own prior."""
    found = expectation.margins(base.data.cells, prior=settings.prior)
    fits = {"store": found.fit_store, "sku": found.fit_sku}
    size = base.x.shape[1]
    false = dict.fromkeys(base.levels, 0)
    for copy in range(copies):
        random = _random(base.month, "null", copy)
        mean = base.n[:, None] * found.rate[base.source]
        true: dict[str, set[int]] = {}
        for name, level in base.levels.items():
            if name not in fits:
                continue
            shape = fits[name].ordinary
            risk = random.gamma(shape, 1 / shape, (len(level.n), size))
            mean[level.rows] *= np.repeat(risk, np.diff(level.start), axis=0)
            place, issue = np.nonzero(risk > settings.threshold)
            true[name] = set((level.key[place] * size + issue).tolist())
        x = np.minimum(random.poisson(mean), base.n[:, None])
        signals = _signals(base, x, settings)
        for name in false:
            false[name] += len(signals[name] - true.get(name, set()))
    rows = []
    for name, level in base.levels.items():
        cells = copies * len(level.n) * len(level.issues)
        rows.append(
            {"month": base.month, "level": name, "copy": "null", "units": len(level.n), "copies": copies}
            | _share(false[name], cells)
        )
    return rows


def _row(
    base: _Base, name: str, volume: int, rise: float, plants: list[_Planted], copies: int, plan: Plan,
    sensitivity: float | None,
) -> dict[str, object]:  # fmt: skip
    edges = (*plan.volumes, None)
    level = base.levels[name]
    inside = np.searchsorted(plan.volumes, level.n, side="right") - 1 == volume
    return {
        "month": base.month, "level": name, "copy": "planted", "n_lo": edges[volume], "n_hi": edges[volume + 1],
        "n_median": float(np.median(level.n[inside])), "units": int(inside.sum()), "rise": rise,
        "tagged_rise": rise * (sensitivity or 1.0), "risk": float(np.median([p.risk for p in plants])),
        "copies": copies, "sensitivity": sensitivity,
    } | _share(sum(p.found for p in plants), len(plants))  # fmt: skip


def _share(found: int, planted: int) -> dict[str, object]:
    share = found / planted
    low, high = wilson(np.array([found]), np.array([planted]))
    return {
        "planted": planted, "found": found, "power": share, "power_lo": min(float(low[0]), share),
        "power_hi": max(float(high[0]), share),
    }  # fmt: skip


def _signals(base: _Base, x: Array, settings: RankSettings) -> dict[str, set[int]]:
    """The cells that are signals when the month has complaints `x`, by level."""
    data, size = base.data, base.x.shape[1]
    sources, stores, skus, names = (
        pa.array(v, pa.string()) for v in (data.sources, data.stores, data.skus, data.issues)
    )

    def keys(rows: Array) -> dict[str, pa.Array]:
        store, sku = base.store[rows], base.sku[rows]
        return {
            "month": pa.repeat(base.month, len(rows)), "source": sources.take(pa.array(base.source[rows])),
            "store_id": stores.take(pa.array(store, mask=store == len(stores))),
            "sku_id": skus.take(pa.array(sku, mask=sku == len(skus))),
        }  # fmt: skip

    everything = np.arange(len(base.n))
    nothing = np.zeros(len(base.n), dtype=np.int64)
    exposure = keys(everything) | {"n_reviews": base.n, "n_text": base.n, "rating_sum": nothing}
    exposure |= dict.fromkeys(("rating_n", "n_default", "n_flagged"), nothing)
    row, issue = np.nonzero(x)
    count = x[row, issue]
    facts = keys(row) | {"issue_kind": pa.repeat(KIND, len(row)), "issue_code": names.take(pa.array(issue))}
    facts |= {
        "n_mentions": count,
        "n_complaints": count,
        "n_praise": np.zeros_like(count),
        "polarity_sum": -1.0 * count,
    }
    ranking = rank(
        base.month, facts=conform(pa.table(facts), FACTS), exposure=conform(pa.table(exposure), EXPOSURE),
        issues=base.known, sales=base.sales, settings=settings,
    )  # fmt: skip
    gated = ranking.filter(pc.is_in(pc.field("gate"), value_set=pa.array(GATED)))
    out = {}
    for name in base.levels:
        rows = gated.filter(pc.field("level") == name)
        places = (codes(rows["store_id"], data.stores), codes(rows["sku_id"], data.skus))
        cell = _place_key(data, *places) * size + codes(rows["aspect"], data.issues)
        out[name] = set(cell.tolist())
    return out


def _places(data: Month, table: pa.Table) -> tuple[Array, Array, Array]:
    """Places of source, store and SKU of the rows of facts or exposure; one behind the last for none."""
    return (
        codes(table["source"], data.sources), codes(table["store_id"], data.stores), codes(table["sku_id"], data.skus)
    )  # fmt: skip


def _place_key(data: Month, store: Array, sku: Array) -> Array:
    key: Array = store * (len(data.skus) + 1) + sku
    return key


def _row_key(data: Month, source: Array, store: Array, sku: Array) -> Array:
    key: Array = source * ((len(data.stores) + 1) * (len(data.skus) + 1)) + _place_key(data, store, sku)
    return key


def _mark(x: Array) -> Array:
    """A number for each row of counts, so that rows can be put in an order that depends on what was counted: (M,)."""
    mark: Array = x @ ((2 * np.arange(x.shape[1], dtype=np.int64) + 1) ** 2)
    return mark


def _random(month: str, step: str, copy: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(f"{month} self-test {step}".encode()), copy])
