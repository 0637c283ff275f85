"""Polarity of clauses and of whole reviews: negative, neutral, positive, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voc.errors import UnknownName
from voc.models.files import find, tensors
from voc.models.frames import with_frames
from voc.models.linear import NgramLinear, softmax
from voc.models.words import with_words
from voc.text.clauses import all_clauses
from voc.text.sheet import normal_forms, sheet

Level = Literal["clause", "review"]
CLASSES = ("negative", "neutral", "positive")
LANGUAGES = ("en", "zh")
LEVELS = ("clause", "review")
SHORT = 20
"""A text of one clause and at most so many characters is judged as a clause and as a review."""


@dataclass(frozen=True)
class Polarity:
    """`name` is the model's name and version, `neutral_above` the least neutral probability that decides (0, 1].

    With `words` the model was trained on texts with their words behind them, with `frames` on such with their frames.
    """

    name: str
    lang: str
    level: str
    model: NgramLinear
    neutral_above: float
    words: bool = False
    frames: bool = False

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive; rows sum to 1. Texts need no normalisation."""
        if not len(texts):
            return np.zeros((0, len(CLASSES)), dtype=np.float32)
        normal = normal_forms(texts)
        if self.words:
            normal = with_words(normal)
        return softmax(self.model.scores(with_frames(normal) if self.frames else normal))

    def classes(self, probabilities: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shape (n,): the index into CLASSES of each row; neutral from `neutral_above` on, else the likelier pole."""
        return decided(probabilities, self.neutral_above)


def decided(probabilities: NDArray[np.float32], neutral_above: float) -> NDArray[np.int8]:
    """Shape (n,): the class of each row of (n, 3), neutral from a probability of `neutral_above` on."""
    poles = np.where(probabilities[:, 2] >= probabilities[:, 0], 2, 0)
    return np.where(probabilities[:, 1] >= neutral_above, 1, poles).astype(np.int8)


def of_reviews(texts: Sequence[str], *, lang: str) -> NDArray[np.float32]:
    """Shape (n, 3): probabilities of whole reviews; a short text of one clause is the mean of both models.

    Raises UnknownName for another language.
    """
    chances = load(lang, "review").probabilities(texts)
    brief = [i for i, text in enumerate(texts) if len(text) <= SHORT]
    if not brief:
        return chances
    spans = all_clauses(sheet([texts[i] for i in brief]))
    single = np.array(brief)[np.bincount(spans.row, minlength=len(brief)) == 1]
    if len(single):
        own = load(lang, "clause").probabilities([texts[i] for i in single.tolist()])
        chances[single] = (chances[single] + own) / 2
    return chances


@cache
def load(lang: str = "zh", level: str = "clause") -> Polarity:
    """The shipped model of a language ('zh', 'en') and a level ('clause', 'review').

    Raises UnknownName for another language or level, VocError for a missing or altered file.
    """
    if lang not in LANGUAGES:
        raise UnknownName("language of the polarity models", lang, LANGUAGES)
    if level not in LEVELS:
        raise UnknownName("level of the polarity models", level, LEVELS)
    # English has one model: its sets are sentences, and whole reviews of a few sentences read the same.
    file = find("polarity-en" if lang == "en" else f"polarity-zh-{level}")
    parts = tensors(file)
    model = NgramLinear.of(
        parts["keys"],
        parts["weights"].astype(np.float32) * parts["scale"],
        parts["idf"].astype(np.float32),
        parts["bias"],
        longest=int(file.settings["longest"]),
    )
    settings = file.settings
    return Polarity(
        file.label, lang, level, model, float(settings["neutral_above"]), bool(settings.get("words", False)),
        bool(settings.get("frames", False)),
    )  # fmt: skip
