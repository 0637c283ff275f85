"""Probabilities of complaints, the planted issues among them, and the true relative risk of every cell.

A review of store s, SKU k, source r, month t has a complaint of code a with probability

    p = base_a * source_ra * month_ta * store_sa * sku_ka * (factors of the planted issues that cover it)

The true relative risk of a margin is sum(p) / sum(mean p of the review's source x month) over its reviews, so that it is
lifted by what is planted in its pairs; that of a store x SKU pair is sum(p) / sum(mean p * risk_sku * risk_store).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from voc.corpora.sample.chain import DULL, MONTHS, NO_SKU, NO_STORE, OWN, SOURCES, STORES, Array, Chain, stream
from voc.corpora.sample.phrases import read
from voc.corpora.sample.rows import Rows

from voc.errors import ConfigError

VARIATION, LOWEST, HIGHEST = 0.16, 0.68, 1.27
LAST = len(MONTHS) - 1
STORE_PARTS = ("five_review_store", "closed_store", "good_franchise", "bad_store", "begging_store")
SKU_PARTS = ("gift", "launch", "franchise_sku", "hostile_sku")
TRUE_ABOVE, FEWEST = 1.5, 3
"""A cell is true where its relative risk is above TRUE_ABOVE; cells of fewer than FEWEST reviews are not listed."""


@dataclass(frozen=True)
class Plant:
    """A planted issue: complaints of `aspect` are `factor` times as probable in its stores and SKUs (None: in all)."""

    id: str
    level: str
    aspect: str
    factor: float
    first: int
    last: int
    stores: tuple[int, ...] | None
    skus: tuple[int, ...] | None
    fixed: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, eq=False)
class Rates:
    """codes: the complaint codes in order; base (A,), source (A, S), month (A, M), store (A, 61), sku (A, 111)."""

    codes: tuple[str, ...]
    base: Array
    source: Array
    month: Array
    store: Array
    sku: Array

    def of(self, rows: Rows, at: Array) -> Array:
        """(len(at), A) probabilities without planted issues."""
        source, month = self.source.T[rows.source[at]], self.month.T[rows.month[at]]
        out: Array = self.base * source * month * self.store.T[rows.store[at]] * self.sku.T[rows.sku[at]]
        return out


def make_rates(chain: Chain, kind: str, *, seed: int) -> Rates:
    """`kind` 'complaint' or 'praise', from phrases/rates.toml."""
    table = read("rates")[kind]
    random = stream(seed, f"rates {kind}")
    codes = tuple(sorted(table))
    numbers = np.array([table[c] for c in codes], float)
    shape = 1 / VARIATION**2

    def margin(size: int) -> Array:
        drawn = random.gamma(shape, 1 / shape, (len(codes), size)).clip(LOWEST, HIGHEST)
        return np.column_stack([drawn, np.ones(len(codes))])

    month = np.exp(random.normal(0, 0.05, (len(codes), len(MONTHS))))
    store, sku = margin(STORES), margin(OWN)
    if kind == "complaint":
        store[:, chain.parts["good_franchise"]] *= 0.85
        for name, factor in (("V01", 2.3), ("V03", 1.8)):  # parcels at festivals, every year
            for festival in ("2025-10", "2025-11", "2026-02", "2026-10"):
                month[codes.index(name), MONTHS.index(festival)] *= factor
    return Rates(codes, numbers[:, 0], numbers[:, 1:], month, store, sku)


def plant(chain: Chain, rates: Rates, rows: Rows, *, seed: int) -> list[Plant]:
    """The issues of phrases/plan.toml, each in the place that its story names or its expected number asks for.

    No store or SKU carries more than three issues, none the same aspect twice, and those of a story only its own.
    """
    random = stream(seed, "plan")
    last_month = np.flatnonzero(rows.month == LAST)
    base = rates.of(rows, last_month)
    store, sku = rows.seen_store[last_month], rows.seen_sku[last_month]
    used = {"store": [(chain.parts[k], "") for k in STORE_PARTS], "sku": [(chain.parts[k], "") for k in SKU_PARTS]}
    used["sku"] += [(i, "") for i in (*chain.lot_skus, *(i for i, s in enumerate(chain.own) if s.launched > "2025-09"))]
    chosen: dict[str, Plant] = {}
    table = read("plan")["plant"]

    def hardest(line: dict[str, Any]) -> tuple[bool, float, str]:
        """Pairs first, then by the volume of reviews that the issue asks for."""
        often = line["factor"] * rates.base[rates.codes.index(line["aspect"])]
        return line["level"] != "store_sku", -line.get("expected", 0) / often, line["id"]

    for line in sorted(table, key=hardest):
        level, aspect = line["level"], line["aspect"]
        stores, skus = _place(chain, line.get("who"))
        if level in ("sku", "store", "store_sku") and "who" not in line:
            complaints = line["factor"] * base[:, rates.codes.index(aspect)]
            expected = np.bincount(store * (OWN + 1) + sku, complaints, minlength=(STORES + 1) * (OWN + 1))
            expected = expected.reshape(STORES + 1, OWN + 1)
            expected[_full(used["store"], aspect, NO_STORE) if level != "sku" else [], :] = 0
            expected[:, _full(used["sku"], aspect, NO_SKU) if level != "store" else []] = 0
            by = {"sku": expected.sum(axis=0), "store": expected.sum(axis=1), "store_sku": expected.ravel()}[level]
            at = _choose(by, line["expected"], random)
            store_at, sku_at = divmod(at, OWN + 1) if level == "store_sku" else (at, at)
            stores, skus = None if level == "sku" else (store_at,), None if level == "store" else (sku_at,)
            used["store"] += [(i, aspect) for i in stores or ()]
            used["sku"] += [(i, aspect) for i in skus or ()]
        first, last = MONTHS.index(line.get("from", "2026-07")), MONTHS.index(line.get("to", MONTHS[-1]))
        if first <= MONTHS.index(DULL) <= last:
            raise ConfigError(f"plan.toml: {line['id']} is active in the dull month {DULL}")
        chosen[line["id"]] = Plant(
            id=line["id"], level=level, aspect=aspect, factor=line["factor"], first=first, last=last,
            stores=stores, skus=skus, fixed=line.get("fixed"), outcome=line.get("outcome"),
        )  # fmt: skip
    return [chosen[line["id"]] for line in table]


def _full(used: list[tuple[int, str]], aspect: str, nobody: int) -> list[int]:
    """Units that may not carry an issue of `aspect`: part of a story (''), three issues already, or this one."""
    count = Counter(i for i, _ in used)
    return sorted({nobody} | {i for i, a in used if a in ("", aspect) or count[i] >= 3})


def _place(chain: Chain, who: str | None) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """Stores and SKUs of a part in a story."""
    if who is None:
        return None, None
    if who == "lot":
        return tuple(i for i, s in enumerate(chain.stores) if s.region in chain.lot_regions), chain.lot_skus
    at = chain.parts[who]
    return ((at,), None) if who.endswith("store") else (None, (at,))


def _choose(expected: Array, wanted: float, random: np.random.Generator) -> int:
    """One of the three smallest that reach `wanted` expected complaints; below 10 wanted, of the largest below it."""
    order = np.argsort(expected, kind="stable")
    enough = order[expected[order] >= wanted]
    if wanted < 10:
        below = order[(expected[order] < 9.5) & (expected[order] >= 0.6 * wanted)]
        return int(below[int(random.integers(max(0, len(below) - 3), len(below)))] if len(below) else order[-1])
    return int(enough[int(random.integers(min(3, len(enough))))] if len(enough) else order[-1])


def covered(plants: list[Plant], rows: Rows, at: Array, codes: tuple[str, ...]) -> list[tuple[Plant, int, Array]]:
    """(plant, column of its code, mask over `at`) of each planted issue that is active somewhere in `at`."""
    out = []
    for p in plants:
        mask = (rows.month[at] >= p.first) & (rows.month[at] <= p.last)
        if p.stores is not None:
            mask &= np.isin(rows.store[at], p.stores)
        if p.skus is not None:
            mask &= np.isin(rows.sku[at], p.skus)
        if mask.any():
            out.append((p, codes.index(p.aspect), mask))
    return out


def probabilities(rates: Rates, plants: list[Plant], rows: Rows, at: Array) -> Array:
    """(len(at), A) with planted issues, at most .7."""
    out = rates.of(rows, at)
    for p, column, mask in covered(plants, rows, at, rates.codes):
        out[mask, column] *= p.factor
    return np.minimum(out, 0.7)


@dataclass(frozen=True, eq=False)
class MonthRisk:
    """One month's true cells. n (units,), complaints and risk (units, A); pairs are (store, sku) rows of `pair`."""

    n_sku: Array
    n_store: Array
    n_pair: Array
    pair: Array
    complaints_sku: Array
    complaints_store: Array
    complaints_pair: Array
    sku: Array
    store: Array
    store_sku: Array


