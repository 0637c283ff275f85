"""Which column of a file means what: a TOML file read into a frozen model.

    kind = "review"                       # or "survey", or "dialogue": one row a message
    [columns]                             # field = "column", or a list: the first that the file has is taken
    text = ["content", "评论内容"]
    created_at = "creation_time"
    [columns.subscores]
    taste = "口味"
    [rating]
    scale = "10..50"                      # LOW..HIGH, "good/neutral/bad", "words", "none"
    [dates]
    order = "dmy"                         # which number comes first in 03/05/2021
    [constants]
    store_id = "S001"                     # for a field that the file does not have
    [split.time]                          # one column that holds two things
    separator = "·"
    into = ["created_at", "sku_name"]

Columns that are not mapped go to `attributes` unless their title says that they hold who somebody is.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping as MappingLike
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from voc.errors import ConfigError, InputError, UnknownName, nearest
from voc.ingest.ratings import check_scale


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Names = tuple[str, ...]
_JOINTS = re.compile(r"[\s_\-\ufeff]+")


class Columns(Model):
    """Names in a file for each field of a review; the first that the file has is taken."""

    review_id: Names = ()
    parent_id: Names = ()
    title: Names = ()
    text: Names = ()
    created_at: Names = ()
    rating: Names = ()
    nps: Names = ()
    store_id: Names = ()
    store_name: Names = ()
    sku_id: Names = ()
    sku_name: Names = ()
    item_id: Names = ()
    order_id: Names = ()
    member_id: Names = ()
    channel: Names = ()
    touchpoint: Names = ()
    role: Names = ()
    fulfilment: Names = ()
    lot: Names = ()
    produced_on: Names = ()
    warehouse: Names = ()
    carrier: Names = ()
    reply: Names = ()
    replied_at: Names = ()
    followup_text: Names = ()
    followup_at: Names = ()
    followup_days: Names = ()
    questions: Names = ()
    subscores: dict[str, Names] = Field(default_factory=dict)

    @field_validator("*", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        if isinstance(value, MappingLike):
            return {name: (given,) if isinstance(given, str) else given for name, given in value.items()}
        return (value,) if isinstance(value, str) else value


class Rating(Model):
    scale: str = "1..5"
    words: dict[str, float] = Field(default_factory=dict)

    @field_validator("scale")
    @classmethod
    def _known(cls, value: str) -> str:
        return check_scale(value)

    @field_validator("words")
    @classmethod
    def _in_range(cls, value: dict[str, float]) -> dict[str, float]:
        if outside := [word for word, stars in value.items() if not 1 <= stars <= 5]:
            raise ValueError(f"stars are 1 to 5; outside: {', '.join(outside)}")
        return value


class Dates(Model):
    order: Literal["ymd", "dmy", "mdy"] = "ymd"
    zone: str | None = None
    excel: bool = False


class Split(Model):
    separator: str = Field(min_length=1)
    into: tuple[str, str]


class Reading(Model):
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    skip_lines: int = Field(default=0, ge=0)
    sheet: str | None = None
    encoding: str | None = None


class Mapping(Model):
    """How a file's columns become the fields of `reviews`. Equal mappings have equal `fingerprint`s."""

    name: str = ""
    source: str | None = None
    kind: Literal["review", "survey", "dialogue"] = "review"
    columns: Columns = Columns()
    rating: Rating = Rating()
    dates: Dates = Dates()
    constants: dict[str, str] = Field(default_factory=dict)
    split: dict[str, Split] = Field(default_factory=dict)
    read: Reading = Field(default_factory=Reading)
    attributes: Literal["all", "none"] | tuple[str, ...] = "all"
    ignore: tuple[str, ...] = ()
    default_texts: tuple[str, ...] = ()
    no_followup: tuple[str, ...] = ("NO_MESSAGE",)
    customers: tuple[str, ...] = Field((), description="further words for the customer's side of a dialogue")
    strict: bool = Field(True, description="every field that is named must be in the file; defaults of sources are not")

    @model_validator(mode="after")
    def _fields_exist(self) -> Mapping:
        known = set(Columns.model_fields) - {"subscores", "questions"}
        for name in [*self.constants, *(field for split in self.split.values() for field in split.into)]:
            if name not in known:
                raise ValueError(
                    f"no field {name!r}; did you mean {nearest(name, known)!r}? known: {', '.join(sorted(known))}"
                )
        return self

    @property
    def fingerprint(self) -> str:
        """The mapping's name and 12 hexadecimal digits of its content."""
        digest = hashlib.sha256(self.model_dump_json(exclude={"name"}).encode()).hexdigest()[:12]
        return f"{self.name or 'mapping'}:{digest}"


