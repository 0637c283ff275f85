"""Training of the polarity models that ship in voc/models/weights.

    python -m voc.corpora.recipes.polarity DATA TAUGHT  # writes weights and the manifest

The clause model also learns from what the encoder is sure of (TAUGHT, voc.corpora.recipes.taught). The figures of the
model card are those of `voc eval`. DATA is the folder of the open review sets (its manifest.json names each with its
licence). The result is the same every time. Never trained on: waimai_10k, jd_food_quads_open, the labelled part of
eprstmt, mcdonalds_issues (tests), zhejiang_makeup and bdci2018_car (evaluation only by their terms). Texts that a Chinese
test set also has are left out.
"""

from __future__ import annotations

import argparse
import json
import logging
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes.bank import FIGURATIVE, bank
from voc.corpora.recipes.readings import readings
from voc.corpora.recipes.seeds import clauses_of, reviews_of

from voc.evaluate import labelled
from voc.evaluate.labelled import NEGATIVE, NEUTRAL, POSITIVE, bare
from voc.evaluate.labelled import rows as table
from voc.models.files import WEIGHTS, enter
from voc.models.frames import NAME as SIGNS
from voc.models.frames import with_frames
from voc.models.training import Options, Trained, fit, save
from voc.models.words import with_words
from voc.taxonomy import load, opinions
from voc.text.clauses import clauses
from voc.text.normalise import normalise_all

if TYPE_CHECKING:  # taught.py leaves out what is untouchable here
    from voc.corpora.recipes.taught import Taught

log = logging.getLogger(__name__)

VERSIONS = {"polarity-zh-clause": "7"}
VERSION = "2"
"""... of those that are not in VERSIONS."""
LICENCE = "Apache-2.0 (weights); the texts stay with their sources, see CARD.md"
OPTIONS = {
    "polarity-zh-review": Options(longest=4, most=300_000, inverse_penalty=2.0, power=0.5),
    "polarity-zh-clause": Options(longest=4, most=250_000),
    "polarity-en": Options(longest=5, least=2, most=150_000, inverse_penalty=2.0, power=0.5),
}
NEUTRAL_ABOVE = {"polarity-zh-review": 0.75, "polarity-zh-clause": 0.5, "polarity-en": 0.3}
FIGURATIVE_WEIGHT = 5.0
"""3, 6 and 8 were compared on the sentences of one hand, learned from those of the others."""
READ_WEIGHT, NOTHING_READ_WEIGHT = 3.0, 1.5
TAUGHT_WEIGHT, SURE, MOST_TAUGHT = 1.0, 0.85, 120_000
"""Clauses of which the encoder is sure; weights of .3 and 2 and all 160,000 of a chance of .8 gave less or the same."""
WITH_WORDS, WITH_FRAMES = ("polarity-en",), ("polarity-zh-clause",)
"""Models whose texts have their words behind them, or their frames."""
TRADES = ("retail-food", "restaurant", "cosmetics", "electronics")
# A trade is left out together with the sets of the same trade.
SAME_TRADE = {
    "酒店": ("ctrip",),
    "手机": ("jd_phone", "absa:phone"),
    "洗发水": ("absa:shampoo",),
    "计算机": ("laptop", "absa:notebook"),
    "平板": ("laptop", "absa:notebook"),
    "热水器": ("washer",),
}
# ... and with those texts of nlpcc14, which mixes trades, that name its goods.
GOODS = {
    "书籍": "书|作者|小说|阅读|读者|文字|故事|情节|翻译|出版|作家|读",
    "平板": "平板|ipad|电脑|笔记本",
    "手机": "手机",
    "水果": "水果|苹果|橙",
    "洗发水": "洗发|头发",
    "热水器": "热水器",
    "衣服": "衣服|裤|裙|穿",
    "计算机": "电脑|笔记本|本本|屏幕|键盘|硬盘|显卡",
    "酒店": "酒店|宾馆|房间|旅馆|入住",
}
_MOST_LIFT = 4.0
_SHORTEST_FACT = 3


@dataclass(frozen=True)
class Row:
    """`text` raw or in normal form, `label` 0 negative, 1 neutral, 2 positive, `domain` where it is from."""

    text: str
    label: int
    domain: str
    weight: float = 1.0


