"""What stands beside a month's ranking. Each step reads the lake, writes one table and rests while its inputs stay the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

import voc
from voc import issues as ranking_room
from voc import taxonomy as taxonomies
from voc.actions import audit, members, phrases, todo
from voc.issues import impact as impacts
from voc.issues import prevalence as prevalences
from voc.issues import selftest, verdict
from voc.issues.counts import REVIEW_COLUMNS
from voc.lake import MONTHLY
from voc.workspace import Workspace, digest


@dataclass(frozen=True)
class Ranked:
    """A month that is ranked: where, with which settings, and what the issues are."""

    work: Workspace
    month: str
    settings: ranking_room.RankSettings
    issues: Mapping[str, ranking_room.IssueMeta]

    def read(self, name: str) -> pa.Table:
        """The month's slice of a table, or the whole of one that has no months."""
        return self.work.lake.read(name, months=[self.month] if name in MONTHLY else None)


def with_ratings(ranked: Ranked, ranking: pa.Table) -> pa.Table:
    """`ranking` with what its cells take from the mean stars; makes the month's `impact` for it."""
    _step(ranked, "impact", Step(impact, ("skus",), ("mentions", "reviews")))
    return impacts.rated(ranking, ranked.read("impact"))


def after_rank(ranked: Ranked) -> list[str]:
    """Make every table of the month that follows from its ranking. Returns the names of those that were made anew."""
    made = [name for name, step in STEPS.items() if _step(ranked, name, step)]
    return [*made, "actions"] if actions(ranked) else made


@dataclass(frozen=True)
class Step:
    """One table: the tables whose slices of the month it is made from, those of which it reads all months, and how."""

    make: Callable[[Ranked], pa.Table]
    inputs: tuple[str, ...]
    whole: tuple[str, ...] = ()


def prevalence(ranked: Ranked) -> pa.Table:
    """Rates corrected by what audits of the same tagger found."""
    lake = ranked.work.lake
    answers = lake.read("audit")
    tagger = audit.taggers(lake.read("mentions", months=[ranked.month], columns=["model"]))
    mine = answers.filter(pc.field("model") == tagger)
    used = mine if len(mine) else answers
    months = pc.unique(used["month"]).to_pylist()
    found = prevalences.audited(used, lake.read("facts", months=months), lake.read("exposure", months=months))
    return prevalences.table(
        ranked.month,
        facts=ranked.read("facts"),
        exposure=ranked.read("exposure"),
        audit=found if len(used) else None,
        stale=not len(mine),
    )


def power(ranked: Ranked) -> pa.Table:
    """The self-test: what the ranking of this month would have found."""
    return selftest.power(
        ranked.month,
        facts=ranked.read("facts"),
        exposure=ranked.read("exposure"),
        issues=ranked.issues,
        skus=ranked.read("skus"),
        sales=ranked.read("sales"),
        settings=ranked.settings,
        sensitivity=prevalences.sensitivity(ranked.read("prevalence")),
    )


def verdicts(ranked: Ranked) -> pa.Table:
    """What the months say of the fixes that people declared."""
    read = ranked.work.lake.read
    return verdict.verdicts(
        ranked.month,
        fixes=read("fixes"),
        facts=read("facts"),
        exposure=read("exposure"),
        skus=read("skus"),
        prior=ranked.settings.prior,
    )


def tags(ranked: Ranked) -> pa.Table:
    """What members like and wish for."""
    mentions, reviews = _spoken(ranked, members.WINDOW)
    named = sorted(code for code, issue in ranked.issues.items() if issue.ranked)
    return members.tags(
        ranked.month, mentions, reviews, aspects=named, skus=ranked.read("skus"), confidence=_confidence(ranked)
    )


def at_risk(ranked: Ranked) -> pa.Table:
    """Members who said that they may leave."""
    mentions, reviews = _spoken(ranked, members.RISK_WINDOW)
    return members.at_risk(ranked.month, mentions, reviews, skus=ranked.read("skus"), confidence=_confidence(ranked))


def actions(ranked: Ranked) -> bool:
    """Bring the action list up to the month; False when that changed nothing."""
    lake = ranked.work.lake
    issues = ranked.work.taxonomy().issues
    table = todo.updated(
        lake.read("actions"),
        month=ranked.month,
        ranking=ranked.read("ranking"),
        owners={code: issue.owner for code, issue in issues.items() if not issue.general},
        verdicts=ranked.read("verdicts"),
    )
    return lake.replace("actions", table) if len(table) or lake.exists("actions") else False


def impact(ranked: Ranked) -> pa.Table:
    """How stars go together with issues."""
    mentions, reviews = _spoken(ranked, impacts.WINDOW)
    complaints = _complaints(ranked, mentions, reviews)
    return impacts.impact(ranked.month, reviews=reviews, complaints=complaints, skus=ranked.read("skus"))


def wording(ranked: Ranked) -> pa.Table:
    """Words that set a signal's complaints apart, and this month's from those before."""
    mentions, reviews = _spoken(ranked, phrases.WINDOW + 1)
    return phrases.wording(
        ranked.month,
        ranking=ranked.read("ranking"),
        complaints=_complaints(ranked, mentions, reviews),
        mentions=mentions,
        reviews=reviews,
        stores=ranked.read("stores"),
        skus=ranked.read("skus"),
        words=taxonomies.expressions(ranked.work.taxonomy()),
    )


_MENTIONS = ("mention_id", "review_id", "month", "created_at", "aspect", "intent", "polarity", "confidence", "severity",
             "competitor", "start", "end")  # fmt: skip
_REVIEWS = (*REVIEW_COLUMNS, "duplicate_of", "member_id")


def _spoken(ranked: Ranked, window: int) -> tuple[pa.Table, pa.Table]:
    """Mentions and reviews of the last `window` months, with the columns that are looked at."""
    lake = ranked.work.lake
    first = ranking_room.previous(ranked.month, window - 1)
    months = [m for m in lake.months("mentions") if first <= m <= ranked.month]
    return lake.read("mentions", months=months, columns=_MENTIONS), lake.read(
        "reviews", months=months, columns=_REVIEWS
    )


def _complaints(ranked: Ranked, mentions: pa.Table, reviews: pa.Table) -> pa.Table:
    return ranking_room.complaints(mentions, reviews, skus=ranked.read("skus"), confidence=_confidence(ranked))


def _confidence(ranked: Ranked) -> float:
    return ranked.work.config.nlp.min_confidence


STEPS: Mapping[str, Step] = {
    "prevalence": Step(prevalence, ("facts", "exposure", "mentions"), ("audit",)),
    "power": Step(power, ("facts", "exposure", "skus", "sales", "prevalence")),
    "verdicts": Step(verdicts, ("skus",), ("fixes", "facts", "exposure")),
    "wording": Step(wording, ("ranking", "stores", "skus"), ("mentions", "reviews")),
    "tags": Step(tags, ("skus",), ("mentions", "reviews")),
    "at_risk": Step(at_risk, ("skus",), ("mentions", "reviews")),
}


def _step(ranked: Ranked, name: str, step: Step) -> bool:
    work, month = ranked.work, ranked.month
    lake = work.lake
    prints = [lake.fingerprint(table, month if table in MONTHLY else None) for table in step.inputs]
    prints += [lake.fingerprint(table) for table in step.whole]
    inputs = digest(voc.__version__, work.taxonomy().sha256, work.config.model_dump(mode="json"), prints)
    if lake.made_from(name, month) == inputs:
        return False
    lake.replace_month(name, month, step.make(ranked))
    lake.record(name, month, inputs)
    return True
