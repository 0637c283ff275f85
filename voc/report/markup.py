"""The most frequent pieces of a page as functions: a template macro called a hundred thousand times would be slow."""

from __future__ import annotations

from markupsafe import Markup, escape

from voc.report.quotes import Quote
from voc.report.words import KINDS, Words

_MARKS = {"": "{}", "clause": "<mark>{}</mark>", "opinion": "<mark><b>{}</b></mark>"}


def words_of(q: Quote) -> Markup:
    """The customer's words with the clause marked and the opinion in it stressed."""
    return Markup("".join(_MARKS[mark].format(escape(text)) for mark, text in q.pieces))


def quote(w: Words, q: Quote, *, where: bool = True, sku: bool = True) -> Markup:
    """A quote with its date, source, store, SKU, lot and stars; `where` and `sku` leave out what the page is about."""
    facts = [str(Markup('<time datetime="{}">{}</time>').format(w.local(q.at).date().isoformat(), w.day(q.at)))]
    facts.append(str(escape(w.source(q.source))))
    if where and q.store:
        facts.append(str(escape(q.store)))
    if sku and q.sku_id is not None:
        facts.append(str(escape(q.sku)))
    if q.lot:
        facts.append(f"{w.pick('批次', 'lot')} {escape(q.lot)}")
    if q.rating is not None:
        stars = w.number(q.rating, 0 if q.rating == int(q.rating) else 1)
        facts.append(f"{stars} {w.pick('星', 'star' if q.rating == 1 else 'stars')}")
    if q.kind != "review":
        facts.append(str(escape(w.of(KINDS, q.kind))))
    if not q.counted:
        facts.append(f'<span class="tag">{w.pick("未计入统计", "not counted")}</span>')
    return Markup(
        f'<figure class="quote"><blockquote><p dir="auto">{words_of(q)}</p></blockquote>'
        f"<figcaption>{' · '.join(facts)}</figcaption></figure>\n"
    )
