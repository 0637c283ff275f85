"""An audit of the tagger: a workbook of its work for people to judge, and their answers.

Two sheets. `mentions`: tagged complaints, as many of each aspect; is it a complaint, of this aspect? `reviews`: reviews
drawn at random, whatever was tagged; does it complain of something that was not? The second finds what the tagger overlooks
of all aspects at once; to look for each aspect apart would take as many reviews again for every one of them.
"""

from __future__ import annotations

import calendar
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from voc import issues as ranking_room
from voc.errors import InputError, nearest
from voc.ingest import xlsx
from voc.issues.counts import rivals
from voc.schemas import AUDIT, WEIGHTLESS

MENTIONS, REVIEWS, GUIDE = "mentions", "reviews", "guide"
PER_ASPECT, WHOLE = 10, 200
LONGEST = 32_767  # characters that a cell may hold

YES = frozenset({"yes", "y", "1", "true", "是", "对", "正确", "有"})
NO = frozenset({"no", "n", "0", "false", "否", "错", "不是", "没有", "无"})
HEADS = {
    "month": ("月份", "month"), "ref": ("编号", "ref"), "tagger": ("标注模型", "tagger"), "aspect": ("问题编码", "aspect"),
    "issue": ("问题", "issue"), "quote": ("句子", "quote"), "text": ("全文", "text"),
    "correct": ("判断正确？(是/否)", "correct? (yes/no)"), "tagged": ("已标出的抱怨", "complaints tagged"),
    "missed": ("还有没标出的抱怨？(是/否)", "another complaint, not tagged? (yes/no)"),
    "which": ("是哪些（编码，逗号分隔）", "which (aspects, separated by commas)"),
}  # fmt: skip
SHEETS = {
    MENTIONS: ("month", "ref", "tagger", "aspect", "issue", "quote", "text", "correct"),
    REVIEWS: ("month", "ref", "tagger", "text", "tagged", "missed", "which"),
}
WIDTHS = {"quote": 40, "text": 70, "issue": 16, "tagged": 24, "correct": 18, "missed": 24, "which": 28}
_GUIDE = (
    (
        "mentions：每行是模型标出的一条抱怨。句子确实是在抱怨这个问题，填“是”；不是抱怨、或不是这个问题，填“否”。",
        "mentions: each row is a complaint that was tagged. Yes if the quote does complain of this issue; no if it is no "
        "complaint, or one of something else.",
    ),
    (
        "reviews：每行是随机抽到的一条评价。除了“已标出的抱怨”，如果还抱怨了下表里的别的问题，填“是”并写出编码；否则填“否”。",
        "reviews: each row is a review drawn at random. Yes, and the aspects' codes, if it complains of anything in the list "
        "below besides what was tagged; otherwise no.",
    ),
    ("空着的行不算，可以分几次填。", "Rows left empty do not count; the file can be loaded as often as you like."),
)


@dataclass(frozen=True)
class Sample:
    """What is to be judged: rows of the two sheets, by the names in `SHEETS`, without answers."""

    month: str
    mentions: list[dict[str, str]]
    reviews: list[dict[str, str]]


def sample(
    month: str, *, mentions: pa.Table, reviews: pa.Table, skus: pa.Table | None = None, confidence: float = 0.5,
    per_aspect: int = PER_ASPECT, whole: int = WHOLE,
) -> Sample:  # fmt: skip
    """Up to `per_aspect` counted complaints of each aspect, and `whole` counted reviews with words; seeded by the month.

    mentions, reviews: of the month. Only what the ranking counts is drawn: no copies, no solicited rows, no rivals.
    """
    random = np.random.default_rng(zlib.crc32(f"{month} audit".encode()))
    tagger = taggers(mentions)
    counted = ranking_room.complaints(mentions, reviews, skus=skus, confidence=confidence)
    counted = counted.filter(pc.field("month") == month)
    text = dict(zip(reviews["review_id"].to_pylist(), reviews["text"].to_pylist(), strict=True))
    quotes = _quotes(mentions, text)
    by_aspect: dict[str, list[str]] = {}
    tagged: dict[str, set[str]] = {}
    columns = (counted[name].to_pylist() for name in ("issue_code", "review_id", "root_id"))
    for aspect, review, root in sorted(zip(*columns, strict=True)):
        by_aspect.setdefault(aspect, []).append(review)
        tagged.setdefault(root, set()).add(aspect)
    said = []
    for aspect, found in sorted(by_aspect.items()):
        for place in sorted(random.permutation(len(found))[:per_aspect].tolist()):
            review = found[place]
            said.append(
                {"month": month, "ref": review, "tagger": tagger, "aspect": aspect, "quote": quotes[review, aspect],
                 "text": text[review]}
            )  # fmt: skip
    roots = _roots(reviews, skus)
    chosen = sorted(random.permutation(len(roots))[:whole].tolist())
    read = [
        {"month": month, "ref": roots[place][0], "tagger": tagger, "text": roots[place][1],
         "tagged": ", ".join(sorted(tagged.get(roots[place][0], ())))}
        for place in chosen
    ]  # fmt: skip
    return Sample(month, said, read)


