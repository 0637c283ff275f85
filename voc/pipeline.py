"""The monthly job: which steps, in which order, and what each is made from.

Every step reads tables and writes tables, notes the digest of its inputs last, and does nothing when that digest is the
same as at its last run. So each step can be run again alone, a killed run carries on, and a second run changes nothing.
The rooms of a step are imported by the step: reading a file need not wait for models, nor a report for engines.
"""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from voc import config as configuration
from voc import ingest as ingestion
from voc.errors import InputError, UnknownName, WrongUse
from voc.ingest import Ingested
from voc.workspace import Workspace, check_month

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]  # step, done, of


# ---- ingest -----------------------------------------------------------------------------------------------------------

DIMENSIONS = ("stores", "skus", "orders")


def ingest(
    work: Workspace,
    paths: Sequence[Path],
    *,
    source: str,
    mapping: Path | ingestion.Mapping | None = None,
    channel: str | None = None,
    encoding: str | None = None,
    dry_run: bool = False,
) -> list[Ingested]:
    """Read `paths` into the lake. `source` is a name of `voc sources` or a `[sources.NAME]` of the configuration.

    With `dry_run` nothing is written; the answer is what would be.
    """
    section = work.config.sources.get(source, configuration.SourceSection())
    if mapping is None and section.mapping is not None:
        mapping = work.folder / section.mapping
    return ingestion.ingest(
        work.lake,
        paths,
        source=section.source or source,
        name=source,
        mapping=mapping,
        channel=channel or section.channel,
        encoding=encoding or section.encoding,
        config=work.config,
        key=work.member_key(),
        dry_run=dry_run,
    )


