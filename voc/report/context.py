"""What every page is made with: the grouped data, the words, and which pages there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voc import refs
from voc.report.book import Book
from voc.report.cells import Cells
from voc.report.claims import MOVED
from voc.report.dims import slug, tidy
from voc.report.figures import Evidence, Fig
from voc.report.quotes import Quote, quotes
from voc.report.records import Mention, Row
from voc.report.words import Words

READERS = ("executive", "product", "store", "quality", "marketing")
# Which files a reader's page is, and what it is called.
HOME = {
    "executive": ("index.html", "总览", "Overview"),
    "product": ("products.html", "商品", "Products"),
    "store": ("stores.html", "门店", "Stores"),
    "quality": ("quality.html", "质量", "Quality"),
    "marketing": ("marketing.html", "市场", "Marketing"),
}
COMMON = {
    "issues": ("issues.html", "问题", "Issues"),
    "coverage": ("coverage.html", "数据", "Data"),
    "methods": ("methods.html", "说明", "Guide"),
}


@dataclass
class Context:
    """`pages` maps ('store', id), ('sku', id), or a name of HOME and COMMON to a path; only pages that will exist."""

    book: Book
    words: Words
    evidence: Evidence
    cells: Cells
    pages: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._gated: dict[tuple[str, str], list[Row]] = {}
        self._moved: dict[tuple[str, str], list[Row]] = {}
        for level, dims in (("store", ("store",)), ("sku", ("sku",)), ("store_sku", ("store", "sku"))):
            for row in self.book.gated.get(level, ()):
                for dim in dims:
                    self._gated.setdefault((dim, row[f"{dim}_id"]), []).append(row)
            for row in self.book.by_level.get(level, ()):
                if row["change"] in MOVED:
                    for dim in dims:
                        self._moved.setdefault((dim, row[f"{dim}_id"]), []).append(row)
        self._answers: bool | None = None

    def gated_of(self, dim: str, key: str) -> list[Row]:
        """The gated rows of a store or SKU, its pairs included."""
        return self._gated.get((dim, key), [])

    def moved_of(self, dim: str, key: str) -> list[Row]:
        """The rows of a store or SKU that moved against the months before, its pairs included."""
        return self._moved.get((dim, key), [])

    @property
    def has_replies(self) -> bool:
        """Whether any review of the month was answered: without one, nothing can be said of replies."""
        if self._answers is None:
            self._answers = any(r.answered for r in self.book.reviews.values())
        return self._answers

    def page(self, kind: str, key: str | None = "") -> str | None:
        return None if key is None else self.pages.get((kind, key))

    def mentions(self, dim: str, key: object, aspect: str | None, intent: str) -> Fig:
        """How many customers said something of this kind, linked to their words."""
        n = self.book.customers(self.book.find(dim, key, aspect, intent))
        ref, href = self.evidence.link(dim, key, aspect, intent)
        return Fig(self.words.count(n), ref, href, n)

    def quotes(
        self, dim: str, key: object, aspect: str | None, intent: str, most: int = 3, around: int = 48
    ) -> list[Quote]:
        return quotes(self.book, self.book.find(dim, key, aspect, intent), most=most, around=around)

    def spoken(self, dim: str, key: object, intent: str) -> dict[str, int]:
        """Customers of a slice who voiced `intent`, by taxonomy code; codes that nobody voiced are left out."""
        found = self.book.aspects(dim, key, intent)
        return {a: n for a, said in found.items() if (n := self.book.customers(said))}

    def ranked(self, dim: str, key: object, intent: str, most: int) -> list[tuple[str, Fig]]:
        """Issues of a slice by the number of customers who voiced `intent`, most first: (code, figure)."""
        found = sorted(self.spoken(dim, key, intent).items(), key=lambda p: (-p[1], p[0]))
        return [(aspect, self.mentions(dim, key, aspect, intent)) for aspect, _ in found[:most]]

    def keywords(
        self, scope: str, key: str | None, most: int, *, polarity: str | None = None
    ) -> list[tuple[str, Fig, bool]]:
        """(term, number of reviews, is it new) of a scope, best first."""
        rows = [r for r in self.book.keywords(scope, key) if polarity is None or r["polarity"] == polarity]
        out = []
        for r in rows[:most]:
            ref = refs.make(
                "keywords", month=self.book.month, scope=scope, scope_id=key, term=r["term"], polarity=r["polarity"]
            )
            out.append(
                (
                    tidy(r["term"], longest=24),
                    Fig(self.words.count(r["n_reviews"]), ref, None, r["n_reviews"]),
                    r["is_new"],
                )
            )
        return out

    def rivals(self, dim: str = "chain", key: object = "") -> list[tuple[str, dict[str, int], list[Quote]]]:
        """Competitors named: customers by intent, and two quotes."""
        by: dict[str, list[Mention]] = {}
        for intent in ("complaint", "praise", "switch", "leave", "repurchase", "neutral", "question", "request"):
            for m in self.book.find(dim, key, None, intent):
                if m.competitor:
                    by.setdefault(m.competitor, []).append(m)
        out = []
        for name, found in by.items():
            n = {i: self.book.customers(m for m in found if m.intent == i) for i in ("complaint", "praise", "switch")}
            n["all"] = self.book.customers(found)
            out.append((tidy(name, longest=30), n, quotes(self.book, found, most=2, around=40)))
        return sorted(out, key=lambda r: (-r[1]["all"], r[0]))


def open_context(book: Book) -> Context:
    """A context without pages: for the workbook and the summary, and to begin a site with."""
    evidence = Evidence(book)
    return Context(book, book.words, evidence, Cells(book, evidence))


def entity_path(kind: str, key: str) -> str:
    return f"{'stores' if kind == 'store' else 'skus'}/{slug(key)}.html"
