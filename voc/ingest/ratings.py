"""Stars, scales and words to float32 in [1, 5]; answers to "would you recommend us" to int8 in [0, 10]."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

#: The words that platforms and surveys use themselves.
WORDS: dict[str, float] = {
    "good": 5, "neutral": 3, "bad": 1, "positive": 5, "negative": 1, "好评": 5, "中评": 3, "差评": 1,
    "非常满意": 5, "很满意": 5, "十分满意": 5, "满意": 4, "比较满意": 4, "一般": 3, "基本满意": 3, "不太满意": 2, "不满意": 2,
    "很不满意": 1, "非常不满意": 1, "非常好": 5, "很好": 5, "好": 4, "较好": 4, "还行": 3,
    "较差": 2, "差": 2, "很差": 1, "非常差": 1,
    "超棒": 5, "力荐": 5, "推荐": 4, "excellent": 5, "very good": 4, "average": 3, "poor": 2, "terrible": 1,
    "very satisfied": 5, "satisfied": 4, "dissatisfied": 2, "very dissatisfied": 1,
}  # fmt: skip
_RANGE = re.compile(r"^\s*(\d+)\s*\.\.\s*(\d+)\s*$")
_NUMBER = re.compile(
    r"^\s*(?:sml-str)?(\d+(?:\.\d+)?)\s*(?:星|分|stars?|points?|/\s*\d+|out of \d+.*|[（(].*|[-、:：].*)?\s*$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\D{0,2}?(\d{1,2})(?![\d.])")
SCALES = (
    "LOW..HIGH such as 1..5, 10..50 or 0..100",
    "several of these joined by |: the first that fits",
    "good/neutral/bad",
    "words",
    "none",
)
#: Of the values that are given, so many must fit a scale for it to be chosen: a few slips do not turn 1..5 into 1..10.
FITTING = 0.75


@dataclass(frozen=True)
class Numbers:
    """`values` (float32 or int8, null where none was given) and `bad`, a bool array of values that do not fit the scale."""

    values: pa.Array
    bad: np.ndarray


def check_scale(scale: str) -> str:
    """`scale` if it is one that `parse` knows; ValueError otherwise."""
    if "|" in scale:
        return "|".join(check_scale(part.strip()) for part in scale.split("|"))
    bounds = _RANGE.match(scale)
    if scale in ("good/neutral/bad", "words", "none") or (bounds and int(bounds[1]) < int(bounds[2])):
        return scale
    raise ValueError(f"no rating scale {scale!r}; known: {'; '.join(SCALES)}")


def choose(values: pa.Array, scale: str, words: Mapping[str, float] | None = None) -> str:
    """Of scales joined by `|` the first that FITTING of the values fit; the first of all if there is none."""
    parts = scale.split("|")
    given = len(values) - values.null_count
    for part in parts if given else ():
        if parse(values, scale=part, words=words).bad.sum() <= (1 - FITTING) * given:
            return part
    return parts[0]


def parse(values: pa.Array, *, scale: str, words: Mapping[str, float] | None = None) -> Numbers:
    """Ratings on `scale` brought to [1, 5], linearly.

    A zero where the scale begins above it means that no stars were given. Half of the lowest step, which is what half stars
    start with (5 on 10..50), counts as the lowest. Values outside are `bad`.
    """
    if scale == "none":
        return Numbers(pa.nulls(len(values), pa.float32()), np.zeros(len(values), bool))
    known = {_plain(word): stars for word, stars in {**WORDS, **(words or {})}.items()}
    bounds = _RANGE.match(scale)
    low, high = (float(bounds[1]), float(bounds[2])) if bounds else (1.0, 5.0)
    return _by_distinct(values, lambda value: _stars(value, low, high, known, bool(bounds)), pa.float32())


def _stars(value: str, low: float, high: float, known: Mapping[str, float], numeric: bool) -> float | None:
    """Raises ValueError for a value off the scale."""
    plain = _plain(value)
    if not numeric and plain in known:
        return known[plain]
    if plain and set(plain) <= {"★", "☆", "⭐"} and len(plain) <= high:
        return max(1.0, float(len(plain) - plain.count("☆")))
    number = _NUMBER.match(plain)
    if number is None:
        if plain in known:
            return known[plain]
        raise ValueError(value)
    found = float(number[1])
    if found == 0 and low > 0:
        return None
    if not low / 2 <= found <= high:
        raise ValueError(value)
    return 1 + 4 * (max(found, low) - low) / (high - low)


def parse_nps(values: pa.Array) -> Numbers:
    """Answers such as `9`, `9分`, `10（非常愿意）` to int8 in [0, 10]."""
    return _by_distinct(values, _nps, pa.int8())


def _nps(value: str) -> int:
    match = _LEADING.match(_plain(value).removesuffix(".0"))
    if match is None or int(match[1]) > 10:
        raise ValueError(value)
    return int(match[1])


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).replace("\ufe0f", "").strip().lower()


def _by_distinct(values: pa.Array, change, kind: pa.DataType) -> Numbers:  # type: ignore[no-untyped-def]
    encoded = values.dictionary_encode()
    found, wrong = [], []
    for value in encoded.dictionary.to_pylist():
        try:
            found.append(change(value))
            wrong.append(False)
        except ValueError:
            found.append(None)
            wrong.append(True)
    indices = encoded.indices
    codes = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    bad = np.asarray([*wrong, False], bool)[codes]
    return Numbers(pa.array(found, kind).take(indices), bad)
