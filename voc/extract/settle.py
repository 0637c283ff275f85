"""What the clauses of one review do to each other.

Suppositions, hearsay, questions and talk about others say nothing about us; a comparison may turn a claim round; a
later "this time" outdates an earlier praise; requests and announcements are findings of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from voc.extract.aspects import Claim, Span
from voc.extract.compare import Compared, ours
from voc.extract.cues import (
    NO_CUES,
    Cues,
    ambivalent,
    believed,
    cheers,
    confirms,
    fears,
    just_right,
    of_oneself,
    regular,
    reproaches,
    sneers,
    turns,
    undoes,
    untried,
)
from voc.extract.lexicon import Lexicon

ASKED = "asked"
"""How a question is left open: it may accuse (眼睛长着是出气的吗)."""
SETTLED = "settled"
"""How a clause is left open that the model need not judge any more."""
_SHORT = 4
_MORE = re.compile(r"再|更|要是|如果|如能|若能|能|点")
_SERVICE = re.compile(r"来|去|光顾|店|服务|客服|come|go|shop|visit|back")


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


@dataclass(slots=True)
class Clause:
    """A clause of a knotty review with all that is known of it; `claims` change as its neighbours turn them."""

    number: int
    span: Span
    cues: Cues
    claims: list[Claim]
    compared: Compared | None
    switch: Span | None
    judgeable: bool


class Parts:
    """The clauses of a review; each is looked at when somebody asks for it, and stays as it was left."""

    def __init__(self, count: int, look: Callable[[int], Clause]) -> None:
        self._count, self._look = count, look
        self._seen: dict[int, Clause] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Clause:
        if number not in self._seen:
            self._seen[number] = self._look(number)
        return self._seen[number]

    def __iter__(self) -> Iterator[Clause]:
        return (self[number] for number in range(self._count))


def settled(
    text: str, parts: Parts, knotty: Sequence[int], ironic: bool, lexicon: Lexicon
) -> tuple[list[Finding], list[Open]]:
    """The findings of the `knotty` parts of a review and what they leave open; the other parts state what they claim.

    Knotty are all parts with cues that act, comparisons or a rival, one before a mock warning, and all of an ironic review.
    """
    findings: list[Finding] = []
    left: list[Open] = []
    others: list[Claim] = []
    beside, rival = -1, None
    if ironic or any(parts[n].cues.mock_praise or parts[n].cues.mock_warning for n in knotty):
        _ironic(text, parts, knotty)
    last_now = max((n for n in knotty if parts[n].cues.now), default=-1)
    for part in (parts[n] for n in knotty):
        clause = text[part.span[0] : part.span[1]]
        announced = _announced(part, clause, parts, lexicon)
        findings.extend(announced)
        here = part.cues
        if here.others and part.compared is None:
            others = part.claims
            _against_expectation(part.claims, part.number + 1, parts, text, lexicon, findings, left)
            continue
        if here.unlike_others and others and not [c for c in part.claims if not c.general]:
            findings.extend(
                _stated(c._replace(polarity=-(c.polarity or 0) * 0.8, clause=part.number, confidence=0.6))
                for c in others
            )
            others = []
            continue
        if (
            here.hearsay
            or here.not_met
            or (here.told and (of_oneself(after := _following(text, parts, part.number)) or untried(after)))
        ):
            if not here.not_met:
                _against_expectation(part.claims, part.number + 1, parts, text, lexicon, findings, left)
            continue
        against = part.compared
        if against is not None and against.how == "elsewhere":
            if ours(_following(text, parts, part.number)):
                beside, rival = part.number + 1, against.rival
                _against_expectation(part.claims, beside, parts, text, lexicon, findings, left, rival=rival)
                continue
            against = None
        found = [c for c in part.claims if not _supposed(c, part)]
        if len(found) < len(part.claims) or fears(clause):
            gone = [c for c in part.claims if c not in found]
            _against_expectation(gone, part.number + 1, parts, text, lexicon, findings, left, feared=fears(clause))
        if here.past and last_now > part.number:
            _against_expectation(part.claims, last_now, parts, text, lexicon, findings, left)
            continue
        rival = against.rival if against else rival if beside == part.number else None
        found, forced = _against(found, against, part, text, lexicon)
        if found and part.number + 1 < len(parts) and parts[part.number + 1].cues.denies:
            turned = {1, -1} if undoes(_following(text, parts, part.number)) else {1}
            found = [_denied(c, lexicon) if c.sign in turned else c for c in found]
        elif here.doubted and not here.question and not here.rhetorical and len(clause) > _SHORT:
            # exports turn emoji into question marks: a long clause that asks nothing still says something
            found = [c if c.sign < 0 else c._replace(confidence=min(c.confidence, 0.5)) for c in found]
        elif here.question or (here.doubted and not here.rhetorical and not any(c.sign < 0 for c in found)):
            if not _complains(parts) or here.supposed is not None or not any(_accuses(c, lexicon) for c in found):
                findings.extend(_asked(found, part, lexicon))
                if part.judgeable and here.supposed is None:
                    left.append(Open(part.number, (), None, ASKED))
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
        if not found and reproaches(clause):
            forced = _blame(part, clause, lexicon)
        if forced:
            findings.append(forced)
        elif waiting or (not (found or announced or here.mock_warning) and here.supposed is None and part.judgeable):
            how = against.how if against else ""
            left.append(Open(part.number, waiting, rival, how))
    return findings, left


def _against_expectation(
    expected: Sequence[Claim], number: int, parts: Parts, text: str, lexicon: Lexicon, findings: list[Finding],
    left: list[Open], *, feared: bool = False, rival: str | None = None,
) -> None:  # fmt: skip
    """What was feared, heard, once so, or is so elsewhere sets off what came: clause `number`, if it says nothing itself.

    担心坐不下,店家给换了张大的 praises by that alone; with 果然 in it the fear came true. Praise that was only believed, with
    nothing behind it, was missed (还以为多脆呢).
    """
    if number >= len(parts):
        if believed(text[slice(*parts[number - 1].span)]):
            findings += [_stated(c._replace(polarity=-0.5, confidence=0.55)) for c in expected if c.sign > 0]
        return
    signs = {c.sign for c in expected if c.sign} or ({-1} if feared else set())
    part = parts[number]
    here = part.cues
    silent = not any(c.sign or c.polarity is None for c in part.claims)
    if untried(text[slice(*part.span)]):
        return
    if len(signs) != 1 or here.question or here.request or here.supposed is not None or here.hearsay:
        return
    came = text[slice(*part.span)]
    sign = signs.pop() * (1 if confirms(came) else -1)
    if just_right(came):
        sign = 1
    if not silent or (sign > 0 and just_right(came)):
        if expected and all(c.general and c.sign == sign for c in part.claims):
            # 怕太辣,没想到刚刚好: what is good is what was feared
            findings += [
                _stated(c._replace(polarity=0.6 * sign, confidence=0.6, clause=number), rival)
                for c in expected
                if not c.general and not lexicon.issues[c.issue].safety
            ]
            left.append(Open(number, (), None, SETTLED))
        return
    claim = _whole(part, lexicon, 0.5 * sign, 0.5)
    if claim is not None:
        findings.append(Finding(claim, "praise" if sign > 0 else "complaint", rival))
        left.append(Open(number, (), None, SETTLED))


def _complains(parts: Parts) -> bool:
    """Whether a clause that is no question claims something bad."""
    return any(c.sign < 0 for part in parts if not part.cues.question for c in part.claims)


def _ironic(text: str, parts: Parts, knotty: Sequence[int]) -> None:
    """Slang that praises or mocks goes with the complaint beside it; a warning off that wants it all praises."""
    for part in (parts[n] for n in knotty):
        mocking = [
            c for c in part.claims if c.general and c.sign > 0 and c.opinion and ambivalent(text[slice(*c.opinion)])
        ]
        if mocking:
            near = [
                c for n in range(max(0, part.number - 1), min(part.number + 2, len(parts))) for c in parts[n].claims
            ]
            if any(c.sign < 0 for c in near):
                part.claims = [c for c in part.claims if c not in mocking]
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


def _following(text: str, parts: Parts, number: int) -> str:
    return text[slice(*parts[number + 1].span)] if number + 1 < len(parts) else ""


def _mocks(text: str, parts: Parts, number: int) -> bool:
    """Whether clause `number` praises to mock: a complaint stands in it, or follows without a turn."""
    first = max(0, number - 1) if cheers(text[slice(*parts[number].span)]) else number
    near = range(first, min(number + (1 if turns(_following(text, parts, number)) else 2), len(parts)))
    return any(c.sign < 0 for n in near for c in parts[n].claims)


def _stated(claim: Claim, rival: str | None = None) -> Finding:
    sign = claim.sign
    return Finding(claim, "complaint" if sign < 0 else "praise" if sign > 0 else "neutral", rival)


def _accuses(claim: Claim, lexicon: Lexicon) -> bool:
    """Whether a claim in a question may stand: a complaint that is no matter of safety."""
    return claim.sign < 0 and not lexicon.issues[claim.issue].safety


def _denied(claim: Claim, lexicon: Lexicon) -> Claim:
    """A claim that the next clause takes back."""
    if claim.sign < 0 and lexicon.issues[claim.issue].safety:
        return claim._replace(polarity=0.0, denied=True)
    return claim._replace(polarity=-0.6 if claim.sign > 0 else 0.4, confidence=0.6)


def _supposed(claim: Claim, part: Clause) -> bool:
    if part.cues.supposed is None:
        return False
    place = claim.opinion or claim.aspect
    return place is not None and place[0] - part.span[0] >= part.cues.supposed


def _against(
    found: list[Claim], against: Compared | None, part: Clause, text: str, lexicon: Lexicon
) -> tuple[list[Claim], Finding | None]:
    """Claims of a comparing clause as seen from our side, and a finding where only the construction decides."""
    if against is None or against.how == "as_said":
        return found, None
    signed = [c for c in found if c.sign]
    if against.how == "reversed":
        if signed:
            # a word that compares by itself (比这个大) already tells our side
            own = [bool(c.opinion) and "比" in text[slice(*(c.opinion or (0, 0)))] for c in signed]
            return [c if o else c._replace(polarity=-(c.polarity or 0)) for c, o in zip(signed, own, strict=True)], None
        sign = -1
    else:
        sign = -1 if against.how == "we_trail" else 1
        if signed:
            return [c._replace(polarity=sign * abs(c.polarity or 0)) for c in signed], None
    claim = _whole(part, lexicon, 0.6 * sign, 0.6)
    return [], (Finding(claim, "complaint" if sign < 0 else "praise", against.rival) if claim else None)


def _whole(
    part: Clause, lexicon: Lexicon, polarity: float, confidence: float, *, service: bool = False
) -> Claim | None:
    """A claim about the product or the service as such, None where the taxonomy has no code for that."""
    issue = general_issue(lexicon, service=service)
    return None if issue is None else Claim(issue, polarity, confidence, part.number, 0, None, part.span, True)


def general_issue(lexicon: Lexicon, *, service: bool = False) -> int | None:
    """The general issue of the service or of the product; the other one where there is only one."""
    facet = "service" if service else "product"
    options = sorted(lexicon.general)
    return next((i for i in options if lexicon.issues[i].facet == facet), options[0] if options else None)


def _blame(part: Clause, clause: str, lexicon: Lexicon) -> Finding | None:
    claim = _whole(part, lexicon, -0.6, 0.55, service=_SERVICE.search(clause) is not None)
    return None if claim is None else Finding(claim, "complaint")


def _announced(part: Clause, clause: str, parts: Parts, lexicon: Lexicon) -> list[Finding]:
    """Repurchase, leaving and switching."""
    here = part.cues
    if here is NO_CUES and part.switch is None:
        return []
    intent, polarity = "", 0.0
    if part.switch is not None and not here.question:
        intent, polarity = "switch", -0.6
    elif here.leave and not here.question:
        intent, polarity = "leave", -0.75
    elif here.repurchase and not (regular(clause) and _complains(parts)):
        mocked = part.number + 1 < len(parts) and parts[part.number + 1].cues.mocked
        intent, polarity = ("leave", -0.75) if mocked else ("repurchase", 0.7)
    if not intent:
        return []
    claim = _whole(part, lexicon, polarity, 0.7, service=_SERVICE.search(clause) is not None)
    if claim is None:
        return []
    rival = None
    if part.switch is not None:
        rival = clause[part.switch[0] : part.switch[1]]
    return [Finding(claim, intent, rival)]


def _asked(found: Sequence[Claim], part: Clause, lexicon: Lexicon) -> list[Finding]:
    """A question claims nothing; it is kept as a question about the issue it names, or about the product."""
    issues = list(dict.fromkeys(c.issue for c in found))
    if not issues:
        whole = general_issue(lexicon)
        issues = [] if whole is None else [whole]
    return [
        Finding(Claim(i, 0.0, 0.4, part.number, 0, None, None, i in lexicon.general), "question") for i in issues[:2]
    ]


def _requested(found: Sequence[Claim], part: Clause, clause: str, lexicon: Lexicon) -> list[Finding]:
    """A wish: mildly negative where it asks to mend something, positive where it asks to go on."""
    polarity = (
        0.5
        if part.cues.praising_wish
        else -0.2
        if re.search(r"改[进善]|提高|加强|别|不要|注意|少|improve|fix|less", clause)
        else 0.0
    )
    wished = (
        [c._replace(polarity=-0.2) for c in part.claims if c.sign > 0 and not c.general] if _MORE.search(clause) else []
    )
    named = [c._replace(polarity=polarity, confidence=min(c.confidence, 0.7)) for c in found] or wished
    if not named:
        whole = _whole(
            part, lexicon, polarity, 0.6, service=bool(re.search(r"客服|店|服务|快递|物流|staff|service", clause))
        )
        named = [whole] if whole else []
    return [Finding(c, "request") for c in named[:2]]
