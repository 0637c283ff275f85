"""One file after the other into the lake, each with a row in the ledger that adds up.

Of every file: records = new + updated + duplicate + unchanged + quarantined. A record is a row of the file. It is new when
its review is, updated when the lake had it and something differs or was added, unchanged when nothing does, duplicate when a
later row of the same file has the same id.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from voc.config import Config
from voc.errors import InputError
from voc.ingest import archives, dialogue, dimensions, hygiene, linking, privacy, staging
from voc.ingest import mapping as maps
from voc.ingest.copies import Memory
from voc.ingest.merging import INCOMING, Merging, Tally
from voc.ingest.normalise import Normaliser
from voc.ingest.sources import Source, load
from voc.ingest.spool import Spool
from voc.lake import Lake
from voc.schemas import INGESTS, REVIEWS, conform

#: Rows of a month that are written at a time, at least.
PIECE = 16_384
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingested:
    """A row of `ingests`, and what else is told of the run and not stored.

    `repeated`: the file was ingested before; nothing was done, and its records count as unchanged. `restated`: months that
    had reviews before and changed. `unknown_stores`, `unknown_skus`: ids and names that the dimension tables do not have.
    `reasons`: how many records were set aside, and why. `sku_origins`: how many accepted records have their SKU from the row
    itself, its order, its text, or from nowhere; `stores_known`: how many have a store.
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

    def row(self) -> dict[str, object]:
        """The part that is stored, as a row of `ingests`."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value for name in INGESTS.names
        }


def ingest(
    lake: Lake,
    paths: Sequence[Path],
    *,
    source: str,
    name: str | None = None,
    mapping: Path | maps.Mapping | None = None,
    channel: str | None = None,
    encoding: str | None = None,
    config: Config,
    key: bytes,
    dry_run: bool = False,
) -> list[Ingested]:
    """Read `paths` with the ingestor `source` into the lake, in the given order; the caller holds the project's lock.

    With `dry_run` nothing is written: the answer is what each file by itself would do to the lake as it is.

    `name` is what the reviews' source is called, if not like the ingestor; a mapping's own `source` goes before it.

    A file whose content, source, mapping, channel and encoding were ingested before changes nothing. Each file is one unit:
    a run that dies is finished by the next one. Raises UnknownName (source), InputError (file), ConfigError (mapping).
    """
    if len(key) < 16:
        raise InputError(f"the key for member ids has {len(key)} bytes; load_key gives one of {privacy.KEY_BYTES}")
    job = _Job(lake, load(source), name or source, mapping, channel, encoding, config, key)
    one = _reviews if job.source.target == "reviews" else _dimension
    if not dry_run:
        staging.recover(lake)
        return [one(job, Path(path)) for path in paths]
    with TemporaryDirectory() as folder:
        job.trial = Path(folder)
        return [one(job, Path(path)) for path in paths]


@dataclass
class _Job:
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


def _reviews(job: _Job, path: Path) -> Ingested:
    source = job.source
    given = maps.load(job.mapping) if isinstance(job.mapping, Path) else job.mapping
    written = given.fingerprint if given else f"{source.name}:guess" if source.guess else source.mapping.fingerprint
    digest, ingest_id = job.identity(path, written)
    if known := job.before(ingest_id):
        _log.info("%s was ingested before", known.file)
        return known
    batches, chosen = _mapped(path, source, given, job.encoding)
    talks = None
    if chosen.kind == "dialogue":
        talks = dialogue.Conversations(chosen, path, job.config.project.time_zone)
        batches = talks.grouped(batches)
    normaliser = Normaliser(
        source=chosen.source or job.name,
        channel=job.channel or chosen.constants.get("channel"),
        zone=job.config.project.time_zone,
        key=job.key,
        mapping=chosen,
        path=path,
        ingest_id=ingest_id,
        links=job.links,
    )
    plan = staging.Plan(job.lake, {"ingest_id": ingest_id}, job.trial)
    spool = Spool(plan.root / "incoming", INCOMING)
    used = ""
    for batch in batches:
        used = used or _encoding(batch)
        rows, bad = normaliser.part(batch)
        spool.add(rows)
        plan.quarantine(bad)
    leader = talks.leader if talks else None
    records = normaliser.records if leader is None else len(leader)
    merging = Merging(job.lake, spool, Tally.of(records), native=normaliser.native)
    memory = job.memory()
    touched = merging.months()
    for month in sorted({*touched, *job.lake.months("reviews")}):
        changes = month in touched and _flagged(job, plan, merging, month, memory)
        if not changes and memory.touched(month):
            _flagged_again(job, plan, month, memory)
    restated = [month for month in plan.months if month in set(job.lake.months("reviews"))]
    counts = merging.tally.counts(plan.quarantined, leader)
    result = Ingested(
        ingest_id=ingest_id,
        file=privacy.masked(path.name, 200),
        sha256=digest,
        source=normaliser.source,
        mapping=written,
        records=records,
        new=counts["new"],
        updated=counts["updated"],
        duplicate=counts["duplicate"],
        unchanged=counts["unchanged"],
        quarantined=plan.quarantined,
        reviews_written=merging.tally.written,
        naive_times=normaliser.naive,
        months=tuple(plan.months),
        encoding=used or None,
        restated=tuple(restated),
        unknown_stores=tuple(sorted(normaliser.unknown_stores)),
        unknown_skus=tuple(sorted(normaliser.unknown_skus)),
        reasons=dict(sorted(plan.reasons.items())),
        sku_origins=dict(sorted(normaliser.origins.items())),
        stores_known=normaliser.stores_known,
    )
    plan.commit(result.row())
    memory.tidy()
    _log.info("%s: %d records, %d new, %d quarantined", result.file, result.records, result.new, result.quarantined)
    for what, missed, ids in (
        ("stores", normaliser.unknown_stores, job.links.store_ids),
        ("SKUs", normaliser.unknown_skus, job.links.sku_ids),
    ):
        if lost := linking.without_zeros(missed, ids):
            some = ", ".join(f"{short} ({full})" for short, full in list(lost.items())[:5])
            _log.warning("%s: %d %s look like known ones without leading zeros: %s", result.file, len(lost), what, some)
    return result


def _encoding(batch: pa.RecordBatch) -> str:
    return str((batch.schema.metadata or {}).get(b"encoding", b"").decode())


def _flagged(job: _Job, plan: staging.Plan, merging: Merging, month: str, memory: Memory) -> bool:
    """Put one month into the plan, if it changes. Flags depend on all of its rows, so these are looked at twice."""
    scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
    for rows in merging.merged(month):
        scratch.add(rows)
    if not scratch.months() and month not in merging.tally.restated:
        return False
    _planned(job, plan, scratch, month, memory)
    return True


def _planned(job: _Job, plan: staging.Plan, scratch: Spool, month: str, memory: Memory) -> None:
    found = hygiene.find(scratch.read(month, hygiene.COLUMNS), job.config.hygiene, month=month, memory=memory)
    plan.month(month, _pieces(scratch, month, found))
    if found.said is not None:
        memory.remember(month, found.said, [part.path for part in plan.months[month]])


def _flagged_again(job: _Job, plan: staging.Plan, month: str, memory: Memory) -> None:
    """Put a month into the plan whose rows stay, if what earlier months say now changes their flags."""
    rows = job.lake.read("reviews", months=[month])
    found = hygiene.find(rows, job.config.hygiene, month=month, memory=memory)
    flags, copies = rows["flags"].combine_chunks(), rows["duplicate_of"].combine_chunks()
    if not (found.flags.equals(flags) and found.duplicate_of.equals(copies)):
        scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
        scratch.add(rows)
        _planned(job, plan, scratch, month, memory)


def _pieces(scratch: Spool, month: str, found: hygiene.Found) -> Iterator[pa.Table]:
    """The month's rows with their flags, PIECE at a time."""
    held, start = REVIEWS.empty_table(), 0
    for rows in scratch.chunks(month):
        flags, copies = (column.slice(start, len(rows)) for column in (found.flags, found.duplicate_of))
        start += len(rows)
        columns = {name: rows[name] for name in rows.column_names} | {"flags": flags, "duplicate_of": copies}
        held = pa.concat_tables([held, conform(pa.table(columns), REVIEWS)])
        if len(held) >= PIECE:
            yield held
            held = REVIEWS.empty_table()
    yield held


