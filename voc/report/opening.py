"""From tables to a book: cut to its reader, with bands of peers that were drawn before the cut."""

from __future__ import annotations

from voc.report.book import Book
from voc.report.cut import WHOLE, Pack, cut
from voc.report.data import ReportData
from voc.report.peers import bands
from voc.report.words import Words


def open_book(data: ReportData, *, lang: str = "zh", pack: Pack = WHOLE) -> Book:
    """The month as the reader of `pack` may see it, in one language.

    Raises UnknownName for a language, store, region, dealer or supplier that there is not.
    """
    whole = Book(data, Words(lang, data.time_zone))
    peers = bands(whole)
    if pack.kind is None:
        whole.peers = peers
        return whole
    mine = Book(cut(data, pack), whole.words, placeless=pack.supplier is not None)
    own = {"store": set(mine.stores), "sku": set(mine.skus) if pack.supplier is not None else set()}
    mine.peers = {k: band for k, band in peers.items() if k[1] in own[k[0]]}
    return mine
