"""A ranking row and a chain row as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from voc import refs
from voc.report import claims, svg
from voc.report.book import Book
from voc.report.figures import Evidence, Fig, Parts, anchor_of
from voc.report.quotes import Quote, quotes


@dataclass(frozen=True)
class Cell:
    """One local issue: a store, SKU, pair, region, source or category beside what was to be expected of it."""

    level: str
    place: str
    store_id: str | None
    sku_id: str | None
    issue: str
    aspect: str
    severity: str
    gate: str
    observed: Fig
    n: Fig
    expected: str
    rr: Fig
    interval: str
    drawing: Markup
    excess: Fig
    priority: Fig
    rank: Fig
    rank_interval: str
    driver: str | None
    driver_id: tuple[str, str] | None
    hangs: bool
    before: bool | None
    claim: Parts  # the sentence without its place
    sentence: Parts
    trend: Markup
    scale: Markup
    change: str | None
    row: Mapping[str, Any]


@dataclass(frozen=True)
class ChainCell:
    """One issue of the whole chain, as an absolute share with its interval."""

    issue: str
    aspect: str
    kind: str
    severity: str
    owner: str
    rank: int
    observed: Fig
    n: Fig
    rate: Fig
    interval: str
    drawing: Markup
    share: Fig
    month_ratio: str
    month_interval: str
    year_ratio: str
    year_interval: str
    sentence: Parts
    trend: Markup
    evidence: tuple[str, ...]
    value: float
    scale: Markup
    row: Mapping[str, Any]


class Cells:
    """Makes cells of rows; knows the axes that the drawings share and what was gated last month."""

    def __init__(self, book: Book, evidence: Evidence) -> None:
        self.book, self.evidence, self.words = book, evidence, book.words
        gated = [r for rows in book.gated.values() for r in rows]
        self.top = min(max([4.0, *(r["rr95"] for r in gated if r["rr95"] is not None)]), 32.0)
        self.rate_top = max([r["rate_hi"] for r in book.chain] or [1.0])
        last = book.data.previous
        self.before = (
            None if last is None else {_cell(r) for r in last.to_pylist() if r["gate"] in ("strong", "moderate")}
        )
        self._made: dict[tuple[int, bool], Cell] = {}

    def cell(self, row: Mapping[str, Any], *, veiled: bool = False) -> Cell:
        """`veiled`: a franchise store is not named, neither in words nor in references."""
        veiled = veiled and self._franchise(row)
        made = self._made.get((id(row), veiled))
        if made is None:
            made = self._made[id(row), veiled] = self._cell(row, veiled)
        return made

    def _cell(self, row: Mapping[str, Any], veiled: bool) -> Cell:
        w, book = self.words, self.book
        dim, key = slice_of(row)
        ref, href = self.evidence.link(
            dim,
            key,
            row["aspect"],
            "complaint",
            kind=row["issue_kind"],
            first=row["evidence"],
            row=row if veiled else None,
        )
        own = ref if veiled else self.ref(row)
        gate = row["gate"] or "insufficient"
        place, issue = book.place(row, veiled=veiled), book.issue(row["aspect"], row["issue_kind"])
        observed = Fig(w.count(row["observed"]), ref, href, row["observed"])
        listed = not veiled and book.seen(dim, key).n_reviews  # a row of its own on the page of coverage
        n = Fig(w.count(row["n"]), own, f"coverage.html#{anchor_of(dim, key) if listed else 'stores'}", row["n"])
        rr = Fig(w.times(row["rr"]), own, href, row["rr"])
        interval = w.interval(row["rr05"], row["rr95"])
        rank = f"{row['rank']}"
        rank_interval = (
            f"{row['rank_lo']}–{row['rank_hi']}" if row["rank_lo"] is not None and row["rank_hi"] is not None else ""
        )
        driver, driver_id = self.driver(row, veiled)
        title = w.pick(
            f"约为预期的 {w.times(row['rr'])}，90% 区间 {interval}",
            f"about {w.times(row['rr'])} the expected number, 90% interval {interval}",
        )
        return Cell(
            row["level"],
            place,
            None if veiled else row["store_id"],
            row["sku_id"],
            issue,
            row["aspect"],
            row["severity"],
            gate,
            observed,
            n,
            w.number(row["expected"]),
            rr,
            interval,
            svg.whisker(
                row["rr"],
                row["rr05"],
                row["rr95"],
                top=self.top,
                gate=gate,
                base=1.0,
                log=True,
                title=title,
            ),
            Fig(w.signed(row["excess"]), own, href, row["excess"]),
            Fig(w.number(row["priority"]), own, href, row["priority"]),
            Fig(rank, own, href, row["rank"]),
            rank_interval,
            driver,
            driver_id,
            row["text_only_gate"] is not None and row["text_only_gate"] != row["gate"],
            self.was(row),
            claim := claims.claim(w, row, issue=issue, observed=observed, n=n, rr=rr, interval=interval, driver=driver),
            [f"{place}：" if w.zh else f"{w.title(place)}: ", *claim],
            Markup("") if veiled else self.trend(row),
            svg.scale(
                row["rr"],
                row["rr05"],
                row["rr95"],
                top=self.top,
                gate=gate,
                log=True,
                base=w.pick("预期", "expected"),
                title=title,
            ),
            row["change"],
            row,
        )

    def was(self, row: Mapping[str, Any]) -> bool | None:
        """Whether the same cell was gated last month; None where last month is not known."""
        return None if self.before is None else _cell(row) in self.before

    def ref(self, row: Mapping[str, Any]) -> str:
        """The reference of a ranking row itself."""
        ids = {c: row[c] for c in ("store_id", "sku_id", "region", "source", "category", "parent_sku", "lot")}
        return refs.make(
            "ranking", month=row["month"], level=row["level"], issue_kind=row["issue_kind"], aspect=row["aspect"], **ids
        )

    def trend(self, row: Mapping[str, Any]) -> Markup:
        """The share of complaints over the months, for a told store or SKU."""
        dim, key = slice_of(row)
        if dim not in ("store", "sku"):
            return Markup("")
        seen = self.book.history.get((dim, key, row["issue_kind"], row["aspect"]), {})
        values = [
            seen.get(m, 0) / n if (n := self.book.seen(dim, key, m).n_reviews) >= 30 else None for m in self.book.months
        ]
        return svg.spark(values, title=self.words.pick("各月投诉占比", "share of complaints by month"))

    def chain(self, row: Mapping[str, Any], trend: Markup | None = None) -> ChainCell:
        w, book = self.words, self.book
        kind, aspect = row["issue_kind"], row["aspect"]
        ref, href = self.evidence.link("chain", "", aspect, "complaint", kind=kind, first=row["evidence"])
        own = refs.make("chain", month=book.month, issue_kind=kind, aspect=aspect)
        observed = Fig(w.count(row["observed"]), ref, href, row["observed"])
        n = self.evidence.exposure(text=w.count(row["n"]))
        rate = Fig(w.share(row["observed"], row["n"]), own, href, row["rate"])
        small = row["n"] < 30
        interval = "" if small else w.interval(row["rate_lo"], row["rate_hi"], percent=True)
        entry = book.entry(aspect)
        issue = book.issue(aspect, kind)
        ratios = [
            (w.times(row[f"{span}_ratio"]), w.interval(row[f"{span}_ratio_lo"], row[f"{span}_ratio_hi"]))
            for span in ("month", "year")
        ]
        named = w.quoted(issue)
        parts: list[str | Fig] = (
            [n, " 条评价中 ", observed, f" 条投诉{named}"]
            if w.zh
            else [
                observed,
                " of ",
                n,
                f" {'review' if row['n'] == 1 else 'reviews'} "
                f"{'complains' if row['observed'] == 1 else 'complain'} about {named}",
            ]
        )
        if not small:
            parts += [w.pick("，占 ", ", or "), rate, w.pick(f"（{interval}）", f" ({interval})")]
        parts += [w.pick("。", "."), *claims.compared(w, row)]
        return ChainCell(
            issue,
            aspect,
            kind,
            row["severity"],
            entry.owner if entry else "",
            row["rank"],
            observed,
            n,
            rate,
            interval,
            Markup("")
            if small
            else svg.whisker(
                row["rate"],
                row["rate_lo"],
                row["rate_hi"],
                top=self.rate_top,
                gate=None,
                title=w.pick(f"占比区间 {interval}", f"interval of the share {interval}"),
            ),
            Fig(w.share(row["observed"], _whole(row)), own, href, row["share"]),
            *ratios[0],
            *ratios[1],
            parts,
            trend or Markup(""),
            tuple(row["evidence"]),
            row["rate"],
            Markup("")
            if small
            else svg.scale(
                row["rate"],
                row["rate_lo"],
                row["rate_hi"],
                top=self.rate_top,
                gate=None,
                log=False,
                title=w.pick(f"占比 95% 区间 {interval}", f"95% interval of the share {interval}"),
            ),
            row,
        )

    def quotes(self, row: Mapping[str, Any], most: int, *, veiled: bool = False, around: int = 48) -> list[Quote]:
        """The best words behind a row, those that the ranking chose first."""
        dim, key = slice_of(row) if "level" in row else ("chain", "")
        mentions = self.book.find(dim, key, row["aspect"], "complaint")
        return quotes(self.book, mentions, most=most, first=row["evidence"], veiled=veiled, around=around)

    def _franchise(self, row: Mapping[str, Any]) -> bool:
        ids = [row["store_id"], row["driver"] if row["level"] == "sku" else None]
        return any(i in self.book.stores and self.book.stores[i].franchise for i in ids if i is not None)

    def driver(self, row: Mapping[str, Any], veiled: bool = False) -> tuple[str | None, tuple[str, str] | None]:
        """The name of what is behind a row's excess, and ('sku' or 'store', its id)."""
        driver = row["driver"]
        if driver is None:
            return None, None
        if row["level"] == "store":
            return self.book.sku_name(driver), ("sku", driver)
        name = self.book.store_name(driver, veiled=veiled)
        return name, None if veiled else ("store", driver)


def slice_of(row: Mapping[str, Any]) -> tuple[str, object]:
    """What `Book.find` takes for the cell of a ranking row."""
    level = row["level"]
    if level == "store_sku":
        return level, (row["store_id"], row["sku_id"])
    if level == "chain":
        return level, ""
    return level, row[f"{level}_id" if level in ("store", "sku") else level]


def _cell(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        row[c]
        for c in (
            "level",
            "store_id",
            "sku_id",
            "region",
            "source",
            "category",
            "parent_sku",
            "lot",
            "issue_kind",
            "aspect",
        )
    )


def _whole(row: Mapping[str, Any]) -> int:
    """All complaints of the chain, from one issue's count and its share of them."""
    return round(row["observed"] / row["share"]) if row["share"] else 0
