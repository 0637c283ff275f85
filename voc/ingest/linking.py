"""Stores and SKUs of a review: by its order, by name, by what its text names.

Ids that no dimension table knows are kept and listed; names that it does not know are kept as attributes, so that reviews
which lie in the lake already can be linked again when a dimension or orders table changes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ahocorasick
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.lake import Lake
from voc.schemas import REVIEWS, conform

#: A name shorter than this many Han characters says too little to be looked for in texts.
SHORTEST = 3
#: How sure a SKU is that a text names in full, or without brand, size and brackets; ordered, not calibrated.
FULL_NAME, SHORT_NAME = 0.95, 0.8
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

    def sku_in(self, text: str) -> tuple[str, float] | None:
        """The one own SKU that `text` names, and how sure that is; None for none or for several."""
        if not len(self.words):
            return None
        found = dict(sorted(owner for _, owner in self.words.iter_long(_key(text))))
        ((sku, sure),) = found.items() if len(found) == 1 else (("", 0.0),)
        return (sku, sure) if sku else None

    def skus_in(self, texts: pa.Array, known: pa.Array) -> tuple[pa.Array, pa.Array]:
        """`known` SKU ids, completed by those that `texts` name; and how sure each of those is, as text."""
        if not len(self.words):
            return known, pa.nulls(len(texts), pa.string())
        need = np.flatnonzero(np.asarray(pc.and_(pc.is_null(known), pc.is_valid(texts)), bool))
        some = texts.take(pa.array(need)).dictionary_encode()
        named = [self.sku_in(text) for text in some.dictionary.to_pylist()]
        skus = pa.array([None if hit is None else hit[0] for hit in named], pa.string()).take(some.indices)
        sure = pa.array([None if hit is None else f"{hit[1]:.2f}" for hit in named], pa.string()).take(some.indices)
        at = np.full(len(texts), -1)
        at[need] = np.arange(len(need))
        index = pa.array(at, mask=at < 0)
        return pc.coalesce(known, skus.take(index)), sure.take(index)


def links(lake: Lake, *, fresh: Mapping[str, pa.Table] | None = None) -> Links:
    """What the lake's dimension tables know; `fresh` tables stand for those of the lake."""
    tables = dict(fresh or {})
    stores = tables["stores"] if "stores" in tables else lake.read("stores", columns=["store_id", "name"])
    skus = tables["skus"] if "skus" in tables else lake.read("skus", columns=["sku_id", "name", "own", "brand"])
    orders = tables["orders"] if "orders" in tables else lake.read("orders")
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


def relinked(rows: pa.Table, known: Links) -> pa.Table:
    """`rows` (schema `reviews`) with stores, SKUs and fulfilment found anew; equal to `rows` where nothing changes.

    What a row said itself stands: a store, a SKU with origin `row`. A SKU by order or text is looked for again, since a table
    that knows more may know it otherwise; where nothing is found any more, the old one stays.
    """
    named = {name: _attribute(rows["attributes"], name) for name in ("store_name", "sku_name")}
    linked = known.orders(rows["order_id"].combine_chunks())
    store = pc.coalesce(rows["store_id"].combine_chunks(), known.stores_named(named["store_name"]))
    store = pc.coalesce(store, linked["store_id"].combine_chunks())
    old, origin = rows["sku_id"].combine_chunks(), rows["sku_origin"].combine_chunks()
    own = pc.if_else(pc.fill_null(pc.equal(origin, "row"), False), old, pa.scalar(None, pa.string()))
    own = pc.coalesce(own, known.skus_named(named["sku_name"]))
    ordered = pc.coalesce(own, linked["sku_id"].combine_chunks())
    by_name, _ = known.skus_in(named["sku_name"], ordered)
    by_text, _ = known.skus_in(rows["text"].combine_chunks(), by_name)
    sku = pc.coalesce(by_text, old)
    found = origin_of(own, ordered, by_text)
    columns = {name: rows[name] for name in rows.column_names} | {
        "store_id": store,
        "sku_id": sku,
        "sku_origin": pc.if_else(pc.is_valid(by_text), found, origin),
        "fulfilment": pc.coalesce(rows["fulfilment"].combine_chunks(), linked["fulfilment"].combine_chunks()),
    }
    return conform(pa.table(columns), REVIEWS)


def origin_of(row: pa.Array, ordered: pa.Array, sku: pa.Array) -> pa.Array:
    """Where a SKU comes from: row | order | text | none."""
    by_text = pc.if_else(pc.is_valid(sku), "text", "none")
    return pc.if_else(pc.is_valid(row), "row", pc.if_else(pc.is_valid(ordered), "order", by_text))


def _attribute(attributes: pa.ChunkedArray, name: str) -> pa.Array:
    """One key of the rows' maps; null where it is not there."""
    found = pc.map_lookup(attributes.combine_chunks(), pa.scalar(name), "first")
    return found.cast(pa.string())


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
    """Full and short names, each with the own SKU that alone bears it and how sure that is, else with ''; longer names win
    over those inside."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    whole = set()
    for row in skus.to_pylist():
        whole.add(_key(row["name"]))
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
        owner = min(found) if len(found) == 1 and word not in unclear else ""
        automaton.add_word(word, (owner, FULL_NAME if word in whole else SHORT_NAME))
    automaton.make_automaton()
    return automaton
