"""In which words a place complains of an issue, against the rest of the chain; and this month against those before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.extract.terms import stream, terms
from voc.issues.cells import codes, groups
from voc.issues.wording import log_odds, telling
from voc.schemas import WORDING, conform

Array = np.ndarray

GATED = ("strong", "moderate")
PLACES = ("store_id", "sku_id", "region", "category")
LEAST_HERE, LEAST_THERE = 5, 10
"""Complaints that both sides of a contrast need."""
WINDOW = 3
"""Months before, against which this month's words are held."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """Complaints (N,): month, issue, store, SKU, region and category as places in `names`; and (M,) pairs of a complaint
    and a term that it has, `terms` (T,) their names."""

    columns: dict[str, Array]
    names: dict[str, list[str]]
    complaint: Array
    term: Array
    terms: tuple[str, ...]

    def place(self, column: str, name: str) -> int:
        """The place of `name`, -2 for one that nobody complained of."""
        return self.names[column].index(name) if name in self.names[column] else -2


def wording(
    month: str, *, ranking: pa.Table, complaints: pa.Table, mentions: pa.Table, reviews: pa.Table,
    stores: pa.Table | None = None, skus: pa.Table | None = None, words: Iterable[str] = (), lang: str = "auto",
) -> pa.Table:  # fmt: skip
    """WORDING of `month`: for its signals (`place`) and for the issues of the whole chain (`change`).

    complaints (`counts.complaints`), mentions, reviews: of the month and, for `change`, of the months before it. `words` are
    kept whole when texts are cut. A contrast without a telling word has no rows.
    """
    spoken = read(month, complaints, mentions, reviews, stores=stores, skus=skus, words=words, lang=lang)
    rows: list[dict[str, Any]] = []
    for cell, here, there in _contrasts(month, ranking, spoken):
        rows += [{"month": month} | cell | row for row in contrast(spoken, here, there)]
    return conform(pa.Table.from_pylist(rows, schema=WORDING), WORDING)


def contrast(spoken: Spoken, here: Array, there: Array) -> list[dict[str, Any]]:
    """The telling terms of the complaints `here` against those `there`, both (N,) bool."""
    size = len(spoken.terms)
    counts = [np.bincount(spoken.term[side[spoken.complaint]], minlength=size).astype(float) for side in (here, there)]
    difference, z = log_odds(*counts)
    return [
        {"term": spoken.terms[i], "n": int(counts[0][i]), "n_said": int(here.sum()), "rest": int(counts[1][i]),
         "rest_said": int(there.sum()), "log_odds": float(difference[i]), "z": float(z[i])}
        for i in telling(*counts, said=int(here.sum()), rest=int(there.sum()))
    ]  # fmt: skip


def read(
    month: str, complaints: pa.Table, mentions: pa.Table, reviews: pa.Table, *, stores: pa.Table | None,
    skus: pa.Table | None, words: Iterable[str], lang: str,
) -> Spoken:  # fmt: skip
    """The terms of each complaint, from the clauses in which its review complains of its issue."""
    complaints = complaints.filter(pc.field("issue_kind") == "aspect")
    texts = _texts(complaints, mentions, reviews)
    source = stream(texts, lang=lang, words=tuple(words))
    known = terms(source)
    complaint, term = known.pairs(source)
    columns, names = {}, {}
    for name in ("month", "issue_code", "store_id", "sku_id"):
        names[name] = sorted(pc.unique(complaints[name].drop_null()).to_pylist())
        columns[name] = codes(complaints[name], names[name])
    for group, key, dimension in (("region", "store_id", stores), ("category", "sku_id", skus)):
        names[group], place = groups(dimension, key, group, names[key], month)
        columns[group] = np.append(place, -1)[columns[key]]
    return Spoken(columns, names, complaint, term, known.names)


def _texts(complaints: pa.Table, mentions: pa.Table, reviews: pa.Table) -> list[str]:
    """The clauses of each complaint, joined by a full stop so that no phrase reaches across."""
    text = dict(zip(reviews["review_id"].to_pylist(), reviews["text"].to_pylist(), strict=True))
    said: dict[tuple[str, str], dict[tuple[int, int], str]] = {}
    columns = ["review_id", "aspect", "start", "end"]
    for row in mentions.filter(pc.field("intent") == "complaint").select(columns).to_pylist():
        clause = text.get(row["review_id"], "")[row["start"] : row["end"]]
        said.setdefault((row["review_id"], row["aspect"]), {})[row["start"], row["end"]] = clause
    keys = zip(complaints["review_id"].to_pylist(), complaints["issue_code"].to_pylist(), strict=True)
    return ["。".join(clause for _, clause in sorted(said.get(key, {}).items())) for key in keys]


def _contrasts(month: str, ranking: pa.Table, spoken: Spoken) -> Iterator[tuple[dict[str, Any], Array, Array]]:
    """What names a contrast, and its two sides."""
    now = spoken.columns["month"] == spoken.place("month", month)
    gated = ranking.filter(pc.is_in(pc.field("gate"), value_set=pa.array(GATED)) & (pc.field("issue_kind") == "aspect"))
    for row in gated.to_pylist():
        if row["level"] == "lot":  # complaints do not carry their lot
            continue
        issue = now & (spoken.columns["issue_code"] == spoken.place("issue_code", row["aspect"]))
        inside = issue.copy()
        for name in PLACES:
            if row[name] is not None:
                inside &= spoken.columns[name] == spoken.place(name, row[name])
        outside = issue & ~inside
        if inside.sum() >= LEAST_HERE and outside.sum() >= LEAST_THERE:
            places = {name: row[name] for name in PLACES}
            yield {"contrast": "place", "level": row["level"], "aspect": row["aspect"]} | places, inside, outside
    for code, aspect in enumerate(spoken.names["issue_code"]):
        issue = spoken.columns["issue_code"] == code
        if (issue & now).sum() >= LEAST_THERE and (issue & ~now).sum() >= LEAST_THERE:
            yield {"contrast": "change", "level": "chain", "aspect": aspect}, issue & now, issue & ~now
