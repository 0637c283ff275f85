"""Mentions: what a review says about which issue, with sign, intent, confidence and place.

The road of a few thousand reviews at a time; everything in capitals is arrays over all of them:

    texts ─► SHEET            normal forms laid end to end                              voc.text.sheet
               ├─► CLAUSES    cuts looked up in a table of characters                   voc.text.clauses
               └─► WORDS      all words of the taxonomy, one walk through a trie        voc.text.trie, voc.extract.scan
                     │        which word wins its place; what may negate or weigh it
                     ▼
                   OUTCOMES   a number per clause; each number is worked out once       voc.extract.keys, .outcomes, .kept
                     │  └───► the claims of one clause, word by word                    voc.extract.aspects
                     ▼
                   FINDINGS   plain clauses as they stand                               voc.extract.reviews, .findings
                     │  └───► knotty ones (cues, rivals, irony) one by one              voc.extract.settle
                     ▼
                   the polarity model judges the clauses that the words left open, for all reviews in one call
                     ▼
                   the aspect head names what judges without a word for it, doubts and adds     voc.extract.naming
                     ▼
                   MENTIONS   the surest finding per review, issue and intent
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.errors import UnknownName
from voc.extract.aspects import Span
from voc.extract.findings import (
    INTENTS,
    Findings,
    chosen,
    severities,
    weighed,
)
from voc.extract.judging import Judge, judged, loud
from voc.extract.lexicon import Lexicon
from voc.extract.naming import Namer, namer, reconsidered
from voc.extract.reviews import LONGEST_TEXT, read
from voc.extract.scan import Scanner, scanner
from voc.models import encoder, find, own, polarity
from voc.models.aspects import NAME as ASPECTS
from voc.models.encoder import NAME as ENCODER
from voc.schemas import MENTIONS, REVIEWS, Batch, Stage, project
from voc.taxonomy import Taxonomy, load
from voc.text.clauses import Clauses
from voc.text.sheet import Sheet, sheet

PROFILES = ("accurate", "fast")
LANGUAGES = ("auto", "en", "zh")
INPUT = project(
    REVIEWS, "review_id", "month", "created_at", "source", "channel", "store_id", "sku_id", "lang", "rating", "flags",
    "text",
)  # fmt: skip
ANALYSIS = pa.schema(
    [
        ("row", pa.int64()), ("start", pa.int32()), ("end", pa.int32()), ("aspect_start", pa.int32()),
        ("aspect_end", pa.int32()), ("opinion_start", pa.int32()), ("opinion_end", pa.int32()), ("aspect", pa.string()),
        ("facet", pa.string()), ("intent", pa.string()), ("polarity", pa.float32()), ("confidence", pa.float32()),
        ("severity", pa.string()), ("competitor", pa.string()),
    ]
)  # fmt: skip
_TEXTS_A_SHEET, _CHARACTERS_A_SHEET = 4096, 500_000
_UNTOLD = "default_review"

SecondReading = Callable[[Sequence[str | None], list[list["Mention"]]], list[list["Mention"]]]
"""Texts and what the fast road found in them -> what holds."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding with its final numbers; spans are code points of the raw text."""

    span: Span
    aspect: Span | None
    opinion: Span | None
    issue: int
    intent: str
    polarity: float
    confidence: float
    severity: str
    rival: str | None


def stage(*, taxonomy: str, profile: str = "fast", lang: str = "auto", model: str | None = None) -> Stage:
    """The row-wise stage reviews -> mentions. `taxonomy` is a built-in name or a path that the worker can read.

    `model`: the folder of a model of one's own (`voc.models.own`) that judges clauses of its languages instead of those
    that ship.
    Raises UnknownName for an unknown taxonomy, profile or language, or a folder without one.
    """
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    load(taxonomy)
    if model is not None:
        own.kind(Path(model))
    return Stage("mentions", INPUT, MENTIONS, partial(_open, taxonomy, lang, profile, model))


def analyze(
    texts: Sequence[str | None],
    *,
    taxonomy: Taxonomy,
    lang: str = "auto",
    ratings: Sequence[float | None] | None = None,
    profile: str = "fast",
) -> pa.Table:
    """The mentions of `texts` with schema ANALYSIS; `row` counts the texts from 0, spans are theirs, None is empty.

    `ratings` are stars in [1, 5]; where there is one, it shifts what the polarity model says. Raises
    UnknownName for another language or profile.
    """
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    _opened(profile)
    scan = scanner(taxonomy)
    again = second_reading(profile, scan.lexicon)
    return _table(texts, scan, model_judge(lang), namer(taxonomy), again, ratings=ratings, in_store=None)


