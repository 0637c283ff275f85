"""Measures of a classifier, with bootstrap intervals.

Counts are resampled, not texts: n texts drawn with replacement have multinomial counts in the cells (label, answer), so
a thousand samples of a confusion matrix are one call (Efron 1979, percentile intervals of 95%).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.floating]
_SAMPLES = 1000
_SEED = 20
_TAILS = (2.5, 97.5)
_BINS = 10
BIN_MEASURE = "right where P is "
"""How measures of a reliability table begin; the bin follows, as `0.9 to 1.0`."""


@dataclass(frozen=True)
class Figure:
    """One measured value of a `system` on a `set`, both named; `low` and `high` bound 95%, None where not resampled.

    `measure` says what `value` is: shares, F1 and calibration errors are in [0, 1]; `texts` is how many were scored.
    """

    set: str
    system: str
    measure: str
    value: float
    low: float | None
    high: float | None
    texts: int


@dataclass(frozen=True)
class Bin:
    """Texts whose likeliest class has a probability of `sure` on average, and the share where it is right."""

    least: float
    sure: float
    right: float
    texts: int


def confusion(labels: NDArray[np.integer], given: NDArray[np.integer], *, classes: int = 3) -> Counts:
    """Shape (classes, classes): rows are labels, columns answers."""
    cells = np.bincount(labels * classes + given, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.float64)


def accuracy(counts: Counts) -> NDArray[np.float64]:
    """The share on the diagonal of each matrix of (..., c, c)."""
    return np.asarray(np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1)))


def macro_f1(counts: Counts) -> NDArray[np.float64]:
    """The mean of 2PR / (P + R) over the classes that have texts, of each matrix of (..., c, c)."""
    return np.asarray(_f1(counts)[..., _present(counts)].mean(axis=-1))


def class_f1(label: int) -> Callable[[Counts], NDArray[np.float64]]:
    """F1 of one class, as a measure of matrices."""
    return lambda counts: np.asarray(_f1(counts)[..., label])


def class_recall(label: int) -> Callable[[Counts], NDArray[np.float64]]:
    """The share of the texts of one class that are found, as a measure of matrices."""
    return lambda counts: np.asarray(counts[..., label, label] / np.maximum(counts[..., label, :].sum(axis=-1), 1.0))


def _f1(counts: Counts) -> NDArray[np.float64]:
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.asarray(2 * hits / np.maximum(counts.sum(axis=-1) + counts.sum(axis=-2), 1.0))


def _present(counts: Counts) -> NDArray[np.bool_]:
    rows = counts.sum(axis=-1)
    return np.asarray(rows.reshape(-1, rows.shape[-1]).any(axis=0))


def resampled(counts: Counts, *, samples: int = _SAMPLES, seed: int = _SEED) -> Counts:
    """Shape (samples, *counts.shape): what as many texts drawn with replacement would count."""
    flat = counts.reshape(-1)
    total = int(flat.sum())
    drawn = np.random.default_rng(seed).multinomial(total, flat / max(total, 1), size=samples)
    return drawn.reshape(samples, *counts.shape).astype(np.float64)


def interval(values: NDArray[np.floating]) -> tuple[float, float]:
    """The middle 95% of resampled `values`."""
    low, high = np.percentile(values, _TAILS)
    return float(low), float(high)


def figure(name: str, system: str, measure: str, counts: Counts, by: Callable[[Counts], NDArray[np.float64]]) -> Figure:
    """The figure of one confusion matrix (c, c) under the measure `by`."""
    low, high = interval(by(resampled(counts)))
    return Figure(name, system, measure, float(by(counts)), low, high, int(counts.sum()))


def mean_figure(name: str, system: str, measure: str, parts: Sequence[Counts]) -> Figure:
    """The mean accuracy over `parts`, each resampled within itself."""
    drawn = [accuracy(resampled(part, seed=_SEED + number)) for number, part in enumerate(parts)]
    low, high = interval(np.mean(drawn, axis=0))
    value = float(np.mean([accuracy(part) for part in parts]))
    return Figure(name, system, measure, value, low, high, int(sum(part.sum() for part in parts)))


def set_f1(rows: Sequence[tuple[int, int, int]], *, seed: int = _SEED) -> tuple[float, float, float]:
    """Micro-F1 of (hits, false, missed) per review, with its interval over resampled reviews."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    drawn = np.random.default_rng(seed).multinomial(len(table), np.full(len(table), 1 / len(table)), size=_SAMPLES)
    low, high = interval(_micro(drawn @ table))
    return float(_micro(table.sum(axis=0))), low, high


def _micro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, false, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    return np.asarray(2 * hits / np.maximum(2 * hits + false + missed, 1.0))


def reliability(chances: NDArray[np.floating], labels: NDArray[np.integer]) -> list[Bin]:
    """The bins of a reliability table: ten of equal width over the probability of the likeliest class."""
    sure, right = chances.max(axis=1).astype(np.float64), chances.argmax(axis=1) == labels
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    found = np.unique(bins)
    return [
        Bin(b / _BINS, float(sure[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in found
    ]


def calibration_error(chances: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Expected calibration error of the likeliest class, ten bins of equal width (Guo et al. 2017)."""
    bins = reliability(chances, labels)
    total = sum(one.texts for one in bins)
    return float(sum(abs(one.right - one.sure) * one.texts for one in bins) / max(total, 1))