def reviews_zh(folder: Path) -> Iterator[Row]:
    """Whole reviews; the label is the star's or the annotators'."""
    for row in table(folder, "polarity/online_shopping_9_cats"):
        yield Row(row["review"].strip("\ufeff"), POSITIVE if row["label"] == "1" else NEGATIVE, f"shop:{row['cat']}")
    for row in table(folder, "polarity/nlpcc14_sc"):
        yield Row(row["review"], POSITIVE if row["label"] == "1" else NEGATIVE, "nlpcc", 0.5)
    starred = (
        ("structured/meituan_hotpot_stores", "star", "content", "hotpot", {"50": 2, "30": 1, "20": 0, "10": 0}),
        ("structured/jd_washer", "score", "content", "washer", {"5": 2, "3": 1, "2": 0, "1": 0}),
        ("structured/jd_phone_raw", "score", "content", "jd_phone", {"5": 2, "3": 1, "2": 0, "1": 0}),
        ("structured/dianping_xinjiang", "star_word", "content", "xinjiang", {"非常好": 2, "一般": 1, "很差": 0}),
        ("structured/ctrip_hotel_one", "score", "content", "ctrip", {"5.0": 2, "3.0": 1, "2.0": 0, "1.0": 0}),
    )
    for name, star, text, domain, labels in starred:
        for row in table(folder, name):
            if row[star] in labels and row[text]:
                label = labels[row[star]]
                yield Row(row[text], label, domain, 0.4 if label == NEUTRAL else 0.7)
    by_text: dict[str, set[str]] = defaultdict(set)
    for row in table(folder, "aspect/dianping_label6k"):
        by_text[row["text"]].add(row["polarity"])
    for text, found in by_text.items():
        if len(found) == 1 and (only := next(iter(found))) in ("1", "2", "3"):
            yield Row(text, {"1": POSITIVE, "2": NEUTRAL, "3": NEGATIVE}[only], "dianping", 0.7)


def clauses_zh(folder: Path) -> Iterator[Row]:
    """Clauses that hold annotated opinions of one polarity only."""
    for row in table(folder, "polarity/jd_laptop_clause_sentiment"):
        yield Row(row["clause"], {"0": NEUTRAL, "1": POSITIVE, "2": NEGATIVE}[row["label"]], "laptop")
    units: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in table(folder, "aspect/dimabsa_train"):
        value = float(row["valence"])
        units[row["sentence"]].append((row["opinion"], 2 if value >= 5.5 else 0 if value < 4.7 else 1))
    yield from _clauses_of(units, "dimabsa")
    units = defaultdict(list)
    for row in table(folder, "aspect/zhang_aste"):
        units[row["text"]].append((row["opinion"], {"POS": 2, "NEG": 0, "NEU": 1}[row["polarity"]]))
    yield from _clauses_of(units, "aste")
    for row in table(folder, "aspect/absa_zh_small"):
        place = row["text"].find("$T$")
        text = row["text"].replace("$T$", row["aspect"])
        middle = place + len(row["aspect"]) // 2
        inside = [text[a:b] for a, b in clauses(text) if a <= middle < b]
        label = {"Positive": POSITIVE, "Negative": NEGATIVE, "Neutral": NEUTRAL}[row["polarity"]]
        rough = row["domain"] in ("shampoo", "mooc")  # labels there are noisy
        for clause in inside[:1]:
            yield Row(clause, label, f"absa:{row['domain']}", 0.5 if rough else 1.0)


def untold_zh(folder: Path) -> Iterator[Row]:
    """Clauses of annotated reviews in which the annotators marked no opinion: most state a fact, some judge anyway."""
    for name, text in (("aspect/zhang_aste", "text"), ("aspect/dimabsa_train", "sentence")):
        found_in: dict[str, list[str]] = defaultdict(list)
        for row in table(folder, name):
            found_in[row[text]].append(row["opinion"])
        for whole, found in found_in.items():
            marked = {i for opinion in found for i in _places(whole, opinion)}
            for start, end in clauses(whole):
                if end - start >= _SHORTEST_FACT and not marked & set(range(start, end)):
                    yield Row(whole[start:end], NEUTRAL, "untold", 0.3)


def _places(text: str, part: str) -> range:
    at = text.find(part) if part else -1
    return range(at, at + len(part)) if at >= 0 else range(0)


def facts(rows: Sequence[Row], learnt: Sequence[Row]) -> list[Row]:
    """The rows that a model of `learnt` takes for neither pole, at most as many as `learnt` has neutral ones."""
    first = trained(learnt, "polarity-zh-clause", folds=0).model()
    scores = first.scores([row.text for row in rows])
    poles = np.maximum(scores[:, NEGATIVE], scores[:, POSITIVE])
    most = sum(row.label == NEUTRAL for row in learnt)
    chosen = np.sort(np.argsort(poles, kind="stable")[:most])
    return [rows[i] for i in chosen if poles[i] < 0]


