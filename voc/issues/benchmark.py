"""How well the ranking finds what was planted in simulated chains, how much of what it says is false, and what it costs.

The worlds come from outside (`voc.corpora.worlds`, or any with the same face), so that whoever doubts the figures can bring
worlds of their own.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import poisson
from scipy.stats import t as student

from voc.issues.change import FALLING, GONE, LEAST_RISE, NEW, RISING, benjamini_hochberg
from voc.issues.gate import GATED
from voc.issues.ranking import rank
from voc.issues.settings import IssueMeta, RankSettings
from voc.schemas import EXPOSURE, FACTS, conform

LEVELS = ("store", "sku", "store_sku")
MARGINS = "store and sku"
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


class History(Protocol):
    """Simulated months of which the last one's changes are known."""

    @property
    def month(self) -> str:
        """The last month, 'YYYY-MM'."""

    def tables(self, past: int | None = None) -> Mapping[str, pa.Table]:
        """The tables of the last month and the `past` before it (None: all)."""

    def codes(self) -> Iterable[str]:
        """The issues' codes."""

    def changes(self, level: str, rows: pa.Table) -> np.ndarray:
        """The true changes of risk of ranking rows of `level`: (N,), 1 for none."""

    def planted_changes(self, level: str) -> Mapping[Cell, tuple[float, float]]:
        """Cells that were planted to change: by what factor, and the complaints they would have had without it."""

    def known(self, level: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What no method is told, (U, I) each: the last month's complaints, their true means without the planted changes,
        and the factors of those, 1 for none."""


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


@dataclass(frozen=True, kw_only=True)
class ChangeScore:
    """Changes of one level after `past` months of history, over all seeds.

    risen: mean number of cells called new or rising; false_share: mean share of those whose risk did not rise, false_bound
    its one-sided upper 95% bound; found of planted: cells that were planted to rise, of whatever size, and found_big of
    planted_big: those with at least `enough` complaints without their rise; found_knowing: how many of all planted rises a
    test finds that is told each cell's true mean, at the same false discovery rate: what the noise of one month allows. The
    same of cells called falling or gone.
    """

    level: str
    past: int
    seeds: int
    risen: float
    false_share: float
    false_bound: float
    found: int
    planted: int
    found_big: int
    planted_big: int
    found_knowing: int
    fallen: float
    false_fallen: float
    found_fallen: int
    planted_fallen: int

    @property
    def recall(self) -> float:
        """Share of the planted rises that were found, in [0, 1]."""
        return self.found / max(self.planted, 1)


def change_benchmark(
    simulate: Callable[[int], History], seeds: Iterable[int], *, pasts: Sequence[int] = (6, 12, 24),
    settings: RankSettings | None = None, enough: float = 10.0,
) -> list[ChangeScore]:  # fmt: skip
    """Rank each seed's last month after each length of history; a score per level and length, and per length one of stores
    and SKUs together (MARGINS)."""
    settings = settings or RankSettings()
    rows: dict[tuple[str, int], list[tuple[float, ...]]] = {(level, past): [] for level in LEVELS for past in pasts}
    for seed in seeds:
        world = simulate(seed)
        issues = {c: IssueMeta(c) for c in world.codes()}
        for past in pasts:
            ranking = rank(world.month, issues=issues, settings=settings, **world.tables(past))
            for level in LEVELS:
                of_level = ranking.filter(pc.field("level") == level)
                rows[level, past].append(_judge_changes(world, level, of_level, enough, settings))
    judged = {place: np.array(found) for place, found in rows.items()}
    judged |= {(MARGINS, past): judged["store", past] + judged["sku", past] for past in pasts}
    return [_change_score(level, past, found) for (level, past), found in judged.items()]


def _judge_changes(
    world: History, level: str, rows: pa.Table, enough: float, settings: RankSettings
) -> tuple[float, ...]:
    truth, planted = world.changes(level, rows), world.planted_changes(level)
    state = rows["change"].to_numpy(zero_copy_only=False)
    cells = _cells(level, rows)
    out: list[float] = []
    for words, sign in (((NEW, RISING), 1), ((FALLING, GONE), -1)):
        called = np.isin(state, words)
        wanted = {cell for cell, (by, _) in planted.items() if (by - 1) * sign > 0}
        big = {cell for cell in wanted if planted[cell][1] >= enough}
        hit = {cell for cell, yes in zip(cells, called, strict=True) if yes}
        false = int((called & ((truth - 1) * sign <= 0)).sum())
        out += [called.sum(), false, len(hit & wanted), len(wanted), len(hit & big), len(big)]
    return (*out, _found_knowing(*world.known(level), settings))


def _found_knowing(x: np.ndarray, mean: np.ndarray, factor: np.ndarray, settings: RankSettings) -> int:
    """Planted rises among those that Poisson tails around the true `mean` show, after Benjamini and Hochberg."""
    q = benjamini_hochberg(poisson.sf(x - 1, mean), mean >= LEAST_RISE)
    return int(((q <= settings.change_fdr) & (x >= settings.least) & (factor > 1)).sum())


def _change_score(level: str, past: int, found: np.ndarray) -> ChangeScore:
    sums, means = found.sum(axis=0).astype(int), found.mean(axis=0)
    false, false_fallen = (found[:, at + 1] / np.maximum(found[:, at], 1) for at in (0, 6))
    return ChangeScore(
        level=level, past=past, seeds=len(found), risen=float(means[0]), false_share=float(false.mean()),
        false_bound=_upper(false), found=int(sums[2]), planted=int(sums[3]), found_big=int(sums[4]),
        planted_big=int(sums[5]), found_knowing=int(sums[12]), fallen=float(means[6]), false_fallen=float(false_fallen.mean()),
        found_fallen=int(sums[8]), planted_fallen=int(sums[9]),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What ranking one month of `cells` cells (pairs of store and SKU that have reviews, times issues) takes.

    rows: of the ranking; seconds: CPU time of this process; megabytes: the most memory that the process had held by then.
    """

    cells: int
    rows: int
    seconds: float
    megabytes: float


def cost(
    sizes: Sequence[int] = (100_000, 1_000_000, 5_000_000), *, issues: int = 25, settings: RankSettings | None = None
) -> list[Cost]:
    """Rank made-up months of about `sizes` cells, smallest first: a complaint in every second cell on average."""
    out = []
    for size in sorted(sizes):
        tables = big_month(size // issues, issues)
        before = time.process_time()
        ranking = rank(MONTH, issues={f"I{i:04d}": IssueMeta(f"I{i:04d}") for i in range(issues)}, settings=settings,
                       **tables)  # fmt: skip
        seconds = time.process_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        out.append(Cost(cells=size // issues * issues, rows=len(ranking), seconds=seconds, megabytes=peak))
    return out


MONTH = "2026-10"


def big_month(
    pairs: int, issues: int, *, seed: int = 0, reviews: float = 25.0, rate: float = 0.02
) -> dict[str, pa.Table]:
    """facts and exposure of a month with that many pairs of store and SKU, `reviews` each on average, one source."""
    random = np.random.default_rng(seed)
    stores = max(round((pairs / 0.6) ** 0.5), 1)
    at = np.sort(random.choice(stores * (pairs // stores * 2 + 2), pairs, replace=False))
    ids = {"store_id": pa.array([f"S{i:05d}" for i in range(stores)]),
           "sku_id": pa.array([f"K{i:05d}" for i in range(pairs // stores * 2 + 2)])}  # fmt: skip
    keys = {
        "store_id": ids["store_id"].take(pa.array(at % stores)),
        "sku_id": ids["sku_id"].take(pa.array(at // stores)),
    }
    n = random.poisson(reviews, pairs) + 1
    nothing = np.zeros(pairs, dtype=np.int64)
    shared = {"month": pa.repeat(MONTH, pairs), "source": pa.repeat("web", pairs)}
    exposure = shared | keys | {"n_reviews": n, "n_text": n, "rating_sum": nothing, "rating_n": nothing,
                                "n_default": nothing, "n_flagged": nothing}  # fmt: skip
    parts = []
    for issue in range(issues):
        x = random.binomial(n, min(rate * random.gamma(4.0, 0.25), 0.5))
        said = np.flatnonzero(x)
        columns = {name: values.take(pa.array(said)) for name, values in (shared | keys).items()}
        parts.append(
            pa.table(columns | {
                "issue_kind": pa.repeat("aspect", len(said)), "issue_code": pa.repeat(f"I{issue:04d}", len(said)),
                "n_mentions": x[said], "n_complaints": x[said], "n_praise": np.zeros(len(said), dtype=np.int64),
                "polarity_sum": -0.8 * x[said],
            })
        )  # fmt: skip
    return {"facts": conform(pa.concat_tables(parts), FACTS), "exposure": conform(pa.table(exposure), EXPOSURE)}


def _judge(world: World, level: str, rows: pa.Table, settings: RankSettings, enough: float) -> tuple[float, ...]:
    """(precision, precision_true, signals, false share, found, planted) of one level of one world."""
    rows = rows.sort_by("rank")
    true = world.risks(level, rows) > settings.threshold
    planted = world.planted_cells(level)
    cells = _cells(level, rows)
    signal = np.isin(rows["gate"].to_numpy(zero_copy_only=False), GATED)
    big = {cell for cell, count in planted.items() if count >= enough}
    found = {cell for cell, gated in zip(cells, signal, strict=True) if gated} & big
    hits = [cell in planted for cell in cells[:TOP]]
    false = (signal & ~true).sum() / max(signal.sum(), 1)
    return float(np.sum(hits)) / TOP, float(true[:TOP].sum()) / TOP, signal.sum(), false, len(found), len(big)


def _cells(level: str, rows: pa.Table) -> list[Cell]:
    """Store, SKU and issue of each row, None for what `level` lacks."""
    nothing = [None] * len(rows)
    stores = rows["store_id"].to_pylist() if level != "sku" else nothing
    skus = rows["sku_id"].to_pylist() if level != "store" else nothing
    return list(zip(stores, skus, rows["aspect"].to_pylist(), strict=True))


def _upper(shares: np.ndarray) -> float:
    """The one-sided upper 95% bound of the mean of `shares` (Student's t over seeds), 1 for a single seed."""
    if len(shares) < 2:
        return 1.0
    error = float(shares.std(ddof=1)) / len(shares) ** 0.5
    reach: float = student.ppf(0.95, len(shares) - 1) * error
    return min(float(shares.mean()) + reach, 1.0)


def _score(level: str, found: np.ndarray) -> Score:
    means = found.mean(axis=0)
    return Score(
        level=level, seeds=len(found), precision=float(means[0]), precision_true=float(means[1]), signals=float(means[2]),
        false_share=float(means[3]), false_bound=_upper(found[:, 3]), found=int(found[:, 4].sum()),
        planted=int(found[:, 5].sum()),
    )  # fmt: skip
