"""The first page: may I believe this, how are we doing, what must I decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import stdev
from typing import Any

from voc import refs
from voc.report import changes, decisions, editions, feasts, followup, ownership, safety, svg, trends, trust
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Fig, Parts, wilson
from voc.report.trust import month_before, year_before
from voc.report.words import SMALL


def page(ctx: Context) -> dict[str, Any]:
    """All that index.html.j2 needs."""
    missing = trends.gaps(ctx.book)
    k, n = complaining(ctx)
    charts = [(r, c) for r in decisions.named_issues(ctx.book)[:6] if (c := trends.issue(ctx.book, r, missing))]
    return {
        "conclusion": conclusion(ctx, k, n),
        "figures": figures(ctx, k, n, missing),
        "trust": trust.trust(ctx),
        "decisions": decisions.five(ctx),
        "fixes": followup.fixes(ctx, veiled=True),
        "cases": (cases := safety.cases(ctx, veiled=True)),
        "standing": safety.standing(ctx.words, cases),
        "festive": any(feasts.names(ctx.words, m) for m in ctx.book.months),
        "chart": trends.complaining(ctx.book, missing, now=(k, n)),
        "multiples": [(ctx.cells.chain(r), c) for r, c in charts],
        "ownership": ownership.both(ctx),
        "cannot": cannot(ctx, missing),
        "changed": changed(ctx),
        "edition": editions.against(ctx),
        "restated": editions.restated(ctx),
    }


def complaining(ctx: Context) -> tuple[int, int]:
    """(customers with a complaint, customers counted) of the month."""
    k = ctx.book.customers(ctx.book.find("chain", "", None, "complaint"))
    return k, max(k, ctx.book.seen().n_reviews)


def conclusion(ctx: Context, k: int, n: int) -> list[Parts]:
    """Two sentences made of the numbers."""
    w, month = ctx.words, ctx.words.month(ctx.book.month)
    if n == 0:
        return [
            [w.pick(f"{month}没有可以计数的评价。", f"There are no reviews to count in {month}.")],
            [w.pick("本页因此不下结论。", "This page therefore draws no conclusion.")],
        ]
    total = ctx.evidence.exposure()
    share = _share(ctx, k, n)
    if k == 0:
        first: Parts = [
            w.pick(f"{month}的 ", f"In {month}, none of the "),
            total,
            w.pick(" 条评价里没有发现投诉。", f" {'review' if n == 1 else 'reviews'} holds a complaint."),
        ]
    elif n < SMALL:
        first = (
            [f"{month}只有 ", total, " 条评价，其中 ", share, " 条提到不满；数量太少，不算比例。"]
            if w.zh
            else [
                f"{month} has only ",
                total,
                f" {'review' if n == 1 else 'reviews'}, ",
                share,
                " of them with a complaint: too few for a percentage.",
            ]
        )
    else:
        low, high = wilson(k, n)
        between = w.interval(low, high, percent=True)
        first = (
            [f"{month}，", total, " 条评价中有 ", share, f"（{between}）提到至少一处不满。"]
            if w.zh
            else [
                f"In {month}, ",
                share,
                f" ({between}) of ",
                total,
                " reviews mention at least one thing that went wrong.",
            ]
        )
    return [first, _second(ctx)]


def _second(ctx: Context) -> Parts:
    w, book = ctx.words, ctx.book
    local = sum(len(rows) for rows in book.gated.values())
    parts: list[str | Fig] = []
    if listed := decisions.named_issues(book):
        top = ctx.cells.chain(listed[0])
        small = listed[0]["n"] < SMALL
        parts += (
            ["全链最多的投诉是", w.quoted(top.issue), "，", top.observed, " 条" if small else " 条，占 "]
            if w.zh
            else [
                "The most frequent complaint chain-wide is ",
                w.quoted(top.issue),
                ": ",
                top.observed,
                "" if small else ", or ",
            ]
        )
        parts += ([] if small else [top.rate]) + [w.pick("；", "; ")]
    count = Fig(w.count(local), refs.make("ranking", month=book.month), "issues.html", local)
    if local:
        parts += (
            ["另有 ", count, " 处局部问题多于预期，值得去查。"]
            if w.zh
            else [count, " local issue stands out." if local == 1 else " local issues stand out."]
        )
    else:
        parts += [w.pick("没有一处局部问题达到信号的门槛。", "no local issue reaches the threshold of a signal.")]
        if len(parts) == 1 and not w.zh:
            parts = ["No local issue reaches the threshold of a signal."]
    return parts


def _share(ctx: Context, k: int, n: int) -> Fig:
    ref, href = ctx.evidence.link("chain", "", None, "complaint")
    return Fig(ctx.words.share(k, n) if n >= SMALL else ctx.words.count(k), ref, href, k)


@dataclass(frozen=True)
class Figure:
    """One number of the strip under the headline: `below` are short lines, `spark` its months."""

    label: str
    fig: Fig | None
    below: tuple[str, ...]
    spark: str = ""
    alert: bool = False


def figures(ctx: Context, k: int, n: int, missing: dict[str, list[str]]) -> list[Figure]:
    """The strip under the headline."""
    w, book = ctx.words, ctx.book
    now = book.seen()
    left_out = now.n_default + now.n_flagged
    ref, href = ctx.evidence.link("chain", "", None, "complaint")
    said = (
        [w.interval(*wilson(k, n), percent=True)]
        if n >= SMALL
        else [w.pick("数量太少，不算比例", "too few for a percentage")]
    )
    for month, zh, en in (
        (month_before(book.month), "较上月", "on last month"),
        (year_before(book.month), "较去年同月", "on last year"),
    ):
        if (c := trends.change(book, missing, month, now=(k, n))) is not None:
            said.append(w.pick(f"{zh} {w.points(*c)}", f"{w.points(*c)} {en}"))
    ks, ns = trends.counts(book, now=(k, n))
    shares = [ks.get(m, 0) / ns[m] if ns.get(m, 0) >= SMALL else None for m in book.months[-6:]]
    cases = safety.cases(ctx)
    return [
        Figure(
            w.pick("提到不满的顾客", "Customers with a complaint"),
            Fig(w.share(k, n), ref, href, k) if n else None,
            tuple(said) if n else (),
            svg.spark(shares, title=w.pick("近六个月的占比", "share over six months")),
        ),
        _stars(ctx),
        Figure(
            w.pick("安全个案", "Safety cases"),
            safety.count(ctx),
            safety.waiting(ctx, cases),
            alert=any(c.state != safety.EXCLUDED for c in cases),
        ),
        Figure(
            w.pick("计入的评价", "Reviews counted"),
            ctx.evidence.exposure(),
            (w.pick(f"另有 {left_out:,} 条未计入", f"{left_out:,} more left out"),),
        ),
    ]


def _stars(ctx: Context) -> Figure:
    """Average stars with a normal interval, and what they were a month and a year before."""
    w, book = ctx.words, ctx.book
    now, label = book.seen(), w.pick("平均星级", "Average stars")
    if now.rating is None:
        return Figure(label, None, ())
    ref = refs.make("exposure", month=book.month)
    below = []
    given = [r.rating for r in book.reviews.values() if r.counted and r.rating is not None]
    if len(given) >= SMALL:
        half = 1.96 * stdev(given) / math.sqrt(len(given))
        below.append(f"{w.number(now.rating - half, 2)}–{w.number(min(now.rating + half, 5.0), 2)}")
    for month, zh, en in (
        (month_before(book.month), "上月", "last month"),
        (year_before(book.month), "去年同月", "a year ago"),
    ):
        if (old := book.seen(month=month).rating) is not None:
            below.append(f"{w.pick(zh, en)} {w.number(old, 2)}")
    below.append(w.pick(f"{now.rating_n:,} 条有星级", f"{now.rating_n:,} rated"))
    values = [book.seen(month=m).rating for m in book.months[-6:]]
    return Figure(
        label,
        Fig(w.number(now.rating, 2), ref, "coverage.html#months", now.rating),
        tuple(below),
        svg.spark(values, title=w.pick("近六个月的平均星级", "average stars over six months"), zero=False),
    )


def changed(ctx: Context) -> Parts | None:
    """What moved against the months before; without history, which signals were there last month too, without a verdict."""
    if (judged := changes.summary(ctx)) is not None:
        return judged
    if ctx.cells.before is None or not (ctx.cells.before or any(ctx.book.gated.values())):
        return None
    w = ctx.words
    cells = [r for rows in ctx.book.gated.values() for r in rows]
    again = sum(bool(ctx.cells.was(r)) for r in cells)
    ref = refs.make("ranking", month=ctx.book.month)
    fig, fresh = (
        Fig(w.count(again), ref, "issues.html", again),
        Fig(w.count(len(cells) - again), ref, "issues.html", None),
    )
    gone = len(ctx.cells.before) - again
    old = Fig(w.count(gone), refs.make("ranking", month=month_before(ctx.book.month)), "issues.html", gone)
    if w.zh:
        return [
            "本月的信号里，",
            fig,
            " 处上月也在，",
            fresh,
            " 处上月不在；上月的信号有 ",
            old,
            " 处本月不再达到门槛。单看两个月，不能说变好或变坏。",
        ]
    return [
        "Of this month's signals ",
        fig,
        " stood out last month too and ",
        fresh,
        " did not; ",
        old,
        " of last month's no longer reach the threshold. Two months alone do not tell better from worse.",
    ]


def cannot(ctx: Context, missing: dict[str, list[str]]) -> list[str]:
    """What this month cannot say."""
    w, book = ctx.words, ctx.book
    out = []
    for source, reason in book.data.withheld:
        source, reason = w.source(source), tidy(reason, longest=120)
        out.append(
            w.pick(f"{source} 的走势本月不展示：{reason}。", f"Trends do not include {source} this month: {reason}.")
        )
    for month in (m for m in book.months[:-1] if m in missing):
        lost = w.list([w.source(s) for s in missing[month]])
        out.append(
            w.pick(
                f"{w.month(month)}缺 {lost} 的大部分数据，图中以灰条标出。",
                f"Most of {lost} is missing in {w.month(month)}; the charts mark that month in grey.",
            )
        )
    few = sum(0 < book.seen("store", s).n_reviews < SMALL for s in book.stores)
    if few:
        out.append(
            w.pick(
                f"{few} 家门店的评价不足 {SMALL} 条，不作比较。",
                f"{w.things(few, '', 'store')} with fewer than {SMALL} reviews {'is' if few == 1 else 'are'} not compared.",
            )
        )
    if len(book.months) < 6:
        out.append(
            w.pick(
                "历史不足 6 个月，还不能判断好转或恶化。",
                "With fewer than 6 months of history, improvement or decline cannot be told yet.",
            )
        )
    if year_before(book.month) in book.months:
        out += feasts.moved(w, book.month, year_before(book.month))
    if len(book.months) < 13:
        out.append(
            w.pick("没有去年同月的数据，不作同比。", "There is no data of the same month last year to compare with.")
        )
    out.append(
        w.pick(
            "信号说明投诉多于预期，不说明原因，也不等于已经查实。",
            "A signal says that complaints exceed what was to be expected; it names no cause and proves no fault.",
        )
    )
    return out
