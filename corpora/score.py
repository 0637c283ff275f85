"""How much of what was planted a ranking finds, and how much of what it gates is false.

truth = json.loads((folder / "truth.json").read_text("utf-8"))
scores = score(truth, ranking, month="2026-10")
print(table([scores, ...]))
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from scipy.stats import t as student

from voc.errors import UnknownName

LEVELS = ("sku", "store", "store_sku")
GATED = ("strong", "moderate")
ENOUGH = 10.0
"""Expected complaints from which on a planted issue counts for recall."""

Cell = tuple[str, str | None, str | None, str]
"""(level, store_id, sku_id, aspect)."""


@dataclass(frozen=True)
class Scores:
    """One ranking of one month. `found` + `missed` are the planted issues with at least ENOUGH expected complaints.

    false: gated cells whose true relative risk is 1.5 or less. between: planted relative risks from 2 to 4 among them.
    """

    seed: int
    month: str
    dull: bool
    found: tuple[str, ...]
    missed: tuple[str, ...]
    gated: int
    false: tuple[Cell, ...]
    between: int

    @property
    def planted(self) -> int:
        return len(self.found) + len(self.missed)

    @property
    def recall(self) -> float | None:
        """In [0, 1]; None where nothing was planted."""
        return len(self.found) / self.planted if self.planted else None

    @property
    def false_share(self) -> float | None:
        """In [0, 1]; None where nothing was gated."""
        return len(self.false) / self.gated if self.gated else None


def score(truth: Mapping[str, Any], ranking: pa.Table, *, month: str) -> Scores:
    """Compare `ranking` (columns of voc.schemas.RANKING; other months and levels are ignored) with truth.json.

    Raises UnknownName for a month that the truth does not have.
    """
    if month not in truth["months"]:
        raise UnknownName("month", month, truth["months"], where="truth.json")
    names = ("month", "level", "store_id", "sku_id", "issue_kind", "aspect", "gate")
    columns = zip(*(ranking[n].to_pylist() for n in names), strict=True)
    gated = sorted(
        {
            _cell(level, store, sku, aspect)
            for row_month, level, store, sku, kind, aspect, gate in columns
            if row_month == month and kind == "aspect" and level in LEVELS and gate in GATED
        },
        key=_order,
    )
    true = {_cell_of(c) for c in truth["true_cells"] if c["month"] == month}
    found: list[str] = []
    missed: list[str] = []
    between = 0
    for issue in planted(truth, month=month):
        between += 2 <= issue["relative_risk"] <= 4
        cells = [_cell_of(issue)] + [_cell_of({**c, "aspect": issue["aspect"]}) for c in issue.get("accept", [])]
        (found if any(c in gated for c in cells) else missed).append(issue["id"])
    return Scores(
        seed=truth["seed"], month=month, dull=month == truth["dull_month"], found=tuple(found), missed=tuple(missed),
        gated=len(gated), false=tuple(c for c in gated if c not in true), between=between,
    )  # fmt: skip


def planted(truth: Mapping[str, Any], *, month: str) -> list[dict[str, Any]]:
    """The issues of the three gated levels that are active in `month` with at least ENOUGH expected complaints."""
    return [
        i for i in truth["issues"] if i["level"] in LEVELS and i.get("expected_by_month", {}).get(month, 0.0) >= ENOUGH
    ]


def _cell_of(row: Mapping[str, Any]) -> Cell:
    return _cell(row["level"], row["store_id"], row["sku_id"], row["aspect"])


def _cell(level: str, store: str | None, sku: str | None, aspect: str) -> Cell:
    """Only the ids that the level has: a margin may carry its driver's id in a ranking."""
    return level, store if level != "sku" else None, sku if level != "store" else None, aspect


def _order(cell: Cell) -> tuple[str, ...]:
    return tuple(part or "" for part in cell)


def bound(shares: Sequence[float], *, upper: bool) -> float:
    """One-sided 95% bound of the mean share over seeds, Student's t on the per-seed shares; nan below two seeds."""
    n = len(shares)
    if n < 2:
        return math.nan
    mean = sum(shares) / n
    deviation = math.sqrt(sum((s - mean) ** 2 for s in shares) / (n - 1))
    reach = float(student.ppf(0.95, n - 1)) * deviation / math.sqrt(n)
    return mean + reach if upper else mean - reach


def table(scores: Sequence[Scores]) -> str:
    """A plain-text table: a line per seed and month, then means with one-sided 95% t bounds over the seeds."""
    heads = ("seed", "month", "planted", "RR 2..4", "found", "recall", "gated", "false", "share")
    lines = [" ".join(f"{head:>8}" for head in heads)]
    for s in scores:
        values = (
            s.seed, s.month, s.planted, s.between, len(s.found), _percent(s.recall), s.gated, len(s.false),
            _percent(s.false_share),
        )  # fmt: skip
        lines.append(" ".join(f"{value:>8}" for value in values) + ("  dull month" if s.dull else ""))
    eventful = [s for s in scores if not s.dull]
    recalls = [s.recall for s in eventful if s.recall is not None]
    # A seed in which nothing is gated has no false cell.
    shares = [s.false_share or 0.0 for s in eventful]
    if recalls:
        low = _percent(bound(recalls, upper=False))
        lines.append(f"mean recall {_percent(sum(recalls) / len(recalls))}, lower 95% t bound {low}")
    if shares:
        high = _percent(bound(shares, upper=True))
        lines.append(f"mean false share of the gated {_percent(sum(shares) / len(shares))}, upper 95% t bound {high}")
    dull = [s.gated for s in scores if s.dull]
    if dull:
        lines.append(f"gated in the dull month: {', '.join(map(str, dull))} (most: {max(dull)})")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None or math.isnan(share) else f"{100 * share:.1f}%"
