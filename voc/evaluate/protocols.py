"""Protocols that train on the way: a trade left out, or a fifth of the texts, by the recipe of the shipped models.

Each gives the answers of our method and, with `baseline`, of TF-IDF and a logistic regression on the same texts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.evaluate.baselines import tfidf
from voc.evaluate.figures import Counts, accuracy, confusion
from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE, rows
from voc.models import polarity
from voc.models.adapting import adapt
from voc.models.linear import softmax
from voc.models.training import count, fit
from voc.models.unlabelled import settled
from voc.text.normalise import normalise_all

log = logging.getLogger(__name__)

OURS, USUAL = "voc fast", "TF-IDF + LR"
ADAPTED = "voc fast, own unlabelled reviews"
"""The model of a trade after it read the trade's reviews, without their labels (voc.models.unlabelled)."""
_FOLDS = 5
_SEED = 1


@dataclass(frozen=True)
class Folds:
    """`labels` and `given` (n,) classes, `chances` (n, 3) where the system has probabilities."""

    labels: NDArray[np.int64]
    given: NDArray[np.int64]
    chances: NDArray[np.float32] | None


def _recipe() -> Any:
    from voc.corpora.recipes import polarity as recipe  # its readers load nothing that a running system needs

    return recipe


def review_texts(folder: Path, *, two: bool) -> tuple[list[str], NDArray[np.int64]]:
    """What the Chinese review model learns from, in normal form: texts and classes; `two` leaves neutral ones out."""
    found = [row for row in _recipe().training_rows(folder, "polarity-zh-review") if not (two and row.label == NEUTRAL)]
    return [row.text for row in found], np.array([row.label for row in found], dtype=np.int64)


def trades(folder: Path, *, baseline: bool) -> dict[str, dict[str, Counts]]:
    """For each system and trade of online_shopping the confusion matrix on that trade, two classes by sign.

    The review model of a trade saw neither its texts, nor the sets of the same trade, nor those texts of the mixed set
    that name the trade's goods.
    """
    recipe, review = _recipe(), "polarity-zh-review"
    found = [row for row in recipe.training_rows(folder, review) if row.label != NEUTRAL]
    options = replace(recipe.OPTIONS[review], folds=0)
    counted = count([row.text for row in found], longest=options.longest, least=options.least)
    out: dict[str, dict[str, Counts]] = {OURS: {}, ADAPTED: {}, **({USUAL: {}} if baseline else {})}
    for trade in sorted({row.domain for row in found if row.domain.startswith("shop:")}):
        name = trade.removeprefix("shop:")
        test = [row for row in found if row.domain == trade]
        texts, labels = [row.text for row in test], np.array([row.label for row in test], dtype=np.int64)
        places = [at for at, row in enumerate(found) if not recipe.of_trade(row, name)]
        learnt = [found[at] for at in places]
        poles = np.array([row.label // POSITIVE for row in learnt])
        part = fit(counted.of(np.array(places)), poles, recipe.balanced(learnt), classes=2, options=options)
        scores = part.model().scores(texts)
        margins = scores[:, 1] - scores[:, 0]
        for system, values in ((OURS, margins), (ADAPTED, settled(texts, margins))):
            out[system][name] = confusion(labels, np.where(values > 0, POSITIVE, NEGATIVE))
        if baseline:
            answer = tfidf([row.text for row in learnt], poles * POSITIVE)
            out[USUAL][name] = confusion(labels, answer(texts))
        log.info("%s: %s", name, {system: f"{float(accuracy(parts[name])):.3f}" for system, parts in out.items()})
    return out


Beside = Callable[[Sequence[str]], NDArray[np.floating]]
"""Further scores (n, m) of texts in normal form, by something that did not learn from their labels."""


def laptop_clauses(folder: Path, *, baseline: bool, beside: Beside | None = None) -> dict[str, Folds]:
    """jd_laptop_clause_sentiment in five folds, three classes, each row as published (repeated ones too).

    The clause model is trained without this set, then adapted to the four fifths that are not held out, with its scores and
    those of `beside` next to the n-grams.
    """
    recipe, name = _recipe(), "polarity-zh-clause"
    classes = {"0": NEUTRAL, "1": POSITIVE, "2": NEGATIVE}
    found = rows(folder, "polarity/jd_laptop_clause_sentiment", "clause", "label")
    texts = normalise_all([row["clause"] for row in found])
    labels = np.array([classes[row["label"]] for row in found], dtype=np.int64)
    own = {recipe.bare(text) for text in texts}
    others = [row for row in recipe.training_rows(folder, name) if recipe.bare(row.text) not in own]
    read = recipe.prepared([recipe.Row(text, NEUTRAL, "laptop") for text in texts], name)
    elsewhere = recipe.trained(others, name, folds=0).model().scores(read)
    if beside is not None:
        more = np.asarray(beside(texts), dtype=np.float64)
        even = (more - more.mean(axis=0)) / np.maximum(more.std(axis=0), 1e-6)
        elsewhere = np.hstack([elsewhere, even]).astype(np.float32)

    def chances(learnt: list[int], held: list[int]) -> NDArray[np.float32]:
        model = adapt([texts[i] for i in learnt], labels[learnt], elsewhere[learnt])
        return model.probabilities([texts[i] for i in held], elsewhere[held])

    return _folds(texts, labels, chances, baseline=baseline)


def english(folder: Path, *, baseline: bool) -> dict[str, Folds]:
    """The English training sets in five folds by text; our own clauses and mixed sentences always in the training part."""
    recipe, name = _recipe(), "polarity-en"
    found = recipe.distinct(recipe.english(folder))
    own = recipe.distinct(
        [*recipe.seeds("en", weight=2.0, reviews=True), *recipe.mixed_english(folder)],
        {recipe.bare(row.text) for row in found},
    )
    labels = np.array([row.label for row in found], dtype=np.int64)
    texts = recipe.prepared(found, name)

    def chances(learnt: list[int], held: list[int]) -> NDArray[np.float32]:
        model = recipe.trained([*own, *(found[i] for i in learnt)], name).model()
        return softmax(model.scores([texts[i] for i in held]))

    above = recipe.NEUTRAL_ABOVE[name]
    return _folds([row.text for row in found], labels, chances, baseline=baseline, neutral_above=above)


def _folds(
    texts: Sequence[str],
    labels: NDArray[np.int64],
    chances: Callable[[list[int], list[int]], NDArray[np.float32]],
    *,
    baseline: bool,
    neutral_above: float | None = None,
) -> dict[str, Folds]:
    """The likeliest class of each text, or `decided` with `neutral_above` as the shipped model decides."""
    fold = np.random.default_rng(_SEED).permutation(len(texts)) % _FOLDS
    ours = np.zeros((len(texts), 3), dtype=np.float32)
    usual = np.zeros(len(texts), dtype=np.int64)
    for number in range(_FOLDS):
        learnt, held = np.flatnonzero(fold != number).tolist(), np.flatnonzero(fold == number).tolist()
        ours[held] = chances(learnt, held)
        if baseline:
            answer = tfidf([texts[i] for i in learnt], labels[learnt])
            usual[held] = answer([texts[i] for i in held])
    given = ours.argmax(axis=1) if neutral_above is None else polarity.decided(ours, neutral_above).astype(np.int64)
    out = {OURS: Folds(labels, given, ours)}
    return {**out, USUAL: Folds(labels, usual, None)} if baseline else out