def _clauses_of(units: dict[str, list[tuple[str, int]]], domain: str) -> Iterator[Row]:
    for text, judged in units.items():
        for start, end in clauses(text):
            clause = text[start:end]
            labels = {label for opinion, label in judged if opinion and opinion in clause}
            if len(labels) == 1:
                yield Row(clause, labels.pop(), domain)


def english(folder: Path) -> Iterator[Row]:
    """Sentences with opinions of one polarity (acos), and starred reviews (amazon_alexa)."""
    by_text: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in table(folder, "english/acos"):
        by_text[row["text"], row["set"]].add(row["polarity"])
    for (text, domain), found in by_text.items():
        if len(found) == 1:
            yield Row(text, {"POS": POSITIVE, "NEG": NEGATIVE, "NEU": NEUTRAL}[found.pop()], f"acos:{domain}")
    for row in table(folder, "english/amazon_alexa"):
        label = {"5": POSITIVE, "4": POSITIVE, "3": NEUTRAL, "2": NEGATIVE, "1": NEGATIVE}[row["rating"]]
        if row["verified_reviews"].strip():
            yield Row(row["verified_reviews"], label, "alexa", 0.7)


def mixed_english(folder: Path) -> Iterator[Row]:
    """Sentences with opinions of both poles (acos), as neutral ones."""
    by_text: dict[str, set[str]] = defaultdict(set)
    for row in table(folder, "english/acos"):
        by_text[row["text"]].add(row["polarity"])
    for text, found in by_text.items():
        if {"POS", "NEG"} <= found:
            yield Row(text, NEUTRAL, "acos:mixed", 0.5)


def seeds(lang: str, *, weight: float, reviews: bool = False) -> Iterator[Row]:
    """Our own clauses, as the domain 'seeds'; with `reviews` also those that are put together of them."""
    for clause, label in (*clauses_of(lang), *(reviews_of(lang) if reviews else ())):
        yield Row(clause, label, "seeds", weight)


def figurative(*, weight: float) -> Iterator[Row]:
    """Our own sentences that judge without saying so, as the domain 'seeds'."""
    for said in bank(FIGURATIVE):
        yield Row(said.text, said.label, "seeds", weight)


def read_by_hand(folder: Path) -> Iterator[Row]:
    """Clauses of real reviews with the sign that a reader gave them, as the domain 'read'; what says nothing is neutral."""
    for reading in readings(folder):
        for clause in reading.clauses:
            signs_of = {label.sign for label in clause.labels}
            start, end = clause.span
            if len(signs_of) == 1 and all(label.sure for label in clause.labels):
                yield Row(reading.text[start:end], signs_of.pop(), "read", READ_WEIGHT)
            elif not clause.labels and end - start >= _SHORTEST_FACT:
                yield Row(reading.text[start:end], NEUTRAL, "read", NOTHING_READ_WEIGHT)


def taught_clauses(lessons: Taught) -> list[Row]:
    """What the encoder is sure of, as the domain 'taught'; at most MOST_TAUGHT clauses, by the hashes of their texts."""
    best = lessons.polarity.argmax(axis=1)
    found = {
        text: int(label)
        for text, label, chance in zip(lessons.texts, best.tolist(), lessons.polarity.max(axis=1).tolist(), strict=True)
        if chance >= SURE and 2 <= len(text) <= 40
    }
    kept = sorted(found, key=lambda text: (zlib.crc32(text.encode()), text))[:MOST_TAUGHT]
    return [Row(text, found[text], "taught", TAUGHT_WEIGHT) for text in kept]


def of_trade(row: Row, trade: str) -> bool:
    """Whether a row is of a trade of online_shopping, from whichever set; what was read by hand or taught may be of any."""
    if row.domain in (f"shop:{trade}", *SAME_TRADE.get(trade, ()), "read", "taught"):
        return True
    return row.domain == "nlpcc" and any(goods in row.text for goods in GOODS[trade].split("|"))


def untouchable(folder: Path) -> set[str]:
    """What stays of the texts of the Chinese sets that are never trained on."""
    sets = (labelled.waimai(folder), labelled.eprstmt(folder), labelled.food(folder))
    return {bare(text) for text in normalise_all(labelled.texts_of(sets))}


def _normal(rows: Iterable[Row]) -> list[Row]:
    rows = list(rows)
    return [replace(row, text=text) for row, text in zip(rows, normalise_all([r.text for r in rows]), strict=True)]


def distinct(rows: Iterable[Row], banned: Iterable[str] = ()) -> list[Row]:
    """Rows in normal form, the first of each text, without the texts of `banned`."""
    seen = set(banned)
    out = []
    for row in _normal(rows):
        key = bare(row.text)
        if key not in seen:
            seen.add(key)
            out.append(row)
    return out


