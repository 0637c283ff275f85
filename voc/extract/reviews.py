"""From a sheet of reviews to findings.

Most reviews say one thing after another: what their clauses claim is what they state, and that is done for all of them
as arrays. Where a clause has to do with another one (a cue, somebody to compare with, irony), the review is knotty and
settled by itself (voc.extract.settle).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from voc.extract.aspects import HINTED, Claim, Span, spanning
from voc.extract.combine import Hit
from voc.extract.compare import compared
from voc.extract.cues import LONGEST, NO_CUES, Cues, cues, switches
from voc.extract.findings import INTENTS, UNDECIDED, Findings, of_claims, stated, together
from voc.extract.lexicon import Lexicon
from voc.extract.outcomes import ClauseReader
from voc.extract.places import Flags, Ints
from voc.extract.scan import VISITS, Scanner
from voc.extract.settle import Clause, Finding, Open, settled
from voc.text.clauses import Clauses, all_clauses
from voc.text.sheet import Sheet, where

LONGEST_TEXT = 20_000
_FAR = 1 << 40
_VISITS = re.compile(VISITS)
_OTHERS = re.compile("家|别的|其")
_LATIN = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True)
class Reading:
    """A sheet as read.

    `found` are the findings, those that wait for the polarity model included. `asked` are the clauses that it is to
    judge, in order; `special` has the comparison (rival, how) of those that stand in one.
    """

    clauses: Clauses
    found: Findings
    asked: Ints
    english: Flags
    special: dict[int, tuple[str | None, str]]


def read(sheet: Sheet, *, scanner: Scanner, in_store: Sequence[bool | None] | None) -> Reading:
    """The findings of every review of `sheet`.

    Reviews in which no clause has to do with another (no cue, nobody to compare with, no irony) are settled as arrays,
    the knotty ones one by one.
    """
    clauses = all_clauses(sheet)
    found = scanner.find(sheet, clauses)
    reader = ClauseReader(sheet, clauses, found, scanner, _in_store(sheet, found.visits, in_store))
    asks = sheet.codes[clauses.end] == ord("?")
    said_by = _cues(sheet, clauses, np.flatnonzero(found.cued | asks))
    involved = found.others.copy()
    involved[list(said_by)] = True
    knotty = found.ironic | found.across
    knotty[clauses.row[involved]] = True
    judgeable, english = _looks(sheet, clauses)
    plain = ~knotty[clauses.row]
    settled = _plain(reader, plain)
    open_ = plain & judgeable & (np.bincount(settled.clause, minlength=len(plain)) == 0)
    open_[settled.clause[settled.intent == UNDECIDED]] = True
    others, worth = found.others.tolist(), judgeable.tolist()
    said: list[tuple[Claim, int, str | None]] = []
    at: list[int] = []
    special: dict[int, tuple[str | None, str]] = {}
    for row in np.flatnonzero(knotty).tolist():
        low, high = int(reader.review_first[row]), int(reader.review_first[row + 1])
        findings, left = _review(reader, row, range(low, high), said_by, others, worth)
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
    return Reading(clauses, together([settled, hard]), np.flatnonzero(open_), english, special)


def _cues(sheet: Sheet, clauses: Clauses, some: Ints) -> dict[int, Cues]:
    """The cues of those of `some` clauses that have any; the others cannot have."""
    out = {}
    bounds = zip(some.tolist(), clauses.start[some].tolist(), clauses.end[some].tolist(), strict=True)
    for clause, start, end in bounds:
        here = cues(sheet.text[start : min(end, start + LONGEST)], sheet.text[end])
        if here is not NO_CUES:
            out[clause] = here
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


def _plain(reader: ClauseReader, plain: Flags) -> Findings:
    """The findings of the reviews whose clauses stand each for itself: what the claims of these state."""
    clauses = reader.clauses
    same = np.flatnonzero(plain & (reader.which >= 0))
    which = reader.which[same]
    sizes = np.array([len(outcome.claims) for outcome in reader.outcomes], dtype=np.int64)
    blank = np.zeros(int(sizes.sum()), dtype=np.int64)
    # places count from the first word, and a combination may begin before it: they stay above 0 until they are moved
    table = of_claims([(c, UNDECIDED, None) for o in reader.outcomes for c in o.claims], blank, blank, blank + _FAR)
    count, last = sizes[which], np.cumsum(sizes)[which]
    rows = np.repeat(last - np.cumsum(count), count) + np.arange(int(count.sum()))
    found = table.take(rows)
    clause = np.repeat(same, count)
    by = reader.found.hits.start[reader.first[clause]]
    places = {n: getattr(found, n) for n in ("aspect_start", "aspect_end", "opinion_start", "opinion_end")}
    moved = {name: np.where(place >= 0, place - _FAR + by, -1) for name, place in places.items()}
    found = replace(found, review=clauses.row[clause], clause=clause, **moved)
    read = [n for n in sorted(reader.apart) if plain[n]]
    at = np.repeat(np.array(read, dtype=np.int64), [len(reader.apart[n]) for n in read])
    review = clauses.row[at]
    others = of_claims(
        [(claim, UNDECIDED, None) for n in read for claim in reader.apart[n]], review, at, reader.sheet.starts[review]
    )
    found = together([found, others])
    return replace(found, intent=stated(found.polarity))


def _review(
    reader: ClauseReader,
    row: int,
    clauses: range,
    said_by: Mapping[int, Cues],
    others: Sequence[bool],
    judgeable: Sequence[bool],
) -> tuple[list[Finding], list[Open]]:
    """The findings of a knotty review, and the clauses that it leaves to the polarity model."""
    origin = int(reader.sheet.starts[row])
    text = reader.sheet.text[origin : reader.sheet.ends[row]]
    low, high = clauses.start, clauses.stop
    starts, ends = ((part[low:high] - origin).tolist() for part in (reader.clauses.start, reader.clauses.end))
    spans = list(zip(starts, ends, strict=True))
    parts = [
        _clause(reader, text, spans[n - low], n, n - low, said_by.get(n, NO_CUES), others[n], judgeable[n])
        for n in clauses
    ]
    if reader.found.across[row] and len(parts) > 1:
        _span(text, spans, parts, [h for n in clauses for h in reader.fillers(n)], reader.scanner.lexicon)
    return settled(text, parts, bool(reader.found.ironic[row]), reader.scanner.lexicon)


def _clause(
    reader: ClauseReader, text: str, span: Span, clause: int, number: int, here: Cues, others: bool, judgeable: bool
) -> Clause:
    """A clause with its cues and comparisons."""
    against = switch = None
    if others:
        start, end = span
        words = text[start : min(end, start + LONGEST)]
        rivals = [
            (h.start - start, h.end - start) for h in reader.hits(clause) if h.term.rival and h.end - start <= LONGEST
        ]
        if rivals or _OTHERS.search(words):
            against = compared(words, rivals)
        switch = switches(words, rivals) if rivals else None
    return Clause(number, span, here, reader.claims(clause), against, switch, judgeable)


def _span(text: str, spans: Sequence[Span], parts: list[Clause], fillers: Sequence[Hit], lexicon: Lexicon) -> None:
    """Put the claims of combinations over several clauses where their last word stands."""
    for claim in spanning(text, spans, fillers, lexicon):
        said = parts[claim.clause].claims
        if not any(c.issue == claim.issue and c.sign == claim.sign for c in said):
            parts[claim.clause].claims = [
                claim,
                *(c for c in said if c.confidence > HINTED and c.polarity is not None),
            ]
