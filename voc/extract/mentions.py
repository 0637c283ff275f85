"""Mentions: what a review says about which issue, with sign, intent, confidence and place.

The road: normal form, clauses, one automaton over all words of the taxonomy, claims (voc.extract.aspects), what the
clauses do to each other (voc.extract.reviews), the polarity model for what the words leave open, and one mention per
issue and intent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from voc.errors import UnknownName
from voc.extract.aspects import Claim, Span
from voc.extract.lexicon import Lexicon
from voc.extract.reviews import LONGEST_TEXT, NEUTRAL, Finding, Reading, general_issue, read
from voc.extract.scan import Scanner, scanner
from voc.models import polarity
from voc.schemas import MENTIONS, REVIEWS, Batch, Stage, project
from voc.taxonomy import Taxonomy, load
from voc.text.normalise import Normal
from voc.text.sheet import sheet

PROFILES = ("fast",)
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
SPEAKS = 0.6
"""A target without an opinion word counts if the model's polarity reaches this, in [0, 1]."""
AIMED = 14
"""... and if its clause is at most so long, in code points (four times that in English); longer ones name it in passing."""
WHOLE = 0.8
"""A clause that names no issue counts for a general issue if the model's polarity reaches this, in [0, 1]."""
CREDIBLE = 0.5
"""A safety mention is made only with at least this confidence."""
_RATING_SHIFT = 0.8
_TEXTS_A_SHEET, _CHARACTERS_A_SHEET = 2048, 500_000
_UNTOLD = "default_review"

Judge = Callable[[Sequence[str], bool], NDArray[np.float32]]
"""Clauses and whether they are English -> probabilities (n, 3): negative, neutral, positive."""


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


def stage(*, taxonomy: str, profile: str = "fast", lang: str = "auto") -> Stage:
    """The row-wise stage reviews -> mentions. `taxonomy` is a built-in name or a path that the worker can read.

    Raises UnknownName for an unknown taxonomy, profile or language.
    """
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    load(taxonomy)
    return Stage("mentions", INPUT, MENTIONS, partial(_open, taxonomy, lang))


def analyze(
    texts: Sequence[str | None],
    *,
    taxonomy: Taxonomy,
    lang: str = "auto",
    ratings: Sequence[float | None] | None = None,
) -> pa.Table:
    """The mentions of `texts` with schema ANALYSIS; `row` counts the texts from 0, spans are theirs, None is empty.

    `ratings` are stars in [1, 5]; where there is one, it shifts what the polarity model says.
    """
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    scan = scanner(taxonomy)
    found = mentions_of(texts, scan=scan, judge=model_judge(lang), ratings=ratings)
    columns: dict[str, list[object]] = {name: [] for name in ANALYSIS.names}
    for row, mentions in enumerate(found):
        for mention in mentions:
            columns["row"].append(row)
            _append(columns, mention, scan.lexicon)
    return pa.Table.from_pydict(columns, schema=ANALYSIS)


def mentions_of(
    texts: Sequence[str | None],
    *,
    scan: Scanner,
    judge: Judge,
    ratings: Sequence[float | None] | None = None,
    in_store: Sequence[bool | None] | None = None,
) -> list[list[Mention]]:
    """One list of mentions a text, in the order of their clauses."""
    out: list[list[Mention]] = []
    for part in _parts(texts):
        stars = ratings[part] if ratings is not None else None
        out += _mentions_of(texts[part], scan, judge, stars, in_store[part] if in_store is not None else None)
    return out


def _parts(texts: Sequence[str | None]) -> list[slice]:
    """Slices of `texts` that fit into memory: so many texts, or so many characters."""
    out, first, size = [], 0, 0
    for row, text in enumerate(texts):
        size += min(len(text), LONGEST_TEXT) if text else 0
        if row + 1 - first >= _TEXTS_A_SHEET or size >= _CHARACTERS_A_SHEET:
            out.append(slice(first, row + 1))
            first, size = row + 1, 0
    return [*out, slice(first, len(texts))] if first < len(texts) else out


def _mentions_of(
    texts: Sequence[str | None], scan: Scanner, judge: Judge, ratings: Sequence[float | None] | None,
    in_store: Sequence[bool | None] | None,
) -> list[list[Mention]]:  # fmt: skip
    normals = sheet([text or "" for text in texts], longest=LONGEST_TEXT)
    readings = read(normals, scanner=scan, in_store=in_store)
    judged = _judged(readings, judge, scan.lexicon, ratings)
    return [
        _mentions(
            normals.moved.get(row), reading, findings, scan.lexicon, ratings[row] if ratings is not None else None
        )
        if (findings := [*reading.findings, *judged.get(row, ())])
        else []
        for row, reading in enumerate(readings)
    ]