def _mapped(
    path: Path, source: Source, given: maps.Mapping | None, encoding: str | None
) -> tuple[Iterator[pa.RecordBatch], maps.Mapping]:
    """The file's batches, and the mapping: the user's, else the source's guess from the first batch, else its default."""
    # A plug-in need not know about encodings unless somebody names one.
    options = {} if encoding is None else {"encoding": encoding}
    batches = iter(source.read(path, mapping=given, **options))
    if given is not None or source.guess is None:
        return batches, given or source.mapping
    first = next(batches, None)
    if first is None:
        return batches, source.mapping

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return all_of_them(), source.guess(first)


def _dimension(job: _Job, path: Path) -> Ingested:
    target = job.source.target
    if isinstance(job.mapping, maps.Mapping):
        raise InputError(f"a mapping of reviews does not fit the table {target}", path=path)
    titles = dimensions.plan(target, job.mapping)
    digest, ingest_id = job.identity(path, titles.fingerprint)
    if known := job.before(ingest_id):
        _log.info("%s was ingested before", known.file)
        return known
    batches = list(job.source.read(path, encoding=job.encoding))
    fresh, aside, records = dimensions.rows(
        batches, titles, path=path, key=job.key, zone=job.config.project.time_zone, ingest_id=ingest_id
    )
    table, counts = dimensions.upsert(job.lake.read(target), fresh, target)
    plan = staging.Plan(job.lake, {"ingest_id": ingest_id}, job.trial)
    plan.quarantine(aside)
    restated = []
    if counts["new"] or counts["updated"]:
        restated = _relinked(job, plan, linking.links(job.lake, fresh={target: table}))
        plan.table(target, table)
    result = Ingested(
        ingest_id=ingest_id,
        file=privacy.masked(path.name, 200),
        sha256=digest,
        source=job.name,
        mapping=titles.fingerprint,
        records=records,
        new=counts["new"],
        updated=counts["updated"],
        duplicate=counts["duplicate"],
        unchanged=counts["unchanged"],
        quarantined=len(aside),
        reviews_written=0,
        naive_times=0,
        months=tuple(restated),
        encoding=next((_encoding(batch) for batch in batches), "") or None,
        restated=tuple(restated),
        reasons=dict(sorted(plan.reasons.items())),
    )
    plan.commit(result.row())
    return result


def _relinked(job: _Job, plan: staging.Plan, known: linking.Links) -> list[str]:
    """Put the months into the plan whose reviews the new tables link otherwise; which these are."""
    found, memory = [], job.memory()
    for month in job.lake.months("reviews"):
        rows = job.lake.read("reviews", months=[month])
        linked = linking.relinked(rows, known)
        if linked.equals(rows):
            continue
        scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
        scratch.add(linked)
        _planned(job, plan, scratch, month, memory)
        found.append(month)
    return found
