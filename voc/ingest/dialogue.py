"""Messages of conversations to one row a conversation: the customer's turns are its text, the other side's its reply.

A conversation may be scattered over the file, so the file's messages are held in memory until its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.ingest import dates, fields
from voc.ingest.mapping import Mapping, resolve
from voc.ingest.readers import LINE, MESSAGE, OWN, RAW, REASON, UNIT

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


@dataclass(frozen=True)
class Grouped:
    """`batch` has a row a conversation and a row for each message that was set aside; `leader[i]` is the record whose
    row stands for message i of the file."""

    batch: pa.RecordBatch
    leader: NDArray[np.int64]


def group(batches: Iterable[pa.RecordBatch], mapping: Mapping, *, path: Path, zone: str) -> Grouped | None:
    """The file's messages by conversation, in the order in which these begin; None for a file without a header.

    A message without a conversation or by an unknown speaker is set aside, and so are all messages of a conversation of
    which no time can be read. Raises InputError when the columns for conversation, speaker, text or time are missing.
    """
    parts, start = [], 0
    for batch in batches:
        part = fields.complete(batch, start + 1)
        start += len(part)
        parts.append(part)
    if not parts:
        return None
    table = pa.concat_tables([pa.Table.from_batches([part]) for part in parts], promote_options="default")
    messages = table.combine_chunks().to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)
    columns = [name for name in messages.schema.names if name not in OWN]
    taken = fields.Taken(messages, resolve(mapping, columns, path), mapping)
    who, theirs = _speakers(taken["role"], mapping)
    at = dates.parse(
        taken["created_at"], zone=mapping.dates.zone or zone, order=mapping.dates.order, excel=mapping.dates.excel
    )
    conversation = taken["review_id"].to_pylist()
    told: dict[int, tuple[str, str]] = {}
    members: dict[str, list[int]] = {}
    for i in _sound(messages).tolist():
        if conversation[i] is None:
            told[i] = ("no_conversation", "no conversation is given")
        elif not who[i]:
            told[i] = ("unknown_speaker", f"{fields.shown(taken['role'][i])} is neither a customer nor the other side")
        else:
            members.setdefault(conversation[i], []).append(i)
    moments = at.at.cast(pa.int64()).to_pylist()
    for name, rows in list(members.items()):
        if all(moments[i] is None for i in rows):
            told |= dict.fromkeys(rows, ("bad_date", "no message of the conversation has a time that can be read"))
            del members[name]
    return _built(
        messages, columns, taken, mapping, members, told, _sound(messages, invert=True).tolist(), moments, theirs
    )


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
    taken: fields.Taken,
    mapping: Mapping,
    members: dict[str, list[int]],
    told: dict[int, tuple[str, str]],
    broken: list[int],
    moments: list[int | None],
    theirs: NDArray[np.bool_],
) -> Grouped:
    text, spoken = taken["text"].to_pylist(), taken.fields.get("text", "")
    when = taken.fields.get("created_at", "")
    leader = np.arange(len(messages))
    first, said, answered = [], [], []
    for rows in members.values():
        rows.sort(key=lambda i: (moments[i] is None, moments[i] or 0, i))
        first.append(rows[0])
        leader[rows] = rows[0]
        said.append("\n".join(text[i] for i in rows if theirs[i] and text[i]))
        answered.append("\n".join(text[i] for i in rows if not theirs[i] and text[i]))
    aside = sorted([*told, *broken])
    order = np.asarray([*first, *aside], np.int64)
    out: dict[str, pa.Array] = {}
    for name in columns:
        whole = messages.column(name)
        best = (
            [next((i for i in rows if whole[i].as_py()), rows[0]) for rows in members.values()]
            if name != when
            else first
        )
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
    out[RECORD] = pa.array(order, pa.int64())
    return Grouped(pa.RecordBatch.from_pydict(out), leader)
