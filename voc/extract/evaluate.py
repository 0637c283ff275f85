"""How good the mentions are: against labelled reviews, and on language that fools machines."""

from __future__ import annotations

import csv
import gzip
import io
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voc.errors import InputError
from voc.extract.findings import CREDIBLE, NEUTRAL
from voc.extract.mentions import analyze
from voc.taxonomy import Taxonomy, load

FOOD_ASPECTS = {
    "口感": ("P10", "P11"),
    "价格": ("P13", "V10"),
    "分量": ("P08",),
    "色泽": ("P16",),
    "包装": ("P06", "P14", "V02"),
    "物流": ("V01", "V03"),
    "售后": ("V04", "V05", "V06"),
    "品质": ("P00", "P01", "P02", "P03", "P04", "P05", "P07", "P09", "P12", "P18"),
}
"""The aspects of the JD food reviews (JD farm products, eight aspects and 其他) in codes of retail-food."""
_SIGNED = ("complaint", "praise", "neutral")
_LEFT_OUT = "其他"


@dataclass(frozen=True)
class Score:
    """Counts of a comparison of sets; precision, recall and f1 are in [0, 1], 0 where nothing was found."""

    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits else 0.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.hits / (2 * self.hits + self.false + self.missed) if self.hits else 0.0


@dataclass(frozen=True)
class Scores:
    """(aspect, polarity) pairs over reviews: all, complaints alone, each pair; and the counts per review.

    `rows` has (hits, false, missed) for each review in order, for a bootstrap.
    """

    all: Score
    complaints: Score
    pairs: Mapping[tuple[str, str], Score]
    rows: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Guards:
    """`wrong` lists (text, the sign that failed, what was read)."""

    right: int
    total: int
    wrong: tuple[tuple[str, str, str], ...]

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 0.0


def food_quads(path: Path, *, taxonomy: Taxonomy | None = None, stars: bool = False, profile: str = "fast") -> Scores:
    """(aspect, polarity) micro-F1 on the JD food reviews; 其他 is left out.

    `path` is the CSV (or .csv.gz) with a row per unit; `stars` also tells the ratings. Raises InputError for
    another file, UnknownName for another profile.
    """
    reviews: dict[str, tuple[str, float | None, set[tuple[str, str]]]] = {}
    for row in _rows(path, ("comment_id", "text", "star", "aspect", "polarity")):
        star = float(row["star"]) if row["star"] else None
        gold = reviews.setdefault(row["comment_id"], (row["text"], star, set()))[2]
        if row["aspect"] != _LEFT_OUT:
            gold.add((row["aspect"], row["polarity"]))
    of_code = {code: aspect for aspect, codes in FOOD_ASPECTS.items() for code in codes}
    table = analyze(
        [text for text, _, _ in reviews.values()],
        taxonomy=taxonomy or load("retail-food"),
        ratings=[star for _, star, _ in reviews.values()] if stars else None,
        profile=profile,
    )
    found: list[set[tuple[str, str]]] = [set() for _ in reviews]
    for mention in table.to_pylist():
        aspect = of_code.get(mention["aspect"])
        if aspect is not None and mention["intent"] in _SIGNED:
            found[mention["row"]].add((aspect, _pole(mention["polarity"])))
    return _compare([gold for _, _, gold in reviews.values()], found)


def guards(path: Path, *, taxonomy: Taxonomy | None = None, profile: str = "fast") -> Guards:
    """The share of texts of a TOML file `cases = [[text, signs], [text, signs, taxonomy], ...]` that are read as wanted.

    A case without a taxonomy is read with `taxonomy` (default: retail-food).

    Signs, all of which must hold: '+', '-' (some mention is positive, negative), '0' (none is either), 'no+', 'no-',
    '-P07' (a negative mention of that code), '0P10' (none with a sign), '!P02' (no believable complaint of it), 'S1' (a
    complaint of that severity), 'rival:NAME', and the name of an intent that must occur.
    """
    try:
        cases = tomllib.loads(path.read_text(encoding="utf-8"))["cases"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"not a file of guard cases: {error}", path=path) from None
    mentions: dict[int, list[dict[str, Any]]] = {}
    for name in sorted({case[2] if len(case) > 2 else "" for case in cases}):
        rows = [n for n, case in enumerate(cases) if (case[2] if len(case) > 2 else "") == name]
        chosen = load(name) if name else taxonomy or load("retail-food")
        for mention in analyze([cases[row][0] for row in rows], taxonomy=chosen, profile=profile).to_pylist():
            mentions.setdefault(rows[mention["row"]], []).append(mention)
    wrong = []
    for row, (text, signs, *_) in enumerate(cases):
        mine = mentions.get(row, [])
        failed = next((sign for sign in signs.split() if not _holds(sign, mine)), None)
        if failed is not None:
            read = "; ".join(f"{m['aspect']} {m['intent']} {m['polarity']:.2f}" for m in mine)
            wrong.append((text, failed, read))
    return Guards(len(cases) - len(wrong), len(cases), tuple(wrong))


def _holds(sign: str, mentions: Sequence[Mapping[str, Any]]) -> bool:
    poles = [(m["aspect"], _pole(m["polarity"])) for m in mentions]
    if sign in ("+", "no+"):
        return any(p == "POS" for _, p in poles) == (sign == "+")
    if sign in ("-", "no-"):
        return any(p == "NEG" for _, p in poles) == (sign == "-")
    if sign == "0":
        return all(p == "NEU" for _, p in poles)
    if sign.startswith("rival:"):
        return any(m["competitor"] == sign[6:] for m in mentions)
    if sign.startswith("!"):
        return not any(
            m["aspect"] == sign[1:] and m["intent"] == "complaint" and m["confidence"] >= CREDIBLE for m in mentions
        )
    if sign[0] in "+-0" and len(sign) > 1:
        mine = [p for code, p in poles if code == sign[1:]]
        return ("POS" in mine) if sign[0] == "+" else ("NEG" in mine) if sign[0] == "-" else set(mine) <= {"NEU"}
    if sign in ("S1", "S2", "S3", "S4"):
        return any(m["severity"] == sign and m["intent"] == "complaint" for m in mentions)
    return any(m["intent"] == sign for m in mentions)


def _pole(polarity: float) -> str:
    return "NEU" if abs(polarity) <= NEUTRAL else "POS" if polarity > 0 else "NEG"


def _compare(gold: Sequence[set[tuple[str, str]]], found: Sequence[set[tuple[str, str]]]) -> Scores:
    hits: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    rows = []
    for wanted, read in zip(gold, found, strict=True):
        hits.update(wanted & read)
        false.update(read - wanted)
        missed.update(wanted - read)
        rows.append((len(wanted & read), len(read - wanted), len(wanted - read)))
    pairs = {p: Score(hits[p], false[p], missed[p]) for p in sorted({*hits, *false, *missed})}

    def total(chosen: Sequence[Score]) -> Score:
        return Score(sum(s.hits for s in chosen), sum(s.false for s in chosen), sum(s.missed for s in chosen))

    return Scores(
        all=total(list(pairs.values())),
        complaints=total([s for (_, pole), s in pairs.items() if pole == "NEG"]),
        pairs=pairs,
        rows=tuple(rows),
    )


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    missing = [c for c in columns if not rows or c not in rows[0]]
    if missing:
        raise InputError(f"has no column {missing[0]!r}; wanted are {list(columns)}", path=path)
    return rows
