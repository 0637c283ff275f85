"""How often customers really complain of something, when the tagger errs: rates corrected by an audit.

Rogan and Gladen (1978), "Estimating prevalence from the results of a screening test", American Journal of Epidemiology
107(1): with sensitivity se and false positive rate fp, a share p of tagged reviews stands for

    (p - fp) / (se - fp)

reviews that complain. se and fp are not known but audited, and what is left unknown of them must widen the interval (Lang
and Reiczigel 2014, "Confidence limits for prevalence of disease adjusted for estimated sensitivity and specificity",
Preventive Veterinary Medicine 113): all three are drawn from their posteriors, with a fixed seed, and the quantiles of the
result are the interval.

An audit looks at tagged complaints and at whole reviews, which is cheaper than to look for each aspect where it was not
tagged, but gives other numbers than the formula asks for. Of an aspect with x of n reviews tagged,

    precision  q ~ Beta(c s + k, (1 - c) s + m - k)       k of m tagged ones were right; c: right ones of all aspects, s = 2
    missed     o ~ Gamma(a + missed, a / O + L r)          complaints missed for each one found, r = q x / n

missed: how often the aspect was missed in L reviews with words that were read whole; n counts such reviews too. The odds
o of different aspects are drawn together: they vary around those of all aspects, O ~ Gamma(1/2 + all missed, L (all r)),
with shape a = `LIKENESS`, for an aspect of ten complaints tells little by itself. Then pi = r (1 + o), se = 1 / (1 + o),
fp = (x / n)(1 - q) / (1 - pi), and the formula gives pi back; in a month that was not audited it gives that month's.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.schemas import PREVALENCE, conform

Array = np.ndarray

DRAWS = 4000
LIKENESS = 0.7
"""Shape of the prior of an aspect's odds of being missed around those of all aspects: how alike aspects are."""
BELIEF = 2.0
"""Labels' worth of belief that an aspect is tagged as precisely as all are."""
LEAST_MENTIONS, LEAST_REVIEWS = 30, 50
"""With fewer labels nothing is corrected."""

CORRECTED, TOO_FEW, OTHER_TAGGER = "corrected", "too_few", "other_tagger"


@dataclass(frozen=True)
class Audit:
    """What was labelled, by aspect: right of judged tagged complaints, times missed, and how many reviews were read whole.

    tagged: complaints of the aspect per review with words in the audited months, in [0, 1].
    """

    right: Mapping[str, int]
    judged: Mapping[str, int]
    missed: Mapping[str, int]
    tagged: Mapping[str, float]
    reviews: int


def rogan_gladen(rate: Array, sensitivity: Array, false_positive: Array) -> Array:
    """The share that a tagged share stands for, in [0, 1]; any shapes that broadcast.

    Where a tagger would tag no more of the complaints than of the rest (se <= fp, but for rounding) nothing can be said: NaN.
    """
    better = sensitivity - false_positive
    share = np.divide(rate - false_positive, better, out=np.full(np.shape(rate - better), np.nan), where=better > 1e-9)
    out: Array = np.clip(share, 0.0, 1.0)
    return out


def audited(answers: pa.Table, facts: pa.Table, exposure: pa.Table) -> Audit:
    """The answers (AUDIT) of some months as sums, with these months' tagged complaints from their facts and exposure."""
    mentions = answers.filter(pc.field("kind") == "mention")
    right: dict[str, int] = {}
    judged: dict[str, int] = {}
    for aspect, correct in zip(mentions["aspect"].to_pylist(), mentions["correct"].to_pylist(), strict=True):
        judged[aspect] = judged.get(aspect, 0) + 1
        right[aspect] = right.get(aspect, 0) + bool(correct)
    whole = answers.filter(pc.field("kind") == "review")
    missed: dict[str, int] = {}
    for codes in whole["missed"].to_pylist():
        for code in set(codes):
            missed[code] = missed.get(code, 0) + 1
    months = pc.unique(answers["month"])
    n = pc.sum(exposure.filter(pc.is_in(pc.field("month"), value_set=months))["n_text"]).as_py() or 0
    counted = _observed(facts.filter(pc.is_in(pc.field("month"), value_set=months)))
    return Audit(right, judged, missed, {code: x / n for code, x in counted.items()} if n else {}, len(whole))


