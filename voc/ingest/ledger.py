"""One file after the other into the lake, each with a row in the ledger that adds up.

Of every file: records = new + updated + duplicate + unchanged + quarantined. A record is a row of the file. It is new when
its review is, updated when the lake had it and something differs or was added, unchanged when nothing does, duplicate when a
later row of the same file has the same id.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.config import Config
from voc.errors import InputError
from voc.ingest import archives, dimensions, hygiene, linking, privacy, staging
from voc.ingest import mapping as maps
from voc.ingest.merging import NEW, SUPERSEDED, UNCHANGED, UPDATED, merge, winners
from voc.ingest.normalise import INCOMING, Normaliser
from voc.ingest.sources import Source, load
from voc.lake import Lake
from voc.schemas import INGESTS, QUARANTINE, REVIEWS

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingested:
    """A row of `ingests`, and three things about the run that are not stored.

    `repeated`: the file was ingested before; nothing was done, and its records count as unchanged. `restated`: months that
    had reviews before and changed. `unknown_stores`, `unknown_skus`: ids and names that the dimension tables do not have.
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
    mapping: Path | None = None,
    channel: str | None = None,
    encoding: str | None = None,
    config: Config,
    key: bytes,
) -> list[Ingested]:
    """Read `paths` with the ingestor `source` into the lake, in the given order; the caller holds the project's lock.

    `name` is what the reviews' source is called, if not like the ingestor; a mapping's own `source` goes before it.

    A file whose content, source, mapping, channel and encoding were ingested before changes nothing. Each file is one unit:
    a run that dies is finished by the next one. Raises UnknownName (source), InputError (file), ConfigError (mapping).
    """
    if len(key) < 16:
        raise InputError(f"the key for member ids has {len(key)} bytes; load_key gives one of {privacy.KEY_BYTES}")
    staging.recover(lake)
    job = _Job(lake, load(source), name or source, mapping, channel, encoding, config, key)
    one = _reviews if job.source.target == "reviews" else _dimension
    return [one(job, Path(path)) for path in paths]


@dataclass
class _Job:
    """What all files of one call have in common."""

    lake: Lake
    source: Source
    name: str
    mapping: Path | None
    channel: str | None
    encoding: str | None
    config: Config
    key: bytes

    @cached_property
    def links(self) -> linking.Links:
        """The dimension tables as they are when the first file is read; files of reviews do not change them."""
        return linking.links(self.lake)

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
    given = None if job.mapping is None else maps.load(job.mapping)
    written = given.fingerprint if given else f"{source.name}:guess" if source.guess else source.mapping.fingerprint
    digest, ingest_id = job.identity(path, written)
    if known := job.before(ingest_id):
        _log.info("%s was ingested before", known.file)
        return known
    batches, chosen = _mapped(path, source, given, job.encoding)
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
    plan = staging.Plan(job.lake, {"ingest_id": ingest_id})
    spool = staging.Spool(plan.root / "incoming")
    rejected, heads, used = [QUARANTINE.empty_table()], [INCOMING.empty_table().select(_HEAD)], ""
    for batch in batches:
        used = used or _encoding(batch)
        rows, bad = normaliser.part(batch)
        spool.add(rows)
        heads.append(rows.select(_HEAD))
        rejected.append(bad)
    head = pa.concat_tables(heads).combine_chunks()
    aside = pa.concat_tables(rejected)
    status, restated = _planned(job, plan, spool, head, native=normaliser.native)
    counts = _counts(head, status)
    result = Ingested(
        ingest_id=ingest_id,
        file=privacy.masked(path.name, 200),
        sha256=digest,
        source=normaliser.source,
        mapping=written,
        records=normaliser.records,
        new=counts["new"],
        updated=counts["updated"],
        duplicate=counts["duplicate"],
        unchanged=counts["unchanged"],
        quarantined=len(aside),
        reviews_written=int((status <= UPDATED).sum()),
        naive_times=normaliser.naive,
        months=tuple(plan.months),
        encoding=used or None,
        restated=tuple(restated),
        unknown_stores=tuple(sorted(normaliser.unknown_stores)),
        unknown_skus=tuple(sorted(normaliser.unknown_skus)),
    )
    plan.quarantine(aside)
    plan.commit(result.row())
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


_HEAD = ["review_id", "created_at", "month", "record", "root"]


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


