"""Clauses: the stretches of a text that say one thing each.

A clause is what polarity and aspects are decided on, so a boundary stands where the writer turns to something else:
at punctuation, before a contrast (但是, but), between Han runs that a blank parts, after a run of emoji, at a line end.
It does not stand inside a number, an abbreviation, an address of the web, or a list of nouns that share one opinion
(环境、服务、味道都很好).
"""

from __future__ import annotations

import re

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_EMOJI = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    r"\U0001f000-\U0001faff\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
)
# What ends a clause, with the exceptions that keep numbers, words and web addresses whole.
_STOP = rf"""
    [\r\n\u2028\u2029\t]+
  | [。！？!?；;…｡～~|\uff5c·•]+
  | [,，](?!(?<=\d[,，])\d{{3}})
  | \.{{2,}}
  | \.(?=\s|$|[{_HAN}]) (?<!\d\.(?=\d))
  | [()（）\[\]【】《》{{}}「」『』]
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
  | (?i:(?<=\s)(?:but|however|although|though|except|unfortunately|whereas)(?=\s))
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
