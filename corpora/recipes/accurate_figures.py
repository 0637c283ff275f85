"""What the encoder gets right on data that it was not trained on, and the calibration that follows from it.

The fifth of dimabsa_train and zhang_aste that is held out by review, and our own held-out clauses. The temperature, the
slopes of the issues and the thresholds of the cascade come from here and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes.accurate_rows import (
    ASPECT,
    DIMABSA,
    OPINION,
    OUTSIDE,
    Example,
    aste,
    composed,
    dimabsa,
    held_out,
)
from voc.corpora.recipes.bank import bank
from voc.corpora.recipes.polarity import table

from voc.models.encoder import Encoder, Span
from voc.text.clauses import clauses
from voc.text.normalise import normalise_all

GROUPS = {code: name for name, codes in (
    ("food", DIMABSA["食物#品质"]), ("portion", ("P08", "V09")), ("price", ("P13", "V10")),
    ("service", ("V06", "V07", "V15", "V04")), ("place", ("V13", "V08")), ("whole", ("P00", "V00")),
) for code in codes}  # fmt: skip
"""Codes as the categories of dimabsa_train, those of its food and drink and its places taken together."""
_CATEGORY = {
    "食物#品质": "food", "饮料#品质": "food", "食物#份量与款式": "portion", "饮料#份量与款式": "portion", "食物#价格": "price",
    "饮料#价格": "price", "餐厅#价格": "price", "服务#概括": "service", "氛围#概括": "place", "地点#概括": "place",
    "餐厅#概括": "whole",
}  # fmt: skip


@dataclass(frozen=True)
class F1:
    hits: int
    false: int
    missed: int

    @property
    def value(self) -> float:
        return 2 * self.hits / max(2 * self.hits + self.false + self.missed, 1)


def reserved(folder: Path) -> dict[str, list[Example]]:
    """The held-out examples by origin; our own are composed into reviews."""
    own = [said for said in bank() if held_out(said.text)]
    return {
        "dimabsa": [e for e in dimabsa(folder) if held_out(e.text)],
        "aste": [e for e in aste(folder) if held_out(e.text) and len(e.text) <= 100],
        "own": list(composed(own, count=800, seed=9)),
    }


def spans_f1(encoder: Encoder, examples: Sequence[Example]) -> dict[str, float]:
    """Overlap F1 of aspect and opinion spans: a span is right if it shares a code point with one of its kind."""
    counts = {ASPECT: np.zeros(4), OPINION: np.zeros(4)}  # right, given, found again, wanted
    for example, read in zip(examples, encoder.read([e.text for e in examples]), strict=True):
        given = encoder.spans(read)
        for kind, total in counts.items():
            wanted = [span for span, k in _runs(example) if k == kind]
            mine = [span for span, k in given if k == kind]
            right = sum(any(_overlap(a, b) for a in wanted) for b in mine)
            again = sum(any(_overlap(a, b) for b in mine) for a in wanted)
            total += (right, len(mine), again, len(wanted))
    out = {}
    for kind, name in ((ASPECT, "aspect"), (OPINION, "opinion")):
        right_, given_, again_, wanted_ = counts[kind].tolist()
        precision, recall = right_ / max(given_, 1), again_ / max(wanted_, 1)
        out[name] = 2 * precision * recall / max(precision + recall, 1e-9)
    return out


def _runs(example: Example) -> list[tuple[Span, int]]:
    out: list[tuple[Span, int]] = []
    for at, tag in enumerate(example.tags):
        if tag == OUTSIDE:
            continue
        if out and out[-1][0][1] == at and out[-1][1] == tag and at not in example.begins:
            out[-1] = ((out[-1][0][0], at + 1), tag)
        else:
            out.append(((at, at + 1), tag))
    return out


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def polarity_scores(encoder: Encoder, examples: Iterable[Example]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Uncalibrated polarity scores (n, 3) of the asked stretches, and their labels."""
    some = [e for e in examples if e.asked]
    scores: list[NDArray[np.float32]] = []
    labels: list[int] = []
    for example, read in zip(some, encoder.read([e.text for e in some]), strict=True):
        scores.append(encoder.means(read, [a.span for a in example.asked])[:, :3])
        labels.extend(a.label for a in example.asked)
    return np.concatenate(scores), np.array(labels)


