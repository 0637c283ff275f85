"""Clauses: the stretches of a text that say one thing each.

A clause is what polarity and aspects are decided on, so a boundary stands where the writer turns to something else:
at punctuation, before a contrast (但是, but), between Han runs that a blank parts, after a run of emoji, at a line end.
It does not stand inside a number, an abbreviation, an address of the web, or a list of nouns that share one opinion
(环境、服务、味道都很好).

`clauses` reads one text. `all_clauses` gives the same spans for a whole sheet: it looks up what each character is, finds
the plain cuts as arrays, and hands only the texts in which more is at stake (lists, emoji, numbering, 除了) to `clauses`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.text.sheet import CODE_POINTS, Sheet, where

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_EMOJI = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    r"\U0001f000-\U0001faff\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
)
# What ends a clause, with the exceptions that keep numbers, words and web addresses whole.
_MARKS = r"\r\n\u2028\u2029\t。！？!?；;…｡～~|\uff5c·•()（）\[\]【】《》{}「」『』"
_STOP = rf"""
    [{_MARKS}]+
  | [,，](?!(?<=\d[,，])\d{{3}})
  | \.{{2,}}
  | \.(?=\s|$|[{_HAN}]) (?<!\d\.(?=\d))
  | (?<=[{_HAN}\W][{_HAN}])[ \u3000\xa0]+(?=[{_HAN}]{{2}})
  | (?<=[{_HAN}])[ \u3000\xa0]{{2,}}(?=\S)
"""
# Words that turn the talk; the second half of each alternative keeps other words with the same letters whole.
_TURN = rf"""
    但是 | 但(?!凡|愿|求)(?<!不但)(?<!非但)
  | 不过(?!关|来|去|如此|瘾|分|期|敏|时|滤|问|度|是|百|十|几)(?<!只不过)(?<!比不过)(?<!再好不过)(?<!错不过)(?<!过不过)
  | 可是(?<!也可是) | 可惜 | 然而 | 只是(?!因)(?<!不只是)(?<!也只是)
  | 就是(?=有点|有些|有一|太|不(?!错|一样)|没|略|稍|偏|价格|价钱|贵|量|味道|口感|包装|物流|快递|分量|发货|客服|服务)
      (?<![也不这那可真都要我的就]就是)
  | 除了 | 而且 | 并且 | 另外 | 此外 | 虽然 | 尽管 | 没想到 | 结果(?=[{_HAN}])(?<!的结果)
  | 唯一(?=不足|缺点|的缺点|的不足|遗憾|的遗憾)
  | (?i:(?<=\s)(?:(?<!anything\s)(?<!nothing\s)but|however|although|though|except|unfortunately|whereas)(?=\s))
"""
_NUMBERING = (
    r"(?<![^\s。；;，,！!])[1-9][0-9]?[.、)）](?!\d)"  # 1. at the beginning of something
    rf"| (?<=[{_HAN}])[1-9][、)）](?=[{_HAN}])"  # 味道好2、物流快
    r"| [①-⑳]"
)
_EMOJI_END = rf"(?<=[{_EMOJI}])(?=[^{_EMOJI}\s。！？!?；;，,、.…~～])"
_CUT = re.compile(rf"(?P<turn>{_TURN}) | (?P<stop>{_NUMBERING} | {_STOP}) | (?P<after>{_EMOJI_END})", re.VERBOSE)
# 除了贵没毛病: the exception ends where the rest begins, without a comma.
_EXCEPTION_END = re.compile(r"除了[^，,。！!；;]{1,8}?(?=(?:其他|其它|别的|一切|全都|都|没(?!有?味)|还|什么都))")
_LIST_COMMA = re.compile(r"、")
_JUDGES = re.compile(
    r"[好不很太快慢贵差错赞棒足香甜脆硬软酥嫩淡咸辣腻假烂脏乱]|便宜|新鲜|满意|喜欢|推荐|实惠|划算|方便|干净|热情|周到|没|难"
)
_EDGE = " \t\r\n\u3000\xa0\u2028\u2029,，。.！!？?；;：:、~～…·•|｜-—_*=\"'”“’‘"
_WORD = re.compile(r"[^\W_]")
_SAYS_SOMETHING = re.compile(rf"[^\W_]|[{_EMOJI}]")


def clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of `text` as half-open code point spans, in order, not overlapping, none of them empty.

    Each clause holds a letter, a digit or an emoji, and neither begins nor ends with blanks or separators. A turning
    word opens the clause that it introduces; emoji close the clause that they comment. Works on raw and on normal
    text alike.
    """
    cuts: list[tuple[int, int]] = []  # (end of the clause before, start of the clause after)
    for match in _CUT.finditer(text):
        start, end = match.span()
        cuts.append((start, end) if match.lastgroup == "stop" else (start, start))
    if "除了" in text:
        cuts.extend((match.end(), match.end()) for match in _EXCEPTION_END.finditer(text))
        cuts.sort()
    lists = "、" in text
    spans: list[tuple[int, int]] = []
    at = 0
    cuts.append((len(text), len(text)))
    for end, start in cuts:
        if end == start < len(text) and not _WORD.search(text, at, end):
            continue  # emoji before the first word of a clause belong to it
        if end > at:
            for part in _list_items(text, at, end) if lists else ((at, end),):
                span = _trimmed(text, *part)
                if span is not None:
                    spans.append(span)
        if start > at:
            at = start
    return spans


