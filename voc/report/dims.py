"""Stores and SKUs as the pages name them, and file names that no name can escape from."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from voc.report.data import ReportData

_FRANCHISE = ("franchise", "加盟")
_DIRECT = ("direct", "直营")
# Controls, and the characters that turn the direction of the text around them.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Store:
    id: str
    name: str
    region: str | None
    city: str | None
    format: str | None
    dealer: str | None
    franchise: bool
    direct: bool  # run by the chain itself; neither where nobody says


@dataclass(frozen=True)
class Sku:
    id: str
    name: str
    category: str | None
    supplier: str | None
    factory: str | None
    own: bool
    parent: str | None
    launched: date | None


def tidy(text: object, *, longest: int = 0) -> str:
    """`text` without control, direction and surrogate characters; cut with an ellipsis when `longest` > 0."""
    out = _SURROGATE.sub("", _INVISIBLE.sub("", str(text)))
    out = out.replace("\t", " ").replace("\n", " ")
    return out[: longest - 1] + "…" if longest and len(out) > longest else out


def aliases(store: Store) -> list[str]:
    """What a store may be called in a text, longest first: its name, its id, and what stands in the name's brackets."""
    inner = re.findall(r"[（(]([^（）()]{2,})[）)]", store.name)
    found = {store.name, store.id, *inner, *(n.removesuffix("店") for n in inner)}
    return sorted((n for n in found if len(n) >= 2), key=lambda n: (-len(n), n))


def slug(text: str) -> str:
    """A file name part: at most 24 of the letters and digits of `text`, then eight hex digits of its SHA-256.

    Two texts that differ at all have different slugs; a slug never contains a dot, a slash or a device name.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", ascii_text).strip("-").lower()[:24].strip("-")
    return f"{words}-{digest}" if words else digest


def stores(data: ReportData) -> dict[str, Store]:
    """The stores as they were at the end of the month, by id; ids that only appear in counts are their own name."""
    out = {
        r["store_id"]: Store(
            r["store_id"],
            _name(r),
            _some(r["region"]),
            _some(r["city"]),
            _some(r["format"]),
            _some(r["dealer"]),
            any(word in (r["ownership"] or "").lower() for word in _FRANCHISE),
            any(word in (r["ownership"] or "").lower() for word in _DIRECT),
        )
        for r in _valid(data.stores, "store_id", data.month)
    }
    for key in _seen(data, "store_id"):
        out.setdefault(key, Store(key, tidy(key, longest=60), None, None, None, None, False, False))
    return dict(sorted(out.items()))


def skus(data: ReportData) -> dict[str, Sku]:
    """The SKUs as they were at the end of the month, by id; ids that only appear in counts are their own name."""
    out = {
        r["sku_id"]: Sku(
            r["sku_id"],
            _name(r),
            _some(r["category"]),
            _some(r["supplier"]),
            _some(r["factory"]),
            r["own"],
            r["parent_sku"],
            r["launched"],
        )
        for r in _valid(data.skus, "sku_id", data.month)
    }
    for key in _seen(data, "sku_id"):
        out.setdefault(key, Sku(key, tidy(key, longest=60), None, None, None, True, None, None))
    return dict(sorted(out.items()))


def _valid(table: pa.Table, key: str, month: str) -> list[dict[str, Any]]:
    """One row per key: the last that began before the month's end, else the first there is."""
    best: dict[str, tuple[tuple[bool, str], dict[str, Any]]] = {}
    for row in table.to_pylist():
        start = str(row["valid_from"] or "")
        begun = start[:7] <= month
        order = (begun, start if begun else "".join(chr(0x10FFFF - ord(c)) for c in start))
        if row[key] not in best or order >= best[row[key]][0]:
            best[row[key]] = (order, row)
    return [best[k][1] for k in sorted(best)]


def _name(row: dict[str, Any]) -> str:
    key = row.get("store_id") or row.get("sku_id")
    return tidy(row["name"] or key, longest=60).strip() or tidy(key, longest=60)


def _some(value: str | None) -> str | None:
    return tidy(value, longest=40).strip() or None if value else None


def _seen(data: ReportData, column: str) -> list[str]:
    """Ids of the month that appear in the tables with counts."""
    found: set[str] = set()
    for table in (data.exposure, data.ranking, data.mentions, data.safety):
        found.update(v for v in table[column].unique().to_pylist() if v is not None)
    return sorted(found)
