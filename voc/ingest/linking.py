"""Stores and SKUs of a review: by its order, by name, by what its text names.

Ids that no dimension table knows are kept and listed; names that it does not know are kept as attributes. Reviews that lie
in the lake already are not linked again when a dimension or orders table changes later: their files have to be ingested
with the new tables, or wait for an edited export.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ahocorasick
import pyarrow as pa
import pyarrow.compute as pc

from voc.lake import Lake

#: A name shorter than this many Han characters says too little to be looked for in texts.
SHORTEST = 3
_HAN = re.compile(r"[\u3400-\u9fff]")
_SIZE = re.compile(
    r"\d+(?:\.\d+)?\s*(?:g|kg|克|千克|斤|ml|毫升|l|升)?(?:\s*[*x×]\s*\d+)?\s*(?:袋|包|盒|罐|瓶|支|片|粒|枚|条|箱|件|个|装|入)*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


@dataclass(frozen=True)
class Links:
    """What the lake knows when a file is ingested. Names map to None when two ids share them."""

    store_ids: frozenset[str]
    sku_ids: frozenset[str]
    store_names: Mapping[str, str | None]
    sku_names: Mapping[str, str | None]
    order_ids: pa.Array
    order_rows: pa.Table
    words: Any

    def orders(self, ids: pa.Array) -> pa.Table:
        """Columns store_id, sku_id, fulfilment for each order id; null where the order is unknown or has several."""
        found = pc.index_in(ids, value_set=self.order_ids)
        return self.order_rows.take(found)

    def stores_named(self, names: pa.Array) -> pa.Array:
        return _looked_up(names, self.store_names)

    def skus_named(self, names: pa.Array) -> pa.Array:
        return _looked_up(names, self.sku_names)

    def sku_in(self, text: str) -> str | None:
        """The one own SKU that `text` names; None for none or for several."""
        if not len(self.words):
            return None
        found = {sku for _, sku in self.words.iter_long(_key(text))}
        return (found.pop() or None) if len(found) == 1 else None


def links(lake: Lake) -> Links:
    stores = lake.read("stores", columns=["store_id", "name"])
    skus = lake.read("skus", columns=["sku_id", "name", "own", "brand"])
    orders = lake.read("orders")
    single = _single(orders)
    return Links(
        store_ids=frozenset(stores["store_id"].to_pylist()),
        sku_ids=frozenset(skus["sku_id"].to_pylist()),
        store_names=_names(zip(stores["name"].to_pylist(), stores["store_id"].to_pylist(), strict=True)),
        sku_names=_names(zip(skus["name"].to_pylist(), skus["sku_id"].to_pylist(), strict=True)),
        order_ids=single["order_id"].combine_chunks(),
        order_rows=single.select(["store_id", "sku_id", "fulfilment"]).combine_chunks(),
        words=_automaton(skus),
    )


def _single(orders: pa.Table) -> pa.Table:
    """One row an order: a store, SKU or fulfilment stands only when all rows of the order agree on it."""
    columns = ["store_id", "sku_id", "fulfilment"]
    if not len(orders):
        return orders.select(["order_id", *columns])
    grouped = orders.group_by("order_id", use_threads=False).aggregate(
        [(c, how) for c in columns for how in ("min", "max")] + [(c, "count") for c in columns]
    )
    out = {"order_id": grouped["order_id"]}
    for c in columns:
        out[c] = pc.if_else(
            pc.fill_null(pc.equal(grouped[f"{c}_min"], grouped[f"{c}_max"]), False), grouped[f"{c}_min"], None
        )
    return pa.table(out).cast(pa.schema([(n, pa.string()) for n in out]))


def _key(name: str) -> str:
    """A name or text reduced for comparison: width, case, blanks and the kind of brackets do not matter."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _names(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for name, identity in pairs:
        ids[_key(name)].add(identity)
    return {name: min(found) if len(found) == 1 else None for name, found in ids.items()}


def without_zeros(unknown: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Unknown ids that are a known one without its leading zeros, as a spreadsheet leaves them: {'123': '00123'}."""
    bare: defaultdict[str, set[str]] = defaultdict(set)
    for identity in known:
        if identity.startswith("0") and identity.isdecimal():
            bare[identity.lstrip("0")].add(identity)
    return {i: min(bare[i]) for i in sorted(unknown) if len(bare.get(i, ())) == 1}


def _looked_up(names: pa.Array, known: Mapping[str, str | None]) -> pa.Array:
    encoded = names.dictionary_encode()
    found = pa.array([None if n is None else known.get(_key(n)) for n in encoded.dictionary.to_pylist()], pa.string())
    return found.take(encoded.indices)


def short_name(name: str, brand: str | None = None) -> str:
    """A product's name as people write it: without brackets, size and brand."""
    bare = _SIZE.sub("", _BRACKETS.sub("", unicodedata.normalize("NFKC", name)))
    return _key(bare.replace(brand, "", 1) if brand and bare != brand else bare)


def _automaton(skus: pa.Table) -> Any:
    """Full and short names, each with the own SKU that alone bears it, else with ''; longer names win over those inside."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for row in skus.to_pylist():
        for word in {_key(row["name"]), short_name(row["name"], row["brand"])}:
            if len(_HAN.findall(word)) >= SHORTEST or (not _HAN.search(word) and len(word) >= 8):
                owners[word].add(row["sku_id"] if row["own"] else "")
    # A name inside another's name (柠檬片 in 柠檬片家庭装) may mean either, so it names neither; it stays in the automaton,
    # as the names of rivals do, because a text that has it may be about something else.
    search = ahocorasick.Automaton()
    for word in sorted(owners):
        search.add_word(word, word)
    if not len(search):
        return search
    search.make_automaton()
    unclear = {inner for word in owners for _, inner in search.iter(word) if owners[inner] != owners[word]}
    automaton = ahocorasick.Automaton()
    for word, found in sorted(owners.items()):
        automaton.add_word(word, min(found) if len(found) == 1 and word not in unclear else "")
    automaton.make_automaton()
    return automaton
