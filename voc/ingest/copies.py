"""Which texts the months before have said already: a number a text, kept by month beside the tables.

A month's file is named by the digest of the slice that it was made from. It can be made again at any time, so it needs no
place in a commit: a file whose slice no version has is never asked for, and a missing one is made from the slice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.lake import Lake, digest_of
from voc.text import duplicates

#: The kinds of rows whose texts are compared: survey answers are short and honest repetitions of each other.
KINDS = pa.array(["review", "followup"])
NEEDED = ["review_id", "kind", "created_at", "text", "flags"]


@dataclass(frozen=True)
class Said:
    """The texts of a month: `keys` (`duplicates.keys`, sorted, each once), and the id of the first row that has each."""

    keys: NDArray[np.uint64]
    ids: pa.Array


def comparable(rows: pa.Table, default: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The places of reviews with words of a customer."""
    told = pc.and_(pc.not_equal(rows["text"], ""), pc.is_in(rows["kind"], value_set=KINDS))
    return np.flatnonzero(np.asarray(told, bool) & ~default)


def said(keys: NDArray[np.uint64], long: NDArray[np.bool_], ids: pa.Array) -> Said:
    """`keys` and `ids` of rows by time; only those that are `long` enough to be worth remembering."""
    at = np.flatnonzero(long)
    found, first = np.unique(keys[at], return_index=True)
    return Said(found, ids.take(pa.array(at[first])))


@dataclass
class Memory:
    """What the months of a lake have said, as it is and, for months that are about to change, as it will be.

    `back` months before a month are remembered, texts of at least `shortest` letters and digits. `trial`: a folder for
    what is only tried out; then nothing is written beside the tables.
    """

    lake: Lake
    back: int
    shortest: int
    trial: Path | None = None
    fresh: dict[str, Path] = field(default_factory=dict)  # month -> file of what it is going to say
    changed: dict[str, NDArray[np.uint64]] = field(default_factory=dict)  # month -> keys whose first row is another now

    def before(self, month: str, keys: NDArray[np.uint64]) -> pa.Array:
        """For each key the id of the first row that has it in the `back` months before `month`; null where none has."""
        out = pa.nulls(len(keys), pa.string())
        wanted, back = np.unique(keys, return_inverse=True)
        open_ = np.arange(len(wanted))
        found = np.full(len(wanted), -1)
        parts: list[pa.Array] = []
        for earlier in self._window(month):
            known = self._of(earlier)
            if not len(known.keys) or not len(open_):
                continue
            at = np.minimum(np.searchsorted(known.keys, wanted[open_]), len(known.keys) - 1)
            hit = known.keys[at] == wanted[open_]
            found[open_[hit]] = sum(map(len, parts)) + np.arange(int(hit.sum()))
            parts.append(known.ids.take(pa.array(at[hit])))
            open_ = open_[~hit]
        if parts:
            places = found[back]
            out = pa.concat_arrays(parts).take(pa.array(places, mask=places < 0))
        return out

    def touched(self, month: str) -> bool:
        """Whether something that `month` says was said first elsewhere, now or before the changes of this run."""
        window = set(self._window(month, every=True))
        news = [keys for earlier, keys in self.changed.items() if earlier in window and len(keys)]
        if not news:
            return False
        mine = self._of(month).keys
        return any(bool(np.isin(keys, mine).any()) for keys in news)

    def remember(self, month: str, now: Said, paths: Sequence[str]) -> None:
        """`month` is going to say this, in a slice of the files `paths`."""
        if not self.back:
            return
        before = self._of(month)
        gone = np.setdiff1d(before.keys, now.keys)
        news = np.setdiff1d(now.keys, before.keys)
        same, mine, theirs = np.intersect1d(now.keys, before.keys, return_indices=True)
        other = pc.not_equal(now.ids.take(pa.array(mine)), before.ids.take(pa.array(theirs)))
        self.changed[month] = np.concatenate([gone, news, same[np.asarray(other, bool)]])
        place = self._place(month, digest_of(paths)) if self.trial is None else self.trial / f"said-{month}.arrow"
        _write(place, now)
        self.fresh[month] = place

    def _window(self, month: str, *, every: bool = False) -> list[str]:
        """The months before `month` that are remembered and have rows, oldest first; with `every` those without, too."""
        year, number = map(int, month.split("-"))
        start = 12 * year + number - 1 - self.back
        first = f"{start // 12:04d}-{start % 12 + 1:02d}"
        known = {*self.lake.months("reviews"), *self.fresh, *(self.changed if every else ())}
        return sorted(m for m in known if first <= m < month)

    def _of(self, month: str) -> Said:
        if month in self.fresh:
            return _read(self.fresh[month])
        if month not in self.lake.months("reviews"):
            return Said(np.zeros(0, np.uint64), pa.array([], pa.string()))
        place = self._place(month, self.lake.fingerprint("reviews", month))
        if place.is_file():
            return _read(place)
        rows = self.lake.read("reviews", months=[month], columns=NEEDED)
        made = self._made(rows.sort_by([("created_at", "ascending"), ("review_id", "ascending")]))
        if self.trial is None:
            _write(place, made)
        return made

    def _made(self, rows: pa.Table) -> Said:
        """What rows of the lake say; they are flagged already."""
        default = np.array(["default_review" in flags for flags in rows["flags"].to_pylist()], bool)
        at = comparable(rows, default)
        forms = duplicates.bare(rows["text"].take(pa.array(at)).to_pylist())
        long = np.fromiter((len(form) >= self.shortest for form in forms), bool, len(forms))
        return said(duplicates.keys(forms), long, rows["review_id"].combine_chunks().take(pa.array(at)))

    def _place(self, month: str, digest: str) -> Path:
        return self.lake.root / "_said" / f"{month}-{self.shortest}-{digest[:32]}.arrow"

    def tidy(self) -> None:
        """Drop the files of slices that the lake does not have any more; after the commit."""
        folder = self.lake.root / "_said"
        if self.trial is not None or not folder.is_dir():
            return
        wanted = {
            self._place(month, self.lake.fingerprint("reviews", month)).name for month in self.lake.months("reviews")
        }
        for path in sorted(folder.iterdir()):
            if path.name not in wanted:
                path.unlink()


def _write(place: Path, found: Said) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".tmp")
    table = pa.table({"key": pa.array(found.keys), "review_id": found.ids})
    with pa.OSFile(str(draft), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    os.replace(draft, place)


def _read(place: Path) -> Said:
    """Only the pages that are looked at are read."""
    with pa.memory_map(str(place)) as source:
        table = pa.ipc.open_file(source).read_all()
    keys, ids = (column.combine_chunks() for column in table.columns)
    return Said(keys.to_numpy(), ids)
