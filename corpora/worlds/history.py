"""A chain of stores over months: rates that drift everywhere, local luck that comes and goes, seasons, planted changes.

The last month is a month like that of `voc.corpora.worlds.ranking`, with planted stores, SKUs and pairs that were bad
all the time; beside them some cells rise or fall in the last month alone. Nothing else changes for good: chain-wide drift
is the chain's own month effect, and local luck (`wobble`) has no direction, so a method that calls either a change is
wrong. What a planted pair adds to its store and its SKU is a true change of theirs.

One month's counts are drawn and turned into tables before the next, so memory holds one month of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from voc.corpora.worlds import ranking
from voc.corpora.worlds.ranking import World

LEVELS = ("store", "sku", "store_sku")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A chain (`ranking.Settings`, whose `reviews` are those of one ordinary month) and how it changes.

    `past`: months before the last one. `drift`: standard deviation of the monthly step of each issue's log rate, a random
    walk that the whole chain shares; `seasons`: amplitude of each issue's yearly wave in logs, with a phase of its own.
    `wobble`: coefficient of variation of a store's or SKU's luck with an issue from month to month, of which a share
    `memory` is left a month later. `mix`: standard deviation of the monthly step of a SKU's log share of sales. `volume`:
    amplitude of the yearly wave of reviews, with twice the usual number in November.
    `rises` and `falls`: by what a changed cell's risk is multiplied in the last month; `changed_*`: how many cells rise,
    and a third as many fall. A changed store or SKU usually has `changed_complaints` or more, a changed pair
    `chain.pair_reviews` reviews or more.
    """

    chain: ranking.Settings = field(default_factory=ranking.Settings)
    past: int = 24
    drift: float = 0.08
    seasons: float = 0.15
    wobble: float = 0.15
    memory: float = 0.5
    mix: float = 0.1
    volume: float = 0.2
    rises: tuple[float, ...] = (1.5, 2.0, 3.0, 5.0)
    falls: tuple[float, ...] = (0.5, 0.2)
    changed_stores: int = 60
    changed_skus: int = 60
    changed_pairs: int = 90
    changed_complaints: float = 0.0


LARGE = Settings()
SMALL = Settings(chain=ranking.SMALL, changed_stores=9, changed_skus=9, changed_pairs=3, changed_complaints=8.0)
DULL = Settings(chain=ranking.SMALL, changed_stores=0, changed_skus=0, changed_pairs=0)


