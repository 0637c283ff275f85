"""Why a published number changed: a whole report leaves its numbers and what they were made from for the next one.

An edition is rows of `published`: its figures, the chain's rates, its signals, and what it was made from. A build compares
itself with the newest edition that is not equal to it, so building once more from the same tables gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc import refs
from voc.report.book import GATED, Book
from voc.report.context import Context
from voc.report.data import ReportData
from voc.report.figures import Fig, Parts
from voc.report.trust import month_before, year_before
from voc.report.words import NONE
from voc.schemas import PUBLISHED, conform

Row = dict[str, Any]
Kept = tuple[float | None, str | None]  # value and text of a row
PLACES = ("store_id", "sku_id", "region", "source", "category", "parent_sku", "lot")
FIGURES = {
    "reviews": ("计入的评价", "reviews counted"),
    "left_out": ("未计入的评价", "reviews left out"),
    "complaining": ("提到不满的顾客", "customers with a complaint"),
    "stars": ("平均星级", "average stars"),
    "safety": ("安全个案", "safety cases"),
}


def edition(data: ReportData) -> list[Row]:
    """The rows of this build, without their number; sorted."""
    out: list[Row] = []

    def add(kind: str, key: str, value: float | None = None, text: str | None = None) -> None:
        out.append({"kind": kind, "key": key, "value": None if value is None else round(value, 9), "text": text})

    for key, value in figures(data, data.month).items():
        add("figure", key, value)
    add("figure", "safety", float(len(data.safety)))
    for row in data.chain.to_pylist():
        if row["observed"] and row["issue_kind"] == "aspect":  # topics are found anew each time
            add("chain", refs.make("chain", issue_kind=row["issue_kind"], aspect=row["aspect"]), row["rate"])
    for row in data.ranking.to_pylist():
        if row["gate"] in GATED and row["level"] != "chain":
            ids = {k: row[k] for k in PLACES}
            key = refs.make("ranking", level=row["level"], issue_kind=row["issue_kind"], aspect=row["aspect"], **ids)
            add("signal", key, row["rr"], row["gate"])
    for key, text in _made_from(data):
        add("made_from", key, text=text)
    return sorted(out, key=lambda r: (r["kind"], r["key"]))


def figures(data: ReportData, month: str) -> dict[str, float]:
    """The sums of a month: what the first page prints, as far as the additive tables have it."""
    e = data.exposure.filter(pc.equal(data.exposure["month"], month))
    k = data.complainers.filter(pc.equal(data.complainers["month"], month))
    stars = pc.sum(e["rating_n"]).as_py() or 0
    return {
        "reviews": float(pc.sum(e["n_reviews"]).as_py() or 0),
        "left_out": float((pc.sum(e["n_default"]).as_py() or 0) + (pc.sum(e["n_flagged"]).as_py() or 0)),
        "complaining": float(pc.sum(k["n_complaining"]).as_py() or 0),
        **({"stars": pc.sum(e["rating_sum"]).as_py() / stars} if stars else {}),
    }


def _made_from(data: ReportData) -> Iterable[tuple[str, str]]:
    """(what, its state): the files that touch the month, taxonomy, models, settings, lists, the code."""
    for row in data.ingests.to_pylist():
        if data.month in row["months"]:
            counts = {k: row[k] for k in ("file", "source", "new", "updated")}
            yield f"file {row['ingest_id']}", json.dumps(counts, ensure_ascii=False, sort_keys=True)
    taxonomy = data.run.get("taxonomy") or {}
    yield "taxonomy", " ".join(str(taxonomy.get(k) or "") for k in ("name", "version", "sha256"))
    yield "models", ", ".join(data.run.get("models") or ())
    yield "code", str(data.run.get("code") or "")
    for key, value in sorted(_leaves(data.run.get("config") or {})):
        if not key.startswith("report."):  # a title changes no number
            yield f"setting {key}", value
    for name in ("stores", "skus"):
        rows = json.dumps(getattr(data, name).to_pylist(), default=str, ensure_ascii=False, sort_keys=True)
        yield f"list {name}", hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _leaves(config: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def stored(published: pa.Table, month: str) -> dict[int, list[Row]]:
    """The editions of a month by number, each as `edition` gives it."""
    out: dict[int, list[Row]] = {}
    for row in published.to_pylist():
        if row["month"] == month:
            out.setdefault(row["edition"], []).append({k: row[k] for k in ("kind", "key", "value", "text")})
    return {n: sorted(rows, key=lambda r: (r["kind"], r["key"])) for n, rows in sorted(out.items())}


def added(published: pa.Table, data: ReportData) -> pa.Table | None:
    """The month's slice of `published` with this build as its newest edition; None where the newest equals it."""
    before, now = stored(published, data.month), edition(data)
    number = max(before, default=0)
    if number and before[number] == now:
        return None
    rows = [{"month": data.month, "edition": number + 1, **row} for row in now]
    kept = published.filter(pc.equal(published["month"], data.month))
    return pa.concat_tables([kept, conform(pa.Table.from_pylist(rows, schema=PUBLISHED), PUBLISHED)])


