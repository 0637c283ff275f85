"""Training of the aspect head: which issue a clause means when none of the taxonomy's words says so.

    python -m voc.corpora.recipes.aspects DATA [--figures]

It learns from what is known without labels: the taxonomy's own words (each is a clause of its code), clauses of our own
(aspect_clauses.txt and the bank of the accurate profile), and clauses in which the lexical road was sure of one code,
half of them with the deciding word taken out, so that the head learns what else is said with it. Clauses in which the
road found nothing stand for "no issue" at a small weight. One logistic regression a code over hashed character n-grams
(stochastic gradient descent, deterministic), and one scale for all of them from held-out folds (Platt 1999).
The 400 food reviews of the evaluation are left out by their text.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes.bank import FIGURATIVE, bank
from voc.corpora.recipes.polarity import bare, table, untouchable
from voc.corpora.recipes.readings import readings

from voc.extract.findings import UNDECIDED
from voc.extract.reviews import LONGEST_TEXT, Reading, read
from voc.extract.scan import scanner
from voc.models.aspects import NAME, NONE
from voc.models.files import WEIGHTS
from voc.models.linear import keys_of
from voc.models.ngrams import ngrams
from voc.models.training import Trained, Vocabulary, save
from voc.taxonomy import Taxonomy, load
from voc.text.normalise import normalise_all
from voc.text.sheet import Sheet, sheet

TAXONOMY = "retail-food"
LONGEST = 3
MOST = 60_000
FOLDS = 5
ALPHA = 1e-6
EPOCHS = 12
WORD, PRAISE, OWN, READ, SURE, MASKED, OPEN = 0.5, 0.3, 3.0, 4.0, 0.3, 0.2, 0.05
"""Weights of a text by where it is from."""
A_CODE, NOTHING = 800, 15_000
"""Clauses of the reviews at most: for each code, and for no issue."""
_SURE = 0.75
_SHORTEST, _LONGEST_CLAUSE = 3, 40
_SEED = 0
_SOURCES = (
    ("polarity/online_shopping_9_cats", "review", ("水果", "洗发水", "衣服")),
    ("polarity/eprstmt_unlabeled", "sentence", ()), ("structured/taobao_supplement", "content", ()),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A clause in normal form, its code (NONE for no issue) and how much it counts; `own` clauses are held out in turn."""

    text: str
    code: str
    weight: float
    own: bool = False


def words(taxonomy: Taxonomy) -> Iterator[Row]:
    """Every deciding word of the taxonomy; general codes mean that no issue is named."""
    for issue in taxonomy.issues.values():
        code = NONE if issue.general else issue.code
        for weight, group in ((WORD, issue.expressions), (PRAISE, issue.praise)):
            yield from (Row(word, code, weight) for word in group)


def clauses_of_our_own() -> Iterator[Row]:
    """The clauses of aspect_clauses.txt, and those of the bank that mean one issue.

    Of the figurative sentences only those that name a code: one without may mean what retail food has no code for, and taught
    the head to say nothing.
    """
    text = resources.files("voc.corpora.recipes").joinpath("aspect_clauses.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    said = [
        (head.split()[0], clause) for head, _, rest in (li.partition(":") for li in lines) for clause in rest.split("|")
    ]
    plain = bank()
    said += [(one.codes[0] if one.codes else "--", one.text) for one in plain if len(one.codes) <= 1]
    known, codes = {one.text for one in plain}, set(load(TAXONOMY).issues) - {"P00", "V00"}
    said += [
        (one.codes[0], one.text)
        for one in bank(FIGURATIVE)
        if len(one.codes) == 1 and one.codes[0] in codes and one.text not in known
    ]
    for (code, _), form in zip(said, normalise_all([clause.strip() for _, clause in said]), strict=True):
        yield Row(form, NONE if code in ("--", "P00", "V00") else code, OWN, own=True)


def read_by_hand(folder: Path) -> Iterator[Row]:
    """The clauses of real reviews that a reader gave one code, or none at all."""
    known = set(load(TAXONOMY).issues) - {"P00", "V00"}
    found = [
        (
            reading.text[slice(*clause.span)],
            {label.code if label.code in known else NONE for label in clause.labels} or {NONE},
        )
        for reading in readings(folder)
        for clause in reading.clauses
        if all(label.sure for label in clause.labels)
    ]
    single = [(text, *codes) for text, codes in found if len(codes) == 1]
    for (_, code), form in zip(single, normalise_all([text for text, _ in single]), strict=True):
        if len(form) >= _SHORTEST:
            yield Row(form, code, READ, own=True)


