"""All places of all words of a list in a long text, without a step of Python per character.

The words form a trie (Fredkin 1960). Every place of the text starts at its root, and all places that are still on a path
take the next step together; after as many steps as the longest word has characters, every word has been found
everywhere. Few places survive the second step, so the cost is that of looking at the text about twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.text.sheet import CODE_POINTS

_LOAD = 4
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STATE_BITS = np.int64(21)  # a code point needs 21 bits
_NONE = np.int64(-1)


@dataclass(frozen=True)
class Trie:
    """`first` (CODE_POINTS,) leads from the root to a state, 0 for none; `keys`, `next` are a hash table of the other steps.

    `word` (s,) is the word that ends in each state, -1 for none; `leaf` (s,) whether no step leads on from there.
    """

    first: NDArray[np.int32]
    keys: NDArray[np.int64]
    next: NDArray[np.int32]
    word: NDArray[np.int32]
    leaf: NDArray[np.bool_]

    def find(self, codes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Start and number of each word found in `codes`, overlapping ones and all, sorted by length, then by start."""
        state = self.first[codes]
        place = np.flatnonzero(state)
        state = state[place]
        starts, words = [], []
        step = 0
        while True:
            word = self.word[state]
            ending = word >= 0
            starts.append(place[ending])
            words.append(word[ending])
            step += 1
            on = ~self.leaf[state] & (place + step < len(codes))
            place, state = place[on], state[on]
            if not len(place):
                break
            state = self._step(state, codes[place + step])
            on = state > 0
            place, state = place[on], state[on]
        return np.concatenate(starts).astype(np.int64), np.concatenate(words).astype(np.int64)

    def _step(self, state: NDArray[np.int32], code: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The state after each `state` and `code`, 0 where the trie ends."""
        key = state.astype(np.int64) << _STATE_BITS | code
        slot = _slot(key, len(self.keys))
        held = self.keys[slot]
        open_ = np.flatnonzero((held != key) & (held != _NONE))
        while len(open_):
            slot[open_] = (slot[open_] + 1) & (len(self.keys) - 1)
            held[open_] = self.keys[slot[open_]]
            open_ = open_[(held[open_] != key[open_]) & (held[open_] != _NONE)]
        return np.where(held == key, self.next[slot], np.int32(0))


def trie(words: Sequence[str]) -> Trie:
    """The trie of distinct, non-empty `words`; a word's number is its place in the list."""
    steps: dict[tuple[int, str], int] = {}
    ends: list[int] = [-1]
    for number, word in enumerate(words):
        state = 0
        for char in word:
            following = steps.get((state, char))
            if following is None:
                following = steps[state, char] = len(ends)
                ends.append(-1)
            state = following
        ends[state] = number
    first = np.zeros(CODE_POINTS, dtype=np.int32)
    leaf = np.ones(len(ends), dtype=bool)
    for (state, char), following in steps.items():
        leaf[state] = False
        if state == 0:
            first[ord(char)] = following
    later = [(state << 21 | ord(char), following) for (state, char), following in steps.items() if state]
    size = 1 << max(4, (len(later) * _LOAD).bit_length())
    keys, following_of = np.full(size, _NONE), np.zeros(size, dtype=np.int32)
    slots = _slot(np.array([key for key, _ in later], dtype=np.int64), size).tolist()
    for (key, following), slot in zip(later, slots, strict=True):
        while keys[slot] != _NONE:
            slot = (slot + 1) & (size - 1)
        keys[slot], following_of[slot] = key, following
    return Trie(first, keys, following_of, np.array(ends, dtype=np.int32), leaf)


def _slot(key: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    bits = np.uint64(64 - (size.bit_length() - 1))
    return ((key.astype(np.uint64) * _MIX) >> bits).astype(np.int64)
