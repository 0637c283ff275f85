"""The chain itself: 60 stores, 120 SKUs, who is popular, and who plays which part in the planted stories."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from voc.corpora.sample.phrases import read

Array = np.ndarray
MONTHS = tuple([f"2025-{m:02d}" for m in range(9, 13)] + [f"2026-{m:02d}" for m in range(1, 11)])
DULL = "2026-04"
SOURCES = ("tmall", "jd", "meituan", "wjx")
MISSING = {"jd": "2026-07"}
STORES, OWN, RIVAL = 60, 110, 10
NO_STORE, NO_SKU = STORES, OWN
STORE_ZIPF, SKU_ZIPF = 0.7, 0.9
GROUPS = ("nut", "fruit", "meat", "bake", "puff", "candy", "jelly", "sea", "tofu", "gift")


def stream(seed: int, name: str) -> np.random.Generator:
    """A random source of its own for each step, so that one step's draws do not move another's."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class Store:
    store_id: str
    name: str
    format: str
    region: str
    city: str
    trade_area: str
    dealer: str
    ownership: str
    opened: str
    closed: str


@dataclass(frozen=True)
class Sku:
    sku_id: str
    name: str
    parent_sku: str
    category: str
    brand: str
    own: int
    supplier: str
    factory: str
    components: str
    launched: str
    noun: str
    group: str


@dataclass(frozen=True, eq=False)
class Chain:
    """store_share (60,), sku_share (110,) sum to 1 over the reviews of an ordinary month; `parts` are indices."""

    stores: tuple[Store, ...]
    skus: tuple[Sku, ...]
    store_share: Array
    sku_share: Array
    parts: dict[str, int]
    lot_skus: tuple[int, ...]
    lot_regions: tuple[str, ...]
    lot: str

    @cached_property
    def own(self) -> tuple[Sku, ...]:
        return self.skus[:OWN]

    @cached_property
    def rivals(self) -> tuple[Sku, ...]:
        return self.skus[OWN:]

    def open_stores(self, month: str) -> Array:
        """(60,) store_share of the stores that trade in `month`; not renormalised."""
        trading = [s.opened[:7] <= month and (not s.closed or month < s.closed[:7]) for s in self.stores]
        share = np.where(trading, self.store_share, 0.0)
        share[self.parts["five_review_store"]] = 0.0
        return share

    def sold_skus(self, month: str) -> Array:
        share: Array = np.where([s.launched[:7] <= month for s in self.own], self.sku_share, 0.0)
        return share


def make_chain(seed: int) -> Chain:
    """The same chain for the same seed, whatever the number of reviews."""
    random = stream(seed, "chain")
    stores, skus = _stores(random), _skus(random)
    store_rank, sku_rank = random.permutation(STORES), random.permutation(OWN)
    direct = [i for i in store_rank if stores[i].ownership == "direct"]
    franchise = [i for i in store_rank if stores[i].ownership == "franchise"]
    new, closing = int(franchise[-1]), int(direct[-1])
    parts = {
        "five_review_store": new, "closed_store": closing, "good_franchise": int(franchise[3]),
        "bad_store": int(franchise[4]), "begging_store": int(franchise[6]),
    }  # fmt: skip
    gifts = [i for i in sku_rank if skus[i].group == "gift"]
    singles = [int(i) for i in sku_rank if skus[i].group != "gift"]
    parts |= {"gift": int(gifts[0]), "launch": singles[8], "franchise_sku": singles[11], "hostile_sku": singles[30]}
    ranked = [singles[k] for k in (18, 27)]
    share = _zipf(sku_rank, SKU_ZIPF)
    for part, rank in (("gift", 7), ("launch", 6), ("franchise_sku", 7)):
        share[parts[part]] = 1 / (rank + 1) ** SKU_ZIPF
    factory = skus[ranked[0]].factory
    changed = list(skus)
    changed[ranked[1]] = _with(skus[ranked[1]], factory=factory)
    changed[parts["launch"]] = _with(skus[parts["launch"]], launched="2026-09-05", parent_sku="")
    made = list(stores)
    made[new] = _with_store(stores[new], opened="2026-10-03")
    made[closing] = _with_store(stores[closing], closed="2026-03-20")
    regions = sorted(read("world")["regions"])
    return Chain(
        stores=tuple(made), skus=tuple(changed), store_share=_normal(_zipf(store_rank, STORE_ZIPF)), sku_share=_normal(share),
        parts=parts, lot_skus=tuple(ranked), lot_regions=tuple(regions[int(i)] for i in sorted(random.permutation(6)[:3])),
        lot=f"{factory}26H17B",
    )  # fmt: skip


