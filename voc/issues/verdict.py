"""Did a fix help? The place's complaints before and after, against what the rest of the chain did meanwhile.

A fix is declared by people: an issue, a store or a SKU or both, a day. In the months before it and after it the place has
x_b and x_a complaints where the rest of the chain, source by source, would have had E_b and E_a, so that a shifted mix of
sources or a season is no effect. What is judged is the difference in log rates

    ln theta = ln(lambda_a / lambda_b),    x ~ Poisson(lambda E)

in draws from posteriors, which hold at small counts where a normal approximation does not. A fix is declared where things
look bad, and what looks bad is in part bad luck that passes by itself. So lambda_b is drawn under the prior that all places
of the level share (`voc.issues.shrinkage`, fitted to the months before), which does not mind that the place was picked for
being high; lambda_a, which nobody picked, under Jeffreys' prior. Two more sources of doubt enter: the rest's own counts, and
how far places without a fix drift apart in the same time beyond what counting explains (tau, by moments).
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import shrinkage
from voc.issues.cells import codes
from voc.issues.chain import previous
from voc.issues.expectation import SOURCE_WEIGHT
from voc.issues.ranking import own
from voc.issues.shrinkage import PRIOR, Fit, Prior
from voc.schemas import VERDICTS, conform

Array = np.ndarray

BEFORE, AFTER = 3, 6
"""Full months that are looked at before a fix, and at most after it. The month of the fix itself counts only when the fix
was made on its first day, and then as after."""
DRAWS = 8000
LEAST_E = 1.0
"""Complaints to be expected after the fix, below which nothing is said."""

BETTER, WORSE, CANNOT_TELL = "better", "worse", "cannot_tell"
TOO_EARLY, NO_BEFORE, TOO_FEW = "too_early", "no_before", "too_few"


@dataclass(frozen=True)
class Counts:
    """Complaints and what the rest's rates would give, before and after; y: the rest's own complaints."""

    x_before: float
    e_before: float
    x_after: float
    e_after: float
    y_before: float
    y_after: float


def verdicts(
    month: str, *, fixes: pa.Table, facts: pa.Table, exposure: pa.Table, skus: pa.Table | None = None,
    prior: Prior = PRIOR,
) -> pa.Table:  # fmt: skip
    """VERDICTS at the end of `month` on those of `fixes` (FIXES) that were made by then, by fix.

    facts, exposure: of all months needed; what lies after `month` is not looked at. `better` and `worse` mean that the 95%
    interval of theta is on one side of 1; else the verdict is `cannot_tell`, with the reason.
    """
    facts, exposure, _ = own(facts, exposure, None, skus)
    facts = facts.filter((pc.field("issue_kind") == "aspect") & (pc.field("n_complaints") > 0))
    rows = []
    for fix in sorted(fixes.to_pylist(), key=lambda row: str(row["fix_id"])):
        if f"{fix['fixed_on']:%Y-%m}" <= month:
            rows.append(_verdict(month, fix, facts, exposure, prior))
    return conform(pa.Table.from_pylist(rows, schema=VERDICTS), VERDICTS)


def windows(fixed_on: dt.date, month: str) -> tuple[list[str], list[str]]:
    """The months before and after a fix that count at the end of `month`, oldest first."""
    fixed = f"{fixed_on:%Y-%m}"
    before = [previous(fixed, back) for back in range(BEFORE, 0, -1)]
    first = fixed if fixed_on.day == 1 else previous(fixed, -1)
    after = [m for m in (previous(first, -step) for step in range(AFTER)) if m <= month]
    return before, after


def ratio(counts: Counts, fit: Fit, *, tau: float = 0.0, seed: int = 0) -> tuple[float, float, float]:
    """Median and 95% interval of theta from `DRAWS` posterior draws. `fit`: the prior of places before; `tau`: of drift."""
    random = np.random.default_rng(seed)
    one = np.ones(1)
    before = shrinkage.sample(counts.x_before * one, counts.e_before * one, fit, DRAWS, random)[:, 0]
    after = random.gamma(counts.x_after + 0.5, 1.0, DRAWS) / counts.e_after
    # E is the rest's rate times the place's reviews: as uncertain as the rest's complaints are few.
    rest = random.gamma(counts.y_before + 0.5, 1.0, DRAWS) / (counts.y_before + 0.5)
    rest /= random.gamma(counts.y_after + 0.5, 1.0, DRAWS) / (counts.y_after + 0.5)
    theta = after / before * rest * np.exp(tau * random.standard_normal(DRAWS))
    low, middle, high = np.quantile(theta, (0.025, 0.5, 0.975))
    return float(middle), float(low), float(high)


def drift(x_before: Array, e_before: Array, x_after: Array, e_after: Array) -> float:
    """tau: the standard deviation of ln theta among places without a fix, beyond what counting explains; all (N,).

    Given both counts' sum t, x_after has mean t pi and variance v + v^2 tau^2 with v = t pi (1 - pi) to first order;
    moments over places with t >= 5. Places that changed by more than four standard deviations changed for a reason.
    """
    t = x_before + x_after
    use = (t >= 5) & (e_before > 0) & (e_after > 0)
    if not use.any():
        return 0.0
    total = t[use]
    share = e_after[use] / (e_before[use] + e_after[use])
    spread = total * share * (1 - share)
    gap = x_after[use] - total * share
    usual = np.abs(gap) <= 4 * np.sqrt(spread)
    square = float(((gap**2 - spread)[usual]).sum() / max((spread[usual] ** 2).sum(), 1e-9))
    return float(np.sqrt(max(square, 0.0)))


def _verdict(month: str, fix: dict[str, Any], facts: pa.Table, exposure: pa.Table, prior: Prior) -> dict[str, Any]:
    row: dict[str, Any] = {key: fix[key] for key in ("fix_id", "aspect", "store_id", "sku_id", "fixed_on")}
    row |= {"month": month, "verdict": CANNOT_TELL}
    panel = _panel(fix, windows(fix["fixed_on"], month), facts, exposure)
    for name, w in (("before", 0), ("after", 1)):
        said, n = float(panel.own_x[w].sum()), float(panel.own_n[w].sum())
        rest = (float(panel.total_x[w, :, panel.aspect].sum()) - said, float(panel.total_n[w].sum()) - n)
        row |= {name: int(said), f"{name}_n": int(n), f"rest_{name}": int(rest[0]), f"rest_{name}_n": int(rest[1])}
    if not row["rest_after_n"] + row["after_n"]:
        return row | {"reason": TOO_EARLY}
    if not row["before_n"] or not row["rest_before_n"]:
        return row | {"reason": NO_BEFORE}
    expected = panel.expected_own()
    if expected[1] <= 0 or (expected[1] < LEAST_E and row["before"] + row["after"] < 5):
        return row | {"reason": TOO_FEW}
    counts = Counts(row["before"], expected[0], row["after"], expected[1], row["rest_before"], row["rest_after"])
    x, e = panel.x.astype(float), panel.expected()
    there = e[0] > 0
    fit = shrinkage.fit(x[0][there], e[0][there], prior=prior)
    others = np.arange(len(x[0])) != panel.unit
    a = panel.aspect
    tau = drift(x[0, others, a], e[0, others, a], x[1, others, a], e[1, others, a])
    seed = zlib.crc32(f"{month} verdict {fix['aspect']} {fix['fixed_on']}".encode())
    middle, low, high = ratio(counts, fit, tau=tau, seed=seed)
    found = BETTER if high < 1 else WORSE if low > 1 else CANNOT_TELL
    reason = TOO_FEW if found == CANNOT_TELL else None
    return row | {"ratio": middle, "ratio_lo": low, "ratio_hi": high, "verdict": found, "reason": reason}


@dataclass(frozen=True, eq=False)
class _Panel:
    """Both windows, W = 2: before and after. U units, R sources, A aspects.

    n (W, U, R) reviews, x (W, U, A) complaints, total_n (W, R) and total_x (W, R, A) of the whole chain; own_n, own_x
    (W, R) of the fixed place and its aspect; unit, aspect: their places (unit -1 if it was never heard of).
    """

    n: Array
    x: Array
    total_n: Array
    total_x: Array
    own_n: Array
    own_x: Array
    unit: int
    aspect: int

    def expected_own(self) -> Array:
        """What the rest of the chain's rates would give the fixed place, (W,)."""
        x = self.total_x[:, :, self.aspect] - self.own_x
        rate = np.array([_rates(x[w][:, None], self.total_n[w] - self.own_n[w])[:, 0] for w in (0, 1)])
        expected: Array = (self.own_n * rate).sum(axis=1)
        return expected

    def expected(self) -> Array:
        """What the chain's rates would give every unit, (W, U, A)."""
        return np.array([self.n[w] @ _rates(self.total_x[w], self.total_n[w]) for w in (0, 1)])


