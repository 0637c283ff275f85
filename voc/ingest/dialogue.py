"""Messages of conversations to one row a conversation: the customer's turns are its text, the other side's its reply.

A conversation may be scattered over the file, so its messages are sorted into buckets first; a bucket at a time is in memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.ingest import dates, fields
from voc.ingest.fields import Taken
from voc.ingest.mapping import Mapping, resolve
from voc.ingest.readers import LINE, MESSAGE, OWN, RAW, REASON, UNIT
from voc.ingest.spool import Buckets

#: The number of the file's record that a row stands for, where it is not the row's own place.
RECORD = "voc:record"
#: What the other side said.
REPLY = "voc:reply"
CUSTOMERS = (
    "customer", "user", "buyer", "client", "visitor", "consumer", "member", "guest", "顾客", "客户", "买家", "用户", "访客",
    "会员", "消费者",
)  # fmt: skip
OTHERS = (
    "agent", "staff", "seller", "service", "bot", "robot", "system", "operator", "shop", "admin", "assistant", "客服", "商家",
    "卖家", "机器人", "系统", "店铺", "坐席", "人工客服", "智能客服", "店小二", "小二",
)  # fmt: skip


#: The speaker's word itself is not repeated: exports write nicknames there.
_STRANGER = "the speaker is neither a customer nor the other side; `customers` of a mapping can name further words"
#: Buckets of conversations; of a file of 2 GB each holds some 30 MB.
BUCKETS = 64


@dataclass
class Conversations:
    """One file of messages. `leader[i]` is the record whose row stands for message i; complete when `grouped` has ended."""

    mapping: Mapping
    path: Path
    zone: str
    leader: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def grouped(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches with a row a conversation, and one for each message that was set aside.

        A message without a conversation or by an unknown speaker is set aside, and so are all messages of a conversation
        of which no time can be read. Raises InputError when the columns for conversation, speaker, text or time are missing.
        """
        with closing(Buckets(BUCKETS)) as buckets:
            records, columns, metadata = 0, dict[str, None](), None
            for batch in batches:
                part = fields.complete(batch, records + 1)
                names = [name for name in part.schema.names if name not in OWN]
                where = resolve(self.mapping, names, self.path) if not records or len(part) else {}
                metadata = metadata or batch.schema.metadata
                columns |= dict.fromkeys(names)
                if not len(part):
                    continue
                told = Taken(part, where, self.mapping)["review_id"].dictionary_encode()
                numbers = [zlib.crc32(name.encode()) % BUCKETS for name in told.dictionary.to_pylist()]
                bucket = np.asarray([*numbers, 0])[told.indices.fill_null(len(numbers)).to_numpy()]
                places = pa.array(np.arange(records, records + len(part)))
                buckets.add(bucket, pa.Table.from_batches([part]).append_column(RECORD, places))
                records += len(part)
            self.leader = np.arange(records)
            for number in range(BUCKETS):
                rows = buckets.read(number)
                if rows is not None:
                    found = self._grouped(rows.to_batches()[0], [name for name in columns if name in rows.column_names])
                    yield found.replace_schema_metadata(metadata)

    def _grouped(self, messages: pa.RecordBatch, columns: list[str]) -> pa.RecordBatch:
        taken = Taken(messages, resolve(self.mapping, columns, self.path), self.mapping)
        who, theirs = _speakers(taken["role"], self.mapping)
        plan = self.mapping.dates
        at = dates.parse(taken["created_at"], zone=plan.zone or self.zone, order=plan.order, excel=plan.excel)
        conversation = taken["review_id"].to_pylist()
        told: dict[int, tuple[str, str]] = {}
        members: dict[str, list[int]] = {}
        for i in _sound(messages).tolist():
            if conversation[i] is None:
                told[i] = ("no_conversation", "no conversation is given")
            elif not who[i]:
                told[i] = ("unknown_speaker", _STRANGER)
            else:
                members.setdefault(conversation[i], []).append(i)
        moments = at.at.cast(pa.int64()).to_pylist()
        for name, rows in list(members.items()):
            if all(moments[i] is None for i in rows):
                told |= dict.fromkeys(rows, ("bad_date", "no message of the conversation has a time that can be read"))
                del members[name]
        records = messages.column(RECORD).to_numpy()
        for rows in members.values():
            rows.sort(key=lambda i: (moments[i] is None, moments[i] or 0, i))
            self.leader[records[rows]] = records[rows[0]]
        return _built(messages, columns, taken, members, told, _sound(messages, invert=True).tolist(), theirs)


def _sound(messages: pa.RecordBatch, *, invert: bool = False) -> NDArray[np.int64]:
    return np.flatnonzero(np.asarray(pc.is_null(messages.column(REASON)), bool) ^ invert)


def _speakers(roles: pa.Array, mapping: Mapping) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a speaker is known, and whether it is the customer."""
    customers = {word.lower() for word in (*CUSTOMERS, *mapping.customers)}
    encoded = roles.dictionary_encode()
    words = [word.lower() for word in encoded.dictionary.to_pylist()]
    index = encoded.indices.fill_null(len(words)).to_numpy()
    known = np.asarray([word in customers or word in OTHERS for word in words] + [False], bool)
    theirs = np.asarray([word in customers for word in words] + [False], bool)
    return known[index], theirs[index]


def _built(
    messages: pa.RecordBatch,
    columns: list[str],
    taken: Taken,
    members: dict[str, list[int]],
    told: dict[int, tuple[str, str]],
    broken: list[int],
    theirs: NDArray[np.bool_],
) -> pa.RecordBatch:
    """The rows: `members` of each conversation by time, then those that are set aside, newly (`told`) or before."""
    text, spoken = taken["text"].to_pylist(), taken.fields.get("text", "")
    when = taken.fields.get("created_at", "")
    first = [rows[0] for rows in members.values()]
    said = ["\n".join(text[i] for i in rows if theirs[i] and text[i]) for rows in members.values()]
    answered = ["\n".join(text[i] for i in rows if not theirs[i] and text[i]) for rows in members.values()]
    aside = sorted([*told, *broken])
    order = np.asarray([*first, *aside], np.int64)
    out: dict[str, pa.Array] = {}
    for name in columns:
        whole, best = messages.column(name), first
        if name != when:  # the first message that has something there
            given = np.asarray(pc.fill_null(pc.not_equal(whole, ""), False), bool)
            best = [next((i for i in rows if given[i]), rows[0]) for rows in members.values()]
        out[name] = whole.take(pa.array(np.asarray([*best, *aside], np.int64)))
    out[spoken] = pa.array([*said, *(text[i] for i in aside)], pa.string())
    out[REPLY] = pa.array([*(reply or None for reply in answered), *[None] * len(aside)], pa.string())
    out[LINE] = messages.column(LINE).take(pa.array(order))
    reason, message, raw = (messages.column(name).to_pylist() for name in (REASON, MESSAGE, RAW))
    for i, (code, words) in told.items():
        reason[i], message[i] = code, words
        raw[i] = UNIT.join(messages.column(name)[i].as_py() or "" for name in columns)
    for name, values in ((REASON, reason), (MESSAGE, message), (RAW, raw)):
        out[name] = pa.array([*[None] * len(first), *(values[i] for i in aside)], pa.string())
    out[RECORD] = messages.column(RECORD).take(pa.array(order))
    return pa.RecordBatch.from_pydict(out)
