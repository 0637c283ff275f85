"""How a taxonomy's words do: how many there are, which of them get in each other's way, and which a corpus never uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voc.extract.lexicon import Hit, compiled
from voc.taxonomy import Issue, Taxonomy
from voc.text.normalise import normalise_all

ENOUGH = 40
"""Expressions that a code should have, Chinese and English together."""
_ROLES = ("targets", "hints_bad", "hints_good")  # bad and good speak only beside a target, so they may be shared


@dataclass(frozen=True)
class Words:
    """How many words a code has. `explicit` and `implicit` are its complaints with and without a name of the aspect."""

    code: str
    name: str
    chinese: int
    english: int
    explicit: int
    implicit: int
    praise: int
    targets: int
    combinations: int

    @property
    def expressions(self) -> int:
        return self.chinese + self.english

    @property
    def few(self) -> bool:
        """Whether a code that is not general has too few expressions, or none in one of the languages."""
        return self.expressions < ENOUGH or not self.chinese or not self.english


@dataclass(frozen=True)
class Collision:
    """A word with which two codes mean something: `code` decides by it, `other` uses it as `role` as well."""

    word: str
    code: str
    other: str
    role: str


@dataclass(frozen=True)
class Overlap:
    """On a corpus: how often a word of `winner` took the place of one of `loser`, with an example of each."""

    winner: str
    loser: str
    times: int
    word: str
    lost: str


@dataclass(frozen=True)
class Usage:
    """What a corpus of `texts` texts uses: reviews in which each word took its place, and where words overlapped."""

    texts: int
    fired: dict[str, dict[str, int]]
    overlaps: tuple[Overlap, ...]

    def silent(self, code: str) -> list[str]:
        """The deciding words of a code that the corpus never uses."""
        return [word for word, times in self.fired[code].items() if not times]


def words(taxonomy: Taxonomy) -> list[Words]:
    """The counts of every code, in the order of the file."""
    return [_words(issue) for issue in taxonomy.issues.values()]


def collisions(taxonomy: Taxonomy) -> list[Collision]:
    """Words that decide one code while another code reads them differently, and counters that cannot silence.

    A literal that decides two codes is an error already when the file is read.
    """
    issues = [i for i in taxonomy.issues.values() if not i.general]  # a general code gives way to every other
    decides = {word: i.code for i in issues for word in (*i.expressions, *i.praise, *i.neutral)}
    found = []
    for issue in issues:
        for role in _ROLES:
            for word in getattr(issue, role):
                if decides.get(word, issue.code) != issue.code:
                    found.append(Collision(word, decides[word], issue.code, role))
        found += [Collision(w, decides[w], issue.code, "counters") for w in issue.counters if w in decides]
    found += [Collision(w, decides[w], "the file", "counters") for w in taxonomy.counters if w in decides]
    return found


def usage(taxonomy: Taxonomy, texts: Sequence[str | None]) -> Usage:
    """What `texts` use of the taxonomy's deciding words. One pass; the cost is that of a scan for each text."""
    lexicon = compiled(taxonomy)
    codes = [issue.code for issue in lexicon.issues]
    times: Counter[str] = Counter()
    lost: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for text in normalise_all([text or "" for text in texts]):
        taken, _ = lexicon.scan(text)
        times.update({hit.term.word for hit in taken})
        deciding = [hit for hit in taken if hit.term.verdict is not None]
        for last, term in lexicon.automaton.iter(text):
            if term.verdict is None:
                continue
            for hit in _covering(deciding, last + 1 - term.length, last + 1):
                won = hit.term.verdict
                assert won is not None  # as for all that decide
                winner, loser = codes[won[0]], codes[term.verdict[0]]
                if winner != loser:
                    lost.setdefault((winner, loser), Counter())[hit.term.word, term.word] += 1
    fired = {
        issue.code: {w: times[w] for w in (*issue.expressions, *issue.praise, *issue.neutral)}
        for issue in taxonomy.issues.values()
    }
    overlaps = []
    for (winner, loser), pairs in lost.items():
        (word, other), _ = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        overlaps.append(Overlap(winner, loser, pairs.total(), word, other))
    overlaps.sort(key=lambda o: (-o.times, o.winner, o.loser))
    return Usage(len(texts), fired, tuple(overlaps))


def _words(issue: Issue) -> Words:
    english = sum(word.isascii() for word in issue.expressions)
    explicit = sum(any(target in word for target in issue.targets) for word in issue.expressions)
    return Words(
        code=issue.code,
        name=issue.zh,
        chinese=len(issue.expressions) - english,
        english=english,
        explicit=explicit,
        implicit=len(issue.expressions) - explicit,
        praise=len(issue.praise),
        targets=len(issue.targets),
        combinations=len(issue.combinations),
    )


def _covering(hits: Iterable[Hit], start: int, end: int) -> list[Hit]:
    return [hit for hit in hits if hit.start < end and hit.end > start]
