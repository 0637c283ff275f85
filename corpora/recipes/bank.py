"""Clauses and short sentences of our own, with what each means: what customers say without saying it.

A line of a file is `codes sign: text | text`: codes of retail-food joined by `+` (`--` for no issue), sign -, + or 0.
accurate_clauses.txt names issues in plain words. The others are irony, stories, dialect, slang, negation, comparison and the
like, many with a twin of nearly the same words and the opposite meaning, by hands that knew neither the rules nor any test
set: figurative.txt by four, the others by one each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE
from voc.text.normalise import normalise_all

PLAIN = "accurate_clauses.txt"
FIGURATIVE = (
    "figurative.txt", "figurative_food.txt", "figurative_service.txt", "figurative_trades.txt", "figurative_verdicts.txt",
    "figurative_goods.txt", "figurative_shops.txt", "figurative_wares.txt",
)  # fmt: skip
FILES = (PLAIN, FIGURATIVE[0])
"""What the encoder learns from, and the aspect head; of the others the head learns those that name one code."""
_SIGNS = {"-": NEGATIVE, "+": POSITIVE, "0": NEUTRAL}


@dataclass(frozen=True)
class Said:
    """A text in normal form, the codes that it means, and its label (0 negative, 1 neutral, 2 positive)."""

    text: str
    codes: tuple[str, ...]
    label: int


def bank(files: Sequence[str] = FILES) -> list[Said]:
    """What the files say, each text once. Raises ValueError for a line that is not of the form above."""
    out: dict[str, Said] = {}
    for file in files:
        text = resources.files("voc.corpora.recipes").joinpath(file).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                for said in _said(line, f"{file}:{number}"):
                    out.setdefault(said.text, said)
    return list(out.values())


def _said(line: str, place: str) -> list[Said]:
    head, colon, body = line.partition(":")
    codes, _, sign = head.partition(" ")
    if not colon or sign.strip() not in _SIGNS:
        raise ValueError(f"{place}: {head!r} is not `codes sign`, with a sign of - + 0")
    named = () if codes == "--" else tuple(codes.split("+"))
    return [
        Said(text, named, _SIGNS[sign.strip()]) for text in normalise_all([part.strip() for part in body.split("|")])
    ]
