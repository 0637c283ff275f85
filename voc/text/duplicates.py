"""Near-duplicates: texts that are the same but for a few characters.

MinHash signatures over hashed character bigrams (Broder 1997), banded into buckets so that only texts that share a
whole band are compared (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3), each candidate checked
by the true Jaccard similarity of the bigram sets.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.text.normalise import flat_forms, normalise_all

SHORTEST = 8
#: Distinct texts that are searched together; this bounds the memory that a month needs, however large it is.
STRETCH = 100_000
#: How far below the threshold the similarity of two signatures may lie before the texts themselves are not compared.
DOUBT = 0.2
_SEED = 20
_HASH_BITS = 32
_PAIRS_A_CALL = 1 << 13
_ROWS_A_CALL = 4_000  # signatures are handed over as Python numbers, some 36 bytes each
_TEXTS_A_CALL = 20_000
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(_HASH_BITS)


def near_duplicates(
    texts: Sequence[str], *, threshold: float = 0.8, permutations: int = 128, bands: int = 16
) -> NDArray[np.int64]:
    """Shape (n,): for each text the index of the first text of its group, its own where it resembles none before it.

    Texts are compared in normal form without blanks and punctuation. Equal texts always share a group; texts of fewer
    than 8 characters only when equal. `threshold` is the least Jaccard similarity of two texts' character bigrams,
    (0, 1]; `bands` must divide `permutations`. A text is compared with the first text of each bucket that it falls
    into, so the cost is linear in the number of texts. Of more than STRETCH distinct texts so many neighbours at a time
    are searched, equal ones among all.
    """
    return alike(bare(texts), threshold=threshold, permutations=permutations, bands=bands)


def bare(texts: Sequence[str]) -> list[str]:
    """Normal forms without blanks and punctuation, unless nothing else is there.

    Texts whose every character has a normal form by itself, nearly all, are taken through a table together.
    """
    out: list[str] = []
    for start in range(0, len(texts), _TEXTS_A_CALL):
        out += _bare(texts[start : start + _TEXTS_A_CALL])
    return out


def _bare(texts: Sequence[str]) -> list[str]:
    forms, plain = _tables()
    codes = _codes(texts)
    within = np.minimum(codes, len(forms) - 1)
    even = np.where(codes < len(forms), forms[within], codes)
    doubtful = np.flatnonzero(~plain[np.minimum(even, len(forms) - 1)])
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    out = _letters_only(even, ends)
    odd = np.unique(np.searchsorted(ends, doubtful, "right")).tolist()
    whole = normalise_all(texts[i] for i in odd)
    lengths = np.cumsum(np.fromiter(map(len, whole), np.int64, len(whole)))
    for i, form in zip(odd, _letters_only(_codes(whole), lengths), strict=True):
        out[i] = form
    return out


def _letters_only(codes: NDArray[np.uint32], ends: NDArray[np.int64]) -> list[str]:
    """The letters and digits of each text, else the whole text; text i ends before the code point `ends[i]`."""
    kept = _letters()[codes]
    left = codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
    bounds = [0, *np.concatenate([[0], np.cumsum(kept, dtype=np.int64)])[ends].tolist()]
    out = [left[start:end] for start, end in pairwise(bounds)]
    for i in [i for i, form in enumerate(out) if not form]:
        out[i] = codes[ends[i - 1] if i else 0 : ends[i]].tobytes().decode("utf-32-le", "surrogatepass")
    return out


def keys(forms: Iterable[str]) -> NDArray[np.uint64]:
    """A number for each text, the same everywhere; of different texts it is equal only by chance (64 bits)."""
    digests = b"".join(hashlib.blake2b(f.encode("utf-8", "surrogatepass"), digest_size=8).digest() for f in forms)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def alike(
    forms: Sequence[str], *, threshold: float = 0.8, permutations: int = 128, bands: int = 16
) -> NDArray[np.int64]:
    """`near_duplicates` of texts that are `bare` already."""
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold} does not lie in (0, 1]")
    if bands < 1 or permutations % bands:
        raise ValueError(f"bands {bands} does not divide permutations {permutations}")
    first = np.arange(len(forms), dtype=np.int64)
    seen: dict[str, int] = {}
    distinct: list[int] = []
    for i, form in enumerate(forms):
        at = seen.setdefault(form, i)
        if at != i:
            first[i] = at
        elif len(form) >= SHORTEST:
            distinct.append(i)
    for start in range(0, len(distinct), STRETCH):
        index = np.asarray(distinct[start : start + STRETCH], dtype=np.int64)
        hashes, offsets = _bigrams([forms[i] for i in index])
        first[index] = index[_grouped(hashes, offsets, threshold=threshold, permutations=permutations, bands=bands)]
    return first[first]  # a copy of a near-duplicate belongs to that one's group


@cache
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """By code point below U+10000: the form that `flat` gives it, and whether such a form is sure to be a normal one."""
    forms = np.arange(0x10000, dtype=np.uint32)
    for code, form in flat_forms().items():
        if code < len(forms):
            forms[code] = ord(form)
    plain = np.zeros(len(forms), dtype=bool)
    plain[0x4E00:0xA000] = True  # Han has no compatibility forms here, and nothing in it combines
    for code in (*range(0x300), *range(0x2000, 0x3130)):
        char = chr(code)
        plain[code] = unicodedata.is_normalized("NFKC", char) and unicodedata.category(char)[0] != "M"
    return forms, plain


@cache
def _letters() -> NDArray[np.bool_]:
    """For each code point whether it is a letter or a digit of any script."""
    return np.frombuffer(bytes(map(str.isalnum, map(chr, range(0x110000)))), dtype=bool)


def _codes(texts: Iterable[str]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _bigrams(texts: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Distinct bigram hashes of each text, sorted within it, and the n + 1 offsets of the texts in that array."""
    found, ends = [], [np.zeros(1, np.int64)]
    for start in range(0, len(texts), _TEXTS_A_CALL):
        some = texts[start : start + _TEXTS_A_CALL]
        owner = np.repeat(np.arange(len(some), dtype=np.uint64), np.fromiter(map(len, some), np.int64, len(some)))
        codes = _codes(some).astype(np.uint64)
        pairs = (((codes[:-1] << np.uint64(21)) | codes[1:]) * _MIX) >> np.uint64(64 - _HASH_BITS)
        pairs = np.sort(((owner[:-1] << _LOW) | pairs)[owner[:-1] == owner[1:]])
        new = np.ones(len(pairs), dtype=bool)
        new[1:] = pairs[1:] != pairs[:-1]
        pairs = pairs[new]
        counts = np.bincount((pairs >> _LOW).astype(np.int64), minlength=len(some))
        found.append(pairs & np.uint64((1 << _HASH_BITS) - 1))
        ends.append(ends[-1][-1] + np.cumsum(counts))
    return np.concatenate(found), np.concatenate(ends)


