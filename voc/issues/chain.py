"""What is wrong everywhere: absolute rates of the whole chain, which no comparison between its parts can show.

Rates carry Wilson's score interval (Wilson 1927, JASA 22). Changes are rate ratios over the sources that both months
have, combined after Mantel and Haenszel with the variance of Greenland and Robins (1985), "Estimation of a common effect
parameter from sparse follow-up data", Biometrics 41, so that a shifted mix of sources is no change. A comparison is
withheld (null) when a month lacks reviews, or when a source went missing or lost 40% on the way: a lost export must not
look like improvement.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import evidence
from voc.issues.cells import codes
from voc.issues.counts import COMPLAINTS
from voc.issues.settings import SEVERITIES, IssueMeta, RankSettings, meta
from voc.schemas import CHAIN, RANKING, conform

Array = np.ndarray
Z95 = 1.959963984540054


def wilson(x: Array, n: Array, *, z: float = Z95) -> tuple[Array, Array]:
    """Wilson's interval for x of n, both (N,); n >= 1. Bounds in [0, 1]."""
    share = x / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def rate_ratio(x1: Array, n1: Array, x0: Array, n0: Array, *, z: float = Z95) -> tuple[Array, Array, Array]:
    """Mantel-Haenszel rate ratio of month 1 to month 0 with its interval: (I,) each, NaN where both have nothing.

    x (R, I) complaints and n (R,) reviews by source. Where only one month has complaints half a complaint is added to
    both.
    """
    common = (n1 > 0) & (n0 > 0)
    x1, x0, n1, n0 = x1[common], x0[common], n1[common][:, None], n0[common][:, None]
    if not len(x1):
        nothing = np.full(x1.shape[1], np.nan)
        return nothing, nothing, nothing
    share = np.broadcast_to(n1 / n1.sum(), x1.shape)
    lonely = (x1.sum(axis=0) == 0) != (x0.sum(axis=0) == 0)
    x1, x0 = x1 + 0.5 * lonely * share, x0 + 0.5 * lonely * share
    total = n1 + n0
    top, bottom = (x1 * n0 / total).sum(axis=0), (x0 * n1 / total).sum(axis=0)
    spread = ((x1 + x0) * n1 * n0 / total**2).sum(axis=0)
    there = (top > 0) & (bottom > 0)
    ratio = np.divide(top, bottom, out=np.full(len(top), np.nan), where=there)
    error = np.sqrt(np.divide(spread, top * bottom, out=np.zeros(len(top)), where=there))
    return ratio, ratio * np.exp(-z * error), ratio * np.exp(z * error)


def withheld(exposure: pa.Table, month: str, *, against: str | None = None, least: int = 30) -> list[tuple[str, str]]:
    """Sources whose trends cannot be told in `month`, with `missing` or `fell`; sorted.

    A source counts if it had at least `least` reviews in `against` (the month before by default): with none now it is
    missing, with 60% of that or fewer it fell. A month without any reviews lets nothing be said of it.
    """
    before, now = _volumes(exposure, against or previous(month)), _volumes(exposure, month)
    out = []
    for source, count in sorted(before.items()):
        if count >= least and now.get(source, 0) <= 0.6 * count:
            out.append((source, "fell" if now.get(source, 0) else "missing"))
    return out


def chain(
    month: str, *, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta],
    complaints: pa.Table | None = None, settings: RankSettings | None = None,
) -> pa.Table:  # fmt: skip
    """CHAIN of `month`: one row per issue with a complaint, ranked within its kind by number, then severity, then code.

    `rate` is per counted review, silent ones included; `share` of all complaints of the kind. Competitors' SKUs must be
    out of the tables already (`voc.issues.ranking.own`). Raises UnknownName for an aspect that `issues` lacks.
    """
    settings = settings or RankSettings()
    complaints = COMPLAINTS.empty_table() if complaints is None else complaints
    complaints = complaints.filter(pc.field("month") == month)
    now = facts.filter((pc.field("month") == month) & (pc.field("n_complaints") > 0))
    parts = []
    for kind in sorted(pc.unique(now["issue_kind"]).to_pylist()):
        said = complaints.filter(pc.field("issue_kind") == kind)
        parts.append(_kind(month, kind, facts, exposure, issues, said.take(pa.array(evidence.order(said))), settings))
    return pa.concat_tables(parts) if parts else CHAIN.empty_table()


