"""Literals that a regular expression cannot do without, so that an automaton can say which texts to try it on.

The idea is the prefilter of code search (Cox 2012, Regular Expression Matching with a Trigram Index): a text in which
none of a pattern's literals stands cannot match, so the pattern is only tried where one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST = 400
"""Most literals that a part of a pattern may turn into before another part is looked at."""

END = "\uffff"
"""Stands for the end of a text; no text holds it."""

Words = frozenset[str]


def required(pattern: str, *, closing: bool = False) -> Words:
    """Strings of which at least one stands in every text that `pattern` (syntax of `re`, case as it is) matches.

    With `closing` one of them stands in the text with END behind it: what has to stand last then ends in END.
    Raises ValueError for a pattern that can match without any literal.
    """
    exact, needed = _sequence(parser.parse(pattern), END if closing else "")
    found = _better(exact, needed)
    if not found or "" in found:
        raise ValueError(f"{pattern[:60]!r} can match a text without any literal")
    return frozenset(word for word in found if not any(other in word for other in found if other != word))


def alphabet(pattern: str) -> Words | None:
    """All characters of which a text that `pattern` matches can consist; None unless it matches whole texts only.

    Such a pattern begins with ^ and ends with $, and none of its parts takes characters that it does not name.
    """
    parts = list(parser.parse(pattern))
    if len(parts) < 2 or parts[0] != (ops.AT, ops.AT_BEGINNING) or parts[-1] != (ops.AT, ops.AT_END):
        return None
    return _named(parts)


def _named(parts: Iterable[tuple[Any, Any]]) -> Words | None:
    out: set[str] = set()
    for op, value in parts:
        if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
            continue
        if op is ops.LITERAL:
            some: Words | None = frozenset([chr(value)])
        elif op is ops.IN:
            some = _class(value)
        elif op is ops.BRANCH:
            branches = [_named(branch) for branch in value[1]]
            some = None if None in branches else frozenset().union(*(b for b in branches if b is not None))
        elif op is ops.SUBPATTERN:
            some = _named(value[3])
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            some = _named(value[2])
        else:
            some = None
        if some is None:
            return None
        out |= some
    return frozenset(out)


def _better(*options: Words | None) -> Words | None:
    """Of sets that each suffice, the one with the longest shortest word, then the smaller one."""
    known = [o for o in options if o and "" not in o and END not in o]
    return max(known, key=lambda o: (min(2, min(map(len, o))), -len(o)), default=None)


def _sequence(parts: Iterable[tuple[Any, Any]], end: str) -> tuple[Words | None, Words | None]:
    """All strings that the parts together match (None for too many), and the best set that one of them must hold."""
    run: Words | None = frozenset([""])
    whole = True
    best: Words | None = None
    for op, value in parts:
        exact, needed = _part(op, value, end)
        if exact is None or run is None or len(exact) * len(run) > MOST:
            best = _better(best, run, needed)
            whole = False
            run = exact if exact is not None else frozenset([""])
        else:
            run = frozenset(a + b for a, b in product(run, exact))
            best = _better(best, needed)
    return (run if whole else None), _better(best, run)


def _part(op: Any, value: Any, end: str) -> tuple[Words | None, Words | None]:
    nothing: Words = frozenset([""])
    if op is ops.LITERAL:
        return frozenset([chr(value)]), None
    if op is ops.IN:
        return _class(value), None
    if op is ops.AT and value is ops.AT_END:
        return frozenset([end]), None
    if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
        return nothing, None
    if op is ops.SUBPATTERN:
        return _sequence(value[3], end)
    if op is ops.BRANCH:
        return _branches([_sequence(branch, end) for branch in value[1]])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        low, high, body = value
        exact, needed = _sequence(body, end)
        if low == 0:
            return (nothing | exact if high == 1 and exact is not None else None), None
        return (exact if (low, high) == (1, 1) else None), _better(exact, needed)
    return None, None


def _class(items: Sequence[tuple[Any, Any]]) -> Words | None:
    out: set[str] = set()
    for op, value in items:
        if op is ops.LITERAL:
            out.add(chr(value))
        elif op is ops.RANGE and value[1] - value[0] < MOST:
            out.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return None
    return frozenset(out)


def _branches(options: Sequence[tuple[Words | None, Words | None]]) -> tuple[Words | None, Words | None]:
    exacts = [exact for exact, _ in options]
    if all(exact is not None for exact in exacts):
        together = frozenset().union(*(exact for exact in exacts if exact is not None))
        if len(together) <= MOST:
            return together, None
    best = [_better(exact, needed) for exact, needed in options]
    if any(words is None for words in best):
        return None, None
    return None, frozenset().union(*(words for words in best if words is not None))
