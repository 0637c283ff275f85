"""Complaints by what stands behind a product or an order: supplier, factory, week of production, carrier, warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup

from voc import refs
from voc.report import svg
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig, wilson
from voc.report.records import Mention, Review
from voc.report.words import SMALL

MOST = 40  # rows of one table
LOGISTICS = ("logistics", "warehouse", "courier", "物流", "仓", "快递")  # parts of an owner's name


@dataclass(frozen=True)
class Part:
    """One row: customers with a complaint of these kinds among all, with its interval drawn on an axis shared by the table."""

    name: str
    n: Fig
    bad: Fig
    share: str
    interval: str
    drawing: Markup


@dataclass(frozen=True)
class Split:
    title: str
    head: str
    rows: tuple[Part, ...]
    whole: str


def of_products(ctx: Context) -> list[Split]:
    """Serious complaints about the product by supplier, factory and week of production; one of a kind makes no table."""
    book, w = ctx.book, ctx.words
    codes = {c for c, i in book.data.issues.items() if i.facet == "product" and i.severity in ("S1", "S2")}
    skus = book.skus

    def of_sku(name: str) -> Callable[[Review], str | None]:
        return lambda r: getattr(skus[r.sku_id], name) if r.sku_id in skus else None

    week = w.pick("{0} 年第 {1} 周", "{0}, week {1}")
    kinds: list[tuple[str, str, str, Callable[[Review], str | None]]] = [
        ("supplier", w.pick("供应商", "Supplier"), w.pick("按供应商", "By supplier"), of_sku("supplier")),
        ("factory", w.pick("工厂", "Factory"), w.pick("按工厂", "By factory"), of_sku("factory")),
        (
            "produced_on",
            w.pick("生产周", "Week made"),
            w.pick("按生产周", "By week of production"),
            lambda r: week.format(*r.produced_on.isocalendar()[:2]) if r.produced_on else None,
        ),
    ]
    return [s for column, head, title, of in kinds if (s := _split(ctx, column, head, title, of, codes))]


def of_transport(ctx: Context) -> list[Split]:
    """Complaints about transport by carrier, warehouse and way of delivery."""
    book, w = ctx.book, ctx.words
    codes = {c for c, i in book.data.issues.items() if any(x in i.owner.lower() for x in LOGISTICS)}
    kinds: list[tuple[str, str, str, Callable[[Review], str | None]]] = [
        ("carrier", w.pick("承运商", "Carrier"), w.pick("按承运商", "By carrier"), lambda r: r.carrier),
        ("warehouse", w.pick("仓库", "Warehouse"), w.pick("按仓库", "By warehouse"), lambda r: r.warehouse),
    ]
    return [s for column, head, title, of in kinds if (s := _split(ctx, column, head, title, of, codes))]


def _split(
    ctx: Context, column: str, head: str, title: str, of: Callable[[Review], str | None], codes: Iterable[str]
) -> Split | None:
    book, w = ctx.book, ctx.words
    codes = set(codes)
    n: dict[str, set[str]] = defaultdict(set)
    said: dict[str, list[Mention]] = defaultdict(list)
    for review in book.reviews.values():
        key = of(book.reviews.get(review.root, review))
        if key is not None and review.counted and (review.sku_id not in book.skus or book.skus[review.sku_id].own):
            n[key].add(review.root)
    if len(n) < 2:
        return None
    for m in book.mentions:
        if m.intent == "complaint" and m.aspect in codes and m.counted and (own := book.reviews.get(m.review_id)):
            key = of(book.reviews.get(own.root, own))
            if key in n:
                said[key].append(m)
    bad = {key: len({m.root for m in said[key]}) for key in n}
    shown = sorted(sorted(n, key=lambda key: (-len(n[key]), key))[:MOST])
    ends = {key: wilson(bad[key], len(n[key])) for key in shown}
    top = max((hi for key, (_, hi) in ends.items() if len(n[key]) >= SMALL), default=1.0)
    rows = []
    for key in shown:
        k, total, name = bad[key], len(n[key]), tidy(key, longest=40)
        if column in ("carrier", "warehouse"):
            ref = refs.make("reviews", month=book.month, **{column: key})
        else:
            ref = refs.make("exposure", month=book.month, supplier=key if column == "supplier" else None)
        href = ctx.evidence.listing(title, name, ref, said[key], "complaint") if said[key] else None
        low, high = ends[key]
        between = w.interval(low, high, percent=True) if total >= SMALL else ""
        drawing = Markup("")
        if total >= SMALL:
            told = w.pick(f"95% 区间 {between}", f"95% interval {between}")
            drawing = svg.whisker(k / total, low, high, top=top, gate=None, title=told)
        bad_fig = Fig(w.count(k), ref, href, k)
        rows.append(Part(name, Fig(w.count(total), ref, None, total), bad_fig, w.share(k, total), between, drawing))
    k, total = len({m.root for key in n for m in said[key]}), len(set().union(*n.values()))
    return Split(
        title, head, tuple(rows), w.pick(f"全部：{w.share(k, total)}。", f"All together: {w.share(k, total)}.")
    )
