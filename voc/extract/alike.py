"""Words that say the same: what voc.extract.aspects asks of a word, so that words with the same answers share a number.

Whatever `voc.extract.aspects.claims` comes to ask of a word must be listed in `_kind`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import HARDLY, LINK_WORDS, LINKS, OF, PROPERTIES, faint
from voc.extract.lexicon import Term

_MAY_LINK = LINKS | frozenset("".join(LINK_WORDS)) | {OF}


def kinds(terms: Sequence[Term]) -> NDArray[np.int64]:
    """Shape (t,): equal numbers for terms of which the same can be claimed in the same place."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(_kind(term), len(known)) for term in terms], dtype=np.int64)


def may_link(word: str) -> bool:
    """Whether `word` may be a part of what links two other words, so that a list is no list without it."""
    return set(word) <= _MAY_LINK


def _kind(term: Term) -> Hashable:
    word = term.word
    return (
        term.verdict, term.opinion, term.targets, term.bad, term.good, term.hints_bad, term.hints_good, len(word),
        word.isascii(), word in PROPERTIES, word == HARDLY, word.endswith(faint()), may_link(word) and word,
    )  # fmt: skip