def taggers(mentions: pa.Table) -> str:
    """What tagged these mentions: the names of the models, joined."""
    return " ".join(sorted(set(mentions["model"].to_pylist())))


def write(path: Path, drawn: Sample, *, names: Mapping[str, str], lang: str = "zh") -> None:
    """The workbook at `path`. `names`: aspect code -> name. Texts are never formulas; the same sample gives the same bytes."""
    place = 0 if lang == "zh" else 1
    year, number = map(int, drawn.month.split("-"))
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    created = datetime(year, number, calendar.monthrange(year, number)[1])
    book.set_properties({"title": f"audit {drawn.month}", "author": "voc", "created": created})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#f3efe8"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    answer = book.add_format({"valign": "top", "bg_color": "#fff8dc"})
    for sheet, rows in ((MENTIONS, drawn.mentions), (REVIEWS, drawn.reviews)):
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for i, key in enumerate(SHEETS[sheet]):
            page.set_column(i, i, WIDTHS.get(key, 12))
            page.write_string(0, i, HEADS[key][place], head)
            for r, row in enumerate(rows, start=1):
                if key in ("correct", "missed", "which"):
                    page.write_blank(r, i, None, answer)
                else:
                    page.write_string(r, i, _cell(_shown(key, row, names)), body)
            if key in ("correct", "missed") and rows:
                choice = ["是", "否"] if place == 0 else ["yes", "no"]
                page.data_validation(1, i, len(rows), i, {"validate": "list", "source": choice})
    page = book.add_worksheet(GUIDE)
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 90)
    for r, pair in enumerate(_GUIDE):
        page.write_string(r, 1, pair[place], body)
    for r, (code, name) in enumerate(sorted(names.items()), start=len(_GUIDE) + 1):
        page.write_string(r, 0, _cell(code), body)
        page.write_string(r, 1, _cell(name), body)
    book.close()


def load(path: Path, *, aspects: Iterable[str], known: Mapping[str, set[str]]) -> pa.Table:
    """AUDIT rows of the answered rows in `path`, sorted by their keys.

    `aspects`: the codes there are; `known`: month -> ids of its reviews. Raises InputError that names sheet, row and what
    would be valid, for up to ten wrong rows at once, and for a workbook without any answer.
    """
    wrong: list[str] = []
    answers: dict[tuple[str, str, str, str | None], dict[str, object]] = {}
    for sheet in (MENTIONS, REVIEWS):
        for line, row in _rows(path, sheet):
            try:
                found = _answer(sheet, row, set(aspects), known)
            except InputError as error:
                wrong.append(f"sheet {sheet}, row {line}: {error}")
                continue
            if found is not None:
                answers[found["month"], found["kind"], found["review_id"], found["aspect"]] = found  # type: ignore[index]
    if wrong:
        more = f" (and {len(wrong) - 10} more)" if len(wrong) > 10 else ""
        raise InputError("; ".join(wrong[:10]) + more, path=path)
    if not answers:
        raise InputError(
            f"no row is answered; answers go into {HEADS['correct'][1]!r} and {HEADS['missed'][1]!r}", path=path
        )
    rows = [answers[key] for key in sorted(answers, key=lambda key: tuple(part or "" for part in key))]
    return pa.Table.from_pylist(rows, schema=AUDIT)


def merged(old: pa.Table, new: pa.Table) -> pa.Table:
    """Both sets of answers; of two to the same question the new one stands."""
    keys = ("month", "kind", "review_id", "aspect")
    rows = {tuple(row[key] for key in keys): row for table in (old, new) for row in table.to_pylist()}
    return pa.Table.from_pylist(list(rows.values()), schema=AUDIT)


