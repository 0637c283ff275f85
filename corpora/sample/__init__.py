"""The sample corpus: a snack chain's reviews and surveys as exports, with planted issues of known size and a truth file."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from voc.corpora.sample.chain import MONTHS, Array, Chain, make_chain, stream
from voc.corpora.sample.events import make_extras
from voc.corpora.sample.files import write_all
from voc.corpora.sample.phrases import phrasing_share
from voc.corpora.sample.reviews import Review, draw, five_review_store, from_extra, tell
from voc.corpora.sample.risks import MonthRisk, Plant, Rates, make_rates, month_risk, plant, probabilities
from voc.corpora.sample.rows import Rows, make_rows
from voc.corpora.sample.truth import LEVELS, cells, component_cells, issue, safety_issues, story_facts
from voc.corpora.sample.truth import labels as label_table

from voc.errors import WrongUse
from voc.taxonomy import load

__all__ = ["World", "expressions", "generate", "make_world", "phrasing_share", "texts"]

log = logging.getLogger(__name__)
FEWEST_REVIEWS = 200


@dataclass(frozen=True, eq=False)
class World:
    """The sample before any word is written. `happens` (n, A): complaints that are true; p, risks: by month."""

    chain: Chain
    rows: Rows
    rates: Rates
    plants: list[Plant]
    happens: Array
    p: list[Array]
    risks: list[MonthRisk]

    def true_cells(self) -> list[dict[str, Any]]:
        """Every (level, ids, aspect, month) whose true relative risk is above 1.5."""
        found: list[dict[str, Any]] = [
            c for m, r in enumerate(self.risks) for c in cells(self.chain, r, self.rates.codes, MONTHS[m])
        ]
        found += component_cells(self.chain, self.plants, found)
        return found

    def issues(self) -> list[dict[str, Any]]:
        return [issue(self.chain, p, self.risks, self.p, self.rates.codes) for p in self.plants]


def make_world(*, reviews: int = 120_000, seed: int = 2026) -> World:
    """Chain, exposure, planted issues and complaints: no text yet, a second or two."""
    chain = make_chain(seed)
    rows = make_rows(chain, reviews=reviews, seed=seed)
    rates = make_rates(chain, "complaint", seed=seed)
    plants = plant(chain, rates, rows, seed=seed)
    random = stream(seed, "complaints")
    happens, p, risks = [], [], []
    for m in range(len(MONTHS)):
        at = np.flatnonzero(rows.month == m)
        p.append(probabilities(rates, plants, rows, at))
        risks.append(month_risk(p[-1], rows, at))
        happens.append(draw(p[-1], random))
    complaints = np.concatenate(happens)
    five_review_store(chain, rows, complaints, rates.codes)
    return World(chain, rows, rates, plants, complaints, p, risks)


def generate(out: Path, *, reviews: int = 120_000, seed: int = 2026, labels: bool = False) -> Path:
    """Write out/inbox and out/truth.json (with `labels` also out/truth_labels.parquet); returns `out`.

    `reviews` is about the number of platform reviews; a twentieth as many survey answers come on top. The same seed and
    size give the same bytes. Raises WrongUse for fewer than 200 reviews.
    """
    if reviews < FEWEST_REVIEWS:
        raise WrongUse(f"reviews={reviews} is too few for 14 months and 4 sources; give {FEWEST_REVIEWS} or more")
    world = make_world(reviews=reviews, seed=seed)
    told = _told(world, seed)
    extras = [from_extra(e) for e in make_extras(world.chain, world.rows, reviews=reviews, seed=seed)]
    every = sorted([*told, *extras], key=lambda r: (r.month, r.source, r.second))
    out.mkdir(parents=True, exist_ok=True)
    native, counts = write_all(world.chain, every, out, seed=seed)
    truth = _truth(world, every, native, counts, reviews=reviews, seed=seed)
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if labels:
        pq.write_table(label_table(world.chain, every, native), out / "truth_labels.parquet")
    log.info("sample corpus of %d rows in %s", len(every), out)
    return out


def texts(*, reviews: int = 20_000, seed: int = 2026) -> list[str]:
    """What about so many customers of the sample chain wrote, in no order; those who said nothing are left out."""
    return [review.text for review in _told(make_world(reviews=reviews, seed=seed), seed) if review.text]


def _told(world: World, seed: int) -> list[Review]:
    praise = make_rates(world.chain, "praise", seed=seed)
    praised = draw(praise.of(world.rows, np.arange(len(world.rows))), stream(seed, "praise"))
    told: list[Review] = tell(
        world.chain, world.rows, world.happens, praised, (world.rates, praise), world.plants, seed=seed
    )
    return told


def expressions(taxonomy: str = "retail-food") -> list[str]:
    """Every literal by which the taxonomy decides or hints a complaint, at least two characters long."""
    words: set[str] = set()
    for entry in load(taxonomy).issues.values():
        words |= {*entry.expressions, *(w for sub in entry.subs for w in sub.expressions)}
    return sorted(w for w in words if len(w) > 1)


def _truth(
    world: World, every: list[Review], native: list[str], counts: dict[str, dict[str, int]], *, reviews: int, seed: int
) -> dict[str, Any]:
    planted = world.issues()
    facts = story_facts(world.chain, every, native, world.plants)
    return {
        "seed": seed,
        "reviews": reviews,
        "months": list(MONTHS),
        "issues": [*(i for i in planted if i["level"] in LEVELS), *safety_issues(facts["safety_cases"])],
        "wide_issues": [i for i in planted if i["level"] not in LEVELS],
        "true_cells": world.true_cells(),
        "phrasings_outside_taxonomy": round(phrasing_share(expressions()), 4),
        **facts,
        "exposure": {m: int((world.rows.month == i).sum()) for i, m in enumerate(MONTHS)},
        "files": counts,
    }
