"""The thresholds of the cascade, chosen on held-out data: our own clauses composed into reviews, dimabsa_train's fifth, and
real reviews read by a hand that the encoder did not learn from.

A coordinate search over a few values each; what is maximised is the mean of the micro F1 of (issue, sign) or (category,
sign) on the three, all pairs and complaints alone. Three have bounds that come from elsewhere: lower values of `add` and
higher ones of `drop` win here, and lose on the guard cases and on a trade that the encoder was not trained on
(zhejiang_makeup, which was looked at for that alone); `doubt` is what lets two cores read a thousand reviews a second.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from voc.corpora.recipes.accurate_figures import F1, GROUPS, category_gold, reserved
from voc.corpora.recipes.accurate_rows import Example
from voc.corpora.recipes.readings import CALIBRATED, readings

from voc.extract.cascade import SIGNED, Thresholds, corrected
from voc.extract.lexicon import Lexicon
from voc.extract.mentions import Mention, mentions_of, model_judge
from voc.extract.naming import namer
from voc.extract.scan import Scanner, scanner
from voc.models.encoder import Encoder, Read
from voc.taxonomy import load

log = logging.getLogger(__name__)

Pair = tuple[str, int]
GRID: Mapping[str, Sequence[float]] = {
    "add": (0.45, 0.5, 0.6),
    "lean": (0.0, 0.25, 0.5),
    "drop": (0.0, 0.03, 0.05),
    "pole": (0.5, 0.6, 0.7),
    "turn": (0.5, 0.7, 0.9),
    "turn_word": (0.8, 0.9, 1.01),
    "fade": (0.6, 0.7, 0.8),
    "whole": (0.5, 0.55, 0.6, 0.7),
    "sure": (0.6, 0.75),
}
_ROUNDS = 2
_MOST = 700


@dataclass(frozen=True)
class Part:
    """Texts with the pairs that are meant in each, what the fast road finds, and how an issue is named here."""

    texts: tuple[str, ...]
    gold: tuple[frozenset[Pair], ...]
    fast: tuple[list[Mention], ...]
    names: Mapping[str, str]


@dataclass
class Remembering:
    """An encoder that reads each text once."""

    encoder: Encoder
    reads: dict[str, Read] = field(default_factory=dict)

    def __getattr__(self, name: str) -> object:
        return getattr(self.encoder, name)

    def read(self, texts: Sequence[str]) -> list[Read]:
        new = [t for t in dict.fromkeys(texts) if t not in self.reads]
        self.reads.update(zip(new, self.encoder.read(new), strict=True))
        return [self.reads[t] for t in texts]


def parts(folder: Path, scan: Scanner) -> list[Part]:
    """The held-out sets, at most 700 texts each, with the fast road's mentions."""
    own = reserved(folder)["own"][:_MOST]
    gold = [frozenset(_pairs(example)) for example in own]
    codes = {issue.code: issue.code for issue in scan.lexicon.issues}
    found = category_gold(folder)
    texts = sorted(found)[:_MOST]
    read = [reading for reading in readings(folder) if reading.hand == CALIBRATED]
    said = [
        frozenset(
            (label.code, label.sign) for clause in reading.clauses for label in clause.labels if label.code in codes
        )
        for reading in read
    ]
    return [
        _part([e.text for e in own], gold, codes, scan),
        _part(texts, [frozenset(found[t]) for t in texts], GROUPS, scan),
        _part([reading.text for reading in read], said, codes, scan),
    ]


def _part(texts: Sequence[str], gold: Sequence[frozenset[Pair]], names: Mapping[str, str], scan: Scanner) -> Part:
    fast = mentions_of(texts, scan=scan, judge=model_judge("auto"), name=namer(load("retail-food")))
    return Part(tuple(texts), tuple(gold), tuple(fast), names)


def _pairs(example: Example) -> list[Pair]:
    labels = {asked.span: asked.label for asked in example.asked}
    return [(code, labels[clause.span]) for clause in example.clauses for code in clause.codes]


def score(found: Sequence[Sequence[Mention]], part: Part, lexicon: Lexicon) -> tuple[float, float]:
    """Micro F1 of all pairs, and of complaints."""
    every, bad = [0, 0, 0], [0, 0, 0]
    for wanted, mentions in zip(part.gold, found, strict=True):
        read = {
            (part.names[lexicon.issues[m.issue].code], {"complaint": 0, "neutral": 1, "praise": 2}[m.intent])
            for m in mentions
            if m.intent in SIGNED and lexicon.issues[m.issue].code in part.names
        }
        for counts, a, b in (
            (every, set(wanted), read), (bad, {p for p in wanted if p[1] == 0}, {p for p in read if p[1] == 0}),
        ):  # fmt: skip
            counts[0] += len(a & b)
            counts[1] += len(b - a)
            counts[2] += len(a - b)
    return F1(*every).value, F1(*bad).value


def choose(encoder: Encoder, folder: Path) -> tuple[Thresholds, dict[str, list[float]]]:
    """The best thresholds, and the figures: of the fast road alone and of the cascade, on both parts."""
    scan = scanner(load("retail-food"))
    lexicon, held = scan.lexicon, parts(folder, scan)
    reader = Remembering(encoder)

    def worth(limits: Thresholds) -> float:
        return sum(sum(score(_run(p, reader, lexicon, limits), p, lexicon)) for p in held)

    best = Thresholds()
    value = worth(best)
    for _ in range(_ROUNDS):
        for name, options in GRID.items():
            for option in options:
                if (other := replace(best, **{name: option})) != best and (got := worth(other)) > value + 1e-9:
                    best, value = other, got
        log.info("%.4f with %s", value, best)
    figures = {
        "fast": [v for p in held for v in score(p.fast, p, lexicon)],
        "accurate": [v for p in held for v in score(_run(p, reader, lexicon, best), p, lexicon)],
    }
    return best, figures


def _run(part: Part, reader: Remembering, lexicon: Lexicon, limits: Thresholds) -> list[list[Mention]]:
    return corrected(part.texts, part.fast, lexicon=lexicon, encoder=reader, thresholds=limits)  # type: ignore[arg-type]