def inbox_files(work: Workspace) -> list[tuple[str, Path]]:
    """(source name, file) for every file of inbox/, dimension tables first, then by name.

    Raises WrongUse for a file of no source, and UnknownName for a folder that is no source.
    """
    inbox = work.folder / "inbox"
    files = sorted(p for p in inbox.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
    known = {*ingestion.names(), *work.config.sources}
    found = []
    for path in files:
        inside = path.relative_to(inbox)
        by_glob = [
            name
            for name, section in sorted(work.config.sources.items())
            if section.files and fnmatch.fnmatch(str(path.relative_to(work.folder)), section.files)
        ]
        if by_glob:
            found.append((by_glob[0], path))
        elif len(inside.parts) == 1:
            raise WrongUse(
                f"inbox/{inside}: no source. Put it into inbox/NAME/ (NAME one of {', '.join(sorted(known))}) "
                f'or add [sources.NAME] files = "inbox/{inside}" to {configuration.FILE}'
            )
        elif inside.parts[0] not in known:
            raise UnknownName("source", inside.parts[0], known, where=f"inbox/{inside}")
        else:
            found.append((inside.parts[0], path))
    order = {name: i for i, name in enumerate(DIMENSIONS)}
    return sorted(found, key=lambda pair: (order.get(pair[0], len(order)), pair[0], str(pair[1])))


def ingest_inbox(work: Workspace, *, progress: Progress | None = None) -> list[Ingested]:
    """Everything in inbox/ that is not in the ledger yet."""
    found = inbox_files(work)
    done: list[Ingested] = []
    by_source: dict[str, list[Path]] = {}
    for name, path in found:
        by_source.setdefault(name, []).append(path)
    for name, paths in by_source.items():
        done += ingest(work, paths, source=name)
        if progress is not None:
            progress("ingest", len(done), len(found))
    return done


# ---- annotate ---------------------------------------------------------------------------------------------------------


def annotate(
    work: Workspace,
    *,
    months: Sequence[str] | None = None,
    engine: str = "local",
    master: str | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Mentions, review scores and keywords of `months` (None: every month of the lake). Returns the months remade.

    A run that was killed goes on behind the months that it finished. `engine` and `master` are those of
    `voc.engines.opened`.
    """
    from voc import engines, monthly_annotation

    available = work.lake.months("reviews")
    wanted = available if months is None else [_known_month(m, available) for m in months]
    with engines.opened(engine, workers=work.config.nlp.workers, master=master) as running:
        return monthly_annotation.annotate(work, months=wanted, engine=running, progress=progress)


def _known_month(month: str, available: Sequence[str]) -> str:
    """`month` if the lake has reviews of it. Raises UnknownName with those it has."""
    if check_month(month) not in available:
        raise UnknownName("month", month, available)
    return month


# ---- topics -----------------------------------------------------------------------------------------------------------


def topics(work: Workspace, *, month: str, engine: str = "local", master: str | None = None) -> bool:
    """Topics of the month's complaint and request clauses. False when they were up to date. Raises MissingExtra.

    A cluster takes over the assignment of clauses; on one machine it is done here, where vectors are kept for later.
    """
    from voc import engines, monthly_topics

    _known_month(month, work.lake.months("reviews"))
    if engine == "local":
        return monthly_topics.topics(work, month=month)
    with engines.opened(engine, master=master) as running:
        return monthly_topics.topics(work, month=month, engine=running)


# ---- rank -------------------------------------------------------------------------------------------------------------


def rank(work: Workspace, *, month: str, may_be_empty: bool = False) -> pa.Table:
    """The month's ranking, from the facts of this month and those before it; also written to the lake.

    Raises UnknownName for a month without reviews, unless it `may_be_empty`: then its ranking is.
    """
    from voc import monthly_ranking

    if not may_be_empty:
        _known_month(month, work.lake.months("reviews"))
    return monthly_ranking.rank(work, month=month)


# ---- report -----------------------------------------------------------------------------------------------------------


def report(
    work: Workspace,
    *,
    month: str,
    out: Path | None = None,
    reader: str | None = None,
    store: str | None = None,
    region: str | None = None,
    dealer: str | None = None,
    supplier: str | None = None,
    lang: str | None = None,
) -> Path:
    """Build the month's report folder from the lake's tables and return it. Raises UnknownName for a month not ranked."""
    from voc import gather
    from voc import report as report_room

    ranked = work.lake.months("ranking")
    if check_month(month) not in ranked and work.lake.made_from("rank", month) is None:
        raise InputError(
            f"month {month} has no ranking yet (ranked: {', '.join(ranked) or 'none'}); run `voc rank` first"
        )
    out = out or work.folder / "reports" / month
    language = lang or work.config.project.language
    data = gather.report_data(work, month=month)
    pack = {"store": store, "region": region, "dealer": dealer, "supplier": supplier}
    report_room.build(data, out, lang=language, reader=reader, **pack)
    if reader is None and not any(pack.values()):
        gather.publish(work, data)
    return out


# ---- all of it --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What `run` did: the report's folder, the ledger rows of the files it read, and whether too much was refused."""

    report: Path
    ingested: tuple[Ingested, ...]
    over_quarantine: bool


def run(
    work: Workspace,
    *,
    month: str,
    engine: str = "local",
    master: str | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """inbox/ to report for `month`; safe to repeat, the second time nothing changes.

    A month without reviews gets a report that says so: an export that is missing must not stop the job. `engine` and
    `master` are those of `annotate`.
    """
    check_month(month)
    ingested = ingest_inbox(work, progress=progress)
    annotate(work, engine=engine, master=master, progress=progress)
    if work.config.topics.enabled and month in work.lake.months("reviews"):
        topics(work, month=month, engine=engine, master=master)
    rank(work, month=month, may_be_empty=True)
    return Outcome(report(work, month=month), tuple(ingested), over_quarantine(work, ingested))


def over_quarantine(work: Workspace, ingested: Sequence[Ingested]) -> bool:
    """Whether any of these files had a larger share of refused records than `[sources] max_quarantined` allows."""
    limit = work.config.max_quarantined
    return any(row.records and row.quarantined / row.records > limit for row in ingested)
