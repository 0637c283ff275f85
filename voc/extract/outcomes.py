"""The claims of each clause of a sheet, each kind of clause worked out once.

What `voc.extract.aspects.claims` says of a clause depends on its words, on what stands between and beside them, and on
what the review has named before. All of that but the last is put into one number per clause, for the whole sheet at
once: clauses with the same number have the same outcome, wherever they stand, and it is kept for the sheets to come.
Clauses whose meaning hangs on what came before are looked up one by one; clauses with more at stake (combinations,
likenesses, negations among several words) are read.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import Claim, Context, claims, speaks
from voc.extract.combine import Hit
from voc.extract.cues import degree, negation, quoted
from voc.extract.places import Flags, Ints
from voc.extract.scan import Found, Scanner
from voc.text.clauses import Clauses
from voc.text.sheet import CODE_POINTS, Sheet

MOST_KEPT = 300_000
"""Outcomes that a worker keeps; beyond that it forgets all of them. What it returns does not depend on it."""
_BEFORE, _AFTER = 3, 6  # code points around a clause that quotation marks and what turns a word may stand in
_NEAR = 3  # code points between two words that are looked at as text, not as a distance
_FACTORS = np.random.default_rng(0).integers(1, 1 << 62, 10, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


class Outcome(NamedTuple):
    """Claims with spans counted from the clause's first word, and the issue that is left dangling."""

    claims: tuple[Claim, ...]
    dangling: int | None