def _answer(
    sheet: str, row: Mapping[str, str], aspects: set[str], known: Mapping[str, set[str]]
) -> dict[str, object] | None:
    """One AUDIT row, None where nothing was answered. Raises InputError for what cannot be meant."""
    key = "correct" if sheet == MENTIONS else "missed"
    answer, which = row[key].strip(), row.get("which", "").strip()
    if not answer and not which:
        return None
    if row["month"] not in known or row["ref"] not in known[row["month"]]:
        raise InputError(
            f"there is no review {row['ref']!r} in month {row['month']!r}; leave ref and month as they were"
        )
    said = _yes(answer, HEADS[key][1])
    out: dict[str, object] = {
        "month": row["month"], "review_id": row["ref"], "model": row["tagger"], "kind": sheet.removesuffix("s"),
        "aspect": None, "correct": None, "missed": [],
    }  # fmt: skip
    if sheet == MENTIONS:
        _check_aspect(row["aspect"], aspects)
        return out | {"aspect": row["aspect"], "correct": said}
    codes = sorted({c for part in which.replace("，", ",").replace("、", ",").split(",") if (c := part.strip())})
    for code in codes:
        _check_aspect(code, aspects)
    if said != bool(codes):
        raise InputError(f"{answer!r} to {HEADS[key][1]!r}, but {len(codes)} aspects in {HEADS['which'][1]!r}")
    return out | {"missed": [code for code in codes if code not in row["tagged"].replace(" ", "").split(",")]}


def _yes(answer: str, head: str) -> bool:
    if answer.lower() in YES:
        return True
    if answer.lower() in NO:
        return False
    raise InputError(f"{head!r} is {answer!r}; yes or no is wanted")


def _check_aspect(code: str, aspects: set[str]) -> None:
    if code not in aspects:
        near = nearest(code, sorted(aspects))
        raise InputError(f"no aspect {code!r}" + (f"; did you mean {near!r}?" if near else "; see the sheet guide"))


def _rows(path: Path, sheet: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(row of the sheet, cells by the keys of SHEETS). Raises InputError where a column is missing."""
    keys = {title: key for key, pair in HEADS.items() for title in pair}
    found = xlsx.rows(path, sheet=sheet)
    head = next(found, None)
    titles: Sequence[str] = [] if head is None else [keys.get(str(cell).strip(), "") for cell in head.cells]
    missing = [HEADS[key][1] for key in SHEETS[sheet] if key not in titles]
    if missing:
        raise InputError(
            f"sheet {sheet!r} lacks the columns {', '.join(missing)}; use a workbook of `voc audit sample`", path=path
        )
    for row in found:
        yield row.line, {key: str(cell) for key, cell in zip(titles, row.cells, strict=False) if key}


def _shown(key: str, row: Mapping[str, str], names: Mapping[str, str]) -> str:
    if key == "issue":
        return names.get(row["aspect"], row["aspect"])
    return row[key]


def _quotes(mentions: pa.Table, text: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(review, aspect) -> the clause of its most confident complaint."""
    rows = mentions.filter(pc.field("intent") == "complaint")
    rows = rows.select(["review_id", "aspect", "start", "end", "confidence", "mention_id"])
    rows = rows.sort_by([("confidence", "ascending"), ("mention_id", "descending")])
    return {(r["review_id"], r["aspect"]): text[r["review_id"]][r["start"] : r["end"]] for r in rows.to_pylist()}


def _roots(reviews: pa.Table, skus: pa.Table | None) -> list[tuple[str, str]]:
    """(id, words of the review and its follow-ups) of the counted reviews that say something, by id."""
    theirs = set(rivals(skus))
    words: dict[str, list[str]] = {}
    heads = set()
    columns = ["review_id", "parent_id", "text", "flags", "duplicate_of", "sku_id"]
    for row in sorted(reviews.select(columns).to_pylist(), key=lambda r: (r["parent_id"] is not None, r["review_id"])):
        if row["duplicate_of"] is not None or not set(WEIGHTLESS).isdisjoint(row["flags"]) or row["sku_id"] in theirs:
            continue
        if row["parent_id"] is None:
            heads.add(row["review_id"])
        if row["text"].strip():
            words.setdefault(row["parent_id"] or row["review_id"], []).append(row["text"])
    return [(root, "\n".join(words[root])) for root in sorted(heads & set(words))]


def _cell(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
