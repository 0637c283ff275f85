"""The phrase material: a small grammar in TOML, compiled once, and how much of it stands outside a taxonomy.

`[a|b|]` chooses one of its options, `{slot}` is filled by the caller. Options do not nest.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from voc.errors import ConfigError

Part = str | tuple[str, ...]
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
COMPLAINTS = ("product_a", "product_b", "service_a", "service_b")


@dataclass(frozen=True)
class Pattern:
    """One line of the grammar: literals and choices in order."""

    parts: tuple[Part, ...]

    def size(self) -> int:
        """How many texts the choices can make, slots apart."""
        size = 1
        for part in self.parts:
            size *= 1 if isinstance(part, str) else len(part)
        return size

    def draft(self, random: Random) -> str:
        """One text with its slots still open."""
        return "".join([p if isinstance(p, str) else p[int(random.random() * len(p))] for p in self.parts])

    def say(self, random: Random, slots: Mapping[str, str]) -> str:
        """One text. Raises KeyError where a slot has no filling."""
        return fill(self.draft(random), slots)


def fill(text: str, slots: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda found: slots[found[1]], text) if "{" in text else text


def compile_pattern(line: str, *, where: str) -> Pattern:
    """Raises ConfigError for brackets that do not match."""
    pieces = _CHOICE.split(line)
    if any("[" in p or "]" in p for p in pieces):
        raise ConfigError(f"{where}: brackets do not match in {line!r}; options may not nest")
    return Pattern(tuple(p if i % 2 == 0 else tuple(p.split("|")) for i, p in enumerate(pieces) if p or i % 2))


@cache
def read(name: str) -> dict[str, Any]:
    """The TOML file phrases/`name`.toml."""
    return tomllib.loads(files("voc.corpora.sample").joinpath("phrases", f"{name}.toml").read_text("utf-8"))


@cache
def patterns(name: str) -> dict[str, dict[str, tuple[Pattern, ...]]]:
    """Table -> product group (or 'any') -> patterns, of a file whose tables are all lists of lines."""
    return {
        code: {
            group: tuple(compile_pattern(line, where=f"{name}.toml, {code}.{group}") for line in lines)
            for group, lines in table.items()
        }
        for code, table in read(name).items()
    }


@cache
def lines(name: str, key: str) -> tuple[Pattern, ...]:
    """A top-level list of lines, compiled."""
    return tuple(compile_pattern(line, where=f"{name}.toml, {key}") for line in read(name)[key])


@cache
def complaints() -> dict[str, dict[str, tuple[Pattern, ...]]]:
    """Every Chinese complaint pattern by code and product group."""
    out: dict[str, dict[str, tuple[Pattern, ...]]] = {}
    for name in COMPLAINTS:
        out.update(patterns(name))
    return out


def phrasings(*, each: int = 40, seed: int = 0) -> list[tuple[str, str]]:
    """(code, text): up to `each` distinct realisations of every Chinese complaint pattern, slots filled neutrally."""
    random = Random(seed)
    slots = {"n": "", "N": "零食", "who": "家里人", "staff": "店员"}
    out = []
    for code, groups in sorted(complaints().items()):
        seen: dict[str, None] = {}
        for pattern in (p for group in sorted(groups) for p in groups[group]):
            for _ in range(min(each, 3 * pattern.size())):
                seen.setdefault(pattern.say(random, slots), None)
        out += [(code, text) for text in seen]
    return out


def phrasing_share(taxonomy_expressions: Iterable[str]) -> float:
    """Share, in [0, 1], of the complaint phrasings in which no taxonomy expression stands literally.

    The mean over codes, so that a code with many phrasings does not decide alone. Letters are compared in lower case.
    """
    found: dict[str, list[bool]] = {}
    words = sorted({w.lower() for w in taxonomy_expressions if w}, key=lambda w: (len(w), w))
    if not words:
        return 1.0
    any_word = re.compile("|".join(re.escape(w) for w in words))
    for code, text in phrasings():
        found.setdefault(code, []).append(any_word.search(text.lower()) is None)
    return sum(sum(flags) / len(flags) for flags in found.values()) / len(found)
