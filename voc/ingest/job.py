"""What the files of one call have in common, and what is told of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from voc.config import Config
from voc.ingest import archives, linking
from voc.ingest import mapping as maps
from voc.ingest.copies import Memory
from voc.ingest.sources import Source
from voc.lake import Lake
from voc.schemas import INGESTS


@dataclass(frozen=True)
class Ingested:
    """A row of `ingests`, and what else is told of the run and not stored.

    `repeated`: the file was ingested before; nothing was done, and its records count as unchanged. `restated`: months that
    had reviews before and changed. `unknown_stores`, `unknown_skus`: ids and names that the dimension tables do not have.
    `reasons`: how many records were set aside, and why. `sku_origins`: how many accepted records have their SKU from the row
    itself, its order, its text, or from nowhere; `stores_known`: how many have a store. `flags`: how many of the reviews
    written have each; `weightless`: how many count nowhere because of one.
    """

    ingest_id: str
    file: str
    sha256: str
    source: str
    mapping: str | None
    records: int
    new: int
    updated: int
    duplicate: int
    unchanged: int
    quarantined: int
    reviews_written: int
    naive_times: int
    months: tuple[str, ...]
    encoding: str | None
    repeated: bool = False
    restated: tuple[str, ...] = ()
    unknown_stores: tuple[str, ...] = ()
    unknown_skus: tuple[str, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    sku_origins: Mapping[str, int] = field(default_factory=dict)
    stores_known: int = 0
    flags: Mapping[str, int] = field(default_factory=dict)
    weightless: int = 0

    def row(self) -> dict[str, object]:
        """The part that is stored, as a row of `ingests`."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value for name in INGESTS.names
        }


@dataclass
class Job:
    """What all files of one call have in common."""

    lake: Lake
    source: Source
    name: str
    mapping: Path | maps.Mapping | None
    channel: str | None
    encoding: str | None
    config: Config
    key: bytes
    trial: Path | None = None

    @cached_property
    def links(self) -> linking.Links:
        """The dimension tables as they are when the first file is read; files of reviews do not change them, and files of
        dimensions have links of their own."""
        return linking.links(self.lake)

    def memory(self) -> Memory:
        """What the months have said, for one file."""
        limits = self.config.hygiene
        back = limits.near_duplicate_months if limits.copies else 0
        return Memory(self.lake, back, limits.near_duplicate_min_chars, self.trial)

    def identity(self, path: Path, mapping: str) -> tuple[str, str]:
        """The file's sha256, and the id of its ingestion: made of content and settings alone."""
        archives.find(path)
        digest = archives.sha256(path)
        told = [digest, self.source.name, self.name, mapping, self.channel or "", self.encoding or ""]
        return digest, hashlib.sha256("\n".join(told).encode()).hexdigest()[:20]

    def before(self, ingest_id: str) -> Ingested | None:
        """What the ledger has of an earlier run with this id, as a run that did nothing."""
        rows = self.lake.read("ingests")
        rows = rows.filter(pc.equal(rows["ingest_id"], ingest_id)).to_pylist()
        if not rows:
            return None
        row = rows[0] | {"months": tuple(rows[0]["months"])}
        still = row["new"] + row["updated"] + row["unchanged"]
        return Ingested(**row | {"new": 0, "updated": 0, "unchanged": still, "reviews_written": 0, "repeated": True})


def encoding_of(batch: pa.RecordBatch) -> str:
    """The encoding that the reader noted; '' for files that have none."""
    return str((batch.schema.metadata or {}).get(b"encoding", b"").decode())
