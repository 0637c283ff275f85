"""Words that say the same: what voc.extract.aspects asks of a word, so that words with the same answers share a number.

How much it asks depends on what else stands in the clause: beside a target a word only has a sign for it, without one it
decides, hints or judges the whole. Whatever `voc.extract.aspects.claims` comes to ask of a word must be listed here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import HARDLY, LINK_WORDS, LINKS, OF, PROPERTIES, faint
from voc.extract.lexicon import Lexicon, Term

_MAY_LINK = LINKS | frozenset("".join(LINK_WORDS)) | {OF}

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Alike:
    """Arrays by the number of a term. Equal numbers in `kind` say the same in any company, in `opinion` beside targets for
    which they have the same sign, in `whole` where there is neither a target nor a word that decides by itself; the three
    share no number.

    `signs` (kinds, issues) has 0 where a kind has no sign for an issue, else its sign and 2. `issue` is what a target with
    one issue names, -1 for others; `decides` marks the words that decide an issue by themselves, `judges` those that say
    something as a `whole`; `links` may be a part of what links two words.
    """

    kind: Ints
    opinion: Ints
    whole: Ints
    signs: Ints
    issue: Ints
    decides: Flags
    judges: Flags
    links: Flags


def alike(terms: Sequence[Term], lexicon: Lexicon) -> Alike:
    """Which of `terms`, those of `lexicon`, say the same."""
    decides = [term.verdict is not None and term.verdict[0] not in lexicon.general for term in terms]
    kind = _numbered((_kind(term) for term in terms), 0)
    opinion = _numbered(((_form(term), term.verdict) for term in terms), len(terms))
    wholes = ((_form(term), term.verdict, term.hints_bad, term.hints_good) for term in terms)
    some = [terms[n] for n in np.unique(kind, return_index=True)[1].tolist()]
    signs = [[term.sign_for(issue) for issue in range(len(lexicon.issues))] for term in some]
    return Alike(
        kind=kind,
        opinion=opinion,
        whole=_numbered(wholes, 2 * len(terms)),
        signs=np.array([[0 if sign is None else sign + 2 for sign in row] for row in signs], dtype=np.int64),
        issue=np.array([term.targets[0] if len(term.targets) == 1 else -1 for term in terms], dtype=np.int64),
        decides=np.array(decides, dtype=bool),
        judges=np.array([bool(t.verdict or t.hints_bad or t.hints_good) for t in terms], dtype=bool),
        links=np.array([set(term.word) <= _MAY_LINK for term in terms], dtype=bool),
    )


def _kind(term: Term) -> Hashable:
    related = term.targets, term.bad, term.good, term.hints_bad, term.hints_good
    return _form(term), term.verdict, term.opinion, related, term.word in PROPERTIES


def _form(term: Term) -> Hashable:
    word = term.word
    return len(word), word.isascii(), word == HARDLY, word.endswith(faint()), set(word) <= _MAY_LINK and word


def _numbered(values: Iterable[Hashable], first: int) -> Ints:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(value, first + len(known)) for value in values], dtype=np.int64)
