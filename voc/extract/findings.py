"""Findings of a sheet as columns, and which of them become mentions.

A finding is a claim with its intent. Every review gets one mention per issue and intent: the surest finding; findings
about the whole only stand where nothing clearer was said, unless they name its quality (质量差).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import Claim, Span
from voc.extract.lexicon import Lexicon
from voc.extract.places import Flags, Ints
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet

INTENTS = ("complaint", "leave", "neutral", "praise", "question", "repurchase", "request", "switch")
COMPLAINT, NEUTRAL_INTENT, PRAISE, QUESTION = (INTENTS.index(i) for i in ("complaint", "neutral", "praise", "question"))
UNDECIDED = -1
"""The intent of a claim that waits for the polarity model."""
NEUTRAL = 0.15
CREDIBLE = 0.5
"""A safety mention is made only with at least this confidence."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Findings:
    """Columns of equal length. `clause` counts in the sheet; places are in the sheet's text, -1 where there is none.

    `polarity` is NaN and `intent` UNDECIDED while the model has to judge. `rival` holds names and None.
    """

    review: Ints
    clause: Ints
    issue: Ints
    polarity: Reals
    confidence: Reals
    size: Ints
    aspect_start: Ints
    aspect_end: Ints
    opinion_start: Ints
    opinion_end: Ints
    general: Flags
    denied: Flags
    intent: Ints
    rival: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.review)

    def take(self, rows: NDArray[Any]) -> Findings:
        return Findings(*(getattr(self, f.name)[rows] for f in fields(self)))


def together(parts: Sequence[Findings]) -> Findings:
    """All findings, one part after the other."""
    return Findings(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Findings)))


def nobody(count: int) -> NDArray[np.object_]:
    """The rivals of findings that name none."""
    return np.full(count, None, dtype=object)


def of_claims(found: Sequence[tuple[Claim, int, str | None]], review: Ints, clause: Ints, origin: Ints) -> Findings:
    """Findings of claims with intent (UNDECIDED for those that wait) and rival.

    `review` and `clause` of each count in the sheet; places become those of the sheet by adding `origin`.
    """
    if not found:
        return _none()
    claims, intents, rivals = zip(*found, strict=True)
    issue, polarity, confidence, _, size, aspect, opinion, general, denied = zip(*claims, strict=True)
    places = np.array(
        [(*(a or _NOWHERE), *(o or _NOWHERE)) for a, o in zip(aspect, opinion, strict=True)], dtype=np.int64
    )
    places = np.where(places > _NOWHERE[0], places + origin[:, None], -1)
    rival = np.empty(len(found), dtype=object)
    rival[:] = rivals
    return Findings(
        review, clause, np.array(issue, dtype=np.int64),
        np.array([np.nan if p is None else p for p in polarity]), np.array(confidence, dtype=np.float64),
        np.array(size, dtype=np.int64), places[:, 0], places[:, 1], places[:, 2], places[:, 3],
        np.array(general, dtype=bool), np.array(denied, dtype=bool), np.array(intents, dtype=np.int64), rival,
    )  # fmt: skip


def stated(polarity: Reals) -> Ints:
    """The intent that a polarity states; UNDECIDED for NaN."""
    sign = np.where(np.abs(polarity) <= NEUTRAL, NEUTRAL_INTENT, np.where(polarity > 0, PRAISE, COMPLAINT))
    return np.where(np.isnan(polarity), UNDECIDED, sign)


def chosen(found: Findings, starts: Ints, lexicon: Lexicon) -> Findings:
    """One finding per review, issue and intent, by review and place; `starts` are those of the texts."""
    whole = _per_issue(lexicon, lexicon.general)[found.issue] & found.general
    bits = np.int64(1) << found.intent
    clear = np.zeros(len(starts), dtype=np.int64)
    np.bitwise_or.at(clear, found.review[~whole], bits[~whole])
    clear_here = clear[found.review]
    gives_way = np.isin(found.intent, (COMPLAINT, PRAISE, NEUTRAL_INTENT, QUESTION)) & (clear_here & bits > 0)
    gives_way |= (found.intent == NEUTRAL_INTENT) & (clear_here > 0)
    empty = ~whole & (found.intent == NEUTRAL_INTENT) & (found.size == 0)
    rows = np.flatnonzero(~(whole & gives_way) & ~found.denied & ~empty)
    some = found.take(rows)
    issue = np.where(whole[rows], -1, some.issue)
    order = np.lexsort((np.arange(len(some)), some.clause, -some.confidence, some.intent, issue, some.review))
    first = np.ones(len(some), dtype=bool)
    same = [column[order[1:]] == column[order[:-1]] for column in (some.review, issue, some.intent)]
    first[1:] = ~np.logical_and.reduce(same)
    some = some.take(order[first])
    origin = starts[some.review]
    begin = np.where(some.opinion_start >= 0, some.opinion_start, origin)
    close = np.where(some.opinion_start >= 0, some.opinion_end, origin)
    return some.take(np.lexsort((some.intent, some.issue, close, begin, some.clause, some.review)))


def weighed(found: Findings, ratings: Reals, lexicon: Lexicon) -> Findings:
    """The chosen findings with their final numbers; `ratings` of the reviews, NaN for none.

    Stars that say the opposite take confidence away; a safety complaint of little confidence is dropped.
    """
    stars = ratings[found.review]
    doubted = ((found.intent == COMPLAINT) & (stars >= 4.5)) | ((found.intent == PRAISE) & (stars <= 1.5))
    confidence = np.clip(np.where(doubted, found.confidence - 0.1, found.confidence), 0.05, 1.0)
    flat = (found.intent == NEUTRAL_INTENT) & (np.abs(found.polarity) <= NEUTRAL)
    polarity = np.where(flat, 0.0, found.polarity)
    safety = np.array([issue.safety for issue in lexicon.issues], dtype=bool)[found.issue]
    kept = ~(safety & (found.intent == COMPLAINT) & (confidence < CREDIBLE))
    return replace(found, confidence=confidence, polarity=polarity).take(kept)


def severities(found: Findings, best: Findings, sheet: Sheet, clauses: Clauses, lexicon: Lexicon) -> list[str]:
    """The severity of each finding; `best` are all that were chosen, as some severities rise beside other complaints."""
    out = [lexicon.issues[n].severity for n in found.issue.tolist()]
    upgradable = _per_issue(lexicon, {n for n, issue in enumerate(lexicon.issues) if issue.upgrades})
    for row in np.flatnonzero(upgradable[found.issue] & (found.intent == COMPLAINT)).tolist():
        review, clause = found.review[row], found.clause[row]
        low, high = np.searchsorted(best.review, [review, review + 1])
        others = set(best.issue[low:high][best.intent[low:high] == COMPLAINT].tolist())
        text = sheet.text[clauses.start[clause] : clauses.end[clause]]
        for upgrade in lexicon.issues[found.issue[row]].upgrades:
            if any(lexicon.number[c] in others for c in upgrade.codes) or any(w in text for w in upgrade.words):
                out[row] = min(out[row], upgrade.severity)
    return out


def _per_issue(lexicon: Lexicon, issues: Iterable[int]) -> Flags:
    marked = np.zeros(len(lexicon.issues), dtype=bool)
    marked[list(issues)] = True
    return marked


def _none() -> Findings:
    ints, reals, flags = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    return Findings(
        ints, ints, ints, reals, reals, ints, ints, ints, ints, ints, flags, flags, ints, np.zeros(0, dtype=object)
    )


_NOWHERE: Span = (-(1 << 60), -(1 << 60))
