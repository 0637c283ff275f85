"""The data of a report, grouped once, so that no page has to walk a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import takewhile
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc.report import dims
from voc.report.data import IssueName, PeerBand, ReportData
from voc.report.names import Names
from voc.report.records import NOTHING, Exposure, Mention, Row, added, read_mentions, read_reviews
from voc.report.words import SMALL, Words

SUMS = ("n_reviews", "n_text", "rating_sum", "rating_n", "n_default", "n_flagged")
GATED = ("strong", "moderate")


SMALL_CHAIN = 200  # with at most this many stores to judge, those to watch have pages too


def watched(row: Row) -> bool:
    """A cell below the threshold that somebody who looks after the place would want to read all the same."""
    return bool(row["gate"] == "insufficient" and row["observed"] >= 3 and row["observed"] > row["expected"])


class Book:
    """Everything that pages look up. Reading is cheap; building it costs one pass over each table."""

    def __init__(self, data: ReportData, words: Words, *, placeless: bool = False) -> None:
        """`placeless`: stores are not known to the reader and are not missed; `peers` is filled by who knows the whole."""
        self.data, self.words, self.month, self.placeless = data, words, data.month, placeless
        self.peers: Mapping[tuple[str, str, str | None], PeerBand] = {}
        self.stores, self.skus = dims.stores(data), dims.skus(data)
        self.reviews = read_reviews(data)
        self.mentions = self._mentions(data.mentions)
        self.safety = sorted(
            (m for m in self._mentions(data.safety) if m.severity == "S1"), key=lambda m: (m.created_at, m.mention_id)
        )
        topics = data.mention_topics
        self.topic_of = {
            m: t for m, t in zip(topics["mention_id"].to_pylist(), topics["topic_id"].to_pylist(), strict=True) if t
        }
        self._groups = self._grouped()
        self._by: dict[tuple[str, object], dict[tuple[str | None, str], list[Mention]]] = {}
        self._terms: dict[tuple[str, str | None], list[Row]] | None = None
        self.exposure = self._exposure()
        self.months = sorted({m for m, dim, _ in self.exposure if dim == "chain" and m <= self.month})[-13:]
        self.praise = self._praise()
        self.topic_labels = {r["topic_id"]: dims.tidy(r["label"], longest=40) for r in data.topics.to_pylist()}
        self.rows = data.ranking.to_pylist()
        self.chain = sorted(data.chain.to_pylist(), key=lambda r: (r["issue_kind"], r["rank"], r["aspect"]))
        self.by_level: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda r: (r["level"], r["issue_kind"], r["rank"], r["aspect"], key_of(r))):
            if row["level"] != "chain":
                self.by_level[row["level"]].append(row)
        self.gated = {level: [r for r in rows if r["gate"] in GATED] for level, rows in self.by_level.items()}
        self.actions: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in sorted(data.actions.to_pylist(), key=lambda r: r["action_id"]):
            self.actions[row["issue_kind"], row["aspect"]].append(row)
        self.found = {(r["review_id"], r["aspect"]): r for r in data.safety_states.to_pylist()}  # of cases of harm
        self.impact = {r["aspect"]: r for r in data.impact.to_pylist() if r["month"] == self.month}
        self.wording: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in data.wording.to_pylist():
            if row["month"] == self.month:
                self.wording[row["level"], row["aspect"]].append(row)
        self.told = self._told()
        self.history = self._history()

    @cached_property
    def veil(self) -> Names:
        """Finds the names of franchise stores, which the first page does not give."""
        return Names(a for s in self.stores.values() if s.franchise for a in dims.aliases(s))

    # -- names ---------------------------------------------------------------------------------------------------------

    def issue(self, code: str, kind: str = "aspect") -> str:
        if kind == "topic":
            return self.topic_labels.get(code, code)
        found = self.data.issues.get(code)
        return dims.tidy(self.words.pick(found.zh, found.en), longest=60) if found else dims.tidy(code, longest=40)

    def entry(self, code: str) -> IssueName | None:
        return self.data.issues.get(code)

    def store_name(self, key: str | None, *, veiled: bool = False) -> str:
        """A store's name; `veiled` gives a franchise store its region only."""
        if key is None:
            return "" if self.placeless else self.words.pick("未注明门店", "store not given")
        store = self.stores.get(key)
        if store is None:
            return dims.tidy(key, longest=60)
        if veiled and store.franchise:
            region = store.region or self.words.pick("区域未注明", "region not given")
            return self.words.pick(f"某加盟店（{region}）", f"a franchise store ({region})")
        return store.name

    def sku_name(self, key: str | None) -> str:
        if key is None:
            return self.words.pick("未注明商品", "product not given")
        return self.skus[key].name if key in self.skus else dims.tidy(key, longest=60)

    def parent_name(self, key: str) -> str:
        """A product of several sizes: what the names of its sizes begin with, else its id."""
        if key in self.skus:
            return self.skus[key].name
        names = [s.name for s in self.skus.values() if s.parent == key]
        same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        common = "".join(letters[0] for letters in same).rstrip(" -_·(（0123456789")
        return common if len(names) > 1 and len(common) > 1 else dims.tidy(key, longest=60)

    def place(self, row: Mapping[str, Any], *, veiled: bool = False) -> str:
        """Who or what a ranking row is about."""
        level = row["level"]
        if level == "store":
            return self.store_name(row["store_id"], veiled=veiled)
        if level == "sku":
            return self.sku_name(row["sku_id"])
        if level == "store_sku":
            return f"{self.store_name(row['store_id'], veiled=veiled)} × {self.sku_name(row['sku_id'])}"
        if level == "parent_sku":
            return self.parent_name(row["parent_sku"])
        return dims.tidy(row.get(level) or self.words.pick("未注明", "not given"), longest=60)

    # -- lookups -------------------------------------------------------------------------------------------------------

    def find(self, dim: str, key: object, aspect: str | None, intent: str) -> list[Mention]:
        """Mentions of a slice, best quotes first. `dim`: chain (key ''), store, sku, store_sku (a pair), region, ..."""
        slice_ = self._by.get((dim, key))
        if slice_ is None:
            slice_ = defaultdict(list)
            for i in self._groups.get((dim, key), ()):
                m = self.mentions[i]
                slice_[m.aspect, m.intent].append(m)
                slice_[None, m.intent].append(m)
                if topic := self.topic_of.get(m.mention_id):
                    slice_[topic, m.intent].append(m)
            self._by[dim, key] = slice_
        return slice_.get((aspect, intent), [])

    def aspects(self, dim: str, key: object, intent: str) -> dict[str, list[Mention]]:
        """Mentions of a slice with one intent, by taxonomy code."""
        self.find(dim, key, None, intent)
        known = self.data.issues
        by = self._by[dim, key]
        return {
            a: ms
            for (a, i), ms in by.items()
            if i == intent and a is not None and (a in known or a not in self.topic_labels)
        }

    def keywords(self, scope: str, key: str | None) -> list[Row]:
        """Keyword rows of the month and scope, best first."""
        if self._terms is None:
            self._terms = defaultdict(list)
            for row in self.data.keywords.to_pylist():
                if row["month"] == self.month:
                    self._terms[row["scope"], row["scope_id"]].append(row)
            for rows in self._terms.values():
                rows.sort(key=lambda r: (-r["score"], r["term"], r["polarity"]))
        return self._terms.get((scope, key), [])

    def customers(self, mentions: Iterable[Mention]) -> int:
        """Distinct root reviews that count."""
        return len({m.root for m in mentions if m.counted})

    def seen(self, dim: str = "chain", key: object = "", month: str | None = None) -> Exposure:
        return self.exposure.get((month or self.month, dim, key), NOTHING)

    # -- building ------------------------------------------------------------------------------------------------------

    def _mentions(self, table: pa.Table) -> list[Mention]:
        return read_mentions(
            table, self.data, reviews=self.reviews, stores=self.stores, skus=self.skus, lang=self.words.lang
        )

    def _grouped(self) -> dict[tuple[str, object], list[int]]:
        groups: dict[tuple[str, object], list[int]] = defaultdict(list)
        for i, m in enumerate(self.mentions):
            groups["chain", ""].append(i)
            groups["source", m.source].append(i)
            if m.store_id is not None:
                groups["store", m.store_id].append(i)
                if m.sku_id is not None:
                    groups["store_sku", (m.store_id, m.sku_id)].append(i)
            if m.sku_id is not None:
                groups["sku", m.sku_id].append(i)
            if m.region is not None:
                groups["region", m.region].append(i)
            if m.category is not None:
                groups["category", m.category].append(i)
            if m.parent is not None:
                groups["parent_sku", m.parent].append(i)
            review = self.reviews.get(m.review_id)
            if review and review.lot:
                groups["lot", review.lot].append(i)
        return dict(groups)

    def _exposure(self) -> dict[tuple[str, str, object], Exposure]:
        t, out = self.data.exposure, {}
        for dim, keys in (("chain", []), ("source", ["source"]), ("store", ["store_id"]), ("sku", ["sku_id"])):
            for row in total(t, ["month", *keys], SUMS).to_pylist():
                key = row[keys[0]] if keys else ""
                if key is not None:
                    out[row["month"], dim, key] = Exposure(*(row[c] or 0 for c in SUMS))
        for (month, dim, key), e in list(out.items()):
            above: list[tuple[str, str | None]] = []
            if dim == "store" and key in self.stores:
                above = [("region", self.stores[key].region)]
            elif dim == "sku" and key in self.skus:
                above = [("category", self.skus[key].category), ("parent_sku", self.skus[key].parent)]
            for level, name in above:
                if name is not None:
                    out[month, level, name] = added(out.get((month, level, name), NOTHING), e)
        return out

    def _told(self) -> dict[str, list[str]]:
        """Ids of stores and SKUs with something to say: a gated cell, a safety case, or in a small chain one to watch."""
        rows = [r for level in ("store", "sku", "store_sku") for r in self.gated.get(level, ())]
        judged = {s for s in self.stores if self.seen("store", s).n_reviews >= SMALL}
        if len(judged) <= SMALL_CHAIN:
            rows += [r for r in self.by_level.get("store", ()) if r["store_id"] in judged and watched(r)]
        return {
            dim: sorted(
                {r[f"{dim}_id"] for r in rows if r[f"{dim}_id"] is not None and dim in r["level"]}
                | {v for m in self.safety if (v := m.store_id if dim == "store" else m.sku_id) is not None}
            )
            for dim in ("store", "sku")
        }

    def _history(self) -> dict[tuple[str, object, str, str], dict[str, int]]:
        """Complaints by month of each source, of the told stores and SKUs: (dim, key, kind, code) -> {month: n}."""
        t = self.data.facts
        t = t.filter(
            pc.and_(pc.is_in(t["month"], pa.array(self.months, pa.string())), pc.greater(t["n_complaints"], 0))
        )
        out: dict[tuple[str, object, str, str], dict[str, int]] = defaultdict(dict)
        for dim, column in (("source", "source"), ("store", "store_id"), ("sku", "sku_id")):
            part = t if dim == "source" else t.filter(pc.is_in(t[column], pa.array(self.told[dim], pa.string())))
            for row in total(part, ["month", column, "issue_kind", "issue_code"], ("n_complaints",)).to_pylist():
                out[dim, row[column], row["issue_kind"], row["issue_code"]][row["month"]] = row["n_complaints"]
        return dict(out)

    def _praise(self) -> dict[tuple[str, object, str], int]:
        """Praise of the month from the facts: by chain, store and SKU, and code."""
        t = self.data.facts
        t = t.filter(pc.and_(pc.equal(t["month"], self.month), pc.equal(t["issue_kind"], "aspect")))
        out: dict[tuple[str, object, str], int] = {}
        for dim, keys in (("chain", []), ("store", ["store_id"]), ("sku", ["sku_id"])):
            for row in total(t, [*keys, "issue_code"], ("n_praise",)).to_pylist():
                key = row[keys[0]] if keys else ""
                if key is not None and row["n_praise"]:
                    out[dim, key, row["issue_code"]] = row["n_praise"]
        return out


def key_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes a ranking row's cell, for stable sorting."""
    return tuple(str(row[c] or "") for c in ("store_id", "sku_id", "region", "source", "category", "parent_sku", "lot"))


def total(table: pa.Table, keys: list[str], sums: tuple[str, ...]) -> pa.Table:
    """`sums` added up over `keys`, sorted by the keys."""
    grouped = table.group_by(keys, use_threads=False).aggregate([(c, "sum") for c in sums])
    grouped = grouped.rename_columns([c.removesuffix("_sum") if c not in sums else c for c in grouped.column_names])
    return grouped.select([*keys, *sums]).sort_by([(k, "ascending") for k in keys])
