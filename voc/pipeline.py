"""The monthly job: which steps, in which order, and what each is made from.

Every step reads tables and writes tables, notes the digest of its inputs last, and does nothing when that digest is the
same as at its last run. So each step can be run again alone, a killed run carries on, and a second run changes nothing.
"""

from __future__ import annotations

import fnmatch
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import voc
from voc import config as configuration
from voc import engines, models, monthly_ranking, monthly_topics
from voc import ingest as ingestion
from voc import taxonomy as taxonomies
from voc.engines import Engine
from voc.engines.slices import annotate_piece, packed
from voc.errors import InputError, UnknownName, WrongUse
from voc.extract import keywords as keyword_table
from voc.extract import mentions as mention_stage
from voc.extract import sentiment as sentiment_stage
from voc.ingest import Ingested
from voc.lake import Lake
from voc.parts import Part, pieces
from voc.schemas import empty
from voc.workspace import Workspace, check_month, digest

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

    Each month is committed and noted when its last piece is done, so a run that was killed goes on behind it. `engine`
    and `master` are those of `voc.engines.opened`.
    """
    lake, nlp = work.lake, work.config.nlp
    available = lake.months("reviews")
    wanted = available if months is None else [_known_month(m, available) for m in months]
    review, clause = work.own_models()
    stages = (
        mention_stage.stage(taxonomy=work.taxonomy_reference(), profile=nlp.profile, lang=nlp.language, model=clause),
        sentiment_stage.stage(model=review),
    )
    own = [file.sha256 for folder in (review, clause) if folder for file in models.available(Path(folder))]
    made = digest(work.taxonomy().sha256, nlp.model_dump(exclude={"workers", "batch_rows"}), own, _code())
    stale = _stale(work, "annotate", {m: digest(made, lake.fingerprint("reviews", m)) for m in wanted})
    with engines.opened(engine, workers=nlp.workers, master=master) as running:
        jobs = [
            (str(lake.root), piece, packed(stages), nlp.batch_rows)
            for month in stale
            for piece in pieces(month, lake.paths("reviews", month))
        ]
        parts: dict[str, list[dict[str, Part | None]]] = {month: [] for month in stale}
        pending = Counter(job[1].month for job in jobs)
        for done, (job, written) in enumerate(zip(jobs, running.map(annotate_piece, jobs), strict=True)):
            month = job[1].month
            parts[month].append(written)
            if len(parts[month]) == pending[month]:
                slices = parts.pop(month)
                for stage in stages:
                    lake.commit(stage.name, month, [p for found in slices if (p := found[stage.name]) is not None])
                lake.record("annotate", month, stale[month])
            if progress is not None:
                progress("annotate", done + 1, len(jobs))
        remade = {*stale, *_keywords(work, wanted, made, running, progress=progress)}
    return sorted(remade)


def _keywords(
    work: Workspace, wanted: Sequence[str], made: str, engine: Engine, *, progress: Progress | None = None
) -> list[str]:
    """The keyword tables of those months whose reviews or mentions changed. Returns them."""
    lake = work.lake
    inputs = {m: digest(made, lake.fingerprint("reviews", m), lake.fingerprint("mentions", m)) for m in wanted}
    stale = _stale(work, "keywords", inputs)
    # The largest month first, or one worker would still be at it when the others have gone.
    order = sorted(stale, key=lambda m: (-sum(os.path.getsize(path) for path in lake.paths("reviews", m)), m))
    jobs = [(str(lake.root), month, work.taxonomy_reference()) for month in order]
    terms: dict[str, set[str]] = {}
    for row in (lake.read("keywords", columns=["month", "term"]) if stale else empty("keywords")).to_pylist():
        terms.setdefault(row["month"], set()).add(row["term"])
    waiting, ready = list(stale), {}
    for done, (finished, found) in enumerate(zip(order, engine.map(keywords_of, jobs), strict=True)):
        ready[finished] = found
        while waiting and waiting[0] in ready:  # what is new depends on the months before
            month = waiting.pop(0)
            table = ready.pop(month)
            terms[month] = set(table["term"].to_pylist())
            earlier = set().union(*(found for m, found in terms.items() if m < month))
            lake.replace_month("keywords", month, _with_new(table, earlier))
            lake.record("keywords", month, stale[month])
        if progress is not None:
            progress("keywords", done + 1, len(stale))
    return list(stale)


def _with_new(keywords: pa.Table, earlier: Set[str]) -> pa.Table:
    """`keywords` with `is_new`: the terms that no earlier month has; without earlier ones nothing is new."""
    fresh = pa.array([bool(earlier) and term not in earlier for term in keywords["term"].to_pylist()], pa.bool_())
    place = keywords.schema.get_field_index("is_new")
    return keywords.set_column(place, keywords.schema.field(place), fresh)


def _stale(work: Workspace, step: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """Of month -> digest of its inputs, those months, oldest first, whose output was made from something else."""
    return {m: found for m, found in sorted(inputs.items()) if work.lake.made_from(step, m) != found}


def keywords_of(root: str, month: str, taxonomy: str) -> pa.Table:
    """The keyword table of one month of the lake at `root`; a job for one worker."""
    lake = Lake(Path(root))
    return keyword_table.table(
        lake.read("reviews", months=[month], columns=keyword_table.REVIEW_COLUMNS),
        lake.read("mentions", months=[month], columns=keyword_table.MENTION_COLUMNS),
        month=month,
        words=taxonomies.expressions(taxonomies.load(taxonomy)),
    )


def _known_month(month: str, available: Sequence[str]) -> str:
    """`month` if the lake has reviews of it. Raises UnknownName with those it has."""
    if check_month(month) not in available:
        raise UnknownName("month", month, available)
    return month


def _code() -> str:
    """The version that is part of every digest: a new release makes its tables anew."""
    return voc.__version__


# ---- topics -----------------------------------------------------------------------------------------------------------


def topics(work: Workspace, *, month: str, engine: str = "local", master: str | None = None) -> bool:
    """Topics of the month's complaint and request clauses. False when they were up to date. Raises MissingExtra.

    A cluster takes over the assignment of clauses; on one machine it is done here, where vectors are kept for later.
    """
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
    from voc import gather  # templates are slow to import, and no other step needs them
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
