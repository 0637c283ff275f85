"""A chain of stores whose every relative risk is known, as counts: the world in which the ranking is judged.

Each store and each SKU has its own mild luck with each issue (gamma distributed around 1, `cv`), a few are planted bad,
and a few store-SKU pairs are planted worse. A tagger that overlooks complaints and sees some where there are none
stands between the truth and the counts. `simulate` gives arrays, `tables` the same month as facts and exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from voc.schemas import EXPOSURE, FACTS, SKUS, STORES, conform

MONTH = "2026-10"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes and sizes of effect of a simulated chain.

    `planted_*` are numbers of cells; `*_risks` the relative risks they draw from; a planted pair has at least
    `pair_reviews` reviews, a planted margin would have `planted_complaints` complaints even at the least of its risks.
    `cv` is the coefficient of variation of the unplanted store and SKU margins, `prevalence` the range of an issue's base
    rate per review (log-uniform), `source_cv` how far base rates differ between sources.
    """

    stores: int = 500
    skus: int = 200
    issues: int = 25
    reviews: int = 200_000
    sources: tuple[str, ...] = ("jd", "meituan", "tmall")
    regions: int = 6
    categories: int = 8
    cv: float = 0.25
    source_cv: float = 0.0
    prevalence: tuple[float, float] = (0.003, 0.06)
    planted_stores: int = 60
    planted_skus: int = 60
    planted_pairs: int = 150
    margin_risks: tuple[float, ...] = (2.0, 3.0, 5.0)
    pair_risks: tuple[float, ...] = (5.0, 8.0, 12.0)
    pair_reviews: int = 15
    planted_complaints: float = 0.0
    sensitivity: float = 0.85
    false_positive_rate: float = 0.003
    text_share: float = 0.7


