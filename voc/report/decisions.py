"""The five issues on the first page, from the chain list and from the local signals."""

from __future__ import annotations

from dataclasses import dataclass

from voc.report.book import Book
from voc.report.cells import Cell, ChainCell
from voc.report.context import Context
from voc.report.dims import tidy
from voc.report.figures import Parts
from voc.report.quotes import Quote, quotes
from voc.report.records import Row
from voc.report.words import OWNERS, SMALL

MOST = 5
LEAST = 3  # a chain-wide issue that fewer customers name is no decision


@dataclass(frozen=True)
class Decision:
    """One of the five: chain-wide or local."""

    cell: Cell | None
    chain: ChainCell | None
    issue: str
    place: str
    claim: Parts
    sentence: Parts
    quotes: list[Quote]
    owner: str
    severity: str
    gate: str | None


def five(ctx: Context) -> list[Decision]:
    """Up to MOST issues: local ones by priority and chain-wide ones by rank, taking turns.

    An issue comes once as long as others are left, and a quote never twice.
    """
    book = ctx.book
    rows = [
        r for level in ("store", "sku", "store_sku", "lot") for r in book.gated.get(level, ()) if not _general(book, r)
    ]
    rows.sort(key=lambda r: (-(r["priority"] or 0.0), r["level"], r["rank"]))
    local = _varied(rows, MOST)
    named = {r["aspect"] for r in local[:3]}
    wide = [r for r in named_issues(book) if r["severity"] != "S4" and r["n"] >= SMALL and r["observed"] >= LEAST]
    wide.sort(key=lambda r: (r["aspect"] in named, r["rank"]))
    n_local = min(len(local), max(3, MOST - len(wide)))
    said: set[str] = set()
    mine = [_local(ctx, r, said) for r in local[:n_local]]
    chain = [_wide(ctx, r, said) for r in sorted(wide[: MOST - n_local], key=lambda r: r["rank"])]
    mixed: list[Decision] = []
    for i in range(max(len(mine), len(chain))):
        mixed += mine[i : i + 1] + chain[i : i + 1]
    return mixed[:MOST]


def named_issues(book: Book) -> list[Row]:
    """Rows of the chain list that complain of something in particular, by rank."""
    return [r for r in book.chain if r["observed"] and r["issue_kind"] == "aspect" and not _general(book, r)]


def _general(book: Book, row: Row) -> bool:
    entry = book.entry(row["aspect"])
    return entry is not None and entry.general


def _varied(rows: list[Row], most: int) -> list[Row]:
    """The first of each issue, then the others; the same issue at the same store, SKU or lot only once."""
    taken: set[tuple[str, str]] = set()
    once: list[Row] = []
    for row in rows:
        places = {(row["aspect"], i) for i in (row["store_id"], row["sku_id"], row["lot"]) if i is not None}
        if not places & taken:
            taken |= places
            once.append(row)
    by_issue: dict[str, list[Row]] = {}
    for row in once:
        by_issue.setdefault(row["aspect"], []).append(row)
    return ([rows[0] for rows in by_issue.values()] + [r for rows in by_issue.values() for r in rows[1:]])[:most]


def _local(ctx: Context, row: Row, said: set[str]) -> Decision:
    cell = ctx.cells.cell(row, veiled=True)
    words = _fresh(ctx.cells.quotes(row, 5, veiled=True), said)
    return Decision(
        cell,
        None,
        cell.issue,
        cell.place,
        cell.claim,
        cell.sentence,
        words,
        _owner(ctx, row),
        row["severity"],
        row["gate"],
    )


def _wide(ctx: Context, row: Row, said: set[str]) -> Decision:
    made = ctx.cells.chain(row)
    found = ctx.book.find("chain", "", row["aspect"], "complaint")
    words = _fresh(quotes(ctx.book, found, most=8, first=row["evidence"], veiled=True, around=48), said)
    return Decision(
        None, made, made.issue, "", made.sentence, made.sentence, words, _owner(ctx, row), row["severity"], None
    )


def _fresh(found: list[Quote], said: set[str]) -> list[Quote]:
    """One quote that has not been used yet, if there is one."""
    new = [q for q in found if q.clause not in said] or found
    said.update(q.clause for q in new[:1])
    return new[:1]


def _owner(ctx: Context, row: Row) -> str:
    entry = ctx.book.entry(row["aspect"])
    return tidy(ctx.words.of(OWNERS, entry.owner), longest=40) if entry and entry.owner else ""
