"""Training of the n-gram classifiers: vocabulary, log-count ratios, logistic regression, calibration, file.

The method is NBSVM with a logistic loss (Wang and Manning 2012, Baselines and Bigrams): one class against the rest,
each n-gram scaled by a power of the log ratio of its counts in the class and outside it. The scores of held-out folds
then fit a multinomial logistic regression, which calibrates them (Platt 1999, for several classes), and all of it is
folded into one weight per n-gram and class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.models.files import enter
from voc.models.linear import NgramLinear, keys_of
from voc.models.ngrams import ngrams

_SMOOTHING = 1.0
_TOLERANCE = 0.01
SEED = 0
_CALIBRATION_C = 100.0


@dataclass(frozen=True)
class Options:
    """`longest` n-gram; `least` texts that an n-gram must stand in; `most` n-grams kept; `inverse_penalty` (C).

    `power` of the log-count ratios: 1 is NBSVM, 0 a plain regression; between them the ratios of the training trades
    bind less. `folds` are held out in turn for the calibration; with 0 the scores stay as they are.
    """

    longest: int = 4
    least: int = 3
    most: int = 300_000
    inverse_penalty: float = 1.0
    power: float = 1.0
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


@dataclass(frozen=True)
class Counted:
    """How often each n-gram stands in each text: `counts` sparse (n, k) float32, `keys` (k,) sorted and distinct."""

    keys: NDArray[np.uint32]
    counts: Any
    longest: int

    def of(self, rows: NDArray[np.integer]) -> Counted:
        """The texts `rows` alone, over the same n-grams."""
        return Counted(self.keys, self.counts[rows], self.longest)


def count(texts: Sequence[str], *, longest: int, least: int = 1) -> Counted:
    """The n-grams of `texts` that occur `least` times or more. Counting once serves many folds of the same texts."""
    from scipy import sparse

    keys, owners = [], []
    for hashes, offsets in ngrams(texts, longest=longest):
        keys.append(keys_of(hashes))
        owners.append(np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(offsets)))
    joined = np.concatenate(keys)
    distinct, codes, often = np.unique(joined, return_inverse=True, return_counts=True)
    frequent = often >= least
    place = np.cumsum(frequent, dtype=np.int32) - 1
    kept = frequent[codes]
    cells = (np.concatenate(owners)[kept], place[codes[kept]])
    shape = (len(texts), int(frequent.sum()))
    counts = sparse.csr_matrix((np.ones(len(cells[0]), dtype=np.float32), cells), shape=shape)
    counts.sum_duplicates()
    return Counted(distinct[frequent], counts, longest)


def fit(
    texts: Sequence[str] | Counted,
    labels: NDArray[np.integer],
    weights: NDArray[np.floating],
    *,
    classes: int = 3,
    options: Options = Options(),
    calibration: NDArray[np.floating] | None = None,
) -> Trained:
    """Train on texts in normal form, or what was counted of them; `labels` (n,) in 0 .. classes - 1, `weights` (n,) >= 0.

    `calibration` (n,) weighs the texts where the probabilities are fitted; `weights` where it is None. Deterministic.
    """
    if not isinstance(texts, Counted):
        texts = count(texts, longest=options.longest, least=options.least)
    known, counts = vocabulary(texts, labels, classes, options)
    matrix = scaled(counts, known)
    raw, bias = one_against_rest(matrix, labels, weights, classes, options)
    raw *= known.idf[:, None]
    if not options.folds:
        return Trained(known, raw, bias, texts.longest)
    held_out = np.zeros((len(labels), classes))
    fold = np.random.default_rng(SEED).permutation(len(labels)) % options.folds
    for number in range(options.folds):
        inside, outside = fold != number, fold == number
        part, shift = one_against_rest(matrix[inside], labels[inside], weights[inside], classes, options)
        held_out[outside] = matrix[outside] @ part + shift
    mixing, shift = _calibrated(held_out, labels, weights if calibration is None else calibration, classes)
    return Trained(known, raw @ mixing.T, mixing @ bias + shift, texts.longest)


def vocabulary(counted: Counted, labels: NDArray[np.integer], classes: int, options: Options) -> tuple[Vocabulary, Any]:
    """The n-grams that tell the classes apart best, and their counts.

    They are ranked by the z score of their log odds ratio (Monroe, Colaresi and Quinn 2008, without a prior).
    """
    size = len(counted.keys)
    label_of = np.repeat(labels, np.diff(counted.counts.indptr))
    present = np.bincount(counted.counts.indices, minlength=size)
    strength = np.zeros(size)
    for label in range(classes):
        mine = np.bincount(counted.counts.indices[label_of == label], minlength=size) + _SMOOTHING
        rest = present - mine + 2 * _SMOOTHING
        ratio = np.log(mine / mine.sum()) - np.log(rest / rest.sum())
        strength = np.maximum(strength, np.abs(ratio) / np.sqrt(1 / mine + 1 / rest))
    strength[present < options.least] = -1
    kept = np.sort(np.argsort(-strength, kind="stable")[: min(options.most, int((strength >= 0).sum()))])
    idf = np.log((1 + len(labels)) / (1 + present[kept])) + 1
    return Vocabulary(counted.keys[kept], idf), counted.counts[:, kept]


def scaled(counts: Any, known: Vocabulary) -> Any:
    """Sparse (n, k): idf of each occurrence over the length of its text, as `NgramLinear` scales them."""
    from scipy import sparse

    length = np.sqrt(np.maximum(counts @ known.idf**2, 1.0))
    return (sparse.diags(1 / length) @ counts @ sparse.diags(known.idf)).tocsr()


def one_against_rest(
    matrix: Any,
    labels: NDArray[np.integer],
    weights: NDArray[np.floating],
    classes: int,
    options: Options,
    *,
    extra: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (k + m, c) on the columns of `matrix` and of `extra` (n, m), which is not scaled, and biases (c,)."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    present = matrix.copy()
    present.data[:] = 1.0
    beside = np.zeros((matrix.shape[0], 0)) if extra is None else extra
    out, bias = np.zeros((matrix.shape[1] + beside.shape[1], classes)), np.zeros(classes)
    # Two classes mirror each other: one regression serves both.
    for label in range(classes if classes > 2 else 1):
        mine = labels == label
        if not mine.any() or mine.all():
            bias[label] = 0.0 if mine.any() else -10.0
            continue
        inside = (weights * mine) @ present + _SMOOTHING
        rest = (weights * ~mine) @ present + _SMOOTHING
        ratio = np.log(inside / inside.sum()) - np.log(rest / rest.sum())
        scale = np.append(np.sign(ratio) * np.abs(ratio) ** options.power, np.ones(beside.shape[1]))
        features = sparse.hstack([matrix, sparse.csr_matrix(beside)]) if beside.shape[1] else matrix
        machine = LogisticRegression(C=options.inverse_penalty, solver="liblinear", tol=_TOLERANCE, random_state=0)
        machine.fit((features @ sparse.diags(scale)).tocsr(), mine, sample_weight=weights)
        out[:, label] = machine.coef_[0] * scale
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
    enter(path, name, version=version, licence=licence, settings={"longest": trained.longest, **settings})
    return path
