"""What may be kept about a person: masked words, and keyed hashes in place of ids.

The key lies in a file of its own outside the lake, mode 0600. HMAC-SHA256 (RFC 2104) is used, so that nobody without the
key can find a member by hashing a list of telephone numbers. Losing the key makes new hashes: members can no longer be
followed over time, and rows without an id of their own would be taken for new ones.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import ConfigError
from voc.text.clean import clean
from voc.text.mask import mask
from voc.text.maskable import mask_all

KEY_BYTES = 32
#: Longest text that is kept, in code points; a review beyond it is a paste, and every later step is bounded by it.
MAX_TEXT = 20_000
MAX_VALUE = 500
MAX_RAW = 2_000

_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d){8}(?!\d)")
#: _PHONE for RE2 and ASCII.
_PLAIN_PHONE = r"(?:^|\D)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d){8}(?:\D|$)"
#: Up to so many different values a column is masked value by value, which is remembered from batch to batch.
_FEW = 500
_PAIR = re.compile(r'"([^"\\]{1,60})"\s*:\s*("(?:[^"\\]|\\.)*"?|[-\d.eE+]+)')
_STARRED = "[*＊•●]"
#: Column titles under which people, not opinions, are kept. Such a column is dropped unless the mapping names it.
_PERSONAL = re.compile(
    r"昵称|姓名|用户名|会员名|旺旺|用户id|用户标识|买家|手机号|电话|联系方式|邮箱|地址|头像|微信|身份证|openid|收件|收货人|来自ip"
    r"|自定义字段|nick|user_?name|user_?id|user_?key|^user$|^_?ouid$|^guid$|^pin$|^uid$|_pin$|xidbuyer|buyer|phone|^tel$"
    r"|e-?mail|address|avatar|^ip$|ip_?address|first_?name|last_?name|reviewer_?name|rater_|full_?name|^author$|location(latitude|longitude)",
    re.IGNORECASE,
)


def make_key(path: Path, *, key: bytes | None = None) -> bytes:
    """Write a new random key to `path` (mode 0600) and return it. Raises ConfigError if a file is there already.

    `key` is for generated data, whose ids should be the same everywhere; a key that others know protects nobody.
    """
    path = Path(path)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(f"the key file {path.name} exists already; it is never overwritten") from error
    key = key or secrets.token_bytes(KEY_BYTES)
    with os.fdopen(handle, "w") as out:
        out.write(key.hex() + "\n")
    return key


def load_key(path: Path) -> bytes:
    """The key in `path`. Raises ConfigError when it is missing, damaged, or readable by others."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError(
            f"no key for member ids at {path.name}: `voc init` makes one, or voc.ingest.make_key(path); "
            "keep it outside the lake and back it up"
        )
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"the key file {path.name} can be read by others: run `chmod 600 {path.name}`")
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the key file {path.name} is damaged: {2 * KEY_BYTES} hexadecimal digits are wanted"
        ) from error
    if len(key) < KEY_BYTES:
        raise ConfigError(f"the key file {path.name} holds {len(key)} bytes, {KEY_BYTES} are wanted")
    return key


