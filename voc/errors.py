"""Every error that voc raises on purpose.

VocError                     exit code 1: the work failed
├── WrongUse                 exit code 2: the caller can mend it
│   ├── ConfigError          a key or value in voc.toml
│   ├── UnknownName          a name that is not on offer, with those that are
│   └── InputError           a file: which one, which row, what would be valid
├── Locked                   exit code 3: another run holds the project
├── SchemaMismatch           a batch does not have the columns that its stage promised
├── WorkerDied               a worker process ended; the batch is named
└── MissingExtra             an optional package is absent; the message is the pip command
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class VocError(Exception):
    """Root of the tree; `exit_code` is what the command line returns."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross process borders: without this, one whose `__init__` wants more than a message breaks the pool."""
        return _again, (type(self), str(self), self.__dict__)


def _again(kind: type[VocError], message: str, fields: dict[str, Any]) -> VocError:
    """The error that was pickled, without running its `__init__`."""
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(fields)
    return error


class WrongUse(VocError):
    exit_code = 2


class ConfigError(WrongUse):
    pass


class UnknownName(WrongUse):
    """`kind` 'source', name 'tmal', known ['tmall', ...] -> a message with the nearest name and the list."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        known = sorted(known)
        near = nearest(name, known)
        hint = f" Did you mean {near!r}?" if near else ""
        place = f" in {where}" if where else ""
        super().__init__(f"unknown {kind} {name!r}{place}.{hint} Known: {', '.join(known) or 'none'}.")
        self.name, self.known = name, known


class InputError(WrongUse):
    """A file that cannot be read as asked. `row` counts data records from 0; the message shows it 1-based as a record."""

    def __init__(self, message: str, *, path: str | Path | None = None, row: int | None = None) -> None:
        place = "" if path is None else f"{Path(path).name}"
        if row is not None:
            place += f", record {row + 1}"
        super().__init__(f"{place}: {message}" if place else message)
        self.path, self.row = path, row


class Locked(VocError):
    exit_code = 3


class SchemaMismatch(VocError):
    pass


class WorkerDied(VocError):
    pass


class MissingExtra(VocError):
    """`extra` is the name in setup.cfg's extras, e.g. 'topics'."""

    exit_code = 2

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} is not installed. Install it with: pip install "voc[{extra}]"')


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, or None."""
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return match[0] if match else None
