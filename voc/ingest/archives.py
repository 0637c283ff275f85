"""Files as they lie on disk: plain, gz, or a zip with one member; unpacked as a stream, within limits."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from voc.errors import InputError

#: An archive may unpack to this many bytes, and beyond FREE bytes to at most RATIO times its size.
MOST, FREE, RATIO = 16 << 30, 64 << 20, 400
TEXT, JSON, PARQUET, WORKBOOK = "text", "json", "parquet", "workbook"
_KINDS = {
    ".csv": TEXT, ".tsv": TEXT, ".txt": TEXT, ".jsonl": JSON, ".ndjson": JSON, ".json": JSON, ".parquet": PARQUET,
    ".pq": PARQUET, ".xlsx": WORKBOOK, ".xlsm": WORKBOOK, ".xls": WORKBOOK, ".xlsb": WORKBOOK, ".ods": WORKBOOK,
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """`open()` gives the unpacked bytes from the start, as often as wanted; `kind` is how they are to be read."""

    path: Path
    kind: str
    packed: bool
    open: Callable[[], IO[bytes]]


def sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def find(path: Path) -> File:
    """What `path` is, by its suffix. Raises InputError for a missing file, an unknown suffix, an archive of many files."""
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file" if not path.exists() else "not a file", path=path)
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return File(path, _kind(path.with_suffix("").name, path), True, lambda: _guarded(path, _gunzip(path)))
    if suffix == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                members = [i for i in archive.infolist() if _is_data(i)]
        except zipfile.BadZipFile as error:
            raise InputError(f"not a readable zip archive: {error}", path=path) from error
        if len(members) != 1:
            names = ", ".join(i.filename[:60] for i in members[:5]) or "none"
            raise InputError(
                f"a zip archive must hold one data file, this one holds {len(members)}: {names}", path=path
            )
        if members[0].flag_bits & 1:
            raise InputError("the zip archive is encrypted; unpack it first", path=path)
        name = members[0].filename
        return File(path, _kind(name, path), True, lambda: _guarded(path, _unzip(path, name)))
    return File(path, _kind(path.name, path), False, lambda: open(path, "rb"))


def _is_data(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    return not member.is_dir() and not name.name.startswith(".") and "__MACOSX" not in name.parts


def _kind(name: str, path: Path) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _KINDS:
        known = ", ".join([*_KINDS, ".gz", ".zip"])
        raise InputError(f"files ending in {suffix or 'nothing'!r} cannot be read; known: {known}", path=path)
    return _KINDS[suffix]


def _gunzip(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb")  # type: ignore[return-value]


def _unzip(path: Path, name: str) -> IO[bytes]:
    try:
        return zipfile.ZipFile(path).open(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(f"not a readable zip archive: {error}", path=path) from error


def _guarded(path: Path, inner: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(_Guard(path, inner), 1 << 18)


class _Guard(io.RawIOBase):
    """Counts what is unpacked, and turns every way in which an archive can be broken into an InputError."""

    def __init__(self, path: Path, inner: IO[bytes]) -> None:
        self.path, self.inner, self.size = path, inner, path.stat().st_size
        self.done = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.done = 0
        return self.inner.seek(offset, whence)

    def tell(self) -> int:
        return self.inner.tell()

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def, override]
        try:
            block = self.inner.read(len(buffer))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InputError(f"the archive is damaged after {self.done} bytes: {error}", path=self.path) from error
        self.done += len(block)
        if self.done > MOST or (self.done > FREE and self.done > RATIO * self.size):
            raise InputError(
                f"the archive unpacks to more than {self.done} bytes; unpack it by hand if it is honest", path=self.path
            )
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.inner.close()
        super().close()
