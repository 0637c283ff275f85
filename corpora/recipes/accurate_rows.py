"""What the accurate profile learns from: labelled sets, our own clauses and words, and what the fast road is sure of.

Held out by review (a fifth, by a hash of the text): dimabsa_train, zhang_aste and our own clauses. Never trained on: the
test sets of voc.corpora.recipes.polarity, and zhejiang_makeup, bdci2018_car and mcdonalds_issues.
"""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from voc.corpora.recipes.bank import FIGURATIVE, Said, bank
from voc.corpora.recipes.constructions import constructions, filled
from voc.corpora.recipes.polarity import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    Row,
    bare,
    distinct,
    english,
    seeds,
    table,
    untouchable,
)
from voc.corpora.recipes.readings import CALIBRATED, readings

from voc.extract.mentions import analyze
from voc.taxonomy import Taxonomy, load, opinions
from voc.text.clauses import clauses
from voc.text.normalise import normalise_all

Span = tuple[int, int]
HELD_OUT = 5
OUTSIDE, ASPECT, OPINION = 0, 1, 2
_FOOD = ("P10", "P11", "P07", "P18", "P12", "P00", "P03", "P15", "P16")
DIMABSA = {
    "食物#品质": _FOOD, "饮料#品质": _FOOD, "食物#份量与款式": ("P08", "P16", "V09"), "饮料#份量与款式": ("P08", "V09"),
    "食物#价格": ("P13",), "饮料#价格": ("P13",), "餐厅#价格": ("P13",), "服务#概括": ("V06", "V07", "V15", "V00"),
    "氛围#概括": ("V13", "V08"), "地点#概括": ("V13",), "餐厅#概括": ("P00", "V00"),
}  # fmt: skip
LAPTOP = {
    "价格": ("P13",), "快递": ("V01", "V02", "V03"), "包装": ("P14", "P06", "V02"), "售后维修": ("V04", "V05"),
    "质量": ("P00", "P12"), "整体外观": ("P16",), "销售": ("V04", "V12", "V05"),
}  # fmt: skip
ACOS = {
    "FOOD#QUALITY": _FOOD, "DRINKS#QUALITY": _FOOD, "FOOD#STYLE_OPTIONS": ("P08", "P16", "V09"), "FOOD#PRICES": ("P13",),
    "DRINKS#PRICES": ("P13",), "RESTAURANT#PRICES": ("P13",), "LAPTOP#PRICE": ("P13",), "SERVICE#GENERAL": ("V06", "V07"),
    "AMBIENCE#GENERAL": ("V13", "V08"), "LOCATION#GENERAL": ("V13",), "RESTAURANT#GENERAL": ("P00", "V00"),
    "LAPTOP#GENERAL": ("P00",), "LAPTOP#QUALITY": ("P00", "P12"), "SUPPORT#GENERAL": ("V04", "V05"),
    "SHIPPING#GENERAL": ("V01", "V02"),
}  # fmt: skip
"""Categories of the sets as the codes that may be meant; one of them is."""
_SOURCES = (
    ("polarity/online_shopping_9_cats", "review", 17_000), ("polarity/eprstmt_unlabeled", "sentence", 8_000),
    ("structured/meituan_hotpot_stores", "content", 2_500), ("structured/jd_washer", "content", 1_200),
    ("structured/jd_cosmetics", "content", 1_200), ("structured/taobao_supplement", "content", 1_200),
    ("structured/jd_phone_raw", "content", 1_000), ("structured/dianping_xinjiang", "content", 1_500),
)  # fmt: skip
_FOOD_TRADES = ("水果", "蒙牛")
_SURE = 0.75
_UNTOLD = 0.25


@dataclass(frozen=True)
class Asked:
    """A stretch of a text and its polarity (0 negative, 1 neutral, 2 positive)."""

    span: Span
    label: int
    weight: float = 1.0


