"""Stores that the chain runs itself beside franchised ones, like with like; no store is named."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from markupsafe import Markup

from voc import refs
from voc.issues.change import benjamini_hochberg
from voc.issues.mix import Mixed, compared
from voc.report import svg
from voc.report.book import total
from voc.report.context import Context
from voc.report.figures import Fig, Parts
from voc.report.peers import OWNERS, PEERS, owner
from voc.report.scorecard import of_store

FDR = 0.10
LEAST = 20  # complaints of both kinds together from which on an issue has a line


@dataclass(frozen=True)
class Line:
    """One issue: the plain shares of both kinds, and the ratio franchised to own at the same mix."""

    issue: str
    own: str
    franchised: str
    ratio: Fig
    interval: str
    drawing: Markup
    differs: bool
    mixed: Mixed


@dataclass(frozen=True)
class Both:
    """`whole` is any complaint, `lines` issues by their codes; `stores` how many are (own, franchised); `alike` in percent."""

    whole: Line
    lines: list[Line]
    stores: tuple[int, int]
    alike: str
    sentence: Parts


def both(ctx: Context) -> Both | None:
    """The comparison, or None with fewer than PEERS stores of a kind or than OWNERS owners of the franchised ones."""
    book, w = ctx.book, ctx.words
    kinds = {
        s: e.franchise for s, e in book.stores.items() if (e.franchise or e.direct) and book.seen("store", s).n_reviews
    }
    owners = Counter(owner(book, "store", s) for s, franchised in kinds.items() if franchised)
    counts = (sum(not f for f in kinds.values()), sum(kinds.values()))
    if min(counts) < PEERS or len(owners) < OWNERS:
        return None
    rows = _exposure(ctx, kinds)
    found: dict[str | None, Mixed] = {}
    for code, said in _complaints(ctx, kinds).items():
        k = np.array([said.get(key, 0) for key in rows.keys], dtype=float)
        if k.sum() >= LEAST and (mixed := compared(rows.store, rows.second, rows.stratum, rows.n, k, least=PEERS)):
            found[code] = mixed
    if None not in found:
        return None
    codes = sorted(c for c in found if c is not None)
    q = benjamini_hochberg(np.array([found[c].p for c in codes]), np.ones(len(codes), dtype=bool))
    told = {c for c, value in zip(codes, q.tolist(), strict=True) if value <= FDR}
    whole = _line(ctx, None, found[None], found[None].p <= 0.05)
    shown = [_line(ctx, c, found[c], c in told) for c in codes if c in told or of_store(ctx, c)]
    return Both(whole, shown, counts, w.percent(found[None].alike), _sentence(ctx, whole))


def _sentence(ctx: Context, whole: Line) -> Parts:
    w = ctx.words
    if w.zh:
        end = "。" if whole.differs else "，看不出差别。"
        return [
            "卖同样的品类、同样的来源、区域与业态之间比：加盟店提到不满的顾客占比是直营店的 ",
            whole.ratio,
            f"（{whole.interval}）{end}",
        ]
    end = "." if whole.differs else ": no difference can be told."
    return ["At the same mix of categories, sources, regions and formats, franchised stores have ", whole.ratio,
            f" the share of complaining customers of the chain’s own ({whole.interval}){end}"]  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """(source, store, SKU) with their reviews, as codes."""

    keys: list[tuple[str, str, str | None]]
    store: np.ndarray
    second: np.ndarray
    stratum: np.ndarray
    n: np.ndarray


def _exposure(ctx: Context, kinds: dict[str, bool]) -> _Rows:
    book = ctx.book
    table = book.data.exposure.filter(pc.equal(book.data.exposure["month"], book.month))
    keys, n = [], []
    for row in total(table, ["source", "store_id", "sku_id"], ("n_reviews",)).to_pylist():
        if row["store_id"] in kinds and row["n_reviews"]:
            keys.append((row["source"], row["store_id"], row["sku_id"]))
            n.append(row["n_reviews"])
    strata = []
    for source, store, sku in keys:
        entry, goods = book.stores[store], book.skus.get(sku or "")
        strata.append((source, goods.category if goods else None, entry.region, entry.format))
    code = {s: i for i, s in enumerate(dict.fromkeys(strata))}
    place = {s: i for i, s in enumerate(dict.fromkeys(s for _, s, _ in keys))}
    return _Rows(
        keys,
        np.array([place[s] for _, s, _ in keys], dtype=np.int64),
        np.array([kinds[s] for _, s, _ in keys], dtype=bool),
        np.array([code[s] for s in strata], dtype=np.int64),
        np.array(n, dtype=float),
    )


def _complaints(ctx: Context, kinds: dict[str, bool]) -> dict[str | None, Counter[tuple[str, str, str | None]]]:
    """Complaining customers by (source, store, SKU): of any kind (None), and by issue."""
    book = ctx.book
    out: dict[str | None, Counter[tuple[str, str, str | None]]] = defaultdict(Counter)
    for root in sorted({m.root for m in book.find("chain", "", None, "complaint") if m.counted}):
        review = book.reviews.get(root)
        if review is not None and review.store_id in kinds:
            out[None][review.source, review.store_id, review.sku_id] += 1
    facts = book.data.facts
    facts = facts.filter(pc.and_(pc.equal(facts["month"], book.month), pc.equal(facts["issue_kind"], "aspect")))
    for row in total(facts, ["source", "store_id", "sku_id", "issue_code"], ("n_complaints",)).to_pylist():
        entry = book.entry(row["issue_code"])
        if row["store_id"] in kinds and row["n_complaints"] and entry is not None and not entry.general:
            out[row["issue_code"]][row["source"], row["store_id"], row["sku_id"]] += row["n_complaints"]
    return out


def _line(ctx: Context, code: str | None, found: Mixed, differs: bool) -> Line:
    w = ctx.words
    own, franchised = (w.share(k, n) for k, n in zip(found.k, found.n, strict=True))
    unit = w.pick(" 倍", "×")
    times, between = f"{w.number(found.ratio, 2)}{unit}", f"{w.number(found.low, 2)}–{w.number(found.high, 2)}"
    ref = refs.make("mentions", month=ctx.book.month, intent="complaint", aspect=code)
    title = w.pick(f"加盟为直营的 {times}，95% 区间 {between}", f"franchised to own {times}, 95% interval {between}")
    gate = "strong" if differs else "insufficient"
    drawing = svg.whisker(found.ratio, found.low, found.high, top=4.0, gate=gate, base=1.0, log=True, title=title)
    name = ctx.book.issue(code) if code else w.pick("任何一处不满", "any complaint")
    return Line(
        name, own, franchised, Fig(times, ref, "stores.html#ownership", found.ratio), between, drawing, differs, found
    )