@dataclass(frozen=True)
class History:
    """Months up to `last`. facts and exposure hold all of them, oldest first; `months` their names.

    change[level]: by what the last month's risk of each cell differs for good from that before, shaped like
    `last.truth(level)`; exactly 1 where nothing was planted. planted[level]: the multipliers of the cells that were
    planted to change, 1 elsewhere. expected[level]: marked reviews that each cell would have had without its change.
    """

    settings: Settings
    months: tuple[str, ...]
    facts: pa.Table
    exposure: pa.Table
    last: World
    change: dict[str, np.ndarray]
    planted: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]

    @property
    def month(self) -> str:
        return self.months[-1]

    def codes(self) -> list[str]:
        """The issues' codes."""
        found: list[str] = self.last.codes()
        return found

    def changes(self, level: str, rows: pa.Table) -> np.ndarray:
        """The true changes of ranking rows of `level`: (N,)."""
        out: np.ndarray = self.change[level][self.last.places(level, rows)]
        return out

    def planted_changes(self, level: str) -> dict[tuple[str | None, str | None, str], tuple[float, float]]:
        """Cells planted to change by (store id, SKU id, issue): the factor, and the marked reviews without it."""
        unit, issue = np.nonzero(self.planted[level] != 1)
        told = zip(self.planted[level][unit, issue].tolist(), self.expected[level][unit, issue].tolist(), strict=True)
        return dict(zip(self.last.cells(level, unit, issue), told, strict=True))

    def known(self, level: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The last month as nobody can know it, (U, I) each: marked reviews, their true means had nothing changed, and by
        what the cells were planted to change."""
        return self.last.observed(level), self.expected[level], self.planted[level]

    def tables(self, past: int | None = None) -> dict[str, pa.Table]:
        """`facts`, `exposure`, `stores`, `skus` of the last month and the `past` before it (None: all)."""
        first = self.months[0 if past is None else max(len(self.months) - 1 - past, 0)]
        kept = {n: t.filter(pc.field("month") >= first) for n, t in self._monthly().items()}
        return kept | {name: table for name, table in ranking.tables(self.last).items() if name not in kept}

    def _monthly(self) -> dict[str, pa.Table]:
        return {"facts": self.facts, "exposure": self.exposure}


def simulate(seed: int, settings: Settings = LARGE) -> History:
    """The months that `seed` stands for; equal seeds and settings give equal histories."""
    s, c = settings, settings.chain
    r = np.random.default_rng([seed, s.past])
    share_store, share_sku = ranking.zipf(r, c.stores, 0.7), ranking.zipf(r, c.skus, 0.9)
    sources = r.dirichlet(np.full(len(c.sources), 4.0), c.stores)
    base = np.exp(r.uniform(np.log(c.prevalence[0]), np.log(c.prevalence[1]), c.issues))
    of_source = ranking.luck(r, c.source_cv, (len(c.sources), c.issues))
    usual_store = np.outer(share_store, base * c.sensitivity + c.false_positive_rate) * c.reviews
    usual_sku = np.outer(share_sku, base * c.sensitivity + c.false_positive_rate) * c.reviews
    by_store, by_sku = ranking.luck(r, c.cv, (c.stores, c.issues)), ranking.luck(r, c.cv, (c.skus, c.issues))
    least = c.planted_complaints / min(c.margin_risks)
    bad_store = ranking.plant(r, by_store, usual_store >= least, c.planted_stores, c.margin_risks)
    bad_sku = ranking.plant(r, by_sku, usual_sku >= least, c.planted_skus, c.margin_risks)
    often = c.reviews * np.outer(share_store, share_sku) >= c.pair_reviews
    bad_pair = _pairs(r, often, c.issues, [c.planted_pairs], [c.pair_risks])
    rise_store = _changes(r, ~bad_store & (usual_store >= s.changed_complaints), s.changed_stores, s)
    rise_sku = _changes(r, ~bad_sku & (usual_sku >= s.changed_complaints), s.changed_skus, s)
    rise_pair = _pairs(r, often, c.issues, [s.changed_pairs, s.changed_pairs // 3], [s.rises, s.falls])
    phase = r.uniform(0, 2 * np.pi, c.issues)
    months = _months(ranking.MONTH, s.past + 1)
    drift, mix = np.zeros(c.issues), np.zeros(c.skus)
    luck_store, luck_sku = r.standard_normal(by_store.shape), r.standard_normal(by_sku.shape)
    facts, exposure = [], []
    for number, month in enumerate(months):
        is_last = number == s.past
        drift = drift + s.drift * r.standard_normal(c.issues)
        mix = mix + s.mix * r.standard_normal(c.skus)
        luck_store, luck_sku = (
            s.memory * was + np.sqrt(1 - s.memory**2) * r.standard_normal(was.shape) for was in (luck_store, luck_sku)
        )
        wave = 2 * np.pi * int(month[5:]) / 12
        share = share_sku * np.exp(mix)
        busy = (1 + s.volume * np.sin(wave)) * (2.0 if month.endswith("-11") else 1.0)
        volume = r.multinomial(int(c.reviews * busy), np.outer(share_store, share / share.sum()).ravel())
        volume = volume.reshape(c.stores, c.skus)
        store, sku = np.nonzero(volume)
        steady = _on(bad_pair, store, sku, c)
        changed = _on(rise_pair, store, sku, c) if is_last else np.ones_like(steady)
        world = ranking.observe(
            r, c, store=store, sku=sku, n=r.multinomial(volume[store, sku], sources[store]),
            by_source=base * of_source * np.exp(drift + s.seasons * np.sin(wave + phase)),
            by_store=by_store * _wobble(luck_store, s.wobble) * (rise_store if is_last else 1.0),
            by_sku=by_sku * _wobble(luck_sku, s.wobble) * (rise_sku if is_last else 1.0),
            pair=steady * changed, planted=(bad_store, bad_sku, steady > 1), month=month,
        )  # fmt: skip
        tables = ranking.tables(world)
        facts.append(tables["facts"])
        exposure.append(tables["exposure"])
    before = world.risk / changed
    before /= rise_store[store] * rise_sku[sku]
    total = world.n.sum(axis=1)
    change = {
        "store": rise_store * ranking.lift(store, c.stores, total, before, before * changed),
        "sku": rise_sku * ranking.lift(sku, c.skus, total, before, before * changed),
        "store_sku": changed,
    }
    planted = {"store": rise_store, "sku": rise_sku, "store_sku": changed}
    expected = {level: world.expected(level) * world.truth(level) / change[level] for level in LEVELS}
    return History(
        s, tuple(months), pa.concat_tables(facts), pa.concat_tables(exposure), world, change, planted, expected
    )


def _months(last: str, count: int) -> list[str]:
    """The `count` months up to `last`, oldest first."""
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(end - count + 1, end + 1)]


def _wobble(luck: np.ndarray, cv: float) -> np.ndarray:
    """Log-normal multipliers with mean 1 and coefficient of variation `cv` from standard normal `luck`."""
    sigma = np.sqrt(np.log1p(cv**2))
    out: np.ndarray = np.exp(sigma * luck - sigma**2 / 2)
    return out


def _changes(r: np.random.Generator, allowed: np.ndarray, count: int, s: Settings) -> np.ndarray:
    """Multipliers shaped like `allowed`: `count` of the allowed cells that rise and a third as many that fall."""
    out = np.ones(allowed.shape)
    at = r.choice(np.flatnonzero(allowed), count + count // 3, replace=False)
    out.ravel()[at[:count]] = r.choice(s.rises, count)
    out.ravel()[at[count:]] = r.choice(s.falls, len(at) - count)
    return out


def _pairs(
    r: np.random.Generator, allowed: np.ndarray, issues: int, counts: list[int], risks: list[tuple[float, ...]]
) -> dict[tuple[int, int, int], float]:
    """(store, SKU, issue) -> multiplier for `counts` cells of the `allowed` (S, K) pairs, with risks drawn from `risks`."""
    stores, skus = np.nonzero(allowed)
    at = r.choice(len(stores) * issues, sum(counts), replace=False) if len(stores) else np.zeros(0, dtype=int)
    drawn = np.concatenate([r.choice(risk, count) for risk, count in zip(risks, counts, strict=True)])[: len(at)]
    cells = zip(stores[at // issues].tolist(), skus[at // issues].tolist(), (at % issues).tolist(), strict=True)
    return dict(zip(cells, drawn.tolist(), strict=True))


def _on(
    pairs: dict[tuple[int, int, int], float], store: np.ndarray, sku: np.ndarray, c: ranking.Settings
) -> np.ndarray:
    """(P, I) multipliers of the pairs that have reviews."""
    out = np.ones((len(store), c.issues))
    place = {pair: row for row, pair in enumerate(zip(store.tolist(), sku.tolist(), strict=True))}
    for (s, k, issue), risk in pairs.items():
        if (s, k) in place:
            out[place[s, k], issue] = risk
    return out
