"""Words of clauses, for the terms and the names of topics.

A term is a word that says something, with the negation or the degree before it (不新鲜, 太咸, not fresh): without it
a topic about stale food would carry the term "fresh". A phrase is a run of words as the customer wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from voc.text.segment import Segmenter, english_words
from voc.text.stopwords import stopwords

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_NUMBER = re.compile(r"[\d.,%]+")
# fmt: off
_TURNS = frozenset((
    "不", "没", "没有", "没得", "无", "不够", "不太", "不会", "不能", "不要", "不让", "不给", "太", "过于", "有点", "有点儿",
    "难", "难以", "no", "not", "never", "too", "don't", "can't", "won't",
))
#: Words of the stop lists that a name may begin or end with: they carry the complaint.
_BEGINS = _TURNS | {
    "少", "多", "不是", "不见", "只有", "要", "被", "让", "不对", "希望", "全是", "wasn't", "isn't", "didn't", "doesn't",
    "couldn't",
}
_ENDS = frozenset((
    "不行", "不对", "少", "多", "大", "小", "差", "上去", "出来", "下来", "太多", "太少", "太大", "太小",
    "down", "up", "off", "again",
))
_EMPTY = frozenset((
    "一个", "一家", "一种", "一款", "一次", "这次", "时候", "从此", "不知道",
    "nbsp", "hellip", "ldquo", "rdquo", "quot", "amp", "http", "https", "www", "com", "cn",
))
_PARTICLES = frozenset("了的吧啊呢吗呀啦嘛")
# fmt: on
_MOST_WORDS = 5
_MOST_HAN = 12


@cache
def _stop() -> frozenset[str]:
    return stopwords("zh") | stopwords("en") | _EMPTY


class Words:
    """Tokens of clean texts. Holds a segmenter, which does not pickle."""

    def __init__(self) -> None:
        self._segmenter = Segmenter()

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """The words and signs of each text, blanks left out."""
        han = [bool(_HAN.search(text)) for text in texts]
        chinese = iter(self._segmenter.cut([text for text, is_han in zip(texts, han, strict=True) if is_han]))
        english = iter(english_words(text for text, is_han in zip(texts, han, strict=True) if not is_han))
        rows = (next(chinese) if is_han else next(english) for is_han in han)
        return [[token for token in row if not token.isspace()] for row in rows]


def terms(tokens: Sequence[str]) -> list[str]:
    """The terms of one text, in order, repeats kept."""
    found: list[str] = []
    for at, token in enumerate(tokens):
        if not says_something(token):
            continue
        before = tokens[at - 1] if at else ""
        found.append(joined([before, token]) if before in _TURNS else token)
    return found


def phrases(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Runs of one to five words that could name a topic: they begin and end with a word that says something."""
    for start in range(len(tokens)):
        if not (says_something(tokens[start]) or tokens[start] in _BEGINS):
            continue
        meant = False
        for end in range(start, min(start + _MOST_WORDS, len(tokens))):
            token = tokens[end]
            if not _is_word(token):
                break
            meant = meant or says_something(token)
            if meant and (says_something(token) or token in _ENDS):
                run = tuple(tokens[start : end + 1])
                if len(joined(run)) >= 2 and len(_HAN.findall("".join(run))) <= _MOST_HAN:
                    yield run


def ends(tokens: Sequence[str]) -> set[tuple[str, ...]]:
    """The runs of one to five words that end where the text does, particles and signs behind them left out."""
    last = len(tokens)
    while last and (tokens[last - 1] in _PARTICLES or not _is_word(tokens[last - 1])):
        last -= 1
    return {tuple(tokens[start:last]) for start in range(max(0, last - _MOST_WORDS), last)}


def joined(tokens: Sequence[str]) -> str:
    """Tokens as they are written: a blank between Latin words, none beside Han characters."""
    out = ""
    for token in tokens:
        out += f" {token}" if out and out[-1].isascii() and token[:1].isascii() else token
    return out


def _is_word(token: str) -> bool:
    return any(char.isalnum() for char in token)


def says_something(token: str) -> bool:
    """Whether a token is a word of content: no stop word, number, sign or single Latin letter."""
    if token in _stop() or _NUMBER.fullmatch(token) or not _is_word(token):
        return False
    return len(token) > 1 or bool(_HAN.match(token))
