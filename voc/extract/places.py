"""Where stretches of a sheet lie: which of them win where they overlap, which clause and which text they stand in."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voc.text.clauses import Clauses
from voc.text.sheet import CODE_POINTS, Sheet, where

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stands_alone(sheet: Sheet, start: Ints, end: Ints) -> Flags:
    """Whether each stretch is not part of a longer Latin word or number."""
    kinds = _latin_kinds()[sheet.codes]
    before = np.where(start > 0, kinds[np.maximum(start - 1, 0)], 0)
    after = kinds[end]  # a line end closes the sheet
    return np.asarray(~((before > 0) & (kinds[start] > 0)) & ~((after == 2) & (kinds[end - 1] == 2)))


def winners(start: Ints, end: Ints, weight: Ints, size: int) -> Ints:
    """Which stretches win their place: the weightier first, then the longer, then the earlier; no two overlap.

    In each round every stretch that no better one touches wins, and what touches a winner is out.
    """
    rank_order = np.lexsort((start, start - end, -weight))
    length = end - start
    rank = np.empty(len(start), dtype=np.int64)
    rank[rank_order] = np.arange(len(start))
    won: list[Ints] = []
    left = rank_order[::-1]  # worst first, so that the best is written last
    best = np.full(size, -1, dtype=np.int64)
    while len(left):
        sizes = length[left]
        firsts = np.cumsum(sizes) - sizes
        place = np.repeat(start[left] - firsts, sizes) + np.arange(int(sizes.sum()))
        ranks = np.repeat(rank[left], sizes)
        best[place] = ranks
        better = np.add.reduceat((best[place] != ranks).astype(np.int64), firsts)
        winners = left[better == 0]
        won.append(winners)
        left, place_left = left[better > 0], better > 0
        if not len(left):
            break
        best[place] = -1
        size_won = length[winners]
        covered = np.repeat(start[winners] - np.cumsum(size_won) + size_won, size_won) + np.arange(int(size_won.sum()))
        best[covered] = -2
        touched = np.add.reduceat((best[place] == -2).astype(np.int64), firsts)[place_left] > 0
        left = left[~touched]
        best[covered] = -1
    return np.concatenate(won) if won else np.zeros(0, dtype=np.int64)


def clause_of(sheet: Sheet, clauses: Clauses, start: Ints) -> tuple[Ints, Flags]:
    """The first clause that ends after each place, and whether it belongs to the same text."""
    clause = np.searchsorted(clauses.end, start, side="right")
    known = clause < len(clauses.end)
    clause = np.minimum(clause, max(len(clauses.end) - 1, 0))
    if len(clauses.end):
        known &= clauses.row[clause] == sheet.rows(start)
    return clause, known


def clauses_at(clauses: Clauses, places: Ints) -> Flags:
    """Which clauses hold one of the places."""
    out = np.zeros(len(clauses.row), dtype=bool)
    clause = np.searchsorted(clauses.end, places, side="right")
    inside = clause < len(clauses.end)
    inside[inside] = clauses.start[clause[inside]] <= places[inside]
    out[clause[inside]] = True
    return out


def bits_at(clauses: Clauses, places: Ints, bits: Ints) -> Ints:
    """The bits of all places that each clause holds, together."""
    some = np.flatnonzero(bits)
    places, bits = places[some], bits[some]
    out = np.zeros(len(clauses.row), dtype=np.int64)
    clause = np.searchsorted(clauses.end, places, side="right")
    inside = clause < len(clauses.end)
    inside[inside] = clauses.start[clause[inside]] <= places[inside]
    np.bitwise_or.at(out, clause[inside], bits[inside])
    return out


def texts_at(sheet: Sheet, places: Ints) -> Flags:
    """Which texts hold one of the places."""
    out = np.zeros(len(sheet), dtype=bool)
    out[sheet.rows(places)] = True
    return out


@lru_cache(maxsize=1)
def _latin_kinds() -> NDArray[np.int8]:
    """1 for ASCII digits, 2 for ASCII letters, else 0."""
    kinds = np.zeros(CODE_POINTS, dtype=np.int8)
    kinds[where("[0-9]")] = 1
    kinds[where("[A-Za-z]")] = 2
    return kinds
