"""Rows that are no ordinary reviews: default, copied, solicited, hostile and rivals' rows. None of them is exposure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from voc.corpora.sample.chain import MISSING, MONTHS, NO_STORE, OWN, SOURCES, Array, Chain, stream
from voc.corpora.sample.compose import Composer, Voice
from voc.corpora.sample.phrases import fill, read
from voc.corpora.sample.risks import LAST
from voc.corpora.sample.rows import Rows, month_seconds

DEFAULTS = {"tmall": "此用户没有填写评价。", "jd": "此用户未填写评价内容"}
SHARES = {"default": {"tmall": 0.06, "jd": 0.05}, "copied": {"tmall": 0.01, "jd": 0.008, "meituan": 0.005}}
SOLICITED_FROM = MONTHS.index("2026-08")
BURST_DAYS, BURST_SIZE = (12, 13, 14), 0.0008


@dataclass(frozen=True)
class Extra:
    """One row outside the exposure. `sku` above OWN is a rival's; `bad` are the codes that its text complains of."""

    kind: str
    month: int
    source: int
    store: int
    sku: int
    second: int
    stars: float
    text: str
    bad: tuple[str, ...] = ()


def make_extras(chain: Chain, rows: Rows, *, reviews: int, seed: int) -> list[Extra]:
    """Sorted by month, source and second; seconds are distinct from those of `rows` within a month and source."""
    random = stream(seed, "extras")
    composer = Composer(seed + 1)
    out: list[Extra] = []
    for m, month in enumerate(MONTHS):
        for s, source in enumerate(SOURCES[:3]):
            if MISSING.get(source) == month:
                continue
            here = np.flatnonzero((rows.month == m) & (rows.source == s))
            free = _free(rows.second[here], month_seconds(month), random)
            for kind, share in SHARES.items():
                for at in random.choice(here, int(len(here) * share.get(source, 0)), replace=len(here) == 0):
                    text = DEFAULTS[source] if kind == "default" else _copied(random)
                    store, sku = int(rows.store[at]), int(rows.sku[at])
                    out.append(Extra(kind, m, s, store, sku, next(free), 5.0, text))
            if source == "jd":
                out += _rivals(chain, composer, m, s, free, max(1, len(here) // 60), random)
            if source == "meituan" and m >= SOLICITED_FROM:
                out += _solicited(chain, rows, here, m, s, random)
            if m == LAST and source in ("tmall", "jd"):
                out += _burst(chain, m, s, max(6, int(reviews * BURST_SIZE / 2)), random)
    taken = set(zip(rows.month.tolist(), rows.source.tolist(), rows.second.tolist(), strict=True))
    unique = []
    for extra in sorted(out, key=lambda e: (e.month, e.source, e.second, e.kind)):
        second = extra.second
        while (extra.month, extra.source, second) in taken:
            second = (second + 1) % month_seconds(MONTHS[extra.month])
        taken.add((extra.month, extra.source, second))
        unique.append(Extra(**{**vars(extra), "second": second}))
    return sorted(unique, key=lambda e: (e.month, e.source, e.second))


def _free(taken: Array, length: int, random: np.random.Generator) -> Iterator[int]:
    used = set(taken.tolist())
    while True:
        for second in random.integers(1, length - 1, 256).tolist():
            if second not in used:
                used.add(second)
                yield second


def _copied(random: np.random.Generator) -> str:
    texts = read("frames")["copied"]
    text = str(texts[int(random.integers(len(texts)))])
    return text + str(random.choice(["", "", "👍", "！", "好评"]))


def _rivals(
    chain: Chain, composer: Composer, m: int, s: int, free: Iterator[int], size: int, random: np.random.Generator
) -> list[Extra]:
    """Reviews of rivals' SKUs that the chain also collects; their complaints are none of ours."""
    out = []
    for _ in range(size):
        k = int(random.integers(len(chain.rivals)))
        sku = chain.rivals[k]
        bad = [str(random.choice(["P11", "P07", "P10"]))] if random.random() < 0.45 else []
        voice = Voice(group=sku.group, noun=sku.noun, source="jd", rival=sku.brand)
        text = composer.review(bad, [] if bad else ["P10"], voice)
        out.append(Extra("rival", m, s, NO_STORE, OWN + k, next(free), 2.0 if bad else 5.0, text, tuple(bad)))
    return out


def _solicited(chain: Chain, rows: Rows, here: Array, m: int, s: int, random: np.random.Generator) -> list[Extra]:
    """Runs of begged five stars at one store, mostly without a word, minutes apart on a few afternoons."""
    store = chain.parts["begging_store"]
    at_store = here[rows.store[here] == store]
    out = []
    texts = read("frames")["solicited"]
    size = int(0.8 * len(at_store))
    days = sorted(random.choice(np.arange(3, 27), 6, replace=False).tolist())
    for i in range(size):
        start = days[i % len(days)] * 86_400 + 15 * 3_600
        text = str(texts[int(random.integers(len(texts)))]) if random.random() < 0.12 else ""
        sku = int(rows.sku[at_store[int(random.integers(len(at_store)))]])
        out.append(
            Extra("solicited", m, s, store, sku, start + 40 * (i // len(days)) + int(random.integers(30)), 5.0, text)
        )
    return out


def _burst(chain: Chain, m: int, s: int, size: int, random: np.random.Generator) -> list[Extra]:
    """A rival's hostile reviews: three days, few templates, one SKU."""
    sku = chain.parts["hostile_sku"]
    texts = read("frames")["hostile"]["any"]
    slots = {"N": chain.own[sku].noun, "rival": read("world")["rivals"][0]}
    out = []
    for _ in range(size):
        text = fill(str(texts[int(random.integers(len(texts)))]), slots)
        second = int(random.choice(BURST_DAYS)) * 86_400 - 86_400 + int(random.integers(86_400))
        out.append(Extra("hostile", m, s, NO_STORE, sku, second, 1.0, text, ("P15",)))
    return out