class ClauseReader:
    """The outcomes of the clauses of one sheet.

    `which` is the number of a clause's outcome in `outcomes`, -1 where it has none or was read by itself: then its
    claims, with places inside its text, are in `apart`.
    """

    def __init__(self, sheet: Sheet, clauses: Clauses, found: Found, scanner: Scanner, in_store: Flags) -> None:
        self.sheet, self.clauses, self.scanner, self.in_store = sheet, clauses, scanner, in_store
        self.found = found
        count = np.arange(len(clauses.row) + 1)
        self.first = np.searchsorted(found.hits.clause, count)
        self.starts, self.rows = sheet.starts.tolist(), clauses.row.tolist()
        self.filler_order = np.argsort(found.fillers.clause, kind="stable")
        self.filler_first = np.searchsorted(found.fillers.clause[self.filler_order], count)
        self.review_first = np.searchsorted(clauses.row, np.arange(len(sheet) + 1))
        self.naming = np.append(0, np.cumsum(scanner.names[found.hits.term]))
        self.apart: dict[int, list[Claim]] = {}
        self.dangling: dict[int, int | None] = {}
        self.outcomes: list[Outcome] = []
        self.which = np.full(len(clauses.row), -1, dtype=np.int64)
        self._read()

    def origin(self, clause: int) -> int:
        """Where the text of a clause begins in the sheet."""
        return int(self.starts[self.rows[clause]])

    def claims(self, clause: int) -> list[Claim]:
        """The claims of a clause, with places inside its text."""
        which = int(self.which[clause])
        if which < 0:
            return self.apart.get(clause, [])
        by = int(self.found.hits.start[self.first[clause]]) - self.origin(clause)
        return [moved(claim, by, self._number(clause)) for claim in self.outcomes[which].claims]

    def hits(self, clause: int) -> list[Hit]:
        """The words that won their place in a clause, with places inside its text."""
        hits, terms, by = self.found.hits, self.scanner.terms, self.origin(clause)
        return [
            Hit(int(hits.start[n]) - by, int(hits.end[n]) - by, terms[hits.term[n]], int(hits.flags[n]))
            for n in range(self.first[clause], self.first[clause + 1])
        ]

    def fillers(self, clause: int) -> list[Hit]:
        """The words of a clause that may make a combination, with places inside its text."""
        fillers, terms, by = self.found.fillers, self.scanner.terms, self.origin(clause)
        return [
            Hit(int(fillers.start[n]) - by, int(fillers.end[n]) - by, terms[fillers.term[n]])
            for n in self.filler_order[self.filler_first[clause] : self.filler_first[clause + 1]].tolist()
        ]

    def _number(self, clause: int) -> int:
        return clause - int(self.review_first[self.rows[clause]])

    def _read(self) -> None:
        """Fill `which`, `outcomes` and `apart`."""
        sizes = np.diff(self.first)
        filled = np.flatnonzero(sizes)
        keys, whole = self._keys(filled)
        wants, hung = self._leaning(filled, sizes)
        free = np.flatnonzero(whole & ~wants & ~hung)
        stands = filled[free]
        distinct, example, inverse = np.unique(keys[free], return_index=True, return_inverse=True)
        kept = self.scanner.outcomes
        for key, clause in zip(distinct.tolist(), stands[example].tolist(), strict=True):
            outcome = kept.get(key)
            if outcome is None:
                outcome = self._outcome(clause, Context(None, (), bool(self.in_store[self.clauses.row[clause]])))
                self._keep(key, outcome)
            self.outcomes.append(outcome)
        self.which[stands] = inverse
        combining = np.flatnonzero(self.found.combines & (sizes == 0))
        by_itself = np.union1d(filled[~whole], combining)
        others = np.union1d(filled[wants | hung], by_itself)
        alone = np.isin(others, by_itself).tolist()
        place = np.clip(np.searchsorted(filled, others), 0, max(len(filled) - 1, 0))
        numbers = keys[place].tolist() if len(filled) else [0] * len(others)
        leaning = np.zeros(len(sizes), dtype=bool)
        leaning[filled[wants]] = True
        for clause, number, apart, leans in zip(others.tolist(), numbers, alone, leaning[others].tolist(), strict=True):
            context = self._context(clause, leans)
            if apart and not sizes[clause]:
                self.apart[clause], self.dangling[clause] = self._claims(clause, context)
                continue
            named = self._named(clause, context) if leans else ()
            said = (*self._excerpt(clause), context.in_store) if apart else number
            key = (said, context.dangling, named)
            outcome = kept.get(key)
            if outcome is None:
                outcome = self._outcome(clause, context)
                self._keep(key, outcome)
            self.which[clause] = len(self.outcomes)
            self.outcomes.append(outcome)

    def _keep(self, key: object, outcome: Outcome) -> None:
        if len(self.scanner.outcomes) >= MOST_KEPT:
            self.scanner.outcomes.clear()
        self.scanner.outcomes[key] = outcome

    def _claims(self, clause: int, context: Context) -> tuple[list[Claim], int | None]:
        by, number = self.origin(clause), self._number(clause)
        text = self.text(clause)
        span = int(self.clauses.start[clause]) - by, int(self.clauses.end[clause]) - by
        fillers = self.fillers(clause) if self.found.combines[clause] else []
        lexicon = self.scanner.lexicon
        return claims(text, span, self.hits(clause), fillers, lexicon=lexicon, number=number, context=context)

    def _outcome(self, clause: int, context: Context) -> Outcome:
        found, dangling = self._claims(clause, context)
        by = self.origin(clause) - int(self.found.hits.start[self.first[clause]])
        return Outcome(tuple(moved(claim, by, 0) for claim in found), dangling)

    def _excerpt(self, clause: int) -> tuple[str, int]:
        """A clause with so much around it as its outcome can depend on, and where it begins in that."""
        row = self.rows[clause]
        start, end = int(self.clauses.start[clause]), int(self.clauses.end[clause])
        hit = int(self.found.hits.start[self.first[clause]])
        first = max(self.starts[row], min(start, hit) - _BEFORE)
        return self.sheet.text[first : min(end + _AFTER, int(self.sheet.ends[row]))], start - first

    def text(self, clause: int) -> str:
        """The whole text that a clause stands in."""
        row = self.clauses.row[clause]
        return self.sheet.text[self.sheet.starts[row] : self.sheet.ends[row]]

    def _context(self, clause: int, needed: bool) -> Context:
        """What a clause inherits from the clauses before it."""
        row = self.rows[clause]
        dangling: int | None = None
        before = clause - 1
        if before >= self.review_first[row] and not self.found.sentence[clause]:
            which = int(self.which[before])
            dangling = self.outcomes[which].dangling if which >= 0 else self.dangling.get(before)
        targets: tuple[int, ...] = ()
        low, high = self.first[self.review_first[row]], self.first[clause]
        if needed and self.naming[high] > self.naming[low]:
            hits = self.found.hits
            for _, group in groupby(range(low, high), key=hits.clause.__getitem__):
                named = tuple(dict.fromkeys(i for n in group for i in self.scanner.named[hits.term[n]]))
                if named:
                    targets = (*named, *(t for t in targets if t not in named))[:6]
        return Context(dangling, targets, bool(self.in_store[row]))

    def _named(self, clause: int, context: Context) -> tuple[object, ...]:
        """So much of the context as the words of a clause can turn to."""
        issues: set[int] = set()
        for term in self.found.hits.term[self.first[clause] : self.first[clause + 1]].tolist():
            issues.update(self.scanner.leans_on[term])
        if not issues:
            return ()
        targets = context.targets
        return (
            tuple(i for i in targets if i in issues), bool(targets) and targets[0] in issues, context.in_store,
        )  # fmt: skip

    def _leaning(self, filled: Ints, sizes: Ints) -> tuple[Flags, Flags]:
        """Of the clauses with words: which mean different things after others, and which may inherit a target."""
        hits, clauses, scanner = self.found.hits, self.clauses, self.scanner
        firsts = self.first[filled]
        alone = sizes[filled] == 1
        leans = np.add.reduceat(scanner.leans[hits.term], firsts) > 0 if len(filled) else alone
        leans = np.where(alone, scanner.leans_alone[hits.term[firsts]], leans)
        named_before = self.naming[firsts] > self.naming[self.first[self.review_first[clauses.row[filled]]]]
        bare = scanner.target[hits.term] & (clauses.end[hits.clause] - hits.end <= 2)
        ends_bare = np.zeros(len(sizes) + 1, dtype=bool)
        ends_bare[hits.clause[bare] + 1] = True
        hung = ends_bare[filled] & ~self.found.sentence[filled]
        hung &= clauses.row[np.maximum(filled - 1, 0)] == clauses.row[filled]
        return leans & named_before, hung

    def _keys(self, filled: Ints) -> tuple[NDArray[np.uint64], Flags]:
        """A number for each clause with words, and whether it holds all that the outcome depends on but the context."""
        hits, clauses, scanner, codes = self.found.hits, self.clauses, self.scanner, self.sheet.codes
        if not len(filled):
            return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=bool)
        firsts = self.first[filled]
        sizes = self.first[filled + 1] - firsts
        place = np.arange(len(hits.term)) - np.repeat(firsts, sizes)
        before = np.append(0, hits.end[:-1])
        gap = np.where(place > 0, hits.start - before, 0)
        between = np.zeros(len(gap), dtype=np.uint64)
        for n in range(_NEAR):
            near = (place > 0) & (gap > n) & (gap <= _NEAR)
            between[near] |= codes[before[near] + n].astype(np.uint64) << np.uint64(21 * n)
        after = codes[np.minimum(hits.end, len(codes) - 1)]
        silent = scanner.may_be_silent[hits.term] & (hits.end < clauses.end[hits.clause]) & ~_after_good()[after]
        word = _mixed(hits.term, gap, between, place, silent)
        last = firsts + sizes - 1
        flagged = np.add.reduceat(hits.flags != 0, firsts) > 0
        likened = np.add.reduceat(scanner.likened[hits.term], firsts) > 0
        beside = np.zeros(len(filled), dtype=np.int64)
        single = (sizes == 1) & flagged & ~likened
        for n in np.flatnonzero(single).tolist():
            beside[n] = self._beside(int(firsts[n]), int(filled[n]))
        early = hits.start[firsts] < clauses.start[filled]
        tail = np.minimum(clauses.end[filled] - hits.end[last], _NEAR)
        some_lean = np.add.reduceat(scanner.leans[hits.term], firsts) > 0
        leans = np.where(sizes == 1, scanner.leans_alone[hits.term[firsts]], some_lean)
        store = np.where(leans, 1 + self.in_store[clauses.row[filled]], 0)
        keys = np.add.reduceat(word, firsts) + _mixed(beside, early, tail, store, sizes)
        return keys, ~likened & ~self.found.combines[filled] & ((sizes == 1) | ~flagged)

    def _beside(self, hit: int, clause: int) -> int:
        """A number for what stands beside a word and turns or weighs it; 0 for nothing."""
        by, text = self.origin(clause), self.text(clause)
        start, end = int(self.found.hits.start[hit]) - by, int(self.found.hits.end[hit]) - by
        first = int(self.clauses.start[clause]) - by
        how, factor = negation(text, start, end, first), degree(text, start, end, first)
        said = (how, factor, quoted(text, start, end))
        return 0 if said == ("", 1.0, False) else self.scanner.besides.setdefault(said, len(self.scanner.besides) + 1)


def moved(claim: Claim, by: int, number: int) -> Claim:
    """`claim` at another place and in another clause."""
    issue, polarity, confidence, _, size, aspect, opinion, general, denied = claim
    if aspect is not None:
        aspect = (aspect[0] + by, aspect[1] + by)
    if opinion is not None:
        opinion = (opinion[0] + by, opinion[1] + by)
    return Claim(issue, polarity, confidence, number, size, aspect, opinion, general, denied)


def _mixed(*columns: NDArray[Any]) -> NDArray[np.uint64]:
    """One well-mixed number for each row of the columns."""
    out = np.zeros(len(columns[0]), dtype=np.uint64)
    for column, factor in zip(columns, _FACTORS, strict=False):
        out = (out ^ column.astype(np.uint64)) * factor
        out ^= out >> np.uint64(31)
    return out


@cache
def _after_good() -> Flags:
    """The characters after which 好 is an opinion of its own."""
    return np.fromiter((speaks(chr(code), 0, 1) for code in range(CODE_POINTS)), dtype=bool, count=CODE_POINTS)