def as_ranking(listed: pa.Table) -> pa.Table:
    """CHAIN rows as RANKING rows of level `chain`: absolute, so expected, relative risk, gate and intervals are null."""
    names = ["month", "issue_kind", "aspect", "n", "observed", "severity", "rank", "evidence"]
    rows = listed.select(names).append_column("level", pa.array(["chain"] * len(listed), pa.string()))
    return conform(rows, RANKING)


def previous(month: str, back: int = 1) -> str:
    """The month `back` months before 'YYYY-MM'."""
    count = int(month[:4]) * 12 + int(month[5:7]) - 1 - back
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def _kind(
    month: str, kind: str, facts: pa.Table, exposure: pa.Table, issues: Mapping[str, IssueMeta], said: pa.Table,
    settings: RankSettings,
) -> pa.Table:  # fmt: skip
    facts = facts.filter(pc.field("issue_kind") == kind)
    mine = (pc.field("month") == month) & (pc.field("n_complaints") > 0)
    names = sorted(pc.unique(facts.filter(mine)["issue_code"]).to_pylist())
    sources = sorted(pc.unique(exposure["source"]).to_pylist())
    x, n = _counts(facts, exposure, month, sources, names)
    observed, reviews = x.sum(axis=0), float(n.sum())
    low, high = wilson(observed, np.full(len(names), reviews))
    known = [meta(issues, kind, name) for name in names]
    grave = np.array([SEVERITIES.index(k.severity) if k.severity in SEVERITIES else len(SEVERITIES) for k in known])
    order = np.lexsort((np.arange(len(names)), grave, -observed))
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(1, len(names) + 1)
    columns = {
        "month": [month] * len(names), "issue_kind": [kind] * len(names), "aspect": names,
        "severity": [k.severity for k in known], "n": np.full(len(names), int(reviews)),
        "observed": observed.astype(np.int64), "rate": observed / reviews, "rate_lo": low, "rate_hi": high,
        "share": observed / observed.sum(), "rank": rank,
        "evidence": evidence.pick(
            codes(said["issue_code"], names), np.arange(len(names)), said["review_id"], settings.evidence
        ),
    }  # fmt: skip
    for label, back in (("month", 1), ("year", 12)):
        ratios = _change(facts, exposure, month, previous(month, back), sources, names, x, n)
        for suffix, value in zip(("ratio", "ratio_lo", "ratio_hi"), ratios, strict=True):
            columns[f"{label}_{suffix}"] = pa.array(value, mask=np.isnan(value))
    return conform(pa.table(columns), CHAIN).take(pa.array(order))


def _change(
    facts: pa.Table, exposure: pa.Table, month: str, then: str, sources: list[str], names: list[str], x: Array, n: Array
) -> tuple[Array, Array, Array]:
    """Rate ratios against `then`, NaN where the comparison is withheld."""
    lost = withheld(exposure, month, against=then) or withheld(exposure, month) or withheld(exposure, then)
    x0, n0 = _counts(facts, exposure, then, sources, names)
    if lost or not n0.sum():
        nothing = np.full(len(names), np.nan)
        return nothing, nothing, nothing
    return rate_ratio(x, n, x0, n0)


def _counts(
    facts: pa.Table, exposure: pa.Table, month: str, sources: list[str], names: list[str]
) -> tuple[Array, Array]:
    """Complaints (R, I) and reviews (R,) of `month`."""
    exposure = exposure.filter(pc.field("month") == month)
    n = np.bincount(codes(exposure["source"], sources), np.asarray(exposure["n_reviews"], float), len(sources))
    facts = facts.filter((pc.field("month") == month) & pc.is_in(pc.field("issue_code"), pa.array(names, pa.string())))
    at = codes(facts["source"], sources) * len(names) + codes(facts["issue_code"], names)
    x = np.bincount(at, np.asarray(facts["n_complaints"], float), len(sources) * len(names))
    return x.reshape(len(sources), len(names)), n


def _volumes(exposure: pa.Table, month: str) -> dict[str, int]:
    rows = exposure.filter(pc.field("month") == month).group_by("source").aggregate([("n_reviews", "sum")])
    return dict(zip(rows["source"].to_pylist(), rows["n_reviews_sum"].to_pylist(), strict=True))
