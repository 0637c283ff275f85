"""A linear classifier over character n-grams that scores a batch without a loop over texts.

The score of a text is the sum of the weights of its n-grams, divided by the length that the same n-grams give it under
inverse document frequencies, plus a bias. Naive Bayes log-count ratios (Wang and Manning 2012) and the calibration are
folded into the weights when the model is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.models.ngrams import ngrams

_TEXTS_A_CALL = 4096
_LOAD = 4  # slots per key at least: short probe chains


def keys_of(hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The 32 bits by which a model knows an n-gram."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


@dataclass(frozen=True)
class NgramLinear:
    """`weights` (k + 1, c) and `squares` (k + 1,) end in a row of zeros, which is where unknown n-grams point to.

    `slots` is an open-addressing table from key to row, -1 where empty; `keys` (k + 1,) uint32.
    """

    keys: NDArray[np.uint32]
    slots: NDArray[np.int32]
    weights: NDArray[np.float32]
    squares: NDArray[np.float32]
    bias: NDArray[np.float32]
    longest: int

    @classmethod
    def of(
        cls,
        keys: NDArray[np.uint32],
        weights: NDArray[np.floating],
        idf: NDArray[np.floating],
        bias: NDArray[np.floating],
        *,
        longest: int,
    ) -> NgramLinear:
        """From distinct `keys` (k,), `weights` (k, c), `idf` (k,) > 0 and `bias` (c,)."""
        classes = weights.shape[1]
        return cls(
            keys=np.append(keys, np.uint32(0)),
            slots=_slots(keys),
            weights=np.vstack([weights, np.zeros((1, classes))]).astype(np.float32),
            squares=np.append(idf.astype(np.float32) ** 2, np.float32(0)),
            bias=bias.astype(np.float32),
            longest=longest,
        )

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, c): one score a text and class. A text without a known n-gram gets the bias."""
        out = np.empty((len(texts), len(self.bias)), dtype=np.float32)
        for start in range(0, len(texts), _TEXTS_A_CALL):
            some = texts[start : start + _TEXTS_A_CALL]
            out[start : start + len(some)] = self._scores(some)
        return out

    def _scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        from scipy.sparse import csr_array  # a command that scores nothing does without it

        total = np.zeros((len(texts), len(self.bias)), dtype=np.float32)
        square = np.zeros(len(texts), dtype=np.float32)
        for hashes, offsets in ngrams(texts, longest=self.longest):
            filled = np.flatnonzero(np.diff(offsets))
            if not len(filled):
                continue
            rows = self.rows(keys_of(hashes))
            square[filled] += np.add.reduceat(self.squares[rows], offsets[filled])
            known = np.append(0, np.cumsum(rows >= 0))[offsets]
            rows = rows[rows >= 0]
            counts = csr_array((np.ones(len(rows), dtype=np.float32), rows, known), (len(texts), len(self.weights)))
            total += counts @ self.weights
        length = np.sqrt(np.maximum(square, np.float32(1)))
        return np.asarray(total / length[:, None] + self.bias, dtype=np.float32)

    def rows(self, keys: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The row of each key, -1 for one that the model does not know."""
        mask = np.uint32(len(self.slots) - 1)
        place = keys & mask
        rows: NDArray[np.int32] = self.slots[place]
        open_ = np.flatnonzero((rows >= 0) & (self.keys[rows] != keys))
        while len(open_):
            place[open_] = (place[open_] + np.uint32(1)) & mask
            found = self.slots[place[open_]]
            rows[open_] = found
            open_ = open_[(found >= 0) & (self.keys[found] != keys[open_])]
        return rows


def _slots(keys: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Open addressing with linear probing, filled in rounds: whoever finds a slot free first, by row, has it."""
    size = 1 << max(4, int(len(keys) * _LOAD - 1).bit_length())
    slots = np.full(size, -1, dtype=np.int32)
    waiting = np.arange(len(keys), dtype=np.int32)
    place = keys & np.uint32(size - 1)
    while len(waiting):
        free = slots[place[waiting]] < 0
        taken, first = np.unique(place[waiting[free]], return_index=True)
        slots[taken] = waiting[free][first]
        waiting = waiting[slots[place[waiting]] != waiting]
        place[waiting] = (place[waiting] + np.uint32(1)) & np.uint32(size - 1)
    return slots


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of probabilities from rows of scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