def keyed(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 of `parts`, 32 hexadecimal digits. The tuple's literal is hashed, so ('ab', 'c') is not ('a', 'bc')."""
    return hmac.digest(key, ascii(parts).encode("ascii"), "sha256").hex()[:32]


def keyed_rows(key: bytes, *columns: pa.Array) -> pa.Array:
    """One hash a row over the row's cells, 32 hexadecimal digits, as `keyed` makes them of one tuple.

    Each cell is written with its length before it, so that no two different rows are hashed alike.
    """
    parts = []
    for column in columns:
        told = pc.binary_join_element_wise(pc.binary_length(column).cast(pa.string()), column, ":")
        parts.append(pc.fill_null(told, "-"))
    rows = pc.binary_join_element_wise(*parts, "|").to_pylist()
    # RFC 2104 with both halves of the key hashed once: a third of what a call of `hmac.digest` a row takes.
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    found = []
    for row in rows:
        first, second = inner.copy(), outer.copy()
        first.update(row.encode())
        second.update(first.digest())
        found.append(second.hexdigest()[:32])
    return pa.array(found, pa.string())


def member_ids(values: pa.Array, key: bytes) -> pa.Array:
    """Keyed hashes of member ids or nicknames; nulls stay null.

    A name that the platform has starred out (`小***鱼`) is shared by many people and gives null.
    """
    if values.null_count == len(values):
        return values
    encoded = values.dictionary_encode()
    names = encoded.dictionary
    starred = pc.match_substring_regex(names, _STARRED)
    hashes = keyed_rows(key, pa.repeat("member", len(names)), names)
    return pc.if_else(starred, pa.scalar(None, pa.string()), hashes).take(encoded.indices)


def safe_ids(values: pa.Array, key: bytes) -> pa.Array:
    """Ids of orders, stores, SKUs and reviews as they are, except those that hold a phone number: keyed hashes.

    The same id gives the same hash in every file, so orders still join.
    """
    if values.null_count == len(values):
        return values
    kept = pc.utf8_slice_codeunits(pc.replace_substring(values, "\0", ""), 0, 200)
    # What is neither ASCII nor short is looked at one by one: other widths and scripts have digits too.
    doubtful = pc.or_(pc.match_substring_regex(values, _PLAIN_PHONE), pc.match_substring_regex(values, r"[^\x01-\x7f]"))
    at = np.flatnonzero(np.asarray(pc.fill_null(doubtful, False), bool))
    if not len(at):
        return kept
    told = _by_distinct(values.take(pa.array(at)), lambda value: _safe_id(value, key))
    index = np.arange(len(values))
    index[at] = len(values) + np.arange(len(at))
    return pa.concat_arrays([kept, told]).take(pa.array(index))


def _safe_id(value: str, key: bytes) -> str:
    return "h" + keyed(key, "id", value) if holds_phone(value) else clean(value)[:200]


def holds_phone(value: str) -> bool:
    """A mainland mobile number standing by itself in `value`; eleven digits inside a longer number are not one."""
    return _PHONE.search(unicodedata.normalize("NFKC", value)) is not None


def is_personal(column: str) -> bool:
    """Whether a column's title says that it holds who somebody is."""
    return _PERSONAL.search(unicodedata.normalize("NFKC", column).replace(" ", "")) is not None


@lru_cache(maxsize=1 << 14)
def _masked(text: str, limit: int) -> str:
    """The values of a column that has few come again in every batch."""
    return masked(text, limit)


def masked(text: str, limit: int = MAX_TEXT) -> str:
    """`text` as it may be stored: without NUL and lone surrogates, each masked code point one `＊`, at most `limit`."""
    text = clean(text)
    return mask(text if len(text) <= limit else text[: limit - 1] + "…")


def masked_array(values: pa.Array, limit: int = MAX_TEXT) -> pa.Array:
    """`masked` for each value; nulls stay null."""
    if values.null_count == len(values):
        return values
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary
    if len(distinct) <= _FEW:
        return pa.array([_masked(value, limit) for value in distinct.to_pylist()], pa.string()).take(encoded.indices)
    cleaned = pc.replace_substring(distinct, "\0", "")
    if pc.max(pc.utf8_length(cleaned)).as_py() > limit:
        long = pc.greater(pc.utf8_length(cleaned), limit)
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(cleaned, 0, limit - 1), "…", "")
        cleaned = pc.if_else(long, cut, cleaned)
    return mask_all(cleaned).take(encoded.indices)


def masked_row(cells: Sequence[str], columns: Sequence[str], members: Iterable[str] = ()) -> str:
    """A rejected row as it may be kept: tab-separated, personal cells blotted out, the rest masked, cut at MAX_RAW.

    In a row with d cells too many a column may stand up to d places further right, in one with d too few up to d places
    further left: so many neighbours of a personal column are blotted out as well. A line of broken JSON is one cell.
    """
    hidden = set(members)
    if len(cells) == 1 and cells[0].lstrip("\ufeff \t").startswith(("{", "[")):
        return masked(_PAIR.sub(lambda m: _blotted(m, hidden), cells[0][: 2 * MAX_RAW]))[:MAX_RAW]
    left, right = max(0, len(columns) - len(cells)), max(0, len(cells) - len(columns))
    personal = [i for i, name in enumerate(columns) if name in hidden or is_personal(name)]
    blotted = {j for i in personal for j in range(i - left, i + right + 1)}
    kept = [("＊" if i in blotted and cell else cell[: 2 * MAX_RAW]) for i, cell in enumerate(cells[:200])]
    return masked("\t".join(kept)[: 2 * MAX_RAW])[:MAX_RAW]


def _blotted(pair: re.Match[str], hidden: set[str]) -> str:
    return f'"{pair[1]}": "＊"' if pair[1] in hidden or is_personal(pair[1]) else pair[0]


def _by_distinct(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Apply `change` once to each distinct value."""
    if values.null_count == len(values):
        return values
    encoded = values.dictionary_encode()
    changed = pa.array([change(v) for v in encoded.dictionary.to_pylist()], pa.string())
    return changed.take(encoded.indices)