def balanced(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Weights under which the two poles of each domain weigh the same, the rare one lifted fourfold at most."""
    weights = np.array([row.weight for row in rows])
    labels = np.array([row.label for row in rows])
    domains = np.array([row.domain for row in rows])
    for domain in sorted(set(domains.tolist())):
        inside = domains == domain
        mass = {pole: float(weights[inside & (labels == pole)].sum()) for pole in (NEGATIVE, POSITIVE)}
        rare, common = sorted(mass, key=lambda pole: mass[pole])
        if domain == "seeds" or mass[common] == 0:
            continue
        ratio = mass[common] / mass[rare] if mass[rare] else np.inf
        lift = min(ratio, _MOST_LIFT)
        weights[inside & (labels == rare)] *= lift
        weights[inside & (labels == common)] *= max(lift / ratio, 0.05)
    return weights


def training_rows(folder: Path, name: str, lessons: Taught | None = None) -> list[Row]:
    """What the model `name` learns from: its own level in full, the other with less weight, the clause model from `lessons`."""
    if name == "polarity-en":
        return distinct([*seeds("en", weight=2.0, reviews=True), *english(folder), *mixed_english(folder)])
    banned = untouchable(folder)
    whole = distinct(reviews_zh(folder), banned)
    parts = distinct(clauses_zh(folder), banned)
    if name == "polarity-zh-clause":
        short = [replace(row, weight=0.3 * row.weight) for row in whole if row.label != NEUTRAL and len(row.text) <= 40]
        own = [*seeds("zh", weight=6.0), *figurative(weight=FIGURATIVE_WEIGHT)]
        # The filter never sees the set that the folds of the card hold out.
        untold = facts(distinct(untold_zh(folder), banned), [*own, *(row for row in parts if row.domain != "laptop")])
        read = distinct(read_by_hand(folder), banned)
        told = taught_clauses(lessons) if lessons is not None else []
        return distinct([*own, *read, *parts, *short, *untold, *told])
    return distinct(
        [*seeds("zh", weight=1.5, reviews=True), *whole, *(replace(row, weight=0.5 * row.weight) for row in parts)]
    )


def trained(rows: Sequence[Row], name: str, *, folds: int | None = None) -> Trained:
    """The model `name` from `rows` in normal form; `folds` instead of those of its options."""
    options = OPTIONS[name] if folds is None else replace(OPTIONS[name], folds=folds)
    return fit(prepared(rows, name), np.array([r.label for r in rows]), balanced(rows), options=options)


def prepared(rows: Sequence[Row], name: str) -> list[str]:
    """The texts as the model `name` reads them."""
    texts = [row.text for row in rows]
    if name in WITH_FRAMES:
        return with_frames(texts, signs())
    return with_words(texts) if name in WITH_WORDS else texts


@cache
def signs() -> dict[str, int]:
    """The signed words that frames are made with: general opinions, and what the taxonomies call a fault or praise.

    Words that only look like an opinion (好像) are 2: they say nothing and hide it.
    """
    common = opinions()
    out = {word: 2 for word in common.counters}
    for issue in (issue for name in reversed(TRADES) for issue in load(name).issues.values()):
        for sign, group in ((-1, issue.expressions), (1, issue.praise)):
            out |= {word: sign for word in group if len(word) > 1}
    for sign, group in ((-1, common.bad), (1, common.good), (0, common.neutral)):
        out |= dict.fromkeys(group, sign)
    return out


def train(folder: Path, lessons: Taught, out: Path = WEIGHTS, *, names: Sequence[str] = tuple(sorted(OPTIONS))) -> None:
    """Train the models `names` and write them and the manifest to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        rows = training_rows(folder, name, lessons)
        log.info("%s: %d texts", name, len(rows))
        version = VERSIONS.get(name, VERSION)
        settings = {"neutral_above": NEUTRAL_ABOVE[name], "words": name in WITH_WORDS, "frames": name in WITH_FRAMES}
        if name in WITH_FRAMES:
            path = out / f"{SIGNS}.json"
            path.write_text(json.dumps(signs(), ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")
            enter(path, SIGNS, version=version, licence="Apache-2.0", settings={})
        save(trained(rows, name), name, folder=out, version=version, licence=LICENCE, settings=settings)


def main(arguments: Sequence[str] | None = None) -> int:
    from voc.corpora.recipes import taught

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the open sets")
    parser.add_argument("taught", type=Path, help="what `python -m voc.corpora.recipes.taught` wrote")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--only", action="append", choices=sorted(OPTIONS), help="these models")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    train(options.data, taught.load(options.taught), options.out, names=tuple(options.only or sorted(OPTIONS)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
