"""Combinations: word groups of the taxonomy that stand in order and close together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voc.extract.lexicon import Term
from voc.taxonomy import Combination


class Hit(NamedTuple):
    """A word at its place in a normal text; hits of one text sort by place, since two words never share both ends.

    `beside` is 0 where nothing before or after the word can turn or weigh it (voc.extract.scan), so that nobody needs
    to look.
    """

    start: int
    end: int
    term: Term
    beside: int = 1


Match = tuple[int, Combination, list[Hit]]
"""The issue of a combination, the combination, and the words that fill it."""


def combined(
    slots: Sequence[Hit], combinations: Sequence[tuple[int, Combination]], *, across: bool = False
) -> list[Match]:
    """The combinations that the words fill, in order and within their gaps; the tightest place of each."""
    if len(slots) < 2:
        return []
    out = []
    for number in sorted({n for hit in slots for n in hit.term.anchors}):
        issue, combination = combinations[number]
        if across and not combination.across:
            continue
        able = [h for h in slots if number in h.term.combinations]
        if len(able) < len(combination.slots):
            continue
        bag = [[h for h in able if (number, n) in h.term.slots] for n in range(len(combination.slots))]
        if not all(bag):
            continue
        best: list[Hit] | None = None
        longest = -1
        for parts in _chains(bag, combination.gap):
            length = sum(p.end - p.start for p in parts)
            if length > longest:
                best, longest = parts, length
        if best is not None:
            out.append((issue, combination, best))
    return out


def _chains(bag: Sequence[Sequence[Hit]], gap: int) -> list[list[Hit]]:
    chains = [[hit] for hit in bag[0]]
    for options in bag[1:]:
        chains = [[*c, hit] for c in chains for hit in options if 0 <= hit.start - c[-1].end <= gap][:64]
    return chains
