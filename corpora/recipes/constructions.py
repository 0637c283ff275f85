"""Constructions of spoken reviews, each with a place for a plain word: 没有宣传的那么{+}, 别家{-},这家不会.

A line of a file is `construction | sign`: what the whole says of the writer's own purchase, - blame, + praise, 0 neither, 0+
no blame. Filled with words of a taxonomy they teach the encoder what turns a word; one file is also a test of the rules.
Of the third hand, from which nothing learns, one half was read while rules were mended (constructions_read.txt), the
other by nobody (constructions_sealed.txt).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE
from voc.taxonomy import Taxonomy

OWN = "constructions.txt"
FILES = (OWN, "constructions_talk.txt")
WAITING = (
    "constructions_hearsay.txt", "constructions_irony.txt", "constructions_negation.txt", "constructions_slang.txt",
)  # fmt: skip
"""Four more hands, for the next training of the encoder."""
PLACES = {"{+}": "praise", "{-}": "expressions"}
"""The place of a word, and the key of an issue under which such words stand."""
_LABELS = {"-": NEGATIVE, "0": NEUTRAL, "+": POSITIVE}
_CODES = ("P00", "P07", "P08", "P10", "P11", "P13", "P14", "P16", "V01", "V04", "V06", "V13")
_SHORTEST, _LONGEST = 2, 4


@dataclass(frozen=True)
class Construction:
    """A text with one of PLACES in it, and the sign of the whole as its file has it."""

    text: str
    sign: str

    @property
    def place(self) -> str:
        return next(place for place in PLACES if place in self.text)


@dataclass(frozen=True)
class Filled:
    """A construction with a `word` of the issue `code` from code point `at` on; label 0 negative, 1 neutral, 2 positive."""

    text: str
    at: int
    word: str
    code: str
    label: int


def constructions(files: Sequence[str] = FILES) -> list[Construction]:
    """What the files hold, in their order."""
    out = []
    for file in files:
        text = resources.files("voc.corpora.recipes").joinpath(file).read_text(encoding="utf-8")
        for line in text.splitlines():
            said, bar, sign = line.rpartition("|")
            if bar and not line.startswith("#"):
                out.append(Construction(said.strip(), sign.strip()))
    return out


def filled(given: Sequence[Construction], taxonomy: Taxonomy, *, each: int, seed: int) -> Iterator[Filled]:
    """Every construction of one label with `each` words of `taxonomy`."""
    draw = random.Random(seed)
    words = {
        place: [
            (word, code)
            for code in _CODES
            if code in taxonomy.issues
            for word in getattr(taxonomy[code], key)
            if _SHORTEST <= len(word) <= _LONGEST and not word.isascii()
        ]
        for place, key in PLACES.items()
    }
    for one in given:
        if one.sign in _LABELS:
            for word, code in draw.sample(words[one.place], each):
                yield Filled(
                    one.text.replace(one.place, word), one.text.index(one.place), word, code, _LABELS[one.sign]
                )
