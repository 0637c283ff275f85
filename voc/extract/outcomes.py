"""The claims of each clause of a sheet, each kind of clause worked out once.

What `voc.extract.aspects.claims` says of a clause depends on its words, on how far apart they stand, and on what stands
beside them (negation, degree, quotation marks). Clauses that agree in all of that have the same outcome, wherever they
stand: it is kept under that key and only moved to its place. Clauses with more at stake (combinations, likenesses,
negations beside several words) are read one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from voc.extract.aspects import Claim, Context, Span, claims, speaks
from voc.extract.combine import Hit
from voc.extract.cues import degree, negation, quoted
from voc.extract.scan import Found, Scanner
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet

MOST_KEPT = 200_000
"""Outcomes that a worker keeps; beyond that it forgets all of them. What it returns does not depend on it."""
_NEAR = 3  # code points between two words that are looked at as text, not as a distance

Key = tuple[object, ...]


class Outcome(NamedTuple):
    """Claims with spans counted from the clause's first word, and the issue that is left dangling."""

    claims: tuple[Claim, ...]
    dangling: int | None


class ClauseReader:
    """Reads the clauses of one sheet; places are those inside each text."""

    def __init__(self, sheet: Sheet, clauses: Clauses, found: Found, scanner: Scanner) -> None:
        self.scanner = scanner
        self.kept = scanner.outcomes
        hits, fillers = found.hits, found.fillers
        count = np.arange(len(clauses.row) + 1)
        self.first = np.searchsorted(hits.clause, count).tolist()
        origin = sheet.starts[clauses.row[hits.clause]]
        self.start, self.end = (hits.start - origin).tolist(), (hits.end - origin).tolist()
        self.term, self.beside = hits.term.tolist(), hits.flags.tolist()
        self.combines = found.combines.tolist()
        order = np.argsort(fillers.clause, kind="stable")
        self.filler_first = np.searchsorted(fillers.clause[order], count).tolist()
        origin = sheet.starts[sheet.rows(fillers.start)]
        self.filler_start = (fillers.start - origin)[order].tolist()
        self.filler_end = (fillers.end - origin)[order].tolist()
        self.filler_term = fillers.term[order].tolist()

    def hits(self, clause: int) -> list[Hit]:
        """The words that won their place in a clause."""
        terms = self.scanner.terms
        return [
            Hit(self.start[n], self.end[n], terms[self.term[n]], self.beside[n])
            for n in range(self.first[clause], self.first[clause + 1])
        ]

    def fillers(self, clause: int) -> list[Hit]:
        """The words of a clause that may make a combination."""
        terms = self.scanner.terms
        return [
            Hit(self.filler_start[n], self.filler_end[n], terms[self.filler_term[n]])
            for n in range(self.filler_first[clause], self.filler_first[clause + 1])
        ]

    def read(self, clause: int, text: str, span: Span, number: int, context: Context) -> tuple[list[Claim], int | None]:
        """The claims of a clause that has words, and the issue that it leaves dangling."""
        key = None if self.combines[clause] else self._key(clause, text, span, context)
        if key is None:
            fillers = self.fillers(clause) if self.combines[clause] else []
            lexicon = self.scanner.lexicon
            return claims(text, span, self.hits(clause), fillers, lexicon=lexicon, number=number, context=context)
        origin = self.start[self.first[clause]]
        outcome = self.kept.get(key)
        if outcome is None:
            found, dangling = claims(
                text, span, self.hits(clause), [], lexicon=self.scanner.lexicon, number=number, context=context
            )
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = Outcome(tuple(_moved(claim, -origin, 0) for claim in found), dangling)
            return found, dangling
        return [_moved(claim, origin, number) for claim in outcome.claims], outcome.dangling

    def _key(self, clause: int, text: str, span: Span, context: Context) -> Key | None:
        """All that the outcome of a clause depends on; None where that is more than a key can hold."""
        first, last = self.first[clause], self.first[clause + 1]
        scanner = self.scanner
        term = self.term[first]
        beside: object = 0
        if last - first == 1:
            if scanner.likened[term]:
                return None
            start, end = self.start[first], self.end[first]
            if self.beside[first]:
                beside = (
                    negation(text, start, end, span[0]), degree(text, start, end, span[0]), quoted(text, start, end),
                )  # fmt: skip
            said: object = term
            wants = scanner.wants_context[term]
        else:
            parts: list[object] = []
            wants = False
            end = self.start[first]
            for n in range(first, last):
                term = self.term[n]
                if self.beside[n] or scanner.likened[term]:
                    return None
                gap = self.start[n] - end
                parts += (gap if gap > _NEAR else text[end : self.start[n]], term)
                end = self.end[n]
                wants = wants or scanner.wants_context[term]
            said = tuple(parts)
        hush = tuple(
            n - first
            for n in range(first, last)
            if scanner.may_be_silent[self.term[n]] and not speaks(text, self.end[n], span[1])
        )
        early = self.start[first] < span[0]
        tail = min(span[1] - end, _NEAR)
        around = (context.targets, context.in_store) if wants else ()
        return said, beside, hush, early, tail, context.dangling, around


def _moved(claim: Claim, by: int, number: int) -> Claim:
    issue, polarity, confidence, _, size, aspect, opinion, general, denied = claim
    if aspect is not None:
        aspect = (aspect[0] + by, aspect[1] + by)
    if opinion is not None:
        opinion = (opinion[0] + by, opinion[1] + by)
    return Claim(issue, polarity, confidence, number, size, aspect, opinion, general, denied)
