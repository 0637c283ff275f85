"""Vectors of words learned from the reviews at hand, laid beside those of an encoder.

An encoder knows what sentences mean; which words go together in this trade it cannot know: that two words are names of one
kind of goods, or parts of it, shows in the reviews that use both. Positive pointwise mutual information of words that meet
in a review, taken to few dimensions by a truncated SVD (Levy and Goldberg 2014); the vector of a text is the mean of its
words with rare ones counting for more, without the direction that all texts share (Arora, Liang and Ma 2017).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from voc.text.segment import segmenter
from voc.topics.embed import OWN, Embedder, Vectors, unit
from voc.topics.static import words
from voc.topics.words import says_something

#: Texts beyond this many say little more of which words go together, and their pairs are held in memory.
MOST_TEXTS = 60_000
_MOST_WORDS = 20_000
_LEAST_TEXTS, _PER_TEXTS = 5, 6_000  # a word stands in at least 5 texts, or in one of 6,000
_DIMENSIONS = 150
_ROUNDS = 6
_SMOOTHED = 0.75  # the power of Levy, Goldberg and Dagan (2015) on the frequency of the words around
_COMMON = 1e-3  # a word in one text of a thousand counts half
#: As many pairs of clauses reach it as reach the .62 of `use` and `static` alone (.60 to .65 on two trades).
_ALIKE = 0.62


@dataclass(frozen=True, eq=False)
class Own:
    """`base` and word vectors side by side, at equal weight. `words` (n,) in order, `vectors` float32 (n, d), already weighted.

    `centre` (of the base vectors), `shared` and `mean` (d,) are those of the texts that it was made for.
    """

    base: Embedder
    words: tuple[str, ...]
    vectors: Vectors
    centre: Vectors
    shared: Vectors
    mean: Vectors
    cached: bool = False
    alike: float = _ALIKE

    @property
    def name(self) -> str:
        return self.base.name + OWN

    @property
    def views(self) -> tuple[int, ...]:
        return (len(self.centre),)

    @cached_property
    def version(self) -> str:
        hashed = hashlib.sha256()
        for name, array in sorted(self.state.items()):
            hashed.update(name.encode() + array.tobytes())
        return f"{self.base.version}+own-{hashed.hexdigest()[:16]}"

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        names = np.frombuffer(json.dumps(self.words, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8)
        return {
            "own_words": names, "own_vectors": self.vectors.astype(np.float16), "own_centre": self.centre,
            "own_shared": self.shared, "own_mean": self.mean,
        }  # fmt: skip

    @cached_property
    def _row(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self.beside(self.base.encode(texts), texts)

    def beside(self, vectors: Vectors, texts: Sequence[str]) -> Vectors:
        """Unit vectors (len(texts), base dimensions + d) of `texts`, whose vectors by `base` are `vectors`."""
        spoken = np.linalg.norm(vectors, axis=1, keepdims=True) > 0
        meant = unit(np.where(spoken, vectors - self.centre, 0))
        said = _summed(words(texts, segmenter()), self._row, self.vectors)
        known = np.linalg.norm(said, axis=1, keepdims=True) > 0
        said = unit(np.where(known, said - np.outer(said @ self.shared, self.shared) - self.mean, 0))
        return unit(np.hstack([meant, said]))


def fit_own(base: Embedder, vectors: Vectors, texts: Sequence[str], corpus: Sequence[str]) -> Own:
    """`base` with word vectors learned from `corpus`, centred for `texts`, whose vectors by `base` are `vectors`.

    `corpus` and `texts` are clean. Without a word that enough texts have in common, the word vectors are empty.
    """
    drawn = sorted(set(corpus))
    if len(drawn) > MOST_TEXTS:
        drawn.sort(key=lambda text: hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest())
    rows = [sorted({w for w in row if says_something(w)}) for row in words(drawn[:MOST_TEXTS], segmenter())]
    found = Counter(word for row in rows for word in row)
    least = max(_LEAST_TEXTS, len(rows) // _PER_TEXTS)
    common = sorted(sorted(w for w, n in found.items() if n >= least), key=lambda w: -found[w])[:_MOST_WORDS]
    names = tuple(sorted(common))
    learned = _vectors(_counts(rows, {word: i for i, word in enumerate(names)}))
    share = np.array([found[word] for word in names], np.float64)
    weighted = learned * (_COMMON / (_COMMON + share / max(share.sum(), 1)))[:, None]
    kept = weighted.astype(np.float16).astype(np.float32)  # as it is stored
    said = _summed(words(texts, segmenter()), {word: i for i, word in enumerate(names)}, kept)
    with threadpool_limits(1):
        _, axes = np.linalg.eigh(said.T @ said)
    shared = axes[:, -1] if axes.shape[1] else np.zeros(0)
    mean = (said - np.outer(said @ shared, shared)).mean(axis=0) if len(said) else np.zeros(said.shape[1])
    centre = vectors.mean(axis=0, dtype=np.float64) if len(vectors) else np.zeros(vectors.shape[1])
    return Own(base, names, kept, centre.astype(np.float32), shared.astype(np.float32), np.asarray(mean, np.float32))


def of_state(base: Embedder, state: dict[str, NDArray[Any]]) -> Own:
    """The vectors that a stored model holds in `state`."""
    names = json.loads(state["own_words"].tobytes().decode("utf-8", "surrogatepass"))
    return Own(
        base, tuple(names), state["own_vectors"].astype(np.float32), state["own_centre"], state["own_shared"],
        state["own_mean"],
    )  # fmt: skip


def _counts(rows: Sequence[Sequence[str]], row: dict[str, int]) -> sparse.csr_matrix:
    """Which known word stands in which text, 0 or 1, shape (texts, words)."""
    ends, columns = [0], []
    for said in rows:
        columns += sorted({row[word] for word in said if word in row})
        ends.append(len(columns))
    return sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), len(row)))


def _summed(rows: Sequence[Sequence[str]], row: dict[str, int], vectors: Vectors) -> Vectors:
    return unit(np.asarray(_counts(rows, row) @ vectors))


def _vectors(said: sparse.csr_matrix) -> Vectors:
    """Unit word vectors, shape (words, at most 150), from which word stands in which text.

    A text with n words gives each pair of them 1 / (n - 1), so that long texts do not decide alone.
    """
    from sklearn.utils.extmath import randomized_svd

    if said.shape[1] < 3:
        return np.zeros((said.shape[1], 0), np.float32)
    length = np.asarray(said.sum(axis=1)).ravel()
    scaled = sparse.diags(1 / np.sqrt(np.maximum(length - 1, 1))) @ said.astype(np.float64)
    together = (scaled.T @ scaled).tocsr()
    together.setdiag(0)
    together.eliminate_zeros()
    total = np.asarray(together.sum(axis=1)).ravel()
    around = total**_SMOOTHED
    pairs = together.tocoo()
    if not pairs.nnz:
        return np.zeros((said.shape[1], 0), np.float32)
    chance = total[pairs.row] * around[pairs.col] / around.sum()
    gain = np.maximum(np.log(pairs.data / chance), 0)
    positive = sparse.csr_matrix((gain, (pairs.row, pairs.col)), shape=pairs.shape)
    positive.eliminate_zeros()
    rank = min(_DIMENSIONS, said.shape[1] - 1)
    with threadpool_limits(1):
        left, strength, _ = randomized_svd(
            positive, rank, n_iter=_ROUNDS, random_state=0
        )  # ARPACK draws unseeded numbers
    order = np.argsort(-strength, kind="stable")
    keep = order[strength[order] > 1e-9 * max(strength.max(), 1e-9)]
    axes = left[:, keep] * np.sqrt(strength[keep])
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(len(keep))])  # an axis has no sign of its own
    return unit(axes)
