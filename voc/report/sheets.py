"""What stands in the sheets of the workbook: typed columns and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from voc.report import first, safety, told, trends, words
from voc.report.book import GATED
from voc.report.cells import slice_of
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.quotes import quote
from voc.report.records import Row
from voc.report.words import Words

PER_LEVEL = 5_000  # rows of a ranking level; ranking.parquet has all of them


@dataclass(frozen=True)
class Column:
    """A typed column: `kind` is a key of FORMATS; `of` takes a row and gives the value or None."""

    head: str
    kind: str
    of: Callable[[Any], Any]
    width: int = 12


@dataclass(frozen=True)
class Sheet:
    name: str
    columns: Sequence[Column]
    rows: Iterable[Any]


def sheets(ctx: Context, folder: Path) -> list[Sheet]:
    """All sheets in order; tables without rows have a sheet with headers only."""
    w = ctx.words
    L = w.pick
    return [
        Sheet(L("概览", "Summary"), _summary_columns(w), _summary(ctx)),
        Sheet(L("全链", "Chain-wide"), _chain_columns(ctx, folder), ctx.book.chain),
        Sheet(L("问题", "Issues"), _ranking_columns(ctx, folder), _ranking(ctx)),
        Sheet(L("安全", "Safety"), _safety_columns(ctx), [m for m, _ in safety.statements(ctx.book)]),
        Sheet(L("好评与建议", "Praise and requests"), _told_columns(w), _told(ctx)),
        Sheet(
            L("关键词", "Keywords"),
            _keyword_columns(ctx),
            _sorted(ctx.book.data.keywords.to_pylist(), "scope", "scope_id", "score"),
        ),
        Sheet(L("话题", "Topics"), _topic_columns(w), _sorted(ctx.book.data.topics.to_pylist(), "month", "topic_id")),
        Sheet(L("数据覆盖", "Coverage"), _coverage_columns(w), _coverage(ctx)),
        Sheet(
            L("文件", "Files"),
            _file_columns(w),
            _sorted(ctx.book.data.ingests.to_pylist(), "source", "file", "ingest_id"),
        ),
        Sheet(
            L("隔离", "Set aside"),
            [
                Column(L("原因", "Reason"), "text", lambda r: w.reason(r[0]), 30),
                Column(L("条数", "Records"), "int", lambda r: r[1]),
            ],
            sorted(ctx.book.data.quarantine_counts.items()),
        ),
    ]


def _summary_columns(w: Words) -> list[Column]:
    return [
        Column(w.pick("名称", "Name"), "text", lambda r: r[0], 34),
        Column(w.pick("数值", "Number"), "text", lambda r: r[1], 22),
        Column(w.pick("说明", "Note"), "text", lambda r: r[2], 48),
        Column("ref", "text", lambda r: r[3], 48),
    ]


def _summary(ctx: Context) -> list[tuple[str, str, str, str]]:
    k, n = first.complaining(ctx)
    rows = [(ctx.words.pick("月份", "Month"), ctx.book.month, tidy(ctx.book.data.title, longest=80), "")]
    rows += [
        (f.label, f.fig.text if f.fig else words.NONE, " · ".join(f.below), f.fig.ref if f.fig else "")
        for f in first.figures(ctx, k, n, trends.gaps(ctx.book))
    ]
    rows += [
        (ctx.words.pick("本月不能说的事", "What this month cannot say"), "", line, "")
        for line in first.cannot(ctx, trends.gaps(ctx.book))
    ]
    return rows


def _issue_columns(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    return [
        Column(w.pick("问题", "Issue"), "text", lambda r: book.issue(r["aspect"], r["issue_kind"]), 18),
        Column(w.pick("代码", "Code"), "text", lambda r: r["aspect"], 8),
        Column(w.pick("严重程度", "Severity"), "text", lambda r: w.of(words.SEVERITIES, r["severity"]), 10),
    ]


def _chain_columns(ctx: Context, folder: Path) -> list[Column]:
    w = ctx.words
    return [
        Column(w.pick("序", "No."), "int", lambda r: r["rank"], 6),
        *_issue_columns(ctx),
        Column(w.pick("投诉", "Complaints"), "int", lambda r: r["observed"]),
        Column(w.pick("评价", "Reviews"), "int", lambda r: r["n"]),
        Column(w.pick("占评价", "Of reviews"), "share", lambda r: r["rate"] if r["n"] >= words.SMALL else None),
        Column(w.pick("95% 下限", "95% low"), "share", lambda r: r["rate_lo"] if r["n"] >= words.SMALL else None),
        Column(w.pick("95% 上限", "95% high"), "share", lambda r: r["rate_hi"] if r["n"] >= words.SMALL else None),
        Column(w.pick("占投诉", "Of complaints"), "share", lambda r: r["share"] if r["n"] >= words.SMALL else None),
        *(
            Column(f"{head}{part}", "fine", get(f"{span}_ratio{end}"))
            for span, head in (
                ("month", w.pick("较上月", "On last month")),
                ("year", w.pick("较去年同月", "On last year")),
            )
            for end, part in (("", ""), ("_lo", w.pick("下限", ", low")), ("_hi", w.pick("上限", ", high")))
        ),
        Column(w.pick("原话", "Words"), "link", lambda r: _link(ctx, folder, {**r, "level": "chain"}), 7),
    ]


def _ranking_columns(ctx: Context, folder: Path) -> list[Column]:
    w, book, cells = ctx.words, ctx.book, ctx.cells
    L = w.pick
    return [
        Column(L("层级", "Level"), "text", lambda r: w.of(words.LEVELS, r["level"]), 12),
        Column(L("名次", "Rank"), "int", get("rank"), 7),
        Column(L("名次下限", "Rank, low"), "int", get("rank_lo"), 8),
        Column(L("名次上限", "Rank, high"), "int", get("rank_hi"), 8),
        Column(L("哪里", "Where"), "text", book.place, 34),
        *_issue_columns(ctx),
        Column(L("把握", "Evidence"), "text", lambda r: w.gate(r["gate"]), 13),
        Column(L("只看有文字的评价", "On reviews with text"), "text", lambda r: w.gate(r["text_only_gate"]), 13),
        Column(L("投诉", "Complaints"), "int", get("observed")),
        Column(L("评价", "Reviews"), "int", get("n")),
        Column(L("预期", "Expected"), "real", get("expected")),
        Column(L("为预期的几倍", "Times the expected"), "fine", get("rr")),
        Column(L("90% 下限", "90% low"), "fine", get("rr05")),
        Column(L("90% 上限", "90% high"), "fine", get("rr95")),
        Column(L("多出", "Excess"), "real", get("excess")),
        Column(L("优先级", "Priority"), "real", get("priority")),
        Column(
            L("投诉减预期", "Burden"),
            "real",
            lambda r: None if r["expected"] is None else r["observed"] - r["expected"],
        ),
        Column(L("主要来自", "Mostly from"), "text", lambda r: cells.driver(r)[0], 24),
        Column(
            L("变化", "Change"),
            "text",
            lambda r: w.of(words.CHANGES, r["change"]) if r["change"] in words.CHANGES else None,
        ),
        Column(L("为前几个月的几倍", "Times the months before"), "fine", get("change_rr")),
        Column(L("变化 90% 下限", "Change, 90% low"), "fine", get("change_lo")),
        Column(L("变化 90% 上限", "Change, 90% high"), "fine", get("change_hi")),
        Column(L("同类门店", "Peer stores"), "int", get("peer_stores")),
        Column(L("门店编号", "Store id"), "text", get("store_id")),
        Column(L("商品编号", "Product id"), "text", get("sku_id")),
        Column(L("原话", "Words"), "link", lambda r: _link(ctx, folder, r) if r["gate"] in GATED else None, 7),
        Column("ref", "text", lambda r: cells.ref(r), 40),
    ]


def _ranking(ctx: Context) -> list[Row]:
    """Levels in the order of the pages, each by rank, cut to PER_LEVEL rows."""
    return [r for level in words.LEVELS for r in ctx.book.by_level.get(level, [])[:PER_LEVEL]]


def _safety_columns(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    L = w.pick

    def said(m: Any) -> str | None:
        found = quote(book, m, around=400)
        return found.plain if found else None

    def answer(m: Any, name: str) -> Any:
        found = book.found.get((m.root, m.aspect))
        return found and found[name]

    def lot(m: Any) -> str | None:
        review = book.reviews.get(m.review_id)
        return review.lot if review else None

    return [
        Column("mention_id", "text", lambda m: m.mention_id, 24),
        Column("state", "text", lambda m: w.of(words.FOUND, answer(m, "state") or safety.AWAITING)),
        Column("who", "text", lambda m: answer(m, "who")),
        Column("decided_on", "date", lambda m: (day := answer(m, "decided_on")) and datetime.combine(day, time())),
        Column("note", "text", lambda m: answer(m, "note"), 30),
        Column(L("日期", "Date"), "date", lambda m: w.local(m.created_at).replace(tzinfo=None)),
        Column(L("问题", "Issue"), "text", lambda m: book.issue(m.aspect), 18),
        Column(L("原话", "Words"), "text", said, 60),
        Column(L("来源", "Source"), "text", lambda m: w.source(m.source)),
        Column(L("门店", "Store"), "text", lambda m: book.store_name(m.store_id), 24),
        Column(L("商品", "Product"), "text", lambda m: book.sku_name(m.sku_id), 24),
        Column(L("批次", "Lot"), "text", lot),
        Column("review_id", "text", lambda m: m.review_id, 24),
    ]


def _told_columns(w: Words) -> list[Column]:
    return [
        Column(w.pick("意图", "Intent"), "text", lambda r: w.of(words.INTENTS, r[0]), 14),
        Column(w.pick("问题", "Issue"), "text", lambda r: r[1], 18),
        Column(w.pick("顾客数", "Customers"), "int", lambda r: r[2]),
        Column(w.pick("一句原话", "One quote"), "text", lambda r: r[3], 70),
        Column("ref", "text", lambda r: r[4], 40),
    ]


def _told(ctx: Context) -> list[tuple[str, str, int, str | None, str]]:
    return [
        (intent, name, int(fig.value or 0), found[0].plain if found else None, fig.ref)
        for intent in ("praise", "request")
        for name, fig, found in told.told(ctx, intent, 100)
    ]


def _keyword_columns(ctx: Context) -> list[Column]:
    w, book = ctx.words, ctx.book
    scopes = {
        "all": ("全链", "chain"),
        "source": ("来源", "source"),
        "store": ("门店", "store"),
        "sku": ("商品", "product"),
        "aspect": ("问题", "issue"),
    }

    def named(r: Row) -> str | None:
        if r["scope"] == "store":
            return book.store_name(r["scope_id"])
        if r["scope"] == "sku":
            return book.sku_name(r["scope_id"])
        if r["scope"] == "source" and r["scope_id"]:
            return w.source(r["scope_id"])
        return book.issue(r["scope_id"]) if r["scope"] == "aspect" and r["scope_id"] else r["scope_id"]

    return [
        Column(w.pick("月份", "Month"), "text", get("month"), 9),
        Column(w.pick("范围", "Scope"), "text", lambda r: w.of(scopes, r["scope"]), 9),
        Column(w.pick("哪里", "Where"), "text", named, 24),
        Column(w.pick("词", "Term"), "text", get("term"), 16),
        Column(w.pick("评价", "Reviews"), "int", get("n_reviews")),
        Column(w.pick("得分", "Score"), "fine", get("score")),
        Column(w.pick("倾向", "Polarity"), "text", get("polarity")),
        Column(w.pick("新词", "New"), "text", lambda r: w.pick("是", "yes") if r["is_new"] else None, 7),
    ]


def _topic_columns(w: Words) -> list[Column]:
    return [
        Column(w.pick("月份", "Month"), "text", get("month"), 9),
        Column("topic_id", "text", get("topic_id")),
        Column(w.pick("话题", "Topic"), "text", get("label"), 30),
        Column(w.pick("提及", "Mentions"), "int", get("size")),
        Column(w.pick("变化", "Event"), "text", lambda r: w.of(words.EVENTS, r["event"])),
        Column(w.pick("词", "Terms"), "text", lambda r: " ".join(t["term"] for t in r["terms"] or []), 50),
        Column(w.pick("所在编码", "Inside code"), "text", get("within"), 9),
        Column(w.pick("相近话题", "Close to"), "text", get("kin"), 9),
        Column(w.pick("首见", "First seen"), "text", get("born"), 9),
        Column(w.pick("处理", "Decided"), "text", get("state"), 9),
        Column("x", "fine", get("x")),
        Column("y", "fine", get("y")),
    ]


def _coverage_columns(w: Words) -> list[Column]:
    L = w.pick
    return [
        Column(L("月份", "Month"), "text", lambda r: r[0], 9),
        Column(L("层级", "Level"), "text", lambda r: r[1], 10),
        Column(L("哪里", "Where"), "text", lambda r: r[2], 30),
        Column(L("编号", "Id"), "text", lambda r: r[3], 14),
        Column(L("计入", "Counted"), "int", lambda r: r[4].n_reviews),
        Column(L("有文字", "With text"), "int", lambda r: r[4].n_text),
        Column(L("平均星级", "Stars"), "fine", lambda r: r[4].rating),
        Column(L("默认好评", "Default"), "int", lambda r: r[4].n_default),
        Column(L("可疑或重复", "Flagged"), "int", lambda r: r[4].n_flagged),
    ]


def _coverage(ctx: Context) -> list[tuple[Any, ...]]:
    book, w = ctx.book, ctx.words
    rows: list[tuple[Any, ...]] = [
        (m, w.pick("全链", "chain"), "", "", book.seen(month=m)) for m in reversed(book.months)
    ]
    sources = sorted({str(key) for m, dim, key in book.exposure if dim == "source" and m == book.month})
    rows += [(book.month, w.of(words.LEVELS, "source"), w.source(s), s, book.seen("source", s)) for s in sources]
    for dim, names in (("store", book.stores), ("sku", book.skus)):
        rows += [
            (book.month, w.of(words.LEVELS, dim), e.name, k, book.seen(dim, k))
            for k, e in names.items()
            if book.seen(dim, k).n_reviews
        ]
    return rows


def _file_columns(w: Words) -> list[Column]:
    L = w.pick
    return [
        Column(L("来源", "Source"), "text", lambda r: w.source(r["source"]), 14),
        Column(L("文件", "File"), "text", get("file"), 34),
        *(
            Column(L(zh, en), "int", get(key))
            for key, zh, en in (
                ("records", "记录", "Records"),
                ("new", "新增", "New"),
                ("updated", "更新", "Updated"),
                ("duplicate", "重复", "Duplicate"),
                ("unchanged", "未变", "Unchanged"),
                ("quarantined", "隔离", "Set aside"),
                ("reviews_written", "写入评价", "Reviews written"),
                ("naive_times", "无时区的时间", "Times without a zone"),
            )
        ),
        Column("sha256", "text", get("sha256"), 20),
    ]


def _change(w: Words, row: Row) -> str | None:
    return w.of(words.CHANGES, row["change"]) if row["change"] in words.CHANGES else None


def get(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row[name]


def _sorted(rows: list[Row], *columns: str) -> list[Row]:
    return sorted(rows, key=lambda r: tuple(-r[c] if c == "score" else str(r[c] or "") for c in columns))


def _link(ctx: Context, folder: Path, row: Mapping[str, Any]) -> str | None:
    dim, key = slice_of(row)
    href = ctx.evidence.link(dim, key, row["aspect"], "complaint", kind=row["issue_kind"])[1]
    return href if (folder / href.partition("#")[0]).is_file() else None
