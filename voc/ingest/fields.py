"""The columns of one batch by the names of their fields, and small steps on whole columns."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping as MappingLike
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.ingest.mapping import Mapping
from voc.ingest.readers import LINE, MESSAGE, RAW, REASON
from voc.ingest.xlsx_worker import LOST
from voc.text.language import detect

IDS = ("review_id", "parent_id", "order_id", "store_id", "sku_id", "item_id")
#: What programs write where there is nothing.
_NOTHING = pa.array(["", "nan", "NaN", "None", "null", "NULL", "\\N"])
_LATER = re.compile(r"(?:^|(?<=[\s。！!，,；;]))(?:当天|\d{1,4}\s?天后)追评[:：]\s*")
_ENTITY = r"&(?:[a-zA-Z]{2,8}|#\d{2,6});"
_FULFILMENT = {
    "in_store": ("in_store", "in store", "dine in", "堂食", "到店", "门店", "店内", "现场购买", "到店购买"),
    "takeaway": ("takeaway", "delivery", "外卖", "外送", "外卖配送"),
    "pick_up": ("pick_up", "pick up", "pickup", "自提", "到店自提", "自取"),
    "courier": ("courier", "express", "快递", "物流", "邮寄", "快递配送"),
}


@dataclass
class Taken:
    """`taken[field]` is the column for a field: trimmed, null where nothing was written, constant or null if not there."""

    batch: pa.RecordBatch
    fields: MappingLike[str, str]
    mapping: Mapping
    _made: dict[str, pa.Array] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pa.Array:
        if name not in self._made:
            values = self._column(name)
            self._made[name] = values if name in IDS else without_lost(values)
        return self._made[name]

    def _column(self, name: str) -> pa.Array:
        if name in self.fields:
            return stripped(self.batch.column(self.fields[name]))
        for column, split in self.mapping.split.items():
            if name in split.into and column in self.batch.schema.names:
                halves = pc.split_pattern(self.batch.column(column), split.separator, max_splits=1)
                found = [
                    h[split.into.index(name)] if h and len(h) > split.into.index(name) else None
                    for h in halves.to_pylist()
                ]
                return stripped(pa.array(found, pa.string()))
        return constant(self.mapping.constants.get(name), len(self.batch))


@dataclass(frozen=True)
class Later:
    """For each text: whether it is one that was added later (bool), and what was added to it later, if anything."""

    starts: np.ndarray
    texts: pa.Array


def stripped(values: pa.Array) -> pa.Array:
    """Values without blanks around them; null where nothing stands."""
    if values.null_count == len(values):
        return values
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(trimmed, value_set=_NOTHING), pa.scalar(None, pa.string()), trimmed)


def without_lost(values: pa.Array) -> pa.Array:
    """Values without the mark of a number that lost its tail in a workbook."""
    return values if values.null_count == len(values) else pc.replace_substring(values, LOST, "")


def constant(value: str | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.string()) if value is None else pa.repeat(pa.scalar(value, pa.string()), n)


def prefixed(prefix: str, values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(prefix), values, ":")


def spoken(title: pa.Array, text: pa.Array) -> pa.Array:
    """Title and text as one, each on its line, with the entities of HTML resolved."""
    both = pc.coalesce(pc.binary_join_element_wise(title, text, "\n"), text, title)
    escaped = np.flatnonzero(np.asarray(pc.fill_null(pc.match_substring_regex(both, _ENTITY), False), bool))
    if not len(escaped):
        return both
    out = both.to_pylist()
    for i in escaped:
        out[i] = html.unescape(out[i])
    return pa.array(out, pa.string())


def split_later(texts: pa.Array) -> tuple[pa.Array, Later]:
    """Texts without what was added later, as Taobao's pages show it: `…16天后追评：…`."""
    starts = np.zeros(len(texts), bool)
    hits = np.flatnonzero(np.asarray(pc.match_substring(texts, "追评"), bool))
    if not len(hits):
        return texts, Later(starts, pa.nulls(len(texts), pa.string()))
    out, added = texts.to_pylist(), [None] * len(texts)
    for i in hits:
        mark = _LATER.search(out[i])
        if mark is None:
            continue
        before, after = out[i][: mark.start()].strip(), out[i][mark.end() :].strip()
        if not before:
            starts[i], out[i] = True, after
        elif after:
            out[i], added[i] = before, after
    return pa.array(out, pa.string()), Later(starts, pa.array(added, pa.string()))


