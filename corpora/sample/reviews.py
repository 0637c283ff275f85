"""The reviews themselves: who complains of what, in which words, with how many stars."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np
import opencc
from voc.corpora.sample.chain import MONTHS, NO_SKU, NO_STORE, SOURCES, Array, Chain, stream
from voc.corpora.sample.compose import Composer, Voice
from voc.corpora.sample.events import Extra
from voc.corpora.sample.phrases import fill, read
from voc.corpora.sample.risks import LAST, Plant, Rates, covered
from voc.corpora.sample.rows import Rows, month_seconds

SILENT = 0.40
"""Share of Meituan's reviews that are stars without a word."""
ENGLISH, TRADITIONAL, LOT_TOLD = 0.025, 0.015, 0.4
GENERIC_NOUNS = ("零食", "散称的", "买的糕点", "那袋果干", "称的坚果", "小零食")
SAFETY_COPIES = 2
AGAINST = {
    "P07": frozenset({"P03", "P04"}), "P10": frozenset({"P12", "P03"}), "P12": frozenset({"P10", "P11", "P07"}),
    "P18": frozenset({"P16"}), "V09": frozenset({"V16"}), "V02": frozenset({"P18"}), "P13": frozenset({"V10", "V12"}),
}  # fmt: skip
"""Praise that would deny a complaint of the same review."""


@dataclass
class Review:
    """One row to write, exposure or not (`kind` 'review', or an Extra's kind). Times are seconds since `month` began."""

    month: int
    source: int
    second: int
    store: int
    sku: int
    seen_store: int
    seen_sku: int
    stars: float
    text: str
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    kind: str = "review"
    lang: str = "zh"
    follow: str = ""
    follow_second: int = 0
    second_answer: str = ""
    safety: str = ""
    told: list[str] = field(default_factory=list)

    @property
    def late_follow(self) -> bool:
        """The follow-up was written after the month's export was made."""
        return bool(self.follow) and self.follow_second >= month_seconds(MONTHS[self.month])


def draw(probability: Array, random: np.random.Generator) -> Array:
    """Independent yes or no for each code of each row."""
    out: Array = random.random(probability.shape, dtype=np.float32) < probability
    return out


def five_review_store(chain: Chain, rows: Rows, happens: Array, codes: tuple[str, ...]) -> None:
    """The new store's five reviews hold exactly two complaints, both of its staff. Changes `happens`."""
    at = np.flatnonzero((rows.seen_store == chain.parts["five_review_store"]) & (rows.month == LAST))
    happens[at] = False
    happens[at[:2], codes.index("V06")] = True


def tell(
    chain: Chain,
    rows: Rows,
    happens: Array,
    praised: Array,
    rates: tuple[Rates, Rates],
    plants: list[Plant],
    *,
    seed: int,
) -> list[Review]:
    """Every exposure row as a review in its own words, in the order of `rows`. Safety cases of known truth are put in."""
    complaint_codes, praise_codes = rates[0].codes, rates[1].codes
    composer, random = Composer(seed), Random(seed + 7)
    traditional = opencc.OpenCC("s2t")
    quiet = ~happens.any(axis=1)
    silent = (rows.source == SOURCES.index("meituan")) & quiet
    silent &= stream(seed, "silent").random(len(rows)) < SILENT * _meituan(rows) / max(1, int(silent.sum()))
    cases = _cases(chain, rows, quiet & ~silent, seed=seed)
    lots, components, stale = _stories(chain, rows, plants, complaint_codes)
    of_lot = {p.aspect for p in plants if p.level == "lot"}
    rivals = read("world")["rivals"]
    bad_at = [[] for _ in range(len(rows))]  # type: list[list[str]]
    good_at = [[] for _ in range(len(rows))]  # type: list[list[str]]
    for i, j in np.argwhere(happens).tolist():
        bad_at[i].append(complaint_codes[j])
    for i, j in np.argwhere(praised & ~silent[:, None]).tolist():
        good_at[i].append(praise_codes[j])
    out = []
    columns = (rows.month, rows.source, rows.second, rows.store, rows.sku, rows.seen_store, rows.seen_sku, silent)
    for i, (m, s, second, store, sku, seen_store, seen_sku, mute) in enumerate(
        zip(*(c.tolist() for c in columns), strict=True)
    ):
        bad, source = bad_at[i], SOURCES[s]
        good = [c for c in good_at[i] if c not in bad and not AGAINST.get(c, frozenset()) & set(bad)]
        random.shuffle(bad)
        random.shuffle(good)
        good = good[: 2 if bad else 3]
        review = Review(m, s, second, store, sku, seen_store, seen_sku, _stars(bad, good, random), "")
        out.append(review)
        if i in cases:
            _safety(review, cases[i], chain, random)
            continue
        review.bad = tuple(bad)
        if mute:
            continue
        known = sku != NO_SKU
        noun = chain.own[sku].noun if known else GENERIC_NOUNS[int(random.random() * len(GENERIC_NOUNS))]
        voice = Voice(
            group=chain.own[sku].group if known else "", noun=noun, source=source,
            rival=rivals[int(random.random() * len(rivals))],
            lot=chain.lot if i in lots and of_lot & set(bad) and random.random() < LOT_TOLD else None,
            component=components[i] if i in components and random.random() < 0.5 else None,
            stale=stale,
        )  # fmt: skip
        if source == "wjx":
            review.text, review.second_answer = composer.answers(bad, good, voice)
            review.good = tuple(good) if review.second_answer and good else ()
        elif random.random() < ENGLISH and not voice.lot and not voice.component:
            review.text, review.lang = composer.english_review(bad, bool(good)), "en"
        else:
            review.good = tuple(good)
            _chinese(review, bad, good, voice, composer, random)
            if random.random() < TRADITIONAL:
                review.text = traditional.convert(review.text)
        review.told = voice.told
    return out


