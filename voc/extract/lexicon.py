"""One automaton over all words of a taxonomy and of the general opinions (Aho & Corasick 1975)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import ahocorasick

from voc.taxonomy import Combination, Issue, Taxonomy, opinions


@dataclass(slots=True)
class Term:
    """What a word may mean. Issues are numbers into `Lexicon.issues`, signs are -1, 0 or 1.

    `verdict` is (issue, sign) where the word decides both; `opinion` is its sign as a general opinion. `slots` are the
    (combination, position) that the word fills, `anchors` the combinations that are looked for where it stands.
    """

    word: str
    verdict: tuple[int, int] | None = None
    opinion: int | None = None
    targets: tuple[int, ...] = ()
    bad: tuple[int, ...] = ()
    good: tuple[int, ...] = ()
    hints_bad: tuple[int, ...] = ()
    hints_good: tuple[int, ...] = ()
    slots: set[tuple[int, int]] = field(default_factory=set)
    anchors: tuple[int, ...] = ()
    combinations: frozenset[int] = frozenset()
    length: int = 0
    latin: bool = False
    rival: bool = False
    counter: bool = False
    weight: int = field(default=0)

    def sign_for(self, issue: int) -> int | None:
        """The sign of this word beside a target of `issue`, None if it says nothing about it."""
        if issue in self.bad:
            return -1
        if issue in self.good:
            return 1
        if self.verdict is not None and self.verdict[0] == issue:
            return self.verdict[1]
        if self.opinion is not None:
            return self.opinion
        if issue in self.hints_bad:
            return -1
        return 1 if issue in self.hints_good else None

    @property
    def silences(self) -> bool:
        """Whether no combination may use any part of this word, not even a longer one."""
        return self.counter or self.rival or (self.opinion == 0 and not self.slots)

    @property
    def negative(self) -> bool:
        """Whether a part of this word may count as bad by itself (差 in 很差)."""
        return self.opinion == -1 or (self.verdict is not None and self.verdict[1] < 0)

    @property
    def meaningful(self) -> bool:
        return bool(
            self.verdict or self.opinion is not None or self.targets or self.bad or self.good or self.hints_bad
            or self.hints_good or self.rival
        )  # fmt: skip


class Hit(NamedTuple):
    """A word at its place; hits of one text sort by place, since two words never share both ends."""

    start: int
    end: int
    term: Term


@dataclass(frozen=True)
class Lexicon:
    """The compiled words. `combinations` pairs each combination with its issue; `general` lists the general issues."""

    automaton: ahocorasick.Automaton
    issues: tuple[Issue, ...]
    number: dict[str, int]
    combinations: tuple[tuple[int, Combination], ...]
    general: frozenset[int]
    yields: tuple[frozenset[int], ...]

    def scan(self, text: str) -> tuple[list[Hit], list[Hit]]:
        """The words of a normal `text`: those that win their place, in order, and all that can fill a combination.

        Where words overlap, the longer wins, and among equals the one that decides a code; a general opinion counts
        for less than its length (非常好 gives way to 好喝). Counters, rivals and neutral opinions silence what lies
        within them; a single character fills no combination out of the middle of another word (苦 in 辛苦).
        """
        raw = list(self.automaton.iter(text))
        looked_for: set[int] = set()
        for _, term in raw:
            looked_for.update(term.anchors)
        found: list[Hit] = []
        slots: list[Hit] = []
        for last, term in raw:
            fills = not term.combinations.isdisjoint(looked_for)
            if not (fills or term.weight):
                continue
            hit = Hit(last + 1 - term.length, last + 1, term)
            if term.latin and not _whole(text, hit.start, hit.end):
                continue
            if term.weight:
                found.append(hit)
            if fills:
                slots.append(hit)
        taken: list[Hit] = []
        strong: list[Hit] = []
        covered = whole = 0
        found.sort(key=_claim_order)
        for hit in found:
            place = ((1 << (hit.end - hit.start)) - 1) << hit.start
            if covered & place:
                continue
            covered |= place
            taken.append(hit)
            if hit.term.silences:
                strong.append(hit)
            if hit.end - hit.start > 1 and not hit.term.negative:
                whole |= place
        if whole:
            slots = [h for h in slots if h.end - h.start > 1 or not whole >> h.start & 1]
        if strong:
            slots = [h for h in slots if not any(_silences(s, h) for s in strong)]
        slots.sort()
        return sorted(h for h in taken if not h.term.counter), slots


@lru_cache(maxsize=8)
def compiled(taxonomy: Taxonomy) -> Lexicon:
    """The lexicon of `taxonomy`, built once for each content of its file."""
    terms: dict[str, Term] = {}

    def term(word: str) -> Term:
        return terms.setdefault(word, Term(word))

    issues = tuple(taxonomy.issues.values())
    number = {issue.code: n for n, issue in enumerate(issues)}
    general = frozenset(n for n, issue in enumerate(issues) if issue.general)
    combinations: list[tuple[int, Combination]] = []
    for n, issue in enumerate(issues):
        for sign, words in ((-1, issue.expressions), (1, issue.praise), (0, issue.neutral)):
            for word in words:
                term(word).verdict = (n, sign)
                if n in general:
                    term(word).opinion = sign
        for name in ("targets", "bad", "good", "hints_bad", "hints_good"):
            for word in getattr(issue, name):
                setattr(term(word), name, (*getattr(term(word), name), n))
        for combination in issue.combinations:
            anchor = max(combination.slots, key=_telling)
            for position, slot in enumerate(combination.slots):
                for word in slot:
                    term(word).slots.add((len(combinations), position))
                    if slot is anchor:
                        term(word).anchors += (len(combinations),)
            combinations.append((n, combination))
    general_words = opinions()
    product = next((n for n in sorted(general) if issues[n].facet == "product"), min(general, default=None))
    for sign, group in ((1, general_words.good), (-1, general_words.bad), (0, general_words.neutral)):
        for word in group:
            found = term(word)
            if found.opinion is None:
                found.opinion = sign
            if sign and _whole_verdict(word, found) and word not in general_words.faint and product is not None:
                found.verdict = (product, sign)
    for word in taxonomy.rivals:
        term(word).rival = True
    _add_counters(terms, (taxonomy.counters, general_words.counters, *(issue.counters for issue in issues)))
    automaton = ahocorasick.Automaton()
    for word, found in terms.items():
        found.weight = _weight(found, general)
        found.combinations = frozenset(number for number, _ in found.slots)
        found.length, found.latin = len(word), word.isascii()
        automaton.add_word(word, found)
    automaton.make_automaton()
    yields = tuple(frozenset(number[code] for code in issue.yields) for issue in issues)
    return Lexicon(automaton, issues, number, tuple(combinations), general, yields)


def _whole_verdict(word: str, term: Term) -> bool:
    """Whether a general opinion word judges the whole where no aspect stands beside it: single letters do not, pictures do."""
    tells = len(word) > 1 or not word.isalnum()
    return tells and term.verdict is None and not (term.bad or term.good or term.targets)


def _claim_order(hit: Hit) -> tuple[int, int, int]:
    return -hit.term.weight, hit.start - hit.end, hit.start


def _silences(strong: Hit, hit: Hit) -> bool:
    """Whether `hit` lies within another word that silences, or touches the name of a rival."""
    if strong.term is hit.term:
        return False
    if strong.term.rival:
        return hit.start < strong.end and hit.end > strong.start
    return strong.start <= hit.start and hit.end <= strong.end


def _telling(slot: tuple[str, ...]) -> float:
    """How seldom a slot's words stand in a text, by their mean length."""
    return sum(map(len, slot)) / len(slot)


def _add_counters(terms: dict[str, Term], groups: Iterable[Iterable[str]]) -> None:
    """A word that says something itself is never a counter."""
    for group in groups:
        for word in group:
            found = terms.setdefault(word, Term(word))
            if not found.meaningful:
                found.counter = True


def _weight(term: Term, general: frozenset[int]) -> int:
    """How strongly a word claims its place: its length first. 0 for words that only fill combinations."""
    if not (term.meaningful or term.counter):
        return 0
    weight = 4 * len(term.word)
    if term.counter:
        return weight
    specific = term.verdict is not None and term.verdict[0] not in general
    if specific or term.rival:
        return weight + 1
    only_general = term.opinion is not None and not term.targets and not term.bad and not term.good
    return max(1, weight - 4) if only_general else weight


def _whole(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is not part of a longer Latin word or number."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isascii() and before.isalnum() and text[start].isalnum()) and not (
        after.isascii() and after.isalpha() and text[end - 1].isalpha()
    )