def table(month: str, *, facts: pa.Table, exposure: pa.Table, audit: Audit | None, stale: bool = False) -> pa.Table:
    """PREVALENCE of `month` for every aspect that was tagged or missed; without an `audit` no rows.

    facts, exposure: of the month. `stale`: the audit judged another tagger than the month's, so nothing is corrected.
    Intervals are 95% posterior quantiles; they also hold what the month's number of reviews leaves open.
    """
    here = pc.field("month") == month
    n, words = (pc.sum(exposure.filter(here)[name]).as_py() or 0 for name in ("n_reviews", "n_text"))
    if audit is None or not words:
        return PREVALENCE.empty_table()
    observed = _observed(facts.filter(here))
    names = sorted({*observed, *audit.missed, *audit.judged})
    x = np.array([observed.get(name, 0) for name in names], dtype=float)
    labelled = sum(audit.judged.values())
    enough = labelled >= LEAST_MENTIONS and audit.reviews >= LEAST_REVIEWS
    columns: dict[str, object] = {
        "month": [month] * len(names), "aspect": names, "n": [n] * len(names), "observed": x.astype(np.int64),
        "rate": x / n, "labelled_mentions": [audit.judged.get(name, 0) for name in names],
        "labelled_reviews": [audit.reviews] * len(names),
        "state": [OTHER_TAGGER if stale else CORRECTED if enough else TOO_FEW] * len(names),
    }  # fmt: skip
    if enough and not stale:
        drawn = draws(x, words, names, audit, np.random.default_rng(zlib.crc32(f"{month} prevalence".encode())))
        drawn["corrected"] *= words / n  # nobody complains without words
        for name, values in drawn.items():
            low, middle, high = np.quantile(values, (0.025, 0.5, 0.975), axis=0)
            columns |= {name: middle, f"{name}_lo": low, f"{name}_hi": high}
    return conform(pa.table(columns), PREVALENCE)


def draws(x: Array, n: int, names: list[str], audit: Audit, random: np.random.Generator) -> dict[str, Array]:
    """Posterior draws, (DRAWS, A) each, of precision, sensitivity, false_positive and corrected rate.

    x (A,): tagged complaints of the aspects `names` among n reviews with words; the rates are per review with words.
    """
    shape = (DRAWS, len(names))
    k, m, missed, tagged = (
        np.array([part.get(name, 0) for name in names], dtype=float)
        for part in (audit.right, audit.judged, audit.missed, audit.tagged)
    )
    common = (k.sum() + 1) / (m.sum() + 2)
    precision = random.beta(common * BELIEF + k, (1 - common) * BELIEF + m - k, shape)
    found = precision * tagged * audit.reviews
    overall = random.gamma(0.5 + missed.sum(), 1.0, (DRAWS, 1)) / np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
    odds = random.gamma(LIKENESS + missed, 1.0, shape) / (LIKENESS / overall + found)
    sensitivity = 1 / (1 + odds)
    base = np.minimum(tagged * precision * (1 + odds), 1 - 1e-9)
    false_positive = tagged * (1 - precision) / (1 - base)
    rate = random.beta(x + 0.5, n - x + 0.5, shape)
    return {
        "precision": precision, "sensitivity": sensitivity, "false_positive": false_positive,
        "corrected": rogan_gladen(rate, sensitivity, false_positive),
    }  # fmt: skip


def sensitivity(prevalence: pa.Table) -> float | None:
    """The share of real complaints that are tagged, over all aspects, in (0, 1]; None where nothing was audited."""
    rows = prevalence.filter(pc.field("state") == CORRECTED)
    said = np.asarray(rows["corrected"], dtype=float)
    if not len(rows) or said.sum() <= 0:
        return None
    return float((np.asarray(rows["sensitivity"], dtype=float) * said).sum() / said.sum())


def _observed(facts: pa.Table) -> dict[str, int]:
    rows = facts.filter(pc.field("issue_kind") == "aspect").group_by("issue_code").aggregate([("n_complaints", "sum")])
    found = zip(rows["issue_code"].to_pylist(), rows["n_complaints_sum"].to_pylist(), strict=True)
    return {code: count for code, count in sorted(found) if count}