def _chinese(review: Review, bad: list[str], good: list[str], voice: Voice, composer: Composer, random: Random) -> None:
    """Fills in text and follow-up; a complaint may come in the follow-up only."""
    days = month_seconds(MONTHS[review.month]) // 86_400
    day = review.second // 86_400
    may_follow = voice.source in ("tmall", "jd")
    u = random.random()
    if may_follow and bad and u < 0.08 and day < days - 6:
        review.text = composer.review([], good, voice)
        review.follow = composer.review(bad, [], voice)
        review.follow_second = review.second + 86_400 + int(random.random() * 4 * 86_400)
        review.stars = 5.0 if random.random() < 0.8 else 4.0
        return
    text = composer.review(bad, good, voice)
    review.text = composer.dirty(text, voice, unhappy=bool(bad))
    if may_follow and not bad and u < 0.03:
        review.follow = composer.review([], ["P10"], voice)
        late = day >= days - 5
        review.follow_second = review.second + (6 if late else 1) * 86_400 + int(random.random() * 86_400)
        if "P10" not in review.good:
            review.good = (*review.good, "P10")


def _stars(bad: list[str], good: list[str], random: Random) -> float:
    if bad:
        weights = (0.06, 0.14, 0.32, 0.30, 0.18) if good else (0.34, 0.28, 0.20, 0.08, 0.10)
        if any(c in ("P01", "P02", "P03", "P04", "P17") for c in bad):
            weights = (0.6, 0.2, 0.1, 0.04, 0.06)
    else:
        weights = (0.0, 0.0, 0.05, 0.20, 0.75)
    u = random.random()
    for stars, weight in enumerate(weights, start=1):
        u -= weight
        if u < 0:
            return float(stars)
    return 5.0


def _meituan(rows: Rows) -> int:
    return int((rows.source == SOURCES.index("meituan")).sum())


def _stories(
    chain: Chain, rows: Rows, plants: list[Plant], codes: tuple[str, ...]
) -> tuple[set[int], dict[int, str], str]:
    """Rows that a bad lot reached, rows of the gift box with the name of its component, and its code."""
    lots: set[int] = set()
    components: dict[int, str] = {}
    stale = ""
    names = {s.sku_id: s.noun for s in chain.own}
    for p, _, mask in covered(plants, rows, np.arange(len(rows)), codes):
        if p.level == "lot":
            lots |= set(np.flatnonzero(mask).tolist())
        if p.skus == (chain.parts["gift"],):
            component = names[chain.own[p.skus[0]].components.split(";")[0]]
            components |= dict.fromkeys(np.flatnonzero(mask).tolist(), component)
            stale = p.aspect
    return lots, components, stale


def _cases(chain: Chain, rows: Rows, free: Array, *, seed: int) -> dict[int, dict[str, str]]:
    """Row -> safety case of the last month; a case that names a product goes to a row of that product."""
    random = stream(seed, "safety")
    at = np.flatnonzero(free & (rows.month == LAST) & (rows.seen_sku != NO_SKU) & (rows.seen_store != NO_STORE))
    at = at[rows.seen_store[at] != chain.parts["five_review_store"]]
    at = random.permutation(at)
    out: dict[int, dict[str, str]] = {}
    for case in read("safety")["case"] * SAFETY_COPIES:
        if case["true"] and case in out.values():
            continue
        noun = next((n for n in ("虫虫软糖", "臭豆腐干") if n in case["text"]), None)
        fits = (i for i in at.tolist() if i not in out and (noun is None or chain.own[rows.sku[i]].noun == noun))
        if (row := next(fits, None)) is not None:
            out[row] = case
    return out


def _safety(review: Review, case: dict[str, str], chain: Chain, random: Random) -> None:
    review.text = fill(case["text"], {"N": chain.own[review.sku].noun})
    review.bad = (case["aspect"],) if "aspect" in case else ()
    review.stars = _stars(list(review.bad), [], random)
    review.safety = "true" if case["true"] else case["kind"]


def from_extra(extra: Extra) -> Review:
    return Review(
        extra.month, extra.source, extra.second, extra.store, extra.sku, extra.store, extra.sku, extra.stars, extra.text,
        bad=extra.bad, kind=extra.kind,
    )  # fmt: skip