def _grouped(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], *, threshold: float, permutations: int, bands: int
) -> NDArray[np.int64]:
    """Row -> first row of its group, by candidates from the bands and their true similarity."""
    roots = np.arange(len(offsets) - 1, dtype=np.int64)
    rows = _meeting(hashes, offsets, permutations=permutations, bands=bands)
    if not len(rows):
        return roots
    sizes = np.diff(offsets)
    hashes = hashes[np.repeat(np.isin(roots, rows), sizes)]
    offsets = np.concatenate([[0], np.cumsum(sizes[rows])])
    signed, found = _signatures(hashes, offsets, permutations=permutations, bands=bands)
    candidates = []
    for band in range(bands):
        _, head, bucket = np.unique(found[:, band], return_index=True, return_inverse=True)
        later = np.flatnonzero(head[bucket] != np.arange(len(bucket)))
        candidates.append((later.astype(np.uint64) << _LOW) | head[bucket[later]].astype(np.uint64))
    numbers = np.unique(np.concatenate(candidates))
    pairs = np.stack([numbers >> _LOW, numbers & np.uint64((1 << _HASH_BITS) - 1)], axis=1).astype(np.int64)
    pairs = _promising(pairs, sizes[rows], signed, threshold)
    pairs = rows[pairs[_jaccard(hashes, offsets, pairs) >= threshold]]
    roots[pairs[::-1, 0]] = pairs[::-1, 1]  # the earliest match comes last and stands
    while True:
        higher = roots[roots]
        if np.array_equal(higher, roots):
            return roots
        roots = higher


def _digests(hashes: NDArray[np.uint64], offsets: NDArray[np.int64], permutations: int) -> Any:
    from rensa import RMinHash  # the compiled part; only wanted where there is something to compare

    return RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, num_perm=permutations, seed=_SEED)


def _meeting(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], *, permutations: int, bands: int
) -> NDArray[np.int64]:
    """The rows that share a band with another: few among reviews, so only their signatures are handed over."""
    from rensa import RMinHashLSH

    index = RMinHashLSH(threshold=0.5, num_perm=permutations, num_bands=bands)  # the bands decide, not this threshold
    met = index.query_duplicate_flags_matrix_one_shot(_digests(hashes, offsets, permutations))
    return np.flatnonzero(np.asarray(met, bool))


def _signatures(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], *, permutations: int, bands: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """The last byte of each number of the signatures, shape (n, permutations); a key for each band, shape (n, bands)."""
    n = len(offsets) - 1
    last, keyed = np.empty((n, permutations), np.uint8), np.zeros((n, bands), np.uint64)
    for start in range(0, n, _ROWS_A_CALL):
        end = min(start + _ROWS_A_CALL, n)
        bounds = offsets[start : end + 1] - offsets[start]
        matrix = _digests(hashes[offsets[start] : offsets[end]], bounds, permutations)
        numbers = np.fromiter(chain.from_iterable(matrix.to_rows()), np.uint32, (end - start) * permutations)
        last[start:end] = numbers.reshape(end - start, permutations)
        rows = numbers.astype(np.uint64).reshape(end - start, bands, permutations // bands)
        key = keyed[start:end]
        for column in range(rows.shape[2]):
            key[:] = (key ^ rows[:, :, column]) * _MIX
            key ^= key >> np.uint64(29)
    return last, keyed


def _promising(
    pairs: NDArray[np.int64], sizes: NDArray[np.int64], signed: NDArray[np.uint8], threshold: float
) -> NDArray[np.int64]:
    """The pairs that may reach `threshold`: their sizes let them, and their signatures agree in nearly so many places.

    A signature of 128 numbers is off by .044 at most (one standard deviation), so DOUBT is more than four of these.
    """
    few, many = np.sort(sizes[pairs], axis=1).T
    pairs = pairs[few >= threshold * many]
    out = [pairs[:0]]
    for start in range(0, len(pairs), _PAIRS_A_CALL):
        some = pairs[start : start + _PAIRS_A_CALL]
        agreed = (signed[some[:, 0]] == signed[some[:, 1]]).mean(axis=1)
        out.append(some[agreed >= threshold - DOUBT])
    return np.concatenate(out)


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
        merged = np.sort((number << _LOW) | tokens)
        shared = merged[1:][merged[1:] == merged[:-1]] >> _LOW
        common = np.bincount(shared.astype(np.int64), minlength=len(some))
        out[start : start + len(some)] = common / (sizes[some].sum(axis=1) - common)
    return out
