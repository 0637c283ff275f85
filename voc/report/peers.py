"""Peer bands: what is usual among comparable stores or SKUs, without naming one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import pyarrow.compute as pc

from voc.report.book import Book, total
from voc.report.data import PeerBand
from voc.report.words import SMALL

PEERS, OWNERS = 5, 2  # fewer comparable stores, or fewer owners, and one could be recognised


Bands = Mapping[tuple[str, str, str | None], PeerBand]  # (store or sku, id, issue or None for any complaint)


def bands(book: Book) -> Bands:
    """The band of each store (others of its format) and SKU (others of its category) with at least SMALL reviews.

    A band leaves its own store or SKU out, and is missing with fewer than PEERS others or than OWNERS owners of these:
    dealers of stores, suppliers of SKUs. Stores have bands for each issue of service as well.
    """
    out: dict[tuple[str, str, str | None], PeerBand] = {}
    service = {c for c, issue in book.data.issues.items() if issue.facet == "service"}
    for dim in ("store", "sku"):
        entries: Mapping[str, object] = book.stores if dim == "store" else book.skus
        n = {k: e.n_reviews for k in entries if (e := book.seen(dim, k)).n_reviews >= SMALL}
        said = _complaints(book, dim, service if dim == "store" else frozenset())
        for keys in _groups(book, dim, n).values():
            owners = Counter(owner(book, dim, k) for k in keys)
            if len(keys) <= PEERS:
                continue
            told = [k for k in keys if len(owners) - (owners[owner(book, dim, k)] == 1) >= OWNERS]
            at = {k: i for i, k in enumerate(keys)}
            for aspect, counts in said.items():
                shares = np.array([min(counts.get(k, 0) / n[k], 1.0) for k in keys])
                low, high = _without_each(shares, 0.25), _without_each(shares, 0.75)
                for key in told:
                    out[dim, key, aspect] = PeerBand(float(low[at[key]]), float(high[at[key]]), len(keys) - 1)
    return out


def _complaints(book: Book, dim: str, aspects: set[str] | frozenset[str]) -> dict[str | None, dict[str, int]]:
    """Customers with a complaint by store or SKU: of any kind (None), and of each of `aspects`."""
    out: dict[str | None, dict[str, int]] = {None: {}, **{a: {} for a in sorted(aspects)}}
    roots: dict[str, set[str]] = defaultdict(set)
    for m in book.mentions:
        key = m.store_id if dim == "store" else m.sku_id
        if key is not None and m.counted and m.intent == "complaint":
            roots[key].add(m.root)
    out[None] = {k: len(r) for k, r in roots.items()}
    if aspects:
        t = book.data.facts
        t = t.filter(pc.and_(pc.equal(t["month"], book.month), pc.equal(t["issue_kind"], "aspect")))
        for row in total(t, [f"{dim}_id", "issue_code"], ("n_complaints",)).to_pylist():
            if row[f"{dim}_id"] is not None and row["issue_code"] in aspects:
                out[row["issue_code"]][row[f"{dim}_id"]] = row["n_complaints"]
    return out


def _groups(book: Book, dim: str, n: Mapping[str, int]) -> dict[str | None, list[str]]:
    groups: dict[str | None, list[str]] = defaultdict(list)
    for key in sorted(n):
        if dim == "store":
            groups[book.stores[key].format].append(key)
        elif book.skus[key].own:
            groups[book.skus[key].category].append(key)
    if dim == "sku":
        groups.pop(None, None)  # SKUs of no category have nothing in common
    return groups


def owner(book: Book, dim: str, key: str) -> str:
    """Who answers for a store or SKU: its dealer or supplier; the chain itself is one owner."""
    if dim == "sku":
        return book.skus[key].supplier or "unknown"
    store = book.stores[key]
    return store.dealer or (f"franchise {key}" if store.franchise else "direct")


def _without_each(values: np.ndarray, q: float) -> np.ndarray:
    """For each i the quantile `q` of `values` without the i-th, interpolated linearly; `values` has at least two."""
    order = np.argsort(values, kind="stable")
    place = np.empty(len(values), dtype=int)
    place[order] = np.arange(len(values))
    kept = values[order]
    at = q * (len(values) - 2)
    low = int(np.floor(at))
    high = min(low + 1, len(values) - 2)
    a = kept[low + (place <= low)]
    b = kept[high + (place <= high)]
    return np.asarray(a + (at - low) * (b - a))
