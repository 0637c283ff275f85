"""Which of the two languages of the package a text is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from voc.text.sheet import laid, where
from voc.text.stopwords import stopwords

Language = Literal["zh", "en", "und"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA_OR_HANGUL = re.compile(r"[\u3041-\u30ff\uac00-\ud7af]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)*")
_LATIN_LETTER = r"[A-Za-z\u00c0-\u024f]"
_OTHER_LETTER = re.compile(r"[\u0370-\u1fff]")
# Pinyin and digit slang that stands alone in Chinese reviews.
_CHINESE_SLANG = frozenset(("yyds", "xswl", "awsl", "nsdd", "tql", "666", "6666", "233", "2333", "nb", "emo", "u1s1"))
_ENOUGH_WORDS = 6
_TEXTS_A_CALL = 16_384


def detect(text: str) -> Language:
    """'zh', 'en', or 'und' for neither (no letters, Japanese, Korean, Cyrillic, a Latin text without English words).

    A mixed text is Chinese when it has at least as many Han characters as Latin words.
    """
    if text.isascii():
        return _latin(text)
    han = len(_HAN.findall(text))
    foreign = len(_KANA_OR_HANGUL.findall(text))
    if foreign > 1 and 2 * foreign > han:
        return "und"
    words = len(_LATIN_WORD.findall(text))
    if han and han >= words:
        return "zh"
    return "und" if len(_OTHER_LETTER.findall(text)) > words else _latin(text)


def detect_all(texts: Sequence[str]) -> list[Language]:
    """`detect` of each text; those of Han characters without Latin letters are told at once."""
    return [name for at in range(0, len(texts), _TEXTS_A_CALL) for name in _detect_all(texts[at : at + _TEXTS_A_CALL])]


def _detect_all(texts: Sequence[str]) -> list[Language]:
    sheet = laid(texts)
    han, latin, foreign = (
        sheet.counts(where(pattern)[sheet.codes]) for pattern in (_HAN.pattern, _LATIN_LETTER, _KANA_OR_HANGUL.pattern)
    )
    clear = (han > 0) & (latin == 0) & (foreign < 2)
    return ["zh" if known else detect(text) for text, known in zip(texts, clear.tolist(), strict=True)]


def _latin(text: str) -> Language:
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    if not words:
        return "zh" if text.strip() in _CHINESE_SLANG else "und"
    if all(word in _CHINESE_SLANG for word in words):
        return "zh"
    if len(words) >= _ENOUGH_WORDS and not any(word in stopwords("en") for word in words):
        return "und"
    return "en"
