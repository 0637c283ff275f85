"""A mapping guessed from a file's titles and values, with how sure each guess is.

A title that the nearest source knows counts .6, one that another source knows .52, values that look like the field the rest.
Without a known title only times, texts and ratings are guessed, from a word in the title and the values. The confidences are
ordered, not calibrated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as MappingLike
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import InputError
from voc.ingest import dates, dimensions, fields, privacy, ratings, readers, survey
from voc.ingest.mapping import Columns, Mapping, Reading, parse, same_name
from voc.ingest.readers import OWN, REASON
from voc.ingest.sources import GROUP, FileSource

ROWS = 2000
#: What stands between a time and a variant in one column, and in how many of its values.
JOINT, MOSTLY = "·", 0.8
BY_TITLE, ELSEWHERE, BY_VALUES, LEAST = 0.6, 0.52, 0.5, 0.45
_HINTS = {
    "created_at": re.compile(r"时间|日期|date|time", re.IGNORECASE),
    "text": re.compile(""),
    "rating": re.compile(r"星|分|stars?|scor|rating", re.IGNORECASE),
}
SCALES = "1..5|1..10|10..50|0..100"
_NOT_GUESSED = ("questions", "subscores", "item_id", "parent_id", "role")
_DATED = ("created_at", "replied_at", "followup_at", "produced_on")


@dataclass(frozen=True)
class Guess:
    """`column` means `field`, with `confidence` in (0, 1]."""

    field: str
    column: str
    confidence: float


@dataclass(frozen=True)
class Proposal:
    """A mapping, the guesses it is made of, and what becomes of the other columns. `ingestor`: the source that reads the
    file, which is another than `table` where the titles stand in several rows."""

    mapping: Mapping
    guesses: tuple[Guess, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    ingestor: str = "table"

    def toml(self) -> str:
        """The mapping as the file that `--map` reads, with the confidences as remarks."""
        plan = self.mapping
        lines = [f"kind = {_told(plan.kind)}", f"source = {_told(plan.source)}", "", "[columns]"]
        if self.ingestor != "table":
            lines.insert(0, f"# for --source {self.ingestor}")
        width = max((len(f"{g.field} = {_told(g.column)}") for g in self.guesses), default=0)
        for guess in self.guesses:
            lines.append(f"{f'{guess.field} = {_told(guess.column)}':{width}}  # confidence {guess.confidence:.2f}")
        if plan.columns.questions:
            lines.append(f"questions = [{', '.join(map(_told, plan.columns.questions))}]")
        for column, split in plan.split.items():
            halves = ", ".join(map(_told, split.into))
            lines += ["", f"[split.{_told(column)}]", f"separator = {_told(split.separator)}", f"into = [{halves}]"]
        if any(guess.field == "rating" for guess in self.guesses):
            lines += ["", "[rating]", f"scale = {_told(plan.rating.scale)}"]
            if plan.rating.words:
                words = ", ".join(f"{_told(word)} = {stars:g}" for word, stars in plan.rating.words.items())
                lines.append(f"words = {{ {words} }}")
        if plan.dates.order != "ymd":
            lines += ["", "[dates]", f"order = {_told(plan.dates.order)}"]
        for what, columns in (
            ("kept as attributes", self.kept),
            ("dropped, because they say who somebody is", self.dropped),
        ):
            if columns:
                lines += ["", f"# {what}: {', '.join(map(_told, columns))}"]
        return "\n".join(lines) + "\n"


def propose(path: Path, *, encoding: str | None = None) -> Proposal:
    """A mapping for the reviews or survey in `path`, from its first rows.

    Raises InputError when no column can be taken for the time, or none for text, rating or NPS.
    """
    known = _known()
    batch = next(
        readers.read(path, reading=Reading(encoding=encoding), headers=[n for names in known.values() for n in names])
    )
    taller = _of_several_rows(batch.schema.names)
    if taller is not None:
        batch = next(taller.read(path, encoding=encoding))
    batch = batch.filter(pc.is_null(batch.column(REASON))).slice(0, ROWS)
    columns = [name for name in batch.schema.names if name not in OWN]
    if not len(batch):
        raise InputError("no sound row to guess a mapping from", path=path)
    values = {name: fields.stripped(batch.column(name)) for name in columns}
    answers = survey.guess(batch)
    if taller is not None:
        return replace(_survey(columns, answers, values, taller.name), ingestor=taller.name)
    if _is_survey(columns, answers):
        return _survey(columns, answers, values)
    source = _nearest_source(columns)
    guesses = _assigned(columns, values, known, source)
    split = {} if any(guess.field == "created_at" for guess in guesses) else _split(values)
    guesses = tuple(
        guess for guess in guesses if guess.column not in split and not (split and guess.field == "sku_name")
    )
    values = values | {half: found for halves in split.values() for half, found in halves.items()}
    given = {guess.field for guess in guesses} | {half for halves in split.values() for half in halves}
    if "created_at" not in given or not {"text", "rating", "nps"} & given:
        missing = "the time" if "created_at" not in given else "text, rating or NPS"
        own = _own_table(columns)
        advice = f"It looks like a table of {own}: --source {own}" if own else "Write a mapping (--map)"
        raise InputError(
            f"no column can be taken for {missing}; the file has {', '.join(map(repr, columns))}. {advice}", path=path
        )
    by_field = {guess.field: guess.column for guess in guesses}
    data: dict[str, Any] = {"name": "auto", "source": source.name, "columns": by_field}
    if "rating" in by_field:
        data["rating"] = _rating_of(source, by_field["rating"], values[by_field["rating"]])
    order = dates.order_of(values[by_field.get("created_at", "created_at")])
    if order != "ymd":
        data["dates"] = {"order": order}
    if split:
        data["split"] = {column: {"separator": JOINT, "into": [*halves]} for column, halves in split.items()}
    return Proposal(parse(data), guesses, *_rest(columns, {*by_field.values(), *split}))


def _split(values: MappingLike[str, pa.Array]) -> dict[str, dict[str, pa.Array]]:
    """The column, if there is one, that holds a time and a variant of the product, as Taobao's pages show them; its halves."""
    for column, written in values.items():
        told = written.drop_null()
        if not len(told) or pc.mean(pc.match_substring(told, JOINT).cast(pa.int8())).as_py() < MOSTLY:
            continue
        halves = pc.split_pattern(told, JOINT, max_splits=1)
        first, second = (
            fields.stripped(pa.array([half[i] if len(half) > i else None for half in halves.to_pylist()], pa.string()))
            for i in (0, 1)
        )
        if _looks("created_at", first):
            return {column: {"created_at": first, "sku_name": second}}
    return {}


