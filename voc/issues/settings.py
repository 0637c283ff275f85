"""What the ranking is told about issues, and the thresholds that it works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from voc.errors import UnknownName
from voc.issues.shrinkage import Prior

SEVERITIES = ("S1", "S2", "S3", "S4")
LEVELS = ("store", "sku", "store_sku", "region", "source", "category", "parent_sku")


@dataclass(frozen=True)
class IssueMeta:
    """An issue as the ranking sees it: its code, its severity (S1 the gravest .. S4), and whether a store answers for it.

    Where `ranked` is False (the codes for whatever fits no other) the issue is on the chain list alone: what stands behind
    it differs from place to place, so an excess of it has no meaning.
    Where `store` is False (couriers, platform, warehouse, supplier) the issue is never in a store's or a pair's rows.
    """

    code: str
    severity: str = "S3"
    store: bool = True
    ranked: bool = True


@dataclass(frozen=True, kw_only=True)
class RankSettings:
    """Thresholds of the ranking.

    `threshold`: the relative risk that a signal must exceed; `fdr`: the share of false ones that is borne among signals;
    `floor`: the probability of exceeding the threshold that each signal must have by itself, in [0, 1]; `least`:
    complaints that a signal must have; `strong_from`: EB05 from which a signal is strong; `severity_weights` for
    `priority`; `draws` for rank intervals; `evidence`: how many review ids a row carries; `driver_share`: how much of a
    margin's excess one pair must explain to be named. `history`: how many months are looked back for changes;
    `history_least`: how many of them there must be before anything is said; `change_fdr`: the false discovery rate of
    changes.
    """

    threshold: float = 1.5
    fdr: float = 0.10
    floor: float = 0.8
    least: int = 3
    strong_from: float = 2.0
    severity_weights: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"S1": 8.0, "S2": 4.0, "S3": 2.0, "S4": 1.0})
    )
    draws: int = 400
    evidence: int = 20
    driver_share: float = 0.5
    history: int = 24
    history_least: int = 6
    change_fdr: float = 0.10
    prior: Prior = Prior()  # noqa: RUF009 (frozen)

    def weight(self, severity: str) -> float:
        """The weight of `severity`. Raises UnknownName."""
        if severity not in self.severity_weights:
            raise UnknownName("severity", severity, self.severity_weights, where="ranking.severity_weights")
        return self.severity_weights[severity]


def meta(issues: Mapping[str, IssueMeta], kind: str, code: str) -> IssueMeta:
    """What is known of an issue. A topic that nobody described is an S3 that a store answers for.

    Raises UnknownName for an aspect that `issues` does not have.
    """
    if code in issues:
        return issues[code]
    if kind == "topic":
        return IssueMeta(code)
    raise UnknownName("issue", code, issues, where="facts of this month (annotate again after editing the taxonomy)")
