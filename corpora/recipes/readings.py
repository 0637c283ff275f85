"""Real reviews read clause by clause: what each says of which issue. Only the labels are kept here, not the texts.

    python -m voc.corpora.recipes.readings DATA  # what both profiles find of what the tested hand read

readings.txt has a line a review: the hash of its text, who read it, and every clause as `start-end:labels` with code points
of the raw text. A label is a code of retail-food, or XX for what is judged and has no code there, with its sign: `+`, `-`,
`=` for a judgement that is neither, and `?` behind it where the reader was not sure. The texts are found again by their
hashes in the folder of the open sets.

The readers are language models with a written guide; none saw the rules, the taxonomy's words or another's labels, and each
read every review in full. Where several read the same 60, two of them agree with an F1 of .92 to .99. They were told: what
the customer means counts, also where it is implied; P03 holds for fruit that has gone bad, V00 for
the service of an online shop where nobody answers or mends anything, P10 for 口感 where texture is not meant. The taxonomy
draws two of these lines elsewhere: what is merely 坏 is a defective piece (P18), and 口感 is texture (P11). `readings` gives
the codes of the taxonomy.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE, bare
from voc.evaluate.labelled import rows as table
from voc.extract.evaluate import Score
from voc.extract.mentions import analyze
from voc.taxonomy import load

NO_CODE = "XX"
TESTED = "a"
"""The hand that nothing learns from."""
CALIBRATED = "h"
"""The hand that the encoder does not learn from, since its cascade's thresholds are chosen there."""
SOURCES = (
    ("polarity/online_shopping_9_cats", "review"), ("polarity/eprstmt_unlabeled", "sentence"),
    ("structured/taobao_supplement", "content"), ("structured/meituan_hotpot_stores", "content"),
    ("structured/dianping_xinjiang", "content"),
)  # fmt: skip
_LEFT_OUT = frozenset(["P00", "V00", NO_CODE])
_FLAT = 0.15  # a polarity up to this is neutral
_SIGNS = {"-": NEGATIVE, "=": NEUTRAL, "+": POSITIVE}
_ROTTEN = re.compile(r"霉|烂|腐|馊|臭|变质|毛|胀|味|黑|水")
_TASTES = re.compile(r"味|甜|酸|苦|咸|辣|淡|香")
_LABEL = re.compile(r"([PV]\d\d|XX)([-+=])(\??)")


@dataclass(frozen=True)
class Label:
    """A code (or NO_CODE) with its sign (0 negative, 1 neutral, 2 positive); `sure` as the reader was."""

    code: str
    sign: int
    sure: bool = True


@dataclass(frozen=True)
class Clause:
    """A stretch of the raw text and all that it says; nothing is said where there are no labels."""

    span: tuple[int, int]
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Reading:
    """A review as one reader (`hand`) understood it."""

    text: str
    hand: str
    clauses: tuple[Clause, ...]


def key(text: str) -> str:
    """The hash by which a text is known; blanks and punctuation do not count."""
    return hashlib.sha1(bare(text).encode()).hexdigest()[:12]


def readings(folder: Path, *, tested: bool = False) -> tuple[Reading, ...]:
    """The readings whose texts are in `folder`, in the order of the file: those to learn from, or those of TESTED.

    No text of the latter is among the former.
    """
    every = _all(folder)
    kept = {reading.text for reading in every if reading.hand == TESTED}
    if tested:
        return tuple(reading for reading in every if reading.hand == TESTED)
    return tuple(reading for reading in every if reading.text not in kept)


@cache
def _all(folder: Path) -> tuple[Reading, ...]:
    texts: dict[str, str] = {}
    for name, column in SOURCES:
        for row in table(folder, name) if (folder / f"{name}.csv.gz").exists() else ():
            if row[column]:
                texts.setdefault(key(row[column]), row[column])
    lines = resources.files("voc.corpora.recipes").joinpath("readings.txt").read_text(encoding="utf-8").splitlines()
    return tuple(_parsed(lines, texts))


def _parsed(lines: list[str], texts: dict[str, str]) -> Iterator[Reading]:
    for line in lines:
        if not line or line.startswith("#"):
            continue
        number, hand, *parts = line.split()
        if number in texts:
            text = texts[number]
            yield Reading(text, hand, tuple(_clause(part, text) for part in parts))


def _clause(part: str, text: str) -> Clause:
    span, _, labels = part.partition(":")
    start, end = map(int, span.split("-"))
    found = (_LABEL.fullmatch(label) for label in labels.split(",") if label)
    said = text[start:end]
    return Clause((start, end), tuple(Label(_code(m[1], said), _SIGNS[m[2]], not m[3]) for m in found if m))


def scores(folder: Path, *, profile: str) -> dict[str, Score]:
    """How the mentions of `profile` compare with the tested hand: (issue, sign) of each review, by kind of review.

    Left out are verdicts on the whole (P00, V00), what has no code, and what the reader was not sure of; the service of an
    online shop is right as V04 where the reader wrote V00.
    """
    given = readings(folder, tested=True)
    kind = {key(row[column]): name for name, column in SOURCES for row in table(folder, name) if row[column]}
    found: list[set[tuple[str, int]]] = [set() for _ in given]
    for one in analyze([reading.text for reading in given], taxonomy=load("retail-food"), profile=profile).to_pylist():
        if one["intent"] in ("complaint", "praise", "neutral"):
            sign = NEUTRAL if abs(one["polarity"]) <= _FLAT else POSITIVE if one["polarity"] > 0 else NEGATIVE
            found[one["row"]].add((one["aspect"], sign))
    counts: dict[str, list[int]] = {}
    for reading, mine in zip(given, found, strict=True):
        labels = [label for clause in reading.clauses for label in clause.labels]
        wanted = {(label.code, label.sign) for label in labels if label.sure and label.code not in _LEFT_OUT}
        open_ = {(label.code, label.sign) for label in labels if not label.sure}
        open_ |= {("V04", label.sign) for label in labels if label.code == "V00"}
        read = {pair for pair in mine - (open_ - wanted) if pair[0] not in _LEFT_OUT}
        names = ("all", kind[key(reading.text)])
        for name in names:
            for sort, a, b in (
                ("", wanted, read),
                (", complaints", {p for p in wanted if p[1] == NEGATIVE}, {p for p in read if p[1] == NEGATIVE}),
            ):
                total = counts.setdefault(f"{name}{sort}", [0, 0, 0])
                for n, part in enumerate((a & b, b - a, a - b)):
                    total[n] += len(part)
    return {name: Score(*total) for name, total in sorted(counts.items())}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the open sets")
    chosen = parser.parse_args(arguments)
    for profile in ("fast", "accurate"):
        for name, one in scores(chosen.data, profile=profile).items():
            figures = f"P {one.precision:.3f} R {one.recall:.3f} F1 {one.f1:.3f} of {one.hits + one.missed}"
            print(f"{profile}: {name}: {figures}")
    return 0


def _code(code: str, clause: str) -> str:
    """The taxonomy's code for a reader's."""
    if code == "P03" and "坏" in clause and not _ROTTEN.search(clause):
        return "P18"
    return "P11" if code == "P10" and "口感" in clause and not _TASTES.search(clause) else code


if __name__ == "__main__":
    raise SystemExit(main())