@dataclass(frozen=True)
class Difference:
    """A number that was published and is another now."""

    name: str
    then: str
    now: str


@dataclass(frozen=True)
class Against:
    """What differs from the last edition, and what changed in what it is made from."""

    number: int
    figures: list[Difference]
    chain: list[Difference]
    gained: list[str]
    lost: list[str]
    causes: list[str]
    sentence: Parts


def against(ctx: Context) -> Against | None:
    """This build beside the newest edition that differs from it; None where there is none or no number differs."""
    book, w = ctx.book, ctx.words
    now = edition(book.data)
    earlier = {n: rows for n, rows in stored(book.data.published, book.month).items() if rows != now}
    if not earlier:
        return None
    number = max(earlier)
    a, b = _by_kind(earlier[number]), _by_kind(now)
    moved = [
        Difference(w.pick(*FIGURES[k]), _number(ctx, k, a["figure"].get(k)), _number(ctx, k, b["figure"].get(k)))
        for k in FIGURES
        if a["figure"].get(k) != b["figure"].get(k)
    ]
    rates = [
        (abs(_value(x) - _value(y)), k, Difference(_named(book, k), w.percent(x and x[0]), w.percent(y and y[0])))
        for k in a["chain"].keys() | b["chain"].keys()
        if (x := a["chain"].get(k)) != (y := b["chain"].get(k))
    ]
    rates.sort(key=lambda r: (-r[0], r[1]))
    lost, gained = (sorted(x["signal"].keys() - y["signal"].keys()) for x, y in ((a, b), (b, a)))
    if not (moved or rates or lost or gained):
        return None
    causes = _causes(ctx, a["made_from"], b["made_from"])
    chain = [d for _, _, d in rates if d.then != d.now]
    sentence = _sentence(ctx, number, a["figure"], b["figure"], len(gained), len(lost), causes)
    named = [[_named(book, k) for k in keys] for keys in (gained, lost)]
    return Against(number, moved, chain, named[0], named[1], causes, sentence)


def restated(ctx: Context) -> list[str]:
    """Earlier months that the first page compares with and whose published numbers are others now, as sentences."""
    book, w, out = ctx.book, ctx.words, []
    for month in (month_before(book.month), year_before(book.month)):
        editions = stored(book.data.published, month)
        if not editions:
            continue
        then, now = _by_kind(editions[max(editions)])["figure"], figures(book.data, month)
        for key in ("reviews", "complaining"):
            if then.get(key, (None,))[0] != now[key]:
                old, new = _number(ctx, key, then.get(key)), w.count(int(now[key]))
                name = w.pick(*FIGURES[key])
                out.append(
                    w.pick(
                        f"{w.month(month)}的{name}在发布后有变：{old} → {new}；与它的比较用新数。",
                        f"{w.title(name)} of {w.month(month)} changed since its report: {old} → {new}, used here.",
                    )
                )
    return out


def _by_kind(rows: Iterable[Row]) -> dict[str, dict[str, Kept]]:
    out: dict[str, dict[str, Kept]] = {k: {} for k in ("figure", "chain", "signal", "made_from")}
    for row in rows:
        out[row["kind"]][row["key"]] = (row["value"], row["text"])
    return out


