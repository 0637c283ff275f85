"""The folder of pages: `write_site`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from voc.errors import UnknownName
from voc.report import entities, figures, first, followup, markup, readers, shared, svg, words
from voc.report.book import Book
from voc.report.context import COMMON, HOME, READERS, Context, entity_path, open_context
from voc.report.cut import WHOLE, Pack
from voc.report.dims import slug, tidy
from voc.report.quotes import MOST, quotes

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
ASSETS = ("style.css", "report.js")
# Pages that each reader gets besides the evidence, the coverage and the words; None: everything.
_ENTITIES: Mapping[str | None, tuple[str, ...]] = {
    None: ("store", "sku"),
    "executive": (),
    "product": ("sku",),
    "store": ("store",),
    "quality": ("sku",),
    "marketing": (),
}
_VIEWS: Mapping[str, Callable[[Context], dict[str, Any]]] = {
    "executive": first.page,
    "product": readers.products,
    "store": readers.stores,
    "quality": readers.quality,
    "marketing": readers.marketing,
    "issues": shared.issues,
    "coverage": shared.coverage,
    "methods": lambda ctx: {},
}


def write_site(
    book: Book,
    out: Path,
    *,
    reader: str | None = None,
    pack: Pack = WHOLE,
) -> None:
    """Write the pages of `book` into the folder `out`, which is made if need be.

    `reader` (one of READERS) makes the pages of one reader, whose page is then index.html. `pack` is the one that `book`
    was cut to; it decides which pages there are. The same data gives the same bytes. Raises UnknownName for a reader that
    there is not.
    """
    if reader is not None and reader not in READERS:
        raise UnknownName("reader", reader, READERS)
    ctx = open_context(book)
    w = book.words
    ctx.pages = plan(ctx, reader=reader, pack=pack)
    site = _Site(ctx, out, reader, pack)
    out.mkdir(parents=True, exist_ok=True)
    for (kind, key), path in ctx.pages.items():
        if key:
            view = entities.store(ctx, key) if kind == "store" else entities.sku(ctx, key)
            site.write(f"one_{kind}.html.j2", path, title=view["name"], here=f"one-{kind}", **view)
        else:
            title = w.pick(*(HOME | COMMON)[kind][1:])
            site.write(f"{kind}.html.j2", path, title=title, here=kind, **_VIEWS[kind](ctx))
    write_evidence(site)
    _assets(site)


def plan(ctx: Context, *, reader: str | None, pack: Pack) -> dict[tuple[str, str], str]:
    """Which pages there will be, and where: ('store', id) -> 'stores/...html'."""
    pages: dict[tuple[str, str], str] = {}
    told = {"store": ctx.book.told["store"], "sku": ctx.book.told["sku"]}
    if pack.store is not None:
        return {("store", pack.store): "index.html", ("coverage", ""): "coverage.html", ("methods", ""): "methods.html"}
    own = "product" if pack.supplier is not None else "store"
    homes = [reader] if reader else [own] if pack.kind else list(READERS)
    for name in homes:
        pages[name, ""] = "index.html" if len(homes) == 1 else HOME[name][0]
    if reader is None and pack.kind is None:
        pages["issues", ""] = COMMON["issues"][0]
    if reader != "executive":
        pages["coverage", ""] = COMMON["coverage"][0]
    pages["methods", ""] = COMMON["methods"][0]
    for kind in _ENTITIES[own] if pack.kind else _ENTITIES[reader]:
        for key in told[kind]:
            pages[kind, key] = entity_path(kind, key)
    return pages


class _Site:
    """One output folder and the environment that fills it."""

    def __init__(self, ctx: Context, out: Path, reader: str | None, pack: Pack) -> None:
        self.ctx, self.out, self.veiled = ctx, out, reader == "executive"
        w, data = ctx.words, ctx.book.data
        env = Environment(
            loader=PackageLoader("voc.report", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_finalize,
        )
        paths = frozenset(ctx.pages.values())
        nav = [(kind, path, w.pick(*(HOME | COMMON)[kind][1:])) for (kind, key), path in ctx.pages.items() if not key]
        if any(key and path == "index.html" for (_, key), path in ctx.pages.items()):
            nav.insert(0, ("one-store", "index.html", w.pick("本店", "This store")))
        env.globals.update(
            w=w,
            L=w.pick,
            ctx=ctx,
            nav=nav,
            csp=CSP,
            num=partial(figures.num, pages=paths),
            say=partial(figures.say, pages=paths),
            gate_mark=svg.gate_mark,
            spark=svg.spark,
            whisker=svg.whisker,
            tables=words,
            report_title=tidy(data.title, longest=80),
            month=data.month,
            month_name=w.month(data.month),
            lang_tag="zh-CN" if w.zh else "en",
            small=words.SMALL,
            most=MOST,
            tidy=tidy,
            quote=partial(markup.quote, w),
            words_of=markup.words_of,
            task=partial(followup.task, ctx),
            impact=partial(followup.impact, ctx),
            wording=partial(followup.wording, ctx),
            hand_back=reader is None or pack.kind is not None,
            withheld=[(w.source(s), tidy(r, longest=120)) for s, r in data.withheld],
        )
        self.env = env

    def write(self, template: str, path: str, **view: Any) -> None:
        root = "../" * path.count("/")
        text = self.env.get_template(template).render(root=root, **view)
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(squeezed(text), encoding="utf-8", newline="\n")


def write_evidence(site: _Site) -> None:
    """A page for each group of references that the other pages link to, with the customers' words."""
    ctx = site.ctx
    # The number of pages bounds what one may hold: the folder stays small for chains of thousands of stores.
    most = MOST if len(ctx.evidence.pages) <= 1500 else 8
    for path in sorted(ctx.evidence.pages):
        sections = []
        for anchor, s in ctx.evidence.pages[path].items():
            found = list(s.chosen) if s.title else ctx.book.find(s.dim, s.key, s.aspect, s.intent)
            limit = MOST if s.first else most
            shown = quotes(ctx.book, found, most=limit, first=s.first, veiled=s.veiled or site.veiled)
            whole = s.title or ctx.words.pick("所有问题", "all issues")
            issue = ctx.book.issue(s.aspect, s.kind) if s.aspect else whole
            sections.append((anchor, s, issue, ctx.book.customers(found), len(found), shown))
        sections.sort(key=lambda x: (tuple(words.INTENTS).index(x[1].intent), x[1].aspect is None, -x[3], x[0]))
        s = sections[0][1]
        title, page = _about(ctx, s)
        site.write("evidence.html.j2", path, title=title, here="evidence", sections=sections, page=page)


