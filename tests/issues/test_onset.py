"""Since when an excess has stood: what is said holds as often as it says, and where it cannot be told nothing is said."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from voc.issues import onset, shrinkage
from voc.schemas import EXPOSURE, FACTS, RANKING, conform

FIT = shrinkage.fallback(shrinkage.PRIOR, 0)
MONTHS = [f"2025-{m:02d}" for m in range(4, 13)] + [f"2026-{m:02d}" for m in range(1, 5)]


def test_a_clear_onset_is_named_and_a_standing_excess_has_no_first_month():
    e = np.full(13, 10.0)
    assert onset.onset(np.r_[np.full(8, 10.0), np.full(5, 40.0)], e, FIT) == (8, True)
    assert onset.onset(np.full(13, 40.0), e, FIT) == (0, False)


def test_this_month_alone_or_what_came_and_went_is_not_said():
    e = np.full(13, 10.0)
    assert onset.onset(np.r_[np.full(12, 10.0), 40.0], e, FIT) is None
    assert onset.onset(np.r_[np.full(6, 10.0), 40, 42, 39, 5, 41, 40, 40], e, FIT) is None
    assert onset.onset(np.r_[np.zeros(12), 3.0], np.full(13, 0.1), FIT) is None


@pytest.mark.parametrize("expected", [2.0, 6.0, 20.0])
def test_what_is_said_holds_nineteen_times_in_twenty(expected):
    random = np.random.default_rng(20261001)
    said = right = exact = exactly = 0
    for _ in range(1500):
        begin = int(random.integers(13))
        before, after = random.gamma(FIT.ordinary, 1 / FIT.ordinary), random.gamma(FIT.shape, 1 / FIT.rate)
        e = np.full(13, expected)
        found = onset.onset(random.poisson(np.where(np.arange(13) < begin, before, after) * e).astype(float), e, FIT)
        if found is not None:
            said, right = said + 1, right + (begin <= found[0])
            exact, exactly = exact + found[1], exactly + (found[1] and begin == found[0])
    assert said > 500 and right / said > 0.94
    assert exactly >= 0.9 * exact


def table(rows, schema):
    names = [n for n in schema.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


def test_from_the_tables_of_a_chain():
    exposure, facts = [], []
    for i, month in enumerate(MONTHS):
        for store in ("S1", "S2", "S3"):
            sums = dict(n_text=0, rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0)
            exposure.append(dict(month=month, source="jd", store_id=store, sku_id="K1", n_reviews=300, **sums))
            n = 60 if store == "S1" and i >= 7 else 12
            facts.append(
                dict(month=month, source="jd", store_id=store, sku_id="K1", issue_kind="aspect", issue_code="V06",
                     n_mentions=n, n_complaints=n, n_praise=0, polarity_sum=0.0)
            )  # fmt: skip
    row = dict(month=MONTHS[-1], issue_kind="aspect", aspect="V06", severity="S3", rank=1, evidence=[])
    signal = row | dict(level="store", store_id="S1", n=300, observed=60, expected=28.0, gate="strong")
    calm = row | dict(level="store", store_id="S2", n=300, observed=12, expected=28.0, gate="insufficient")
    tables = dict(facts=table(facts, FACTS), exposure=table(exposure, EXPOSURE), ranking=table([signal, calm], RANKING))
    assert onset.onsets(MONTHS[-1], **tables) == {("store", "S1", None, "V06"): onset.Onset("2025-11", True)}
    assert onset.onsets(MONTHS[5], **tables) == {}
