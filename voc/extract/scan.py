"""Where the words of a taxonomy stand in a sheet of texts: one pass of one automaton, then arrays.

The automaton knows the words of the lexicon and the literals without which no cue, negation or degree can be there
(voc.text.required), so that the regular expressions of voc.extract.cues are only tried where one of them may match.
Which of two overlapping words wins its place, and which words could fill a combination, is decided for the whole sheet
at once.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voc.extract import beside, cues
from voc.extract.alike import Alike, alike
from voc.extract.aspects import HARDLY
from voc.extract.compare import OTHERS
from voc.extract.completion import Completion, completion
from voc.extract.kept import Kept
from voc.extract.lexicon import Lexicon, Term, compiled
from voc.extract.places import Flags, Ints, bits_at, clause_of, clauses_at, stands_alone, texts_at, winners
from voc.taxonomy import Taxonomy
from voc.text.clauses import Clauses
from voc.text.required import END, alphabet, required
from voc.text.sheet import CODE_POINTS, Sheet, where
from voc.text.trie import Trie, trie

SENTENCE_ENDS = "。!！?？;；\n"
VISITS = (
    r"店里|店员|门店|到店|排队|收银|营业员|导购|结账|服务员|上菜|点菜|就餐|用餐|聚餐|包[间厢]|锅底|菜品|店面|餐厅|火锅|串串|烤[肉串]|好找|用餐环境|环境[好不很也还优]|"
    r"\b(?:store|shop|cashier|staff|waiter|waitress)\b"
)
"""The customer was in a store."""

NEGATED, DEGREE, FOLLOWED, QUOTED, DOUBTED = 1, 2, 4, 8, 16
"""What may stand beside a word: a negation or a degree before it, something that turns it after it, quotation marks, a doubt
before it."""
_BACK, _DEGREES, _AFTER, _OTHERS, _SNEERS, _VISIT, _DOUBTS = (1 << n for n in range(7))
_CUES_FROM = 7  # above the marks for words stands a bit for each pattern of cues.CUES
_BACK_REACH, _DEGREE_REACH, _QUOTE_REACH, _AFTER_REACH = 18, 10, beside.QUOTE, beside.AFTER


@dataclass(frozen=True)
class Hits:
    """Words that won their place, in order: numbers into `Scanner.terms`, spans in the sheet, clause of each.

    `flags` sums what may stand beside each word (NEGATED ...); 0 means that none of it does.
    """

    term: Ints
    start: Ints
    end: Ints
    clause: Ints
    flags: Ints


@dataclass(frozen=True)
class Found:
    """What stands in a sheet.

    `fillers` are the words of clauses in which two of them may make a combination (`combines`, a flag per clause), and
    of texts in which two may do so across clauses (`across`, a flag per text). `cued` has a bit for each of cues.CUES
    that may match in a clause, `others` marks the clauses that may speak of others, `sentence` those before which a
    sentence ended; `ironic` and `visits` mark the texts in which a word of irony or of a visit may stand.
    """

    hits: Hits
    fillers: Hits
    combines: Flags
    across: Flags
    cued: Ints
    others: Flags
    sentence: Flags
    ironic: Flags
    visits: Flags


@dataclass(frozen=True)
class Scanner:
    """The words of a taxonomy as arrays, all of them indexed by the number of a term.

    `key_term` and `key_marks` say what each word of the trie is: a term (or -1) and a sum of _BACK, _DEGREES ...;
    `key_last` has the bits of the cues that it opens only at the end of a clause. `alike` tells which terms say the same.

    `filler` is a term's row in `reach` (f, f), the widest gap at which one filler may follow another in some combination,
    -1 for never, and in `reach_across`, the same over clauses; `within` and `over` tell which may complete a combination.

    `likened` terms may be likenesses; those that `leans` mean different things in different reviews, as one of the issues
    `leans_on` was named before, `leans_alone` even where nothing else stands in the clause; `named` are the issues that a
    `target` names, `names` whether there are any; `may_be_silent` is 好. `asides` numbers what stood beside words,
    `outcomes` is what voc.extract.outcomes keeps.
    """

    lexicon: Lexicon
    words: Trie
    terms: tuple[Term, ...]
    key_term: Ints
    key_marks: Ints
    key_last: Ints
    key_length: Ints
    weight: Ints
    latin: Flags
    silences: Flags
    rival: Flags
    counter: Flags
    whole: Flags
    filler: Ints
    reach: NDArray[np.int16]
    reach_across: NDArray[np.int16]
    within: Completion
    over: Completion
    ambivalent: Flags
    likened: Flags
    leans: Flags
    leans_alone: Flags
    leans_on: tuple[frozenset[int], ...]
    target: Flags
    may_be_silent: Flags
    names: Flags
    named: tuple[tuple[int, ...], ...]
    alike: Alike
    asides: dict[Hashable, int] = field(default_factory=dict)
    outcomes: Kept = field(default_factory=Kept)

    def find(self, sheet: Sheet, clauses: Clauses) -> Found:
        """The words in the clauses of `sheet`."""
        place, key = self.words.find(sheet.codes)
        marks, term = self.key_marks[key], self.key_term[key]
        last = place + self.key_length[key] - 1
        words = np.flatnonzero(term >= 0)
        term, start, end = term[words], place[words], last[words] + 1
        kept = ~self.latin[term] | stands_alone(sheet, start, end)
        term, start, end = term[kept], start[kept], end[kept]
        claiming = np.flatnonzero(self.weight[term] > 0)
        won = claiming[winners(start[claiming], end[claiming], self.weight[term[claiming]], len(sheet.codes))]
        won = won[np.argsort(start[won], kind="stable")]
        taken = term[won], start[won], end[won]
        hits = self._beside(sheet, clauses, taken, last, marks)
        fillers, combines, across = self._combining(sheet, clauses, (term, start, end), taken)
        cued = bits_at(clauses, last, marks >> _CUES_FROM) | self._closing(clauses, last, key)
        characters, whole = _whole_cues()
        foreign = np.append(0, np.cumsum(~characters[sheet.codes]))
        cued[foreign[clauses.end] > foreign[clauses.start]] &= ~whole
        others = clauses_at(clauses, last[marks & _OTHERS > 0])
        others[hits.clause[self.rival[hits.term]]] = True
        ironic, visits = (texts_at(sheet, last[marks & mark > 0]) for mark in (_SNEERS, _VISIT))
        ironic[clauses.row[hits.clause[self.ambivalent[hits.term]]]] = True
        return Found(hits, fillers, combines, across, cued, others, _after_sentence(sheet, clauses), ironic, visits)

    def _closing(self, clauses: Clauses, last: Ints, key: Ints) -> Ints:
        """The bits of the cues of which a word closes each clause; of a long clause the cues only see the beginning."""
        some = np.flatnonzero(self.key_last[key])
        clause = np.minimum(np.searchsorted(clauses.end, last[some], side="right"), max(len(clauses.end) - 1, 0))
        if not len(clauses.end):
            return clauses.end
        long = clauses.end[clause] - clauses.start[clause] > cues.LONGEST
        some = some[long | (clauses.end[clause] == last[some] + 1)]
        return bits_at(clauses, last[some], self.key_last[key[some]])

    def _beside(self, sheet: Sheet, clauses: Clauses, taken: tuple[Ints, Ints, Ints], last: Ints, marks: Ints) -> Hits:
        """The hits that stand in clauses, with what may stand beside each."""
        term, start, end = taken
        speaks = ~self.counter[term]
        term, start, end = term[speaks], start[speaks], end[speaks]
        clause, inside = clause_of(sheet, clauses, start)
        term, start, end, clause = term[inside], start[inside], end[inside], clause[inside]
        first = clauses.start[clause]
        flags = np.zeros(len(term), dtype=np.int64)
        for flag, mark, reach in (
            (NEGATED, _BACK, _BACK_REACH),
            (DOUBTED, _DOUBTS, _BACK_REACH),
            (DEGREE, _DEGREES, _DEGREE_REACH),
        ):
            ends = np.sort(last[marks & mark > 0] + 1)
            before = np.maximum(first, start - reach)
            flags |= flag * (np.searchsorted(ends, before, "right") < np.searchsorted(ends, start, "right"))
        # English negations reach further back, and a Latin word is not told from them by the character before it
        flags |= NEGATED * ((start > first) & (sheet.codes[start] < 0x80))
        ends = np.sort(last[marks & _AFTER > 0] + 1)
        flags |= FOLLOWED * (np.searchsorted(ends, end, "right") < np.searchsorted(ends, end + _AFTER_REACH, "right"))
        quotes = np.append(0, np.cumsum(_quotes()[sheet.codes]))
        flags |= QUOTED * (quotes[start] > quotes[np.maximum(start - _QUOTE_REACH, 0)])
        return Hits(term, start, end, clause, flags)

    def _combining(
        self, sheet: Sheet, clauses: Clauses, found: tuple[Ints, Ints, Ints], taken: tuple[Ints, Ints, Ints]
    ) -> tuple[Hits, Flags, Flags]:
        """The fillers worth looking at: those with another beside them that may follow or precede them."""
        fills = self.filler[found[0]] >= 0
        term, start, end = (part[fills] for part in found)
        order = np.lexsort((end, start))
        term, start, end = term[order], start[order], end[order]
        clause, inside = clause_of(sheet, clauses, start)
        clause[~inside] = -1
        row = sheet.rows(start)
        filler = self.filler[term]
        mine = self.within.completed(filler, clause)
        ours = self.over.completed(filler, row)
        kept = np.flatnonzero((mine & inside) | ours)
        term, start, end, clause, row, filler = (a[kept] for a in (term, start, end, clause, row, filler))
        combines = np.zeros(len(clauses.row), dtype=bool)
        across = np.zeros(len(sheet), dtype=bool)
        paired = np.zeros(len(term), dtype=bool)
        widest = int(max(self.reach.max(initial=-1), self.reach_across.max(initial=-1)))
        lag = 1
        here = np.arange(max(len(term) - 1, 0))
        while len(here):
            there = here + lag
            gap = start[there] - end[here]
            same = row[there] == row[here]
            apart = same & (gap >= 0) & (gap <= widest)
            a, b, gap_between = here[apart], there[apart], gap[apart]
            near = (self.reach[filler[a], filler[b]] >= gap_between) & (clause[a] == clause[b]) & (clause[a] >= 0)
            over = self.reach_across[filler[a], filler[b]] >= gap_between
            combines[clause[a[near]]] = True
            across[row[a[over]]] = True
            paired[a[near | over]] = paired[b[near | over]] = True
            lag += 1
            # what already lies too far away only gets further
            here = here[same & (gap <= widest)]
            here = here[here + lag < len(term)]
        paired[paired] = self._unsilenced(sheet, (term[paired], start[paired], end[paired]), taken)
        none = np.zeros(int(paired.sum()), dtype=np.int64)
        return Hits(term[paired], start[paired], end[paired], clause[paired], none), combines, across

    def _unsilenced(self, sheet: Sheet, fillers: tuple[Ints, ...], taken: tuple[Ints, Ints, Ints]) -> Flags:
        """Fillers that no word silences and that are no single character of another word."""
        term, start, end = fillers
        won, begin, close = taken
        if not len(won):
            return np.ones(len(term), dtype=bool)
        owner = np.full(len(sheet.codes), -1, dtype=np.int64)
        size = close - begin
        owner[np.repeat(begin - np.cumsum(size) + size, size) + np.arange(size.sum())] = np.repeat(
            np.arange(len(won)), size
        )
        by = owner[start]
        within_word = (by >= 0) & self.whole[won[by]] & (size[by] > 1) & (end - start == 1)
        strong = (by >= 0) & self.silences[won[by]] & ~self.rival[won[by]] & (close[by] >= end) & (won[by] != term)
        out = ~(within_word | strong)
        named = np.append(0, np.cumsum((owner >= 0) & self.rival[won[owner]]))
        for n in np.flatnonzero(out & (named[end] > named[start])).tolist():
            others = owner[start[n] : end[n]]
            others = others[others >= 0]
            out[n] = not (self.rival[won[others]] & (won[others] != term[n])).any()
        return np.asarray(out)


@lru_cache(maxsize=8)
def scanner(taxonomy: Taxonomy) -> Scanner:
    """The scanner of `taxonomy`, built once for each content of its file."""
    lexicon = compiled(taxonomy)
    terms = tuple(lexicon.automaton.values())
    keys: dict[str, list[int]] = {term.word: [number, 0, 0] for number, term in enumerate(terms)}
    marked = [(1 << _CUES_FROM + n, pattern) for n, pattern in enumerate(cues.CUES)]
    for mark, patterns in (
        (_BACK, beside.BACKWARD), (_DEGREES, beside.DEGREES), (_AFTER, beside.FORWARD), (_OTHERS, (OTHERS,)),
        (_SNEERS, cues.SNEERS), (_VISIT, (VISITS,)), (_DOUBTS, beside.DOUBTS),
    ):  # fmt: skip
        marked += [(mark, pattern) for pattern in patterns]
    for mark, pattern in marked:
        for word in required(pattern, closing=mark >> _CUES_FROM > 0):
            keys.setdefault(word.removesuffix(END), [-1, 0, 0])[2 if word.endswith(END) else 1] |= mark
    filling = [number for number, term in enumerate(terms) if term.slots]
    filler = np.full(len(terms), -1, dtype=np.int64)
    filler[filling] = np.arange(len(filling))
    slots = [terms[number].slots for number in filling]

    named = tuple(tuple(i for i in term.targets if i not in lexicon.general) for term in terms)
    leans_on = tuple(frozenset((*_leanings(term), *(term.targets if len(term.targets) > 1 else ()))) for term in terms)

    def flags(values: Iterable[bool]) -> Flags:
        return np.fromiter(values, dtype=bool, count=len(terms))

    return Scanner(
        lexicon=lexicon,
        words=trie(tuple(keys)),
        terms=terms,
        key_term=np.array([term for term, _, _ in keys.values()], dtype=np.int64),
        key_marks=np.array([marks for _, marks, _ in keys.values()], dtype=np.int64),
        key_last=np.array([marks >> _CUES_FROM for _, _, marks in keys.values()], dtype=np.int64),
        key_length=np.array([len(word) for word in keys], dtype=np.int64),
        weight=np.array([term.weight for term in terms], dtype=np.int64),
        latin=flags(term.latin for term in terms),
        silences=flags(term.silences for term in terms),
        rival=flags(term.rival for term in terms),
        counter=flags(term.counter for term in terms),
        whole=flags(not term.negative for term in terms),
        filler=filler,
        reach=_reach(slots, lexicon, across=False),
        reach_across=_reach(slots, lexicon, across=True),
        within=completion(slots, lexicon, across=False),
        over=completion(slots, lexicon, across=True),
        ambivalent=flags(cues.ambivalent(term.word) for term in terms),
        likened=flags(any(lexicon.issues[i].figurative for i in _issues(term)) for term in terms),
        leans=flags(bool(issues) for issues in leans_on),
        leans_alone=flags(_leans_alone(term, lexicon) for term in terms),
        leans_on=leans_on,
        target=flags(bool(term.targets) for term in terms),
        may_be_silent=flags(term.word == HARDLY for term in terms),
        names=flags(bool(issues) for issues in named),
        named=named,
        alike=alike(terms, lexicon),
    )


def _leanings(term: Term) -> tuple[int, ...]:
    """The issues on which a word has a sign only in their company."""
    return (*term.bad, *term.good, *term.hints_bad, *term.hints_good)


def _leans_alone(term: Term, lexicon: Lexicon) -> bool:
    """Whether a word that stands alone in its clause means different things in different reviews."""
    decides = term.verdict is not None and term.verdict[0] not in lexicon.general
    return bool(_leanings(term)) and not term.targets and not decides


def _issues(term: Term) -> tuple[int, ...]:
    """All issues that a word may speak of."""
    return (*term.targets, *_leanings(term), *(term.verdict[:1] if term.verdict else ()))


def _reach(slots: Sequence[set[tuple[int, int]]], lexicon: Lexicon, *, across: bool) -> NDArray[np.int16]:
    """Shape (f, f): the widest gap between two fillers in any combination where the one stands right before the other."""
    reach = np.full((len(slots), len(slots)), -1, dtype=np.int16)
    members: dict[tuple[int, int], list[int]] = {}
    for number, places in enumerate(slots):
        for place in places:
            members.setdefault(place, []).append(number)
    for number, (_, combination) in enumerate(lexicon.combinations):
        if across and not combination.across:
            continue
        for position in range(len(combination.slots) - 1):
            grid = np.ix_(members.get((number, position), []), members.get((number, position + 1), []))
            reach[grid] = np.maximum(reach[grid], combination.gap)
    return reach


@lru_cache(maxsize=1)
def _whole_cues() -> tuple[Flags, int]:
    """The characters of the cues that only take whole clauses, and the bits of these cues."""
    named = [alphabet(pattern) for pattern in cues.CUES]
    bits = sum(1 << n for n, characters in enumerate(named) if characters)
    together = "".join(sorted(frozenset().union(*(characters for characters in named if characters))))
    return where(f"[{re.escape(together)}]") if together else np.zeros(CODE_POINTS, dtype=bool), bits


def _after_sentence(sheet: Sheet, clauses: Clauses) -> Flags:
    """Whether a sentence ends between each clause and the one before it."""
    ends = np.append(0, np.cumsum(where(f"[{SENTENCE_ENDS}]")[sheet.codes]))
    return np.asarray(ends[clauses.start] > ends[np.append(0, clauses.end[:-1])[: len(clauses.start)]])


@lru_cache(maxsize=1)
def _quotes() -> Flags:
    return where(f"[{''.join(beside.QUOTES)}]")
