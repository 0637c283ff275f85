"""Chinese clauses without their content: what stays is how they are built.

没有一次让我失望过 becomes 没有一次让我⊖过: signed words become their sign, words of grammar stay, everything else is one
blank. N-grams of frames carry over where n-grams of characters cannot: a model that has learned 没⊖过 is right about
every word of that sign that it has never met under a negation. Frames stand behind the text, in code points that no text
uses, so that one table of n-grams holds both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.models.files import contents, find
from voc.text.sheet import CODE_POINTS, laid, where
from voc.text.trie import Trie, trie

NAME = "signs"
"""The shipped list of signed words."""
_BETWEEN = "\x04"
_GRAMMAR = (
    "没不未无非别莫甭冇唔勿休难哪谁什么怎咋啥嘛吗呢吧啊哦呵哈嘿了过着得地的是就才还都也又再太很真好挺老可最更比较跟和像如似让给"
    "被把叫教使为要想能会敢肯该必须以怕担心听说居然竟果结倒却但而只有仅连除若万一二两三几半多少个次回遍天年月小时分钟块元斤包袋盒颗"
    "粒条根到从在起来去上下出进完成掉死透够算当作拿买吃用看等换退问找谢您你我他她它咱俺家人这那此每各某全自己第永远直总已经刚早晚终于"
    "怪道何必凭居至宁愿简几乎差点险些恨巴请求希望建议麻烦劝奉告诉假呗哟咯啦哇哩耶诶哎唉嗯"
)
_PRIVATE = 0xF0000  # plane 15 is for private use
_SIGNS = {-1: 1, 0: 2, 1: 3}
_BLANK, _NUMBER, _PAUSE = 4, 5, 6
_PICTURES = 0x2600
_EMOJI = 0xB000
_END = ord("\n")


def with_frames(texts: Sequence[str], signs: Mapping[str, int] | None = None) -> list[str]:
    """Each text in normal form with its frame behind it.

    `signs`: words with -1, 0 or 1; None for a word that says nothing and hides those within it is 2. Default: the
    shipped list. Where words overlap, the longer one counts.
    """
    if not len(texts):
        return []
    words, sign = _shipped() if signs is None else _compiled(signs)
    page = laid([text.replace("\n", " ") for text in texts])
    starts, numbers = words[0].find(page.codes)
    marks = _table()[page.codes].copy()
    kept = np.ones(len(marks), dtype=bool)
    for start, number in _apart(starts, numbers, words[1], len(marks)):
        if sign[number] in _SIGNS:
            end = start + int(words[1][number])
            marks[start] = _PRIVATE + _SIGNS[int(sign[number])]
            kept[start + 1 : end] = False
    marks = marks[kept]
    run = (marks[1:] == marks[:-1]) & (marks[1:] >= _PRIVATE + _BLANK) & (marks[1:] <= _PRIVATE + _PAUSE)
    frames = marks[np.append(True, ~run)].tobytes().decode("utf-32-le").split("\n")
    return [f"{text}{_BETWEEN}{frame}" for text, frame in zip(texts, frames, strict=False)]


def _apart(
    starts: NDArray[np.int64], numbers: NDArray[np.int64], lengths: NDArray[np.int64], size: int
) -> list[tuple[int, int]]:
    """Places of words that do not overlap: the longer first, then the earlier."""
    taken = bytearray(size)
    out = []
    order = np.lexsort((starts, -lengths[numbers]))
    ends = starts + lengths[numbers]
    for start, end, number in zip(starts[order].tolist(), ends[order].tolist(), numbers[order].tolist(), strict=True):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            out.append((start, number))
    return out


_Words = tuple[tuple[Trie, NDArray[np.int64]], list[int]]


def _compiled(signs: Mapping[str, int]) -> _Words:
    words = sorted(signs)
    lengths = np.fromiter((len(word) for word in words), dtype=np.int64, count=len(words))
    return (trie(words), lengths), [signs[word] for word in words]


@cache
def _shipped() -> _Words:
    return _compiled(json.loads(contents(find(NAME))))


@cache
def _table() -> NDArray[np.uint32]:
    """Code point -> what stands for it in a frame."""
    out = np.full(CODE_POINTS, _PRIVATE + _PAUSE, dtype="<u4")
    out[where(r"[^\W_]")] = _PRIVATE + _BLANK
    out[where(r"\d")] = _PRIVATE + _NUMBER
    for code in (*map(ord, _GRAMMAR), ord("?"), ord("!"), ord("~")):
        out[code] = _PRIVATE + code
    pictures = np.arange(_PICTURES, _PRIVATE, dtype=np.int64)
    letters = where(r"\w")[pictures]
    out[pictures[~letters & (pictures < 0xFF00)]] = _PRIVATE + pictures[~letters & (pictures < 0xFF00)]
    high = pictures[(pictures >= 0x1F000) & (pictures < 0x20000)]
    out[high] = _PRIVATE + _EMOJI + (high - 0x1F000)
    out[_END] = _END
    return out
