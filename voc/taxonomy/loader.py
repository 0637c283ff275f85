"""Taxonomies as TOML: reading and checking. A mistake is named with its file, its line and the nearest valid choice."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from voc.errors import ConfigError, UnknownName, nearest
from voc.taxonomy.model import FACETS, SEVERITIES, Combination, Issue, Opinions, Sub, Taxonomy, Upgrade

GAP = 4
MAX_GAP = 20
MAX_WORD = 60
_SEPARATORS = re.compile(r"[、,，|\n]")
_LISTS = ("targets", "expressions", "praise", "neutral", "bad", "good", "hints_bad", "hints_good", "counters")
_TOP = {"name", "version", "include", "groups", "issues", "rivals", "counters"}
_ISSUE = {
    "zh", "en", "facet", "severity", "owner", "store", "general", "figurative", "yields", "combinations", "upgrades",
    "subs", *_LISTS, *(f"{name}_en" for name in _LISTS),
}  # fmt: skip
_PARTS = {
    "combinations": {"of", "gap", "praise", "across"},
    "upgrades": {"severity", "words", "codes"},
    "subs": {"zh", "en", "owner", "expressions", "expressions_en"},
}


@dataclass(frozen=True)
class _File:
    """The source of a taxonomy, for messages: `where(path of keys)` is 'file:line: '."""

    label: str
    lines: tuple[str, ...]

    def where(self, keys: tuple[str, ...]) -> str:
        return f"{self.label}:{self.line(keys)}: {'.'.join(keys)}: "

    def line(self, keys: tuple[str, ...]) -> int:
        """The 1-based line where the path of keys stands, or the nearest header above it (1 if none is found)."""
        start, depth = 0, 0
        for size in range(len(keys), 0, -1):
            parts = r"\s*\.\s*".join(f"[\"']?{re.escape(k)}[\"']?" for k in keys[:size])
            header = re.compile(rf"\s*\[+\s*{parts}\s*\]+")
            found = next((n for n, text in enumerate(self.lines) if header.match(text)), None)
            if found is not None:
                start, depth = found, size
                break
        for key in keys[depth:]:
            assignment = re.compile(rf'(^|[\s{{,])["\']?{re.escape(key)}["\']?\s*(=|\.)')
            for n in range(start if depth == 0 else start + 1, len(self.lines)):
                if depth and self.lines[n].lstrip().startswith("[") and "=" not in self.lines[n]:
                    break
                if assignment.search(self.lines[n].split("#")[0]):
                    start = n
                    break
        return start + 1


def names() -> list[str]:
    """The built-in taxonomies."""
    found = (entry.name for entry in files("voc.taxonomy").joinpath("data").iterdir())
    return sorted(n[:-5].replace("_", "-") for n in found if n.endswith(".toml") and not n.startswith("_"))


def load(name_or_path: str | Path) -> Taxonomy:
    """A built-in taxonomy by name ('retail-food' or 'retail_food'), or a TOML file by its path.

    Raises UnknownName for a name that is not built in and no file, ConfigError for a file with a mistake.
    """
    name = str(name_or_path)
    if name.replace("_", "-") in names():
        return _built_in(name.replace("-", "_"))
    path = Path(name_or_path)
    if not path.is_file():
        if path.suffix == ".toml" or len(path.parts) > 1:
            raise ConfigError(f"taxonomy file {name!r} does not exist; built-in taxonomies: {', '.join(names())}")
        raise UnknownName("taxonomy", name, names())
    return parse(path.read_bytes(), label=path.name)


@lru_cache(maxsize=16)
def _built_in(stem: str) -> Taxonomy:
    return parse(files("voc.taxonomy").joinpath("data", f"{stem}.toml").read_bytes(), label=f"{stem}.toml")


def parse(raw: bytes, *, label: str) -> Taxonomy:
    """The taxonomy in the bytes of a TOML file; `label` is the file's name in messages. Raises ConfigError."""
    data, file = _toml(raw, label)
    _only(file, (), data, _TOP)
    for key in ("name", "version", "issues"):
        if key not in data:
            raise ConfigError(f"{label}: the key {key!r} is missing")
    groups = _groups(file, data.get("groups", {}))
    tables = _table(file, ("issues",), data["issues"])
    if not tables:
        raise ConfigError(f"{label}: [issues] is empty")
    sources, taken = _included(file, data.get("include", {}), tables)
    known = (*tables, *taken)
    issues = {code: _issue(file, code, _table(file, ("issues", code), t), groups, known) for code, t in tables.items()}
    _no_collisions(file, issues)
    counters = (
        *_words(file, ("counters",), data.get("counters", []), groups),
        *(w for s in sources for w in s.counters),
    )
    return Taxonomy(
        name=_text(file, ("name",), data["name"]),
        version=_text(file, ("version",), data["version"]),
        sha256=hashlib.sha256(raw + "".join(s.sha256 for s in sources).encode()).hexdigest(),
        issues=MappingProxyType({**issues, **_fitted(taken, issues)}),
        rivals=_words(file, ("rivals",), data.get("rivals", []), groups),
        counters=tuple(dict.fromkeys(counters)),
    )