def _value(found: Kept | None) -> float:
    return 0.0 if found is None or found[0] is None else found[0]


def _number(ctx: Context, key: str, found: Kept | None) -> str:
    if found is None or found[0] is None:
        return NONE
    return ctx.words.number(found[0], 2) if key == "stars" else ctx.words.count(int(found[0]))


def _named(book: Book, key: str) -> str:
    """'排队 · 东门店' for the key of a signal or of an issue of the chain."""
    table, ids = refs.parse(key)
    issue = book.words.title(book.issue(ids["aspect"], ids["issue_kind"]))
    return issue if table == "chain" else f"{issue} · {book.place({k: None for k in PLACES} | ids)}"


def _sentence(
    ctx: Context,
    number: int,
    a: Mapping[str, Kept],
    b: Mapping[str, Kept],
    gained: int,
    lost: int,
    causes: list[str],
) -> Parts:
    """One line for the first page, from the figures of both; `number` is the earlier edition's."""
    w, month = ctx.words, ctx.book.month
    parts: list[str | Fig] = [w.pick("与上次出的本月报告不同：", "Differs from the last report of this month: ")]
    for key in ("reviews", "complaining"):
        if a.get(key) != b.get(key):
            ref = refs.make("published", month=month, edition=number, kind="figure", key=key)
            then = Fig(_number(ctx, key, a.get(key)), ref, "coverage.html#editions", None)
            parts += [f"{w.pick(*FIGURES[key])} ", then, f" → {_number(ctx, key, b.get(key))}{w.pick('，', ', ')}"]
    parts.append(w.pick(f"信号多 {gained} 处、少 {lost} 处。", f"{gained} signals more, {lost} fewer."))
    if causes:
        more = len(causes) - 1
        parts.append(w.pick(f"其间变了：{causes[0]}", f" What changed between them: {causes[0]}"))
        parts.append(w.pick(f"，另有 {more} 项。", f", and {more} more.") if more else w.pick("。", "."))
    return parts


def _causes(ctx: Context, a: Mapping[str, Kept], b: Mapping[str, Kept]) -> list[str]:
    """What the two were made from that is not the same, files first."""
    w, out = ctx.words, []
    for key in sorted(b.keys() - a.keys()):
        if key.startswith("file "):
            row = json.loads(b[key][1] or "{}")
            name, source = row["file"], w.source(row["source"])
            out.append(
                w.pick(
                    f"读入了 {name}（{source}，新增 {row['new']:,} 条、更新 {row['updated']:,} 条）",
                    f"{name} was read ({source}: {row['new']:,} new, {row['updated']:,} updated)",
                )
            )
    for key in sorted(a.keys() & b.keys()):
        if a[key] == b[key]:
            continue
        then, now = a[key][1] or NONE, b[key][1] or NONE
        kind, _, name = key.partition(" ")
        if kind == "setting":
            out.append(w.pick(f"设置 {name} 从 {then} 改为 {now}", f"setting {name} was {then}, now {now}"))
        elif kind == "list":
            out.append(w.pick("门店档案有改动", "the list of stores changed") if name == "stores"
                       else w.pick("商品档案有改动", "the list of products changed"))  # fmt: skip
        elif kind == "taxonomy":
            out.append(
                w.pick(f"问题词典从 {_short(then)} 换成 {_short(now)}", f"taxonomy {_short(then)} became {_short(now)}")
            )
        elif kind == "models":
            out.append(w.pick(f"模型从 {then} 换成 {now}", f"models {then} became {now}"))
        elif kind == "code":
            out.append(w.pick(f"程序从 {then} 升到 {now}", f"the program went from {then} to {now}"))
        else:
            out.append(w.pick(f"账本里的 {name} 有改动", f"the ledger's row {name} changed"))
    for key in sorted((a.keys() - b.keys()) | {k for k in b.keys() - a.keys() if not k.startswith("file ")}):
        out.append(w.pick(f"{key} 只在其中一次里有", f"{key} is part of one of the two only"))
    return out


def _short(taxonomy: str) -> str:
    """'retail-food 3 (a1b2c3d4)' of name, version and hash."""
    head, _, digest = taxonomy.rpartition(" ")
    return f"{head} ({digest[:8]})"
