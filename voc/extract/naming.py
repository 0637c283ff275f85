"""What a clause means that only praises or blames: the aspect head gives its judgement an issue where it is sure enough.

"嚼着费劲" blames and names nothing; the words of the taxonomy leave it to the whole product, the head says texture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voc.extract.findings import COMPLAINT, PRAISE, Findings
from voc.extract.lexicon import Lexicon, compiled
from voc.models import aspects
from voc.taxonomy import Taxonomy, load
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet

NAMED = 0.65
"""Chance from which the head's name is taken, [0, 1]."""
NAMED_SAFETY = 0.75
"""... and for an issue of safety: a wrong name there wakes somebody up."""
SHORTEST, LONGEST = 3, 60
"""Clauses with fewer (distinct) code points say too little to be named, longer ones say several things."""
_SURER, _SUREST = 0.2, 0.85

Namer = Callable[[Sequence[str]], tuple[NDArray[np.int64], NDArray[np.float64]]]
"""Clauses in normal form -> the number of the issue that each means (-1: none), and the chance that this is right."""


def namer(taxonomy: Taxonomy) -> Namer | None:
    """The shipped head in the issues of `taxonomy`; None for one that shares no issue with the head's."""
    numbers = _numbers(taxonomy)
    if not (numbers >= 0).any():
        return None

    def name(clauses: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        codes, chances = aspects.load().named(clauses)
        issues = numbers[codes]
        return issues, np.where(issues < 0, 0.0, chances)

    return name


@lru_cache(maxsize=8)
def _numbers(taxonomy: Taxonomy) -> NDArray[np.int64]:
    """For each code of the head the number of the same issue in `taxonomy`, -1 where it has none or means another."""
    head = aspects.load()
    own, number = load(head.taxonomy).issues, compiled(taxonomy).number
    same = {code: number[code] for code in number if code in own and taxonomy[code].en == own[code].en}
    return np.array([same.get(code, -1) for code in head.codes], dtype=np.int64)


def named(found: Findings, page: Sheet, clauses: Clauses, lexicon: Lexicon, name: Namer) -> Findings:
    """`found` with the issues that the head gives to praise and blame of the whole without a word for it.

    A named finding is surer than an unnamed one, by as much as the head is, but never as sure as a word of the taxonomy.
    """
    bare = np.isin(found.issue, list(lexicon.general)) & np.isin(found.intent, (COMPLAINT, PRAISE))
    length = clauses.end[found.clause] - clauses.start[found.clause]
    rows = np.flatnonzero(bare & (found.aspect_start < 0) & (length >= SHORTEST) & (length <= LONGEST))
    asked, back = np.unique(found.clause[rows], return_inverse=True)
    if not len(asked):
        return found
    bounds = zip(clauses.start[asked].tolist(), clauses.end[asked].tolist(), strict=True)
    texts = [page.text[a:b] for a, b in bounds]
    telling = np.fromiter((len(set(text)) >= SHORTEST for text in texts), dtype=bool, count=len(texts))
    issues, chances = name(texts)
    issue, chance = issues[back], np.where(telling, chances, 0.0)[back]
    safety = np.array([one.safety for one in lexicon.issues], dtype=bool)[issue] & (issue >= 0)
    blamed = found.intent[rows] == COMPLAINT
    taken = np.where(safety, blamed & (chance >= NAMED_SAFETY), chance >= NAMED)
    rows, issue, chance = rows[taken], issue[taken], chance[taken]
    sure = np.maximum(np.minimum(found.confidence[rows] + _SURER, _SUREST * chance), 0.5 * chance)
    numbers, confidence = found.issue.copy(), found.confidence.copy()
    general, size = found.general.copy(), found.size.copy()
    numbers[rows], confidence[rows], general[rows], size[rows] = issue, sure, False, np.maximum(size[rows], 1)
    return replace(found, issue=numbers, confidence=confidence, general=general, size=size)