LARGE = Settings()
SMALL = Settings(
    stores=60, skus=120, issues=30, reviews=10_000, cv=0.2, prevalence=(0.004, 0.05),
    planted_stores=6, planted_skus=6, planted_pairs=2, margin_risks=(2.0, 2.5, 3.0, 4.0), pair_risks=(4.0, 6.0, 8.0),
    planted_complaints=10.0,
)  # fmt: skip
DULL = Settings(
    stores=60, skus=120, issues=30, reviews=10_000, cv=0.2, prevalence=(0.004, 0.05),
    planted_stores=0, planted_skus=0, planted_pairs=0,
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """One simulated month. P pairs of store and SKU, R sources, I issues, S stores, K SKUs.

    store, sku (P,) int; n (P, R) reviews, with_text (P, R) those that say something; x (P, R, I) reviews marked with an
    issue; risk (P, I), store_risk (S, I), sku_risk (K, I) the true relative risks, a margin's as its reviews feel it:
    its own, lifted by what planted pairs add. planted_store (S, I), planted_sku (K, I), planted_pair (P, I) bool;
    expected_store, expected_sku, expected_pair: true mean number of marked reviews at relative risk 1 of that cell.
    """

    settings: Settings
    month: str
    store: np.ndarray
    sku: np.ndarray
    n: np.ndarray
    with_text: np.ndarray
    x: np.ndarray
    risk: np.ndarray
    store_risk: np.ndarray
    sku_risk: np.ndarray
    planted_store: np.ndarray
    planted_sku: np.ndarray
    planted_pair: np.ndarray
    expected_store: np.ndarray
    expected_sku: np.ndarray
    expected_pair: np.ndarray

    def tables(self) -> dict[str, pa.Table]:
        """The month as tables; see the function of that name."""
        return tables(self)

    def codes(self) -> list[str]:
        """The issues' codes."""
        out: list[str] = names("I", np.arange(self.settings.issues)).tolist()
        return out

    def risks(self, level: str, rows: pa.Table) -> np.ndarray:
        """The true relative risks of ranking rows of `level`: (N,)."""
        out: np.ndarray = self.truth(level)[self.places(level, rows)]
        return out

    def places(self, level: str, rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """Where ranking rows of `level` stand in `truth(level)`: unit and issue, (N,) each."""
        issue = _numbers(rows["aspect"])
        if level != "store_sku":
            return _numbers(rows[f"{level}_id"]), issue
        pairs = self.store * self.settings.skus + self.sku
        wanted = _numbers(rows["store_id"]) * self.settings.skus + _numbers(rows["sku_id"])
        return np.searchsorted(pairs, wanted), issue

    def planted_cells(self, level: str) -> dict[tuple[str | None, str | None, str], float]:
        """Planted cells by (store id, SKU id, issue), with the marked reviews to be expected, planted risk included."""
        unit, issue = np.nonzero(self.planted(level))
        count = (self.expected(level) * self.truth(level))[unit, issue].tolist()
        return dict(zip(self.cells(level, unit, issue), count, strict=True))

    def cells(self, level: str, unit: np.ndarray, issue: np.ndarray) -> list[tuple[str | None, str | None, str]]:
        """Store id, SKU id and issue code of places in `truth(level)`; None for what the level lacks."""
        nobody: list[str | None] = [None] * len(unit)
        store = {"store": unit, "store_sku": self.store[unit]}.get(level) if level != "sku" else None
        sku = {"sku": unit, "store_sku": self.sku[unit]}.get(level) if level != "store" else None
        stores = nobody if store is None else names("S", store).tolist()
        skus = nobody if sku is None else names("K", sku).tolist()
        return list(zip(stores, skus, names("I", issue).tolist(), strict=True))

    def truth(self, level: str) -> np.ndarray:
        """True relative risks of `level`: (S, I) for store, (K, I) for sku, (P, I) for store_sku."""
        return {"store": self.store_risk, "sku": self.sku_risk, "store_sku": self.risk}[level]

    def planted(self, level: str) -> np.ndarray:
        """Which cells were planted, shaped like `truth(level)`."""
        return {"store": self.planted_store, "sku": self.planted_sku, "store_sku": self.planted_pair}[level]

    def expected(self, level: str) -> np.ndarray:
        """Marked reviews that the cell would have without its own risk, shaped like `truth(level)`."""
        return {"store": self.expected_store, "sku": self.expected_sku, "store_sku": self.expected_pair}[level]

    def observed(self, level: str) -> np.ndarray:
        """Marked reviews of each cell, shaped like `truth(level)`."""
        x: np.ndarray = self.x.sum(axis=1)
        if level == "store_sku":
            return x
        return (
            _over(self.store, self.settings.stores, x) if level == "store" else _over(self.sku, self.settings.skus, x)
        )


def simulate(seed: int, settings: Settings = LARGE) -> World:
    """The month that `seed` stands for; equal seeds and settings give equal worlds."""
    s = settings
    r = np.random.default_rng(seed)
    weight = np.outer(zipf(r, s.stores, 0.7), zipf(r, s.skus, 0.9)).ravel()
    volume = r.multinomial(s.reviews, weight).reshape(s.stores, s.skus)
    store, sku = np.nonzero(volume)
    mix = r.dirichlet(np.full(len(s.sources), 4.0), s.stores)
    n = r.multinomial(volume[store, sku], mix[store])
    low, high = np.log(s.prevalence)
    base = np.exp(r.uniform(low, high, s.issues))
    by_source = base * luck(r, s.source_cv, (len(s.sources), s.issues))
    by_store, by_sku = luck(r, s.cv, (s.stores, s.issues)), luck(r, s.cv, (s.skus, s.issues))
    least = s.planted_complaints / min(s.margin_risks)
    calm = s.sensitivity * base + s.false_positive_rate
    planted_store = plant(r, by_store, np.outer(volume.sum(axis=1), calm) >= least, s.planted_stores, s.margin_risks)
    planted_sku = plant(r, by_sku, np.outer(volume.sum(axis=0), calm) >= least, s.planted_skus, s.margin_risks)
    pair = np.ones((len(store), s.issues))
    planted_pair = np.zeros(pair.shape, dtype=bool)
    big = np.nonzero(n.sum(axis=1) >= s.pair_reviews)[0]
    if s.planted_pairs and len(big):
        rows, cols = r.choice(big, s.planted_pairs), r.integers(0, s.issues, s.planted_pairs)
        pair[rows, cols] = r.choice(s.pair_risks, s.planted_pairs)
        planted_pair[rows, cols] = True
    return observe(
        r, s, store=store, sku=sku, n=n, by_source=by_source, by_store=by_store, by_sku=by_sku, pair=pair,
        planted=(planted_store, planted_sku, planted_pair),
    )  # fmt: skip


def observe(
    r: np.random.Generator, s: Settings, *, store: np.ndarray, sku: np.ndarray, n: np.ndarray, by_source: np.ndarray,
    by_store: np.ndarray, by_sku: np.ndarray, pair: np.ndarray, planted: tuple[np.ndarray, np.ndarray, np.ndarray],
    month: str = MONTH,
) -> World:  # fmt: skip
    """What the tagger sees of a month with these reviews n (P, R), rates by source (R, I) and relative risks of stores
    (S, I), SKUs (K, I) and pairs (P, I); `planted` says which of the three were planted."""
    plain = by_store[store] * by_sku[sku]
    risk = plain * pair
    true = np.minimum(by_source[None] * risk[:, None], 0.9)
    x = r.binomial(n[:, :, None], s.sensitivity * true + s.false_positive_rate * (1 - true))
    unlifted = n @ (s.sensitivity * by_source + s.false_positive_rate)

    def lifted(own: np.ndarray, index: np.ndarray) -> np.ndarray:
        out: np.ndarray = own * lift(index, len(own), n.sum(axis=1), plain, risk)
        return out

    return World(
        settings=s, month=month, store=store, sku=sku, n=n, x=x, risk=risk,
        with_text=np.maximum(r.binomial(n, s.text_share), x.max(axis=2)),
        store_risk=lifted(by_store, store), sku_risk=lifted(by_sku, sku),
        planted_store=planted[0], planted_sku=planted[1], planted_pair=planted[2],
        expected_store=_over(store, s.stores, unlifted * by_sku[sku]),
        expected_sku=_over(sku, s.skus, unlifted * by_store[store]), expected_pair=unlifted * plain,
    )  # fmt: skip


def lift(index: np.ndarray, size: int, volume: np.ndarray, without: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """By how much a margin's risk is lifted: the mean of `risk` over that of `without` (P, I), weighted by `volume` (P,),
    over the pairs of each of the `size` units that `index` (P,) names; 1 where a unit has none."""
    before, felt = _over(index, size, volume[:, None] * without), _over(index, size, volume[:, None] * risk)
    out: np.ndarray = np.divide(felt, before, out=np.ones_like(felt), where=before > 0)
    return out


def _over(index: np.ndarray, size: int, values: np.ndarray) -> np.ndarray:
    total = np.zeros((size, values.shape[1]))
    np.add.at(total, index, values)
    return total


def tables(world: World) -> dict[str, pa.Table]:
    """The month as the tables `facts`, `exposure`, `stores` and `skus`; ids are S0000, K0000, issues I0000."""
    s, month = world.settings, world.month
    ids = {"store_id": pa.array(names("S", np.arange(s.stores))), "sku_id": pa.array(names("K", np.arange(s.skus)))}
    sources, issues = pa.array(s.sources), pa.array(names("I", np.arange(s.issues)))

    def keys(pair: np.ndarray, source: np.ndarray) -> dict[str, pa.Array]:
        return {
            "month": pa.repeat(month, len(pair)), "source": sources.take(pa.array(source)),
            "store_id": ids["store_id"].take(pa.array(world.store[pair])),
            "sku_id": ids["sku_id"].take(pa.array(world.sku[pair])),
        }  # fmt: skip

    pair, source = np.nonzero(world.n)
    nothing = np.zeros(len(pair), dtype=np.int64)
    exposure = keys(pair, source) | {
        "n_reviews": world.n[pair, source], "n_text": world.with_text[pair, source], "rating_sum": nothing,
        "rating_n": nothing, "n_default": nothing, "n_flagged": nothing,
    }  # fmt: skip
    pair, source, issue = np.nonzero(world.x)
    count = world.x[pair, source, issue]
    facts = keys(pair, source) | {
        "issue_kind": pa.repeat("aspect", len(pair)), "issue_code": issues.take(pa.array(issue)),
        "n_mentions": count, "n_complaints": count, "n_praise": np.zeros_like(count), "polarity_sum": -0.8 * count,
    }  # fmt: skip
    stores, skus = np.arange(s.stores), np.arange(s.skus)
    store_rows = {"store_id": names("S", stores), "name": names("S", stores), "region": names("R", stores % s.regions)}
    sku_rows = {
        "sku_id": names("K", skus), "name": names("K", skus), "category": names("C", skus % s.categories),
        "own": np.ones(s.skus, dtype=bool),
    }  # fmt: skip
    return {
        "facts": conform(pa.table(facts), FACTS),
        "exposure": conform(pa.table(exposure), EXPOSURE),
        "stores": conform(pa.table(store_rows), STORES),
        "skus": conform(pa.table(sku_rows), SKUS),
    }


def names(letter: str, index: np.ndarray) -> np.ndarray:
    """`letter` and four digits for each number of `index`: the ids in `tables`."""
    return np.array([f"{letter}{i:04d}" for i in np.asarray(index).tolist()], dtype=object)


def _numbers(ids: pa.ChunkedArray) -> np.ndarray:
    """The numbers in ids such as S0012."""
    return np.array([int(i[1:]) for i in ids.to_pylist()], dtype=np.int64)


def zipf(r: np.random.Generator, size: int, power: float) -> np.ndarray:
    """Shares that sum to 1, proportional to rank ** -power, shuffled."""
    share: np.ndarray = 1 / np.arange(1, size + 1) ** power
    r.shuffle(share)
    share /= share.sum()
    return share


def luck(r: np.random.Generator, cv: float, shape: tuple[int, int]) -> np.ndarray:
    """Gamma variables with mean 1 and coefficient of variation `cv`."""
    return r.gamma(1 / cv**2, cv**2, shape) if cv else np.ones(shape)


def plant(
    r: np.random.Generator, luck: np.ndarray, allowed: np.ndarray, count: int, risks: tuple[float, ...]
) -> np.ndarray:
    """Overwrite `count` of the allowed cells of `luck` with planted risks, in place; says which."""
    at = r.choice(np.flatnonzero(allowed), count, replace=False)
    luck.ravel()[at] = r.choice(risks, count)
    planted = np.zeros(luck.shape, dtype=bool)
    planted.ravel()[at] = True
    return planted
