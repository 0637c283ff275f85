"""From the clauses of one review to its findings: what the clauses do to each other.

Suppositions, hearsay, questions and talk about others say nothing about us; a comparison may turn a claim round; a
later "this time" outdates an earlier praise; requests and announcements are findings of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import HINTED, Claim, Context, Span, spanning
from voc.extract.combine import Hit
from voc.extract.compare import Compared, compared
from voc.extract.cues import LONGEST, NO_CUES, Cues, ambivalent, cues, of_oneself, sneers, switches, turns
from voc.extract.lexicon import Lexicon
from voc.extract.outcomes import ClauseReader
from voc.extract.scan import VISITS, Scanner
from voc.text.clauses import all_clauses
from voc.text.sheet import Sheet, where

_SHORT = 4
LONGEST_TEXT = 20_000
NEUTRAL = 0.15
_SERVICE = re.compile(r"来|去|光顾|店|服务|客服|come|go|shop|visit|back")
_VISITS = re.compile(VISITS)
_SENTENCE_ENDS = "。!！?？;；\n"
_OTHERS = re.compile("家|别的|其")
_LATIN = re.compile(r"[A-Za-z]{3}")


class Finding(NamedTuple):
    """A claim with its intent; `rival` is a brand that it is measured against."""

    claim: Claim
    intent: str
    rival: str | None = None


class Open(NamedTuple):
    """A clause that only the polarity model can judge: its number and the claims that wait for it."""

    clause: int
    waiting: tuple[Claim, ...]
    rival: str | None
    how: str
    english: bool


class Reading(NamedTuple):
    """A review as read: its normal text, clause spans, findings, and what is left for the polarity model."""

    text: str
    spans: Sequence[Span]
    findings: Sequence[Finding]
    open: Sequence[Open]


@dataclass(slots=True)
class _Clause:
    number: int
    span: Span
    cues: Cues
    claims: list[Claim]
    compared: Compared | None
    switch: Span | None
    judgeable: bool
    english: bool


def read(sheet: Sheet, *, scanner: Scanner, in_store: Sequence[bool | None] | None) -> list[Reading]:
    """The findings of every review of `sheet`.

    Reviews in which no clause has to do with another (no cue, nobody to compare with, no irony) are settled on the spot.
    """
    clauses = all_clauses(sheet)
    found = scanner.find(sheet, clauses)
    reader = ClauseReader(sheet, clauses, found, scanner)
    origin = sheet.starts[clauses.row]
    spans = list(zip((clauses.start - origin).tolist(), (clauses.end - origin).tolist(), strict=True))
    first = np.searchsorted(clauses.row, np.arange(len(sheet) + 1)).tolist()
    asks = sheet.codes[clauses.end] == ord("?")
    knotty = found.ironic | found.across
    knotty[clauses.row[found.cued | found.others | asks]] = True
    looks = (f.tolist() for f in _looks(sheet, clauses.start, clauses.end))
    about = _Clauses(found.cued.tolist(), found.others.tolist(), asks.tolist(), *looks)
    lexicon = scanner.lexicon
    out = []
    for row, (text, hard, may_visit) in enumerate(
        zip(sheet.texts(), knotty.tolist(), found.visits.tolist(), strict=True)
    ):
        low, high = first[row], first[row + 1]
        inside = in_store[row] if in_store is not None else None
        if inside is None:
            inside = may_visit and _VISITS.search(text) is not None
        said = _claims(reader, about, text, spans, low, high, inside, scanner)
        mine = spans[low:high]
        if not hard:
            out.append(_plain(text, mine, said, low, about))
            continue
        parts = [_clause(reader, about, text, span, low, n, said[n]) for n, span in enumerate(mine)]
        if len(parts) > 1 and found.across[row]:
            _span(text, mine, parts, [h for n in range(low, high) for h in reader.fillers(n)], lexicon)
        out.append(_settled(text, parts, mine, lexicon))
    return out


class _Clauses(NamedTuple):
    """What is known of each clause of a sheet before it is read."""

    cued: list[bool]
    others: list[bool]
    asks: list[bool]
    judgeable: list[bool]
    english: list[bool]
    sentence: list[bool]


def _looks(sheet: Sheet, start: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.bool_], ...]:
    """Of each clause: whether it is worth judging by itself, whether it is English, whether a sentence ended before it."""
    letters, han, latin, ends = (
        np.append(0, np.cumsum(where(pattern)[sheet.codes]))
        for pattern in (r"[^\W\d_]", "[\u3400-\u9fff]", "[A-Za-z]", f"[{_SENTENCE_ENDS}]")
    )
    judgeable = (letters[end] > letters[start]) & (end - start > 1)
    english = (han[end] == han[start]) & (latin[end] - latin[start] > 2)
    for n in np.flatnonzero(english).tolist():
        english[n] = _LATIN.search(sheet.text, start[n], end[n]) is not None
    before = np.append(0, end[:-1])
    return judgeable, english, ends[start] > ends[np.minimum(before, start)]


def _claims(
    reader: ClauseReader, about: _Clauses, text: str, spans: Sequence[Span], low: int, high: int, in_store: bool,
    scanner: Scanner,
) -> list[list[Claim]]:  # fmt: skip
    """The claims of each clause of one review, in order: a clause hands on what it leaves open, and its targets."""
    out: list[list[Claim]] = []
    dangling: int | None = None
    targets: tuple[int, ...] = ()
    for n in range(low, high):
        if about.sentence[n]:
            dangling = None
        a, b = reader.first[n], reader.first[n + 1]
        if a == b and not reader.combines[n]:
            dangling = None
            out.append([])
            continue
        claims, dangling = reader.read(n, text, spans[n], n - low, Context(dangling, targets, in_store))
        out.append(claims)
        for h in range(a, b):
            named = scanner.named[reader.term[h]]
            if named:
                named = tuple(dict.fromkeys(i for k in range(a, b) for i in scanner.named[reader.term[k]]))
                targets = (*named, *(t for t in targets if t not in named))[:6]
                break
    return out


def _plain(text: str, spans: Sequence[Span], said: list[list[Claim]], low: int, about: _Clauses) -> Reading:
    """A review whose clauses stand each for itself."""
    findings: list[Finding] = []
    left: list[Open] = []
    for number, claims in enumerate(said):
        if not claims:
            if about.judgeable[low + number]:
                left.append(Open(number, (), None, "", about.english[low + number]))
            continue
        waiting: tuple[Claim, ...] = ()
        for claim in claims:
            if claim.polarity is None:
                waiting = (*waiting, claim)
            else:
                findings.append(_stated(claim))
        if waiting:
            left.append(Open(number, waiting, None, "", about.english[low + number]))
    return Reading(text, spans, findings, left)


def _clause(
    reader: ClauseReader, about: _Clauses, text: str, span: Span, low: int, number: int, claims: list[Claim]
) -> _Clause:
    """A clause with its cues and comparisons; the patterns are only tried where one of their literals stands."""
    start, end = span
    n = low + number
    here, against, switch = NO_CUES, None, None
    if about.cued[n] or about.asks[n] or about.others[n]:
        clause = text[start : min(end, start + LONGEST)]
        if about.cued[n] or about.asks[n]:
            here = cues(clause, text[end : end + 1])
        if about.others[n]:
            rivals = [
                (h.start - start, h.end - start) for h in reader.hits(n) if h.term.rival and h.end - start <= LONGEST
            ]
            if rivals or _OTHERS.search(clause):
                against = compared(clause, rivals)
            switch = switches(clause, rivals) if rivals else None
    return _Clause(number, span, here, claims, against, switch, about.judgeable[n], about.english[n])


def _span(text: str, spans: Sequence[Span], parts: list[_Clause], fillers: Sequence[Hit], lexicon: Lexicon) -> None:
    """Put the claims of combinations over several clauses where their last word stands."""
    for claim in spanning(text, spans, fillers, lexicon):
        said = parts[claim.clause].claims
        if not any(c.issue == claim.issue and c.sign == claim.sign for c in said):
            parts[claim.clause].claims = [
                claim,
                *(c for c in said if c.confidence > HINTED and c.polarity is not None),
            ]


def _settled(text: str, parts: list[_Clause], spans: Sequence[Span], lexicon: Lexicon) -> Reading:
    findings: list[Finding] = []
    left: list[Open] = []
    others: list[Claim] = []
    _ironic(text, parts)
    last_now = max((p.number for p in parts if p.cues.now), default=-1)
    complains = any(c.sign < 0 for p in parts for c in p.claims if not p.cues.question)
    for part in parts:
        clause = text[part.span[0] : part.span[1]]
        announced = _announced(part, clause, parts, lexicon)
        findings.extend(announced)
        here = part.cues
        if here.others and part.compared is None:
            others = part.claims
            continue
        if here.unlike_others and others and not [c for c in part.claims if not c.general]:
            findings.extend(
                _stated(c._replace(polarity=-(c.polarity or 0) * 0.8, clause=part.number, confidence=0.6))
                for c in others
            )
            others = []
            continue
        if here.hearsay or here.not_met or (here.told and of_oneself(_following(text, parts, part.number))):
            continue
        found = [c for c in part.claims if not _supposed(c, part)]
        if here.past and last_now > part.number:
            continue
        rival = part.compared.rival if part.compared else None
        found, forced = _against(found, part, lexicon)
        if here.doubted and not here.question and not here.rhetorical and len(clause) > _SHORT:
            # exports turn emoji into question marks: a long clause that asks nothing still says something
            found = [c if c.sign < 0 else c._replace(confidence=min(c.confidence, 0.5)) for c in found]
        elif here.question or (here.doubted and not here.rhetorical and not any(c.sign < 0 for c in found)):
            if not complains or here.supposed is not None or not any(_accuses(c, lexicon) for c in found):
                findings.extend(_asked(found, part, lexicon))
                continue
            found = [c._replace(confidence=0.5) for c in found if _accuses(c, lexicon)]
        if here.request:
            findings.extend(_requested(found, part, clause, lexicon))
            continue
        if here.rhetorical:
            mocking = here.doubted  # 这就是你们说的新鲜？
            found = [
                c._replace(polarity=-0.6, confidence=0.6) if c.sign > 0 and (c.general or mocking) else c for c in found
            ]
        findings.extend(_stated(c, rival) for c in found if c.polarity is not None)
        waiting = tuple(c for c in found if c.polarity is None)
        if forced:
            findings.append(forced)
        elif waiting or (not (found or announced or here.mock_warning) and here.supposed is None and part.judgeable):
            how = part.compared.how if part.compared else ""
            left.append(Open(part.number, waiting, rival, how, part.english))
    return Reading(text, spans, findings, left)


def _ironic(text: str, parts: list[_Clause]) -> None:
    """Slang that praises or mocks goes with the complaint beside it; a warning off that wants it all praises."""
    for part in parts:
        near = [c for p in parts[max(0, part.number - 1) : part.number + 2] for c in p.claims]
        if any(c.sign < 0 for c in near):
            part.claims = [
                c
                for c in part.claims
                if not (c.general and c.sign > 0 and c.opinion and ambivalent(text[slice(*c.opinion)]))
            ]
        if part.cues.mock_praise and _mocks(text, parts, part.number):
            part.claims = [c._replace(polarity=-0.6, confidence=0.6) if c.sign > 0 else c for c in part.claims]
        if sneers(text[slice(*part.span)]) and part.number + 1 < len(parts):
            following = parts[part.number + 1]
            following.claims = [c._replace(polarity=-abs(c.polarity or 0), confidence=0.6) for c in following.claims]
        if part.cues.mock_warning and part.number:
            before = parts[part.number - 1]
            before.claims = [
                c._replace(polarity=-(c.polarity or 0)) if c.general and c.sign < 0 else c for c in before.claims
            ]
            if any(c.general and c.sign > 0 for c in before.claims):
                part.claims = [c for c in part.claims if c.sign >= 0]


def _following(text: str, parts: Sequence[_Clause], number: int) -> str:
    return text[slice(*parts[number + 1].span)] if number + 1 < len(parts) else ""


def _mocks(text: str, parts: Sequence[_Clause], number: int) -> bool:
    """Whether clause `number` praises to mock: a complaint stands in it, or follows without a turn."""
    near = parts[number : number + 1 if turns(_following(text, parts, number)) else number + 2]
    return any(c.sign < 0 for p in near for c in p.claims)


def _stated(claim: Claim, rival: str | None = None) -> Finding:
    sign = claim.sign
    return Finding(claim, "complaint" if sign < 0 else "praise" if sign > 0 else "neutral", rival)


def _accuses(claim: Claim, lexicon: Lexicon) -> bool:
    """Whether a claim in a question may stand: a complaint that is no matter of safety."""
    return claim.sign < 0 and not lexicon.issues[claim.issue].safety


def _supposed(claim: Claim, part: _Clause) -> bool:
    if part.cues.supposed is None:
        return False
    place = claim.opinion or claim.aspect
    return place is not None and place[0] - part.span[0] >= part.cues.supposed


def _against(found: list[Claim], part: _Clause, lexicon: Lexicon) -> tuple[list[Claim], Finding | None]:
    """Claims of a comparing clause as seen from our side, and a finding where only the construction decides."""
    against = part.compared
    if against is None or against.how == "as_said":
        return found, None
    signed = [c for c in found if c.sign]
    if against.how == "reversed":
        if signed:
            return [c._replace(polarity=-(c.polarity or 0)) for c in signed], None
        sign = -1
    else:
        sign = -1 if against.how == "we_trail" else 1
        if signed:
            return [c._replace(polarity=sign * abs(c.polarity or 0)) for c in signed], None
    claim = _whole(part, lexicon, 0.6 * sign, 0.6)
    return [], (Finding(claim, "complaint" if sign < 0 else "praise", against.rival) if claim else None)


def _whole(
    part: _Clause, lexicon: Lexicon, polarity: float, confidence: float, *, service: bool = False
) -> Claim | None:
    """A claim about the product or the service as such, None where the taxonomy has no code for that."""
    issue = general_issue(lexicon, service=service)
    return None if issue is None else Claim(issue, polarity, confidence, part.number, 0, None, part.span, True)


def general_issue(lexicon: Lexicon, *, service: bool = False) -> int | None:
    """The general issue of the service or of the product; the other one where there is only one."""
    facet = "service" if service else "product"
    options = sorted(lexicon.general)
    return next((i for i in options if lexicon.issues[i].facet == facet), options[0] if options else None)


def _announced(part: _Clause, clause: str, parts: Sequence[_Clause], lexicon: Lexicon) -> list[Finding]:
    """Repurchase, leaving and switching."""
    here = part.cues
    if here is NO_CUES and part.switch is None:
        return []
    service = bool(_SERVICE.search(clause))
    following = parts[part.number + 1] if part.number + 1 < len(parts) else None
    intent, polarity = "", 0.0
    if part.switch is not None and not here.question:
        intent, polarity = "switch", -0.6
    elif here.leave and not here.question:
        intent, polarity = "leave", -0.75
    elif here.repurchase:
        mocked = following is not None and following.cues.mocked
        intent, polarity = ("leave", -0.75) if mocked else ("repurchase", 0.7)
    if not intent or (claim := _whole(part, lexicon, polarity, 0.7, service=service)) is None:
        return []
    rival = None
    if part.switch is not None:
        rival = clause[part.switch[0] : part.switch[1]]
    return [Finding(claim, intent, rival)]


def _asked(found: Sequence[Claim], part: _Clause, lexicon: Lexicon) -> list[Finding]:
    """A question claims nothing; it is kept as a question about the issue it names, or about the product."""
    issues = list(dict.fromkeys(c.issue for c in found))
    if not issues:
        whole = general_issue(lexicon)
        issues = [] if whole is None else [whole]
    return [
        Finding(Claim(i, 0.0, 0.4, part.number, 0, None, None, i in lexicon.general), "question") for i in issues[:2]
    ]


def _requested(found: Sequence[Claim], part: _Clause, clause: str, lexicon: Lexicon) -> list[Finding]:
    """A wish: mildly negative where it asks to mend something, positive where it asks to go on."""
    polarity = (
        0.5
        if part.cues.praising_wish
        else -0.2
        if re.search(r"改[进善]|提高|加强|别|不要|注意|少|improve|fix|less", clause)
        else 0.0
    )
    named = [c._replace(polarity=polarity, confidence=min(c.confidence, 0.7)) for c in found]
    if not named:
        whole = _whole(
            part, lexicon, polarity, 0.6, service=bool(re.search(r"客服|店|服务|快递|物流|staff|service", clause))
        )
        named = [whole] if whole else []
    return [Finding(c, "request") for c in named[:2]]