def languages(texts: pa.Array) -> pa.Array:
    """`detect` of each text, without looking at those that are plainly Chinese one by one."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain = _plainly_chinese(texts)
    rest = np.flatnonzero(~plain)
    encoded = texts.take(pa.array(rest)).dictionary_encode()
    found = pa.array([detect(t) for t in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
    index = np.zeros(len(texts), np.int64)
    index[rest] = 1 + np.arange(len(rest))
    return pa.concat_arrays([pa.array(["zh"]), found]).take(pa.array(index))


def _plainly_chinese(texts: pa.Array) -> np.ndarray:
    """Where a text has more characters from U+5000 to U+9FFF than letters of other scripts (kana and Hangul count three
    times), by its bytes in UTF-8."""
    at = _offsets(texts)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[at[0] : at[-1]] if len(texts) else np.zeros(0, np.uint8)
    # How a byte speaks for Chinese (1) or for anything else (-1): the first bytes of a character alone, and letters.
    # E3 begins signs and full stops as well as kana; the letters beyond U+2000 that are not Han count against it.
    votes = np.zeros(256, np.int8)
    votes[0xE5:0xEA] = 1
    votes[ord("A") : ord("Z") + 1] = votes[ord("a") : ord("z") + 1] = -1
    votes[0xC3:0xE2] = votes[0xF0] = -1
    votes[0xEA:0xEE] = -3
    said = np.take(votes, data)
    kana = np.flatnonzero((data[:-1] == 0xE3) & (data[1:] >= 0x81) & (data[1:] <= 0x83))
    said[kana] = -3
    sums = np.concatenate([[0], np.cumsum(said, dtype=np.int32)])
    start = at - at[0]
    return np.asarray(sums[start[1:]] > sums[start[:-1]], bool)


def _offsets(texts: pa.Array) -> np.ndarray:
    """Where each text begins in the bytes of the array, and where the last one ends."""
    raw = np.frombuffer(texts.buffers()[1], np.int32)
    return raw[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def fulfilment(values: pa.Array) -> pa.Array:
    """in_store | takeaway | pick_up | courier from the words for them; null for words that are none of these."""
    encoded = values.dictionary_encode()
    known = {word: code for code, words in _FULFILMENT.items() for word in words}
    told = pa.array([known.get(v.lower()) for v in encoded.dictionary.to_pylist()], pa.string())
    return told.take(encoded.indices)


def maps(pairs: Sequence[tuple[str, pa.Array]], n: int, kind: pa.MapType) -> pa.Array:
    """A map a row from named columns, leaving out nulls; null for a row without any."""
    used = [(name, values) for name, values in pairs if values.null_count < len(values)]
    if not used:
        return pa.nulls(n, kind)
    there = np.column_stack([np.asarray(pc.is_valid(values), bool) for _, values in used])
    row, column = np.divmod(np.flatnonzero(there.ravel()), len(used))
    keys = pa.array([name for name, _ in used], pa.string()).take(pa.array(column))
    items = pa.concat_arrays([values.cast(kind.item_type) for _, values in used]).take(pa.array(column * n + row))
    sizes = there.sum(axis=1)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32(), mask=np.append(sizes == 0, False))
    return pa.MapArray.from_arrays(offsets, keys, items, kind)


def unknown(ids: pa.Array, known: frozenset[str]) -> set[str]:
    """Ids that a dimension table does not have; none where there is no table."""
    if not known or ids.null_count == len(ids):
        return set()
    return {i for i in pc.unique(ids).to_pylist() if i is not None and i not in known}


def complete(batch: pa.RecordBatch, line: int) -> pa.RecordBatch:
    """A plug-in's batch need not have the columns that `readers` adds: then all its rows are sound."""
    if LINE not in batch.schema.names:
        batch = batch.append_column(LINE, pa.array(range(line, line + len(batch)), pa.int64()))
    for name in (REASON, MESSAGE, RAW):
        if name not in batch.schema.names:
            batch = batch.append_column(name, pa.nulls(len(batch), pa.string()))
    return batch


def shown(value: pa.Scalar) -> str:
    """A bad value for a message, short."""
    text = value.as_py() or ""
    return repr(text if len(text) <= 40 else text[:39] + "…")
