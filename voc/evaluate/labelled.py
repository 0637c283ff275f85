"""The open labelled sets that no model was trained on, read from their folder as texts and classes.

Classes are 0 negative, 1 neutral, 2 positive. The texts stay in the folder; nothing here keeps them.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2


@dataclass(frozen=True)
class Labelled:
    """`texts` raw, `labels` (n,) in 0 .. 2."""

    texts: tuple[str, ...]
    labels: NDArray[np.int64]


def rows(folder: Path, name: str, *columns: str) -> list[dict[str, str]]:
    """The records of `name`.csv.gz in `folder`. Raises InputError for a missing file or column."""
    path = folder / f"{name}.csv.gz"
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: not a readable set of the data folder ({error})") from None
    csv.field_size_limit(1 << 30)
    found = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    missing = [column for column in columns if not found or column not in found[0]]
    if missing:
        raise InputError(f"has no column {missing[0]!r}; wanted are {', '.join(columns)}", path=path)
    return found


def waimai(folder: Path) -> Labelled:
    """Takeaway reviews, two classes."""
    return _of(
        (row["review"], _pole(row["label"] == "1")) for row in rows(folder, "polarity/waimai_10k", "label", "review")
    )


def eprstmt(folder: Path) -> Labelled:
    """Shop reviews, two classes, the training and development parts of the few-shot set."""
    names = ("polarity/eprstmt_train_few_all", "polarity/eprstmt_dev_few_all")
    found = [row for name in names for row in rows(folder, name, "sentence", "label")]
    return _of((row["sentence"], _pole(row["label"].startswith("P"))) for row in found)


def food(folder: Path) -> Labelled:
    """Food reviews by their annotated units: of one pole, or neutral where the units contradict each other or have none."""
    units: dict[str, set[str]] = defaultdict(set)
    text_of: dict[str, str] = {}
    for row in rows(folder, "aspect/jd_food_quads_open", "comment_id", "text", "polarity"):
        units[row["comment_id"]].add(row["polarity"])
        text_of[row["comment_id"]] = row["text"]
    return _of((text_of[key], _overall(found, {"POS": POSITIVE, "NEG": NEGATIVE})) for key, found in units.items())


def makeup(folder: Path) -> Labelled:
    """Cosmetics reviews by their annotated units, as `food`; by their terms for evaluation only."""
    units: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder, "aspect/zhejiang_makeup", "Reviews", "Polarities"):
        units[row["Reviews"]].add(row["Polarities"])
    poles = {"正面": POSITIVE, "负面": NEGATIVE}
    return _of((text, _overall(found, poles)) for text, found in units.items())


def mcdonalds(folder: Path) -> Labelled:
    """English reviews in which readers marked a problem: all negative."""
    found = rows(folder, "english/mcdonalds_issues", "policies_violated", "review")
    return _of((row["review"], NEGATIVE) for row in found if row["policies_violated"].strip() not in ("", "na"))


def cars(folder: Path) -> Labelled:
    """Forum posts on cars whose marked subjects share one sign; by their terms for evaluation only."""
    signs: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder, "aspect/bdci2018_car", "content", "sentiment_value"):
        signs[row["content"]].add(row["sentiment_value"])
    labels = {"-1": NEGATIVE, "0": NEUTRAL, "1": POSITIVE}
    return _of((text, labels[next(iter(found))]) for text, found in signs.items() if len(found) == 1)


def _overall(found: set[str], poles: Mapping[str, int]) -> int:
    signs = {poles[name] for name in found if name in poles}
    return signs.pop() if len(signs) == 1 else NEUTRAL


def _pole(positive: bool) -> int:
    return POSITIVE if positive else NEGATIVE


def _of(pairs: Iterable[tuple[str, int]]) -> Labelled:
    found = list(pairs)
    return Labelled(tuple(text for text, _ in found), np.array([label for _, label in found], dtype=np.int64))


def bare(text: str) -> str:
    """What stays of a normal form when blanks and signs go: two texts with the same are the same text."""
    return "".join(filter(str.isalnum, text)) or text


def every(labelled: Labelled, most: int) -> Labelled:
    """At most `most` texts, evenly spread over the set, for systems that are slow."""
    if len(labelled.texts) <= most:
        return labelled
    places = np.linspace(0, len(labelled.texts) - 1, most).round().astype(int)
    return Labelled(tuple(labelled.texts[i] for i in places), labelled.labels[places])


def texts_of(sets: Iterable[Labelled]) -> Sequence[str]:
    """The texts of several sets, one after the other."""
    return [text for labelled in sets for text in labelled.texts]
