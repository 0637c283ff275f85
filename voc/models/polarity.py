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
from voc.models.linear import NgramLinear, softmax
from voc.models.training import Trained
from voc.models.words import with_words
from voc.text.clauses import all_clauses
from voc.text.sheet import normal_forms, sheet

Level = Literal["clause", "review"]
CLASSES = ("negative", "neutral", "positive")
LANGUAGES = ("en", "zh")
LEVELS = ("clause", "review")
CLAUSE_SHARE = 1.5
"""Fitted on the trades that a left-out one was not among; 1.45 to 1.8 there."""
SURE = 0.97
_LEAST = 1e-30
SHORT = 20
"""A text of one clause and at most so many characters is judged as a clause and as a review."""


@dataclass(frozen=True)
class Polarity:
    """`name` is the model's name and version, `neutral_above` the least neutral probability that decides (0, 1].

    With `words` the model was trained on texts with their words behind them.
    """

    name: str
    lang: str
    level: str
    model: NgramLinear
    neutral_above: float
    words: bool = False

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive; rows sum to 1. Texts need no normalisation."""
        if not len(texts):
            return np.zeros((0, len(CLASSES)), dtype=np.float32)
        normal = normal_forms(texts)
        return softmax(self.model.scores(with_words(normal) if self.words else normal))

    def classes(self, probabilities: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shape (n,): the index into CLASSES of each row; neutral from `neutral_above` on, else the likelier pole."""
        return decided(probabilities, self.neutral_above)


def of_two(trained: Trained) -> Polarity:
    """A model of two classes, negative and positive, that never answers neutral, for measuring."""
    weights = np.insert(trained.weights / 2, 1, 0.0, axis=1)  # the two columns mirror each other
    bias = np.insert(trained.bias / 2, 1, -50.0)
    known = trained.vocabulary
    model = NgramLinear.of(known.keys, weights, known.idf, bias, longest=trained.longest)
    return Polarity("two classes", "zh", "review", model, 1.0)


def decided(probabilities: NDArray[np.float32], neutral_above: float) -> NDArray[np.int8]:
    """Shape (n,): the class of each row of (n, 3), neutral from a probability of `neutral_above` on."""
    poles = np.where(probabilities[:, 2] >= probabilities[:, 0], 2, 0)
    return np.where(probabilities[:, 1] >= neutral_above, 1, poles).astype(np.int8)


def of_reviews(texts: Sequence[str], *, lang: str) -> NDArray[np.float32]:
    """Shape (n, 3): probabilities of whole reviews by the shipped models, as `together` has them.

    Raises UnknownName for another language.
    """
    return together(texts, load(lang, "review"), load(lang, "clause"))


def together(texts: Sequence[str], review: Polarity, clause: Polarity) -> NDArray[np.float32]:
    """Shape (n, 3): probabilities of whole reviews, from the model of reviews and what their clauses say on average.

    To the review model's score of a class CLAUSE_SHARE times the mean probability is added that the clause model gives
    the class over the review's clauses. A short text of one clause is the mean of both models. Where the review model
    alone is SURE, and the text not short, it is not asked further: clauses cannot turn it.
    """
    chances = review.probabilities(texts)
    brief = np.fromiter((len(text) <= SHORT for text in texts), dtype=np.bool_, count=len(texts))
    asked = np.flatnonzero((chances.max(axis=1, initial=0) < SURE) | brief)
    if not len(asked):
        return chances
    page = sheet([texts[i] for i in asked.tolist()])
    spans = all_clauses(page)
    counts = np.bincount(spans.row, minlength=len(asked))
    parts = [page.text[start:end] for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True)]
    own = clause.probabilities(parts)
    sums = [np.bincount(spans.row, weights=own[:, k], minlength=len(asked)) for k in range(len(CLASSES))]
    mean = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    alone = chances[asked]
    joint = softmax((np.log(np.maximum(alone, _LEAST)) + CLAUSE_SHARE * mean).astype(np.float32))
    short = (counts == 1) & brief[asked]
    joint[short] = (alone[short] + mean[short]) / 2
    chances[asked] = joint
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
        file.label, lang, level, model, float(settings["neutral_above"]), bool(settings.get("words", False))
    )
