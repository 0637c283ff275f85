"""One file after the other into the lake, each with a row in the ledger that adds up.

Of every file: records = new + updated + duplicate + unchanged + quarantined. A record is a row of the file. It is new when
its review is, updated when the lake had it and something differs or was added, unchanged when nothing does, duplicate when a
later row of the same file has the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from voc.config import Config
from voc.errors import InputError
from voc.ingest import dialogue, linking, masters, privacy, staging
from voc.ingest import mapping as maps
from voc.ingest.copies import Memory
from voc.ingest.job import Ingested, Job, encoding_of
from voc.ingest.merging import INCOMING, Merging, Tally
from voc.ingest.normalise import Normaliser
from voc.ingest.slices import flagged_again, planned
from voc.ingest.sources import Source, load
from voc.ingest.spool import Spool
from voc.lake import Lake
from voc.schemas import REVIEWS

_log = logging.getLogger(__name__)


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
    job = Job(lake, load(source), name or source, mapping, channel, encoding, config, key)
    one = _KINDS.get(job.source.target, masters.dimension)
    if not dry_run:
        staging.recover(lake)
        return [one(job, Path(path)) for path in paths]
    with TemporaryDirectory() as folder:
        job.trial = Path(folder)
        return [one(job, Path(path)) for path in paths]


def _reviews(job: Job, path: Path) -> Ingested:
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
    for batch in _ahead(batches):
        used = used or encoding_of(batch)
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
            flagged_again(job, plan, month, memory)
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
        flags=dict(sorted(plan.flags.items())),
        weightless=plan.weightless,
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


def _flagged(job: Job, plan: staging.Plan, merging: Merging, month: str, memory: Memory) -> bool:
    """Put one month into the plan, if it changes. Flags depend on all of its rows, so these are looked at twice."""
    scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
    for rows in merging.merged(month):
        scratch.add(rows)
    if not scratch.months() and month not in merging.tally.restated:
        return False
    planned(job, plan, scratch, month, memory)
    return True


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


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """`batches`, of which the next is read while the last one is worked on."""
    with ThreadPoolExecutor(1, "voc-read") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


_KINDS = {"reviews": _reviews, "sales": masters.sales}
