"""A shipped model on the labels of one's own trade: its scores beside n-grams of the labelled texts.

Stacked generalisation (Wolpert 1992). Members are one-against-rest regressions on the n-grams of the labelled texts with
the scores of models from elsewhere as further features; a multinomial regression over what they say about texts that
they did not see, and over those scores once more, gives the probabilities. A few thousand labels are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.models.linear import NgramLinear, softmax
from voc.models.training import SEED, Counted, Options, count, one_against_rest, scaled, vocabulary

_FOLDS = 3
_SHARE = 0.2  # the scores from elsewhere beside n-gram features of length 1
_INVERSE_PENALTY = 10.0
_OPTIONS = Options(least=1, inverse_penalty=2.0, power=0.5)


@dataclass(frozen=True)
class Member:
    """`ngrams` (n-grams to classes) and `weights` (m, c) of the scores from elsewhere."""

    ngrams: NgramLinear
    weights: NDArray[np.float64]

    def scores(self, texts: Sequence[str], elsewhere: NDArray[np.floating]) -> NDArray[np.float64]:
        """Shape (n, c)."""
        return np.asarray(self.ngrams.scores(texts) + elsewhere @ self.weights, dtype=np.float64)


@dataclass(frozen=True)
class Adapted:
    """`mixing` (c, members * c + m) and `shift` (c,) over the scores of the members and those from elsewhere."""

    members: tuple[Member, ...]
    mixing: NDArray[np.float64]
    shift: NDArray[np.float64]

    def probabilities(self, texts: Sequence[str], elsewhere: NDArray[np.floating]) -> NDArray[np.float32]:
        """Shape (n, c), rows sum to 1; `elsewhere` (n, m) has the other models' scores of the same texts."""
        found = np.hstack([*(member.scores(texts, elsewhere) for member in self.members), elsewhere])
        return softmax((found @ self.mixing.T + self.shift).astype(np.float32))


def adapt(
    texts: Sequence[str],
    labels: NDArray[np.integer],
    elsewhere: NDArray[np.floating],
    *,
    classes: int = 3,
    lengths: Sequence[int] = (2, 3),
    options: Options = _OPTIONS,
) -> Adapted:
    """From texts in normal form, `labels` (n,) in 0 .. classes - 1, each of which occurs, and scores (n, m) of models
    that did not learn from these texts. One member for each longest n-gram of `lengths`. Deterministic.
    """
    from sklearn.linear_model import LogisticRegression

    fold = np.random.default_rng(SEED).permutation(len(labels)) % _FOLDS
    counted = [count(texts, longest=longest) for longest in lengths]
    unseen = np.zeros((len(labels), len(lengths) * classes))
    for number in range(_FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        held_texts = [texts[i] for i in outside.tolist()]
        for place, some in enumerate(counted):
            member = _member(some.of(inside), labels[inside], elsewhere[inside], classes, options)
            unseen[outside, place * classes : (place + 1) * classes] = member.scores(held_texts, elsewhere[outside])
    machine = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000).fit(np.hstack([unseen, elsewhere]), labels)
    members = tuple(_member(some, labels, elsewhere, classes, options) for some in counted)
    if classes == 2:  # a regression between two has one row, the odds of the second
        half = np.array([[-0.5], [0.5]])
        return Adapted(members, half @ machine.coef_, half[:, 0] * machine.intercept_)
    return Adapted(members, machine.coef_, machine.intercept_)


def _member(
    counted: Counted, labels: NDArray[np.integer], elsewhere: NDArray[np.floating], classes: int, options: Options
) -> Member:
    known, counts = vocabulary(counted, labels, classes, options)
    weights = np.ones(len(labels))
    raw, bias = one_against_rest(
        scaled(counts, known), labels, weights, classes, options, extra=np.asarray(elsewhere * _SHARE)
    )
    size = len(known.keys)
    ngrams = NgramLinear.of(known.keys, raw[:size] * known.idf[:, None], known.idf, bias, longest=counted.longest)
    return Member(ngrams, raw[size:] * _SHARE)
