"""What the polarity model is asked: the clauses that words left open, and brief reviews as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voc.extract.findings import INTENTS, UNDECIDED, Findings, stated, together
from voc.extract.lexicon import Lexicon
from voc.extract.places import Ints
from voc.extract.reviews import Reading
from voc.extract.settle import ASKED, SETTLED, general_issue
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet

SPEAKS = 0.6
"""A target without an opinion word counts if the model's polarity reaches this, in [0, 1]."""
AIMED = 14
"""... and if its clause is at most so long, in code points (four times that in English); longer ones name it in passing."""
WHOLE = 0.65
"""A clause that names no issue counts for a general issue if the model's polarity reaches this, in [0, 1]."""
HEARD = 0.35
"""... and from here on if the aspect head names its issue."""
ACCUSES = 0.8
"""A question counts as a complaint if the model's polarity is at most minus this."""
BRIEF = 40
"""A review of several clauses and at most so many code points is also judged as a whole where its words say nothing."""
_OF_WHOLE = 0.8
_RATING_SHIFT = 0.8

Judge = Callable[[Sequence[str], bool], NDArray[np.float32]]
"""Clauses and whether they are English -> probabilities (n, 3): negative, neutral, positive."""


def judged(page: Sheet, reading: Reading, judge: Judge, lexicon: Lexicon, stars: NDArray[np.float64]) -> Findings:
    """All findings, with what the polarity model says about the clauses that the words left open."""
    found, asked, clauses = reading.found, reading.asked, reading.clauses
    start, end, row = clauses.start[asked], clauses.end[asked], clauses.row[asked]
    english = reading.english[asked]
    chances = np.zeros((len(asked), 3), dtype=np.float32)
    for latin in (False, True):
        rows = np.flatnonzero(english == latin)
        if len(rows):
            bounds = zip(start[rows].tolist(), end[rows].tolist(), strict=True)
            chances[rows] = judge([page.text[a:b] for a, b in bounds], latin)
    decided = found.take(found.intent != UNDECIDED)
    _together(chances, asked, page, clauses, decided, judge)
    value = shifted(chances, stars[row])
    rival = np.full(len(asked), None, dtype=object)
    for n in np.flatnonzero(np.isin(asked, list(reading.special))).tolist():
        rival[n], how = reading.special[int(asked[n])]
        if how == "reversed":
            value[n] = -value[n]
        elif how == SETTLED or (how == ASKED and value[n] > -ACCUSES):
            value[n] = 0.0
    waiting = np.flatnonzero(found.intent == UNDECIDED)
    at = np.searchsorted(asked, found.clause[waiting])
    spoken = (np.abs(value) >= SPEAKS) & (end - start <= np.where(english, 4 * AIMED, AIMED))
    speaks = spoken[at]
    told = replace(
        found.take(waiting[speaks]), polarity=value[at[speaks]], confidence=0.4 + 0.4 * np.abs(value[at[speaks]]),
        intent=stated(value[at[speaks]]), rival=rival[at[speaks]],
    )  # fmt: skip
    whole = (np.abs(value) >= HEARD) & (chances[:, 1] < 0.5) & (end - start >= 2)
    whole[at] = False
    whole &= (value < 0) | (np.bincount(decided.review, minlength=len(page))[row] == 0)
    issue = general_issue(lexicon)
    if issue is None:
        return together([decided, told])
    bare = np.flatnonzero(whole)
    polarity = value[bare] * _OF_WHOLE
    nowhere, true = np.full(len(bare), -1, dtype=np.int64), np.ones(len(bare), dtype=bool)
    more = Findings(
        review=row[bare], clause=asked[bare], issue=np.full(len(bare), issue), polarity=polarity,
        confidence=0.35 + 0.2 * np.abs(value[bare]), size=np.zeros(len(bare), dtype=np.int64), aspect_start=nowhere,
        aspect_end=nowhere, opinion_start=nowhere, opinion_end=nowhere, general=true, denied=~true,
        intent=stated(polarity), rival=rival[bare],
    )  # fmt: skip
    return together([decided, told, more])


def _together(
    chances: NDArray[np.float32], asked: Ints, page: Sheet, clauses: Clauses, decided: Findings, judge: Judge
) -> None:
    """What a short review says as a whole where no word of it judges: put at its last open clause, if it says more.

    Irony and stories need both halves (下班吃的,十点就去挂水).
    """
    signed = np.isin(decided.intent, (INTENTS.index("complaint"), INTENTS.index("praise")))
    silent = np.bincount(decided.review[signed], minlength=len(page)) == 0
    several = np.bincount(clauses.row, minlength=len(page)) > 1
    row = clauses.row[asked]
    last = np.append(row[1:] != row[:-1], True)[: len(row)]
    at = np.flatnonzero(last & (silent & several & (page.ends - page.starts <= BRIEF))[row])
    for latin in (False, True):
        texts, places = [], []
        for n in at.tolist():
            text = page.text[page.starts[row[n]] : page.ends[row[n]]]
            if text.isascii() == latin:
                texts.append(text)
                places.append(n)
        if texts:
            said = judge(texts, latin)
            here = chances[places]
            surer = np.abs(said[:, 2] - said[:, 0]) > np.abs(here[:, 2] - here[:, 0])
            chances[places] = np.where(surer[:, None], said, here)


def loud(found: Findings, lexicon: Lexicon) -> Findings:
    """Without what only the model heard, too faintly to count for the whole, and the head could not name."""
    whole = np.isin(found.issue, list(lexicon.general)) & (found.size == 0) & (found.opinion_start < 0)
    judged = whole & np.isin(found.intent, (INTENTS.index("complaint"), INTENTS.index("praise")))
    return found.take(~(judged & (np.abs(found.polarity) < _OF_WHOLE * WHOLE)))


def shifted(chances: NDArray[np.float32], ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(positive) - P(negative) of each row, moved in log odds by the stars where there are some (NaN: none)."""
    stars = np.where(np.isnan(ratings), 3.0, ratings)
    shift = np.exp(np.clip((stars - 3.0) / 2.0, -1.0, 1.0) * _RATING_SHIFT)
    weighted = chances.astype(np.float64) * np.stack([1.0 / shift, np.ones_like(shift), shift], axis=1)
    weighted /= np.maximum(weighted.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(weighted[:, 2] - weighted[:, 0])
