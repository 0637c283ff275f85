"""Training of the aspect head: the chance that a clause is about each issue, whatever words it has for it.

    python -m voc.corpora.recipes.aspects DATA TAUGHT

It learns from the encoder of the accurate profile (TAUGHT, voc.corpora.recipes.taught) what real clauses are about, and from
what is known: clauses of real reviews read by hand, clauses of our own (aspect_clauses.txt and the bank of the accurate
profile) and the taxonomy's own words, each a clause of its code. One logistic regression a code over hashed character
n-grams, all at once, with chances as labels (Adam, Kingma and Ba 2015). The 400 food reviews of the evaluation are left
out by their text.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes import taught
from voc.corpora.recipes.bank import FIGURATIVE, bank
from voc.corpora.recipes.polarity import LICENCE
from voc.corpora.recipes.readings import CALIBRATED, Reading, readings

from voc.models.aspects import NAME
from voc.models.files import WEIGHTS
from voc.models.linear import NgramLinear, keys_of
from voc.models.ngrams import ngrams
from voc.models.training import Trained, Vocabulary, save
from voc.taxonomy import Taxonomy, load
from voc.text.normalise import normalise_all

TAXONOMY = "retail-food"
VERSION = "4"
LONGEST = 3
MOST, LEAST = 60_000, 3
"""N-grams that are kept: the commonest, of those in so many clauses at least."""
TAUGHT, OWN, READ = 1.0, 1.0, 6.0
"""Weights of a clause by where it is from."""
EPOCHS, BATCH, RATE = 10, 4_096, 0.02
_GENERAL = ("P00", "V00")
_LONGEST_CLAUSE = 60
_SEED = 0


@dataclass(frozen=True)
class Row:
    """A clause in normal form, the codes that it is about, and how much it counts."""

    text: str
    codes: tuple[str, ...]
    weight: float


def words(taxonomy: Taxonomy) -> Iterator[Row]:
    """Every deciding word of the taxonomy."""
    for issue in taxonomy.issues.values():
        yield from (Row(word, (issue.code,), OWN) for group in (issue.expressions, issue.praise) for word in group)


def clauses_of_our_own() -> Iterator[Row]:
    """The clauses of aspect_clauses.txt, and those of the bank.

    Of the figurative sentences only those that name a code: one without may mean what retail food has no code for, and taught
    the head to say nothing.
    """
    text = resources.files("voc.corpora.recipes").joinpath("aspect_clauses.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    codes = set(load(TAXONOMY).issues)
    said: list[tuple[tuple[str, ...], str]] = [
        ((head.split()[0],), clause)
        for head, _, rest in (li.partition(":") for li in lines)
        for clause in rest.split("|")
    ]
    plain = bank()
    said += [(one.codes, one.text) for one in plain]
    known = {one.text for one in plain}
    said += [
        (one.codes, one.text)
        for one in bank(FIGURATIVE)
        if one.codes and codes.issuperset(one.codes) and one.text not in known
    ]
    for (given, _), form in zip(said, normalise_all([clause.strip() for _, clause in said]), strict=True):
        yield Row(form, tuple(code for code in given if code in codes), OWN)


def read_by_hand(given: Sequence[Reading]) -> Iterator[Row]:
    """The clauses of real reviews with the codes that a reader was sure of."""
    known = set(load(TAXONOMY).issues)
    found = [
        (reading.text[slice(*clause.span)], tuple(sorted({label.code for label in clause.labels} & known)))
        for reading in given
        for clause in reading.clauses
        if all(label.sure for label in clause.labels)
    ]
    for (_, codes), form in zip(found, normalise_all([text for text, _ in found]), strict=True):
        yield Row(form, codes, READ)


def learned(folder: Path, lessons: taught.Taught) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Everything that the head learns from: texts, the chance of each of the codes of `lessons` (n, codes), weights (n,)."""
    hands = [reading for reading in readings(folder) if reading.hand != CALIBRATED]
    known = [*read_by_hand(hands), *clauses_of_our_own(), *words(load(TAXONOMY))]
    column = {code: n for n, code in enumerate(lessons.codes)}
    labels = np.zeros((len(known), len(column)), dtype=np.float32)
    for n, row in enumerate(known):
        labels[n, [column[code] for code in row.codes]] = 1.0
    texts = [*(text[:_LONGEST_CLAUSE] for text in lessons.texts), *(row.text for row in known)]
    weights = np.array([TAUGHT] * len(lessons.texts) + [row.weight for row in known], dtype=np.float32)
    return texts, np.concatenate([lessons.issues, labels]), weights


