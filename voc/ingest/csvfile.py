"""CSV record by record, so that one broken row never takes its neighbours along.

A record that does not fit the header is set aside with its line and the reason. When a quote was opened and not closed, the
record that swallowed the following lines is taken back: its first line is set aside and reading goes on at the second.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from voc.errors import InputError
from voc.ingest.encodings import Encoding

#: Most lines and code points of one record, and code points of one line.
MAX_LINES, MAX_RECORD, MAX_LINE = 400, 400_000, 1 << 20
DELIMITERS = ",\t;|"
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Row:
    """`line` counts from 1. `reason` is None for a sound row, else why it was set aside; `cells` are its parts then too."""

    line: int
    cells: list[str]
    reason: str | None = None
    message: str = ""


class _Runaway(Exception):
    """A record that is longer than any honest one."""


class _Lines:
    """The physical lines of a stream, with those of the current record remembered so that they can be given back."""

    def __init__(self, stream: TextIO, encoding: Encoding) -> None:
        self.stream, self.encoding = stream, encoding
        self.back: deque[tuple[str, bool, int]] = deque()
        self.taken: list[tuple[str, bool, int]] = []
        self.number = self.offset = self.size = 0

    def begin(self) -> None:
        self.taken, self.size = [], 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES or self.size > MAX_RECORD:
            raise _Runaway
        item = self.back.popleft() if self.back else self._read()
        if not item[0]:
            raise StopIteration
        self.taken.append(item)
        self.number += 1
        self.size += len(item[0])
        return item[0]

    def _read(self) -> tuple[str, bool, int]:
        line, at = self.stream.readline(MAX_LINE), self.offset
        cut = len(line) >= MAX_LINE and not line.endswith(("\n", "\r"))
        size = self._size(line)
        while cut and (more := self.stream.readline(MAX_LINE)):
            size += self._size(more)
            if more.endswith(("\n", "\r")):
                break
        self.offset += size
        return (line[:4000].replace('"', "") if cut else line), cut, at

    def _size(self, line: str) -> int:
        """Bytes of a line; only damaged files need it, to say where the damage is."""
        return len(line.encode(self.encoding.name, "surrogateescape")) if self.encoding.damaged else 0

    def give_back(self) -> None:
        """Return all lines of the record but the first."""
        self.back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        self.taken = self.taken[:1]


def rows(stream: TextIO, *, encoding: Encoding, delimiter: str | None = None, skip_lines: int = 0) -> Iterator[Row]:
    """First the header as a Row, then every record. Blank lines are no records. Raises InputError when there is no header."""
    lines = _Lines(stream, encoding)
    for _ in range(skip_lines):
        lines.begin()
        next(lines, "")
    header, delimiter = _header(lines, delimiter)
    first = lines.number
    yield Row(first, header)
    width = len(header)
    plain = [cell.strip().strip("\ufeff") for cell in header]
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        start = lines.number + 1
        cells: list[str] = []
        reason = message = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason, message = _blame(error)
        except _Runaway:
            reason, message = "unclosed_quote", f"a quote opened here is not closed within {MAX_LINES} lines"
        if not reason:
            if any(cut for _, cut, _ in lines.taken):
                reason, message = "line_too_long", f"a line of more than {MAX_LINE} characters"
            elif encoding.damaged and (hit := _damage(lines)) is not None:
                reason, message = "bad_encoding", f"not {encoding.name} near byte {hit}"
            elif len(cells) == width or (len(cells) > width and not any(cells[width:])):
                if [cell.strip() for cell in cells[:width]] == plain:
                    reason, message = "repeated_header", "the header row once more"
                elif any(cells):
                    yield Row(start, cells[:width])
                    continue
                else:
                    continue
            elif not cells or (len(cells) == 1 and not cells[0].strip()):
                continue
            else:
                reason, message = "ragged_row", f"{len(cells)} cells where the header has {width}"
                if len(lines.taken) > 1 and _fits(lines.taken[1][0], delimiter, width):
                    reason, message = "unclosed_quote", "a quote opened here runs into the rows below"
        if reason in ("unclosed_quote", "stray_quote") and len(lines.taken) > 1:
            lines.give_back()
            cells = []
        if not cells:
            cells = "".join(line for line, _, _ in lines.taken)[:8000].rstrip("\r\n").split(delimiter)
        yield Row(start, [_ESCAPED.sub("\ufffd", cell) for cell in cells], reason, message)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)


def _header(lines: _Lines, delimiter: str | None) -> tuple[list[str], str]:
    for line in lines:
        hint = re.match(r"^\ufeff?sep=(.)\s*$", line)
        if hint:
            delimiter = delimiter or hint[1]
        elif line.strip(" \r\n\t,;|\ufeff"):
            break
        lines.begin()
    else:
        raise InputError("the file is empty: a header row is needed")
    outside = re.sub(r'"[^"]*"?', "", line)
    delimiter = delimiter or max(DELIMITERS, key=lambda d: (outside.count(d), -DELIMITERS.index(d)))
    # A title may hold a line break inside quotes: read on from the same line.
    lines.give_back()
    lines.back.appendleft(lines.taken[0])
    lines.number -= 1
    lines.begin()
    try:
        cells = next(csv.reader(lines, delimiter=delimiter))
    except (csv.Error, _Runaway) as error:
        raise InputError(f"the header row cannot be read: {error}") from error
    return titles(cells), delimiter


def titles(cells: list[str]) -> list[str]:
    """Column titles: blanks off, unnamed ones numbered from 1, repeated ones told apart as 'x (2)'."""
    seen: dict[str, int] = {}
    out = []
    for i, cell in enumerate(cells):
        name = " ".join(cell.strip("\ufeff\x00 \t\r\n").split()) or f"column {i + 1}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _blame(error: csv.Error) -> tuple[str, str]:
    text = str(error)
    if "limit" in text:
        return "line_too_long", f"a cell of more than {csv.field_size_limit()} characters"
    if "end of data" in text:
        return "unclosed_quote", "a quote opened here is not closed before the end of the file"
    return "stray_quote", "a quote inside a quoted cell is not doubled"


def _fits(line: str, delimiter: str, width: int) -> bool:
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), [])) == width
    except csv.Error:
        return False


def _damage(lines: _Lines) -> int | None:
    """The byte offset of the first damaged byte in the current record."""
    for line, _, at in lines.taken:
        if hit := _ESCAPED.search(line):
            return at + len(line[: hit.start()].encode(lines.encoding.name, "surrogateescape"))
    return None
