"""CSV record by record, so that one broken row never takes its neighbours along.

A record that does not fit the header is set aside with its line and the reason. When a quote was opened and not closed, the
record that swallowed the following lines is taken back: its first line is set aside and reading goes on at the second.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

import pyarrow as pa
from pyarrow import csv as plain_csv

from voc.errors import InputError
from voc.ingest.encodings import DAMAGE, Encoding

#: Most lines and code points of one record, and code points of one line and of one cell (`csv` has a limit of its own, but
#: for the whole process, and anybody may change it).
MAX_LINES, MAX_RECORD, MAX_LINE, MAX_CELL = 400, 400_000, 1 << 20, 1 << 17
_TOO_LONG = f"a cell of more than {MAX_CELL} characters"
DELIMITERS = ",\t;|"
#: Code points that are read at a time, and lines that are parsed at a time while all is well.
_BLOCK, _MOST_AHEAD = 1 << 18, 4096
_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True)
class Row:
    """`line` counts from 1. `reason` is None for a sound row, else why it was set aside; `cells` are its parts then too."""

    line: int
    cells: list[str]
    reason: str | None = None
    message: str = ""


@dataclass(frozen=True)
class Run:
    """Sound rows one after the other, and the line on which each begins."""

    lines: Sequence[int]
    cells: list[list[str]]


@dataclass(frozen=True)
class Block:
    """Sound rows of a line each that lie on neighbouring lines, a string column for each of the header's."""

    lines: range
    columns: Sequence[pa.Array]


class _Runaway(Exception):
    """A record that is longer than any honest one."""


class _Cut(str):
    """The beginning of a line that was too long to be kept."""


class _Lines:
    """The physical lines of a stream, with those of the current record remembered so that they can be given back."""

    def __init__(self, stream: TextIO, encoding: Encoding) -> None:
        self.encoding = encoding
        self.pieces = _pieces(stream)
        self.held: list[str] = []  # lines that were read; those before `at` are done
        self.at = self.number = self.size = 0
        self.offset = 0  # bytes before the current record; counted in damaged files alone
        self.taken: list[str] = []

    def begin(self) -> None:
        if self.encoding.damaged:
            self.offset += sum(len(self.bytes(line)) for line in self.taken)
        self.taken, self.size = [], 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES or self.size > MAX_RECORD:
            raise _Runaway
        while self.at == len(self.held):
            if not self._read():
                raise StopIteration
        line = self.held[self.at]
        self.at += 1
        self.taken.append(line)
        self.number += 1
        self.size += len(line)
        return line

    def ahead(self, most: int) -> list[str]:
        """Up to `most` lines that come next; they stay where they are."""
        while len(self.held) - self.at < most and self._read():
            pass
        return self.held[self.at : self.at + most]

    def skip(self, lines: int) -> None:
        self.at += lines
        self.number += lines

    def _read(self) -> bool:
        more = next(self.pieces, None)
        if more is None:
            return False
        # What was taken of the current record may be given back, so it stays.
        start = self.at - len(self.taken)
        self.held, self.at = self.held[start:] + more, self.at - start
        return True

    def bytes(self, text: str) -> bytes:
        return text.encode(self.encoding.name, "surrogateescape" if self.encoding.errors != "replace" else "replace")

    def give_back(self, kept: int = 1) -> None:
        """Return all lines of the record but the first `kept`."""
        self.at -= len(self.taken) - kept
        self.number -= len(self.taken) - kept
        self.taken = self.taken[:kept]