def from_reviews(folder: Path, taxonomy: Taxonomy) -> list[Row]:
    """Clauses in which the lexical road is sure of one code, or finds nothing."""
    banned = untouchable(folder)
    texts = [
        row[column]
        for name, column, trades in _SOURCES
        for row in table(folder, name)
        if row[column] and (not trades or row["cat"] in trades)
    ]
    texts = [text for text in dict.fromkeys(texts) if bare(text) not in banned]
    scan = scanner(taxonomy)
    found: dict[str, list[Row]] = defaultdict(list)
    for first in range(0, len(texts), 2000):
        page = sheet(texts[first : first + 2000], longest=LONGEST_TEXT)
        for row in _of_sheet(page, read(page, scanner=scan, in_store=None), taxonomy, scan.lexicon.general):
            found[row.code].append(row)
    draw = random.Random(_SEED)
    out = []
    for code in sorted(found):
        rows = list(dict.fromkeys(found[code]))
        out += draw.sample(rows, min(len(rows), NOTHING if code == NONE else A_CODE))
    return out


def _of_sheet(page: Sheet, reading: Reading, taxonomy: Taxonomy, general: frozenset[int]) -> Iterator[Row]:
    issues = tuple(taxonomy.issues.values())
    found = reading.found.take(reading.found.intent != UNDECIDED)
    said = defaultdict(list)
    for clause, *claim in zip(
        found.clause.tolist(), found.issue.tolist(), found.confidence.tolist(), found.opinion_start.tolist(),
        found.opinion_end.tolist(), strict=True,
    ):  # fmt: skip
        said[clause].append(claim)
    for number, (start, end) in enumerate(
        zip(reading.clauses.start.tolist(), reading.clauses.end.tolist(), strict=True)
    ):
        text = page.text[start:end]
        if not _SHORTEST <= len(text) <= _LONGEST_CLAUSE:
            continue
        codes = {issue for issue, *_ in said[number] if issue not in general}
        if not codes:
            yield Row(text, NONE, OPEN)
        elif len(codes) == 1 and all(confidence >= _SURE for _, confidence, *_ in said[number]):
            code = issues[codes.pop()].code
            yield Row(text, code, SURE)
            places = sorted((first, last) for _, _, first, last in said[number] if first >= 0)
            if places:
                rest = text[: places[0][0] - start] + text[places[-1][1] - start :]
                if len(rest) > _SHORTEST:
                    yield Row(rest, code, MASKED)


def rows(folder: Path) -> list[Row]:
    """Everything that the head learns from."""
    taxonomy = load(TAXONOMY)
    return [*words(taxonomy), *clauses_of_our_own(), *read_by_hand(folder), *from_reviews(folder, taxonomy)]