def _of_several_rows(columns: Sequence[str]) -> FileSource | None:
    """The source whose titles stand in several rows, if the file has its first title and some others of it."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        source = point.load()
        if isinstance(source, FileSource) and source.header is not None:
            known = [title for title in source.columns if title in columns]
            if known[:1] == [*source.columns][:1] and len(known) >= 4:
                return source
    return None


def _own_table(columns: Sequence[str]) -> str | None:
    """Which of the user's own tables (stores, SKUs, orders, sales) has most of its titles here, two at least."""
    plain = {same_name(column) for column in columns}
    found = {
        name: sum(any(same_name(title) in plain for title in (field, *more)) for field, more in titles.items())
        for name, titles in dimensions.TITLES.items()
    }
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= 2 else None


def _told(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _known() -> dict[str, tuple[str, ...]]:
    """Field -> all titles that the sources know for it."""
    found: dict[str, dict[str, None]] = {
        name: {name: None} for name in Columns.model_fields if name not in _NOT_GUESSED
    }
    for source in _sources():
        for name in found:
            found[name] |= dict.fromkeys(getattr(source.mapping.columns, name))
    return {name: tuple(titles) for name, titles in found.items()}


def _sources() -> list[FileSource]:
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    loaded = [point.load() for point in points]
    return [s for s in loaded if isinstance(s, FileSource) and s.target == "reviews" and s.mapping.kind == "review"]


def _assigned(
    columns: Sequence[str],
    values: MappingLike[str, pa.Array],
    known: MappingLike[str, tuple[str, ...]],
    source: FileSource,
) -> tuple[Guess, ...]:
    """One column a field at most, the surest first."""
    found = []
    for name, titles in known.items():
        places = {same_name(title): place for place, title in reversed(list(enumerate(titles)))}
        near = {same_name(title) for title in (name, *getattr(source.mapping.columns, name))}
        for at, column in enumerate(columns):
            place = places.get(same_name(column))
            looks = _looks(name, values[column])
            if place is not None:
                told = BY_TITLE if same_name(column) in near else ELSEWHERE
                sure = told - 0.001 * place + (1 - BY_TITLE) * looks
            else:
                sure = BY_VALUES * looks if name in _HINTS and _HINTS[name].search(column) else 0.0
            if looks and sure >= LEAST:
                found.append((-round(sure, 4), list(known).index(name), at, Guess(name, column, round(sure, 2))))
    taken: dict[str, Guess] = {}
    for *_, guess in sorted(found, key=lambda item: item[:3]):
        if guess.field not in taken and guess.column not in {g.column for g in taken.values()}:
            taken[guess.field] = guess
    return tuple(taken[name] for name in known if name in taken)


def _looks(field: str, values: pa.Array) -> float:
    """How much the values look like the field, 0 to 1; 0 says that they cannot be it. Ids and names look like anything."""
    told = values.drop_null()
    if not len(told):
        return 0.0 if field in ("created_at", "text") else 0.3
    if field in _DATED:
        order = dates.order_of(told)
        share = float(np.mean(np.asarray(pc.is_valid(dates.parse(told, zone="UTC", order=order).at), bool)))
        return share if share >= 0.8 else 0.0
    if field == "rating":
        few = len(pc.unique(told)) <= 25
        bad = ratings.parse(told, scale=_scale(told)).bad.mean()
        return float(1 - bad) if few and bad <= 0.2 else 0.0
    if field == "nps":
        bad = ratings.parse_nps(told).bad.mean()
        return float(1 - bad) if bad <= 0.05 else 0.0
    if field in ("text", "followup_text", "reply"):
        return _wordy(told)
    return 1.0 if pc.max(pc.utf8_length(told)).as_py() <= 200 else 0.0


def _wordy(told: pa.Array) -> float:
    words = np.asarray(pc.match_substring_regex(told, r"\p{Han}{2}|[A-Za-z]{3}"), bool).mean()
    several = len(pc.unique(told)) / len(told)
    length = float(np.mean(pc.utf8_length(told).to_numpy()))
    if words < 0.3 or not np.asarray(pc.is_null(dates.parse(told.slice(0, 50), zone="UTC").at), bool).any():
        return 0.0
    return float(min(1.0, 0.3 + 0.35 * min(1.0, length / 12) + 0.35 * min(1.0, several / 0.5)))


def _scale(values: pa.Array) -> str:
    told = values.drop_null()
    if len(told) and np.asarray(pc.match_substring_regex(told, r"^\s*(?:sml-str)?[0-9]"), bool).mean() < 0.5:
        return "words"
    return ratings.choose(told, SCALES)


def _rating_of(source: FileSource, column: str, values: pa.Array) -> dict[str, Any]:
    """The source's own scale and words where it knows the column and the values fit: 1 may mean praise. Else what they say."""
    own = source.mapping.rating
    if same_name(column) in {same_name(name) for name in source.mapping.columns.rating}:
        scale = ratings.choose(values, own.scale, own.words)
        bad = ratings.parse(values, scale=scale, words=own.words).bad.sum()
        given = len(values) - values.null_count
        if given and bad <= (1 - ratings.FITTING) * given:
            return {"scale": scale, "words": own.words}
    return {"scale": _scale(values)}


def _nearest_source(columns: Sequence[str]) -> FileSource:
    """The source that knows most of the file's titles, if it knows three and more than `table` does; else `table`."""
    plain = {same_name(column) for column in columns}
    sources = {source.name: source for source in _sources()}
    scores = {name: len(plain & _titles(source)) for name, source in sources.items()}
    # Of two that know equally much the one that knows little else.
    best = max(sources, key=lambda name: (scores[name], -len(_titles(sources[name])), name))
    return sources[best if scores[best] >= 3 and scores[best] > scores["table"] else "table"]


def _titles(source: FileSource) -> set[str]:
    listed = [
        title for titles in dict(source.mapping.columns).values() if isinstance(titles, tuple) for title in titles
    ]
    return {same_name(title) for title in (*source.columns, *listed)}


def _is_survey(columns: Sequence[str], answers: Mapping) -> bool:
    """Numbered questions, or a title that asks for words or for a recommendation beside a time of submission."""
    numbered = sum(survey.plain_title(column) != column.strip() for column in columns)
    asked = bool(answers.columns.questions) and ("nps" in _set(answers) or "rating" in _set(answers))
    submitted = {same_name(name) for name in survey.SUBMITTED} & {same_name(column) for column in columns}
    return numbered >= 2 or (asked and bool(submitted - {same_name("created_at")}))


def _set(mapping: Mapping) -> set[str]:
    return {name for name, titles in mapping.columns if titles}


def _survey(
    columns: Sequence[str], answers: Mapping, values: MappingLike[str, pa.Array], source: str = "survey"
) -> Proposal:
    """The guess of `survey`, spelt out for this file."""
    plain = {same_name(column): column for column in columns}
    found: dict[str, str] = {}
    for name, titles in answers.columns:
        if name in _NOT_GUESSED or not isinstance(titles, tuple):
            continue
        hits = [plain[same_name(title)] for title in titles if same_name(title) in plain]
        if hits:
            found[name] = hits[0]
    if "created_at" not in found:
        raise InputError(f"no column can be taken for the time; the file has {', '.join(map(repr, columns))}")
    guesses = tuple(Guess(name, column, 0.95 if name == "created_at" else 0.7) for name, column in found.items())
    data = {
        "name": "auto", "kind": "survey", "source": source,
        "columns": {**found, "questions": list(answers.columns.questions)}, "rating": {"scale": answers.rating.scale},
    }  # fmt: skip
    used = {*found.values(), *answers.columns.questions}
    return Proposal(parse(data), guesses, *_rest(columns, used))


def _rest(columns: Sequence[str], used: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rest = [column for column in columns if column not in used]
    return tuple(c for c in rest if not privacy.is_personal(c)), tuple(c for c in rest if privacy.is_personal(c))
