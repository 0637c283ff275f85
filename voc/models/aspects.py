"""The aspect head: the chance that a clause is about each issue of the default taxonomy, whatever words it has for it.

A linear model over hashed character n-grams with one regression a code (corpora/recipes/aspects.py trains it). It names
what no word of the taxonomy names, and doubts what a word named beside the point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.models.files import find, tensors
from voc.models.linear import NgramLinear

NAME = "aspects"


@dataclass(frozen=True)
class Aspects:
    """`codes` are those of the taxonomy named `taxonomy`, the columns of `model`."""

    name: str
    taxonomy: str
    codes: tuple[str, ...]
    model: NgramLinear

    def chances(self, clauses: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, codes) in (0, 1): how likely each clause, in normal form, is about each issue; it may be about several."""
        scores = self.model.scores(clauses) if len(clauses) else np.zeros((0, len(self.codes)), dtype=np.float32)
        return np.asarray(1.0 / (1.0 + np.exp(-scores)), dtype=np.float32)


@cache
def load() -> Aspects:
    """The shipped head. Raises VocError for a missing or altered file."""
    file = find(NAME)
    parts = tensors(file)
    model = NgramLinear.of(
        parts["keys"],
        parts["weights"].astype(np.float32) * parts["scale"],
        parts["idf"].astype(np.float32),
        parts["bias"],
        longest=int(file.settings["longest"]),
    )
    return Aspects(
        name=file.label, taxonomy=file.settings["taxonomy"], codes=tuple(file.settings["codes"]), model=model
    )
