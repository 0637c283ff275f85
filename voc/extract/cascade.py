"""The accurate profile: the fast road first, then the encoder where that road is unsure or the stake is high.

Unsure is a review of which the linear models think otherwise: the aspect head sees little of a mention's issue in its clause
or much of another one, the polarity model little of its sign. A brief review in which that road found nothing is asked as
well. The encoder reads the whole review once. It confirms, turns or drops the findings of the fast road, adds what the words
of the taxonomy missed, and judges the whole where nothing was said of any part. Polarity and issue of a clause are means of
what the encoder and the linear models say: the one reads context, the others were taught negation and more words. The
cascade leaves alone what the fast road decided by construction (suppositions, hearsay, questions, wishes, comparisons), and
adds no safety complaint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import Span
from voc.extract.cues import LONGEST, Cues, cues
from voc.extract.findings import CREDIBLE
from voc.extract.judging import BRIEF
from voc.extract.lexicon import Lexicon
from voc.extract.mentions import Mention
from voc.extract.settle import general_issue
from voc.models import aspects, encoder, polarity
from voc.models.encoder import OPINION, Encoder, Read
from voc.text.clauses import clauses
from voc.text.normalise import Normal, normalise

SIGNED = ("complaint", "praise", "neutral")
_SHORTEST = 2
_NEGATIVE, _NEUTRAL, _POSITIVE = 0, 1, 2
_INTENTS = ("complaint", "neutral", "praise")
_LONGEST_TEXT = 2_000
_OF_DOUBTED = 0.7


@dataclass(frozen=True)
class Thresholds:
    """Chosen on held-out data (CARD.md); all in [0, 1] but `doubt`, in [0, 3].

    A review is asked from a `doubt` on (`doubts`). A mention below `sure` confidence may be turned or fade. `drop`: a
    mention judges the whole instead if the encoder's probability of its issue is below this. `add`: the issue's
    probability from which a mention is new, the encoder's and the linear aspect head's, the latter with the share `lean`;
    `pole`: its least probability of a pole. `whole`: that of a verdict on the whole where nothing else was said. `turn`:
    probability of the other pole that turns a mention without an opinion word; `turn_word`: of one with. `fade`:
    probability of neutral that makes an unsure mention neutral, and an unsure verdict on the whole go.
    """

    doubt: float = 1.35
    sure: float = 0.75
    drop: float = 0.05
    add: float = 0.45
    lean: float = 0.5
    pole: float = 0.6
    whole: float = 0.6
    turn: float = 0.7
    turn_word: float = 0.9
    fade: float = 0.7


def corrected(
    texts: Sequence[str | None],
    found: Sequence[list[Mention]],
    *,
    lexicon: Lexicon,
    encoder: Encoder,
    thresholds: Thresholds,
) -> list[list[Mention]]:
    """`found` (the fast road's mentions of `texts`, raw spans) as the cascade leaves them; texts not asked stay as they are."""
    out = [list(mentions) for mentions in found]
    told = [(row, normalise(text[:_LONGEST_TEXT])) for row, text in enumerate(texts) if text]
    cut = [(row, normal, spans) for row, normal in told if (spans := clauses(normal.text))]
    second = _second([normal.text[start:end] for _, normal, spans in cut for start, end in spans])
    silent = {row: normal.text for row, normal, _ in cut if _silent(normal, found[row])}
    wholes = dict(zip(silent, _linear(list(silent.values())), strict=True))
    asked: list[tuple[int, Normal, list[Span], _Second]] = []
    at = 0
    for row, normal, spans in cut:
        linear, at = second.part(at, at + len(spans)), at + len(spans)
        if (
            row in silent
            or _at_stake(found[row], lexicon)
            or doubts(normal, spans, linear, found[row], lexicon) >= thresholds.doubt
        ):
            asked.append((row, normal, spans, linear))
    known = known_issues(lexicon, encoder)
    reads = encoder.read([normal.text for _, normal, _, _ in asked])
    for (row, normal, spans, linear), read in zip(asked, reads, strict=True):
        review = _Review(normal, spans, read, linear, wholes.get(row), lexicon, encoder, known, thresholds)
        out[row] = review.corrected(found[row])
    return out


def _linear(parts: Sequence[str]) -> NDArray[np.float32]:
    """What the linear models of clauses say, (n, 3)."""
    out = np.zeros((len(parts), 3), dtype=np.float32)
    for lang in polarity.LANGUAGES:
        rows = [n for n, part in enumerate(parts) if part.isascii() == (lang == "en")]
        out[rows] = polarity.load(lang).probabilities([parts[n] for n in rows])
    return out


def reader(lexicon: Lexicon) -> Callable[[Sequence[str | None], list[list[Mention]]], list[list[Mention]]]:
    """`corrected` with the shipped encoder and its thresholds."""
    model = encoder.load()
    limits = Thresholds(**model.limits)
    return lambda texts, found: corrected(texts, found, lexicon=lexicon, encoder=model, thresholds=limits)


@dataclass(frozen=True)
class _Second:
    """What the linear models say of clauses: polarity (n, 3), and the chances of the aspect head's codes (n, codes)."""

    polarity: NDArray[np.float32]
    chances: NDArray[np.float32]

    def part(self, first: int, last: int) -> _Second:
        return _Second(self.polarity[first:last], self.chances[first:last])


def _second(parts: Sequence[str]) -> _Second:
    return _Second(_linear(parts), aspects.load().chances(parts))


@cache
def _head() -> dict[str, int]:
    """The column of each code that the aspect head knows."""
    return {code: n for n, code in enumerate(aspects.load().codes)}


def known_issues(lexicon: Lexicon, encoder: Encoder) -> dict[int, int]:
    """The taxonomy's issues that the encoder was trained on, by number, with their columns."""
    column = {code: n for n, code in enumerate(encoder.codes)}
    return {
        number: column[issue.code]
        for number, issue in enumerate(lexicon.issues)
        if issue.code in column and encoder.names.get(issue.code) == issue.zh
    }


def _at_stake(mentions: Sequence[Mention], lexicon: Lexicon) -> bool:
    """Whether a safety complaint was found."""
    return any(mention.intent == "complaint" and lexicon.issues[mention.issue].safety for mention in mentions)


def _silent(normal: Normal, mentions: Sequence[Mention]) -> bool:
    """Whether nothing was found in a brief review; of English the encoder knows too little to be asked for that."""
    return len(normal.text) <= BRIEF and not normal.text.isascii() and not mentions


def doubts(
    normal: Normal, spans: Sequence[Span], second: _Second, mentions: Sequence[Mention], lexicon: Lexicon
) -> float:
    """How much the linear models doubt the `mentions` of a review, in [0, 3].

    The largest doubt of an issue, plus the largest of a sign, plus the chance of the likeliest issue that its clause
    does not have. Of the fast road's errors on reviews read by hand .63 lay in the 35% with the largest sum, .38 in those
    with the least confident mentions.
    """
    column = _head()
    number = {normal.span(*span)[0]: n for n, span in enumerate(spans)}
    others = second.chances.copy()
    specific = {code for code, n in lexicon.number.items() if n not in lexicon.general}
    others[:, [n for code, n in column.items() if code not in specific]] = 0.0
    issue = sign = 0.0
    for mention in mentions:
        clause = number.get(mention.span[0])
        if mention.intent not in SIGNED or clause is None:
            continue
        code = lexicon.issues[mention.issue].code
        if code in column and code in specific:
            issue = max(issue, 1.0 - float(second.chances[clause, column[code]]))
            others[clause, column[code]] = 0.0
        sign = max(sign, 1.0 - float(second.polarity[clause, _pole(mention)]))
    return issue + sign + float(others.max())


def _pole(mention: Mention) -> int:
    return _POSITIVE if mention.intent == "praise" else _NEGATIVE if mention.intent == "complaint" else _NEUTRAL


@dataclass(frozen=True)
class _Review:
    normal: Normal
    spans: Sequence[Span]
    read: Read
    second: _Second
    whole: NDArray[np.float32] | None
    """What the linear model says of a silent review, (3,)."""
    lexicon: Lexicon
    encoder: Encoder
    known: dict[int, int]
    thresholds: Thresholds

    def corrected(self, mentions: Sequence[Mention]) -> list[Mention]:
        read = _raw(self.read, self.normal)
        places = [self.normal.span(*span) for span in self.spans]
        issues = self.encoder.issues(read, places)
        heard = self.encoder.polarity(read, places)
        poles = _mean(heard, self.second.polarity)
        review = self.encoder.polarity(read, [(places[0][0], places[-1][1])])[0]
        number = {place[0]: n for n, place in enumerate(places)}
        constructed = [self._constructed(clause) for clause in range(len(places))]
        general = general_issue(self.lexicon)
        kept: list[Mention] = []
        for mention in mentions:
            clause = number.get(mention.span[0])
            if clause is None or mention.intent not in SIGNED or mention.rival is not None or constructed[clause]:
                kept.append(mention)
                continue
            if self._unfounded(mention, issues[clause]):
                if mention.intent == "neutral" or general is None:
                    continue
                mention = replace(mention, issue=general, aspect=None, confidence=_OF_DOUBTED * mention.confidence)
            judged = self._judged(mention, poles[clause], (heard[clause] + review) / 2, read)
            if judged is not None:
                kept.append(judged)
        silent = {m.span[0] for m in mentions if m.intent not in SIGNED or m.rival is not None}
        for clause, place in enumerate(places):
            if place[0] not in silent and not constructed[clause]:
                kept.extend(self._added(place, issues[clause], poles[clause], self.second.chances[clause], kept, read))
        if self.whole is not None and not any(constructed) and not kept and not self._of_safety(issues):
            kept.extend(self._verdict(places, poles, _mean(review, self.whole)))
        return _ordered(kept, self.lexicon)

    def _of_safety(self, issues: NDArray[np.float32]) -> bool:
        """Whether a clause speaks of a danger: one that the fast road did not report is denied (没有异物), which is no news."""
        columns = [column for issue, column in self.known.items() if self.lexicon.issues[issue].safety]
        return bool((issues[:, columns] >= self.thresholds.add).any())

    def _verdict(
        self, places: Sequence[Span], poles: NDArray[np.float32], whole: NDArray[np.float32]
    ) -> Iterator[Mention]:
        """A verdict on the whole, at the clause that says most of it."""
        best = int(whole.argmax())
        issue = general_issue(self.lexicon)
        if best == _NEUTRAL or float(whole[best]) < self.thresholds.whole or issue is None:
            return
        value = float(whole[_POSITIVE] - whole[_NEGATIVE])
        yield Mention(
            span=places[int(poles[:, best].argmax())], aspect=None, opinion=None, issue=issue, intent=_INTENTS[best],
            polarity=value, confidence=0.35 + 0.2 * abs(value), severity=self.lexicon.issues[issue].severity, rival=None,
        )  # fmt: skip

    def _unfounded(self, mention: Mention, issues: NDArray[np.float32]) -> bool:
        """Whether the encoder sees nothing of a mention's issue in its clause; safety is not for it to dismiss."""
        column = self.known.get(mention.issue)
        if column is None or mention.issue in self.lexicon.general or self.lexicon.issues[mention.issue].safety:
            return False
        return float(issues[column]) < self.thresholds.drop

    def _judged(
        self, mention: Mention, poles: NDArray[np.float32], heard: NDArray[np.float32], read: Read
    ) -> Mention | None:
        """The mention confirmed or turned; None for a verdict on the whole in a clause that judges nothing."""
        limits = self.thresholds
        if mention.issue in self.lexicon.general:
            unsure = mention.confidence < limits.sure and mention.intent != "neutral"
            return None if unsure and float(poles[_NEUTRAL]) >= limits.fade else self._turned(mention, poles, heard)
        stretch = [s for s in (mention.aspect, mention.opinion) if s is not None]
        if stretch:
            own = self.encoder.polarity(read, [(min(s for s, _ in stretch), max(e for _, e in stretch))])[0]
            poles = (poles + own) / 2
        return self._turned(mention, poles, heard)

    def _turned(self, mention: Mention, poles: NDArray[np.float32], heard: NDArray[np.float32]) -> Mention:
        """The mention with the sign that the models give it; a sign that a word gave only the encoder turns, if it is sure."""
        pole = _pole(mention)
        issue = self.lexicon.issues[mention.issue]
        if pole == _NEGATIVE and issue.safety:
            return mention
        if mention.opinion is not None and pole != _NEUTRAL and float(heard[2 - pole]) >= self.thresholds.turn_word:
            poles = heard
        best = int(poles.argmax())
        if best == pole or (best == _NEGATIVE and issue.safety):
            return mention
        if best == _NEUTRAL:
            stays = mention.confidence >= self.thresholds.sure or float(poles[best]) < self.thresholds.fade
        else:
            stays = poles is not heard and (mention.opinion is not None or float(poles[best]) < self.thresholds.turn)
        if stays:
            return mention
        value = float(poles[_POSITIVE] - poles[_NEGATIVE])
        return replace(
            mention, intent=_INTENTS[best], polarity=0.0 if best == _NEUTRAL else value, severity=issue.severity,
            confidence=float(poles[best]) * min(1.0, mention.confidence + 0.1),
        )  # fmt: skip

    def _constructed(self, clause: int) -> bool:
        """Whether the fast road decides the clause by its construction, or there is nothing in it to decide."""
        start, end = self.spans[clause]
        text = self.normal.text
        mark = text[end] if end < len(text) else ""
        return end - start < _SHORTEST or _by_construction(cues(text[start : min(end, start + LONGEST)], mark))

    def _added(
        self,
        place: Span,
        issues: NDArray[np.float32],
        poles: NDArray[np.float32],
        chances: NDArray[np.float32],
        kept: Sequence[Mention],
        read: Read,
    ) -> list[Mention]:
        """New mentions of a clause: issues that the fast road did not name in it, where the clause has a pole."""
        limits = self.thresholds
        best = int(poles.argmax())
        named = {m.issue for m in kept}  # also with the other sign: a review that takes back what it said is rare
        out = []
        for issue, column in self.known.items():
            entry = self.lexicon.issues[issue]
            chance = float(issues[column]) * (1 - limits.lean) + float(chances[_head()[entry.code]]) * limits.lean
            if issue in named or issue in self.lexicon.general or chance < limits.add:
                continue
            if best != _NEUTRAL and float(poles[best]) < limits.pole:
                continue
            if entry.safety:  # its praise is the absence of a danger, which is no news
                continue
            confidence = chance * float(poles[best])
            if best == _NEUTRAL and float(poles[best]) < limits.fade:
                continue
            opinion = next((s for s, kind in self.encoder.spans(read) if kind == OPINION and _within(s, place)), None)
            value = 0.0 if best == _NEUTRAL else float(poles[_POSITIVE] - poles[_NEGATIVE])
            out.append(
                Mention(
                    span=place,
                    aspect=None,
                    opinion=opinion,
                    issue=issue,
                    intent=_INTENTS[best],
                    polarity=value,
                    confidence=max(0.05, min(0.95, confidence)),
                    severity=entry.severity,
                    rival=None,
                )
            )
        return out


def _by_construction(found: Cues) -> bool:
    """Whether a clause supposes, repeats, asks, wishes, or talks about others or about before."""
    return bool(
        found.supposed is not None or found.hearsay or found.not_met or found.others or found.question
        or found.doubted or found.request or found.past or found.leave or found.repurchase or found.unlike_others
        or found.rhetorical or found.mocked or found.mock_warning
    )  # fmt: skip


def _mean(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((one + other) / 2, dtype=np.float32)


def _within(span: Span, place: Span) -> bool:
    return place[0] <= span[0] and span[1] <= place[1]


def _raw(read: Read, normal: Normal) -> Read:
    """`read` with places in the raw text."""
    if normal.offsets is None:
        return read
    offsets = np.asarray(normal.offsets, dtype=np.int64)
    return Read(read.said, offsets[read.starts], offsets[read.ends])


def _ordered(mentions: Sequence[Mention], lexicon: Lexicon) -> list[Mention]:
    """One mention per issue and intent, the surest; general ones only where nothing clearer of that intent was said."""
    specific = {m.intent for m in mentions if m.issue not in lexicon.general}
    kept: dict[tuple[int, str], Mention] = {}
    for mention in sorted(mentions, key=lambda m: (-m.confidence, m.span, m.issue)):
        whole = mention.issue in lexicon.general and mention.aspect is None  # 质量差 names its quality
        if (
            whole
            and mention.intent in SIGNED
            and (mention.intent in specific or (mention.intent == "neutral" and specific))
        ):
            continue
        if lexicon.issues[mention.issue].safety and mention.intent == "complaint" and mention.confidence < CREDIBLE:
            continue
        kept.setdefault((-1 if whole else mention.issue, mention.intent), mention)
    return sorted(kept.values(), key=lambda m: (m.span[0], m.opinion or (0, 0), m.issue, m.intent))