def model_judge(lang: str) -> Judge:
    """The shipped polarity models of clauses; `lang` other than 'auto' asks one of them always."""

    def judge(clauses: Sequence[str], english: bool) -> NDArray[np.float32]:
        return polarity.load("en" if lang == "en" or (lang == "auto" and english) else "zh").probabilities(clauses)

    return judge


def label(taxonomy: Taxonomy) -> str:
    """What decided: the taxonomy and the polarity model, each with its version."""
    return f"{taxonomy.name}-{taxonomy.version}+{polarity.load('zh').name}"


def _open(taxonomy: str, lang: str) -> Batch:
    entries = load(taxonomy)
    scan = scanner(entries)
    judge = model_judge(lang)
    model = label(entries)

    def run(batch: pa.RecordBatch) -> pa.RecordBatch:
        told = [
            None if flags and _UNTOLD in flags else text
            for text, flags in zip(batch["text"].to_pylist(), batch["flags"].to_pylist(), strict=True)
        ]
        in_store = batch["store_id"].is_valid().to_pylist()
        ratings = batch["rating"].to_pylist()
        found = mentions_of(
            told, scan=scan, judge=judge, ratings=ratings, in_store=[True if s else None for s in in_store]
        )
        rows = [row for row, mentions in enumerate(found) for _ in mentions]
        numbers = [number for mentions in found for number in range(len(mentions))]
        columns: dict[str, list[object]] = {name: [] for name in ANALYSIS.names if name != "row"}
        for mentions in found:
            for mention in mentions:
                _append(columns, mention, scan.lexicon)
        taken = batch.take(pa.array(rows, pa.int64()))
        ids = taken["review_id"].to_pylist()
        arrays = {"mention_id": pa.array([f"{i}#{n}" for i, n in zip(ids, numbers, strict=True)], pa.string())}
        arrays["model"] = pa.array([model] * len(rows), pa.string())
        for name, values in columns.items():
            arrays[name] = pa.array(values, MENTIONS.field(name).type)
        return pa.RecordBatch.from_arrays(
            [arrays.get(f.name) if f.name in arrays else taken[f.name] for f in MENTIONS], schema=MENTIONS
        )

    return run


def _append(columns: dict[str, list[object]], mention: Mention, lexicon: Lexicon) -> None:
    issue = lexicon.issues[mention.issue]
    aspect, opinion = mention.aspect or (None, None), mention.opinion or (None, None)
    values = (
        ("start", mention.span[0]), ("end", mention.span[1]), ("aspect_start", aspect[0]), ("aspect_end", aspect[1]),
        ("opinion_start", opinion[0]), ("opinion_end", opinion[1]), ("aspect", issue.code), ("facet", issue.facet),
        ("intent", mention.intent), ("polarity", mention.polarity), ("confidence", mention.confidence),
        ("severity", mention.severity), ("competitor", mention.rival),
    )  # fmt: skip
    for name, value in values:
        columns[name].append(value)


def _judged(
    readings: Sequence[Reading], judge: Judge, lexicon: Lexicon, ratings: Sequence[float | None] | None
) -> dict[int, list[Finding]]:
    """What the polarity model says about the clauses that the words left open, by review; one call a language."""
    more: dict[int, list[Finding]] = {}
    issue = general_issue(lexicon)
    for english in (False, True):
        asked = [(row, o) for row, reading in enumerate(readings) for o in reading.open if o.english is english]
        if not asked:
            continue
        texts = []
        for row, left in asked:
            reading = readings[row]
            start, end = reading.spans[left.clause]
            texts.append(reading.text[start:end])
        chances = judge(texts, english)
        values = _polarity(chances, [ratings[row] if ratings is not None else None for row, _ in asked])
        for n in np.flatnonzero(np.abs(values) >= min(SPEAKS, WHOLE)).tolist():
            row, left = asked[n]
            value = -values[n] if left.how == "reversed" else values[n]
            if left.waiting:
                if abs(value) >= SPEAKS and len(texts[n]) <= (4 * AIMED if english else AIMED):
                    sure = 0.4 + 0.4 * abs(value)
                    more.setdefault(row, []).extend(
                        _finding(c._replace(polarity=float(value), confidence=sure), left.rival) for c in left.waiting
                    )
            elif (
                abs(value) >= WHOLE
                and chances[n, 1] < 0.5
                and len(texts[n]) >= 2
                and (value < 0 or not readings[row].findings)
                and issue is not None
            ):
                claim = Claim(issue, float(value) * 0.8, 0.35 + 0.2 * abs(value), left.clause, 0, None, None, True)
                more.setdefault(row, []).append(_finding(claim, left.rival))
    return more