def trained(given: Sequence[Row], *, codes: Sequence[str]) -> Trained:
    """One regression a code, not yet calibrated."""
    from sklearn.linear_model import SGDClassifier

    texts = [row.text for row in given]
    keys, owners = _occurrences(texts)
    distinct, column = np.unique(keys, return_inverse=True)
    present = np.bincount(
        np.unique(column.astype(np.int64) * len(texts) + owners) // len(texts), minlength=len(distinct)
    )
    kept = np.sort(np.argsort(-present, kind="stable")[: min(MOST, int((present >= 2).sum()))])
    place = np.full(len(distinct), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    vocabulary = Vocabulary(distinct[kept], np.log((1 + len(texts)) / (1 + present[kept])) + 1)
    matrix = _matrix(place[column], owners, len(texts), vocabulary)
    number = {code: n for n, code in enumerate(codes)}
    labels = np.array([number[row.code] for row in given])
    machine = SGDClassifier(loss="log_loss", alpha=ALPHA, max_iter=EPOCHS, tol=None, random_state=_SEED)
    machine.fit(matrix, labels, sample_weight=np.array([row.weight for row in given]))
    weights = np.zeros((len(codes), matrix.shape[1]))
    bias = np.full(len(codes), -20.0)
    weights[machine.classes_], bias[machine.classes_] = machine.coef_, machine.intercept_
    return Trained(vocabulary, np.ascontiguousarray(weights.T * vocabulary.idf[:, None]), bias, LONGEST)


def _occurrences(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    keys, owners = [], []
    for hashes, offsets in ngrams(texts, longest=LONGEST):
        keys.append(keys_of(hashes))
        owners.append(np.repeat(np.arange(len(texts)), np.diff(offsets)))
    return np.concatenate(keys), np.concatenate(owners)


def _matrix(columns: NDArray[np.int64], owners: NDArray[np.int64], count: int, vocabulary: Vocabulary) -> Any:
    """Sparse (n, k): idf of each occurrence over the length of its text, as `NgramLinear` scales them."""
    from scipy import sparse

    columns, owners = columns[columns >= 0], owners[columns >= 0]
    values = vocabulary.idf[columns]
    length = np.sqrt(np.maximum(np.bincount(owners, weights=values**2, minlength=count), 1.0))
    return sparse.csr_matrix((values / length[owners], (owners, columns)), shape=(count, len(vocabulary.keys)))


@dataclass(frozen=True)
class HeldOut:
    """Own clauses that were held out: `right` and the best `score` of each, and whether the head named an issue at all."""

    score: NDArray[np.float64]
    right: NDArray[np.bool_]
    named: NDArray[np.bool_]

    def at(self, least: float) -> tuple[float, float]:
        """Precision and recall where the head speaks from a score of `least` on."""
        speaks = self.named & (self.score >= least)
        return (float(self.right[speaks].mean()) if speaks.any() else 0.0), float((self.right & speaks).mean())


def held_out(given: Sequence[Row], *, codes: Sequence[str], folds: int = FOLDS) -> HeldOut:
    """Every own clause read by a head that did not learn from it."""
    own = [n for n, row in enumerate(given) if row.own]
    fold = np.random.default_rng(_SEED).permutation(len(own)) % folds
    score, best, truth = np.zeros(len(own)), np.zeros(len(own), dtype=np.int64), np.zeros(len(own), dtype=np.int64)
    for number in range(folds):
        out = {own[n] for n in np.flatnonzero(fold == number).tolist()}
        model = trained([row for n, row in enumerate(given) if n not in out], codes=codes).model()
        at = np.flatnonzero(fold == number)
        scores = model.scores([given[own[n]].text for n in at.tolist()])
        score[at], best[at] = scores.max(axis=1), scores.argmax(axis=1)
        truth[at] = [codes.index(given[own[n]].code) for n in at.tolist()]
    return HeldOut(score, best == truth, best != codes.index(NONE))


def calibrated(seen: HeldOut) -> tuple[float, float]:
    """Scale and shift that make sigmoid(scale * score + shift) the chance that a named issue is right."""
    from sklearn.linear_model import LogisticRegression

    machine = LogisticRegression(C=100.0).fit(seen.score[seen.named, None], seen.right[seen.named])
    return float(machine.coef_[0, 0]), float(machine.intercept_[0])


def train(folder: Path, out: Path = WEIGHTS) -> str:
    """Train, write the weights, and return the held-out figures."""
    given = rows(folder)
    codes = sorted({row.code for row in given})
    seen = held_out(given, codes=codes)
    scale, shift = calibrated(seen)
    made = trained(given, codes=codes)
    save(made, NAME, folder=out, version="3", licence="Apache-2.0 (weights); the texts stay with their sources, see CARD.md",
         settings={"codes": codes, "scale": round(scale, 4), "shift": round(shift, 4), "taxonomy": TAXONOMY})  # fmt: skip
    return _figures(given, codes, seen, scale, shift)


def _figures(given: Sequence[Row], codes: Sequence[str], seen: HeldOut, scale: float, shift: float) -> str:
    lines = [
        f"{len(given)} rows, {len(codes)} codes; own clauses {len(seen.right)}, best name right {seen.right.mean():.3f}"
    ]
    for chance in (0.3, 0.5, 0.6, 0.7, 0.8):
        precision, recall = seen.at(_score(chance, scale, shift))
        lines.append(f"from a chance of {chance}: precision {precision:.3f}, recall {recall:.3f}")
    return "\n".join(lines)


def _score(chance: float, scale: float, shift: float) -> float:
    return float((np.log(chance / (1 - chance)) - shift) / scale)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the open sets")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    chosen = parser.parse_args(arguments)
    print(train(chosen.data, chosen.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