@lru_cache(maxsize=1)
def opinions() -> Opinions:
    """The general opinion words that every taxonomy shares."""
    raw = files("voc.taxonomy").joinpath("data", "_opinions.toml").read_bytes()
    data, file = _toml(raw, "_opinions.toml")
    lists = {k: _words(file, (k,), v, {}) for k, v in data.items()}
    return Opinions(**lists)


def _toml(raw: bytes, label: str) -> tuple[dict[str, Any], _File]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{label}: byte {error.start} is not UTF-8; a taxonomy is a UTF-8 file") from None
    try:
        return tomllib.loads(text), _File(label, tuple(text.splitlines()))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{label}: not valid TOML: {error}") from None


def _issue(
    file: _File, code: str, table: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]], codes: Iterable[str]
) -> Issue:
    here = ("issues", code)
    _only(file, here, table, _ISSUE)
    for key in ("zh", "en", "facet", "severity", "owner"):
        if key not in table:
            raise ConfigError(f"{file.where(here)}the key {key!r} is missing")

    def words(name: str) -> tuple[str, ...]:
        both = (*_words(file, (*here, name), table.get(name, []), groups),
                *_words(file, (*here, f"{name}_en"), table.get(f"{name}_en", []), groups))  # fmt: skip
        return tuple(dict.fromkeys(both))

    subs = tuple(
        _sub(file, (*here, "subs", name), name, sub, groups, table["owner"])
        for name, sub in _table(file, (*here, "subs"), table.get("subs", {})).items()
    )
    figurative = table.get("figurative")
    for other in (*table.get("yields", []), *([figurative] if figurative is not None else [])):
        _one_of(file, here, "code", other, codes)
    return Issue(
        code=code,
        zh=_text(file, (*here, "zh"), table["zh"]),
        en=_text(file, (*here, "en"), table["en"]),
        facet=_one_of(file, (*here, "facet"), "facet", table["facet"], FACETS),
        severity=_one_of(file, (*here, "severity"), "severity", table["severity"], SEVERITIES),
        owner=_text(file, (*here, "owner"), table["owner"]),
        store=_flag(file, (*here, "store"), table.get("store", True)),
        general=_flag(file, (*here, "general"), table.get("general", False)),
        figurative=figurative,
        yields=tuple(table.get("yields", [])),
        targets=words("targets"),
        expressions=tuple(dict.fromkeys((*words("expressions"), *(w for sub in subs for w in sub.expressions)))),
        praise=words("praise"),
        neutral=words("neutral"),
        bad=words("bad"),
        good=words("good"),
        hints_bad=words("hints_bad"),
        hints_good=words("hints_good"),
        counters=words("counters"),
        combinations=tuple(
            _combination(file, (*here, "combinations"), c, groups) for c in table.get("combinations", [])
        ),
        upgrades=tuple(_upgrade(file, (*here, "upgrades"), u, groups, codes) for u in table.get("upgrades", [])),
        subs=subs,
    )


def _sub(
    file: _File, here: tuple[str, ...], name: str, table: Any, groups: Mapping[str, tuple[str, ...]], owner: str
) -> Sub:
    table = _table(file, here, table)
    _only(file, here, table, _PARTS["subs"])
    both = (*_words(file, here, table.get("expressions", []), groups),
            *_words(file, here, table.get("expressions_en", []), groups))  # fmt: skip
    return Sub(
        name=name,
        zh=_text(file, here, table.get("zh", name)),
        en=_text(file, here, table.get("en", name)),
        owner=_text(file, here, table.get("owner", owner)),
        expressions=tuple(dict.fromkeys(both)),
    )


def _combination(file: _File, here: tuple[str, ...], table: Any, groups: Mapping[str, tuple[str, ...]]) -> Combination:
    table = _table(file, here, table)
    _only(file, here, table, _PARTS["combinations"])
    slots = table.get("of")
    if not isinstance(slots, list) or not 2 <= len(slots) <= 3:
        raise ConfigError(f"{file.where(here)}of must list two or three word groups, found {slots!r}")
    gap = table.get("gap", GAP)
    if not isinstance(gap, int) or isinstance(gap, bool) or not 0 <= gap <= MAX_GAP:
        raise ConfigError(f"{file.where(here)}gap must be a whole number from 0 to {MAX_GAP}, found {gap!r}")
    return Combination(
        slots=tuple(_words(file, here, slot, groups) for slot in slots),
        gap=gap,
        praise=_flag(file, here, table.get("praise", False)),
        across=_flag(file, here, table.get("across", False)),
    )


def _upgrade(
    file: _File, here: tuple[str, ...], table: Any, groups: Mapping[str, tuple[str, ...]], codes: Iterable[str]
) -> Upgrade:
    table = _table(file, here, table)
    _only(file, here, table, _PARTS["upgrades"])
    severity = _one_of(file, here, "severity", table.get("severity"), SEVERITIES)
    found = tuple(_one_of(file, here, "code", c, codes) for c in table.get("codes", []))
    words = _words(file, here, table.get("words", []), groups)
    if not found and not words:
        raise ConfigError(f"{file.where(here)}an upgrade needs words or codes")
    return Upgrade(severity, words, found)


