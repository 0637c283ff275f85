"""From tables of months to the columns that say what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import change, gate
from voc.issues.cells import Month, build
from voc.issues.chain import previous
from voc.issues.change import Change
from voc.issues.festivals import same_festival
from voc.issues.frame import GROUPS, Frame
from voc.issues.history import Ids, collect, month_counts
from voc.issues.levels import Level
from voc.issues.settings import RankSettings


def changes(
    frame: Frame, facts: pa.Table, exposure: pa.Table, lost: Sequence[str], settings: RankSettings
) -> dict[str, Change]:
    """level -> the changes of its units and issues, (U, I).

    `lost` sources, whose trends are withheld, are left out of this month and of those before it, and so say nothing.
    """
    data, month = frame.data, frame.month
    kept = ~pc.is_in(pc.field("source"), value_set=pa.array(lost, pa.string()))
    facts, counted = facts.filter(kept), exposure.filter(kept & (pc.field("n_reviews") > 0))
    there = sorted(pc.unique(counted["month"]).to_pylist())
    months = [m for m in there if previous(month, settings.history) <= m < month]
    ids = Ids(
        data.stores, data.skus, data.sources, data.issues, np.stack([data.cells.store, data.cells.sku], axis=1),
        {level: (member, frame.groups[level][1], len(frame.groups[level][0])) for level, member in GROUPS.items()},
    )  # fmt: skip
    if month not in there or len(months) < settings.history_least:
        reason = change.TOO_SHORT if month in there else change.WITHHELD
        return {level: change.refused((size, len(data.issues)), reason) for level, size in ids.sizes().items()}

    def arrays(wanted: str) -> Month:
        mine = pc.field("month") == wanted
        return build(wanted, frame.kind, facts.filter(mine), counted.filter(mine))

    festive = same_festival(month)
    back = {m: _months_between(m, month) for m in months}
    past = collect(
        ((back[m], arrays(m)) for m in months), ids, festival=back.get(festive) if festive else None,
        prior=settings.prior,
    )  # fmt: skip
    now = month_counts(arrays(month), ids, prior=settings.prior)
    return change.judge_all(
        now, past, months=len(months), least_months=settings.history_least, fdr=settings.change_fdr,
        least=settings.least, threshold=settings.threshold, prior=settings.prior,
    )  # fmt: skip


def _months_between(earlier: str, later: str) -> int:
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:7]) - int(earlier[5:7])


def columns(level: Level, words: pa.Array, moved: Change, settings: RankSettings) -> dict[str, Any]:
    """The columns that say what changed. A signal that was one before, and neither rose nor fell, is chronic."""
    cell = (level.unit, level.issue)
    state = moved.state[cell]
    signal = np.isin(words.to_numpy(zero_copy_only=False), gate.GATED)
    was = np.nan_to_num(moved.was_above[cell]) >= settings.floor
    numbers = {
        "change_rr": moved.ratio, "change_lo": moved.low, "change_hi": moved.high, "change_q": moved.q,
        "festival_rr": moved.festival,
    }  # fmt: skip
    told = {name: pa.array(v[cell], mask=np.isnan(v[cell])) for name, v in numbers.items()}
    chronic = signal & was & (state == change.STEADY)
    return told | {"change": pa.array(np.where(chronic, change.CHRONIC, state), pa.string())}
