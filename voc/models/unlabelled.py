"""A shipped model on a trade's own reviews without any labels: what it is sure of teaches it the words of the trade.

Self-training (Yarowsky 1995): the model's verdicts, weighed by how sure they are, are the labels of a second model that
sees nothing but the trade's own texts. It learns that a broken spine is about books and a loud fan about computers, because
both stand beside words that every trade knows. No text is judged by a second model that learned from that text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voc.models.training import Counted, Options, count, fit
from voc.text.sheet import normal_forms

LEAST = 300
"""Texts below which there is nothing to learn from."""
_EACH = 20  # verdicts of each pole that are wanted
_HALF = 500.0  # texts of which the second model counts half as much as the first
_ROUNDS, _FOLDS = 2, 5
_STEEP = 2.0
_LIFT = 10.0
_OPTIONS = Options(longest=3, least=2, inverse_penalty=2.0, power=0.5, folds=0)


def adapted(texts: Sequence[str], chances: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probabilities (n, 3) of raw `texts` with their poles `settled`; the probability of neutral stays."""
    praise = 1.0 / (1.0 + np.exp(-settled(normal_forms(texts), margins_of(chances))))
    poles = 1.0 - chances[:, 1]
    return np.stack([poles * (1.0 - praise), chances[:, 1], poles * praise], axis=1).astype(np.float32)


def margins_of(chances: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log odds (n,) of praise against blame from probabilities (n, 3)."""
    sure = np.maximum(np.asarray(chances, dtype=np.float64), 1e-6)
    return np.asarray(np.log(sure[:, 2]) - np.log(sure[:, 0]))


def settled(texts: Sequence[str], margins: NDArray[np.floating]) -> NDArray[np.float64]:
    """The margins (n,), log odds of praise against blame, as they are after reading all `texts`, which are in normal form.

    The scale of the margins stays. They come back as they are where there are fewer than LEAST texts, or where nearly all
    verdicts are of one pole. Deterministic.
    """
    own = np.asarray(margins, dtype=np.float64)
    size = float(np.sqrt((own**2).mean())) if len(own) else 0.0
    if len(texts) < LEAST or min((own > 0).sum(), (own < 0).sum()) < _EACH or size == 0.0:
        return own
    first = own / size
    share = len(texts) / (len(texts) + _HALF)
    counted = count(texts, longest=_OPTIONS.longest, least=_OPTIONS.least)
    now = first
    for number in range(_ROUNDS):
        second = _second(texts, counted, now, seed=number)
        now = (first + share * second / np.sqrt((second**2).mean())) / (1 + share)
    return np.asarray(now / np.sqrt((now**2).mean()) * size)


def _second(texts: Sequence[str], counted: Counted, margins: NDArray[np.float64], *, seed: int) -> NDArray[np.float64]:
    """What models of the texts say that learned the verdicts of `margins`, each text by one that did not see it."""
    praise = margins > 0
    weights = np.abs(np.tanh(_STEEP * margins / 2))
    mass = weights[praise].sum(), weights[~praise].sum()
    weights[praise == (mass[0] < mass[1])] *= min(max(mass) / max(min(mass), 1e-9), _LIFT)
    fold = np.random.default_rng(seed).permutation(len(texts)) % _FOLDS
    out = np.zeros(len(texts))
    for number in range(_FOLDS):
        learnt, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        part = fit(counted.of(learnt), praise[learnt].astype(np.int64), weights[learnt], classes=2, options=_OPTIONS)
        scores = part.model().scores([texts[i] for i in held.tolist()])
        out[held] = scores[:, 1] - scores[:, 0]
    return out
