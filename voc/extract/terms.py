"""Terms of a set of texts: content words, and the phrases that adjacent tokens make, as integers.

Tokens are encoded once; everything after that is counting in NumPy. A phrase is kept where its parts meet more often
than chance (normalised pointwise mutual information, Bouma 2009) and where what stands around it varies (branching
entropy, Jin and Tanaka-Ishii 2006), so that 售后服务 or `battery life` are one term and their fragments are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voc.text.counting import distinct_of, runs, spread
from voc.text.language import detect_all
from voc.text.segment import english_words, segmenter
from voc.text.sheet import CODE_POINTS, laid, normal_forms, where
from voc.text.stopwords import stopwords

BREAK = -1
LEAST = 3
"""Texts that a phrase must stand in."""
COHESION, TURNED_COHESION = 0.35, 0.15
"""Least normalised mutual information of a phrase, [-1, 1]; of one that begins with a word that turns it (不, too)."""
VARIETY = 0.4
"""Least branching entropy on either side of a phrase, nats."""
# Words that say little alone and much in front of another: they may open a phrase.
TURNS = frozenset(
    ("不", "没", "没有", "太", "有点", "难", "不够", "不太", "无", "not", "no", "never", "too", "without")
)


@dataclass(frozen=True)
class Stream:
    """Tokens of all texts, one after the other: `token` (m,) ids or BREAK, `text` (m,) the text of each."""

    token: NDArray[np.int64]
    text: NDArray[np.int64]
    words: tuple[str, ...]

    def part(self, start: int, end: int) -> Stream:
        """The tokens of texts `start` .. `end` - 1, with their numbers as they are."""
        inside = slice(*np.searchsorted(self.text, [start, end]))
        return Stream(self.token[inside], self.text[inside], self.words)


@dataclass(frozen=True)
class Terms:
    """`names` of the terms; a row of `parts` (t, 3) is a term's token ids into `words`, filled up with BREAK."""

    names: tuple[str, ...]
    parts: NDArray[np.int64]
    words: tuple[str, ...]

    def pairs(self, stream: Stream) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Distinct (text, term) pairs of `stream`, ordered by text and then by term."""
        size = len(stream.words) + 1
        found_text, found_term = [], []
        lengths = (self.parts != BREAK).sum(axis=1)
        for n in (1, 2, 3):
            known = np.flatnonzero(lengths == n)
            if not len(known):
                continue
            keys, text = _keys(stream, n, size, self._opening(n, known))
            wanted = _combined(self.parts[known, :n], size)
            order = np.argsort(wanted)
            place = np.searchsorted(wanted[order], keys)
            place[place == len(order)] = 0
            hit = wanted[order][place] == keys
            found_text.append(text[hit])
            found_term.append(known[order][place[hit]])
        if not found_text:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        width = max(len(self.names), 1)
        both = distinct_of(np.concatenate(found_text) * width + np.concatenate(found_term))
        return both // width, both % width

    def _opening(self, n: int, known: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n, w + 1): whether each word, the last one being BREAK, stands at each place of one of the `known` terms."""
        out = np.zeros((n, len(self.words) + 1), dtype=bool)
        for place, row in enumerate(out):
            row[self.parts[known, place]] = True
        return out


def stream(texts: Sequence[str], *, lang: str = "auto", words: Sequence[str] = ()) -> Stream:
    """Tokenise and encode; `words` are kept whole. Blanks vanish, signs and masked characters become BREAK."""
    return of_forms(pa.array(normal_forms(texts), pa.string()), lang=lang, words=words)


def of_forms(forms: pa.Array, *, lang: str = "auto", words: Sequence[str] = ()) -> Stream:
    """`stream` of texts in normal form; each distinct one is cut once."""
    together = forms.dictionary_encode()
    once = _cut(together.dictionary.to_pylist(), lang, words)
    which = together.indices.to_numpy().astype(np.int64)
    bounds = np.searchsorted(once.text, np.arange(len(together.dictionary) + 1))
    sizes = np.diff(bounds)[which]
    return Stream(once.token[spread(bounds[which], sizes)], np.repeat(np.arange(len(which)), sizes), once.words)


