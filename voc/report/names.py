"""Names that a reader may not read, found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import ahocorasick

_NAMELIKE = re.compile(r"[^\d\s]|\d{5,}")  # an id such as 12 would hide every 12 in a text


class Names:
    """Finds `hidden` names of at least three code points. Where one of `own` covers a name, it stays: 东门店 in 杭州东门店."""

    def __init__(self, hidden: Iterable[str], own: Iterable[str] = ()) -> None:
        mine = {n for n in own if n}
        names = {n for n in hidden if len(n) >= 3 and _NAMELIKE.search(n)} - mine
        self.automaton = ahocorasick.Automaton()
        for name in sorted(names | mine):
            self.automaton.add_word(name, (len(name), name in mine))
        self.some = bool(names)
        if self.some:
            self.automaton.make_automaton()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the names stand, as code points, half-open; spans may overlap."""
        if not self.some:
            return []
        found = [(end + 1 - n, end + 1, own) for end, (n, own) in self.automaton.iter(text)]
        mine = [(a, b) for a, b, own in found if own]
        return [(a, b) for a, b, own in found if not own and not any(x <= a and b <= y for x, y in mine)]
