"""A store or SKU in short, and what stands on every page about one."""

from __future__ import annotations

from dataclasses import dataclass

from voc.report.cells import Cell
from voc.report.context import Context
from voc.report.data import PeerBand
from voc.report.figures import Fig
from voc.report.quotes import Quote
from voc.report.records import Row


@dataclass(frozen=True)
class Card:
    """A store or SKU in short: its signals, what is praised, three quotes."""

    id: str
    name: str
    note: str
    page: str | None
    n: Fig
    share: str
    band: str
    cells: list[Cell]
    quotes: list[Quote]
    praise: list[tuple[str, Fig]]
    praise_quotes: list[Quote]


def card(ctx: Context, dim: str, key: str, rows: list[Row], *, most: int = 4) -> Card:
    book, w = ctx.book, ctx.words
    cells = [ctx.cells.cell(r) for r in rows[:most]]
    words: list[Quote] = []
    for row in rows[:3]:
        words += [q for q in ctx.cells.quotes(row, 2, around=30) if q.plain not in {x.plain for x in words}][:1]
    k, n = book.customers(book.find(dim, key, None, "complaint")), book.seen(dim, key).n_reviews
    name = book.stores[key].name if dim == "store" else book.sku_name(key)
    praise = praised(ctx, dim, key, 3)
    words_of_praise = [q for a, _ in praise for q in ctx.quotes(dim, key, a, "praise", 1, 30)]
    return Card(
        key,
        name,
        note(ctx, dim, key),
        ctx.page(dim, key),
        ctx.evidence.exposure(dim, key),
        w.share(k, n),
        band(ctx, dim, book.peers.get((dim, key, None))),
        cells,
        words,
        [(book.issue(a), f) for a, f in praise],
        words_of_praise,
    )


def praised(ctx: Context, dim: str, key: str, most: int) -> list[tuple[str, Fig]]:
    """What customers praise, most first: of a SKU the product, of a store its service; what fits no code only alone."""
    found = ctx.ranked(dim, key, "praise", 40)
    facet = {"sku": "product", "store": "service"}.get(dim)
    entries = {a: ctx.book.entry(a) for a, _ in found}
    named = [(a, f) for a, f in found if (e := entries[a]) and not e.general and (facet is None or e.facet == facet)]
    return (named or found)[:most]


def note(ctx: Context, dim: str, key: str) -> str:
    """What kind of store or SKU it is: region and city, or category."""
    if dim == "store":
        s = ctx.book.stores[key]
        kind = ctx.words.pick("加盟", "franchise") if s.franchise else None
        return " · ".join(x for x in (s.region, s.city if s.city != s.region else None, s.format, kind) if x)
    sku = ctx.book.skus.get(key)
    return " · ".join(x for x in (sku.category if sku else None, sku.supplier if sku else None) if x)


def band(ctx: Context, dim: str, peers: PeerBand | None) -> str:
    """The peer band of a store or SKU in words, or '' where there are too few peers."""
    if peers is None:
        return ""
    between = ctx.words.interval(peers.low, peers.high, percent=True)
    if dim == "store":
        zh, en = f"{peers.n} 家同类门店", f"{peers.n} comparable stores"
    else:
        zh, en = f"同品类 {peers.n} 个商品", f"{peers.n} products of the category"
    return ctx.words.pick(f"{zh}的中间一半：{between}", f"middle half of {en}: {between}")
