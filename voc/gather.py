"""What a month's report shows and what it was made from, gathered from the lake."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import voc
from voc import issues as ranking_room
from voc.lake import Lake
from voc.report import editions
from voc.report.data import IssueName, ReportData
from voc.workspace import Workspace


def report_data(work: Workspace, *, month: str) -> ReportData:
    """Everything that the month's report shows, read from the lake."""
    lake, taxonomy = work.lake, work.taxonomy()
    months = [m for m in lake.months("exposure") if m <= month]
    mentions = lake.read("mentions", months=[month])
    exposure = lake.read("exposure", months=months)
    reviews = lake.read("reviews", months=[month])
    skus, minimum = lake.read("skus"), work.config.nlp.min_confidence
    return ReportData(
        month=month,
        title=work.config.report.title or work.config.project.name,
        ranking=lake.read("ranking", months=[month]),
        chain=lake.read("chain", months=[month]),
        safety=_rows_of(mentions, ranking_room.safety(mentions, reviews, skus=skus, confidence=minimum)),
        facts=ranking_room.with_history(
            lake.read("facts", months=months), lake.read("topic_history", months=[month]), month
        ),
        exposure=exposure,
        mentions=mentions,
        reviews=reviews,
        review_scores=lake.read("review_scores", months=[month]),
        keywords=lake.read("keywords", months=[month]),
        topics=lake.read("topics", months=[month]),
        mention_topics=lake.read("mention_topics", months=[month]),
        stores=lake.read("stores"),
        skus=skus,
        ingests=lake.read("ingests"),
        power=lake.read("power", months=[month]),
        prevalence=lake.read("prevalence", months=[month]),
        impact=lake.read("impact", months=[month]),
        wording=lake.read("wording", months=[month]),
        actions=lake.read("actions"),
        verdicts=lake.read("verdicts", months=[month]),
        tags=lake.read("tags", months=[month]),
        safety_states=lake.read("safety_states"),
        published=lake.read("published", months=[m for m in lake.months("published") if m <= month]),
        quarantine_counts=_reason_counts(lake.read("quarantine", columns=["reason"])),
        withheld=tuple(ranking_room.withheld(exposure, month)),
        issues={
            code: IssueName(
                code=code, zh=i.zh, en=i.en, facet=i.facet, severity=i.severity, owner=i.owner, general=i.general
            )
            for code, i in taxonomy.issues.items()
        },
        complainers=lake.read("complainers", months=months),
        min_confidence=minimum,
        history_least=work.config.ranking.history_least,
        time_zone=work.config.project.time_zone,
        previous=_previous_ranking(lake, month),
        run=run_record(work, month=month),
    )


def publish(work: Workspace, data: ReportData) -> bool:
    """Keep what a whole report of the month printed, for the next one to be held against; False where nothing differs."""
    slice_ = editions.added(work.lake.read("published", months=[data.month]), data)
    return slice_ is not None and work.lake.replace_month("published", data.month, slice_)


def _previous_ranking(lake: Lake, month: str) -> pa.Table | None:
    """The ranking of the month before, if it was made."""
    before = ranking_room.previous(month)
    return lake.read("ranking", months=[before]) if before in lake.months("ranking") else None


def _rows_of(mentions: pa.Table, chosen: pa.Table) -> pa.Table:
    """The rows of `mentions` whose ids are in `chosen`."""
    return mentions.filter(pc.is_in(mentions["mention_id"], value_set=chosen["mention_id"].combine_chunks()))


def _reason_counts(quarantine: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(quarantine["reason"]).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(counts, key=lambda row: str(row["values"]))}


def run_record(work: Workspace, *, month: str) -> dict[str, Any]:
    """run.json: what the report was made from. No clock, host, user or absolute path, so that it can be made again."""
    lake, taxonomy = work.lake, work.taxonomy()
    ingests = lake.read("ingests")
    versions = {name: v for name, v in lake.versions().items() if name != "published"}  # the report writes it itself
    counts = {name: len(lake.read(name, months=[month], columns=["month"])) for name in
              ("reviews", "mentions", "review_scores", "keywords", "topics", "facts", "exposure", "ranking")}  # fmt: skip
    models = sorted(set(lake.read("mentions", months=[month], columns=["model"])["model"].to_pylist()))
    return {
        "code": voc.__version__,
        "command": f"voc report --month {month}",
        "config": work.config.model_dump(mode="json"),
        "counts": counts,
        "inputs": [
            {"file": row["file"], "sha256": row["sha256"], "source": row["source"], "records": row["records"]}
            for row in sorted(
                ingests.select(["file", "sha256", "source", "records"]).to_pylist(),
                key=lambda r: (r["source"], r["file"], r["sha256"]),
            )
        ],
        "models": models,
        "month": month,
        "prevalence": lake.read("prevalence", months=[month]).drop_columns(["month"]).to_pylist(),
        "self_test": lake.read("power", months=[month]).drop_columns(["month"]).to_pylist(),
        "table_versions": versions,
        "taxonomy": {"name": taxonomy.name, "sha256": taxonomy.sha256, "version": taxonomy.version},
        "verdicts": [
            row | {"fixed_on": row["fixed_on"].isoformat()}
            for row in lake.read("verdicts", months=[month]).drop_columns(["month"]).to_pylist()
        ],
    }
