"""Static embeddings: a vector a word, learned so that their mean is what the sentence encoder says of a clause.

A distillation in the sense of Hinton, Vinyals and Dean (2015) with the simplest of students: the vector of a clause is the
sum of its words' vectors, scaled to length 1. What depends on the order of words is lost; a clause costs microseconds.
The recipe and the figures: voc.corpora.recipes.static, weights/CARD.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from voc.models.files import find, tensors
from voc.text.segment import Segmenter
from voc.topics.embed import Vectors, unit

MODEL = "topics-static"
_MOST_OF_ONE = 2.0


@dataclass(frozen=True, eq=False)
class Static:
    """`vectors` float32 (words, d); `row` gives the row of each word and of each character that has one."""

    row: Mapping[str, int]
    vectors: Vectors
    version: str
    segmenter: Segmenter
    name: str = "static"
    cached: bool = False
    alike: float = 0.62
    views: tuple[int, ...] = ()

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        return {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (len(texts), d); zero where no word of a text is known."""
        counts = counted(words(texts, self.segmenter), self.row)
        return unit(np.asarray(counts @ self.vectors))


def words(texts: Sequence[str], segmenter: Segmenter) -> list[list[str]]:
    """The words of each text, in small letters."""
    return segmenter.cut([text.lower() for text in texts])


def counted(rows: Iterable[Sequence[str]], row: Mapping[str, int]) -> sparse.csr_matrix:
    """How often each known word stands in each text, at most twice; a word without a row counts as its characters."""
    ends, columns = [0], []
    for tokens in rows:
        for token in tokens:
            place = row.get(token)
            if place is not None:
                columns.append(place)
            elif len(token) > 1:
                columns.extend(row[char] for char in token if char in row)
        ends.append(len(columns))
    counts = sparse.csr_matrix(
        (np.ones(len(columns), np.float32), columns, ends), shape=(len(ends) - 1, max(len(row), 1))
    )
    counts.sum_duplicates()
    counts.data = np.minimum(counts.data, np.float32(_MOST_OF_ONE))
    return counts


@cache
def load() -> Static:
    """The shipped vectors. Raises VocError where the file is missing or altered."""
    file = find(MODEL)
    stored = tensors(file)
    names = json.loads(stored["words"].tobytes().decode("utf-8"))
    vectors = stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32)[:, None]
    return Static({word: i for i, word in enumerate(names)}, vectors, file.label, Segmenter())
