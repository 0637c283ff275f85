"""Tables of the user's own into the lake: stores, SKUs and orders by key, sales month by month."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import InputError
from voc.ingest import dimensions, linking, privacy, staging
from voc.ingest import mapping as maps
from voc.ingest import sales as sold
from voc.ingest.copies import Memory
from voc.ingest.job import Ingested, Job, encoding_of
from voc.ingest.slices import planned
from voc.ingest.spool import Spool
from voc.schemas import REVIEWS

_log = logging.getLogger(__name__)


def dimension(job: Job, path: Path) -> Ingested:
    """A file of stores, SKUs or orders: its rows by their key, and the reviews linked again where that changes them."""
    target, titles = job.source.target, _titles(job, path)
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
    memory = job.memory()
    restated = []
    if counts["new"] or counts["updated"]:
        restated = _relinked(job, plan, linking.links(job.lake, fresh={target: table}), memory)
        plan.table(target, table)
    encoding = next((encoding_of(batch) for batch in batches), "")
    result = _told(job, path, (digest, ingest_id, titles.fingerprint, encoding), plan, records, counts, restated)
    plan.commit(result.row())
    memory.tidy()
    return result


def sales(job: Job, path: Path) -> Ingested:
    """A file of units sold: months that it changes are replaced."""
    titles = _titles(job, path)
    digest, ingest_id = job.identity(path, titles.fingerprint)
    if known := job.before(ingest_id):
        _log.info("%s was ingested before", known.file)
        return known
    used: list[str] = []
    batches = _watched(job.source.read(path, encoding=job.encoding), used)
    zone = job.config.project.time_zone
    found = sold.read(batches, titles, path=path, key=job.key, zone=zone, ingest_id=ingest_id)
    plan = staging.Plan(job.lake, {"ingest_id": ingest_id}, job.trial, monthly="sales")
    plan.quarantine(found.aside)
    counts: Counter[str] = Counter()
    before = job.lake.months("sales")
    for month in pc.unique(found.table["month"]).sort().to_pylist():
        fresh = found.table.filter(pc.equal(found.table["month"], month))
        table, told = sold.merged(job.lake.read("sales", months=[month]), fresh)
        counts.update(told)
        if told["new"] or told["updated"]:
            plan.month(month, [table])
    restated = [month for month in plan.months if month in before]
    unknown = {
        name: tuple(sorted(set(pc.unique(found.table[name]).to_pylist()) - known)) if known else ()
        for name, known in (("store_id", job.links.store_ids), ("sku_id", job.links.sku_ids))
    }
    written = (digest, ingest_id, titles.fingerprint, used[0] if used else "")
    result = _told(job, path, written, plan, found.records, counts, restated, unknown)
    plan.commit(result.row())
    return result


def _watched(batches: Iterable[pa.RecordBatch], used: list[str]) -> Iterator[pa.RecordBatch]:
    """The batches, and their encodings into `used`."""
    for batch in batches:
        used.append(encoding_of(batch))
        yield batch


def _titles(job: Job, path: Path) -> dimensions.Plan:
    if isinstance(job.mapping, maps.Mapping):
        raise InputError(f"a mapping of reviews does not fit the table {job.source.target}", path=path)
    return dimensions.plan(job.source.target, job.mapping)


def _told(
    job: Job,
    path: Path,
    written: tuple[str, str, str, str],
    plan: staging.Plan,
    records: int,
    counts: Mapping[str, int],
    restated: Sequence[str],
    unknown: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Ingested:
    """`written`: the file's sha256, the ingestion's id, the mapping's fingerprint, the encoding."""
    digest, ingest_id, mapping, encoding = written
    return Ingested(
        ingest_id=ingest_id,
        file=privacy.masked(path.name, 200),
        sha256=digest,
        source=job.name,
        mapping=mapping,
        records=records,
        new=counts["new"],
        updated=counts["updated"],
        duplicate=counts.get("duplicate", 0),
        unchanged=counts["unchanged"],
        quarantined=plan.quarantined,
        reviews_written=0,
        naive_times=0,
        months=tuple(plan.months),
        encoding=encoding or None,
        restated=tuple(restated),
        unknown_stores=unknown.get("store_id", ()),
        unknown_skus=unknown.get("sku_id", ()),
        reasons=dict(sorted(plan.reasons.items())),
    )


def _relinked(job: Job, plan: staging.Plan, known: linking.Links, memory: Memory) -> list[str]:
    """Put the months into the plan whose reviews the new tables link otherwise; which these are."""
    found = []
    for month in job.lake.months("reviews"):
        rows = job.lake.read("reviews", months=[month])
        linked = linking.relinked(rows, known)
        if linked.equals(rows):
            continue
        scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
        scratch.add(linked)
        planned(job, plan, scratch, month, memory)
        found.append(month)
    return found
