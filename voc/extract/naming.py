"""What the aspect head makes of the findings: it names verdicts, doubts what words named, and adds what they missed.

"嚼着费劲" blames and names nothing; the words of the taxonomy leave it to the whole product, the head says texture. A clause
may hold the word for a price tag and not be about the price, or say two things and have a word for one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.extract.findings import COMPLAINT, NEUTRAL_INTENT, PRAISE, Findings, nobody, stated, together
from voc.extract.judging import Judge, shifted
from voc.extract.lexicon import Lexicon, compiled
from voc.extract.places import Flags, Ints
from voc.extract.reviews import Reading
from voc.extract.settle import general_issue
from voc.models import aspects
from voc.taxonomy import Taxonomy, load
from voc.text.sheet import Sheet

NAMED = 0.4
"""Chance from which praise or blame without an issue gets the head's likeliest, [0, 1]."""
ADDED = 0.5
"""... and from which an issue is added that no word named."""
NAMED_SAFETY = 0.75
"""... and for an issue of safety: a wrong name there wakes somebody up."""
DOUBTED, DOUBTED_SURE = 0.03, 0.005
"""A word's issue does not stand where the head sees less of it than this; the second holds for findings from SURE on."""
SURE = 0.8
"""Confidence of a finding, [0, 1]."""
CLEAR = 0.5
"""What no word named needs a polarity of the model of at least this, [0, 1]."""
SHORTEST, LONGEST = 3, 60
"""Clauses with fewer (distinct) code points say too little to be named, longer ones say several things."""
_PLAIN = 12
"""Longer clauses are taken to have enough distinct code points."""
_SURER, _SUREST, _OF_DOUBTED = 0.2, 0.85, 0.7

Namer = Callable[[Sequence[str]], NDArray[np.float32]]
"""Clauses in normal form -> how likely each is about each issue of the taxonomy (n, issues); NaN where the head cannot say."""


def namer(taxonomy: Taxonomy) -> Namer | None:
    """The shipped head in the issues of `taxonomy`; None for one that shares no issue with the head's."""
    column = _columns(taxonomy)
    known = np.flatnonzero(column >= 0)
    if not len(known):
        return None

    def name(clauses: Sequence[str]) -> NDArray[np.float32]:
        out = np.full((len(clauses), len(column)), np.nan, dtype=np.float32)
        out[:, known] = aspects.load().chances(clauses)[:, column[known]]
        return out

    return name


@lru_cache(maxsize=8)
def _columns(taxonomy: Taxonomy) -> NDArray[np.int64]:
    """For each issue of `taxonomy` the head's column of the same issue, -1 where it has none or means another."""
    head = aspects.load()
    own, column = load(head.taxonomy).issues, {code: n for n, code in enumerate(head.codes)}
    out = np.full(len(taxonomy.issues), -1, dtype=np.int64)
    for code, number in compiled(taxonomy).number.items():
        if code in column and code in own and taxonomy[code].en == own[code].en:
            out[number] = column[code]
    return out


def reconsidered(
    found: Findings,
    page: Sheet,
    reading: Reading,
    lexicon: Lexicon,
    name: Namer,
    judge: Judge,
    stars: NDArray[np.float64],
) -> Findings:
    """`found` as the head leaves them. Safety complaints of words stay: they are not for it to doubt."""
    view = _view(found, page, reading, lexicon, name)
    found = _named(_doubted(found, view, judge), view)
    return together([found, _missed(found, view, judge, stars)])


@dataclass(frozen=True)
class _View:
    """What the head says of the clauses of a sheet: `chance` (m, issues), `row` the row of each clause in it, -1 for those that
    it was not asked about. `general` and `safety` tell issues apart."""

    page: Sheet
    reading: Reading
    chance: NDArray[np.float32]
    row: Ints
    general: Flags
    safety: Flags
    whole: int | None

    def text(self, clause: int) -> str:
        return self.page.text[self.reading.clauses.start[clause] : self.reading.clauses.end[clause]]

    def of(self, clause: Ints, issue: Ints) -> NDArray[np.float32]:
        """The chances of issues in clauses; NaN where the head was not asked or does not know the issue."""
        out = np.full(len(clause), np.nan, dtype=np.float32)
        asked = self.row[clause] >= 0
        out[asked] = self.chance[self.row[clause[asked]], issue[asked]]
        return out


def _view(found: Findings, page: Sheet, reading: Reading, lexicon: Lexicon, name: Namer) -> _View:
    clauses = reading.clauses
    length = clauses.end - clauses.start
    scope = (length >= SHORTEST) & (length <= LONGEST) & ~reading.english
    bare = found.clause[np.isin(found.issue, list(lexicon.general))]
    scope[bare[(length[bare] >= SHORTEST) & (length[bare] <= LONGEST)]] = True
    bounds = np.flatnonzero(scope)
    texts = [page.text[a:b] for a, b in zip(clauses.start[bounds].tolist(), clauses.end[bounds].tolist(), strict=True)]
    telling = np.fromiter(
        (len(text) > _PLAIN or len(set(text)) >= SHORTEST for text in texts), dtype=bool, count=len(texts)
    )
    asked = bounds[telling]
    row = np.full(len(clauses.start), -1, dtype=np.int64)
    row[asked] = np.arange(len(asked))
    marked: dict[str, Any] = {
        "general": lexicon.general,
        "safety": [n for n, i in enumerate(lexicon.issues) if i.safety],
    }
    flags = {key: np.isin(np.arange(len(lexicon.issues)), list(issues)) for key, issues in marked.items()}
    chance = name([text for text, tells in zip(texts, telling.tolist(), strict=True) if tells])
    return _View(page, reading, chance, row, whole=general_issue(lexicon), **flags)