@dataclass(frozen=True)
class Clause:
    """A stretch and its issues: `codes` are there, one of each of `groups` is, and all others are absent by `absent`."""

    span: Span
    codes: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    absent: float = 1.0


@dataclass(frozen=True)
class Example:
    """A text in normal form with what is known of it; `tags` has an entry per code point, or is empty where unknown."""

    text: str
    origin: str
    asked: tuple[Asked, ...] = ()
    clauses: tuple[Clause, ...] = ()
    tags: tuple[int, ...] = ()
    begins: frozenset[int] = field(default=frozenset())


def held_out(text: str) -> bool:
    """Whether a text belongs to the fifth that is never trained on."""
    return zlib.crc32(bare(text).encode()) % HELD_OUT == 0


# --- labelled sets ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    aspect: Span | None
    opinion: Span | None
    groups: tuple[str, ...]
    label: int


def annotated(text: str, units: Sequence[Unit], origin: str, *, complete: bool) -> Example:
    """An example from opinion units; `complete` if every issue of the text was labelled."""
    tags = [OUTSIDE] * len(text)
    begins: set[int] = set()
    asked: list[Asked] = []
    for unit in units:
        for kind, span in ((ASPECT, unit.aspect), (OPINION, unit.opinion)):
            if span is not None:
                tags[span[0] : span[1]] = [kind] * (span[1] - span[0])
                begins.add(span[0])
                asked.append(Asked(span, unit.label, 0.5 if kind == ASPECT else 1.0))
    parts = []
    for start, end in clauses(text):
        inside = [u for u in units if start <= (u.opinion or u.aspect or (-1, -1))[0] < end]
        labels = {u.label for u in inside}
        if len(labels) == 1:
            asked.append(Asked((start, end), labels.pop()))
        groups = tuple(dict.fromkeys(u.groups for u in inside if u.groups))
        if complete and inside and all(u.groups for u in inside):
            parts.append(Clause((start, end), groups=groups))
    # A span that two units judge differently is no lesson.
    seen: dict[Span, set[int]] = defaultdict(set)
    for a in asked:
        seen[a.span].add(a.label)
    asked = [a for a in dict.fromkeys(asked) if len(seen[a.span]) == 1]
    return Example(text, origin, tuple(asked), tuple(parts), tuple(tags), frozenset(begins))


def _closest(text: str, aspect: str, opinion: str) -> tuple[Span | None, Span | None]:
    """The places of both words that lie nearest to each other; None for a word that does not occur."""
    firsts, seconds = _all(text, aspect), _all(text, opinion)
    if not firsts or not seconds:
        return (firsts[0] if firsts else None), (seconds[0] if seconds else None)
    return min(((a, b) for a in firsts for b in seconds), key=lambda p: (abs(p[0][0] - p[1][0]), p))


def _all(text: str, word: str) -> list[Span]:
    out, at = [], text.find(word) if word else -1
    while at >= 0:
        out.append((at, at + len(word)))
        at = text.find(word, at + 1)
    return out


def dimabsa(folder: Path) -> list[Example]:
    rows = table(folder, "aspect/dimabsa_train")
    texts, aspects, words = ([*normalise_all([r[k] for r in rows])] for k in ("sentence", "aspect", "opinion"))
    units: dict[str, list[Unit]] = defaultdict(list)
    for row, text, aspect, opinion in zip(rows, texts, aspects, words, strict=True):
        value = float(row["valence"])
        label = POSITIVE if value >= 5.5 else NEGATIVE if value < 4.7 else NEUTRAL
        places = _closest(text, "" if aspect == "null" else aspect, opinion)
        units[text].append(Unit(*places, DIMABSA.get(row["category"], ()), label))
    return [annotated(t, found, "dimabsa", complete=True) for t, found in units.items()]