def _pieces(stream: TextIO) -> Iterator[list[str]]:
    """The lines of a stream with their ends, some at a time; of a line that is too long only the beginning."""
    rest = ""
    while block := stream.read(_BLOCK):
        found = io.StringIO(rest + block, newline="").readlines()
        length = len(rest) + len(block)
        # A last piece without its end, or with half of a pair of CR and LF, waits for what follows.
        rest = "" if found[-1].endswith("\n") else found.pop()
        if length > MAX_LINE:
            found = [_Cut(line[:4000].replace('"', "") + "\n") if len(line) > MAX_LINE else line for line in found]
        if len(rest) > MAX_LINE and not rest.endswith("\r"):
            found.append(_Cut(rest[:4000].replace('"', "") + "\n"))
            while (block := stream.read(_BLOCK)) and (end := _END.search(block)) is None:
                pass
            rest = block[end.end() :] if block and end else ""
        yield found
    if rest:
        yield io.StringIO(rest, newline="").readlines()


def rows(
    stream: TextIO, *, encoding: Encoding, delimiter: str | None = None, skip_lines: int = 0
) -> Iterator[Row | Run | Block]:
    """First the header as a Row, then every record: sound ones in Blocks and Runs, others as Rows. Blank lines are no records.

    Raises InputError when there is no header.
    """
    lines = _Lines(stream, encoding)
    for _ in range(skip_lines):
        lines.begin()
        next(lines, "")
    header, delimiter = _header(lines, delimiter)
    first = lines.number
    yield Row(first, header)
    plain = [cell.strip().strip("\ufeff") for cell in header]
    most = _MOST_AHEAD
    while True:
        lines.begin()
        if not encoding.damaged:
            if block := _block(lines, delimiter, plain, most):
                yield block
                most = min(2 * most, _MOST_AHEAD)
                continue
            run, whole = _run(lines, delimiter, plain, most)
            if run.cells:
                yield run
            # Where much is broken, little is read ahead that has to be read again.
            most = min(2 * most, _MOST_AHEAD) if whole else max(most // 4, 16)
        record = _record(lines, delimiter, plain)
        if record is None:
            return
        if record.reason:
            yield record
        elif record.cells:
            yield Run([record.line], [record.cells])


def _block(lines: _Lines, delimiter: str, plain: list[str], most: int) -> Block | None:
    """The next `most` lines if each is a sound record and none holds a quote: then cells are what lies between delimiters,
    and Arrow cuts them in a tenth of the time. None at the end, and if anything is doubtful; no line is used up then."""
    ahead = lines.ahead(most)
    text = "".join(ahead)
    if not text or '"' in text or text[0] == "\ufeff" or max(map(len, ahead)) > MAX_CELL:
        return None
    try:
        table = plain_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=plain_csv.ReadOptions(
                use_threads=False, block_size=4 * len(text) + 1, column_names=[str(i) for i in range(len(plain))]
            ),
            parse_options=plain_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=plain_csv.ConvertOptions(
                column_types={str(i): pa.string() for i in range(len(plain))}, strings_can_be_null=False
            ),
        )
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return None
    first = {cell.strip() for cell in table.column(0).to_pylist()}
    if len(table) != len(ahead) or "" in first or plain[0] in first:
        return None
    start = lines.number + 1
    lines.skip(len(ahead))
    return Block(range(start, start + len(ahead)), [column.combine_chunks() for column in table.columns])


def _run(lines: _Lines, delimiter: str, plain: list[str], most: int) -> tuple[Run, bool]:
    """The sound records at the beginning of the next `most` lines, and whether that was all of them."""
    ahead = lines.ahead(most)
    start, width, title = lines.number + 1, len(plain), plain[0]
    whole = _sound(ahead, delimiter, plain)
    if whole is not None:
        lines.skip(len(ahead))
        return Run(range(start, start + len(ahead)), whole), len(ahead) == most
    cells: list[list[str]] = []
    at: list[int] = []
    done = 0
    if any(type(line) is _Cut for line in ahead):
        ahead = ahead[: next(i for i, line in enumerate(ahead) if type(line) is _Cut)]
    long = any(len(line) > MAX_CELL for line in ahead)
    reader = csv.reader(ahead, delimiter=delimiter, strict=True)
    try:
        for record in reader:
            used = reader.line_num - done
            if used > 1 and (used > MAX_LINES or sum(map(len, record)) > MAX_RECORD):
                break
            if (used > 1 or long) and max(map(len, record), default=0) > MAX_CELL:
                break
            if len(record) != width or not record[0] or record[0].strip() == title:
                if len(record) != width and (len(record) > 1 or (record and record[0].strip())):
                    if len(record) < width or any(record[width:]):
                        break
                    record = record[:width]
                if len(record) == width and [cell.strip() for cell in record] == plain:
                    break
                if len(record) < width or not any(record):
                    done = reader.line_num
                    continue
            cells.append(record)
            at.append(start + done)
            done = reader.line_num
    except csv.Error:
        pass
    lines.skip(done)
    return Run(at, cells), done == len(ahead) == most


