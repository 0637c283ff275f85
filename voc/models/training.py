"""Training of the n-gram classifiers: vocabulary, log-count ratios, logistic regression, calibration, file.

The method is NBSVM with a logistic loss (Wang and Manning 2012, Baselines and Bigrams): one class against the rest,
each n-gram scaled by the log ratio of its counts in the class and outside it. The scores of held-out folds then fit a
multinomial logistic regression, which calibrates them (Platt 1999, for several classes), and all of it is folded into
one weight per n-gram and class.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.models.linear import NgramLinear, keys_of
from voc.models.ngrams import ngrams

_SMOOTHING = 1.0
_TOLERANCE = 0.01
_SEED = 0
_CALIBRATION_C = 100.0


@dataclass(frozen=True)
class Options:
    """`longest` n-gram; `least` texts that an n-gram must stand in; `most` n-grams kept; `inverse_penalty` (C).

    `folds` are held out in turn for the calibration; with 0 the scores stay as they are.
    """

    longest: int = 4
    least: int = 3
    most: int = 300_000
    inverse_penalty: float = 1.0
    folds: int = 3


@dataclass(frozen=True)
class Vocabulary:
    """`keys` (k,) sorted and distinct, `idf` (k,) >= 1."""

    keys: NDArray[np.uint32]
    idf: NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """Weights as `NgramLinear.of` takes them."""

    vocabulary: Vocabulary
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    longest: int

    def model(self) -> NgramLinear:
        return NgramLinear.of(self.vocabulary.keys, self.weights, self.vocabulary.idf, self.bias, longest=self.longest)


def fit(
    texts: Sequence[str],
    labels: NDArray[np.integer],
    weights: NDArray[np.floating],
    *,
    classes: int = 3,
    options: Options = Options(),
    calibration: NDArray[np.floating] | None = None,
) -> Trained:
    """Train on texts in normal form; `labels` (n,) in 0 .. classes - 1, `weights` (n,) >= 0.

    `calibration` (n,) weighs the texts where the probabilities are fitted; `weights` where it is None. Deterministic.
    """
    counts, owners = _occurrences(texts, options.longest)
    vocabulary, columns = _vocabulary(counts, owners, labels, classes, options)
    matrix = _matrix(columns, owners, len(texts), vocabulary)
    raw, bias = _one_against_rest(matrix, labels, weights, classes, options)
    raw *= vocabulary.idf[:, None]
    if not options.folds:
        return Trained(vocabulary, raw, bias, options.longest)
    held_out = np.zeros((len(texts), classes))
    fold = np.random.default_rng(_SEED).permutation(len(texts)) % options.folds
    for number in range(options.folds):
        inside, outside = fold != number, fold == number
        part, shift = _one_against_rest(matrix[inside], labels[inside], weights[inside], classes, options)
        held_out[outside] = matrix[outside] @ part + shift
    mixing, shift = _calibrated(held_out, labels, weights if calibration is None else calibration, classes)
    return Trained(vocabulary, raw @ mixing.T, mixing @ bias + shift, options.longest)


def _occurrences(texts: Sequence[str], longest: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    keys, owners = [], []
    for hashes, offsets in ngrams(texts, longest=longest):
        keys.append(keys_of(hashes))
        owners.append(np.repeat(np.arange(len(texts)), np.diff(offsets)))
    return np.concatenate(keys), np.concatenate(owners)


def _vocabulary(
    keys: NDArray[np.uint32],
    owners: NDArray[np.int64],
    labels: NDArray[np.integer],
    classes: int,
    options: Options,
) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The n-grams that tell the classes apart best, and the column of each occurrence (-1 for those left out).

    They are ranked by the z score of their log odds ratio (Monroe, Colaresi and Quinn 2008, without a prior).
    """
    count = len(labels)
    distinct, codes = np.unique(keys, return_inverse=True)
    pairs = np.unique(codes.astype(np.int64) * count + owners)
    column, row = pairs // count, pairs % count
    present = np.bincount(column, minlength=len(distinct))
    strength = np.zeros(len(distinct))
    for label in range(classes):
        mine = np.bincount(column[labels[row] == label], minlength=len(distinct)) + _SMOOTHING
        rest = present - mine + 2 * _SMOOTHING
        ratio = np.log(mine / mine.sum()) - np.log(rest / rest.sum())
        strength = np.maximum(strength, np.abs(ratio) / np.sqrt(1 / mine + 1 / rest))
    strength[present < options.least] = -1
    kept = np.sort(np.argsort(-strength, kind="stable")[: min(options.most, int((strength >= 0).sum()))])
    place = np.full(len(distinct), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    idf = np.log((1 + count) / (1 + present[kept])) + 1
    return Vocabulary(distinct[kept], idf), place[codes]


def _matrix(columns: NDArray[np.int64], owners: NDArray[np.int64], count: int, vocabulary: Vocabulary) -> Any:
    """Sparse (n, k): idf of each occurrence over the length of its text, as `NgramLinear` scales them."""
    from scipy import sparse

    known = columns >= 0
    columns, owners = columns[known], owners[known]
    values = vocabulary.idf[columns]
    length = np.sqrt(np.maximum(np.bincount(owners, weights=values**2, minlength=count), 1.0))
    matrix = sparse.csr_matrix((values / length[owners], (owners, columns)), shape=(count, len(vocabulary.keys)))
    matrix.sum_duplicates()
    return matrix


def _one_against_rest(
    matrix: Any, labels: NDArray[np.integer], weights: NDArray[np.floating], classes: int, options: Options
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (k, c) on the columns of `matrix`, and biases (c,)."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    present = matrix.copy()
    present.data[:] = 1.0
    out, bias = np.zeros((matrix.shape[1], classes)), np.zeros(classes)
    # Two classes mirror each other: one regression serves both.
    for label in range(classes if classes > 2 else 1):
        mine = labels == label
        if not mine.any() or mine.all():
            bias[label] = 0.0 if mine.any() else -10.0
            continue
        inside = (weights * mine) @ present + _SMOOTHING
        rest = (weights * ~mine) @ present + _SMOOTHING
        ratio = np.log(inside / inside.sum()) - np.log(rest / rest.sum())
        scaled = (matrix @ sparse.diags(ratio)).tocsr()
        machine = LogisticRegression(C=options.inverse_penalty, solver="liblinear", tol=_TOLERANCE, random_state=0)
        machine.fit(scaled, mine, sample_weight=weights)
        out[:, label] = machine.coef_[0] * ratio
        bias[label] = machine.intercept_[0]
    if classes == 2:
        out[:, 1], bias[1] = -out[:, 0], -bias[0]
    return out, bias


def _calibrated(
    scores: NDArray[np.float64], labels: NDArray[np.integer], weights: NDArray[np.floating], classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix (c, c) and shift (c,) that make softmax(matrix @ score + shift) a probability."""
    from sklearn.linear_model import LogisticRegression

    found = np.unique(labels)
    machine = LogisticRegression(C=_CALIBRATION_C, max_iter=1000).fit(scores, labels, sample_weight=weights)
    mixing, shift = np.zeros((classes, classes)), np.full(classes, -20.0)
    if len(found) == 2:
        mixing[found[1]], shift[found[1]] = machine.coef_[0], machine.intercept_[0]
        shift[found[0]] = 0.0
    else:
        mixing[found], shift[found] = machine.coef_, machine.intercept_
    return mixing, shift


def save(
    trained: Trained,
    name: str,
    *,
    folder: Path,
    version: str,
    licence: str,
    settings: Mapping[str, Any],
) -> Path:
    """Write `name`.safetensors into `folder` and its entry into manifest.json; weights as 16-bit floats."""
    from safetensors.numpy import save as to_bytes

    peak = float(np.abs(trained.weights).max(initial=1e-6))
    parts: dict[str, NDArray[Any]] = {
        "keys": trained.vocabulary.keys,
        "weights": (trained.weights / peak).astype(np.float16),
        "scale": np.array([peak], dtype=np.float32),
        "idf": trained.vocabulary.idf.astype(np.float16),
        "bias": trained.bias.astype(np.float32),
    }
    raw = to_bytes(parts)
    path = folder / f"{name}.safetensors"
    path.write_bytes(raw)
    manifest = folder / "manifest.json"
    known = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"models": {}}
    known["models"][name] = {
        "file": path.name,
        "version": version,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "licence": licence,
        "settings": {"longest": trained.longest, **settings},
    }
    manifest.write_text(json.dumps(known, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path