def aste(folder: Path) -> list[Example]:
    rows = table(folder, "aspect/zhang_aste")
    texts, aspects, words = ([*normalise_all([r[k] for r in rows])] for k in ("text", "aspect", "opinion"))
    units: dict[str, list[Unit]] = defaultdict(list)
    for row, text, aspect, opinion in zip(rows, texts, aspects, words, strict=True):
        label = {"POS": POSITIVE, "NEG": NEGATIVE, "NEU": NEUTRAL}[row["polarity"]]
        units[text].append(Unit(*_closest(text, aspect, opinion), (), label))
    return [annotated(t, found, "aste", complete=False) for t, found in units.items()]


def acos(folder: Path) -> list[Example]:
    units: dict[str, list[Unit]] = defaultdict(list)
    for row in table(folder, "english/acos"):
        text, aspect, opinion = normalise_all([row["text"], row["aspect"], row["opinion"]])
        label = {"POS": POSITIVE, "NEG": NEGATIVE, "NEU": NEUTRAL}[row["polarity"]]
        units[text].append(Unit(*_closest(text, aspect, opinion), ACOS.get(row["category"], ()), label))
    return [annotated(t, found, "acos", complete=True) for t, found in units.items()]


def targets(folder: Path) -> list[Example]:
    """absa_zh_small: the polarity of a marked target in its sentence."""
    asked: dict[str, list[Asked]] = defaultdict(list)
    for row in table(folder, "aspect/absa_zh_small"):
        before, _, after = row["text"].partition("$T$")
        head, word, tail = normalise_all([before, row["aspect"], after])
        label = {"Positive": POSITIVE, "Negative": NEGATIVE, "Neutral": NEUTRAL}[row["polarity"]]
        text, start = head + word + tail, len(head)
        rough = 0.4 if row["domain"] in ("shampoo", "mooc") else 1.0
        inside = [s for s in clauses(text) if s[0] <= start < s[1]]
        asked[text].extend(Asked(s, label, rough) for s in [(start, start + len(word)), *inside])
    return [Example(text, "absa", tuple(dict.fromkeys(found))) for text, found in asked.items()]


def laptop(folder: Path) -> list[Example]:
    """Clauses on laptops with their category. The polarity set is left alone: `voc eval` adapts to it."""
    out = []
    for row in table(folder, "aspect/jd_laptop_clause_category"):
        text = normalise_all([row["clause"]])[0]
        if row["label"] in LAPTOP and text:
            out.append(Example(text, "laptop", clauses=(Clause((0, len(text)), groups=(LAPTOP[row["label"]],)),)))
    return out


def short_clauses(folder: Path) -> list[Example]:
    """The seeds of the linear model, and the starred English reviews."""
    own = [*seeds("zh", weight=1.0), *seeds("en", weight=1.0)]
    rows: Iterable[Row] = [*own, *(r for r in english(folder) if r.domain == "alexa")]
    return [Example(r.text, "short", (Asked((0, len(r.text)), r.label, r.weight),)) for r in distinct(rows) if r.text]


# --- our own clauses --------------------------------------------------------------------------------------------------


def words(taxonomy: Taxonomy) -> list[Said]:
    """The taxonomy's expressions as clauses, and its targets each with an opinion beside it."""
    rnd = random.Random(1)
    common = opinions()
    out: list[Said] = []
    for code, issue in taxonomy.issues.items():
        for label, found in ((NEGATIVE, issue.expressions), (POSITIVE, issue.praise), (NEUTRAL, issue.neutral)):
            out.extend(Said(word, (code,), label) for word in found if len(word) > 1)
        bad, good = (*issue.bad, *common.bad[:30]), (*issue.good, *common.good[:30])
        for target in issue.targets:
            for label, choice in ((NEGATIVE, bad), (POSITIVE, good), (NEUTRAL, common.neutral)):
                for opinion in rnd.sample(choice, min(2 - (label == NEUTRAL), len(choice))):
                    link = (
                        " is " if target.isascii() and opinion.isascii() else rnd.choice(("", "", "很", "太", "有点"))
                    )
                    if target.isascii() == opinion.isascii():
                        out.append(Said(f"{target}{link}{opinion}", (code,), label))
    return out


