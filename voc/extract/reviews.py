"""From a sheet of reviews to findings.

Most clauses say one thing after another: what they claim is what they state, and that is done for all of them as arrays.
A clause that has to do with another one (a cue, somebody to compare with, irony) is knotty and settled with what stands
around it (voc.extract.settle).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from voc.extract.aspects import HINTED, Claim, spanning
from voc.extract.combine import Hit
from voc.extract.compare import OTHERS, compared
from voc.extract.cues import LONGEST, NO_CUES, Cues, cues, switches
from voc.extract.findings import INTENTS, UNDECIDED, Findings, of_claims, together
from voc.extract.lexicon import Lexicon
from voc.extract.outcomes import ClauseReader
from voc.extract.places import Flags, Ints
from voc.extract.scan import VISITS, Scanner
from voc.extract.settle import Clause, Finding, Open, Parts, settled
from voc.text.clauses import Clauses, all_clauses
from voc.text.sheet import Sheet, where

LONGEST_TEXT = 20_000
_VISITS = re.compile(VISITS)
_OTHERS = re.compile(OTHERS)
_LATIN = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True)
class Reading:
    """A sheet as read.

    `found` are the findings, those that wait for the polarity model included. `asked` are the clauses that it is to
    judge, in order; `knotty` are those that have to do with others; `special` has the comparison (rival, how) of those
    that stand in one.
    """

    clauses: Clauses
    found: Findings
    asked: Ints
    english: Flags
    knotty: Flags
    special: dict[int, tuple[str | None, str]]


def read(sheet: Sheet, *, scanner: Scanner, in_store: Sequence[bool | None] | None) -> Reading:
    """The findings of every review of `sheet`.

    Clauses that have nothing to do with another (no cue, nobody to compare with, no irony in the review) state what they
    claim, all of them as arrays; the others are settled review by review.
    """
    clauses = all_clauses(sheet)
    found = scanner.find(sheet, clauses)
    reader = ClauseReader(sheet, clauses, found, scanner, _in_store(sheet, found.visits, in_store))
    said_by = _cues(sheet, clauses, found.cued)
    judgeable, english = _looks(sheet, clauses)
    knotty = (found.ironic | found.across)[clauses.row]
    knotty |= found.others
    knotty[1:] |= found.others[:-1] & (clauses.row[1:] == clauses.row[:-1])
    knotty[_acting(said_by, reader.rows)] = True
    plain = reader.findings(np.flatnonzero(~knotty & (reader.which >= 0)))
    open_ = ~knotty & judgeable
    open_[plain.clause] = False
    open_[plain.clause[plain.intent == UNDECIDED]] = True
    reviews = np.unique(clauses.row[knotty])
    claims = reader.claims(np.flatnonzero(np.isin(clauses.row, reviews)))
    knots = Knots(reader, said_by, claims, found.others.tolist(), judgeable.tolist())
    said: list[tuple[Claim, int, str | None]] = []
    at: list[int] = []
    special: dict[int, tuple[str | None, str]] = {}
    for row, group in groupby(np.flatnonzero(knotty).tolist(), key=reader.rows.__getitem__):
        low = int(reader.review_first[row])
        findings, left = knots.settled(row, [clause - low for clause in group])
        said += [(f.claim, INTENTS.index(f.intent), f.rival) for f in findings]
        at += [low + f.claim.clause for f in findings]
        for o in left:
            open_[low + o.clause] = True
            said += [(claim, UNDECIDED, o.rival) for claim in o.waiting]
            at += [low + o.clause] * len(o.waiting)
            if o.how or o.rival:
                special[low + o.clause] = o.rival, o.how
    clause = np.array(at, dtype=np.int64)
    review = clauses.row[clause]
    hard = of_claims(said, review, clause, sheet.starts[review])
    return Reading(clauses, together([plain, hard]), np.flatnonzero(open_), english, knotty, special)


def _cues(sheet: Sheet, clauses: Clauses, may: Ints) -> dict[int, Cues]:
    """The cues of the clauses that have any; `may` has the bits of those that may stand in each."""
    out = {}
    some = np.flatnonzero((may > 0) | (sheet.codes[clauses.end] == ord("?")))
    columns = (some, clauses.start[some], clauses.end[some], may[some])
    for clause, start, end, bits in zip(*(column.tolist() for column in columns), strict=True):
        here = cues(sheet.text[start : min(end, start + LONGEST)], sheet.text[end], bits)
        if here is not NO_CUES:
            out[clause] = here
    return out


def _acting(said_by: Mapping[int, Cues], rows: Sequence[int]) -> list[int]:
    """The clauses that cues make knotty; what was once good is outdated by a later "this time" of the same review."""
    now = {rows[clause]: clause for clause in sorted(said_by) if said_by[clause].now}
    out = []
    for clause, here in said_by.items():
        row = rows[clause]
        if here.acts:
            out.append(clause)
        if (here.mock_warning or here.denies) and clause and rows[clause - 1] == row:
            out.append(clause - 1)
        if here.past and clause < now.get(row, -1):
            out += [clause, now[row]]
    return out


def _in_store(sheet: Sheet, visits: Flags, told: Sequence[bool | None] | None) -> Flags:
    """Whether each customer was in a store: as told, else by the words of the text."""
    out = np.zeros(len(sheet), dtype=bool)
    for row in np.flatnonzero(visits).tolist():
        out[row] = _VISITS.search(sheet.text[sheet.starts[row] : sheet.ends[row]]) is not None
    if told is not None:
        for row, known in enumerate(told):
            if known is not None:
                out[row] = known
    return out


def _looks(sheet: Sheet, clauses: Clauses) -> tuple[Flags, Flags]:
    """Whether each clause is worth judging by itself, and whether it is English."""
    start, end = clauses.start, clauses.end
    letters, han, latin = (
        np.append(0, np.cumsum(where(pattern)[sheet.codes])) for pattern in (r"[^\W\d_]", "[\u3400-\u9fff]", "[A-Za-z]")
    )
    judgeable = (letters[end] > letters[start]) & (end - start > 1)
    english = (han[end] == han[start]) & (latin[end] - latin[start] > 2)
    for n in np.flatnonzero(english).tolist():
        english[n] = _LATIN.search(sheet.text, start[n], end[n]) is not None
    return judgeable, english


@dataclass(frozen=True)
class Knots:
    """The clauses of a sheet that have to do with others; flags of all clauses say which speak of others, which say enough
    to be judged."""

    reader: ClauseReader
    said_by: Mapping[int, Cues]
    claims: Callable[[int], list[Claim]]
    others: Sequence[bool]
    judgeable: Sequence[bool]

    def settled(self, row: int, knotty: Sequence[int]) -> tuple[list[Finding], list[Open]]:
        """The findings of the `knotty` clauses of a review, and those of them that the polarity model has to judge."""
        reader, low = self.reader, int(self.reader.review_first[row])
        origin, end = reader.starts[row], int(reader.sheet.ends[row])
        text = reader.sheet.text[origin:end]
        count = int(reader.review_first[row + 1]) - low
        parts = Parts(count, lambda number: self._clause(text, low + number))
        if reader.found.across[row] and count > 1:
            fillers = [hit for n in range(count) for hit in reader.fillers(low + n)]
            _span(text, parts, fillers, reader.scanner.lexicon)
        return settled(text, parts, knotty, bool(reader.found.ironic[row]), reader.scanner.lexicon)

    def _clause(self, text: str, clause: int) -> Clause:
        """A clause with its cues and comparisons; `text` is that of its review."""
        reader, clauses = self.reader, self.reader.clauses
        origin = reader.origin(clause)
        start, end = int(clauses.start[clause]) - origin, int(clauses.end[clause]) - origin
        against = switch = None
        if self.others[clause]:
            words = text[start : min(end, start + LONGEST)]
            hits = reader.hits(clause)
            rivals = [(h.start - start, h.end - start) for h in hits if h.term.rival and h.end - start <= LONGEST]
            if rivals or _OTHERS.search(words):
                against = compared(words, rivals)
            switch = switches(words, rivals) if rivals else None
        here = self.said_by.get(clause, NO_CUES)
        return Clause(
            reader.number(clause),
            (start, end),
            here,
            self.claims(clause),
            against,
            switch,
            self.judgeable[clause],
        )


def _span(text: str, parts: Parts, fillers: Sequence[Hit], lexicon: Lexicon) -> None:
    """Put the claims of combinations over several clauses where their last word stands."""
    for claim in spanning(text, [part.span for part in parts], fillers, lexicon):
        said = parts[claim.clause].claims
        if not any(c.issue == claim.issue and c.sign == claim.sign for c in said):
            parts[claim.clause].claims = [
                claim,
                *(c for c in said if c.confidence > HINTED and c.polarity is not None),
            ]
