"""Which encoding a text file is in, decided from all of its bytes, never guessed from a few.

The ladder: a byte order mark; strict UTF-8; strict GB18030, which counts only when the header is known or when nine tenths
of the Han characters are common simplified ones (Big5 also decodes as GB18030, but to rare characters); then either of the
two with at most one line in twenty damaged. Everything else wants `--encoding`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from voc.errors import InputError, UnknownName
from voc.ingest.mapping import same_name

COMMON_SHARE, DAMAGED_SHARE = 0.9, 0.05
#: What stands for bytes that do not decode, in a damaged file.
DAMAGE = re.compile("[\udc80-\udcff\ufffd]")
_BLOCK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_OFFERED = ("utf-8", "gb18030", "gbk", "big5", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "shift_jis")


@dataclass(frozen=True)
class Encoding:
    """`name` for Python's codecs; `damaged` if some lines do not decode; `offset` of the first bad byte, then."""

    name: str
    damaged: bool = False
    offset: int | None = None

    @property
    def errors(self) -> str:
        """How Python is to decode: damaged bytes come out as code points that `DAMAGE` finds."""
        if not self.damaged:
            return "strict"
        # The decoders of UTF-16 and UTF-32 cannot keep single bytes.
        return "replace" if "16" in self.name or "32" in self.name else "surrogateescape"


def detect(raw: IO[bytes], *, path: Path, flag: str | None = None, headers: Iterable[str] = ()) -> Encoding:
    """The encoding of the stream, read from its beginning to its end. `headers`: titles that the source knows.

    Raises UnknownName for a flag that Python does not know, InputError when nothing on the ladder fits.
    """
    start = raw.read(4)
    raw.seek(0)
    if flag is not None:
        try:
            codecs.lookup(flag)
        except LookupError as error:
            raise UnknownName("encoding", flag, _OFFERED) from error
        offset = _first_error(_blocks(raw), flag)
        return Encoding(flag, offset is not None, offset)
    for mark, name in _MARKS:
        if start.startswith(mark):
            offset = _first_error(_blocks(raw), name)
            return Encoding(name, offset is not None, offset)
    utf8 = _first_error(_blocks(raw), "utf-8")
    if utf8 is None:
        return Encoding("utf-8")
    raw.seek(0)
    gb = _first_error(_blocks(raw), "gb18030")
    raw.seek(0)
    if gb is None and _is_simplified(raw, headers):
        return Encoding("gb18030")
    for name, offset in (("utf-8", utf8), ("gb18030", gb)):
        raw.seek(0)
        if offset is not None and _mostly(raw, name):
            raw.seek(0)
            if name == "utf-8" or _is_simplified(raw, headers):
                return Encoding(name, True, offset)
    raise InputError(
        f"the encoding is not clear: not UTF-8 (byte {utf8}), "
        + (f"not GB18030 (byte {gb})" if gb is not None else "and as GB18030 it reads as rare characters")
        + ". Name it with --encoding, for instance --encoding big5",
        path=path,
    )


def _blocks(raw: IO[bytes]) -> Iterator[bytes]:
    while block := raw.read(_BLOCK):
        yield block


def _first_error(blocks: Iterable[bytes], name: str) -> int | None:
    """The offset of the first byte that does not decode, None if all do."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    done = 0
    held = b""
    for block in blocks:
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            return max(0, done - len(held)) + error.start
        state = decoder.getstate()[0]
        held = state if isinstance(state, bytes) else b""
        done += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return max(0, done - len(held)) + error.start
    return None


def _is_simplified(raw: IO[bytes], headers: Iterable[str]) -> bool:
    """Whether the first megabyte, read as GB18030, has known titles or common simplified characters."""
    text = raw.read(_BLOCK).decode("gb18030", "ignore")
    titles = {same_name(cell.strip('"')) for cell in re.split(r"[,\t;|]", text.splitlines()[0] if text else "")}
    telling = {same_name(name) for name in headers if _HAN.search(name)}
    if len(titles & telling) >= 2:
        return True
    han = _HAN.findall(text)
    return bool(han) and sum(map(_common().__contains__, han)) >= COMMON_SHARE * len(han)


@cache
def _common() -> frozenset[str]:
    """Level 1 of GB 2312-80: the 3,755 most used simplified characters, lead bytes B0 to D7."""
    cells = bytes(b for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF) for b in (lead, trail))
    return frozenset(cells.decode("gb2312", "ignore"))


def _mostly(raw: IO[bytes], name: str) -> bool:
    """Whether at most DAMAGED_SHARE of the lines fail, and some line that is not ASCII does decode."""
    lines = damaged = telling = 0
    for line in raw:
        lines += 1
        if line.isascii():
            continue
        try:
            line.decode(name)
            telling += 1
        except UnicodeDecodeError:
            damaged += 1
    return telling > damaged and damaged <= max(1, DAMAGED_SHARE * lines)