def composed(said: Sequence[Said], *, count: int, seed: int) -> Iterator[Example]:
    """Reviews of one to four clauses laid side by side, each with its own labels."""
    rnd = random.Random(seed)
    for _ in range(count):
        parts = rnd.choices(said, k=rnd.choice((1, 1, 2, 2, 3, 4)))
        text, asked, found = "", [], []
        for n, part in enumerate(parts):
            if n:
                latin = part.text.isascii()
                turn = parts[n - 1].label * part.label == 0 and parts[n - 1].label != part.label and rnd.random() < 0.5
                text += rnd.choice((",", ",", "。", " ", "!", ";", ", "))
                text += (
                    rnd.choice(("but ", "however ")) if latin else rnd.choice(("但是", "就是", "不过", "但"))
                ) * turn
            start = len(text)
            text += part.text
            asked.append(Asked((start, len(text)), part.label))
            found.append(Clause((start, len(text)), codes=part.codes))
        text += rnd.choice(("", "", "。", "!", "~"))
        yield Example(text, "own", tuple(asked), tuple(found))


def figurative(taxonomy: Taxonomy, *, composed_too: int = 12_000) -> list[Example]:
    """Four fifths of the sentences that judge without saying so, each alone and `composed_too` reviews of some of them.

    Where a sentence names no issue of `taxonomy`, nothing is taught about issues: it may well speak of one of another trade.
    """
    said = [
        replace(s, codes=tuple(code for code in s.codes if code in taxonomy.issues))
        for s in bank(FIGURATIVE)
        if not held_out(s.text)
    ]
    alone = [
        Example(
            s.text, "figurative", (Asked((0, len(s.text)), s.label),),
            (Clause((0, len(s.text)), codes=s.codes),) if s.codes else (),
        )
        for s in said
    ]  # fmt: skip
    together = [
        replace(e, origin="figurative", clauses=tuple(c for c in e.clauses if c.codes))
        for e in composed(said, count=composed_too, seed=5)
    ]
    return [*alone, *together]


def frames(taxonomy: Taxonomy, *, each: int = 6) -> list[Example]:
    """Constructions with words of `taxonomy`: the whole, and the clause of the word, say what the construction says."""
    out = []
    for one in filled(constructions(), taxonomy, each=each, seed=4):
        text = normalise_all([one.text])[0]
        at = text.find(one.word)
        mine = next((span for span in clauses(text) if span[0] <= at < span[1]), None)
        if mine is not None:
            spans = dict.fromkeys(((0, len(text)), mine))
            asked = tuple(Asked(span, one.label) for span in spans)
            out.append(Example(text, "frames", asked, (Clause(mine, codes=(one.code,)),)))
    return out


def read_by_hand(folder: Path, taxonomy: Taxonomy) -> list[Example]:
    """Real reviews with every clause's issues and sign; clauses that say nothing are half as heavy."""
    given = [reading for reading in readings(folder) if reading.hand != CALIBRATED]
    out = []
    for reading, text in zip(given, normalise_all([reading.text for reading in given]), strict=True):
        if len(text) != len(reading.text):  # places are those of the raw text
            continue
        asked: list[Asked] = []
        parts: list[Clause] = []
        for clause in reading.clauses:
            if not all(label.sure for label in clause.labels):
                continue
            labels = {label.sign for label in clause.labels}
            if len(labels) == 1:
                asked.append(Asked(clause.span, labels.pop()))
            elif not labels:
                asked.append(Asked(clause.span, NEUTRAL, 0.5))
            codes = dict.fromkeys(label.code for label in clause.labels if label.code in taxonomy.issues)
            parts.append(Clause(clause.span, codes=tuple(codes)))
        out.append(Example(text, "read", tuple(asked), tuple(parts)))
    return out


