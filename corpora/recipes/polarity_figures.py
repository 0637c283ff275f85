"""The figures of the polarity models' card: trades never seen, untouched sets, clauses in five folds, calibration.

python -m voc.corpora.recipes.polarity measure DATA [--part tests --part trades --part clauses --part speed]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes.polarity import (
    NEGATIVE,
    NEUTRAL,
    OPTIONS,
    POSITIVE,
    SAME_TRADE,
    Row,
    balanced,
    distinct,
    english,
    seeds,
    table,
    tests,
    trained,
    training_rows,
)

from voc.extract import sentiment
from voc.models import polarity
from voc.models.linear import softmax
from voc.models.training import Options, fit
from voc.text.normalise import normalise_all

_BINS = 10


def measure(folder: Path, *, parts: Sequence[str] = ()) -> dict[str, Any]:
    """The figures of `parts`, all of PARTS where none is named; accuracies are shares of texts."""
    return {name: PARTS[name](folder) for name in (parts or PARTS)}


def untouched(folder: Path) -> dict[str, float]:
    """Accuracy of the shipped models on sets that no training text came from; a neutral answer counts as wrong."""
    found = {}
    for name in ("waimai", "eprstmt"):
        rows = tests(folder)[name]
        labels, _ = sentiment.score([r.text for r in rows], lang="zh")
        found[name] = _share(labels, rows)
        chances = polarity.load("zh", "review").probabilities([r.text for r in rows])
        found[f"{name} calibration error"] = calibration_error(chances, np.array([r.label for r in rows]))
    complaints = [r["review"] for r in table(folder, "english/mcdonalds_issues") if r["policies_violated"].strip()]
    labels, _ = sentiment.score(complaints, lang="en")
    found["mcdonalds_issues, complaints found"] = float(np.mean([label == "negative" for label in labels]))
    return found


def trades(folder: Path) -> dict[str, float]:
    """Accuracy on each trade of online_shopping by a model that saw nothing of it nor of its kin."""
    rows = [row for row in training_rows(folder, "polarity-zh-review") if row.label != NEUTRAL]
    options = replace(OPTIONS["polarity-zh-review"], folds=0)
    found = {}
    for trade in sorted({row.domain for row in rows if row.domain.startswith("shop:")}):
        kin = {trade, *SAME_TRADE.get(trade.removeprefix("shop:"), ())}
        test = [row for row in rows if row.domain == trade]
        learnt = [row for row in rows if row.domain not in kin]
        poles = np.array([row.label // POSITIVE for row in learnt])
        model = fit([r.text for r in learnt], poles, balanced(learnt), classes=2, options=options).model()
        scores = model.scores([row.text for row in test])
        right = (scores[:, 1] > scores[:, 0]) == np.array([row.label == POSITIVE for row in test])
        found[trade.removeprefix("shop:")] = float(right.mean())
    found["mean"] = float(np.mean(list(found.values())))
    return found


def clause_folds(folder: Path) -> dict[str, float]:
    """jd_laptop_clause_sentiment alone in five folds, three classes, each row as published (repeated ones too)."""
    labels_of = {"0": NEUTRAL, "1": POSITIVE, "2": NEGATIVE}
    rows = table(folder, "polarity/jd_laptop_clause_sentiment")
    texts = normalise_all([row["clause"] for row in rows])
    labels = np.array([labels_of[row["label"]] for row in rows])
    fold = np.random.default_rng(1).permutation(len(rows)) % 5
    chances = np.zeros((len(rows), 3), dtype=np.float32)
    for number in range(5):
        learnt, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        options = Options(longest=3, least=1)
        model = fit([texts[i] for i in learnt], labels[learnt], np.ones(len(learnt)), options=options).model()
        chances[held] = softmax(model.scores([texts[i] for i in held]))
    given = chances.argmax(axis=1)
    return {
        "macro F1": macro_f1(labels, given),
        "accuracy": float((labels == given).mean()),
        "calibration error": calibration_error(chances, labels),
    }


def english_folds(folder: Path) -> dict[str, float]:
    """The English sets in five folds by text: accuracy of the poles, macro F1 of three classes."""
    rows = distinct(english(folder))
    own = list(seeds("en", weight=2.0))
    fold = np.random.default_rng(1).permutation(len(rows)) % 5
    given = np.zeros(len(rows), dtype=np.int64)
    for number in range(5):
        learnt = [*own, *(row for row, f in zip(rows, fold, strict=True) if f != number)]
        model = trained(learnt, OPTIONS["polarity-en"]).model()
        inside = np.flatnonzero(fold == number)
        given[inside] = model.scores([rows[i].text for i in inside]).argmax(axis=1)
    labels = np.array([row.label for row in rows])
    poles = (labels != NEUTRAL) & (given != NEUTRAL)
    return {
        "macro F1": macro_f1(labels, given),
        "accuracy of poles": float((labels[poles] == given[poles]).mean()),
    }


def speed(folder: Path) -> dict[str, float]:
    """Texts a second on this machine, one process: clauses and reviews of waimai_10k, the best of three runs."""
    texts = [row.text for row in tests(folder)["waimai"]]
    model = polarity.load("zh", "clause")
    return {
        "clauses/s (mean 22 characters)": _rate(model.probabilities, texts),
        "reviews/s by sentiment.score": _rate(lambda some: sentiment.score(some), texts),
    }


def _rate(run: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    run(texts[:100])
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        run(texts)
        best = min(best, time.perf_counter() - start)
    return len(texts) / best


def _share(labels: Sequence[str], rows: Sequence[Row]) -> float:
    return float(np.mean([polarity.CLASSES.index(a) == row.label for a, row in zip(labels, rows, strict=True)]))


def macro_f1(labels: NDArray[np.integer], given: NDArray[np.integer]) -> float:
    """The mean over the classes of `labels` of 2PR / (P + R)."""
    scores = []
    for label in np.unique(labels):
        hit = float(((labels == label) & (given == label)).sum())
        scores.append(2 * hit / max(float((labels == label).sum() + (given == label).sum()), 1.0))
    return float(np.mean(scores))


def calibration_error(chances: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Expected calibration error of the likeliest class, ten bins of equal width (Guo et al. 2017)."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))


PARTS: dict[str, Callable[[Path], dict[str, float]]] = {
    "tests": untouched,
    "trades": trades,
    "clauses": clause_folds,
    "english": english_folds,
    "speed": speed,
}
