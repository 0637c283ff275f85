"""New words of a month: product names and slang that the segmenter's dictionary does not know.

A run of Han characters is a word where its parts meet far more often than chance (pointwise mutual information, the
lowest over all ways to cut it in two) and where what stands on either side of it varies (branching entropy; Jin and
Tanaka-Ishii 2006, Unsupervised Segmentation of Chinese Text by Use of Branching Entropy). Runs are counted from short to
long, and a longer one only where both its ends were frequent (Agrawal and Srikant 1994), so that time and memory grow
with the number of characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.text.counting import distinct_of
from voc.text.segment import Segmenter
from voc.text.segment import segmenter as opened
from voc.text.sheet import normal_forms
from voc.text.stopwords import stopwords

LONGEST = 5
"""Characters of a word at most."""
LEAST = 8
"""Texts that a word must stand in."""
COHESION = 3.0
"""Least pointwise mutual information of a word's parts, nats: met twenty times as often as chance."""
FREEDOM = 1.2
"""Least branching entropy on either side, nats: about three and a half neighbours of equal share."""
_CHARACTERS = 2_000_000
_MOST_OF = 0.7
# Single characters that the segmenter leaves at the edge of a phrase rather than of a word: what one does and in which
# direction, how much of it, and what stands around it.
_FIRST = frozenset(
    "才吃喝用买送看听拿收贴换带搞做点打放开拆穿戴洗充装发寄等找问说想懒值该先再天次后前下上里外内每各某请让使令性道根家块位"
)
_LAST = frozenset(
    "货完后前时上下中里内外快慢高低好差多少大小够足长短到得来去过住起开出入回人家次天们样些点种个只件份包满错对全贵退买用吃"
)
_NUMBERS = frozenset("零一二两三四五六七八九十百千万几半多第每")
_BREAK = 0


@dataclass(frozen=True)
class NewWord:
    """`texts` it stands in; `cohesion` and `freedom` in nats, both at least the thresholds it was found with."""

    word: str
    texts: int
    cohesion: float
    freedom: float


@dataclass(frozen=True)
class _Runs:
    """The runs of one length: `at` their places in the text, `run` the number of each, `count` how often each stands."""

    at: NDArray[np.int64]
    run: NDArray[np.int64]
    count: NDArray[np.int64]


def discover(
    texts: Sequence[str],
    *,
    segmenter: Segmenter | None = None,
    least: int = LEAST,
    cohesion: float = COHESION,
    freedom: float = FREEDOM,
) -> list[NewWord]:
    """Words of 2 to LONGEST Han characters that `segmenter` (default: jieba's dictionary) cuts, most texts first.

    Equal texts count once, so that a copied review makes no word. Reads at most two million characters, evenly taken
    from the whole. Deterministic; `least`, `cohesion` and `freedom` as the constants of this module say.
    """
    return among(normal_forms(texts), segmenter=segmenter, least=least, cohesion=cohesion, freedom=freedom)


def among(
    forms: Sequence[str],
    *,
    segmenter: Segmenter | None = None,
    least: int = LEAST,
    cohesion: float = COHESION,
    freedom: float = FREEDOM,
) -> list[NewWord]:
    """`discover` for texts in normal form."""
    codes, owner = _laid_out(_evenly(list(dict.fromkeys(forms))))
    if len(codes) < 2:
        return []
    _, letter = np.unique(codes, return_inverse=True)
    stems = _first(letter, least)
    levels = [stems]
    for length in range(2, LONGEST + 1):
        levels.append(_longer(levels[-1], levels[0], length, len(letter), least))
        if not len(levels[-1].at):
            break
    found: list[NewWord] = []
    total = int((codes != _BREAK).sum())
    for length in range(2, len(levels) + 1):
        runs = levels[length - 1]
        if len(runs.count):
            found += _words(runs, levels, length, total, codes, owner, least, cohesion, freedom)
    return _unknown(_without_fragments(found), segmenter or opened())