def _sound(ahead: list[str], delimiter: str, plain: list[str]) -> list[list[str]] | None:
    """The records of lines that are one each and as they should be; None if any line is anything else."""
    reader = csv.reader(ahead, delimiter=delimiter, strict=True)
    try:
        records = list(reader)
    except csv.Error:
        return None
    width, title = {len(plain)}, plain[0]
    if max(map(len, ahead), default=0) > MAX_CELL:
        return None
    if len(records) != len(ahead) or set(map(len, records)) - width or set(map(type, ahead)) - {str}:
        return None
    first = {record[0].strip() for record in records}
    return None if "" in first or title in first else records


def _record(lines: _Lines, delimiter: str, plain: list[str]) -> Row | None:
    """The next record, with what is wrong with it; no cells for a blank line, None at the end."""
    width, encoding = len(plain), lines.encoding
    lines.begin()
    start = lines.number + 1
    cells: list[str] = []
    reason = message = ""
    try:
        cells = next(csv.reader(lines, delimiter=delimiter, strict=True))
    except StopIteration:
        return None
    except csv.Error as error:
        reason, message = _blame(error)
    except _Runaway:
        reason, message = "unclosed_quote", f"a quote opened here is not closed within {MAX_LINES} lines"
    if not reason:
        if any(type(line) is _Cut for line in lines.taken):
            reason, message = "line_too_long", f"a line of more than {MAX_LINE} characters"
        elif max(map(len, cells), default=0) > MAX_CELL:
            reason, message = "line_too_long", _TOO_LONG
        elif encoding.damaged and (hit := _damage(lines)) is not None:
            reason, message = "bad_encoding", f"not {encoding.name} near byte {hit}"
        elif len(cells) == width or (len(cells) > width and not any(cells[width:])):
            if [cell.strip() for cell in cells[:width]] != plain:
                return Row(start, cells[:width] if any(cells) else [])
            reason, message = "repeated_header", "the header row once more"
        elif not cells or (len(cells) == 1 and not cells[0].strip()):
            return Row(start, [])
        else:
            reason, message = "ragged_row", f"{len(cells)} cells where the header has {width}"
            if len(lines.taken) > 1 and _fits(lines.taken[1], delimiter, width):
                reason, message = "unclosed_quote", "a quote opened here runs into the rows below"
    if reason in ("unclosed_quote", "stray_quote") and len(lines.taken) > 1:
        lines.give_back()
        cells = []
    if not cells:
        cells = "".join(lines.taken)[:8000].rstrip("\r\n").split(delimiter)
    return Row(start, [DAMAGE.sub("\ufffd", cell) for cell in cells], reason, message)


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
    lines.give_back(0)
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
        name = " ".join(DAMAGE.sub("\ufffd", cell).strip("\ufeff\x00 \t\r\n").split()) or f"column {i + 1}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _blame(error: csv.Error) -> tuple[str, str]:
    text = str(error)
    if "limit" in text:
        return "line_too_long", _TOO_LONG
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
    offset = lines.offset
    for line in lines.taken:
        if hit := DAMAGE.search(line):
            return offset + len(lines.bytes(line[: hit.start()]))
        offset += len(lines.bytes(line))
    return None
