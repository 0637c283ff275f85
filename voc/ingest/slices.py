"""Months of reviews into a plan, with their flags."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from voc.ingest import hygiene, staging
from voc.ingest.copies import Memory
from voc.ingest.job import Job
from voc.ingest.spool import Spool
from voc.schemas import REVIEWS, WEIGHTLESS, conform

#: Rows of a month that are written at a time, at least.
PIECE = 16_384


def planned(job: Job, plan: staging.Plan, scratch: Spool, month: str, memory: Memory) -> None:
    """Put the month that `scratch` holds into the plan, with its flags; those of the file's own rows are counted."""
    found = hygiene.find(scratch.read(month, hygiene.COLUMNS), job.config.hygiene, month=month, memory=memory)
    mine = pc.equal(scratch.read(month, ["ingest_id"])["ingest_id"], plan.ingest["ingest_id"]).combine_chunks()
    flags = found.flags.filter(mine)
    plan.flags.update(flags.flatten().to_pylist())
    listed = pc.list_parent_indices(flags).filter(pc.is_in(flags.flatten(), value_set=pa.array(WEIGHTLESS)))
    plan.weightless += pc.count_distinct(listed).as_py()
    plan.month(month, _pieces(scratch, month, found))
    if found.said is not None:
        memory.remember(month, found.said, [part.path for part in plan.months[month]])


def flagged_again(job: Job, plan: staging.Plan, month: str, memory: Memory) -> None:
    """Put a month into the plan whose rows stay, if what earlier months say now changes their flags."""
    rows = job.lake.read("reviews", months=[month])
    found = hygiene.find(rows, job.config.hygiene, month=month, memory=memory)
    flags, copies = rows["flags"].combine_chunks(), rows["duplicate_of"].combine_chunks()
    if not (found.flags.equals(flags) and found.duplicate_of.equals(copies)):
        scratch = Spool(plan.root / f"merged-{month}", REVIEWS)
        scratch.add(rows)
        planned(job, plan, scratch, month, memory)


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
