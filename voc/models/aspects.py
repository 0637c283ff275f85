"""The aspect head: which issue of the default taxonomy a clause means when no word of the taxonomy says so.

A linear model over hashed character n-grams with one score a code (corpora/recipes/aspects.py trains it). It names one
issue or none, with the chance that the name is right, measured on clauses that it had not seen.
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
NONE = "--"
"""The head's name for no issue."""


@dataclass(frozen=True)
class Aspects:
    """`codes` are those of the taxonomy named `taxonomy`, and NONE; `scale` and `shift` calibrate the best score."""

    name: str
    taxonomy: str
    codes: tuple[str, ...]
    model: NgramLinear
    scale: float
    shift: float

    def named(self, clauses: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """For each clause in normal form the index into `codes` of its likeliest issue, and the chance that it is right.

        The chance is 0 where the likeliest is NONE, else in (0, 1). Both have shape (n,).
        """
        if not len(clauses):
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        return self.best(self.model.scores(clauses))

    def best(self, scores: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What `named` gives for clauses with these scores, shape (n, codes)."""
        best = scores.argmax(axis=1)
        top = scores[np.arange(len(best)), best].astype(np.float64)
        chance = 1.0 / (1.0 + np.exp(-(self.scale * top + self.shift)))
        return best, np.where(best == self.codes.index(NONE), 0.0, chance)

    def chances(self, clauses: Sequence[str]) -> NDArray[np.float64]:
        """Shape (n, codes): how likely each code's own regression holds a clause in normal form for one of its own."""
        scores = self.model.scores(clauses) if len(clauses) else np.zeros((0, len(self.codes)))
        return np.asarray(1.0 / (1.0 + np.exp(-scores.astype(np.float64))))


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
    settings = file.settings
    return Aspects(
        name=file.label,
        taxonomy=settings["taxonomy"],
        codes=tuple(settings["codes"]),
        model=model,
        scale=float(settings["scale"]),
        shift=float(settings["shift"]),
    )