def _with(sku: Sku, **change: str) -> Sku:
    return Sku(**{**vars(sku), **change})  # type: ignore[arg-type]


def _with_store(store: Store, **change: str) -> Store:
    return Store(**{**vars(store), **change})


def _zipf(rank: Array, power: float) -> Array:
    share = np.empty(len(rank))
    share[rank] = 1 / np.arange(1, len(rank) + 1) ** power
    return share


def _normal(share: Array) -> Array:
    out: Array = share / share.sum()
    return out


def _stores(random: np.random.Generator) -> list[Store]:
    world, out = read("world"), []
    regions = list(world["regions"].items())
    seen: set[str] = set()
    for i in range(STORES):
        region, cities = regions[i % len(regions)]
        city = cities[(i // len(regions)) % len(cities)]
        name = f"{world['brand']}({city}{world['places']['names'][int(random.integers(12))]}店)"
        while name in seen:
            name = f"{world['brand']}({city}{world['places']['names'][int(random.integers(12))]}店)"
        seen.add(name)
        franchise = random.random() < 0.55
        out.append(
            Store(
                store_id=f"S{i + 1:03d}", name=name, format=str(random.choice(world["formats"])), region=region, city=city,
                trade_area=str(random.choice(world["areas"])),
                dealer=str(random.choice(world["dealers"])) if franchise else "",
                ownership="franchise" if franchise else "direct",
                opened=f"20{random.integers(16, 25)}-{random.integers(1, 13):02d}-{random.integers(1, 29):02d}", closed="",
            )
        )  # fmt: skip
    return out


def _skus(random: np.random.Generator) -> list[Sku]:
    world = read("world")
    labels, brand = world["names"]["labels"], world["brand"]
    count = dict.fromkeys(GROUPS, 0)

    def sku(group: str, noun: str, kind: str, *, parent: str = "", parts: str = "", of: str = brand) -> Sku:
        count[group] += 1
        grams = int(random.choice([80, 108, 120, 150, 188, 200, 218, 258]))
        grams = grams * 4 if kind == "家庭装" or group == "gift" else grams
        return Sku(
            sku_id=f"{GROUPS.index(group) + 1:02d}{count[group]:03d}", name=f"{of} {noun} {kind}{grams}g",
            parent_sku=parent, category=labels[group], brand=of, own=int(of == brand),
            supplier=str(random.choice(world["suppliers"])), factory=str(random.choice(world["factories"])),
            components=parts, launched=f"20{random.integers(18, 25)}-{random.integers(1, 13):02d}-15", noun=noun, group=group,
        )  # fmt: skip

    singles = [sku(g, noun, "") for g in GROUPS[:-1] for noun in world["products"][g]]
    gifts = []
    for noun, group in zip(world["gifts"]["names"], world["gifts"]["groups"], strict=True):
        pool = [s for s in singles if s.group == group]
        chosen = sorted(random.permutation(len(pool))[:4])
        gifts.append(sku("gift", noun, "", parts=";".join(pool[i].sku_id for i in chosen)))
    variants = []
    for i in random.permutation(len(singles))[: OWN - len(singles) - len(gifts)]:
        base = singles[int(i)]
        kind = "家庭装" if random.random() < 0.5 else "分享装"
        variants.append(sku(base.group, base.noun, kind, parent=base.sku_id))
    rivals = [
        sku(singles[int(i)].group, singles[int(i)].noun, "", of=world["rivals"][k % len(world["rivals"])])
        for k, i in enumerate(random.permutation(len(singles))[:RIVAL])
    ]
    return [*singles, *gifts, *variants, *rivals]