def _rates(x: Array, n: Array) -> Array:
    """Rates by source (R, A) from complaints (R, A) and reviews (R,); a source of few reviews leans on all of them."""
    total = n.sum()
    pooled = x.sum(axis=0) / max(total, 1.0)
    usual = n[:, None] * pooled
    rates: Array = pooled * (x + SOURCE_WEIGHT) / (usual + SOURCE_WEIGHT)
    return rates


def _panel(fix: dict[str, Any], months: tuple[list[str], list[str]], facts: pa.Table, exposure: pa.Table) -> _Panel:
    level = [name for name in ("store_id", "sku_id") if fix[name] is not None]
    facts, exposure = (
        t.filter(pc.is_in(pc.field("month"), pa.array([*months[0], *months[1]], pa.string())))
        for t in (facts, exposure)
    )
    sources = sorted(pc.unique(exposure["source"]).to_pylist())
    aspects = sorted({*pc.unique(facts["issue_code"]).to_pylist(), fix["aspect"]})
    places = _joined(exposure, level)
    units = sorted(pc.unique(places.drop_null()).to_pylist())
    mine = "\x1f".join(fix[name] for name in level)
    unit, aspect = units.index(mine) if mine in units else -1, aspects.index(fix["aspect"])
    shape = (2, len(units) + 1, len(sources))
    window = np.isin(np.asarray(exposure["month"]), months[1]).astype(int)
    at = (window, codes(places, units), codes(exposure["source"], sources))
    n = np.zeros(shape)
    np.add.at(n, at, exposure["n_reviews"].to_numpy())
    window = np.isin(np.asarray(facts["month"]), months[1]).astype(int)
    place, source = codes(_joined(facts, level), units), codes(facts["source"], sources)
    issue, count = codes(facts["issue_code"], aspects), facts["n_complaints"].to_numpy()
    x = np.zeros((2, len(units) + 1, len(aspects)), dtype=np.int32)
    np.add.at(x, (window, place, issue), count)
    total_x = np.zeros((2, len(sources), len(aspects)))
    np.add.at(total_x, (window, source, issue), count)
    own_x = np.zeros((2, len(sources)))
    said = (place == unit) & (issue == aspect)
    np.add.at(own_x, (window[said], source[said]), count[said])
    own_n = n[:, unit] if unit >= 0 else np.zeros((2, len(sources)))
    return _Panel(n[:, :-1], x[:, :-1], n.sum(axis=1), total_x, own_n, own_x, unit, aspect)


def _joined(table: pa.Table, level: list[str]) -> pa.ChunkedArray:
    """The unit's id of each row: null where one of the level's ids is."""
    if len(level) == 1:
        return table[level[0]]
    return pc.binary_join_element_wise(*(table[name] for name in level), "\x1f")
