"""Hashed character n-grams of a whole batch of texts at once.

All texts are laid end to end in one array of code points, each between a start and an end mark; the hash of an n-gram
is rolled from that of the (n-1)-gram that begins at the same place. No Python object is made per text or per n-gram.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_START, _END = "\x02", "\x03"
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(31)


def ngrams(texts: Sequence[str], *, longest: int) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """For n = 1 .. `longest`: the hashes of all n-grams in text order, and the n + 1 offsets of the texts among them.

    Hashes are 64 bits wide and the same on every machine. Start and end marks take part in n-grams from n = 2. A text
    of k code points has k unigrams and max(0, k + 3 - n) n-grams.
    """
    count = len(texts)
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=count) + 2
    joined = "".join([f"{_START}{text}{_END}" for text in texts])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    ends = np.repeat(np.cumsum(lengths), lengths)  # where the text of each code point ends
    offsets = np.zeros(count + 1, dtype=np.int64)
    places = np.arange(len(codes), dtype=np.int64)
    rolled = np.full(len(codes), _FIRST, dtype=np.uint64)
    for n in range(1, longest + 1):
        rolled = (rolled[: len(codes) - n + 1] ^ codes[n - 1 :]) * _STEP
        rolled ^= rolled >> _SHIFT
        if n == 1:
            inside = np.ones(len(codes), dtype=bool)
            last = np.cumsum(lengths) - 1
            inside[last] = inside[last - lengths + 1] = False  # the marks
            sizes = lengths - 2
        else:
            inside = places[: len(rolled)] + n <= ends[: len(rolled)]
            sizes = np.maximum(lengths + 1 - n, 0)
        np.cumsum(sizes, out=offsets[1:])
        yield rolled[inside], offsets.copy()
