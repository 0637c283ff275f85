"""Words of a text: jieba's, by a compiled twin of it, and a plain word pattern for English.

The tokens are those of `jieba.cut(text)` with its default dictionary. `rjieba` finds the same words for Han text and
differs on runs of ASCII, which are therefore split again the way jieba does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import rjieba

from voc.errors import InputError

_ENGLISH = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\d+(?:[.,]\d+)*%?|\s+|.", re.DOTALL)
_ASCII_PART = re.compile(r"[a-zA-Z0-9]+(?:\.\d+)?%?|[^a-zA-Z0-9]+")
_TEXTS_A_CALL = 1000


class Segmenter:
    """A word segmenter with words of its own on top of jieba's dictionary.

    `words` are added with the frequency that lets each come out as one token; `user_dict` is a file in jieba's format
    (`word [frequency] [tag]` a line, UTF-8). Holds a dictionary that does not pickle: open it in the worker.
    """

    def __init__(self, words: Iterable[str] = (), user_dict: Path | None = None) -> None:
        self._jieba = rjieba.Jieba()
        self._mixed: set[str] = set()
        for word in sorted(set(words)):
            self._add(word, None, None)
        if user_dict is not None:
            self._load(user_dict)

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """One list of tokens a text; the tokens of a text joined are the text."""
        rows: list[list[str]] = []
        for start in range(0, len(texts), _TEXTS_A_CALL):
            rows.extend(self._cut_some(texts[start : start + _TEXTS_A_CALL]))
        return rows

    def _cut_some(self, texts: Sequence[str]) -> list[list[str]]:
        tokens = iter(self._jieba.cut("\n".join(texts)))
        rows: list[list[str]] = []
        rest = ""
        for text in texts:
            row: list[str] = []
            left = len(text)
            while left > 0:
                token = rest or next(tokens)
                rest = token[left:]
                if rest:
                    token = token[:left]
                left -= len(token)
                if len(token) > 1 and token.isascii() and not token.isalnum() and token not in self._mixed:
                    row.extend(_ASCII_PART.findall(token))
                else:
                    row.append(token)
            rest = (rest or next(tokens, "\n"))[1:]  # the line end that joined this text to the next
            rows.append(row)
        return rows

    def _add(self, word: str, frequency: int | None, tag: str | None) -> None:
        self._jieba.add_word(word, frequency, tag)
        if word.isascii() and not word.isalnum():
            self._mixed.add(word)

    def _load(self, path: Path) -> None:
        for row, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines()):
            fields = line.split()
            if not fields:
                continue
            frequency = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else None
            tag = fields[-1] if len(fields) > 1 and not fields[-1].isdigit() else None
            if len(fields) > 3 or (len(fields) == 3 and frequency is None):
                raise InputError(f"{line!r} is not `word [frequency] [tag]`", path=path, row=row)
            self._add(fields[0], frequency, tag)


def english_words(texts: Iterable[str]) -> list[list[str]]:
    """Tokens of English texts: words (don't is one), numbers, blanks, single signs; joined they are the text."""
    return [_ENGLISH.findall(text) for text in texts]
