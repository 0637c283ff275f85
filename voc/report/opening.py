"""From tables to a book: cut to its reader, with bands of peers that were drawn before the cut."""

from __future__ import annotations

from collections.abc import Mapping

from voc.issues import onset
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
    since = onset.onsets(
        data.month, ranking=data.ranking, facts=data.facts, exposure=data.exposure, least_months=data.history_least
    )
    if pack.kind is None:
        whole.peers = peers
        return stood(whole, since)
    mine = Book(cut(data, pack), whole.words, placeless=pack.supplier is not None)
    own = {"store": set(mine.stores), "sku": set(mine.skus) if pack.supplier is not None else set()}
    mine.peers = {k: band for k, band in peers.items() if k[1] in own[k[0]]}
    return stood(mine, since)


def stood(book: Book, since: Mapping[onset.Key, onset.Onset]) -> Book:
    """`book` whose rows know since when their excess has stood, as far as it can be said."""
    for row in book.rows:
        if row["issue_kind"] == "aspect":
            row["since"] = since.get((row["level"], row["store_id"], row["sku_id"], row["aspect"]))
    return book
