"""Customers' words as they may be shown: cut around the clause, the span marked, staff and veiled names replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from voc.report.book import Book
from voc.report.dims import tidy
from voc.report.records import Mention
from voc.text.persons import staff_spans

STAFF = "〔店员〕"
OTHER_STORE = "〔门店〕"
AROUND = 90  # code points shown on either side of the clause
MOST = 20  # quotes on an evidence page

Spans = Callable[[str], Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class Quote:
    """One customer's words. `pieces` are (marked, text): marked is '' outside the clause, 'clause' or 'opinion' in it."""

    pieces: tuple[tuple[str, str], ...]
    at: datetime
    source: str
    store_id: str | None
    sku_id: str | None
    store: str
    sku: str
    lot: str | None
    rating: float | None
    kind: str
    counted: bool
    aspect: str

    @property
    def clause(self) -> str:
        """The marked words alone."""
        return "".join(text for mark, text in self.pieces if mark)

    @property
    def plain(self) -> str:
        return "".join(text for _, text in self.pieces)


def quote(book: Book, m: Mention, *, veiled: bool = False, around: int = AROUND) -> Quote | None:
    """The words behind a mention, or None when its review is not in the month's table or has no text."""
    review = book.reviews.get(m.review_id)
    if review is None or not review.text.strip():
        return None
    return Quote(
        pieces(
            review.text, (m.start, m.end), opinion=m.opinion, around=around, hide=book.veil.spans if veiled else None
        ),
        m.created_at,
        m.source,
        m.store_id,
        m.sku_id,
        book.store_name(m.store_id, veiled=veiled),
        book.sku_name(m.sku_id),
        tidy(review.lot, longest=30) if review.lot else None,
        review.rating,
        review.kind,
        m.counted,
        m.aspect,
    )


def quotes(
    book: Book,
    mentions: Iterable[Mention],
    *,
    most: int = MOST,
    first: Iterable[str] = (),
    veiled: bool = False,
    around: int = AROUND,
) -> list[Quote]:
    """At most `most` quotes, one per customer and none twice; reviews in `first` come first, the reader's language before."""
    wanted = {rid: i for i, rid in enumerate(first)}
    mentions = list(mentions)
    if wanted:

        def place(m: Mention) -> tuple[bool, bool, int]:
            at = min(wanted.get(m.review_id, len(wanted)), wanted.get(m.root, len(wanted)))
            return at == len(wanted), not m.native, at

        mentions.sort(key=place)
    seen: set[str] = set()
    said: set[str] = set()
    out: list[Quote] = []
    for m in mentions:
        if len(out) == most:
            break
        if m.root in seen:
            continue
        q = quote(book, m, veiled=veiled, around=around)
        if q is None or (q.plain in said and len(mentions) > most):
            continue
        seen.add(m.root)
        said.add(q.plain)
        out.append(q)
    return out


def pieces(
    text: str,
    span: tuple[int, int],
    *,
    opinion: tuple[int, int] | None = None,
    around: int = AROUND,
    hide: Spans | None = None,
    staff: Spans = staff_spans,
) -> tuple[tuple[str, str], ...]:
    """Cut `text` into marked pieces.

    Spans are code points, half-open. Staff (as found by `staff`) and stores (by `hide`) are replaced wherever they stand;
    a replacement belongs to the piece that its first code point is in.
    """
    start, end = max(0, min(span[0], len(text))), max(0, min(span[1], len(text)))
    hidden = hide(text) if hide else ()
    left, right = max(0, start - around), min(len(text), end + around)
    replaced: dict[int, tuple[int, str]] = {}
    last = -1  # where the replacement before begins: those that overlap become one
    for a, b, name in sorted([(a, b, STAFF) for a, b in staff(text)] + [(a, b, OTHER_STORE) for a, b in hidden]):
        if last >= 0 and a < replaced[last][0]:
            replaced[last] = (max(b, replaced[last][0]), replaced[last][1])
        else:
            last, replaced[a] = a, (b, name)
    out: list[tuple[str, str]] = []
    skip_to = max((b for a, (b, _) in replaced.items() if a < left), default=0)
    for i in range(left, right):
        if i < skip_to:
            continue
        mark = ""
        if start <= i < end:
            mark = "opinion" if opinion and opinion[0] <= i < opinion[1] else "clause"
        if i in replaced:
            skip_to, char = replaced[i]
        else:
            char = text[i]
        if out and out[-1][0] == mark:
            out[-1] = (mark, out[-1][1] + char)
        else:
            out.append((mark, char))
    if left > 0:
        out.insert(0, ("", "…"))
    if right < len(text):
        out.append(("", "…"))
    return tuple((mark, clean) for mark, piece in out if (clean := tidy(piece)))