def load(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises InputError (no file, bad TOML), UnknownName (key), ConfigError (value)."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError("no such mapping file", path=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a TOML file: {error}", path=path) from error
    return parse({"name": path.stem, **data}, where=path.name)


def parse(data: MappingLike[str, Any], *, where: str = "mapping") -> Mapping:
    """`data` as a Mapping. Raises UnknownName for an unknown key, with the nearest; ConfigError for a bad value."""
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"] if not isinstance(part, int)]
        if first["type"] == "extra_forbidden":
            raise UnknownName("key", ".".join(keys), _siblings(keys), where=where) from error
        place = f"{'.'.join(keys)}: " if keys else ""
        raise ConfigError(f"{where}: {place}{first['msg'].removeprefix('Value error, ')}") from error


def _siblings(keys: Sequence[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "columns": Columns,
        "rating": Rating,
        "dates": Dates,
        "read": Reading,
        "split": Split,
    }
    model = models.get(keys[0], Mapping) if len(keys) > 1 else Mapping
    prefix = ".".join(keys[:-1])
    return [f"{prefix}.{name}" if prefix else name for name in model.model_fields]


def same_name(name: str) -> str:
    """A column's title reduced to what matters when it is looked up: width, case, blanks, `_` and `-` do not."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", name).casefold())


def find(names: Sequence[str], columns: Sequence[str]) -> str | None:
    """The first of `names` that is in `columns`, as the file writes it; exact titles go before similar ones."""
    alike = {same_name(column): column for column in reversed(columns)}
    for name in names:
        if name in columns:
            return name
        if same_name(name) in alike:
            return alike[same_name(name)]
    return None


def resolve(mapping: Mapping, columns: Sequence[str], path: Path) -> dict[str, str]:
    """Field -> column of this file, for the fields that it has.

    Raises InputError, with the columns found, those needed and the nearest guess, when the time is missing, when there is
    neither text nor rating nor answers, or when a mapping that somebody wrote names a column that the file does not have.
    """
    halves = {half: column for column, split in mapping.split.items() if column in columns for half in split.into}
    found: dict[str, str] = {}
    for field in Columns.model_fields:
        names: Names = getattr(mapping.columns, field)
        if field in ("subscores", "questions") or not names:
            continue
        column = find(names, columns)
        if column is not None:
            found[field] = column
        elif mapping.strict and field not in halves and field not in mapping.constants:
            raise _missing(field, names, columns, path)
    if mapping.strict:
        single = [(column,) for column in (*mapping.columns.questions, *mapping.split)]
        for names in [*mapping.columns.subscores.values(), *single]:
            if find(names, columns) is None:
                raise _missing("named", names, columns, path)
    given = {*found, *halves, *mapping.constants}
    if "created_at" not in given:
        raise _missing("created_at", mapping.columns.created_at, columns, path)
    for field in ("review_id", "role", "text") if mapping.kind == "dialogue" else ():
        if field not in given:
            raise _missing(field, getattr(mapping.columns, field), columns, path)
    if mapping.kind == "review" and not {"text", "rating", "nps", "followup_text"} & given:
        raise _missing("text", mapping.columns.text, columns, path)
    return found


def _missing(field: str, names: Sequence[str], columns: Sequence[str], path: Path) -> InputError:
    alike = {same_name(column): column for column in columns}
    guess = next((alike[hit] for name in [*names, field] if (hit := nearest(same_name(name), alike))), None)
    needed = " or ".join(repr(name) for name in names) or f"a column for {field!r}"
    hint = f" The nearest is {guess!r}." if guess else ""
    return InputError(
        f"no column for field {field!r}: {needed} is needed, the file has {', '.join(map(repr, columns))}.{hint} "
        "A mapping (--map FILE.toml) can name it.",
        path=path,
    )