def _about(ctx: Context, s: figures.Section) -> tuple[str, str | None]:
    """What an evidence page is about, and the page of its store or SKU."""
    if s.title:
        return str(s.key), None
    if s.dim == "chain":
        return ctx.book.issue(s.aspect, s.kind) if s.aspect else ctx.words.of(words.INTENTS, s.intent), None
    if isinstance(s.key, tuple):
        return ctx.book.store_name(s.key[0], veiled=s.veiled), None if s.veiled else ctx.page("store", s.key[0])
    if s.dim in ("store", "sku"):
        name = ctx.book.store_name(str(s.key), veiled=s.veiled) if s.dim == "store" else ctx.book.sku_name(str(s.key))
        return name, None if s.veiled else ctx.page(s.dim, str(s.key))
    return tidy(s.key, longest=60), None


def search_index(ctx: Context) -> list[list[str]]:
    """[title, what it is, where] of every store, SKU and issue that has a place in the report."""
    w, book, out = ctx.words, ctx.book, []
    for kind, zh, en in (("store", "门店", "store"), ("sku", "商品", "product")):
        for key, entry in (book.stores if kind == "store" else book.skus).items():
            seen = book.seen(kind, key).n_reviews
            path = ctx.page(kind, key) or (
                f"coverage.html#{kind}-{slug(key)}" if seen and ctx.page("coverage") else None
            )
            if path:
                out.append([entry.name, f"{w.pick(zh, en)} {tidy(key, longest=40)}", path])
    for path, sections in sorted(ctx.evidence.pages.items()):
        s = next(iter(sections.values()))
        if s.dim == "chain" and s.aspect:
            out.append([book.issue(s.aspect, s.kind), w.pick("问题", "issue"), path])
    return out


def _assets(site: _Site) -> None:
    folder = site.out / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    source = resources.files("voc.report").joinpath("assets")
    for name in ASSETS:
        (folder / name).write_bytes(source.joinpath(name).read_bytes())
    (folder / "search.js").write_text(
        f"window.vocSearch = {safe_json(search_index(site.ctx))};\n", encoding="utf-8", newline="\n"
    )


def safe_json(value: object) -> str:
    """JSON that may stand in a script: no character can end the script or a line of it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for char in "<>&'\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def squeezed(html: str) -> str:
    """Without indentation and empty lines."""
    return re.sub(r"\n\s*", "\n", html)


def _finalize(value: object) -> object:
    """What a template prints: nothing that is missing or not a number may reach a page."""
    if value is None:
        return Markup("")
    if isinstance(value, float):
        raise TypeError(f"a template printed the bare float {value!r}; use the functions of voc.report.words")
    return value