def _cut(forms: Sequence[str], lang: str, words: Sequence[str]) -> Stream:
    """The tokens of distinct `forms`."""
    english = [found == "en" for found in detect_all(forms)] if lang == "auto" else [lang == "en"] * len(forms)
    parts: list[pa.Array] = [pa.array([], pa.string())]
    owners: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    for latin in (False, True):
        rows = [i for i, is_english in enumerate(english) if is_english is latin]
        some = [forms[i] for i in rows]
        if latin and rows:
            cut = english_words(some)
            parts.append(pa.array(chain.from_iterable(cut), pa.string()))
            owners.append(np.repeat(rows, [len(row) for row in cut]))
        elif rows:
            tokens, sizes = segmenter(tuple(sorted(set(words)))).tokens(some)
            parts.append(tokens)
            owners.append(np.repeat(rows, sizes))
    together, text = pa.concat_arrays(parts), np.concatenate(owners).astype(np.int64)
    if any(english) and not all(english):
        order = np.argsort(text, kind="stable")
        together, text = together.take(pa.array(order)), text[order]
    encoded = together.dictionary_encode()
    names = tuple(encoded.dictionary.to_pylist())
    token = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    if names:
        kind = _kinds(names)
        blank = kind[token] == 0
        token = np.where(kind[token] == 1, BREAK, token)[~blank]
        text = text[~blank]
    return Stream(token, text, names)


def terms(source: Stream) -> Terms:
    """The content words and phrases of `source`; what a longer term nearly always takes along is left out."""
    names = source.words
    stop = stopwords("zh") | stopwords("en")
    edge = np.fromiter((name not in stop for name in names), dtype=bool, count=len(names))
    turns = np.fromiter((name in TURNS for name in names), dtype=bool, count=len(names))
    long = np.fromiter((len(name) > 1 for name in names), dtype=bool, count=len(names))
    content = (_kinds(names) == 2) & long & edge & ~turns  # worth showing alone
    size = len(names) + 1
    single, single_texts = _counted(*_keys(source, 1, size))
    texts_of = dict(zip(single.tolist(), single_texts.tolist(), strict=True))
    total = max(int((source.token != BREAK).sum()), 1)
    occurrences = np.bincount(source.token[source.token != BREAK], minlength=len(names))
    kept: list[tuple[tuple[int, ...], int]] = [((int(t),), texts_of[t]) for t in single.tolist() if content[t]]
    for n in (2, 3):
        keys, text = _keys(source, n, size)
        distinct, count = _counted(keys, text)
        parts = _parts(distinct, n, size)
        first, last = parts[:, 0], parts[:, -1]
        fine = (count >= LEAST) & (edge[first] | turns[first]) & edge[last]
        distinct, count, parts = distinct[fine], count[fine], parts[fine]
        times = _times(keys, distinct)
        joint = times / total
        single_share = occurrences[parts] / total
        cohesion = np.log(joint / single_share.prod(axis=1)) / ((n - 1) * -np.log(joint))
        least = np.where(turns[parts[:, 0]], TURNED_COHESION, COHESION)
        fine = (cohesion >= least) & (_variety(source, keys, distinct, n, edge) >= VARIETY)
        fine &= np.fromiter((_phrase([names[t] for t in row]) for row in parts.tolist()), dtype=bool, count=len(parts))
        kept.extend((tuple(row), int(c)) for row, c in zip(parts[fine].tolist(), count[fine].tolist(), strict=True))
    kept = _without_fragments(kept)
    table = np.full((len(kept), 3), BREAK, dtype=np.int64)
    for i, (row, _) in enumerate(kept):
        table[i, : len(row)] = row
    return Terms(tuple(joined([names[t] for t in row]) for row, _ in kept), table, names)


def joined(parts: Sequence[str]) -> str:
    """Tokens as one term: English words with blanks, Chinese ones without."""
    out = parts[0]
    for part in parts[1:]:
        out += (" " if out[-1].isascii() and part[0].isascii() else "") + part
    return out


def _kinds(tokens: Sequence[str]) -> NDArray[np.int8]:
    """For each token 0 for blanks, 1 for what parts words (signs, numbers, masks), 2 for words."""
    sheet = laid(tokens)
    letter, masked, inked = (
        sheet.counts(marks[sheet.codes]) > 0 for marks in (_letters(), where("[*＊]"), where(r"\S"))
    )
    return np.where(inked, np.where(letter & ~masked, 2, 1), 0).astype(np.int8)