def _planned(
    job: _Job, plan: staging.Plan, spool: staging.Spool, head: pa.Table, *, native: bool
) -> tuple[np.ndarray, list[str]]:
    """Stage every month that changes. Status of each row of the file (in `head`'s order), and the months restated."""
    status = np.full(len(head), SUPERSEDED, np.int8)
    if not len(head):
        return status, []
    ids = head["review_id"].combine_chunks()
    winning = winners(ids, head["created_at"].combine_chunks())
    months = np.asarray(head["month"].to_pylist(), dtype=object)
    # An id made of the content has the time in it: such a row cannot have been in another month before.
    known = _elsewhere(job.lake, ids, months, winning) if native else _NOWHERE
    leaving = known["month"].to_pylist()
    restated = []
    for month in sorted({*spool.months(), *leaving}):
        old = job.lake.read("reviews", months=[month])
        here = np.flatnonzero(months == month)
        keep = winning[here]
        rows = spool.read(month) if len(here) else INCOMING.empty_table()
        fresh = rows.filter(pa.array(keep)).select(REVIEWS.names)
        moved = _moved(job.lake, known.filter(pc.equal(known["target"], month)))
        gone = known.filter(pc.equal(known["month"], month))["review_id"].combine_chunks()
        merged, found = merge(old, fresh, moved, gone)
        status[here[keep]] = found
        if len(gone) or (found != UNCHANGED).any():
            surveys_only = not len(gone) and not len(moved) and pc.all(pc.equal(fresh["kind"], "survey")).as_py()
            plan.month(month, _flagged(merged, job.config, surveys_only=surveys_only))
            restated += [month] if len(old) else []
    return status, restated


_NOWHERE = pa.schema([(name, pa.string()) for name in ("review_id", "month", "target")]).empty_table()


def _elsewhere(lake: Lake, ids: pa.Array, months: np.ndarray, winning: np.ndarray) -> pa.Table:
    """Rows of the lake that now belong to another month: review_id, month, and the new month as `target`."""
    known = lake.read("reviews", columns=["review_id", "month"])
    known = known.filter(pc.is_in(known["review_id"], value_set=ids))
    at = pc.index_in(known["review_id"].combine_chunks(), value_set=ids.filter(pa.array(winning)))
    target = pc.take(pa.array(months[winning].tolist(), pa.string()), at)
    return known.append_column("target", target).filter(pc.not_equal(target, known["month"].combine_chunks()))


def _flagged(rows: pa.Table, config: Config, *, surveys_only: bool) -> pa.Table:
    """`rows` with their flags. Those of surveys and of reviews do not depend on each other, so when only surveys changed
    the reviews keep the flags that they have."""
    if not surveys_only:
        return hygiene.flag(rows, config.hygiene)
    survey = pc.equal(rows["kind"], "survey")
    return pa.concat_tables([rows.filter(pc.invert(survey)), hygiene.flag(rows.filter(survey), config.hygiene)])


def _moved(lake: Lake, known: pa.Table) -> pa.Table:
    """The old rows that now belong to another month."""
    if not len(known):
        return REVIEWS.empty_table()
    rows = lake.read("reviews", months=sorted(set(known["month"].to_pylist())))
    return rows.filter(pc.is_in(rows["review_id"], value_set=known["review_id"].combine_chunks()))


def _counts(head: pa.Table, status: np.ndarray) -> dict[str, int]:
    """new, updated, duplicate and unchanged records from the status of their rows."""
    if not len(head):
        return dict(new=0, updated=0, duplicate=0, unchanged=0)
    record, root = head["record"].to_numpy(), head["root"].to_numpy(zero_copy_only=False)
    order = record[root].argsort()
    records, own = record[root][order], status[root][order]
    changed = np.zeros(len(records), bool)
    rest = ~root & (status <= UPDATED)
    changed[np.searchsorted(records, record[rest])] = True
    new, duplicate = own == NEW, own == SUPERSEDED
    updated = ~new & ~duplicate & ((own == UPDATED) | changed)
    sums = dict(new=new, updated=updated, duplicate=duplicate, unchanged=~new & ~duplicate & ~updated)
    return {name: int(which.sum()) for name, which in sums.items()}


def _dimension(job: _Job, path: Path) -> Ingested:
    target = job.source.target
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
    plan = staging.Plan(job.lake, {"ingest_id": ingest_id})
    if counts["new"] or counts["updated"]:
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
        months=(),
        encoding=next((_encoding(batch) for batch in batches), "") or None,
    )
    plan.quarantine(aside)
    plan.commit(result.row())
    return result
