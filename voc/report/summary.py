"""A one-page summary for chat robots and mail: summary.md and summary.html. Sending it is the user's."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import escape

from voc.report import decisions, first, safety
from voc.report.book import Book
from voc.report.context import open_context
from voc.report.dims import tidy
from voc.report.figures import plain


def write_summary(book: Book, out: Path) -> None:
    """Write summary.md and summary.html (a fragment without styles) into `out`; franchise stores are not named."""
    title, head, items, tail = lines(book)
    md = [f"**{_md(title)}**", "", *(_md(t) for t in head), "", *(f"{i}. {_md(t)}" for i, t in enumerate(items, 1))]
    md += ["", *(f"> {_md(t)}" for t in tail)]
    html = [f"<h2>{escape(title)}</h2>", *(f"<p>{escape(t)}</p>" for t in head)]
    html += ["<ol>", *(f"<li>{escape(t)}</li>" for t in items), "</ol>"] if items else []
    html += [f"<p><small>{escape(t)}</small></p>" for t in tail]
    (out / "summary.md").write_text("\n".join(md) + "\n", encoding="utf-8", newline="\n")
    (out / "summary.html").write_text("\n".join(html) + "\n", encoding="utf-8", newline="\n")


def lines(book: Book) -> tuple[str, list[str], list[str], list[str]]:
    """Title, conclusion, at most five issues, and what the month cannot say."""
    ctx, w = open_context(book), book.words
    head = [plain(p) for p in first.conclusion(ctx, *first.complaining(ctx))]
    n, stand = safety.count(ctx).text, safety.standing(w, safety.cases(ctx, veiled=True))
    head.append(w.pick(f"安全个案 {n} 例：{stand}。", f"Safety cases: {n} ({stand})."))
    items = [
        f"{w.pick('[个别]', '[local]') if d.cell else w.pick('[全链]', '[chain-wide]')} "
        + (f"{w.gate(d.gate)} · " if d.gate else "")
        + plain(d.sentence)
        for d in decisions.five(ctx)
    ]
    return f"{tidy(book.data.title, longest=80)} · {w.month(book.month)}", head, items, first.cannot(ctx, {})


def _md(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    return re.sub(r"([\\`*_\[\]<>#|!~])", r"\\\1", text)