@cache
def _letters() -> NDArray[np.bool_]:
    """Whether each code point is a letter (`str.isalpha`)."""
    letters = np.zeros(CODE_POINTS, dtype=bool)
    some = np.flatnonzero(where(r"[^\W\d_]"))
    letters[some] = [chr(code).isalpha() for code in some.tolist()]
    return letters


def _phrase(parts: Sequence[str]) -> bool:
    """A phrase has at least two Han characters or four letters, and does not repeat one token (哈 哈 哈)."""
    text = "".join(parts)
    return len(set(parts)) > 1 and len(text) >= (4 if text.isascii() else 2)


def _keys(
    source: Stream, n: int, size: int, may: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One key for each run of n tokens without a break inside one text, and its text.

    `may` (n, w + 1) leaves out the runs that have at one of their places a token which it does not allow there.
    """
    at = _runs(source, n)
    for place, allowed in enumerate(() if may is None else may):
        at = at[allowed[source.token[at + place]]]
    key = source.token[at]
    for place in range(1, n):
        key = key * size + source.token[at + place]
    return key, source.text[at]


def _runs(source: Stream, n: int) -> NDArray[np.int64]:
    """Where the runs of n tokens without a break inside one text begin."""
    count = max(len(source.token) - n + 1, 0)
    inside = source.text[:count] == source.text[n - 1 : n - 1 + count]
    for place in range(n):
        inside &= source.token[place : place + count] != BREAK
    return np.flatnonzero(inside)


def _combined(parts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    key = parts[:, 0].copy()
    for column in parts.T[1:]:
        key = key * size + column
    return key


def _parts(keys: NDArray[np.int64], n: int, size: int) -> NDArray[np.int64]:
    return np.stack([keys // size ** (n - 1 - i) % size for i in range(n)], axis=1)


def _counted(keys: NDArray[np.int64], text: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct keys and the number of texts that each stands in."""
    order = np.argsort(keys, kind="stable")  # the texts of a key stay in their order
    keys, text = keys[order], text[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = (keys[1:] != keys[:-1]) | (text[1:] != text[:-1])
    return runs(keys[new])


def _times(keys: NDArray[np.int64], distinct: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each key of the sorted `distinct` stands in `keys`."""
    ordered = np.sort(keys)
    return np.searchsorted(ordered, distinct, "right") - np.searchsorted(ordered, distinct, "left")


def _variety(
    source: Stream, keys: NDArray[np.int64], distinct: NDArray[np.int64], n: int, edge: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The lower of the two branching entropies of each phrase, nats.

    A break and a stop word (not `edge`) beside it count as a neighbour that no other occurrence has: neither can be
    part of a longer phrase.
    """
    inside = _runs(source, n)
    which = np.searchsorted(distinct, keys)
    which[which == len(distinct)] = 0
    hit = distinct[which] == keys if len(distinct) else np.zeros(len(keys), dtype=bool)
    which, at = which[hit], inside[hit]
    entropies = []
    for beside in (at - 1, at + n):
        safe = np.clip(beside, 0, len(source.token) - 1)
        same = (beside >= 0) & (beside < len(source.token)) & (source.text[safe] == source.text[at])
        neighbour = np.where(same, source.token[safe], BREAK)
        neighbour = np.where((neighbour == BREAK) | ~edge[neighbour], len(source.words) + at, neighbour)
        pairs, times = np.unique(which * (len(source.words) + len(source.token) + 1) + neighbour, return_counts=True)
        phrase = pairs // (len(source.words) + len(source.token) + 1)
        whole = np.bincount(which, minlength=len(distinct)).astype(np.float64)
        share = times / whole[phrase]
        entropies.append(np.bincount(phrase, weights=-share * np.log(share), minlength=len(distinct)))
    return np.minimum(*entropies)


def _without_fragments(kept: list[tuple[tuple[int, ...], int]]) -> list[tuple[tuple[int, ...], int]]:
    """Drop a term when one longer term that holds it accounts for most of its texts."""
    taken: dict[tuple[int, ...], int] = {}
    for row, count in kept:
        for n in range(1, len(row)):
            for start in range(len(row) - n + 1):
                part = row[start : start + n]
                taken[part] = max(taken.get(part, 0), count)
    return [(row, count) for row, count in kept if taken.get(row, 0) < _MOST_OF * count]


_MOST_OF = 0.7