def _doubted(found: Findings, view: _View, judge: Judge) -> Findings:
    """Findings of words whose issue the head sees nothing of judge the whole if the polarity model hears their sign, or go."""
    clauses = view.reading.clauses
    start, end = clauses.start[found.clause], clauses.end[found.clause]
    here = np.ones(len(found), dtype=bool)  # a combination over several clauses is not in one of them
    for first, last in ((found.aspect_start, found.aspect_end), (found.opinion_start, found.opinion_end)):
        here &= (first < 0) | ((first >= start) & (last <= end))
    told = np.isin(found.intent, (COMPLAINT, NEUTRAL_INTENT, PRAISE)) & (found.rival == None)  # noqa: E711
    specific = ~view.general[found.issue] & ~view.safety[found.issue] & ~view.reading.english[found.clause]
    least = np.where(found.confidence < SURE, DOUBTED, DOUBTED_SURE)
    unseen = told & specific & here & ~found.denied & (view.of(found.clause, found.issue) < least)
    if view.whole is None or not unseen.any():
        return found.take(~unseen)
    rows = np.flatnonzero(unseen)
    chances = judge([view.text(clause) for clause in found.clause[rows].tolist()], False)
    pole = np.select([found.intent[rows] == COMPLAINT, found.intent[rows] == PRAISE], [0, 2], 1)
    judged = np.zeros(len(found), dtype=bool)
    judged[rows] = (pole != 1) & (chances[np.arange(len(rows)), pole] >= 0.5)
    moved = replace(
        found, issue=np.where(judged, view.whole, found.issue), general=found.general | judged,
        size=np.where(judged, 0, found.size), aspect_start=np.where(judged, -1, found.aspect_start),
        aspect_end=np.where(judged, -1, found.aspect_end),
        confidence=np.where(judged, _OF_DOUBTED * found.confidence, found.confidence),
    )  # fmt: skip
    return moved.take(judged | ~unseen)


def _named(found: Findings, view: _View) -> Findings:
    """Praise and blame of the whole without a word for it get the likeliest issue of their clause, if it is likely enough.

    A named finding is surer than an unnamed one, by as much as the head is, but never as sure as a word of the taxonomy.
    """
    bare = view.general[found.issue] & np.isin(found.intent, (COMPLAINT, PRAISE)) & (found.aspect_start < 0)
    rows = np.flatnonzero(bare & (view.row[found.clause] >= 0))
    chances = np.nan_to_num(np.where(view.general, 0.0, view.chance[view.row[found.clause[rows]]]))
    blamed = (found.intent[rows] == COMPLAINT)[:, None]
    least = np.where(view.safety, np.where(blamed, NAMED_SAFETY, 2.0), NAMED)
    chances = np.where(chances >= least, chances, 0.0)
    issue = chances.argmax(axis=1)
    chance = chances[np.arange(len(rows)), issue]
    rows, issue, chance = rows[chance > 0], issue[chance > 0], chance[chance > 0]
    sure = np.maximum(np.minimum(found.confidence[rows] + _SURER, _SUREST * chance), 0.5 * chance)
    numbers, confidence = found.issue.copy(), found.confidence.copy()
    general, size = found.general.copy(), found.size.copy()
    numbers[rows], confidence[rows], general[rows], size[rows] = issue, sure, False, np.maximum(size[rows], 1)
    return replace(found, issue=numbers, confidence=confidence, general=general, size=size)


def _missed(found: Findings, view: _View, judge: Judge, stars: NDArray[np.float64]) -> Findings:
    """Issues that nothing in their review named, of clauses that say more than the words found in them, and judge."""
    clauses = view.reading.clauses
    open_ = (view.row >= 0) & ~view.reading.knotty & ~view.reading.english
    open_[found.clause[~np.isin(found.intent, (COMPLAINT, NEUTRAL_INTENT, PRAISE))]] = False
    told = found.aspect_end - found.aspect_start + found.opinion_end - found.opinion_start  # -1 to -1 is nothing
    rest = clauses.end - clauses.start
    np.subtract.at(rest, found.clause, told)
    open_ &= rest >= SHORTEST
    some = np.flatnonzero(open_)
    likely = np.where(view.general | view.safety, 0.0, view.chance[view.row[some]]) >= ADDED
    at, issue = np.nonzero(likely)
    clause = some[at]
    review = clauses.row[clause]
    count = len(view.general)
    new = ~np.isin(review * count + issue, found.review * count + found.issue)
    pair = np.unique((review * count + issue)[new], return_index=True)[1]
    kept = np.sort(np.flatnonzero(new)[pair])
    clause, issue, review = clause[kept], issue[kept], review[kept]
    asked, back = np.unique(clause, return_inverse=True)
    said = judge([view.text(n) for n in asked.tolist()], False) if len(asked) else np.zeros((0, 3), dtype=np.float32)
    value = shifted(said, stars[clauses.row[asked]])[back]
    clear = (np.abs(value) >= CLEAR) & (said[back, 1] < 0.5)
    clause, issue, review, value = clause[clear], issue[clear], review[clear], value[clear]
    chance = view.of(clause, issue).astype(np.float64)
    nowhere = np.full(len(clause), -1, dtype=np.int64)
    return Findings(
        review=review, clause=clause, issue=issue, polarity=value, confidence=_SUREST * chance * np.abs(value),
        size=np.ones(len(clause), dtype=np.int64), aspect_start=nowhere, aspect_end=nowhere, opinion_start=nowhere,
        opinion_end=nowhere, general=np.zeros(len(clause), dtype=bool), denied=np.zeros(len(clause), dtype=bool),
        intent=stated(value), rival=nobody(len(clause)),
    )  # fmt: skip