# --- what the fast road is sure of --------------------------------------------------------------------------------------


def silver(folder: Path, taxonomy: Taxonomy) -> Iterator[Example]:
    """Unlabelled reviews of food, then of other trades, with the fast road's sure findings as labels."""
    seen = set(untouchable(folder))
    for name, column, most in _SOURCES:
        rows = table(folder, name)
        texts = normalise_all([row[column].strip("\ufeff") for row in rows])
        kept: list[tuple[int, int, str]] = []
        for row, text in zip(rows, texts, strict=True):
            key = bare(text)
            if key in seen or not 4 <= len(text) <= 80:
                continue
            seen.add(key)
            # Food first, then complaints, which are rarer than praise in most trades.
            rank = 2 * (row.get("cat") not in _FOOD_TRADES) + (row.get("label") != "0")
            kept.append((rank, zlib.crc32(key.encode()), text))
        chosen = [text for _, _, text in sorted(kept)[:most]]
        per: list[list[Mapping[str, Any]]] = [[] for _ in chosen]
        for mention in analyze(chosen, taxonomy=taxonomy).to_pylist():
            per[mention["row"]].append(mention)
        for text, mentions in zip(chosen, per, strict=True):
            yield _taught(text, mentions)


def _taught(text: str, mentions: Sequence[Mapping[str, Any]]) -> Example:
    asked, parts = [], []
    for start, end in clauses(text):
        mine = [m for m in mentions if m["start"] == start and m["intent"] in ("complaint", "praise", "neutral")]
        sure = [m for m in mine if float(m["confidence"]) >= _SURE]
        codes = tuple(dict.fromkeys(str(m["aspect"]) for m in mine))
        if not mine:
            parts.append(Clause((start, end), absent=_UNTOLD))
        elif len(sure) == len(mine) or all(float(m["confidence"]) >= 0.5 for m in mine):
            parts.append(Clause((start, end), codes=codes, absent=0.6))
        labels = {_label(m) for m in sure}
        if len(labels) == 1:
            asked.append(Asked((start, end), labels.pop(), 0.4))
    return Example(text, "silver", tuple(asked), tuple(parts))


def _label(mention: Mapping[str, Any]) -> int:
    value = float(mention["polarity"])
    if abs(value) <= 0.15:
        return int(NEUTRAL)
    return int(POSITIVE if value > 0 else NEGATIVE)


# --- all of it ----------------------------------------------------------------------------------------------------------


def training(folder: Path) -> list[Example]:
    """Every training example, distinct by text within its origin."""
    taxonomy = load("retail-food")
    tested = untouchable(folder)
    own = [s for s in bank() if not held_out(s.text)]
    lexical = words(taxonomy)
    restaurants = [e for e in aste(folder) if len(e.text) <= 70][:11_000]
    labelled = [
        *dimabsa(folder), *dimabsa(folder), *restaurants, *acos(folder), *targets(folder),
        *laptop(folder), *short_clauses(folder),
    ]  # fmt: skip
    kept = [e for e in labelled if e.text and bare(e.text) not in tested and not _reserved(e)]
    made = [*composed(own, count=16_000, seed=2), *composed(lexical, count=9_000, seed=3)]
    return [*kept, *made, *silver(folder, taxonomy)]


def _reserved(example: Example) -> bool:
    return example.origin in ("dimabsa", "aste") and held_out(example.text)


def shortened(example: Example, most: int) -> Example:
    """`example` cut to `most` code points, without what lay beyond."""
    if len(example.text) <= most:
        return example
    return replace(
        example,
        text=example.text[:most],
        asked=tuple(a for a in example.asked if a.span[1] <= most),
        clauses=tuple(c for c in example.clauses if c.span[1] <= most),
        tags=example.tags[:most],
    )