def trained(
    texts: Sequence[str], labels: NDArray[np.float32], weights: NDArray[np.float32], *, most: int = MOST, least: int = LEAST,
    epochs: int = EPOCHS,
) -> Trained:  # fmt: skip
    """One regression a column of `labels` (n, codes) in [0, 1], fitted to all of them at once; the same every time."""
    matrix, vocabulary = _matrix(texts, most, least)
    draw = np.random.default_rng(_SEED)
    fit = _Adam(np.zeros((matrix.shape[1] + 1, labels.shape[1]), dtype=np.float32))
    fit.at[-1] = -3.0  # most issues are absent from most clauses
    batch = min(BATCH, len(texts))
    steps = epochs * -(-len(texts) // batch)
    for step in range(steps):
        if step % (steps // epochs) == 0:
            order = draw.permutation(len(texts))
        rows = order[(start := step % (steps // epochs) * batch) : start + batch]
        part = matrix[rows]
        wrong = 1.0 / (1.0 + np.exp(-(part @ fit.at[:-1] + fit.at[-1]))) - labels[rows]
        wrong *= weights[rows, None] / len(rows)
        fit.step(np.vstack([part.T @ wrong, wrong.sum(axis=0)]), RATE * (1 - step / steps) + 1e-4)
    scaled = fit.at[:-1].astype(np.float64) * vocabulary.idf[:, None]
    return Trained(vocabulary, np.ascontiguousarray(scaled), fit.at[-1].astype(np.float64), LONGEST)


class _Adam:
    """Parameters `at` that follow gradients (Kingma and Ba 2015, with their constants)."""

    def __init__(self, at: NDArray[np.float32]) -> None:
        self.at, self.mean, self.square, self.steps = at, np.zeros_like(at), np.zeros_like(at), 0

    def step(self, gradient: NDArray[np.float32], rate: float) -> None:
        self.steps += 1
        self.mean += 0.1 * (gradient - self.mean)
        self.square += 0.001 * (gradient**2 - self.square)
        size = np.sqrt(self.square / (1 - 0.999**self.steps)) + 1e-8
        self.at -= (rate / (1 - 0.9**self.steps) * self.mean / size).astype(np.float32)


def _matrix(texts: Sequence[str], most: int, least: int) -> tuple[Any, Vocabulary]:
    """Sparse (n, k): idf of each occurrence over the length of its text, as `NgramLinear` scales them; the n-grams."""
    from scipy import sparse

    keys, owners = [], []
    for hashes, offsets in ngrams(texts, longest=LONGEST):
        keys.append(keys_of(hashes))
        owners.append(np.repeat(np.arange(len(texts)), np.diff(offsets)))
    owner = np.concatenate(owners)
    distinct, column = np.unique(np.concatenate(keys), return_inverse=True)
    pairs = np.unique(column.astype(np.int64) * len(texts) + owner) // len(texts)
    present = np.bincount(pairs, minlength=len(distinct))
    kept = np.sort(np.argsort(-present, kind="stable")[: min(most, int((present >= least).sum()))])
    vocabulary = Vocabulary(distinct[kept], np.log((1 + len(texts)) / (1 + present[kept])) + 1)
    place = np.full(len(distinct), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    column = place[column]
    owner, column = owner[column >= 0], column[column >= 0]
    values = vocabulary.idf[column]
    length = np.sqrt(np.maximum(np.bincount(owner, weights=values**2, minlength=len(texts)), 1.0))
    shape = (len(texts), len(kept))
    return sparse.csr_matrix(((values / length[owner]).astype(np.float32), (owner, column)), shape=shape), vocabulary


def average_precision(model: NgramLinear, given: Sequence[Reading], codes: Sequence[str]) -> float:
    """Of all pairs of a clause that `given` read and a code that is not general: the precision, averaged over the recall."""
    from sklearn.metrics import average_precision_score

    rows = list(read_by_hand(given))
    specific = [n for n, code in enumerate(codes) if code not in _GENERAL]
    truth = np.array([[code in row.codes for code in codes] for row in rows])[:, specific]
    scores = model.scores([row.text for row in rows])[:, specific]
    return float(average_precision_score(truth.ravel(), scores.ravel()))


def train(folder: Path, lessons: taught.Taught, out: Path = WEIGHTS) -> str:
    """Train, write the weights, and return how well the head knows what the two hands read that it did not learn from."""
    made = trained(*learned(folder, lessons))
    settings = {"codes": list(lessons.codes), "taxonomy": TAXONOMY}
    save(made, NAME, folder=out, version=VERSION, licence=LICENCE, settings=settings)
    hands = {
        "calibrated": [reading for reading in readings(folder) if reading.hand == CALIBRATED],
        "tested": readings(folder, tested=True),
    }
    figures = (f"{name} {average_precision(made.model(), hand, lessons.codes):.3f}" for name, hand in hands.items())
    return "average precision on the hand: " + ", ".join(figures)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the open sets")
    parser.add_argument("taught", type=Path, help="what `python -m voc.corpora.recipes.taught` wrote")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    chosen = parser.parse_args(arguments)
    print(train(chosen.data, taught.load(chosen.taught), chosen.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