def month_risk(p: Array, rows: Rows, at: Array) -> MonthRisk:
    """True relative risks of the month whose rows are `at`, with probabilities `p` (len(at), A)."""
    source, store, sku = rows.source[at], rows.seen_store[at], rows.seen_sku[at]
    usual = np.stack(
        [p[source == s].mean(axis=0) if (source == s).any() else np.zeros(p.shape[1]) for s in range(len(SOURCES))]
    )
    expected = usual[source]
    by_sku, by_store = _one_hot(sku, OWN + 1), _one_hot(store, STORES + 1)
    felt_sku, felt_store = by_sku @ p, by_store @ p
    risk_sku, risk_store = _ratio(felt_sku, by_sku @ expected), _ratio(felt_store, by_store @ expected)
    both = np.flatnonzero((store != NO_STORE) & (sku != NO_SKU))
    pair, index = np.unique(store[both] * (OWN + 1) + sku[both], return_inverse=True)
    by_pair = _one_hot(index, len(pair))
    felt_pair = by_pair @ p[both]
    conditional = by_pair @ (expected[both] * risk_sku[sku[both]] * risk_store[store[both]])
    return MonthRisk(
        n_sku=np.bincount(sku, minlength=OWN + 1), n_store=np.bincount(store, minlength=STORES + 1),
        n_pair=np.bincount(index, minlength=len(pair)), pair=np.column_stack(np.divmod(pair, OWN + 1)),
        complaints_sku=felt_sku, complaints_store=felt_store, complaints_pair=felt_pair,
        sku=risk_sku, store=risk_store, store_sku=_ratio(felt_pair, conditional),
    )  # fmt: skip


def _one_hot(index: Array, size: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(index)), (index, np.arange(len(index)))), shape=(size, len(index)))


def _ratio(over: Array, under: Array) -> Array:
    out: Array = np.divide(over, under, out=np.ones_like(over), where=under > 0)
    return out
