"""The large drawings: the share of complaining customers over the months, and the top issues side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from markupsafe import Markup

from voc.report import feasts, svg
from voc.report.book import Book
from voc.report.figures import wilson
from voc.report.words import SMALL

FALL = 0.6  # a source below this part of its usual volume is marked


@dataclass(frozen=True)
class Month:
    """One row of the table behind a chart."""

    month: str
    k: int
    n: int
    share: str
    interval: str
    note: str


@dataclass(frozen=True)
class Chart:
    drawing: Markup
    rows: tuple[Month, ...]


def gaps(book: Book) -> dict[str, list[str]]:
    """Months in which a source was missing or fell below FALL of its median over the (up to) three months before."""
    sources = sorted({str(key) for _, dim, key in book.exposure if dim == "source"})
    withheld = {s for s, _ in book.data.withheld}
    out: dict[str, list[str]] = {}
    for source in sources:
        volume = [book.seen("source", source, m).n_reviews for m in book.months]
        for i, month in enumerate(book.months):
            usual = [v for v in volume[max(0, i - 3) : i] if v]
            if usual and volume[i] < FALL * median(usual) and max(usual) >= SMALL and source not in withheld:
                out.setdefault(month, []).append(source)
    return out


def counts(book: Book, *, now: tuple[int, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Customers with a complaint, and all, by month; `now` is (k, n) of this month. Withheld sources are out throughout."""
    out = {s for s, _ in book.data.withheld}
    k: dict[str, int] = {}
    n: dict[str, int] = {}
    for row in book.data.complainers.to_pylist():
        if row["source"] not in out:
            k[row["month"]] = k.get(row["month"], 0) + row["n_complaining"]
            n[row["month"]] = n.get(row["month"], 0) + row["n_reviews"]
    if not out:
        k[book.month], n[book.month] = now
    return k, n


def change(
    book: Book, missing: Mapping[str, list[str]], month: str, *, now: tuple[int, int]
) -> tuple[float, float, float] | None:
    """This month's share of customers with a complaint less that of `month`: (difference, lower, upper end at 95%).

    None where either has fewer than SMALL reviews, or a source is missing in one of them: they cannot be compared. The
    interval is Newcombe's hybrid of two score intervals (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
    """
    k, n = counts(book, now=now)
    a, b = book.month, month
    if min(n.get(a, 0), n.get(b, 0)) < SMALL or a in missing or b in missing:
        return None
    p, q = k.get(a, 0) / n[a], k.get(b, 0) / n[b]
    (p_lo, p_hi), (q_lo, q_hi) = wilson(k.get(a, 0), n[a]), wilson(k.get(b, 0), n[b])
    return p - q, p - q - math.hypot(p - p_lo, q_hi - q), p - q + math.hypot(p_hi - p, q - q_lo)


def complaining(book: Book, missing: Mapping[str, list[str]], *, now: tuple[int, int]) -> Chart | None:
    """Share of customers with a complaint by month."""
    k, n = counts(book, now=now)
    return _chart(
        book, k, n, missing, title=book.words.pick("提到不满的顾客占比", "share of customers with a complaint")
    )


def issue(book: Book, row: Mapping[str, Any], missing: Mapping[str, list[str]], *, small: bool = True) -> Chart | None:
    """The chain-wide share of one issue by month."""
    out = {s for s, _ in book.data.withheld}
    sources = sorted({str(key) for _, dim, key in book.exposure if dim == "source"} - out)
    k: dict[str, int] = {}
    n: dict[str, int] = {}
    for month in book.months:
        n[month] = sum(book.seen("source", s, month).n_reviews for s in sources)
        k[month] = sum(
            book.history.get(("source", s, row["issue_kind"], row["aspect"]), {}).get(month, 0) for s in sources
        )
    name = book.issue(row["aspect"], row["issue_kind"])
    return _chart(
        book, k, n, missing, title=book.words.pick(f"{name}：各月占比", f"{name}: share by month"), small=small
    )


def _chart(
    book: Book,
    k: Mapping[str, int],
    n: Mapping[str, int],
    missing: Mapping[str, list[str]],
    *,
    title: str,
    small: bool = False,
) -> Chart | None:
    """A line over the months; a month with fewer than SMALL reviews has no point."""
    w, points, rows = book.words, [], []
    for month in book.months:
        total, some = n.get(month, 0), k.get(month, 0)
        lost = [w.source(s) for s in missing.get(month, [])]
        note = w.pick(f"缺 {w.list(lost)}", f"without {w.list(lost)}") if lost else ""
        feast = feasts.names(w, month)
        label = w.month_short(month) if not month.endswith("-01") or small else month[:4]
        if total < SMALL:
            points.append(svg.Point(label, None, ghost=bool(lost), note=note, marks=tuple(feast)))
        else:
            low, high = wilson(some, total)
            points.append(svg.Point(label, some / total, low, high, ghost=bool(lost), note=note, marks=tuple(feast)))
        if total:
            low, high = wilson(some, total)
            interval = w.interval(low, high, percent=True) if total >= SMALL else ""
            rows.append(
                Month(
                    w.month(month),
                    some,
                    total,
                    w.share(some, total),
                    interval,
                    " · ".join([*feast, *filter(None, [note])]),
                )
            )
    if sum(p.value is not None for p in points) < 2:
        return None
    wide, tall = (300, 130) if small else (860, 240)
    return Chart(svg.trend(points, title=title, wide=wide, tall=tall), tuple(rows))
