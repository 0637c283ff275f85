"""Topics as a picture: where they stand to each other, which codes they lie in, and how often they came month by month."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup, escape

from voc import refs
from voc.report import trends
from voc.report.book import Book
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig
from voc.report.records import Row

DOTS, MULTIPLES = 40, 9
_WIDE, _TALL, _SIDE = 720, 460, 30


@dataclass(frozen=True)
class Entry:
    """One dot and one row of the table beside it. `inside`: the name of the code that it lies in, "" for none."""

    number: int
    label: str
    size: Fig
    event: str
    inside: str
    kin: str
    pinned: bool


def block(ctx: Context, missing: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """What the product page shows of the month's topics beside their quotes; None where nothing was placed on a map.

    `missing` are months in which a source is missing (`trends.gaps`).
    """
    book = ctx.book
    rows = placed(book)
    if len(rows) < 2:
        return None
    entries = [_entry(ctx, number, row) for number, row in enumerate(rows, 1)]
    charts = []
    for row, entry in list(zip(rows, entries, strict=True))[:MULTIPLES]:
        chart = trends.issue(book, {"issue_kind": "topic", "aspect": row["topic_id"]}, missing)
        if chart is not None:
            charts.append((entry, chart))
    inside: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        inside[entry.inside].append(entry.label)
    outside = inside.pop("", [])
    return {
        "drawing": drawing(rows, entries, title=ctx.words.pick("话题地图", "Map of topics")),
        "entries": entries,
        "charts": charts,
        "inside": [(name, labels) for name, labels in inside.items() if len(labels) > 1],
        "outside": outside,
    }


def placed(book: Book) -> list[Row]:
    """The month's topics with a place on the map, largest first; muted ones and those without a clause are left out."""
    rows = [
        r for r in book.data.topics.to_pylist()
        if r["month"] == book.month and r["size"] and r["state"] != "muted" and r["x"] is not None
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r["size"], r["topic_id"]))[:DOTS]


def labels_only(topics: pa.Table, ranking: pa.Table) -> pa.Table:
    """TOPICS cut down to the names of those that `ranking` has rows of: no size, word or review of anybody else."""
    ranked = ranking.filter(pc.equal(ranking["issue_kind"], "topic"))["aspect"].combine_chunks()
    rows = topics.filter(pc.is_in(topics["topic_id"], value_set=ranked)).to_pylist()
    bare: dict[str, Any] = {
        "terms": [],
        "size": 0,
        "parents": [],
        "event": "gone",
        "representatives": [],
        "aspects": [],
    }
    return pa.Table.from_pylist([r | bare for r in rows], schema=topics.schema)


def drawing(rows: Sequence[Row], entries: Sequence[Entry], *, title: str) -> Markup:
    """Numbered dots, their area in proportion to the number of clauses: full outside every code, hollow inside one."""
    most = max(r["size"] for r in rows)
    radius = [6 + 16 * math.sqrt(r["size"] / most) for r in rows]
    at = _apart([(_x(r["x"]), _y(r["y"])) for r in rows], radius)
    out = [f'<svg class="trend map" viewBox="0 0 {_WIDE} {_TALL}" role="img"><title>{escape(title)}</title>']
    dots = sorted(zip(at, radius, entries, strict=True), key=lambda item: -item[1])
    for (x, y), r, entry in dots:
        kind = "hollow" if entry.inside else "plain"
        out.append(
            f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"><title>{escape(entry.label)}</title></circle>'
        )
    out += [f'<text class="tick" x="{x + r + 3:.1f}" y="{y + 4:.1f}">{e.number}</text>' for (x, y), r, e in dots]
    return Markup("".join(out) + "</svg>")


def _entry(ctx: Context, number: int, row: Row) -> Entry:
    book = ctx.book
    ref = refs.make("topics", month=book.month, topic_id=row["topic_id"])
    code = book.entry(row["within"]) if row["within"] else None
    return Entry(
        number, book.issue(row["topic_id"], "topic"), Fig(ctx.words.count(row["size"]), ref, None, row["size"]), row["event"],
        book.issue(row["within"]) if code is not None and not code.general else "",
        tidy(book.issue(row["kin"], "topic"), longest=40) if row["kin"] and row["kin"] != row["topic_id"] else "",
        row["state"] == "pinned",
    )  # fmt: skip


def _x(value: float) -> float:
    return _SIDE + (_WIDE - 2 * _SIDE) * (value + 1) / 2


def _y(value: float) -> float:
    return _SIDE + (_TALL - 2 * _SIDE) * (1 - value) / 2


def _apart(at: Sequence[tuple[float, float]], radius: Sequence[float]) -> list[tuple[float, float]]:
    """Places pushed off each other until no dot covers another one's number, at most 60 rounds; always inside the frame."""
    places = [list(p) for p in at]
    for _ in range(60):
        moved = False
        for i in range(len(places)):
            for j in range(i):
                dx, dy = places[i][0] - places[j][0], places[i][1] - places[j][1]
                apart, wanted = math.hypot(dx, dy), radius[i] + radius[j] + 18
                if apart < wanted:
                    moved = True
                    ux, uy = (dx / apart, dy / apart) if apart > 1e-6 else (1.0, 0.0)
                    push = (wanted - apart) / 2
                    for place, sign in ((places[i], 1), (places[j], -1)):
                        place[0] = min(max(place[0] + sign * push * ux, _SIDE), _WIDE - _SIDE)
                        place[1] = min(max(place[1] + sign * push * uy, _SIDE), _TALL - _SIDE)
        if not moved:
            break
    return [(x, y) for x, y in places]
