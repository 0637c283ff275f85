"""What others would use, beside our figures: a function from texts to classes each.

The packages are imported where a baseline is run and are no dependency of voc: one that is absent is left out, and said.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from voc.errors import VocError
from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE

Answer = Callable[[Sequence[str]], NDArray[np.int64]]
SLOW = 2000
"""A baseline without vectorised code is run on at most this many texts."""
_MULTINOMIAL = 20_000
"""More texts than this with three classes are learnt one class against the rest: a joint regression takes too long."""


@dataclass(frozen=True)
class Baseline:
    """`package` as pip knows it, `langs` that it reads, `build` makes the function from texts to classes 0 .. 2."""

    name: str
    package: str
    langs: tuple[str, ...]
    build: Callable[[ModuleType], Answer]

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None

    def answer(self) -> Answer:
        """Raises VocError with the pip command where the package is absent."""
        if not self.installed:
            raise VocError(f"the baseline {self.name} is not installed; install it with: pip install {self.package}")
        return self.build(importlib.import_module(self.package))


def _snownlp(module: ModuleType) -> Answer:
    def answer(texts: Sequence[str]) -> NDArray[np.int64]:
        # It divides by the number of its words: a text without any has no score.
        scores = [module.SnowNLP(text).sentiments if text.strip() else 0.5 for text in texts]
        return np.where(np.array(scores) >= 0.5, POSITIVE, NEGATIVE).astype(np.int64)

    return answer


def _cnsenti(module: ModuleType) -> Answer:
    machine = module.Sentiment()
    # The package looks words up in lists; sets answer the same.
    for name in ("Poss", "Negs", "Denys", "Extremes", "Verys", "Mores", "Ishs"):
        setattr(machine, name, frozenset(getattr(machine, name)))

    def answer(texts: Sequence[str]) -> NDArray[np.int64]:
        found = [machine.sentiment_calculate(text) for text in texts]
        balance = np.array([float(one["pos"]) - float(one["neg"]) for one in found])
        return np.select([balance > 0, balance < 0], [POSITIVE, NEGATIVE], NEUTRAL).astype(np.int64)

    return answer


BASELINES = (
    Baseline("snownlp", "snownlp", ("zh",), _snownlp),
    Baseline("cnsenti", "cnsenti", ("zh",), _cnsenti),
)


def tfidf(
    texts: Sequence[str], labels: NDArray[np.integer], *, characters: tuple[int, int] = (1, 3), features: int = 200_000
) -> Answer:
    """TF-IDF of character n-grams and a logistic regression, trained on `texts`: the usual strong and simple baseline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    vectors = TfidfVectorizer(analyzer="char", ngram_range=characters, sublinear_tf=True, max_features=features)
    matrix = vectors.fit_transform(texts)
    machine = LogisticRegression(C=4.0, solver="liblinear", random_state=0)
    if len(np.unique(labels)) > 2:
        few = len(texts) <= _MULTINOMIAL
        machine = LogisticRegression(C=4.0, max_iter=300) if few else OneVsRestClassifier(machine)
    machine.fit(matrix, labels)
    return lambda some: np.asarray(machine.predict(vectors.transform(some)), dtype=np.int64)
