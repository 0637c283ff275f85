"""Sentiment of whole reviews: one label and one score each, and whether the stars say the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voc.errors import UnknownName
from voc.models import own, polarity, unlabelled
from voc.schemas import REVIEW_SCORES, REVIEWS, Batch, Stage, project
from voc.text.clauses import says_something
from voc.text.language import detect_all

INPUT = project(REVIEWS, "review_id", "month", "rating", "lang", "text")
LABELS = ("negative", "neutral", "positive")
LANGUAGES = ("auto", "en", "zh")
CLEAR = 0.6
"""|score| from which a text says the opposite of its stars."""
MANY_STARS, FEW_STARS = 4.5, 2.0


def stage(*, model: str | None = None) -> Stage:
    """The row-wise stage reviews -> review_scores; `model` as in `score`, a path that the worker can read.

    Raises UnknownName or VocError for a folder without a model.
    """
    if model is not None:
        own.kind(Path(model))
    return Stage("review_scores", INPUT, REVIEW_SCORES, partial(_open, model))


def score(
    texts: Sequence[str | None], *, lang: str = "auto", model: str | Path | None = None, adapt: bool = False
) -> tuple[list[str], NDArray[np.float32]]:
    """Labels (positive | neutral | negative) and scores [-1, 1], shape (n,).

    `model` is the folder of a model of one's own (`voc.models.own`), which judges the texts of its languages instead of those
    that ship. With `adapt` the words of the trade are learned from `texts` first (`voc.models.unlabelled`): what is said of a
    text then depends on the others.

    The score is P(positive) - P(negative). Empty texts, and texts without a letter, digit or emoji, are neutral, 0.
    `lang` is 'zh', 'en', or 'auto' for each text's own. Raises UnknownName for another one.
    """
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    languages = [lang] * len(texts) if lang != "auto" else detect_all([text or "" for text in texts])
    return _scored(texts, languages, model, adapt=adapt)


def _open(model: str | None) -> Batch:
    def run(batch: pa.RecordBatch) -> pa.RecordBatch:
        labels, scores = _scored(batch["text"].to_pylist(), batch["lang"].to_pylist(), model)
        rating = np.asarray(batch["rating"].fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
        conflict = ((rating >= MANY_STARS) & (scores <= -CLEAR)) | ((rating <= FEW_STARS) & (scores >= CLEAR))
        return pa.RecordBatch.from_arrays(
            [batch["review_id"], batch["month"], pa.array(labels, pa.string()), pa.array(scores, pa.float32()),
             pa.array(conflict, pa.bool_())],
            schema=REVIEW_SCORES,
        )  # fmt: skip

    return run


def _scored(
    texts: Sequence[str | None],
    languages: Sequence[str | None],
    model: str | Path | None,
    *,
    adapt: bool = False,
) -> tuple[list[str], NDArray[np.float32]]:
    """The label and the score of each text in its language; what is neither Chinese nor English counts as Chinese."""
    kinds = np.ones(len(texts), dtype=np.int8)
    scores = np.zeros(len(texts), dtype=np.float32)
    speaks = [text is not None and says_something(text) for text in texts]
    mine = None if model is None else own.load(Path(model))
    for name in polarity.LANGUAGES:
        rows = [i for i, found in enumerate(speaks) if found and (languages[i] == "en") == (name == "en")]
        if not rows:
            continue
        some = [texts[i] or "" for i in rows]
        if mine is not None and name in mine.langs:
            chances, classes = mine.probabilities(some), mine.classes
        else:
            chances, classes = polarity.of_reviews(some, lang=name), polarity.load(name, "review").classes
        if adapt:
            chances = unlabelled.adapted(some, chances)
        kinds[rows] = classes(chances)
        scores[rows] = np.where(kinds[rows] == 1, 0.5, 1.0) * (chances[:, 2] - chances[:, 0])
    return [LABELS[kind] for kind in kinds], scores
