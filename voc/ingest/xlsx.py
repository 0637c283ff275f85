"""Workbooks, parsed in a child process with limits (see `xlsx_worker`); the parent only reads lines of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

from voc.errors import InputError
from voc.ingest import xlsx_worker
from voc.ingest.csvfile import Row, titles

#: Address space of the child, its processor seconds, and seconds on the wall.
MEGABYTES, SECONDS, WALL = 2048, 300, 900
#: A workbook whose parts unpack to more than this is refused unread.
UNPACKED = 2 << 30


def rows(
    path: Path, *, sheet: str | None = None, skip_lines: int = 0, megabytes: int = MEGABYTES, wall: float = WALL
) -> Iterator[Row]:
    """First the header as a Row, then every row that is not blank; `line` is the sheet's row number.

    Raises InputError when the workbook cannot be read, or not within the limits.
    """
    _weigh(path)
    command = [sys.executable, "-I", xlsx_worker.__file__, str(path), sheet or "", str(megabytes), str(SECONDS)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        complaints: list[str] = []
        listener = threading.Thread(target=lambda: complaints.append(child.stderr.read()[-2000:]), daemon=True)  # type: ignore[union-attr]
        listener.start()
        clock = threading.Timer(wall, child.kill)
        clock.start()
        try:
            yield from _parsed(child.stdout, skip_lines)
            child.wait()
        finally:
            clock.cancel()
            child.kill()
        listener.join(5)
    if child.returncode == 3:
        raise InputError(complaints[0].strip() if complaints else "not a readable workbook", path=path)
    if child.returncode:
        raise InputError(
            f"the workbook could not be read within {megabytes} MB and {SECONDS} s (the reader ended with {child.returncode}); "
            "save it as CSV",
            path=path,
        )


def _parsed(lines: Iterator[str], skip_lines: int) -> Iterator[Row]:
    number, header = 0, None
    for line in lines:
        try:
            data = json.loads(line)
        except json.JSONDecodeError:  # the child died in the middle of a line; its exit code tells why
            return
        if isinstance(data, dict):
            number = data["first"] - 1
            continue
        number += 1
        cells = ["" if cell is None else cell for cell in data]
        if number <= skip_lines or not any(cells):
            continue
        if header is None:
            while not cells[-1]:
                cells.pop()
            header = titles(cells)
            yield Row(number, header)
        elif any(cells[len(header) :]):
            yield Row(number, cells, "ragged_row", f"cells beyond the {len(header)} columns of the header")
        elif titles(cells[: len(header)]) == header:
            yield Row(number, cells[: len(header)], "repeated_header", "the header row once more")
        else:
            yield Row(number, cells[: len(header)] + [""] * (len(header) - len(cells)))


def _weigh(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InputError(f"not a readable workbook: {error}", path=path) from error
    if size > UNPACKED:
        raise InputError(f"the workbook unpacks to {size} bytes, more than {UNPACKED}; save it as CSV", path=path)
