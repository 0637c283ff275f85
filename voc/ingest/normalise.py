"""Batches of text columns to rows of `reviews`, with what cannot be read set aside.

Nothing personal leaves this module: texts, replies, attributes and rejected rows are masked, member ids are keyed hashes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.ingest import dates, fields, privacy, ratings, survey
from voc.ingest.dialogue import RECORD, REPLY
from voc.ingest.fields import IDS, Later, Taken
from voc.ingest.linking import Links, origin_of
from voc.ingest.mapping import Mapping, find, resolve
from voc.ingest.merging import INCOMING
from voc.ingest.readers import LINE, MESSAGE, OWN, RAW, REASON, UNIT
from voc.ingest.xlsx_worker import LOST
from voc.schemas import PAIRS, QUARANTINE, REVIEWS, TIME, conform

#: What tells rows without an id apart, besides their time and words.
_TELLING = (
    "order_id", "store_id", "sku_id", "item_id", "store_name", "sku_name", "member_id", "rating", "nps",
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Store and SKU ids, where the SKU comes from (row | order | text | none), and the names that no table knows."""

    store: pa.Array
    sku: pa.Array
    origin: pa.Array
    named: dict[str, pa.Array]


@dataclass
class Normaliser:
    """Turns the batches of one file into rows; it counts across batches, so a file needs one of its own."""

    source: str
    channel: str | None
    zone: str
    key: bytes
    mapping: Mapping
    path: Path
    ingest_id: str
    links: Links
    records: int = 0
    naive: int = 0
    order: dates.Order | None = None  # of the numbers in 03/05/2021; where the mapping is silent, by the first batch
    scale: str = ""  # of the ratings; where the mapping offers several, chosen by the first batch
    native: bool = False  # some row has an id of its own, so its other fields may change
    origins: Counter[str] = field(default_factory=Counter)
    stores_known: int = 0
    unknown_stores: set[str] = field(default_factory=set)
    unknown_skus: set[str] = field(default_factory=set)

    def part(self, batch: pa.RecordBatch) -> tuple[pa.Table, pa.Table]:
        """Rows (schema INCOMING) and rejected rows (schema QUARANTINE) of a batch."""
        columns = [name for name in batch.schema.names if name not in (*OWN, RECORD, REPLY)]
        batch = fields.complete(batch, self.records + 1)
        first, self.records = self.records, self.records + len(batch)
        places = np.arange(first, first + len(batch))
        if RECORD in batch.schema.names:
            places = batch.column(RECORD).to_numpy()
        broken = batch.filter(pc.is_valid(batch.column(REASON)))
        sound = batch.filter(pc.is_null(batch.column(REASON)))
        numbers = places[np.asarray(pc.is_null(batch.column(REASON)), bool)]
        rejected = [self._broken(broken, columns)]
        where = resolve(self.mapping, columns, self.path) if first == 0 or len(sound) else {}
        if not len(sound):
            return INCOMING.empty_table(), pa.concat_tables(rejected)
        taken = Taken(sound, where, self.mapping)
        reasons, times, stars, nps = self._checked(taken)
        bad = np.zeros(len(sound), bool)
        bad[list(reasons)] = True
        rejected.append(self._rejected(sound, columns, reasons))
        if bad.all():
            return INCOMING.empty_table(), pa.concat_tables(rejected)
        keep = pa.array(~bad)
        taken = Taken(sound.filter(keep), where, self.mapping) if reasons else taken
        self.naive += int(times.naive[~bad].sum())
        rows = self._rows(taken, columns, times.at.filter(keep), stars.filter(keep), nps.filter(keep), numbers[~bad])
        return rows, pa.concat_tables(rejected)

    def _checked(self, taken: Taken) -> tuple[dict[int, tuple[str, str]], dates.Times, pa.Array, pa.Array]:
        """A reason and message for each row that cannot be kept, by its place; every row's time, stars and NPS."""
        zone, plan = self.mapping.dates.zone or self.zone, self.mapping.dates
        written = taken["created_at"]
        self.order = self.order or (dates.order_of(written) if plan.order == "ymd" else plan.order)
        times = dates.parse(written, zone=zone, order=self.order, excel=plan.excel)
        if not self.scale:
            self.scale = ratings.choose(taken["rating"], self.mapping.rating.scale, self.mapping.rating.words)
        stars = ratings.parse(taken["rating"], scale=self.scale, words=self.mapping.rating.words)
        nps = ratings.parse_nps(taken["nps"])
        reasons: dict[int, tuple[str, str]] = {}
        # Later entries overwrite earlier ones: the last is the most important.
        for i in np.flatnonzero(nps.bad).tolist():
            reasons[i] = ("bad_nps", f"{fields.shown(taken['nps'][i])} is no number from 0 to 10")
        for i in np.flatnonzero(stars.bad).tolist():
            reasons[i] = ("bad_rating", f"{fields.shown(taken['rating'][i])} is not on the scale {self.scale}")
        for i in np.flatnonzero(np.asarray(pc.is_null(times.at), bool)).tolist():
            given = written[i].as_py()
            reasons[i] = (
                ("missing_date", "no time is given")
                if given is None
                else ("bad_date", f"{fields.shown(written[i])} is no time that can be read for certain")
            )
        for name in IDS:
            if taken[name].null_count == len(written):
                continue
            lost = pc.fill_null(pc.starts_with(taken[name], LOST), False)
            for i in np.flatnonzero(np.asarray(lost, bool)).tolist():
                reasons[i] = (
                    "precision_lost",
                    f"{name} is a number of more than 15 digits; its last digits are lost in the workbook",
                )
        return dict(sorted(reasons.items())), times, stars.values, nps.values

    def _rows(
        self, taken: Taken, columns: list[str], at: pa.Array, stars: pa.Array, nps: pa.Array, numbers: np.ndarray
    ) -> pa.Table:
        n, is_survey = len(at), self.mapping.kind == "survey"
        raw = fields.spoken(taken["title"], taken["text"])
        text, later = fields.split_later(privacy.masked_array(raw).fill_null(""))
        order = privacy.safe_ids(taken["order_id"], self.key)
        linked = self.links.orders(order)
        places = self._places(taken, linked, text)
        kinds = pc.if_else(pa.array(later.starts), "followup", self.mapping.kind)
        replies = taken.batch.column(REPLY) if REPLY in taken.batch.schema.names else taken["reply"]
        columns_of = {
            "review_id": self._ids(at, taken, columns, raw),
            "own": pc.is_valid(taken["review_id"]),
            "parent_id": fields.prefixed(self.source, privacy.safe_ids(taken["parent_id"], self.key)),
            "kind": kinds,
            "source": fields.constant(self.source, n),
            "channel": self._channel(taken),
            "created_at": at,
            "month": dates.months(at, self.zone),
            "store_id": places.store,
            "sku_id": places.sku,
            "sku_origin": places.origin,
            "order_id": order,
            "member_id": privacy.member_ids(taken["member_id"], self.key),
            "rating": stars,
            "nps": nps,
            "fulfilment": pc.coalesce(fields.fulfilment(taken["fulfilment"]), linked["fulfilment"].combine_chunks()),
            "produced_on": dates.parse(taken["produced_on"], zone="UTC").at.cast(pa.date32(), safe=False),
            "reply": privacy.masked_array(replies),
            "replied_at": dates.parse(taken["replied_at"], zone=self.zone, order=self.order or "ymd").at,
            "lang": fields.languages(text),
            "text": text,
            "subscores": self._subscores(taken),
            "attributes": self._attributes(taken, columns, places.named),
            "flags": self._flags(taken, text, stars, nps),
            "ingest_id": fields.constant(self.ingest_id, n),
            "record": pa.array(numbers, pa.int64()),
            "root": pa.repeat(True, n),
        }
        for name in ("touchpoint", "lot", "warehouse", "carrier"):
            columns_of[name] = privacy.masked_array(taken[name], privacy.MAX_VALUE)
        roots = conform(pa.table(columns_of), INCOMING)
        parts = [roots, *self._followups(taken, roots, later)]
        if is_survey:
            parts += self._answers(taken, roots)
        return pa.concat_tables(parts).combine_chunks()

    def _ids(self, at: pa.Array, taken: Taken, columns: list[str], raw: pa.Array) -> pa.Array:
        """`source:native`, else `source:hash` of the content; rows with the same hash are told apart when a month is merged.

        The hash is keyed and taken over what the file says, before masking and linking: better masks or new dimension
        tables must not turn a known review into a new one.
        """
        native = fields.prefixed(self.source, privacy.safe_ids(taken["review_id"], self.key))
        without = pc.is_null(native)
        self.native = self.native or native.null_count < len(native)
        if not native.null_count:
            return native
        names = columns if self.mapping.kind == "survey" else _TELLING
        told = [taken.batch.column(n) if self.mapping.kind == "survey" else taken[n] for n in names]
        told = [column.filter(without) for column in (at.cast(pa.int64()).cast(pa.string()), *told, raw)]
        hashes = fields.prefixed(self.source, privacy.keyed_rows(self.key, *told))
        return pc.replace_with_mask(native, without, hashes)

    def _channel(self, taken: Taken) -> pa.Array:
        if self.channel is not None:
            return fields.constant(self.channel, len(taken.batch))
        return privacy.masked_array(taken["channel"], privacy.MAX_VALUE).fill_null(self.source)

    def _flags(self, taken: Taken, text: pa.Array, stars: pa.Array, nps: pa.Array) -> pa.Array:
        """`default_review` where the mapping knows the text as nobody's words, or where nothing at all was said."""
        silent = pc.is_in(taken["text"], value_set=pa.array(self.mapping.default_texts, pa.string()))
        silent = pc.fill_null(silent, False)
        if self.mapping.kind == "review":
            empty = pc.and_(pc.equal(text, ""), pc.and_(pc.is_null(stars), pc.is_null(nps)))
            silent = pc.or_(silent, empty)
        offsets = np.concatenate([[0], np.cumsum(np.asarray(silent, bool))])
        words = pa.repeat(pa.scalar("default_review"), int(offsets[-1]))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), words)

    def _places(self, taken: Taken, linked: pa.Table, text: pa.Array) -> Places:
        store = pc.coalesce(privacy.safe_ids(taken["store_id"], self.key), self.links.stores_named(taken["store_name"]))
        store = pc.coalesce(store, linked["store_id"].combine_chunks())
        row = pc.coalesce(privacy.safe_ids(taken["sku_id"], self.key), self.links.skus_named(taken["sku_name"]))
        if not self.links.sku_ids:
            row = pc.coalesce(row, privacy.safe_ids(taken["item_id"], self.key))
        ordered = pc.coalesce(row, linked["sku_id"].combine_chunks())
        sku, _ = self.links.skus_in(taken["sku_name"], ordered)
        sku, sure = self.links.skus_in(text, sku)
        origin = origin_of(row, ordered, sku)
        self.origins.update({v["values"]: v["counts"] for v in pc.value_counts(origin).to_pylist()})
        self.stores_known += len(store) - store.null_count
        self.unknown_stores |= fields.unknown(store, self.links.store_ids)
        self.unknown_skus |= fields.unknown(sku, self.links.sku_ids)
        named = {"sku_confidence": sure}
        for name, ids, known, missed in (
            ("store_name", store, self.links.store_ids, self.unknown_stores),
            ("sku_name", sku, self.links.sku_ids, self.unknown_skus),
        ):
            if taken[name].null_count == len(text):
                named[name] = taken[name]
                continue
            # A name is worth keeping only where the dimension table does not have it.
            listed = pc.is_in(ids, value_set=pa.array(sorted(known), pa.string()))
            kept = pc.if_else(listed, pa.scalar(None, pa.string()), taken[name])
            named[name] = privacy.masked_array(kept, privacy.MAX_VALUE)
            if known:
                missed |= set(named[name].filter(pc.is_null(ids)).drop_null().to_pylist())
        return Places(store, sku, origin, named)

    def _subscores(self, taken: Taken) -> pa.Array:
        parsed = []
        for name, names in self.mapping.columns.subscores.items():
            actual = find(names, taken.batch.schema.names)
            if actual is not None:
                values = fields.stripped(taken.batch.column(actual))
                scores = ratings.parse(values, scale=self.scale, words=self.mapping.rating.words)
                parsed.append((name, scores.values))
        return fields.maps(parsed, len(taken.batch), REVIEWS.field("subscores").type)

    def _attributes(self, taken: Taken, columns: list[str], named: dict[str, pa.Array]) -> pa.Array:
        """What else the file had, masked; never a column that holds who somebody is."""
        plan, n = self.mapping, len(taken.batch)
        is_survey = plan.kind == "survey"
        used = {column for field, column in taken.fields.items() if field != "item_id"}
        used |= {*plan.split, *(find(names, columns) or "" for names in plan.columns.subscores.values())}
        grouped = survey.choices(columns) if is_survey else {}
        options = {column for group in grouped.values() for column, _ in group}
        wanted = columns if plan.attributes == "all" else () if plan.attributes == "none" else plan.attributes
        kept = [c for c in wanted if c in columns and c not in used and c not in options]
        kept = [c for c in kept if find((c,), plan.ignore) is None and not privacy.is_personal(c)]
        # Open answers are rows of their own, except those that say nothing.
        opened = {find((q,), columns) for q in plan.columns.questions}
        pairs: list[tuple[str, pa.Array]] = []
        for column in kept:
            values = fields.without_lost(fields.stripped(taken.batch.column(column)))
            if column == taken.fields.get("item_id"):  # long numbers elsewhere may be anybody's
                told = privacy.safe_ids(values, self.key)
            else:
                told = privacy.masked_array(values, privacy.MAX_VALUE)
            if is_survey:
                kept_words = survey.silent(told) if column in opened else survey.answered(told)
                told = pc.if_else(kept_words, told, pa.scalar(None, pa.string()))
            pairs.append((survey.plain_title(column) if is_survey else column, told))
        pairs += named.items()
        for question, group in grouped.items():
            chosen = [(option, taken.batch.column(column).to_pylist()) for column, option in group]
            ticked = [
                survey.JOINT.join(option for option, given in chosen if given[i] == "1") or None for i in range(n)
            ]
            pairs.append((question, privacy.masked_array(pa.array(ticked, pa.string()), privacy.MAX_VALUE)))
        return fields.maps(pairs, n, PAIRS)

    def _followups(self, taken: Taken, roots: pa.Table, later: Later) -> list[pa.Table]:
        """Rows for what was added later, in a column of its own or after a mark in the text."""
        texts = taken["followup_text"]
        nothing = pc.is_in(texts, value_set=pa.array(self.mapping.no_followup, pa.string()))
        texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
        texts = pc.coalesce(privacy.masked_array(texts), later.texts)
        index = pa.array(np.flatnonzero(np.asarray(pc.is_valid(texts), bool)), pa.int64())
        if not len(index):
            return []
        root = roots.take(index)
        moments = dates.parse(taken["followup_at"].take(index), zone=self.zone, order=self.order or "ymd")
        self.naive += int(moments.naive.sum())
        at = []
        waits = taken["followup_days"].take(index).to_pylist()
        for begun, moment, wait in zip(root["created_at"].to_pylist(), moments.at.to_pylist(), waits, strict=True):
            days = re.match(r"\d{1,4}(?!\d)", wait or "")
            at.append(moment or (begun + timedelta(days=int(days[0])) if days else begun))
        return [self._child(root, texts.take(index), pa.array(at, TIME), "+1", kind="followup")]

    def _answers(self, taken: Taken, roots: pa.Table) -> list[pa.Table]:
        """One row for each answered open question, under the response's own row."""
        out = []
        for question in self.mapping.columns.questions:
            column = find((question,), taken.batch.schema.names)
            if column is None:
                continue
            texts = privacy.masked_array(fields.stripped(taken.batch.column(column)))
            told = pc.and_not(survey.answered(texts), survey.silent(texts))
            root, texts = roots.filter(told), texts.filter(told)
            if len(root):
                at = root["created_at"].combine_chunks()
                title = privacy.masked(survey.plain_title(column), privacy.MAX_VALUE)
                out.append(
                    self._child(root, texts, at, f"?{survey.question_id(column)}", kind="survey", question=title)
                )
        return out

    def _with_sku(self, rows: pa.Table, texts: pa.Array) -> pa.Table:
        """An answer that names a product is about it, when the response itself is about none."""
        sku, _ = self.links.skus_in(texts, rows["sku_id"].combine_chunks())
        named = pc.and_(pc.is_null(rows["sku_id"].combine_chunks()), pc.is_valid(sku))
        origin = pc.if_else(named, "text", rows["sku_origin"].combine_chunks())
        return conform(
            rows.drop_columns(["sku_id", "sku_origin"])
            .append_column("sku_id", sku)
            .append_column("sku_origin", origin),
            INCOMING,
        )

    def _child(self, root: pa.Table, text: pa.Array, at: pa.Array, suffix: str, **fixed: str) -> pa.Table:
        """Rows under `root`, with its places and person but none of its scores."""
        columns = {name: root[name] for name in INCOMING.names}
        for name in ("rating", "nps", "subscores", "reply", "replied_at", "attributes"):
            columns[name] = pa.nulls(len(root), INCOMING.field(name).type)
        columns |= {
            "review_id": pc.binary_join_element_wise(root["review_id"], suffix, ""),
            "parent_id": root["review_id"],
            "created_at": at,
            "month": dates.months(at, self.zone),
            "text": text,
            "lang": fields.languages(text),
            "flags": pa.repeat(pa.scalar([], REVIEWS.field("flags").type), len(root)),
            "root": pa.repeat(False, len(root)),
            **{name: fields.constant(value, len(root)) for name, value in fixed.items()},
        }
        return conform(pa.table(columns), INCOMING)

    def _broken(self, rows: pa.RecordBatch, columns: list[str]) -> pa.Table:
        members = self._member_columns(columns)
        raw = [privacy.masked_row((r or "").split(UNIT), columns, members) for r in rows.column(RAW).to_pylist()]
        return self._set_aside(
            rows.column(LINE), rows.column(REASON).to_pylist(), rows.column(MESSAGE).to_pylist(), raw
        )

    def _rejected(self, rows: pa.RecordBatch, columns: list[str], reasons: dict[int, tuple[str, str]]) -> pa.Table:
        chosen = rows.take(pa.array(list(reasons), pa.int64()))
        members = self._member_columns(columns)
        cells = zip(*(chosen.column(name).to_pylist() for name in columns), strict=True)
        raw = [privacy.masked_row([v or "" for v in row], columns, members) for row in cells]
        told = list(reasons.values())
        return self._set_aside(chosen.column(LINE), [r for r, _ in told], [m for _, m in told], raw)

    def _member_columns(self, columns: list[str]) -> set[str]:
        """Columns with ids of people, and of speakers, which may be nicknames."""
        named = (*self.mapping.columns.member_id, *self.mapping.columns.role)
        return {c for c in columns if find((c,), named) is not None}

    def _set_aside(self, lines: pa.Array, reasons: list[str], messages: list[str], raw: list[str]) -> pa.Table:
        table = {
            "ingest_id": fields.constant(self.ingest_id, len(raw)), "line": lines, "reason": pa.array(reasons, pa.string()),
            "message": pa.array([privacy.masked(m or "", 300) for m in messages], pa.string()),
            "raw": pa.array(raw, pa.string()),
        }  # fmt: skip
        return conform(pa.table(table), QUARANTINE)
