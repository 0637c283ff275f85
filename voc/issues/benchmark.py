"""How well the ranking finds what was planted in simulated chains, and how much of what it calls a signal is false.

The worlds come from outside (`voc.corpora.worlds.ranking`, or any with the same face), so that whoever doubts the figures
can bring worlds of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import t as student

from voc.issues.gate import GATED
from voc.issues.ranking import rank
from voc.issues.settings import IssueMeta, RankSettings

LEVELS = ("store", "sku", "store_sku")
TOP = 50
Cell = tuple[str | None, str | None, str]
"""Store id, SKU id and issue code; None for what the level lacks."""


class World(Protocol):
    """A simulated month whose truth is known. Levels are `store`, `sku` and `store_sku`."""

    @property
    def month(self) -> str:
        """'YYYY-MM'."""

    def tables(self) -> Mapping[str, pa.Table]:
        """`facts` and `exposure`, and `stores` and `skus` where there are."""

    def codes(self) -> Iterable[str]:
        """The issues' codes."""

    def risks(self, level: str, rows: pa.Table) -> np.ndarray:
        """The true relative risks of ranking rows of `level`: (N,)."""

    def planted_cells(self, level: str) -> Mapping[Cell, float]:
        """Planted cells, and the complaints to be expected there, planted risk included."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One level over all seeds.

    precision: share of planted cells in the top 50 of `rank`; precision_true: share of true risks above `threshold` there;
    signals: their mean number; false_share: mean share of true risks at or below the threshold among them, false_bound its
    one-sided upper 95% bound (Student's t over seeds); found of planted: planted cells with at least `enough` expected
    complaints that are signals, and all such cells.
    """

    level: str
    seeds: int
    precision: float
    precision_true: float
    signals: float
    false_share: float
    false_bound: float
    found: int
    planted: int


def benchmark(
    simulate: Callable[[int], World],
    seeds: Iterable[int],
    *,
    settings: RankSettings | None = None,
    enough: float = 10.0,
) -> list[Score]:
    """Rank the world of each seed and judge levels store, sku and store_sku; one Score each."""
    settings = settings or RankSettings()
    rows: dict[str, list[tuple[float, ...]]] = {level: [] for level in LEVELS}
    for seed in seeds:
        world = simulate(seed)
        ranking = rank(
            world.month, issues={c: IssueMeta(c) for c in world.codes()}, settings=settings, **world.tables()
        )
        for level in LEVELS:
            rows[level].append(_judge(world, level, ranking.filter(pc.field("level") == level), settings, enough))
    return [_score(level, np.array(found)) for level, found in rows.items()]


def _judge(world: World, level: str, rows: pa.Table, settings: RankSettings, enough: float) -> tuple[float, ...]:
    """(precision, precision_true, signals, false share, found, planted) of one level of one world."""
    rows = rows.sort_by("rank")
    true = world.risks(level, rows) > settings.threshold
    planted = world.planted_cells(level)
    nothing = [None] * len(rows)
    stores = rows["store_id"].to_pylist() if level != "sku" else nothing
    skus = rows["sku_id"].to_pylist() if level != "store" else nothing
    cells = list(zip(stores, skus, rows["aspect"].to_pylist(), strict=True))
    signal = np.isin(rows["gate"].to_numpy(zero_copy_only=False), GATED)
    big = {cell for cell, count in planted.items() if count >= enough}
    found = {cell for cell, gated in zip(cells, signal, strict=True) if gated} & big
    hits = [cell in planted for cell in cells[:TOP]]
    false = (signal & ~true).sum() / max(signal.sum(), 1)
    return float(np.sum(hits)) / TOP, float(true[:TOP].sum()) / TOP, signal.sum(), false, len(found), len(big)


def _score(level: str, found: np.ndarray) -> Score:
    seeds, false = len(found), found[:, 3]
    error = float(false.std(ddof=1)) / seeds**0.5 if seeds > 1 else float("inf")
    bound = float(false.mean()) + float(student.ppf(0.95, max(seeds - 1, 1))) * error
    means = found.mean(axis=0)
    return Score(
        level=level, seeds=seeds, precision=float(means[0]), precision_true=float(means[1]), signals=float(means[2]),
        false_share=float(means[3]), false_bound=min(bound, 1.0), found=int(found[:, 4].sum()),
        planted=int(found[:, 5].sum()),
    )  # fmt: skip