def mentions_of(
    texts: Sequence[str | None],
    *,
    scan: Scanner,
    judge: Judge,
    name: Namer | None = None,
    ratings: Sequence[float | None] | None = None,
    in_store: Sequence[bool | None] | None = None,
) -> list[list[Mention]]:
    """One list of mentions a text, in the order of their clauses; without `name` no implicit issue is named."""
    out: list[list[Mention]] = [[] for _ in texts]
    for part in _parts(texts):
        stars = ratings[part] if ratings is not None else None
        page = _read(texts[part], scan, judge, name, stars, in_store[part] if in_store is not None else None)
        numbers = zip(
            page.found.issue.tolist(), page.found.polarity.tolist(), page.found.confidence.tolist(), strict=True
        )
        for row, (issue, value, confidence) in zip(_columns(page, part.start).to_pylist(), numbers, strict=True):
            aspect, opinion = (
                None if row[f"{name}_start"] is None else (row[f"{name}_start"], row[f"{name}_end"])
                for name in ("aspect", "opinion")
            )
            out[row["row"]].append(
                Mention(
                    (row["start"], row["end"]), aspect, opinion, issue, row["intent"], value, confidence,
                    row["severity"], row["competitor"],
                )
            )  # fmt: skip
    return out


def _table(
    texts: Sequence[str | None], scan: Scanner, judge: Judge, name: Namer | None, again: SecondReading | None, *,
    ratings: Sequence[float | None] | None, in_store: Sequence[bool | None] | None,
) -> pa.Table:  # fmt: skip
    """The mentions of `texts` with schema ANALYSIS."""
    if again is not None:
        found = again(texts, mentions_of(texts, scan=scan, judge=judge, name=name, ratings=ratings, in_store=in_store))
        return _of_mentions(found, scan.lexicon)
    pages = []
    for part in _parts(texts):
        stars = ratings[part] if ratings is not None else None
        page = _read(texts[part], scan, judge, name, stars, in_store[part] if in_store is not None else None)
        pages.append(_columns(page, part.start))
    return pa.Table.from_batches(pages, ANALYSIS).combine_chunks()


def _of_mentions(found: Sequence[Sequence[Mention]], lexicon: Lexicon) -> pa.Table:
    columns: dict[str, list[object]] = {name: [] for name in ANALYSIS.names}
    for row, mentions in enumerate(found):
        for mention in mentions:
            issue = lexicon.issues[mention.issue]
            values = (
                row, *mention.span, *(mention.aspect or (None, None)), *(mention.opinion or (None, None)), issue.code,
                issue.facet, mention.intent, mention.polarity, mention.confidence, mention.severity, mention.rival,
            )  # fmt: skip
            for name, value in zip(ANALYSIS.names, values, strict=True):
                columns[name].append(value)
    return pa.Table.from_pydict(columns, schema=ANALYSIS)


def _parts(texts: Sequence[str | None]) -> list[slice]:
    """Slices of `texts` that fit into memory: so many texts, or so many characters."""
    out, first, size = [], 0, 0
    for row, text in enumerate(texts):
        size += min(len(text), LONGEST_TEXT) if text else 0
        if row + 1 - first >= _TEXTS_A_SHEET or size >= _CHARACTERS_A_SHEET:
            out.append(slice(first, row + 1))
            first, size = row + 1, 0
    return [*out, slice(first, len(texts))] if first < len(texts) else out


@dataclass(frozen=True)
class _Read:
    """The chosen findings of one sheet, with what it takes to write them down."""

    sheet: Sheet
    clauses: Clauses
    found: Findings
    severity: list[str]
    lexicon: Lexicon


def _read(
    texts: Sequence[str | None], scan: Scanner, judge: Judge, name: Namer | None,
    ratings: Sequence[float | None] | None, in_store: Sequence[bool | None] | None,
) -> _Read:  # fmt: skip
    page = sheet([text or "" for text in texts], longest=LONGEST_TEXT)
    reading = read(page, scanner=scan, in_store=in_store)
    stars = np.full(len(page), np.nan)
    if ratings is not None:
        stars[:] = [np.nan if rating is None else rating for rating in ratings]
    lexicon = scan.lexicon
    heard = judged(page, reading, judge, lexicon, stars)
    if name is not None:
        heard = reconsidered(heard, page, reading, lexicon, name, judge, stars)
    best = chosen(loud(heard, lexicon), page.starts, lexicon)
    found = weighed(best, stars, lexicon)
    return _Read(page, reading.clauses, found, severities(found, best, page, reading.clauses, lexicon), lexicon)


