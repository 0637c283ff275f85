"""A one-page summary for chat robots and mail: summary.md and summary.html. Sending it is the user's."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import escape

from voc.report import decisions, first, safety
from voc.report.book import Book
from voc.report.cells import Cells
from voc.report.context import Context
from voc.report.data import ReportData
from voc.report.dims import tidy
from voc.report.figures import Evidence, plain
from voc.report.words import Words


def write_summary(data: ReportData, out: Path, *, lang: str = "zh") -> None:
    """Write summary.md and summary.html (a fragment without styles) into `out`; franchise stores are not named."""
    title, head, items, tail = lines(data, lang=lang)
    md = [f"**{_md(title)}**", "", *(_md(t) for t in head), "", *(f"{i}. {_md(t)}" for i, t in enumerate(items, 1))]
    md += ["", *(f"> {_md(t)}" for t in tail)]
    html = [f"<h2>{escape(title)}</h2>", *(f"<p>{escape(t)}</p>" for t in head)]
    html += ["<ol>", *(f"<li>{escape(t)}</li>" for t in items), "</ol>"] if items else []
    html += [f"<p><small>{escape(t)}</small></p>" for t in tail]
    (out / "summary.md").write_text("\n".join(md) + "\n", encoding="utf-8", newline="\n")
    (out / "summary.html").write_text("\n".join(html) + "\n", encoding="utf-8", newline="\n")


def lines(data: ReportData, *, lang: str) -> tuple[str, list[str], list[str], list[str]]:
    """Title, conclusion, at most five issues, and what the month cannot say."""
    w = Words(lang, data.time_zone)
    book = Book(data, w)
    evidence = Evidence(book)
    ctx = Context(book, w, evidence, Cells(book, evidence))
    head = [plain(p) for p in first.conclusion(ctx, *first.complaining(ctx))]
    n = safety.count(ctx).text
    head.append(
        w.pick(
            f"安全个案 {n} 例，均为顾客自述，待核实。", f"Safety cases: {n}, all customers' statements, not verified."
        )
    )
    items = [
        f"{w.pick('[个别]', '[local]') if d.cell else w.pick('[全链]', '[chain-wide]')} "
        + (f"{w.gate(d.gate)} · " if d.gate else "")
        + plain(d.sentence)
        for d in decisions.five(ctx)
    ]
    return f"{tidy(data.title, longest=80)} · {w.month(data.month)}", head, items, first.cannot(ctx, {})


def _md(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    return re.sub(r"([\\`*_\[\]<>#|!~])", r"\\\1", text)