def temperature(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The divisor of the scores under which the labels are likeliest (Guo et al. 2017), of a grid from 0.5 to 3."""
    best, chosen = np.inf, 1.0
    for value in np.arange(0.5, 3.01, 0.05):
        scaled = scores / value
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        loss = -float(logs[np.arange(len(labels)), labels].mean())
        if loss < best:
            best, chosen = loss, float(value)
    return round(chosen, 2)


def issue_scores(encoder: Encoder, examples: Sequence[Example]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Uncalibrated issue scores (n, issues) of the clauses of own examples, and which are meant."""
    column = {code: n for n, code in enumerate(encoder.codes)}
    scores, wanted = [], []
    for example, read in zip(examples, encoder.read([e.text for e in examples]), strict=True):
        scores.append(encoder.means(read, [c.span for c in example.clauses])[:, 3 : 3 + len(column)])
        for clause in example.clauses:
            row = np.zeros(len(column), dtype=bool)
            row[[column[c] for c in clause.codes]] = True
            wanted.append(row)
    return np.concatenate(scores), np.array(wanted)


def platt(scores: NDArray[np.float32], wanted: NDArray[np.bool_]) -> tuple[float, float]:
    """One slope and one shift for all issues (Platt 1999): there are too few clauses of each for its own."""
    from sklearn.linear_model import LogisticRegression

    machine = LogisticRegression(C=1e4).fit(scores.reshape(-1, 1), wanted.reshape(-1))
    return float(machine.coef_[0, 0]), float(machine.intercept_[0])


def category_gold(folder: Path) -> dict[str, set[tuple[str, int]]]:
    """The held-out texts of dimabsa_train with their (category, polarity) pairs."""
    rows = table(folder, "aspect/dimabsa_train")
    gold: dict[str, set[tuple[str, int]]] = {}
    for row, text in zip(rows, normalise_all([r["sentence"] for r in rows]), strict=True):
        value = float(row["valence"])
        if held_out(text):
            told = gold.setdefault(text, set())
            if row["category"] in _CATEGORY:
                told.add((_CATEGORY[row["category"]], 2 if value >= 5.5 else 0 if value < 4.7 else 1))
    return gold


def categories_f1(encoder: Encoder, folder: Path, *, least: float) -> dict[str, float]:
    """(category, polarity) of the held-out reviews of dimabsa_train, from the encoder alone, and categories alone."""
    gold = category_gold(folder)
    pairs, alone = [0, 0, 0], [0, 0, 0]
    columns = [(n, GROUPS[code]) for n, code in enumerate(encoder.codes) if code in GROUPS]
    for (text, wanted), read in zip(gold.items(), encoder.read(list(gold)), strict=True):
        spans = clauses(text)
        found: set[tuple[str, int]] = set()
        for issues, poles in zip(encoder.issues(read, spans), encoder.polarity(read, spans), strict=True):
            absent: dict[str, float] = {}
            for n, group in columns:
                absent[group] = absent.get(group, 1.0) * (1 - float(issues[n]))
            found |= {(group, int(poles.argmax())) for group, chance in absent.items() if 1 - chance >= least}
        _count(pairs, wanted, found)
        _count(alone, {g for g, _ in wanted}, {g for g, _ in found})
    return {"category + polarity": F1(*pairs).value, "category": F1(*alone).value}


def _count(counts: list[int], wanted: Set[object], found: Set[object]) -> None:
    counts[0] += len(wanted & found)
    counts[1] += len(found - wanted)
    counts[2] += len(wanted - found)


def measure(encoder: Encoder, folder: Path) -> dict[str, Any]:
    """All figures of the held-out parts."""
    parts = reserved(folder)
    out: dict[str, Any] = {}
    for name, examples in parts.items():
        scores, labels = polarity_scores(encoder, examples)
        given = scores.argmax(axis=1)
        out[f"{name}: polarity of stretches, accuracy"] = float((given == labels).mean())
        out[f"{name}: polarity of stretches, macro F1"] = macro_f1(labels, given)
        if name != "own":
            out[f"{name}: spans, overlap F1"] = spans_f1(encoder, examples)
    scores, wanted = issue_scores(encoder, parts["own"])
    out["own: issues of clauses, micro F1"] = {}
    for least in (0.3, 0.4, 0.5, 0.6):
        given_issues = 1 / (1 + np.exp(-(scores * encoder.slope + encoder.shift))) >= least
        hits = int((given_issues & wanted).sum())
        f1 = F1(hits, int(given_issues.sum()) - hits, int(wanted.sum()) - hits)
        out["own: issues of clauses, micro F1"][str(least)] = f1.value
    out["dimabsa"] = {str(least): categories_f1(encoder, folder, least=least) for least in (0.3, 0.4, 0.5, 0.6)}
    return out


def macro_f1(labels: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    scores = []
    for label in np.unique(labels):
        hit = float(((labels == label) & (given == label)).sum())
        scores.append(2 * hit / max(float((labels == label).sum() + (given == label).sum()), 1.0))
    return float(np.mean(scores))