def _columns(part: _Read, first: int) -> pa.RecordBatch:
    """The mentions of a sheet with schema ANALYSIS; its first text is number `first`."""
    found, page, issues = part.found, part.sheet, part.lexicon.issues
    origin = page.starts[found.review]
    silent = found.general & (found.size == 0)
    places = {
        "": (part.clauses.start[found.clause], part.clauses.end[found.clause]),
        "aspect_": (found.aspect_start, found.aspect_end),
        "opinion_": (np.where(silent, -1, found.opinion_start), np.where(silent, -1, found.opinion_end)),
    }
    moved = [n for n, row in enumerate(found.review.tolist()) if row in page.moved] if page.moved else []
    columns: dict[str, pa.Array] = {"row": pa.array(found.review + first, pa.int64())}
    for name, (start, end) in places.items():
        missing = start < 0
        start, end = start - origin, end - origin
        for n in moved:
            if not missing[n]:
                start[n], end[n] = page.moved[int(found.review[n])].span(int(start[n]), int(end[n]))
        columns[f"{name}start"] = pa.array(start, pa.int32(), mask=missing)
        columns[f"{name}end"] = pa.array(end, pa.int32(), mask=missing)
    number = pa.array(found.issue)
    columns["aspect"] = pa.array([issue.code for issue in issues], pa.string()).take(number)
    columns["facet"] = pa.array([issue.facet for issue in issues], pa.string()).take(number)
    columns["intent"] = pa.array(INTENTS, pa.string()).take(pa.array(found.intent))
    columns["polarity"] = pa.array(found.polarity.astype(np.float32))
    columns["confidence"] = pa.array(found.confidence.astype(np.float32))
    columns["severity"] = pa.array(part.severity, pa.string())
    columns["competitor"] = pa.array(found.rival, pa.string())
    return pa.RecordBatch.from_arrays([columns[name] for name in ANALYSIS.names], schema=ANALYSIS)


def model_judge(lang: str, model: str | None = None) -> Judge:
    """The shipped polarity models of clauses; `lang` other than 'auto' asks one of them always.

    With `model` the one in that folder is asked for its languages.
    """
    mine = None if model is None else own.load(Path(model))

    def judge(clauses: Sequence[str], english: bool) -> NDArray[np.float32]:
        name = "en" if lang == "en" or (lang == "auto" and english) else "zh"
        if mine is not None and name in mine.langs:
            return mine.probabilities(clauses)
        return polarity.load(name).probabilities(clauses)

    return judge


def second_reading(profile: str, lexicon: Lexicon) -> SecondReading | None:
    """What becomes of the fast road's mentions: they stay (None, fast), or the cascade corrects them (accurate)."""
    if profile == "fast":
        return None
    from voc.extract import cascade  # brings a model and its runtime, which the fast profile does without

    return cascade.reader(lexicon)


def label(taxonomy: Taxonomy, profile: str = "fast", model: str | None = None) -> str:
    """What decided: taxonomy, polarity model, aspect head and with `accurate` the encoder, each with its version."""
    judge = polarity.load("zh").name if model is None else own.load(Path(model)).name
    names = [f"{taxonomy.name}-{taxonomy.version}", judge, find(ASPECTS).label]
    return "+".join([*names, find(ENCODER).label] if profile == "accurate" else names)


def _opened(profile: str) -> None:
    """Open the encoder of the accurate profile before anything else takes memory."""
    if profile != "fast":
        encoder.load()


def _open(taxonomy: str, lang: str, profile: str, mine: str | None) -> Batch:
    _opened(profile)
    entries = load(taxonomy)
    scan = scanner(entries)
    judge, name = model_judge(lang, mine), namer(entries)
    model = label(entries, profile, mine)
    again = second_reading(profile, scan.lexicon)

    def run(batch: pa.RecordBatch) -> pa.RecordBatch:
        told = [
            None if flags and _UNTOLD in flags else text
            for text, flags in zip(batch["text"].to_pylist(), batch["flags"].to_pylist(), strict=True)
        ]
        in_store = batch["store_id"].is_valid().to_pylist()
        ratings = batch["rating"].to_pylist()
        known = [True if s else None for s in in_store]
        found = _table(told, scan, judge, name, again, ratings=ratings, in_store=known)
        row = found["row"].to_numpy()
        number = np.arange(len(row)) - np.searchsorted(row, row)
        taken = batch.take(pa.array(row))
        ids = pc.binary_join_element_wise(taken["review_id"], pa.array(number).cast(pa.string()), "#")
        arrays = {"mention_id": ids, "model": pa.repeat(model, len(row))}
        for column in ANALYSIS.names[1:]:
            arrays[column] = found[column].combine_chunks()
        return pa.RecordBatch.from_arrays(
            [arrays[f.name] if f.name in arrays else taken[f.name] for f in MENTIONS], schema=MENTIONS
        )

    return run