def _finding(claim: Claim, rival: str | None) -> Finding:
    return Finding(claim, "complaint" if claim.sign < 0 else "praise" if claim.sign > 0 else "neutral", rival)


def _polarity(chances: NDArray[np.float32], ratings: Sequence[float | None]) -> NDArray[np.float64]:
    """P(positive) - P(negative) of each row, moved in log odds by the stars where there are some."""
    stars = np.array([3.0 if r is None else r for r in ratings], dtype=np.float64)
    shift = np.exp(np.clip((stars - 3.0) / 2.0, -1.0, 1.0) * _RATING_SHIFT)
    weighted = chances.astype(np.float64) * np.stack([1.0 / shift, np.ones_like(shift), shift], axis=1)
    weighted /= np.maximum(weighted.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(weighted[:, 2] - weighted[:, 0])


def _mentions(
    normal: Normal | None, reading: Reading, findings: Sequence[Finding], lexicon: Lexicon, rating: float | None
) -> list[Mention]:
    """One mention per issue and intent: the surest finding; general ones only where nothing clearer was said."""
    kept: dict[tuple[int, str], Finding] = {}
    specific = {f.intent for f in findings if f.claim.issue not in lexicon.general}
    for finding in sorted(findings, key=lambda f: (-f.claim.confidence, f.claim.clause)):
        claim = finding.claim
        whole = claim.issue in lexicon.general
        if whole and finding.intent in specific and finding.intent in ("complaint", "praise", "neutral", "question"):
            continue
        if whole and finding.intent == "neutral" and specific:
            continue
        if claim.denied or (not whole and finding.intent == "neutral" and claim.size == 0):
            continue
        key = (-1 if whole else claim.issue, finding.intent)
        kept.setdefault(key, finding)
    complained = {f.claim.issue for f in kept.values() if f.intent == "complaint"}
    out = []
    for finding in sorted(
        kept.values(), key=lambda f: (f.claim.clause, f.claim.opinion or (0, 0), f.claim.issue, f.intent)
    ):
        mention = _mention(normal, reading, finding, lexicon, rating, complained)
        if mention is not None:
            out.append(mention)
    return out


def _mention(
    normal: Normal | None,
    reading: Reading,
    finding: Finding,
    lexicon: Lexicon,
    rating: float | None,
    complained: set[int],
) -> Mention | None:
    claim = finding.claim
    issue = lexicon.issues[claim.issue]
    confidence = claim.confidence
    if rating is not None and (
        (finding.intent == "complaint" and rating >= 4.5) or (finding.intent == "praise" and rating <= 1.5)
    ):
        confidence -= 0.1
    confidence = min(1.0, max(0.05, confidence))
    if issue.safety and finding.intent == "complaint" and confidence < CREDIBLE:
        return None
    start, end = reading.spans[claim.clause]
    severity = issue.severity
    if finding.intent == "complaint":
        clause = reading.text[start:end]
        for upgrade in issue.upgrades:
            if any(lexicon.number[c] in complained for c in upgrade.codes) or any(w in clause for w in upgrade.words):
                severity = min(severity, upgrade.severity)
    value = claim.polarity or 0.0
    value = 0.0 if abs(value) <= NEUTRAL and finding.intent == "neutral" else value
    return Mention(
        span=_raw(normal, (start, end)),
        aspect=_raw(normal, claim.aspect) if claim.aspect else None,
        opinion=_raw(normal, claim.opinion) if claim.opinion and not (claim.general and claim.size == 0) else None,
        issue=claim.issue,
        intent=finding.intent,
        polarity=value,
        confidence=confidence,
        severity=severity,
        rival=finding.rival,
    )


def _raw(normal: Normal | None, span: Span) -> Span:
    """The span in the raw text; None where both texts have the same offsets."""
    return span if normal is None else normal.span(*span)
