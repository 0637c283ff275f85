"""What a source is, and which ones there are (entry points `voc.sources`; the built-in ones register the same way)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

from voc.errors import UnknownName
from voc.ingest import mapping as maps
from voc.ingest import readers

GROUP = "voc.sources"
UNVERIFIED = "names from the platform's API or web pages; not verified against a back-office export"
BY_CODE = "names that public tools expect of the export; not verified against a real export"
UNSEEN = "no export was seen and no names are known: a mapping is needed; not verified"
OWN_FILE = "your own file: the titles above, their usual Chinese names, or a mapping"
SEEN_COPY = "seen: a table copied from the web page, not a back-office export; "


@runtime_checkable
class Source(Protocol):
    """What an entry point of `voc.sources` must be. `target` is the table that it fills.

    `columns` says what each column means; `verified` says on which evidence the names rest. `mapping` is used where the
    user gives none; `guess`, if there is one, makes it from the first batch of the file instead.
    """

    name: str
    title: str
    target: str
    columns: Mapping[str, str]
    verified: str
    mapping: maps.Mapping
    guess: Callable[[pa.RecordBatch], maps.Mapping] | None

    def read(
        self, path: Path, *, mapping: maps.Mapping | None = None, encoding: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Batches of text columns in the form of `voc.ingest.readers`; rows that were set aside stay in their place."""


@dataclass(frozen=True)
class FileSource:
    """A source whose files need no more than reading and mapping; `header` makes one row of titles out of several."""

    name: str
    title: str
    columns: Mapping[str, str]
    mapping: maps.Mapping
    verified: str = UNVERIFIED
    target: str = "reviews"
    guess: Callable[[pa.RecordBatch], maps.Mapping] | None = None
    header: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]] | None = None

    def read(
        self, path: Path, *, mapping: maps.Mapping | None = None, encoding: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        chosen = self.mapping if mapping is None else mapping
        reading = chosen.read if encoding is None else chosen.read.model_copy(update={"encoding": encoding})
        named = [name for names in dict(chosen.columns).values() if isinstance(names, tuple) for name in names]
        batches = readers.read(path, reading=reading, headers=[*self.columns, *named])
        return batches if self.header is None else self.header(batches)


def names() -> list[str]:
    return sorted({point.name for point in entry_points(group=GROUP)})


def load(name: str) -> Source:
    """The source called `name`. Raises UnknownName with those that there are."""
    installed = {point.name: point for point in entry_points(group=GROUP)}
    if name not in installed:
        raise UnknownName("source", name, installed)
    found: Source = installed[name].load()
    return found


def described() -> list[dict[str, object]]:
    """Every source with its columns, 'column: meaning', and on which evidence their names rest; by name."""
    return [
        {
            "name": name,
            "title": (found := load(name)).title,
            "table": found.target,
            "layout": "seen"
            if found.verified.startswith("seen")
            else "not verified"
            if "not verified" in found.verified
            else "own",
            "verified": found.verified,
            "columns": [f"{column}: {meaning}" for column, meaning in found.columns.items()],
        }
        for name in names()
    ]
