"""Sheets of what follows from a ranking: actions, fixes, the self-test, how stars go with issues, audits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from voc.report import followup, ownership, words
from voc.report.context import Context
from voc.report.records import Row
from voc.report.sheets import Column, Sheet, get


def after(ctx: Context) -> list[Sheet]:
    """The sheets whose tables have rows."""
    data, w, month = ctx.book.data, ctx.words, ctx.book.month

    def rows(name: str, *keys: str) -> list[Row]:
        found = [r for r in getattr(data, name).to_pylist() if name == "actions" or r["month"] == month]
        return sorted(found, key=lambda r: tuple((r[k] is None, r[k]) for k in keys))

    sheets = [
        Sheet(w.pick("待办", "Actions"), _actions(ctx), rows("actions", "action_id")),
        Sheet(w.pick("整改", "Fixes"), _fixes(ctx), rows("verdicts", "fix_id")),
        Sheet(w.pick("自测", "Self-test"), _power(ctx), rows("power", "level", "copy", "n_lo", "rise")),
        Sheet(w.pick("星级", "Stars"), _impact(ctx), rows("impact", "pull", "aspect")),
        Sheet(w.pick("抽查", "Audit"), _audit(ctx), rows("prevalence", "aspect")),
    ]
    found = ownership.both(ctx)
    lines = [found.whole, *found.lines] if found else []
    sheets.append(Sheet(w.pick("直营与加盟", "Own and franchised"), _ownership(w), lines))
    return [s for s in sheets if s.rows]


def _actions(ctx: Context) -> list[Column]:
    """The first six columns are those that may be changed and read back."""
    w, book = ctx.words, ctx.book
    named = ("action_id", "status", "owner")
    return [
        *(Column(c, "text", get(c), 15) for c in named),
        Column("due", "date", _day("due")),
        Column("fixed_on", "date", _day("fixed_on")),
        Column("note", "text", get("note"), 30),
        Column(w.pick("层级", "Level"), "text", lambda r: w.of(words.LEVELS, r["level"])),
        Column(w.pick("哪里", "Where"), "text", lambda r: None if r["level"] == "chain" else book.place(r), 34),
        Column(w.pick("问题", "Issue"), "text", lambda r: book.issue(r["aspect"], r["issue_kind"]), 18),
        Column(w.pick("投诉", "Complaints"), "int", get("observed")),
        Column(w.pick("预期", "Expected"), "real", get("expected")),
        Column(w.pick("优先级", "Priority"), "real", get("priority")),
        Column(w.pick("开始月份", "Opened"), "text", get("opened"), 9),
        Column(w.pick("最近月份", "Last seen"), "text", get("last_seen"), 9),
        Column(
            w.pick("结论", "Verdict"), "text", lambda r: w.of(followup.VERDICTS, r["verdict"]) if r["verdict"] else None
        ),
    ]


def _fixes(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    counts = (("before", "之前", "Before"), ("after", "之后", "After"))
    return [
        Column("fix_id", "text", get("fix_id"), 16),
        Column(w.pick("问题", "Issue"), "text", lambda r: book.issue(r["aspect"]), 18),
        Column(
            w.pick("门店", "Store"), "text", lambda r: book.store_name(r["store_id"]) if r["store_id"] else None, 24
        ),
        Column(w.pick("商品", "Product"), "text", lambda r: book.sku_name(r["sku_id"]) if r["sku_id"] else None, 24),
        Column(w.pick("整改日", "Fixed on"), "date", _day("fixed_on")),
        *(
            Column(w.pick(zh, en) + unit, "int", get(key + end))
            for key, zh, en in counts
            for end, unit in (("", w.pick("投诉", ", complaints")), ("_n", w.pick("评价", ", reviews")))
        ),
        Column(w.pick("之后为之前的几倍", "After over before"), "fine", get("ratio")),
        Column(w.pick("下限", "Low"), "fine", get("ratio_lo")),
        Column(w.pick("上限", "High"), "fine", get("ratio_hi")),
        Column(w.pick("结论", "Verdict"), "text", lambda r: w.of(followup.VERDICTS, r["verdict"])),
        Column(
            w.pick("说明", "Reason"), "text", lambda r: w.of(followup.REASONS, r["reason"]) if r["reason"] else None, 26
        ),
    ]


def _power(ctx: Context) -> list[Column]:
    w = ctx.words
    kinds = {"planted": ("埋了问题", "planted"), "null": ("没有埋", "nothing planted")}
    return [
        Column(w.pick("层级", "Level"), "text", lambda r: w.of(words.LEVELS, r["level"]), 14),
        Column(w.pick("副本", "Copies"), "text", lambda r: w.of(kinds, r["copy"]), 16),
        Column(w.pick("评价从", "Reviews from"), "int", get("n_lo")),
        Column(w.pick("评价到", "Reviews to"), "int", lambda r: None if r["n_hi"] is None else r["n_hi"] - 1),
        Column(w.pick("多出", "Rise"), "share", get("rise")),
        Column(w.pick("试了", "Tried"), "int", get("planted")),
        Column(w.pick("发现", "Found"), "int", get("found")),
        Column(w.pick("发现的占比", "Share found"), "share", get("power")),
        Column(w.pick("下限", "Low"), "share", get("power_lo")),
        Column(w.pick("上限", "High"), "share", get("power_hi")),
    ]


def _impact(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    parts = (("effect", "星级之差", "Difference in stars"), ("pull", "全链均分相差", "On the mean"))
    ends = (("", ""), ("_lo", w.pick("下限", ", low")), ("_hi", w.pick("上限", ", high")))
    return [
        Column(w.pick("问题", "Issue"), "text", lambda r: book.issue(r["aspect"]), 18),
        Column(w.pick("投诉", "Complaints"), "int", get("observed")),
        *(Column(w.pick(zh, en) + tail, "fine", get(key + end)) for key, zh, en in parts for end, tail in ends),
        Column(w.pick("占可解释的", "Of what is explained"), "share", get("share")),
    ]


def _audit(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    parts = (("precision", "标对的", "Right"), ("sensitivity", "找到的", "Found"), ("corrected", "校正后", "Corrected"))
    ends = (("", ""), ("_lo", w.pick("下限", ", low")), ("_hi", w.pick("上限", ", high")))
    return [
        Column(w.pick("问题", "Issue"), "text", lambda r: book.issue(r["aspect"]), 18),
        Column(w.pick("抽查的投诉", "Mentions checked"), "int", get("labelled_mentions")),
        Column(w.pick("抽查的评价", "Reviews checked"), "int", get("labelled_reviews")),
        Column(w.pick("标出的占比", "As tagged"), "share", get("rate")),
        *(Column(w.pick(zh, en) + tail, "share", get(key + end)) for key, zh, en in parts for end, tail in ends),
    ]


def _ownership(w: words.Words) -> list[Column]:
    kinds = ((0, "直营", "Own"), (1, "加盟", "Franchised"))
    parts = (("k", "投诉", ", complaints"), ("n", "评价", ", reviews"))
    return [
        Column(w.pick("问题", "Issue"), "text", lambda x: x.issue, 18),
        *(
            Column(w.pick(zh + part, en + tail), "int", _count(name, i))
            for i, zh, en in kinds
            for name, part, tail in parts
        ),
        Column(w.pick("同等条件下加盟为直营的几倍", "Franchised over own, same mix"), "fine", lambda x: x.mixed.ratio),
        Column(w.pick("95% 下限", "95% low"), "fine", lambda x: x.mixed.low),
        Column(w.pick("95% 上限", "95% high"), "fine", lambda x: x.mixed.high),
        Column(
            w.pick("差别", "Difference"),
            "text",
            lambda x: w.pick("看得出", "told") if x.differs else w.pick("看不出", "cannot be told"),
            14,
        ),
    ]


def _count(name: str, place: int) -> Callable[[Any], int]:
    return lambda line: int(getattr(line.mixed, name)[place])


def _day(name: str) -> Callable[[Mapping[str, Any]], datetime | None]:
    return lambda row: None if row[name] is None else datetime.combine(row[name], time())
