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
RECENT = 12
"""Months after which a fix gets no new verdict."""
DRAWS = 8000
LEAST_E = 1.0
"""Complaints to be expected after the fix, below which nothing is said."""

UNIT = "\x1f"
"""Between the ids of a pair."""

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
    """VERDICTS at the end of `month` on those of `fixes` (FIXES) that were made in the `RECENT` months up to then, by fix.

    facts, exposure: of all months needed; what lies after `month` is not looked at. `better` and `worse` mean that the 95%
    interval of theta is on one side of 1; else the verdict is `cannot_tell`, with the reason.
    """
    facts, exposure, _ = own(facts, exposure, None, skus)
    facts = facts.filter((pc.field("issue_kind") == "aspect") & (pc.field("n_complaints") > 0))
    since = previous(month, RECENT)
    rows, panels = [], dict[Any, tuple[_Panel, Fit]]()
    for fix in sorted(fixes.to_pylist(), key=lambda row: str(row["fix_id"])):
        if since <= f"{fix['fixed_on']:%Y-%m}" <= month:
            level = tuple(name for name in ("store_id", "sku_id") if fix[name] is not None)
            months = windows(fix["fixed_on"], month)
            key = (level, *months[0], "then", *months[1])
            if key not in panels:
                panel = _panel(level, months, facts, exposure)
                panels[key] = (panel, panel.fit(prior))
            rows.append(_verdict(month, fix, *panels[key]))
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


def _verdict(month: str, fix: dict[str, Any], panel: _Panel, fit: Fit) -> dict[str, Any]:
    row: dict[str, Any] = {key: fix[key] for key in ("fix_id", "aspect", "store_id", "sku_id", "fixed_on")}
    row |= {"month": month, "verdict": CANNOT_TELL}
    unit, n, x = panel.unit(fix), panel.n, panel.complaints(fix["aspect"])
    own_n, own_x = n[:, unit], x[:, unit]
    rest_n, rest_x = n.sum(axis=1) - own_n, x.sum(axis=1) - own_x
    for name, w in (("before", 0), ("after", 1)):
        row |= {name: int(own_x[w].sum()), f"{name}_n": int(own_n[w].sum())}
        row |= {f"rest_{name}": int(rest_x[w].sum()), f"rest_{name}_n": int(rest_n[w].sum())}
    if not row["rest_after_n"] + row["after_n"]:
        return row | {"reason": TOO_EARLY}
    if not row["before_n"] or not row["rest_before_n"]:
        return row | {"reason": NO_BEFORE}
    expected = [float(own_n[w] @ _rates(rest_x[w][:, None], rest_n[w])[:, 0]) for w in (0, 1)]
    if expected[1] <= 0 or (expected[1] < LEAST_E and row["before"] + row["after"] < 5):
        return row | {"reason": TOO_FEW}
    counts = Counts(row["before"], expected[0], row["after"], expected[1], row["rest_before"], row["rest_after"])
    others = np.delete(np.arange(len(panel.units)), unit)
    e = [n[w, others] @ _rates(x[w].sum(axis=0)[:, None], n[w].sum(axis=0))[:, 0] for w in (0, 1)]
    seen = x[:, others].sum(axis=2)
    seed = zlib.crc32(f"{month} verdict {fix['aspect']} {fix['fixed_on']}".encode())
    middle, low, high = ratio(counts, fit, tau=drift(seen[0], e[0], seen[1], e[1]), seed=seed)
    found = BETTER if high < 1 else WORSE if low > 1 else CANNOT_TELL
    reason = TOO_FEW if found == CANNOT_TELL else None
    return row | {"ratio": middle, "ratio_lo": low, "ratio_hi": high, "verdict": found, "reason": reason}


@dataclass(frozen=True, eq=False)
class _Panel:
    """A level before and after, W = 2. U units, R sources; n (W, U + 2, R) reviews.

    The last two places of n: reviews that name no unit, and a unit that was never heard of. window, place, source, issue,
    count: (Z,) each, the complaints.
    """

    level: tuple[str, ...]
    units: list[str]
    aspects: list[str]
    n: Array
    window: Array
    place: Array
    source: Array
    issue: Array
    count: Array

    def unit(self, fix: dict[str, Any]) -> int:
        """The place of the unit that was fixed."""
        name = UNIT.join(fix[column] for column in self.level)
        return self.units.index(name) if name in self.units else len(self.units) + 1

    def complaints(self, aspect: str) -> Array:
        """Complaints of one aspect, shaped like n."""
        out = np.zeros(self.n.shape)
        if aspect in self.aspects:
            use = self.issue == self.aspects.index(aspect)
            np.add.at(out, (self.window[use], self.place[use], self.source[use]), self.count[use])
        return out

    def fit(self, prior: Prior) -> Fit:
        """The prior that the level's cells of all aspects share before the fix."""
        use = self.window == 0
        total = np.zeros((self.n.shape[2], len(self.aspects)))
        np.add.at(total, (self.source[use], self.issue[use]), self.count[use])
        x = np.zeros((self.n.shape[1], len(self.aspects)))
        np.add.at(x, (self.place[use], self.issue[use]), self.count[use])
        e = self.n[0, : len(self.units)] @ _rates(total, self.n[0].sum(axis=0))
        there = e > 0
        return shrinkage.fit(x[: len(self.units)][there], e[there], prior=prior)


def _rates(x: Array, n: Array) -> Array:
    """Rates by source (R, A) from complaints (R, A) and reviews (R,); a source of few reviews leans on all of them."""
    pooled = x.sum(axis=0) / max(n.sum(), 1.0)
    usual = n[:, None] * pooled
    rates: Array = pooled * (x + SOURCE_WEIGHT) / (usual + SOURCE_WEIGHT)
    return rates


def _panel(level: tuple[str, ...], months: tuple[list[str], list[str]], facts: pa.Table, exposure: pa.Table) -> _Panel:
    facts, exposure = (
        t.filter(pc.is_in(pc.field("month"), pa.array([*months[0], *months[1]], pa.string())))
        for t in (facts, exposure)
    )
    sources = sorted(pc.unique(exposure["source"]).to_pylist())
    aspects = sorted(pc.unique(facts["issue_code"]).to_pylist())
    named = [_named(table, level) for table in (exposure, facts)]
    units = sorted(pc.unique(named[0].drop_null()).to_pylist())
    n = np.zeros((2, len(units) + 2, len(sources)))
    at = (_after(exposure, months[1]), codes(named[0], units), codes(exposure["source"], sources))
    np.add.at(n, at, exposure["n_reviews"].to_numpy())
    return _Panel(
        level, units, aspects, n, _after(facts, months[1]), codes(named[1], units), codes(facts["source"], sources),
        codes(facts["issue_code"], aspects), facts["n_complaints"].to_numpy(),
    )  # fmt: skip


def _after(table: pa.Table, months: list[str]) -> Array:
    """1 for rows of the months after a fix, else 0."""
    later: Array = pc.is_in(table["month"], value_set=pa.array(months, pa.string())).to_numpy().astype(int)
    return later


def _named(table: pa.Table, level: tuple[str, ...]) -> pa.ChunkedArray:
    """The unit's id of each row: null where one of the level's ids is."""
    if len(level) == 1:
        return table[level[0]]
    return pc.binary_join_element_wise(*(table[name] for name in level), UNIT)