def _included(file: _File, table: Any, own: Iterable[str]) -> tuple[list[Taxonomy], dict[str, Issue]]:
    """The built-in taxonomies that the table `include` names, and the issues that it takes from them."""
    sources: list[Taxonomy] = []
    taken: dict[str, Issue] = {}
    for name, codes in _table(file, ("include",), table).items():
        here = ("include", name)
        if not isinstance(codes, list):
            raise ConfigError(f"{file.where(here)}must list codes, found {codes!r}")
        source = load(_one_of(file, here, "taxonomy", name.replace("_", "-"), names()))
        sources.append(source)
        for code in codes:
            _one_of(file, here, "code", code, source.issues)
            if code in taken or code in own:
                raise ConfigError(f"{file.where(here)}{code!r} is already defined; a code is defined or included once")
            taken[code] = source[code]
    return sources, taken


def _fitted(taken: Mapping[str, Issue], own: Mapping[str, Issue]) -> dict[str, Issue]:
    """Included issues without references to codes that were left behind, and without words that `own` decides."""
    decided = {w for issue in own.values() for w in (*issue.expressions, *issue.praise, *issue.neutral)}
    known = {*own, *taken}
    fitted = {}
    for code, issue in taken.items():
        upgrades = (replace(u, codes=tuple(c for c in u.codes if c in known)) for u in issue.upgrades)
        fitted[code] = replace(
            issue,
            expressions=tuple(w for w in issue.expressions if w not in decided),
            praise=tuple(w for w in issue.praise if w not in decided),
            neutral=tuple(w for w in issue.neutral if w not in decided),
            yields=tuple(c for c in issue.yields if c in known),
            figurative=issue.figurative if issue.figurative in known else None,
            upgrades=tuple(u for u in upgrades if u.codes or u.words),
        )
    return fitted


def _groups(file: _File, table: Any) -> dict[str, tuple[str, ...]]:
    """Named word groups; a group may use the groups above it."""
    groups: dict[str, tuple[str, ...]] = {}
    for name, words in _table(file, ("groups",), table).items():
        groups[name] = _words(file, ("groups", name), words, groups)
    return groups


def _words(file: _File, here: tuple[str, ...], words: Any, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The literals of a list, or of one string that parts them by '、', commas, '|' or line ends.

    '@group' is replaced by the group's words; the result is lower-case, each word once.
    """
    if isinstance(words, str):
        words = [word for word in _SEPARATORS.split(words) if word.strip()]
    if not isinstance(words, list):
        raise ConfigError(f"{file.where(here)}must be words, found {words!r}")
    out: dict[str, None] = {}
    for word in words:
        if not isinstance(word, str) or not word.strip() or len(word) > MAX_WORD:
            raise ConfigError(f"{file.where(here)}{word!r} is not a word of 1 to {MAX_WORD} characters")
        if word.startswith("@"):
            if word[1:] not in groups:
                near = nearest(word[1:], groups)
                hint = f" Did you mean '@{near}'?" if near else ""
                raise ConfigError(f"{file.where(here)}unknown group {word!r}.{hint} Known: {', '.join(groups)}")
            out.update(dict.fromkeys(groups[word[1:]]))
        else:
            out[word.strip().lower()] = None
    return tuple(out)


def _no_collisions(file: _File, issues: Mapping[str, Issue]) -> None:
    """One literal decides one code and one sign; anything else would depend on the order of the file."""
    owner: dict[str, tuple[str, str]] = {}
    for code, issue in issues.items():
        for kind in ("expressions", "praise", "neutral"):
            for word in getattr(issue, kind):
                if word in owner and owner[word] != (code, kind):
                    other = owner[word]
                    raise ConfigError(
                        f"{file.where(('issues', code, kind))}{word!r} already stands in {other[0]}.{other[1]}; "
                        "an expression decides one code and one sign"
                    )
                owner[word] = (code, kind)


def _only(file: _File, here: tuple[str, ...], table: Mapping[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            near = nearest(key, sorted(known))
            hint = f" Did you mean {near!r}?" if near else ""
            raise ConfigError(f"{file.where((*here, key))}unknown key.{hint} Known: {', '.join(sorted(known))}")


def _one_of(file: _File, here: tuple[str, ...], kind: str, value: Any, known: Iterable[str]) -> str:
    known = list(known)
    if not isinstance(value, str) or value not in known:
        near = nearest(str(value), known)
        hint = f" Did you mean {near!r}?" if near else ""
        raise ConfigError(f"{file.where(here)}unknown {kind} {value!r}.{hint} Known: {', '.join(known)}")
    return value


def _text(file: _File, here: tuple[str, ...], value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{file.where(here)}must be a text, found {value!r}")
    return value.strip()


def _flag(file: _File, here: tuple[str, ...], value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{file.where(here)}must be true or false, found {value!r}")
    return value


def _table(file: _File, here: tuple[str, ...], value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{file.where(here)}must be a table, found {value!r}")
    return value
