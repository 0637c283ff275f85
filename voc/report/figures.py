"""Numbers that can be followed: each carries the reference that it was counted from and a link to its evidence."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from voc import refs
from voc.report.book import Book
from voc.report.dims import slug
from voc.report.records import Mention

_INTERVAL = re.compile(r"\d[\d.,]*–\d[\d.,]*%?")  # stays on one line
IDS = {
    "store": "store_id",
    "sku": "sku_id",
    "region": "region",
    "source": "source",
    "category": "category",
    "parent_sku": "parent_sku",
    "lot": "lot",
}


@dataclass(frozen=True)
class Fig:
    """A printed number. `href` is relative to the report's folder; `value` is what a table sorts by."""

    text: str
    ref: str
    href: str | None = None
    value: float | None = None


Parts = Sequence[str | Fig]


def num(fig: Fig | None, root: str = "", *, pages: Container[str] | None = None) -> Markup:
    """A figure as an element with `data-ref`, a link where there is evidence; a dash for None.

    With `pages`, a link to a page of the report that is not among them (a pack has few) is left out.
    """
    if fig is None:
        return Markup('<span class="none">—</span>')
    page = (fig.href or "").partition("#")[0]
    if fig.href is None or (pages is not None and page and not page.startswith("evidence/") and page not in pages):
        return Markup('<span class="n" data-ref="{}">{}</span>').format(fig.ref, fig.text)
    return Markup('<a class="n" data-ref="{}" href="{}{}">{}</a>').format(fig.ref, root, fig.href, fig.text)


def say(parts: Parts, root: str = "", *, pages: Container[str] | None = None) -> Markup:
    """A sentence whose figures are links."""
    out: list[Markup] = []
    for i, p in enumerate(parts):
        if isinstance(p, Fig):
            out.append(num(p, root, pages=pages))
        else:  # a number and its Chinese measure word stay on one line
            stuck = i and isinstance(parts[i - 1], Fig) and p[:1] == " " and p[1:2] > "\u2e80"
            text = str(escape("\u00a0" + p[1:] if stuck else p))
            out.append(Markup(_INTERVAL.sub(r'<span class="nb">\g<0></span>', text)))
    return Markup("").join(out)


def plain(parts: Parts) -> str:
    return "".join(p.text if isinstance(p, Fig) else p for p in parts)


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval for a share, 95% by default (E. B. Wilson, JASA 1927); (0, 1) when n is 0."""
    if n <= 0:
        return 0.0, 1.0
    p, zz = min(k / n, 1.0), z * z
    middle, half = p + zz / (2 * n), z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
    return max(0.0, (middle - half) / (1 + zz / n)), min(1.0, (middle + half) / (1 + zz / n))


@dataclass(frozen=True)
class Section:
    """A slice of mentions on an evidence page: what `Book.find` takes, and which reviews to show first."""

    ref: str
    dim: str
    key: object
    aspect: str | None
    kind: str
    intent: str
    first: tuple[str, ...]
    veiled: bool
    title: str = ""
    chosen: tuple[Mention, ...] = ()  # where no slice of the book has them


@dataclass
class Evidence:
    """Hands out links, and remembers which evidence pages have to be written."""

    book: Book
    pages: dict[str, dict[str, Section]] = field(default_factory=dict)

    def link(
        self,
        dim: str,
        key: object,
        aspect: str | None,
        intent: str,
        *,
        kind: str = "aspect",
        first: Sequence[str] = (),
        row: Mapping[str, Any] | None = None,
    ) -> tuple[str, str]:
        """(ref, href) of a slice. With `row`, a ranking row of a franchise store, neither names the store."""
        month = self.book.month
        if row is not None:
            ref = refs.make("ranking", month=month, level=row["level"], rank=row["rank"], issue_kind=row["issue_kind"])
            path = f"evidence/case-{hashlib.sha256(ref.encode()).hexdigest()[:12]}.html"
        else:
            ref = _ref(month, dim, key, aspect, intent, kind)
            if dim == "chain":
                path = f"evidence/{slug(f'issue {aspect}' if aspect else f'all {intent}')}.html"
            else:
                of = "store" if dim == "store_sku" else dim
                owner = key[0] if isinstance(key, tuple) else key
                path = f"evidence/{slug(f'{of} {owner}')}.html"
        anchor = "e" + hashlib.sha256(f"{ref} {aspect} {intent}".encode()).hexdigest()[:8]
        sections = self.pages.setdefault(path, {})
        if anchor not in sections or (first and not sections[anchor].first):
            sections[anchor] = Section(ref, dim, key, aspect, kind, intent, tuple(first), row is not None)
        return ref, f"{path}#{anchor}"

    def listing(self, page: str, title: str, ref: str, mentions: Sequence[Mention], intent: str) -> str:
        """The href of chosen mentions under `title` on the evidence page `page`, which holds several such lists."""
        path = f"evidence/{slug(page)}.html"
        anchor = "e" + hashlib.sha256(f"{page} {title} {ref}".encode()).hexdigest()[:8]
        self.pages.setdefault(path, {})[anchor] = Section(
            ref, "chosen", page, None, "aspect", intent, (), False, title, tuple(mentions)
        )
        return f"{path}#{anchor}"

    def exposure(self, dim: str = "chain", key: object = "", text: str | None = None) -> Fig:
        """The number of reviews of a slice, linked to the coverage page."""
        n = self.book.seen(dim, key).n_reviews
        ref = refs.make("exposure", month=self.book.month, **_ids(dim, key))
        return Fig(text or self.book.words.count(n), ref, f"coverage.html#{anchor_of(dim, key)}", n)


def anchor_of(dim: str, key: object) -> str:
    """The id of a row on the coverage page; stores, SKUs and sources have rows of their own."""
    if dim in ("store", "sku", "source"):
        return f"{dim}-{slug(str(key))}"
    return {"region": "stores", "category": "skus", "parent_sku": "skus", "store_sku": "stores"}.get(dim, "months")


def _ref(month: str, dim: str, key: object, aspect: str | None, intent: str, kind: str) -> str:
    if kind == "topic":
        return refs.make("mention_topics", month=month, topic_id=aspect, **_ids(dim, key))
    return refs.make("mentions", month=month, intent=intent, aspect=aspect, **_ids(dim, key))


def _ids(dim: str, key: object) -> dict[str, object]:
    if dim == "chain":
        return {}
    if isinstance(key, tuple):
        return {"store_id": key[0], "sku_id": key[1]}
    return {IDS[dim]: key}
