"""Words of a text: jieba's, by a compiled twin of it, and a plain word pattern for English.

The tokens are those of `jieba.cut(text)` with its default dictionary. `rjieba` finds the same words for Han text and
differs on runs of ASCII, which are therefore split again the way jieba does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rjieba
from numpy.typing import NDArray

from voc.errors import InputError
from voc.text.sheet import laid, where

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
        tokens, sizes = self.tokens(texts)
        words, ends = tokens.to_pylist(), np.cumsum(sizes).tolist()
        return [words[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    def tokens(self, texts: Sequence[str]) -> tuple[pa.Array, NDArray[np.int64]]:
        """The tokens of all texts one after the other, and how many each text has."""
        parts = [self._tokens(texts[at : at + _TEXTS_A_CALL]) for at in range(0, len(texts), _TEXTS_A_CALL)]
        if not parts:
            return pa.array([], pa.string()), np.zeros(0, dtype=np.int64)
        return pa.concat_arrays([tokens for tokens, _ in parts]), np.concatenate([sizes for _, sizes in parts])

    def _tokens(self, texts: Sequence[str]) -> tuple[pa.Array, NDArray[np.int64]]:
        sheet = laid(texts)
        found = pa.array(self._jieba.cut(sheet.text), pa.string())
        end = np.cumsum(pc.utf8_length(found).to_numpy().astype(np.int64))
        start = np.append(0, end[:-1])
        breaks = np.zeros(len(sheet.codes), dtype=bool)
        breaks[sheet.ends] = True
        breaking, plain, signs = (
            np.diff(np.append(0, np.cumsum(marks))[np.append(0, end)])
            for marks in (breaks, sheet.codes < 0x80, where("[^a-zA-Z0-9]")[sheet.codes])
        )
        # A line end between texts is dropped; what it is only a part of, and runs of ASCII, are looked at one by one.
        odd = (breaking > 0) | ((plain == end - start) & (signs > 0) & (end - start > 1))
        more: list[str] = []
        more_row: list[int] = []
        more_at: list[int] = []
        for n in np.flatnonzero(odd & (end - start > 1)).tolist():
            at, last = int(start[n]), int(end[n])
            while at < last:
                row = int(np.searchsorted(sheet.ends, at))
                stop = min(last, int(sheet.ends[row]))
                pieces = self._pieces(sheet.text[at:stop])
                more += pieces
                more_row += [row] * len(pieces)
                more_at += [n] * len(pieces)
                at = stop + 1
        kept = np.flatnonzero(~odd)
        rows = np.append(sheet.rows(start[kept]), np.array(more_row, dtype=np.int64))
        order = np.argsort(np.append(kept, np.array(more_at, dtype=np.int64)), kind="stable")
        chosen = np.append(kept, len(found) + np.arange(len(more)))[order]
        tokens = pa.concat_arrays([found, pa.array(more, pa.string())]).take(pa.array(chosen))
        return tokens, np.bincount(rows, minlength=len(texts))

    def _pieces(self, token: str) -> list[str]:
        """A token as jieba cuts it."""
        if len(token) > 1 and token.isascii() and not token.isalnum() and token not in self._mixed:
            return _ASCII_PART.findall(token)
        return [token] if token else []

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


@lru_cache(maxsize=2)
def segmenter(words: tuple[str, ...] = ()) -> Segmenter:
    """A segmenter with `words` of its own.

    Opening a dictionary takes a tenth of a second, so that of jieba and the last one stay open; each holds 25 MB.
    """
    return Segmenter(words)


def english_words(texts: Iterable[str]) -> list[list[str]]:
    """Tokens of English texts: words (don't is one), numbers, blanks, single signs; joined they are the text."""
    return [_ENGLISH.findall(text) for text in texts]
