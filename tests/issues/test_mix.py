"""Two kinds of places at the same mix: what the mix explains is no difference, and intervals hold with uneven stores."""

from __future__ import annotations

import numpy as np
import pytest

from voc.issues.mix import compared


def rows(*found):
    """(store, second, stratum, n, k) as arrays."""
    store, second, stratum, n, k = zip(*found, strict=True)
    return np.array(store), np.array(second, bool), np.array(stratum), np.array(n, float), np.array(k, float)


def chain(random, ratio, *, spread, stores=30):
    """Stores of two kinds; the second sells more of stratum 1, where everybody complains three times as often."""
    found = []
    for i in range(stores):
        second = i % 2 == 1
        own = random.gamma(1 / spread, spread) if spread else 1.0
        for stratum, n in enumerate((90, 30) if not second else (30, 90)):
            rate = 0.04 * (1 + 2 * stratum) * own * (ratio if second else 1.0)
            found.append((i, second, stratum, n, random.binomial(n, min(rate, 1))))
    return rows(*found)


def test_one_stratum_is_the_plain_ratio():
    found = compared(*rows(*[(i, i > 4, 0, 100, 20 if i > 4 else 10) for i in range(10)]), least=5)
    assert found.ratio == pytest.approx(2.0) and found.low <= 2.0 <= found.high
    assert (found.n, found.k, found.alike) == ((500, 500), (50, 100), 1.0)


def test_what_the_mix_explains_is_no_difference():
    found = [
        (i, i > 4, s, n, n * (10 + 20 * s) // 100)
        for i in range(10)
        for s, n in enumerate((80, 20) if i < 5 else (20, 80))
    ]
    mixed = compared(*rows(*found))
    assert mixed.ratio == pytest.approx(1.0) and mixed.k[1] / mixed.n[1] > 1.5 * mixed.k[0] / mixed.n[0]


def test_strata_of_one_kind_say_nothing_and_too_few_stores_are_not_compared():
    both = [(i, i > 4, 0, 100, 10) for i in range(10)]
    alone = [(i, True, 1, 100, 90) for i in range(5, 10)]
    assert compared(*rows(*both, *alone)).ratio == pytest.approx(1.0)
    assert compared(*rows(*both, *alone)).alike == pytest.approx(10 / 15)
    assert compared(*rows(*both[:9])) is None and compared(*rows(*alone)) is None
    assert compared(*rows(*[(i, k, s, n, 0) for i, k, s, n, _ in both])) is None


@pytest.mark.parametrize(("ratio", "spread"), [(1.0, 0.0), (1.0, 0.2), (1.5, 0.2)])
def test_intervals_hold(ratio, spread):
    random = np.random.default_rng(20261002)
    held = sum(m.low <= ratio <= m.high for _ in range(400) for m in [compared(*chain(random, ratio, spread=spread))])
    assert 0.92 <= held / 400 <= 0.985


def test_order_and_codes_do_not_matter():
    one = chain(np.random.default_rng(3), 1.4, spread=0.1)
    order = np.random.default_rng(4).permutation(len(one[0]))
    store, second, stratum, n, k = (column[order] for column in one)
    a, b = compared(*one), compared(97 - store, second, 1 - stratum, n, k)
    assert (a.ratio, a.low, a.high) == pytest.approx((b.ratio, b.low, b.high))
