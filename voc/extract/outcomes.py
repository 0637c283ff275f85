"""The claims of each clause of a sheet, each kind of clause worked out once.

What `voc.extract.aspects.claims` says of a clause depends on its words, on what stands between and beside them, and on
what the review has named before. The words and what stands beside them make one number per clause for the whole sheet at
once (voc.extract.keys); what a clause inherits is added where there is something. Clauses with the same number have the
same outcome, wherever they stand, and it is kept for the sheets to come (voc.extract.kept). Only clauses in which the
words of a combination stand in order are known by their text.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import Claim, Context, Span, claims
from voc.extract.combine import Hit, Match, combined
from voc.extract.findings import Findings, nobody, stated
from voc.extract.kept import FROM_CLAUSE, MOST_KEPT, NOWHERE, PLACES, Outcome, Row
from voc.extract.keys import Roles, clause_keys, excerpt, inheriting, roles
from voc.extract.places import Flags, Ints
from voc.extract.scan import Found, Scanner
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet

_REMEMBERED = 6  # issues that a clause may turn back to
_NOT_THERE = (NOWHERE, 0)


class ClauseReader:
    """The outcomes of the clauses of one sheet.

    `which` is the number of a clause's outcome among those that the scanner keeps, -1 where nothing in it claims anything.
    """

    def __init__(self, sheet: Sheet, clauses: Clauses, found: Found, scanner: Scanner, in_store: Flags) -> None:
        self.sheet, self.clauses, self.scanner, self.in_store = sheet, clauses, scanner, in_store
        self.found, self.kept = found, scanner.outcomes
        if len(self.kept) > MOST_KEPT:
            self.kept.clear()
        count = np.arange(len(clauses.row) + 1)
        self.first = np.searchsorted(found.hits.clause, count)
        self.starts, self.rows = sheet.starts.tolist(), clauses.row.tolist()
        fillers = found.fillers
        order = np.argsort(fillers.clause, kind="stable")
        self._fillers = [part[order].tolist() for part in (fillers.start, fillers.end, fillers.term)]
        self._filler_first = np.searchsorted(fillers.clause[order], count).tolist()
        self.review_first = np.searchsorted(clauses.row, np.arange(len(sheet) + 1))
        hits = found.hits
        self._first = self.first.tolist()
        self._bounds = clauses.start.tolist(), clauses.end.tolist()
        self._words = (hits.start.tolist(), hits.end.tolist(), hits.term.tolist(), hits.flags.tolist())
        names = scanner.names[hits.term]
        self.naming = np.append(0, np.cumsum(names))
        which = hits.clause[names].tolist(), hits.term[names].tolist()
        self.namers = [(clause, scanner.named[term]) for clause, term in zip(*which, strict=True)]
        self.which = np.full(len(clauses.row), -1, dtype=np.int64)
        self._read()

    def findings(self, some: Ints) -> Findings:
        """What the claims of `some` clauses, of those that have an outcome, state as they stand."""
        rows, count = self.kept.rows(self.which[some])
        clause = np.repeat(some, count)
        return Findings(
            review=self.clauses.row[clause], clause=clause, issue=rows["issue"].astype(np.int64),
            polarity=rows["polarity"], confidence=rows["confidence"], size=rows["size"].astype(np.int64),
            **self._places(rows, clause), general=rows["general"], denied=rows["denied"], intent=stated(rows["polarity"]),
            rival=nobody(len(clause)),
        )  # fmt: skip

    def claims(self, some: Ints) -> Callable[[int], list[Claim]]:
        """Gives the claims of each of `some` clauses, with places inside their texts."""
        some = some[self.which[some] >= 0]
        rows, count = self.kept.rows(self.which[some])
        clause = np.repeat(some, count)
        row = self.clauses.row[clause]
        places = {name: np.maximum(at - self.sheet.starts[row], -1) for name, at in self._places(rows, clause).items()}
        number = clause - self.review_first[row]
        columns = [
            column.tolist() for column in (
                rows["issue"], rows["polarity"], rows["confidence"], number, rows["size"], *places.values(),
                rows["general"], rows["denied"],
            )
        ]  # fmt: skip
        ends = np.cumsum(count)
        bounds = dict(zip(some.tolist(), zip((ends - count).tolist(), ends.tolist(), strict=True), strict=True))

        def claims_of(clause: int) -> list[Claim]:
            low, high = bounds.get(clause, (0, 0))
            return [
                Claim(issue, None if polarity != polarity else polarity, confidence, part, size,
                      None if b < 0 else (a, b), None if d < 0 else (c, d), general, denied)
                for issue, polarity, confidence, part, size, a, b, c, d, general, denied in zip(
                    *(column[low:high] for column in columns), strict=True
                )
            ]  # fmt: skip

        return claims_of

    def _places(self, rows: NDArray[np.void], clause: Ints) -> dict[str, Ints]:
        """The places of claims in the sheet, -1 for those that are not there; `clause` is that of each row."""
        first, telling = self.keys.first[clause], self.keys.telling
        out = {}
        for place in PLACES:
            word, behind = rows[f"{place}_word"], rows[f"{place}_behind"]
            origin = self.clauses.start[clause]
            by_word = word >= 0
            origin[by_word] = self.found.hits.start[telling[first[by_word] + word[by_word]]]
            out[place] = np.where(word == NOWHERE, -1, origin + behind)
        return out

    def origin(self, clause: int) -> int:
        """Where the text of a clause begins in the sheet."""
        return int(self.starts[self.rows[clause]])

    def number(self, clause: int) -> int:
        """The number of a clause in its review."""
        return clause - int(self.review_first[self.rows[clause]])

    def hits(self, clause: int) -> list[Hit]:
        """The words that won their place in a clause, with places inside its text."""
        starts, ends, term, flags = self._words
        by, terms = self.origin(clause), self.scanner.terms
        return [
            Hit(starts[n] - by, ends[n] - by, terms[term[n]], flags[n])
            for n in range(self._first[clause], self._first[clause + 1])
        ]

    def fillers(self, clause: int) -> list[Hit]:
        """The words of a clause that may make a combination, with places inside its text."""
        starts, ends, term = self._fillers
        by, terms = self.origin(clause), self.scanner.terms
        return [
            Hit(starts[n] - by, ends[n] - by, terms[term[n]])
            for n in range(self._filler_first[clause], self._filler_first[clause + 1])
        ]

    def _read(self) -> None:
        """Fill `which`."""
        role = roles(self.found, self.scanner, self.first)
        wants, hung = self._leaning(role)
        matches = self._combinations()
        plain = np.zeros(len(wants), dtype=bool)
        plain[role.filled] = True
        plain[list(matches)] = False
        named = self._named(wants & plain)
        self.keys = clause_keys(
            self.sheet, self.clauses, self.found, self.scanner, first=self.first, role=role, in_store=self.in_store,
            inherits=(named > 0) | hung,
        )  # fmt: skip
        self._combine(matches, wants)
        # A clause that hangs on the one before it has to wait for it, and for what that one hangs on.
        step = np.arange(len(wants))
        waits = np.where(plain, step - np.maximum.accumulate(np.where(hung, -1, step)), -1)
        for wait in range(int(waits.max(initial=-1)) + 1):
            some = np.flatnonzero(waits == wait)
            left = self.kept.dangling(self.which[some - 1]) if wait else np.full(len(some), -1, dtype=np.int64)
            self._look_up(some, inheriting(self.keys.number[some], left, named[some]), left, wants)

    def _look_up(self, some: Ints, keys: NDArray[np.uint64], left: Ints, wants: Flags) -> None:
        """Give each of `some` clauses the outcome that is kept under its key, or a new one; `left` is left dangling."""
        distinct, example, inverse = np.unique(keys, return_index=True, return_inverse=True)
        known = self.kept.numbers
        numbers = [known.get(key, -1) for key in distinct.tolist()]
        new = [n for n, number in enumerate(numbers) if number < 0]
        outcomes: list[Outcome] = []
        for n in new:
            clause, dangling = int(some[example[n]]), int(left[example[n]])
            numbers[n] = len(known) + len(outcomes)
            outcomes.append(self._outcome(clause, (), wants[clause], None if dangling < 0 else dangling))
        self.kept.add([int(distinct[n]) for n in new], outcomes)
        self.which[some] = np.array(numbers, dtype=np.int64)[inverse]

    def _combinations(self) -> dict[int, list[Match]]:
        """The combinations of the clauses that hold some."""
        out = {}
        for clause in np.flatnonzero(self.found.combines).tolist():
            if matches := combined(self.fillers(clause), self.scanner.lexicon.combinations):
                out[clause] = matches
        return out

    def _combine(self, combining: Mapping[int, Sequence[Match]], wants: Flags) -> None:
        """Give the clauses with combinations their outcomes."""
        known = self.kept.numbers
        fresh: dict[Hashable, int] = {}
        outcomes: list[Outcome] = []
        for clause, matches in combining.items():
            first = min(match[2][0].start for match in matches) + self.origin(clause)
            said = excerpt(self.sheet, self.clauses, clause, first)
            named = self._turning(clause) if wants[clause] else ()
            key = (int(self.keys.number[clause]), *said, bool(self.in_store[self.rows[clause]]), named)
            which = known.get(key, fresh.get(key))
            if which is None:
                which = fresh[key] = len(known) + len(fresh)
                outcomes.append(self._outcome(clause, matches, wants[clause], None))
            self.which[clause] = which
        self.kept.add(list(fresh), outcomes)

    def _outcome(self, clause: int, matches: Sequence[Match], leans: bool, dangling: int | None) -> Outcome:
        """The claims of a clause as rows of voc.extract.kept, and the issue that it leaves dangling, -1 for none."""
        row, by = self.rows[clause], self.origin(clause)
        text = self.sheet.text[by : self.sheet.ends[row]]
        begin, end = self._bounds[0][clause] - by, self._bounds[1][clause] - by
        hits = self.hits(clause)
        context = Context(dangling, self._targets(clause) if leans else (), bool(self.in_store[row]))
        found, left = claims(
            text, (begin, end), hits, matches, lexicon=self.scanner.lexicon, number=self.number(clause), context=context
        )
        starts: dict[int, Span] = {}
        ends: dict[int, Span] = {}
        if not matches:
            base = self._first[clause]
            telling = self.keys.telling[self.keys.first[clause] : self.keys.first[clause + 1]].tolist()
            for word, hit in enumerate(hits[n - base] for n in telling):
                starts[hit.start] = word, 0
                ends[hit.end] = word, hit.end - hit.start

        def told(span: Span | None) -> tuple[int, int, int, int]:
            if span is None:
                return (*_NOT_THERE, *_NOT_THERE)
            if matches:
                return FROM_CLAUSE, span[0] - begin, FROM_CLAUSE, span[1] - begin
            return (*starts[span[0]], *ends[span[1]])

        told_rows: list[Row] = [
            (c.issue, np.nan if c.polarity is None else c.polarity, c.confidence, c.size, c.general, c.denied,
             *told(c.aspect), *told(c.opinion))
            for c in found
        ]  # fmt: skip
        return told_rows, -1 if left is None else left

    def _targets(self, clause: int) -> tuple[int, ...]:
        """The issues that the clauses before it named, the latest first."""
        low, high = self.first[self.review_first[self.rows[clause]]], self.first[clause]
        targets: tuple[int, ...] = ()
        for _, group in groupby(self.namers[self.naming[low] : self.naming[high]], key=itemgetter(0)):
            named = tuple(dict.fromkeys(issue for _, issues in group for issue in issues))
            targets = (*named, *(t for t in targets if t not in named))[:_REMEMBERED]
        return targets

    def _turning(self, clause: int) -> tuple[object, ...]:
        """So much of what was named before as the words of a clause can turn to."""
        issues: set[int] = set()
        for term in self.found.hits.term[self.first[clause] : self.first[clause + 1]].tolist():
            issues.update(self.scanner.leans_on[term])
        targets = self._targets(clause)
        turning = tuple(i for i in targets if i in issues)
        return (turning, targets[0] in issues) if turning else ()

    def _named(self, wants: Flags) -> Ints:
        """A number for what each clause can turn to, 0 for nothing."""
        out = np.zeros(len(wants), dtype=np.int64)
        asides = self.scanner.asides
        for clause in np.flatnonzero(wants).tolist():
            if said := self._turning(clause):
                out[clause] = asides.setdefault(said, len(asides) + 1)
        return out

    def _leaning(self, role: Roles) -> tuple[Flags, Flags]:
        """Which clauses mean different things after others, and which may inherit a target."""
        hits, clauses, scanner, filled = self.found.hits, self.clauses, self.scanner, role.filled
        wants, hung = np.zeros((2, len(clauses.row)), dtype=bool)
        if not len(filled):
            return wants, hung
        leans = np.logical_or.reduceat(scanner.leans[hits.term], role.begins)
        leans = np.where(role.sizes == 1, scanner.leans_alone[hits.term[role.begins]], leans) & ~role.settled
        begins = self.first[self.review_first[clauses.row[filled]]]
        wants[filled] = leans & (self.naming[role.begins] > self.naming[begins])
        bare = scanner.target[hits.term] & (clauses.end[hits.clause] - hits.end <= 2)
        ends_bare = np.zeros(len(wants) + 1, dtype=bool)
        ends_bare[hits.clause[bare] + 1] = True
        hung[filled] = ends_bare[filled] & ~self.found.sentence[filled] & ~role.settled
        hung[filled] &= clauses.row[np.maximum(filled - 1, 0)] == clauses.row[filled]
        return wants, hung
