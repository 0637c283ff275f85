"""Near-duplicates: texts that are the same but for a few characters.

MinHash signatures over hashed character bigrams (Broder 1997), banded into buckets so that only texts that share a
whole band are compared (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3), each candidate checked
by the true Jaccard similarity of the bigram sets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voc.text.normalise import normalise_all

SHORTEST = 8
_SIGNS = re.compile(r"[\W_]+")
_SEED = 20
_HASH_BITS = 44
_PAIRS_A_CALL = 1 << 16  # pair number and hash share a 64-bit key
_ROWS_A_CALL = 20_000  # the signatures pass through Python lists; this bounds their memory
_MIX = np.uint64(0x9E3779B97F4A7C15)


def near_duplicates(
    texts: Sequence[str], *, threshold: float = 0.8, permutations: int = 128, bands: int = 16
) -> NDArray[np.int64]:
    """Shape (n,): for each text the index of the first text of its group, its own where it resembles none before it.

    Texts are compared in normal form without blanks and punctuation. Equal texts always share a group; texts of fewer
    than 8 characters only when equal. `threshold` is the least Jaccard similarity of two texts' character bigrams,
    (0, 1]; `bands` must divide `permutations`. A text is compared with the first text of each bucket that it falls
    into, so the cost is linear in the number of texts.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold} does not lie in (0, 1]")
    if bands < 1 or permutations % bands:
        raise ValueError(f"bands {bands} does not divide permutations {permutations}")
    first = np.arange(len(texts), dtype=np.int64)
    bare = [_SIGNS.sub("", form) or form for form in normalise_all(texts)]
    seen: dict[str, int] = {}
    distinct: list[int] = []
    for i, form in enumerate(bare):
        at = seen.setdefault(form, i)
        if at != i:
            first[i] = at
        elif len(form) >= SHORTEST:
            distinct.append(i)
    if len(distinct) < 2:
        return first
    hashes, offsets = _bigrams([bare[i] for i in distinct])
    roots = _grouped(hashes, offsets, threshold=threshold, permutations=permutations, bands=bands)
    index = np.asarray(distinct, dtype=np.int64)
    first[index] = index[roots]
    return first[first]  # a copy of a near-duplicate belongs to that one's group


def _bigrams(texts: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Distinct bigram hashes of each text, sorted within it, and the n + 1 offsets of the texts in that array."""
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    inside = owner[:-1] == owner[1:]
    pairs = ((codes[:-1] << np.uint64(21)) | codes[1:])[inside]
    owner = owner[:-1][inside]
    pairs = (pairs * _MIX) >> np.uint64(64 - _HASH_BITS)
    order = np.lexsort((pairs, owner))
    pairs, owner = pairs[order], owner[order]
    new = np.ones(len(pairs), dtype=bool)
    new[1:] = (pairs[1:] != pairs[:-1]) | (owner[1:] != owner[:-1])
    pairs, owner = pairs[new], owner[new]
    offsets = np.searchsorted(owner, np.arange(len(texts) + 1))
    return pairs, offsets.astype(np.int64)


def _grouped(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], *, threshold: float, permutations: int, bands: int
) -> NDArray[np.int64]:
    """Row -> first row of its group, by candidates from the bands and their true similarity."""
    keys = _band_keys(hashes, offsets, permutations=permutations, bands=bands)
    left, right = [], []
    for band in range(bands):
        _, head, bucket = np.unique(keys[:, band], return_index=True, return_inverse=True)
        rows = np.flatnonzero(head[bucket] != np.arange(len(bucket)))
        left.append(rows)
        right.append(head[bucket[rows]])
    pairs = np.unique(np.stack([np.concatenate(left), np.concatenate(right)], axis=1), axis=0)
    alike = pairs[_jaccard(hashes, offsets, pairs) >= threshold]
    roots = np.arange(len(offsets) - 1, dtype=np.int64)
    for row, earlier in alike[::-1].tolist():  # the earliest match comes last and stands
        roots[row] = earlier
    while True:
        higher = roots[roots]
        if np.array_equal(higher, roots):
            return roots
        roots = higher


def _band_keys(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], *, permutations: int, bands: int
) -> NDArray[np.uint64]:
    """Shape (n, bands): one 64-bit key for the rows of each band of the signature."""
    from rensa import RMinHash  # the compiled part; only wanted where there is something to compare

    keys = np.empty((len(offsets) - 1, bands), dtype=np.uint64)
    width = permutations // bands
    for start in range(0, len(keys), _ROWS_A_CALL):
        end = min(start + _ROWS_A_CALL, len(keys))
        part = hashes[offsets[start] : offsets[end]]
        bounds = offsets[start : end + 1] - offsets[start]
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(part, bounds, num_perm=permutations, seed=_SEED)
        rows = np.asarray(matrix.to_rows(), dtype=np.uint64).reshape(end - start, bands, width)
        key = np.zeros((end - start, bands), dtype=np.uint64)
        for column in range(width):
            key = (key ^ rows[:, :, column]) * _MIX
            key ^= key >> np.uint64(29)
        keys[start:end] = key
    return keys


def _jaccard(hashes: NDArray[np.uint64], offsets: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Jaccard similarity of each pair of rows; shape (len(pairs),), values [0, 1]."""
    sizes = np.diff(offsets)
    out = np.empty(len(pairs), dtype=np.float64)
    for start in range(0, len(pairs), _PAIRS_A_CALL):
        some = pairs[start : start + _PAIRS_A_CALL]
        rows = some.ravel()
        lengths = sizes[rows]
        number = np.repeat(np.arange(len(some), dtype=np.uint64), lengths.reshape(-1, 2).sum(axis=1))
        begin = np.repeat(offsets[rows] - np.cumsum(lengths) + lengths, lengths)
        tokens = hashes[begin + np.arange(len(begin))]
        keys = np.sort((number << np.uint64(_HASH_BITS)) | tokens)
        shared = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(_HASH_BITS)
        common = np.bincount(shared.astype(np.int64), minlength=len(some))
        out[start : start + len(some)] = common / (sizes[some].sum(axis=1) - common)
    return out