def _evenly(forms: list[str]) -> list[str]:
    size = sum(map(len, forms))
    return forms if size <= _CHARACTERS else forms[:: -(-size // _CHARACTERS)]


def _laid_out(forms: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The code points of all texts in a row, what is no Han character as _BREAK, and the text of each."""
    joined = "".join(f"{form}\n" for form in forms)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    owner = np.repeat(np.arange(len(forms)), np.fromiter((len(f) + 1 for f in forms), np.int64, len(forms)))[
        : len(codes)
    ]
    return np.where((codes >= 0x4E00) & (codes <= 0x9FFF), codes, _BREAK), owner


def _first(letter: NDArray[np.int64], least: int) -> _Runs:
    """Single characters; letter 0 is the break, which stands at least after each text."""
    count = np.bincount(letter)
    keep = count >= least
    keep[0] = False
    return _kept(np.arange(len(letter), dtype=np.int64), letter, keep, count)


def _kept(at: NDArray[np.int64], run: NDArray[np.int64], keep: NDArray[np.bool_], count: NDArray[np.int64]) -> _Runs:
    number = np.cumsum(keep) - 1
    mine = keep[run]
    return _Runs(at[mine], number[run[mine]], count[keep])


def _longer(runs: _Runs, stems: _Runs, length: int, size: int, least: int) -> _Runs:
    """Runs of `length` whose first length - 1 characters are frequent, and whose last ones are too."""
    known = np.full(size + 1, -1, dtype=np.int64)
    known[runs.at] = runs.run
    last = np.full(size + 1, -1, dtype=np.int64)
    last[stems.at] = stems.run
    at = runs.at[runs.at + length <= size]
    at = at[(known[at + 1] >= 0) & (last[at + length - 1] >= 0)]
    keys = known[at] * (len(stems.count) + 1) + last[at + length - 1]
    _, run, count = np.unique(keys, return_inverse=True, return_counts=True)
    return _kept(at, run, count >= least, count)


def _words(
    runs: _Runs, levels: Sequence[_Runs], length: int, total: int, codes: NDArray[np.int64], owner: NDArray[np.int64],
    least: int, cohesion: float, freedom: float,
) -> list[NewWord]:  # fmt: skip
    """The runs of one length that are cohesive and free enough."""
    n = len(runs.count)
    first = np.full(n, -1, dtype=np.int64)
    first[runs.run[::-1]] = runs.at[::-1]  # the first place of each
    together = np.full(n, np.inf)
    for cut in range(1, length):
        left, right = _counts(levels[cut - 1], len(codes)), _counts(levels[length - cut - 1], len(codes))
        chance = left[first] * right[first + cut] / total
        together = np.minimum(together, np.log(runs.count / np.maximum(chance, 1e-9)))
    fits = together >= cohesion
    keep = np.flatnonzero(fits[runs.run])
    at, run = runs.at[keep], runs.run[keep]
    free = np.minimum(_entropy(run, at - 1, codes, n), _entropy(run, at + length, codes, n))
    standing = distinct_of(run * (int(owner[-1]) + 1) + owner[at]) // (int(owner[-1]) + 1)
    texts = np.bincount(standing, minlength=n)
    out = []
    for number in np.flatnonzero(fits & (free >= freedom) & (texts >= least)).tolist():
        place = int(first[number])
        word = "".join(map(chr, codes[place : place + length].tolist()))
        if _NUMBERS.isdisjoint(word) and len(set(word)) > 1:
            out.append(NewWord(word, int(texts[number]), float(together[number]), float(free[number])))
    return out


def _counts(runs: _Runs, size: int) -> NDArray[np.int64]:
    """At each place how often the run that begins there stands in all texts, 0 for a rare one."""
    out = np.zeros(size + 1, dtype=np.int64)
    out[runs.at] = runs.count[runs.run]
    return out


def _entropy(
    run: NDArray[np.int64], beside: NDArray[np.int64], codes: NDArray[np.int64], n: int
) -> NDArray[np.float64]:
    """Branching entropy of each run; a break beside it is a neighbour that no other occurrence has."""
    inside = (beside >= 0) & (beside < len(codes))
    neighbour = np.where(inside, codes[np.clip(beside, 0, len(codes) - 1)], _BREAK)
    neighbour = np.where(neighbour == _BREAK, 0x110000 + np.arange(len(run)), neighbour)
    width = 0x110000 + len(run)
    pairs, times = np.unique(run * width + neighbour, return_counts=True)
    owner = pairs // width
    share = times / np.bincount(owner, weights=times, minlength=n)[owner]
    return np.asarray(np.bincount(owner, weights=-share * np.log(share), minlength=n), dtype=np.float64)


def _without_fragments(found: Sequence[NewWord]) -> list[NewWord]:
    """Without words that a longer one takes along in most of its texts."""
    taken: dict[str, int] = {}
    for new in found:
        for length in range(2, len(new.word)):
            for start in range(len(new.word) - length + 1):
                part = new.word[start : start + length]
                taken[part] = max(taken.get(part, 0), new.texts)
    return [new for new in found if taken.get(new.word, 0) < _MOST_OF * new.texts]


def _unknown(found: Sequence[NewWord], segmenter: Segmenter) -> list[NewWord]:
    """What the segmenter cuts so that a single character is left over: the sign of a word that it does not know.

    Two known words side by side are a phrase, and so is what holds a stop word; phrases are voc.extract.terms' business.
    """
    stop = stopwords("zh")
    new = []
    for word, tokens in zip(found, segmenter.cut([word.word for word in found]), strict=True):
        edges = (tokens[0] in _FIRST) or (tokens[-1] in _LAST)
        if len(tokens) > 1 and min(map(len, tokens)) == 1 and not edges and stop.isdisjoint(tokens):
            new.append(word)
    return sorted(new, key=lambda w: (-w.texts, w.word))
