"""From the words of a clause to claims: which issue, which sign, how sure, where it stands.

A claim comes from a word that decides by itself, from a combination, from a target with an opinion beside it, from a
hint where nothing clearer stands, or from a target whose clause the polarity model has to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from voc.extract.beside import degree, negation, quoted
from voc.extract.combine import Hit, Match, combined
from voc.extract.lexicon import Lexicon
from voc.taxonomy import Combination, opinions

EXPLICIT, COMBINED, PAIRED, HINTED, JUDGED, GENERAL = 0.9, 0.85, 0.8, 0.6, 0.5, 0.55
MILD_PRAISE, FAINT = 0.4, 0.35
PAIR_AFTER, PAIR_BEFORE, LIST_GAP = 8, 2, 3
"""Most code points between a target and the opinion after it, before it, and between two targets of a list."""
LATIN_AFTER, LATIN_BEFORE = 4 * PAIR_AFTER, 2 * PAIR_AFTER
_QUALITY = re.compile(r"质量|品质|品控|quality")
PROPERTIES = frozenset(["服务", "态度", "服务态度", "速度", "质量", "水平", "体验", "service", "quality"])
_LIKE_BEFORE = re.compile(r"像|跟|如同|仿佛|好比|[硬柴干辣酸甜咸脆老韧][得到的]|like ")
_LIKE_AFTER = ("一样", "似的", "一般", "般", "味", "感", "的口感", "的味")
_SURER = 1
_SENTENCE_ENDS = frozenset("。!！?？;；\n")
_AFTER_GOOD = frozenset("了的啊呀吧哦啦呢得极也都就而又味包服态价物快送发质口环分量")
HARDLY = "好"
"""The opinion that is often none (`speaks`)."""
LINKS = frozenset("、和与跟及以,/&+ ")
"""Two targets with nothing but these between them are a list, and so are those with one of ..."""
LINK_WORDS = ("还有", "以及", "或者")
OF = "的"
"""... and one with this before it may be a property of the other."""

Span = tuple[int, int]


class Claim(NamedTuple):
    """One thing said about one issue in one clause; spans are code points of the normal text.

    `polarity` in [-1, 1]; None while the polarity model has to judge. `size` is how many characters decided it.
    `general` marks an opinion without an aspect.
    """

    issue: int
    polarity: float | None
    confidence: float
    clause: int
    size: int
    aspect: Span | None = None
    opinion: Span | None = None
    general: bool = False
    denied: bool = False

    @property
    def sign(self) -> int:
        value = self.polarity or 0.0
        return 0 if abs(value) <= 0.15 else (1 if value > 0 else -1)


class Context(NamedTuple):
    """What a clause inherits: the issue whose target the clause before left without an opinion, and all issues so far."""

    dangling: int | None = None
    targets: tuple[int, ...] = ()
    in_store: bool | None = None


def spanning(text: str, spans: Sequence[Span], slots: Sequence[Hit], lexicon: Lexicon) -> list[Claim]:
    """Claims of combinations that stretch over neighbouring clauses of one sentence, at the clause of their last word."""
    out = []
    for issue, combination, parts in combined(slots, lexicon.combinations, across=True):
        first, last = parts[0].start, parts[-1].start
        number = next((n for n, (s, e) in enumerate(spans) if s <= last < e), None)
        if number is None or spans[number][0] <= first or not set(text[first:last]).isdisjoint(_SENTENCE_ENDS):
            continue
        claim = _Reader(text, (first, spans[number][1]), lexicon, number).combination(issue, combination, parts)
        if claim is not None:
            out.append(claim)
    return out


def claims(
    text: str, span: Span, hits: Sequence[Hit], matches: Sequence[Match], *, lexicon: Lexicon, number: int, context: Context
) -> tuple[list[Claim], int | None]:  # fmt: skip
    """The claims of the clause text[span] and the issue whose target it leaves dangling, if any.

    `hits` are the words that won their place inside the clause, `matches` the combinations in it. What this asks of a word
    must be known to voc.extract.alike, and what it asks of the text beside and between words to voc.extract.keys.
    """
    reader = _Reader(text, span, lexicon, number)
    found = [reader.verdict(h) for h in hits if h.term.verdict is not None and h.term.verdict[0] not in lexicon.general]
    found += [reader.combination(*match) for match in matches]
    decided = [reader.with_target(c, hits) for c in _apart([c for c in found if c is not None])] if found else []
    free = hits = [h for h in hits if h.term.word != HARDLY or speaks(text, h.end, span[1])]
    if decided:
        used = [place for c in decided for place in (c.opinion, c.aspect) if place]
        free = [h for h in hits if not any(h.start < e and h.end > s for s, e in used)]
    targets = [h for h in free if h.term.targets]
    paired, bare, spent = reader.pairs(targets, free, context) if targets else ([], [], [])
    out = decided + paired
    rest = [h for h in free if h not in spent and not h.term.targets]
    named = [t for t in bare if not all(i in lexicon.general for i in t.term.targets)]
    if not out and not named:
        if context.dangling is not None and (claim := reader.carried(context.dangling, rest)):
            return [claim], None
        out = reader.hints(rest, context)
    if not out:
        out = reader.general(rest)
    if not out and bare:
        out = [reader.judged(target) for target in bare[:2]]
    dangles = bare and len(bare) == len(targets) and span[1] - bare[-1].end <= 2 and not decided
    return _yielded(out, lexicon), bare[-1].term.targets[0] if dangles else None


class _Reader(NamedTuple):
    text: str
    span: Span
    lexicon: Lexicon
    number: int

    def verdict(self, hit: Hit) -> Claim | None:
        assert hit.term.verdict is not None
        issue, sign = hit.term.verdict
        return self.claim(
            issue, sign, EXPLICIT, (hit.start, hit.end), size=hit.end - hit.start + _SURER, beside=hit.beside
        )

    def combination(self, issue: int, combination: Combination, parts: Sequence[Hit]) -> Claim | None:
        sign = 1 if combination.praise else -1
        aspect = (parts[0].start, parts[0].end) if parts[0].term.targets else None
        opinion = (parts[1 if aspect else 0].start, parts[-1].end)
        size = sum(p.end - p.start for p in parts)
        between = any(negation(self.text, b.start, b.end, a.end) == "negated" for a, b in pairwise(parts))
        if between:
            if sign < 0 and self.lexicon.issues[issue].safety:
                return Claim(issue, 0.0, COMBINED, self.number, size, aspect, opinion, False, True)
            turned = -0.6 if sign > 0 else MILD_PRAISE
            return Claim(issue, turned, COMBINED - 0.1, self.number, size, aspect, opinion)
        return self.claim(issue, sign, COMBINED, opinion, size=size, aspect=aspect)

    def claim(
        self, issue: int, sign: int, confidence: float, opinion: Span, *, size: int, aspect: Span | None = None,
        general: bool = False, beside: int = 1,
    ) -> Claim | None:  # fmt: skip
        """A claim with negation, degree, likeness and quotation marks taken into account; None if it is taken back.

        `beside` is 0 where nothing of that but likeness can be there.
        """
        first = self.span[0]
        start = min(opinion[0], aspect[0]) if aspect else opinion[0]
        entry = self.lexicon.issues[issue]
        if not beside and not (entry.figurative and sign < 0):
            strength = FAINT if sign > 0 and self.text.endswith(faint(), *opinion) else 0.75
            return Claim(issue, sign * strength, confidence, self.number, size, aspect, opinion, general)
        how = negation(
            self.text, opinion[0], opinion[1], max(first, aspect[1] if aspect and aspect[1] <= opinion[0] else first)
        )
        if not how and start < opinion[0]:
            how = negation(self.text, start, opinion[1], first)
        if entry.figurative and sign < 0 and self._likeness(start, opinion[1]):
            issue = self.lexicon.number[entry.figurative]
            entry = self.lexicon.issues[issue]
        factor = degree(self.text, opinion[0], opinion[1], first)
        if how == "doubted" and sign < 0:
            how = ""
        if how == "denied" and sign < 0:
            return Claim(issue, 0.0, confidence, self.number, size, aspect, opinion, general, True)
        if how:
            if sign < 0 and entry.safety:
                return Claim(issue, 0.0, confidence, self.number, size, aspect, opinion, general, True)
            polarity = 0.6 * -1 if sign > 0 else (MILD_PRAISE if sign < 0 else -0.3)
            return Claim(issue, polarity, confidence - 0.1, self.number, size, aspect, opinion, general)
        if sign > 0 and quoted(self.text, *opinion):
            return Claim(issue, -0.6, confidence - 0.2, self.number, size, aspect, opinion, general)
        strength = FAINT if sign > 0 and self.text.endswith(faint(), *opinion) else 0.75 * factor
        polarity = max(-1.0, min(1.0, sign * strength))
        return Claim(issue, polarity, confidence, self.number, size, aspect, opinion, general)

    def _likeness(self, start: int, end: int) -> bool:
        """Whether text[start:end] is only a likeness (像塑料一样) or the measure of a quality (硬得能崩牙)."""
        return likened_before(self.text, start, self.span[0]) or likened_after(self.text, end, self.span[1])

    def with_target(self, claim: Claim, hits: Sequence[Hit]) -> Claim:
        """`claim` with the target of its own issue that stands right before its opinion."""
        if claim.aspect or not claim.opinion:
            return claim
        for hit in hits:
            if (
                claim.issue in hit.term.targets
                and hit.end <= claim.opinion[0]
                and claim.opinion[0] - hit.end <= PAIR_AFTER
            ):
                return claim._replace(aspect=(hit.start, hit.end))
        return claim

    def pairs(
        self, targets: Sequence[Hit], free: Sequence[Hit], context: Context
    ) -> tuple[list[Claim], list[Hit], list[Hit]]:
        """Targets with the opinion beside each; also the targets left bare, and the opinions that are spent."""
        out: list[Claim] = []
        spent: list[Hit] = []
        verdicts: dict[int, Hit | None] = {}
        for at in range(len(targets) - 1, -1, -1):
            target = targets[at]
            following = targets[at + 1] if at + 1 < len(targets) else None
            issue = self._issue_of(target, context)
            if following is not None and self._attribute(target, following):
                verdicts[at] = verdicts[at + 1]
                self._reassign(out, following, target, issue)
                continue
            opinion = self._opinion_after(target, following, free, issue)
            if opinion is None and following is not None and self._listed(target, following):
                opinion = verdicts[at + 1]
            if opinion is None:
                before = targets[at - 1].end if at else self.span[0]
                opinion = self._opinion_before(target, before, free, issue, spent)
            sign = None if opinion is None else opinion.term.sign_for(issue)
            verdicts[at] = None if sign is None else opinion
            if opinion is None or sign is None:
                continue
            whole = issue in self.lexicon.general and not _QUALITY.search(target.term.word)
            claim = self.claim(
                issue, sign, PAIRED, (opinion.start, opinion.end), size=opinion.end - opinion.start,
                aspect=(target.start, target.end), general=whole,
                beside=target.beside | opinion.beside,
            )  # fmt: skip
            spent.append(opinion)
            if claim is not None:
                out.append(claim)
        bare = [t for at, t in enumerate(targets) if verdicts.get(at) is None]
        return out[::-1], bare, spent

    def _issue_of(self, target: Hit, context: Context) -> int:
        """The issue a target names; one that several share goes where the review already is, or by the place of sale."""
        options = target.term.targets
        if len(options) == 1:
            return options[0]
        return next((i for i in context.targets if i in options), _placed(options, self.lexicon, context))

    def _attribute(self, target: Hit, following: Hit) -> bool:
        """Whether `following` is only a property of `target` (包装质量, 快递的服务)."""
        between = self.text[target.end : following.start]
        vague = following.term.word in PROPERTIES or all(i in self.lexicon.general for i in following.term.targets)
        return between in ("", OF) and vague and not all(i in self.lexicon.general for i in target.term.targets)

    def _reassign(self, out: list[Claim], following: Hit, target: Hit, issue: int) -> None:
        for n, claim in enumerate(out):
            if claim.aspect == (following.start, following.end):
                out[n] = claim._replace(issue=issue, aspect=(target.start, following.end), general=False)

    def _listed(self, target: Hit, following: Hit) -> bool:
        between = self.text[target.end : following.start]
        return len(between) <= LIST_GAP and (between in LINK_WORDS or set(between) <= LINKS)

    def _opinion_after(self, target: Hit, following: Hit | None, free: Sequence[Hit], issue: int) -> Hit | None:
        limit = following.start if following is not None else self.span[1]
        reach = LATIN_AFTER if target.term.word.isascii() else PAIR_AFTER
        for hit in free:
            if hit.start < target.end or (
                hit.term.targets and hit.term.opinion is None and not hit.term.sign_for(issue)
            ):
                continue
            if hit.start >= limit or hit.start - target.end > reach:
                return None
            if hit.term.sign_for(issue) is not None:
                return hit
        return None

    def _opinion_before(
        self, target: Hit, first: int, free: Sequence[Hit], issue: int, spent: Sequence[Hit]
    ) -> Hit | None:
        reach = LATIN_BEFORE if target.term.word.isascii() else PAIR_BEFORE
        for hit in reversed(free):
            if hit.end > target.start or hit in spent:
                continue
            if hit.start < first or target.start - hit.end > reach:
                return None
            if hit.term.sign_for(issue) is not None:
                return hit
        return None

    def carried(self, issue: int, rest: Sequence[Hit]) -> Claim | None:
        """The first opinion of this clause, said about the issue that the clause before left open."""
        for hit in rest:
            sign = hit.term.sign_for(issue)
            if sign is not None:
                return self.claim(
                    issue, sign, PAIRED - 0.1, (hit.start, hit.end), size=hit.end - hit.start,
                    general=issue in self.lexicon.general, beside=hit.beside,
                )  # fmt: skip
        return None

    def hints(self, rest: Sequence[Hit], context: Context) -> list[Claim]:
        """Claims from hints, and from the words that an earlier target of the review gives a meaning to."""
        out = []
        for hit in rest:
            for sign, options, related in (
                (-1, hit.term.hints_bad, hit.term.bad),
                (1, hit.term.hints_good, hit.term.good),
            ):
                known = next((i for i in context.targets if i in options), None)
                if known is None and context.targets and context.targets[0] in related:
                    known = context.targets[0]
                if known is None and options:
                    known = _placed(options, self.lexicon, context)
                if known is not None:
                    claim = self.claim(
                        known, sign, HINTED, (hit.start, hit.end), size=hit.end - hit.start, beside=hit.beside
                    )
                    if claim is not None:
                        out.append(claim)
                    break
        return out

    def general(self, rest: Sequence[Hit]) -> list[Claim]:
        """Claims of the general issues: verdicts on the whole."""
        out = []
        for hit in rest:
            if hit.term.verdict is not None:
                issue, sign = hit.term.verdict
                claim = self.claim(
                    issue,
                    sign,
                    GENERAL,
                    (hit.start, hit.end),
                    size=hit.end - hit.start,
                    general=not _QUALITY.search(hit.term.word),
                    beside=hit.beside,
                )
                if claim is not None:
                    out.append(claim)
        return out

    def judged(self, target: Hit) -> Claim:
        return Claim(target.term.targets[0], None, JUDGED, self.number, 0, (target.start, target.end))


def likened_before(text: str, start: int, first: int) -> bool:
    """Whether what stands before `start`, not further than `first`, makes a likeness of the word there."""
    return _LIKE_BEFORE.search(text[max(first, start - 8) : start]) is not None


def likened_after(text: str, end: int, last: int) -> bool:
    """Whether what stands after `end`, not further than `last`, makes a likeness of the word before it."""
    return text[end : min(last, end + 4)].startswith(_LIKE_AFTER)


@cache
def faint() -> tuple[str, ...]:
    """The endings of faint praise."""
    return opinions().faint


def _placed(options: Sequence[int], lexicon: Lexicon, context: Context) -> int:
    """Of several issues the one that fits where the customer bought: a store's if in a store, else another's."""
    in_store = bool(context.in_store)
    return next((i for i in options if lexicon.issues[i].store == in_store), options[0])


def speaks(text: str, end: int, last: int) -> bool:
    """Whether 好, which stands before `end` in a clause up to `last`, is an opinion; before a word it is a degree (好无语)."""
    if end >= last:
        return True
    return text[end] in _AFTER_GOOD or not "\u4e00" <= text[end] <= "\u9fff"


def _apart(found: list[Claim]) -> list[Claim]:
    """Of claims that overlap, or agree on issue and sign, the one that more characters decided."""
    if len(found) < 2:
        return found
    out: list[Claim] = []
    for claim in sorted(found, key=lambda c: (-c.size, c.opinion or (0, 0), c.issue)):
        s, e = claim.opinion or (0, 0)
        if claim.aspect:
            s = min(s, claim.aspect[0])
        clash = any(
            (other.issue == claim.issue and other.sign == claim.sign)
            or (other.opinion is not None and s < other.opinion[1] and e > other.opinion[0])
            for other in out
        )
        if not clash:
            out.append(claim)
    return sorted(out, key=lambda c: c.opinion or (0, 0))


def _yielded(found: list[Claim], lexicon: Lexicon) -> list[Claim]:
    """Without complaints that give way to a more telling complaint of the same clause.

    What says by itself that it blames, in words that the other does not touch, stays (不好吃不新鲜).
    """
    if len(found) < 2:
        return found
    bad = {c.issue for c in found if c.sign < 0}
    if len(bad) < 2:
        return found
    return [c for c in found if c.sign >= 0 or c.confidence >= COMBINED or not (lexicon.yields[c.issue] & bad)]
