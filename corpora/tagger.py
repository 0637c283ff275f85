"""How well annotated mentions agree with the sample's true labels: sensitivity and false-positive rate by code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from voc.errors import InputError

SOURCES = {"survey": "wjx"}
"""Names that a project may give to the sample's sources, and theirs here."""


@dataclass(frozen=True)
class Quality:
    """Counts of reviews for one code: hit = tagged and true, and so on."""

    code: str
    hit: int
    missed: int
    false: int
    clear: int

    @property
    def sensitivity(self) -> float | None:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else None

    @property
    def false_positive_rate(self) -> float | None:
        return self.false / (self.false + self.clear) if self.false + self.clear else None

    @property
    def precision(self) -> float | None:
        return self.hit / (self.hit + self.false) if self.hit + self.false else None


def quality(labels: pa.Table, reviews: pa.Table, mentions: pa.Table, *, intent: str = "complaint") -> list[Quality]:
    """One Quality per code, sorted; a follow-up's mentions and a survey's answers count for their root.

    `labels` is truth_labels.parquet; `reviews` and `mentions` are the lake's tables (columns review_id, parent_id,
    source, created_at; review_id, aspect, intent). `intent` 'complaint' or 'praise'; for praise only Chinese reviews are
    labelled. Reviews join labels by source and second of creation. Raises InputError when fewer than nine in ten
    labelled reviews are found, which means that the tables are of another sample.
    """
    truth_column = "complaints" if intent == "complaint" else "praise"
    true: dict[tuple[str, int], set[str]] = {}
    for source, created, kind, lang, codes in _rows(labels, "source", "created_at", "kind", "lang", truth_column):
        if kind == "review" and (lang == "zh" or intent == "complaint"):
            true[source, int(created.timestamp())] = set(codes)
    root_key: dict[str, tuple[str, int]] = {}
    parent: dict[str, str] = {}
    for review, above, source, created in _rows(reviews, "review_id", "parent_id", "source", "created_at"):
        if above:
            parent[review] = above
        else:
            root_key[review] = (SOURCES.get(source, source), int(created.timestamp()))
    known = set(root_key.values())
    missing = sum(k not in known for k in true)
    if missing > 0.1 * len(true):
        raise InputError(
            f"{missing} of {len(true)} labelled reviews are not among the reviews; are they of this sample?"
        )
    tagged: dict[tuple[str, int], set[str]] = {}
    for review, aspect, what in _rows(mentions, "review_id", "aspect", "intent"):
        key = root_key.get(parent.get(review, review))
        if what == intent and key in true:
            tagged.setdefault(key, set()).add(aspect)
    return _count({k: v for k, v in true.items() if k in known}, tagged)


def _count(true: dict[tuple[str, int], set[str]], tagged: dict[tuple[str, int], set[str]]) -> list[Quality]:
    hit: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for key, codes in true.items():
        found = tagged.get(key, set())
        hit.update(codes & found)
        missed.update(codes - found)
        false.update(found - codes)
    return [
        Quality(c, hit[c], missed[c], false[c], len(true) - hit[c] - missed[c] - false[c])
        for c in sorted({*hit, *missed, *false})
    ]


def report(rows: list[Quality]) -> str:
    """A plain-text table, a line per code and the sums."""
    lines = [f"{'code':>5} {'true':>6} {'tagged':>7} {'sensitivity':>12} {'precision':>10} {'false positive rate':>20}"]
    total = Quality("all", *(sum(getattr(r, n) for r in rows) for n in ("hit", "missed", "false", "clear")))
    for r in [*rows, total]:
        lines.append(
            f"{r.code:>5} {r.hit + r.missed:>6} {r.hit + r.false:>7} {_percent(r.sensitivity, 1):>12}"
            f" {_percent(r.precision, 1):>10} {_percent(r.false_positive_rate, 3):>20}"
        )
    return "\n".join(lines)


def _rows(table: pa.Table, *names: str) -> list[tuple]:  # type: ignore[type-arg]
    return list(zip(*(table[n].to_pylist() for n in names), strict=True))


def _percent(share: float | None, digits: int) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f}%"