def says_something(text: str) -> bool:
    """Whether `text` holds a letter, a digit or an emoji, and so a clause."""
    return _SAYS_SOMETHING.search(text) is not None


def _list_items(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The span cut at 、 where every item judges something by itself, else as it is."""
    marks = [match.start() for match in _LIST_COMMA.finditer(text, start, end)]
    parts = list(zip([start, *(mark + 1 for mark in marks)], [*marks, end], strict=True))
    if marks and not all(_JUDGES.search(text, a, b) for a, b in parts):
        parts = [(start, end)]
    return parts


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without blanks and separators at its ends, None where nothing is said in it."""
    part = text[start:end].lstrip(_EDGE)
    start = end - len(part)
    part = part.rstrip(_EDGE)
    if not part or not (part[0].isalnum() or part[-1].isalnum() or _SAYS_SOMETHING.search(part)):
        return None
    return start, start + len(part)


@dataclass(frozen=True)
class Clauses:
    """Clauses of a sheet in order: the text that each stands in, and its half-open span in `Sheet.text`."""

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def all_clauses(sheet: Sheet) -> Clauses:
    """The clauses of every text of `sheet`, the same that `clauses` finds in each alone."""
    kinds = _kinds()[sheet.codes]
    kinds[sheet.ends] = _LINE_END
    cut = kinds & _MARK > 0
    _cut_at_dots(kinds, cut)
    _cut_at_blanks(kinds, cut)
    turns = _turns(sheet, kinds, cut)
    bounds = cut.astype(np.int64)
    bounds[turns] += 1  # a cut before the character, which itself stays
    part = np.cumsum(bounds)
    solid = np.flatnonzero(~cut & (kinds & _AT_EDGE == 0))
    if len(solid):
        new = np.flatnonzero(np.diff(part[solid], prepend=-1))
        start = solid[new]
        end = solid[np.append(new[1:], len(solid)) - 1] + 1
        says = np.add.reduceat((kinds[solid] & _IN_WORD > 0).astype(np.int64), new) > 0
        start, end = start[says], end[says]
    else:
        start = end = np.zeros(0, dtype=np.int64)
    row = sheet.rows(start)
    return _with_involved(sheet, _involved(sheet, kinds), Clauses(row, start, end))


_IN_WORD, _AT_EDGE, _MARK, _BLANK, _WHITE, _IS_HAN, _DIGIT, _DOT, _COMMA, _OPENS_TURN, _KNOTTY = (
    1 << n for n in range(11)
)
_LINE_END = _MARK | _WHITE | _AT_EDGE
_OTHER = 1 << 11  # neither a letter, digit nor underline, and inside a text
_TURN_AT = re.compile(_TURN, re.VERBOSE)
# The first two characters of each turning word; the automaton of `re` decides at these places alone.
_TURN_PAIRS = (
    "不过", "可是", "可惜", "然而", "只是", "就是", "除了", "而且", "并且", "另外", "此外", "虽然", "尽管", "没想", "结果",
    "唯一", "bu", "ho", "al", "th", "ex", "un", "wh",
)  # fmt: skip
_TURN_ALONE = "但"


@cache
def _kinds() -> NDArray[np.int32]:
    """What each code point is, as a sum of the flags above."""
    kinds = np.zeros(CODE_POINTS, dtype=np.int32)
    first = "".join(sorted({pair[0] for pair in _TURN_PAIRS})) + _TURN_ALONE
    for flag, pattern in (
        (_IN_WORD, r"[^\W_]"), (_AT_EDGE, f"[{re.escape(_EDGE)}]"), (_MARK, f"[{_MARKS},，]"), (_BLANK, r"[ \u3000\xa0]"),
        (_WHITE, r"\s"), (_IS_HAN, f"[{_HAN}]"), (_DIGIT, r"\d"), (_DOT, r"\."), (_COMMA, "[,，]"), (_OTHER, r"\W"),
        (_OPENS_TURN, f"(?i:[{first}])"), (_KNOTTY, f"[{_EMOJI}、①-⑳]"),
    ):  # fmt: skip
        kinds[where(pattern)] |= flag
    return kinds


def _cut_at_dots(kinds: NDArray[np.int32], cut: NDArray[np.bool_]) -> None:
    """Runs of dots, and a dot before a blank, a Han character or the end."""
    dots = np.flatnonzero(kinds & _DOT)
    before, after = kinds[np.maximum(dots - 1, 0)], kinds[dots + 1]  # a line end closes the sheet
    run = ((before & _DOT > 0) & (dots > 0)) | (after & (_DOT | _WHITE | _IS_HAN) > 0)
    cut[dots[run]] = True


def _cut_at_blanks(kinds: NDArray[np.int32], cut: NDArray[np.bool_]) -> None:
    """Blanks between two Han words, and two or more after one."""
    blanks = np.flatnonzero(kinds & _BLANK)
    if not len(blanks):
        return
    new = np.flatnonzero(np.diff(blanks, prepend=-2) > 1)
    first, last = blanks[new], blanks[np.append(new[1:], len(blanks)) - 1]
    inside = first >= 1
    first, last = first[inside], last[inside]
    after_han = kinds[first - 1] & _IS_HAN > 0
    word_before = (first >= 2) & (kinds[first - 2] & (_IS_HAN | _OTHER) > 0)
    next_one, next_two = kinds[last + 1], kinds[np.minimum(last + 2, len(kinds) - 1)]
    between = word_before & (next_one & next_two & _IS_HAN > 0)
    wide = (last > first) & (next_one & _WHITE == 0)
    for a, b in zip(*(p[after_han & (between | wide)].tolist() for p in (first, last)), strict=True):
        cut[a : b + 1] = True


def _turns(sheet: Sheet, kinds: NDArray[np.int32], cut: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The places of turning words that open a clause: those with a word between them and the last cut."""
    places = np.flatnonzero(kinds & _OPENS_TURN)
    places = places[places + 1 < len(kinds)]
    low = sheet.codes | np.where(sheet.codes < 0x80, np.uint32(0x20), np.uint32(0)) if len(places) else sheet.codes
    pairs = low[places].astype(np.int64) << 21 | low[places + 1]
    known = np.array([ord(pair[0]) << 21 | ord(pair[1]) for pair in _TURN_PAIRS], dtype=np.int64)
    alone = low[places] == ord(_TURN_ALONE)
    places = places[alone | np.isin(pairs, known)]
    found: list[int] = []
    after = -1
    rows = sheet.rows(places)
    for place, start, end in zip(places.tolist(), sheet.starts[rows].tolist(), sheet.ends[rows].tolist(), strict=True):
        if place < after:
            continue
        text = sheet.text[start:end]
        match = _TURN_AT.match(text, place - start)
        if match:
            found.append(place)
            after = start + match.end()
    turns = np.array(found, dtype=np.int64)
    if not len(turns):
        return turns
    words = np.cumsum(kinds & _IN_WORD > 0)
    last_cut = np.maximum.accumulate(np.where(cut, np.arange(len(cut)), -1))[turns]
    since = np.maximum(last_cut, np.append(-1, turns[:-1] - 1))
    return turns[words[turns - 1] * (turns > 0) > np.where(since >= 0, words[since], 0)]


def _involved(sheet: Sheet, kinds: NDArray[np.int32]) -> NDArray[np.int64]:
    """The texts with more than plain cuts in them."""
    knots = [np.flatnonzero(kinds & _KNOTTY)]
    pairs = kinds[:-1], kinds[1:]
    dotted = (pairs[0] & _DIGIT > 0) & ((pairs[1] & _DOT > 0) | np.isin(sheet.codes[1:], _CLOSERS))
    dotted[:-1] &= kinds[2:] & _DIGIT == 0
    knots.append(np.flatnonzero(dotted))
    commas = np.flatnonzero(kinds[1:-1] & _COMMA) + 1 if len(kinds) > 2 else knots[0][:0]
    knots.append(commas[kinds[commas - 1] & kinds[commas + 1] & _DIGIT > 0])
    knots.append(np.flatnonzero((sheet.codes[:-1] == ord("除")) & (sheet.codes[1:] == ord("了"))))
    return np.unique(sheet.rows(np.concatenate(knots)))


_CLOSERS = np.array([ord(")"), ord("）")], dtype=np.uint32)


def _with_involved(sheet: Sheet, involved: NDArray[np.int64], plain: Clauses) -> Clauses:
    """`plain`, with the clauses of the involved texts as `clauses` reads them."""
    if not len(involved):
        return plain
    rows, starts, ends = [], [], []
    bounds = (part.tolist() for part in (involved, sheet.starts[involved], sheet.ends[involved]))
    for number, first, last in zip(*bounds, strict=True):
        for a, b in clauses(sheet.text[first:last]):
            rows.append(number)
            starts.append(first + a)
            ends.append(first + b)
    kept = ~np.isin(plain.row, involved)
    parts = (plain.row, rows), (plain.start, starts), (plain.end, ends)
    row, start, end = (np.concatenate([a[kept], np.array(b, dtype=np.int64)]) for a, b in parts)
    order = np.argsort(start, kind="stable")
    return Clauses(row[order], start[order], end[order])
