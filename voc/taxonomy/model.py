"""What a taxonomy is once it is read: frozen data, no behaviour beyond look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FACETS = ("product", "service")
SEVERITIES = ("S1", "S2", "S3", "S4")
SAFETY = "S1"


@dataclass(frozen=True)
class Combination:
    """Word groups that decide a code when they stand in one clause, in order, at most `gap` code points apart.

    `across` lets them stand in neighbouring clauses of one sentence.
    """

    slots: tuple[tuple[str, ...], ...]
    gap: int
    praise: bool
    across: bool


@dataclass(frozen=True)
class Upgrade:
    """A complaint gets `severity` if one of `words` is in its clause, or a complaint of `codes` in its review."""

    severity: str
    words: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Sub:
    """A kind within an issue; its expressions count for the issue, its owner may be somebody else."""

    name: str
    zh: str
    en: str
    owner: str
    expressions: tuple[str, ...]


@dataclass(frozen=True)
class Issue:
    """One code. Words are lower-case and simplified; Chinese and English words share the tuples.

    `expressions` (complaint), `praise` and `neutral` decide code and sign alone. `targets` name the aspect and want an
    opinion: a general one, one of `bad` or `good` (which mean something only beside a target), or a verdict of the
    polarity model. `hints_bad` and `hints_good` decide only where their clause holds nothing clearer. `counters` are
    longer words in which none of these counts. A complaint of this code gives way, within a clause, to the codes in
    `yields`; `general` codes give way to every other code of the review. A safety word said as a likeness counts for
    `figurative`. `store` tells whether the issue may count in the ranking of a store.
    """

    code: str
    zh: str
    en: str
    facet: str
    severity: str
    owner: str
    store: bool
    general: bool
    figurative: str | None
    yields: tuple[str, ...]
    targets: tuple[str, ...]
    expressions: tuple[str, ...]
    praise: tuple[str, ...]
    neutral: tuple[str, ...]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    hints_bad: tuple[str, ...]
    hints_good: tuple[str, ...]
    counters: tuple[str, ...]
    combinations: tuple[Combination, ...]
    upgrades: tuple[Upgrade, ...]
    subs: tuple[Sub, ...]

    @property
    def safety(self) -> bool:
        return self.severity == SAFETY


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """`sha256` is that of the file; `issues` stand in the order of the file; `rivals` are brands one can switch to.

    Equal and hashed by the content of the file, so that what is compiled from it can be cached.
    """

    name: str
    version: str
    sha256: str
    issues: Mapping[str, Issue]
    rivals: tuple[str, ...]
    counters: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Taxonomy) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __getitem__(self, code: str) -> Issue:
        return self.issues[code]

    def general(self, facet: str) -> Issue | None:
        """The code that takes what no other code of `facet` fits, if there is one."""
        return next((i for i in self.issues.values() if i.general and i.facet == facet), None)


@dataclass(frozen=True)
class Opinions:
    """General opinion words of all trades, by sign; `faint` are good ones that weigh half (还行)."""

    good: tuple[str, ...]
    faint: tuple[str, ...]
    bad: tuple[str, ...]
    neutral: tuple[str, ...]
    counters: tuple[str, ...]


def expressions(taxonomy: Taxonomy) -> Iterator[str]:
    """Every literal of the taxonomy once, in the order of the file: for segmentation and for checks."""
    seen: set[str] = set()
    for issue in taxonomy.issues.values():
        slots = (word for c in issue.combinations for slot in c.slots for word in slot)
        lists = (issue.targets, issue.expressions, issue.praise, issue.neutral, issue.bad, issue.good)
        for words in (*lists, issue.hints_bad, issue.hints_good, issue.counters, slots):
            for word in words:
                if word not in seen:
                    seen.add(word)
                    yield word
