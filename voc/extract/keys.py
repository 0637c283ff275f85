"""Which clauses must come to the same: one number for all that the claims of a clause depend on but what it inherits.

That is for each word what kind of word it is (voc.extract.alike), how far it stands behind the one before, as far as
`voc.extract.aspects` looks, and what stands beside it and turns or weighs it. Clauses with the same number have the same
outcome, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.extract.aspects import (
    LATIN_AFTER,
    LINK_WORDS,
    LINKS,
    LIST_GAP,
    OF,
    PAIR_AFTER,
    PAIR_BEFORE,
    likened_after,
    likened_before,
    speaks,
)  # fmt: skip
from voc.extract.beside import AFTER, QUOTES, degree, doubted_before, negated_before, negated_behind, quoted
from voc.extract.places import Flags, Ints
from voc.extract.scan import DEGREE, DOUBTED, FOLLOWED, NEGATED, QUOTED, Found, Scanner
from voc.text.clauses import Clauses
from voc.text.sheet import CODE_POINTS, Sheet

# Code points around a word that voc.extract.beside may look at, at least: as a rule, and for the sake of quotation marks.
_BEFORE, _AFTER = 3, AFTER + 1
_QUOTED_BEFORE, _QUOTED_AFTER = 16, 16
_MOST_TARGETS = 3  # in a clause whose other words are only known by their signs
_MARKS = frozenset("".join((*QUOTES, *QUOTES.values())))
_TAIL = 3  # code points behind a target from which on it does not matter how many they are
_BITS = np.uint64(21)  # of a code point
_FACTORS = np.random.default_rng(0).integers(1, 1 << 62, 10, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_NOTHING: Hashable = ("", "", 1.0, False, (), False, False)


@dataclass(frozen=True)
class Roles:
    """What there is in each clause that has words (`filled`), in the order of these.

    `begins` and `sizes` are its first word and how many it has, `targets` how many targets. It is `settled` what it is
    about where a target names an issue or a word decides one: then it takes nothing over from the clauses before it.
    """

    filled: Ints
    begins: Ints
    sizes: Ints
    targets: Ints
    named: Flags
    decided: Flags

    @property
    def settled(self) -> Flags:
        return np.asarray(self.named | (self.decided & (self.targets == 0)))


def roles(found: Found, scanner: Scanner, first: Ints) -> Roles:
    """The roles of the words of each clause; clause c has the words first[c] .. first[c + 1] - 1."""
    term, known = found.hits.term, scanner.alike
    filled = np.flatnonzero(np.diff(first))
    if not len(filled):
        none = np.zeros(0, dtype=np.int64)
        return Roles(none, none, none, none, none > 0, none > 0)
    begins = first[filled]
    sizes = first[filled + 1] - begins
    target = scanner.target[term]
    targets = np.add.reduceat(target, begins, dtype=np.int64)
    many = np.logical_or.reduceat(target & (known.issue[term] < 0), begins)
    named = np.logical_or.reduceat(scanner.names[term], begins) & ~many & (targets <= _MOST_TARGETS)
    return Roles(filled, begins, sizes, targets, named, np.logical_or.reduceat(known.decides[term], begins))


@dataclass(frozen=True)
class Keys:
    """`number` (clauses,) of each clause, 0 without words; `telling` are the words that claims are made of, those of clause
    c at first[c] .. first[c + 1] - 1."""

    number: NDArray[np.uint64]
    telling: Ints
    first: Ints


def clause_keys(
    sheet: Sheet, clauses: Clauses, found: Found, scanner: Scanner, *, first: Ints, role: Roles, inherits: Flags,
    in_store: Flags,
) -> Keys:  # fmt: skip
    """The numbers of the clauses with words; `inherits` marks those that may turn to something named before."""
    hits, known = found.hits, scanner.alike
    numbers = np.zeros(len(clauses.row), dtype=np.uint64)
    if not len(role.filled):
        return Keys(numbers, np.zeros(0, dtype=np.int64), first)
    term = hits.term
    target = scanner.target[term]
    sizes, targets = np.repeat(role.sizes, role.sizes), np.repeat(role.targets, role.sizes)
    named, decided = np.repeat(role.named, role.sizes), np.repeat(role.decided, role.sizes)
    alone = (targets == 0) & (decided | ~np.repeat(inherits[role.filled], role.sizes))
    telling = ~alone | np.where(decided, known.decides[term], known.judges[term])
    kind = np.where(alone & ~decided, known.whole[term], known.kind[term])
    opinion = named & ~target & ~known.decides[term]
    kind[opinion] = known.opinion[term[opinion]]
    signs = _signs(found, scanner, first, opinion)
    before_first = np.append(0, np.cumsum(telling))
    firsts = before_first[first]
    place = before_first[:-1] - np.repeat(firsts[role.filled], role.sizes)
    after = sheet.codes[np.minimum(hits.end, len(sheet.codes) - 1)]
    silent = scanner.may_be_silent[term] & (hits.end < clauses.end[hits.clause]) & ~_after_good()[after]
    beside = _beside(sheet, clauses, found, scanner, first, telling)
    # Where something stands only matters to targets, and between one target and one other word there are three distances.
    latin = np.repeat(np.logical_or.reduceat(scanner.latin[term], role.begins), role.sizes)
    before = np.append(0, hits.end[:-1])
    gap = np.where(place > 0, hits.start - before, 0)
    far = np.minimum(gap, np.where(latin, LATIN_AFTER, PAIR_AFTER) + 1)
    two = (sizes == 2) & (targets == 1) & ~latin
    far[two] = np.searchsorted([PAIR_BEFORE, PAIR_AFTER], far[two], "left")
    far[targets == 0] = 0
    between = _between(sheet, known.links[term], before, gap) * (targets > 1)
    early = (targets > 0) & (hits.start < clauses.start[hits.clause])
    tail = np.where(target, np.minimum(clauses.end[hits.clause] - hits.end, _TAIL), 0)
    word = _mixed(kind, signs, far, between, place, silent, early, tail, beside) * telling
    some_lean = np.logical_or.reduceat(scanner.leans[term], role.begins)
    leans = np.where(role.sizes == 1, scanner.leans_alone[term[role.begins]], some_lean) & ~role.settled
    store = np.where(leans, 1 + in_store[clauses.row[role.filled]], 0)
    numbers[role.filled] = np.add.reduceat(word, role.begins) + _mixed(store, np.diff(firsts)[role.filled])
    return Keys(numbers, np.flatnonzero(telling), firsts)


def _signs(found: Found, scanner: Scanner, first: Ints, opinion: Flags) -> Ints:
    """The signs that each `opinion` has for the targets of its clause, in their order, as one number; 0 for other words."""
    hits, known = found.hits, scanner.alike
    aims = np.flatnonzero(scanner.target[hits.term])
    aims_first = np.searchsorted(aims, first)
    some = np.flatnonzero(opinion)
    clause = hits.clause[some]
    out = np.zeros(len(hits.term), dtype=np.int64)
    for n in range(_MOST_TARGETS):
        at = aims_first[clause] + n
        there = np.flatnonzero(at < aims_first[clause + 1])
        issue = known.issue[hits.term[aims[at[there]]]]
        out[some[there]] += known.signs[known.kind[hits.term[some[there]]], issue] << 2 * n
    return out


def inheriting(keys: NDArray[np.uint64], dangling: Ints, named: Ints) -> NDArray[np.uint64]:
    """`keys` of clauses that inherit something: the issue that was left `dangling` (-1: none), and what was `named` (0)."""
    return np.where((dangling < 0) & (named == 0), keys, keys ^ _mixed(dangling + 1, named))


def excerpt(sheet: Sheet, clauses: Clauses, clause: int, first: int) -> tuple[str, int]:
    """A clause with so much around it as its claims can depend on, and where it begins in that; its words from `first`."""
    row = clauses.row[clause]
    start, end = int(clauses.start[clause]), int(clauses.end[clause])
    low, high = int(sheet.starts[row]), int(sheet.ends[row])
    begin, close = max(low, min(start, first) - _QUOTED_BEFORE), min(end + _QUOTED_AFTER, high)
    if _MARKS.isdisjoint(sheet.text[begin:close]):
        begin, close = max(low, min(start, first) - _BEFORE), min(end + _AFTER, high)
    return sheet.text[begin:close], start - begin


def _between(sheet: Sheet, linking: Flags, before: Ints, gap: Ints) -> NDArray[np.uint64]:
    """What stands between each word and the one before it, so far as it may link them."""
    text = np.zeros(len(gap), dtype=np.uint64)
    links = np.ones(len(gap), dtype=bool)
    short = gap <= LIST_GAP
    for n in range(LIST_GAP):
        near = np.flatnonzero(short & (gap > n))
        codes = sheet.codes[before[near] + n]
        text[near] |= codes.astype(np.uint64) << _BITS * np.uint64(n)
        links[near] &= _linking_characters()[codes]
    known = np.isin(text, [_packed(word) for word in LINK_WORDS])
    kind = np.where(text == _packed(OF), 2, short & (links | known))
    exact = linking | np.append(False, linking[:-1])
    return np.where(exact, text << np.uint64(1) | np.uint64(1), kind.astype(np.uint64) << np.uint64(1))


def _beside(sheet: Sheet, clauses: Clauses, found: Found, scanner: Scanner, first: Ints, telling: Flags) -> Ints:
    """A number for what stands beside each `telling` word and turns or weighs it, 0 for nothing."""
    hits, asides = found.hits, scanner.asides
    out = np.zeros(len(hits.term), dtype=np.int64)
    likened = np.zeros(len(first), dtype=bool)
    likened[hits.clause[scanner.likened[hits.term]]] = True
    compared = likened[hits.clause]
    some = np.flatnonzero(telling & ((hits.flags != 0) | compared))
    clause = hits.clause[some]
    row = clauses.row[clause]
    low, high = clauses.start[clause], clauses.end[clause]
    start, end = hits.start[some], hits.end[some]
    begin = np.maximum(np.minimum(low, start) - _QUOTED_BEFORE, sheet.starts[row])
    close = np.minimum(np.maximum(high, end) + _QUOTED_AFTER, sheet.ends[row])
    text, target = sheet.text, scanner.target[hits.term].tolist()
    ends = hits.end.tolist()
    columns = (some, first[clause], hits.flags[some], compared[some], begin, close, low, high, start, end)
    for n, word, flags, like, at, stop, left, right, a, b in zip(*(c.tolist() for c in columns), strict=True):
        near = text[at:stop]
        left, right, a, b = left - at, right - at, a - at, b - at
        turned: str = ""
        since: Sequence[str] = ()
        if flags & (NEGATED | DOUBTED):
            turned, *since = (
                (flags & NEGATED and negated_before(near, a, b, place))
                or (flags & DOUBTED and doubted_before(near, a, place))
                or ""
                for place in (left, *(max(left, ends[t] - at) for t in range(word, n) if target[t]))
            )
        said = (
            turned, negated_behind(near, a, b, left) if flags & FOLLOWED else "",
            degree(near, a, b, left) if flags & (DEGREE | FOLLOWED) else 1.0, flags & QUOTED > 0 and quoted(near, a, b),
            tuple(since), like and likened_before(near, a, left), like and likened_after(near, b, right),
        )  # fmt: skip
        if said != _NOTHING:
            out[n] = asides.setdefault(said, len(asides) + 1)
    return out


def _mixed(*columns: NDArray[Any]) -> NDArray[np.uint64]:
    """One well-mixed number for each row of the columns."""
    out = np.zeros(len(columns[0]), dtype=np.uint64)
    for column, factor in zip(columns, _FACTORS, strict=False):
        out = (out ^ column.astype(np.uint64)) * factor
        out ^= out >> np.uint64(31)
    return out


def _packed(word: str) -> np.uint64:
    return np.uint64(sum(ord(char) << 21 * n for n, char in enumerate(word)))


@cache
def _linking_characters() -> Flags:
    characters = np.zeros(CODE_POINTS, dtype=bool)
    characters[[ord(char) for char in LINKS]] = True
    return characters


@cache
def _after_good() -> Flags:
    """The characters after which 好 is an opinion of its own."""
    return np.fromiter((speaks(chr(code), 0, 1) for code in range(CODE_POINTS)), dtype=bool, count=CODE_POINTS)
