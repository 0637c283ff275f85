"""What the per-review road costs, stage by stage, beside the script that one would write by hand.

All stages and the script run in turns over the same parts of the same reviews, so that a busy machine slows both alike;
each figure is the median over the parts, in microseconds of CPU time (all threads of the process) a review. Keywords are the
exception: those of a month are ranked once, so they are measured over all reviews at once.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq

from voc.errors import VocError
from voc.extract import sentiment
from voc.extract.keywords import keywords
from voc.extract.mentions import analyze
from voc.extract.scan import scanner
from voc.extract.terms import stream, terms
from voc.taxonomy import Taxonomy, expressions
from voc.text.clauses import all_clauses
from voc.text.language import detect_all
from voc.text.maskable import mask_all
from voc.text.segment import Segmenter
from voc.text.sheet import normal_forms, sheet

SEGMENTATION, WHOLE, BY_HAND, SNOWNLP = "segmentation alone", "whole road", "script by hand", "snownlp alone"
MENTIONS, KEYWORDS = "mentions", "keywords"
PART = 2_000
"""Reviews that one turn measures."""
_SLOW = 20  # the script by hand sees one review of so many
OPTIONAL = ("jieba", "pandas", "snownlp")


@dataclass(frozen=True)
class Cost:
    """`microseconds` of CPU time a review; `of_segmentation` is its multiple of segmentation alone."""

    stage: str
    microseconds: float
    of_segmentation: float

    @property
    def per_second(self) -> float:
        return 1e6 / self.microseconds if self.microseconds else float("inf")


@dataclass(frozen=True)
class Road:
    """`costs` of the stages in order; `peak_megabytes` is the most memory that the process held for the stages."""

    reviews: int
    characters: float
    costs: tuple[Cost, ...]
    peak_megabytes: float

    def ratio(self, slow: str, fast: str) -> float:
        """How many times `fast` is as fast as `slow`; raises KeyError for a stage that was not measured."""
        cost = {c.stage: c.microseconds for c in self.costs}
        return cost[slow] / cost[fast]


def road(texts: Sequence[str], *, taxonomy: Taxonomy, by_hand: bool = True) -> Road:
    """Measure all stages over `texts`, at least one, in parts of PART.

    `by_hand` measures the script too, on every twentieth review; it needs pandas, jieba and snownlp. Raises VocError
    where one of them is missing, or without a text.
    """
    if not texts:
        raise VocError("there are no reviews to measure the road on")
    stages = dict(_stages(taxonomy))
    words = tuple(expressions(taxonomy))
    for run in stages.values():  # models and dictionaries load once per worker, not per review
        run(texts[:PART])
    keywords(texts[:PART], words=words)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before the script brings its own dictionaries
    slow = _scripts() if by_hand else {}
    seconds: dict[str, list[float]] = {name: [] for name in (*stages, *slow)}
    for run in slow.values():
        run(texts[:2])
    for start in range(0, len(texts), PART):
        part = texts[start : start + PART]
        few = part[::_SLOW]
        for name, run in stages.items():
            seconds[name].append(_seconds(run, part) / len(part))
        for name, run in slow.items():
            seconds[name].append(_seconds(run, few) / len(few))
    found = {name: 1e6 * median(values) for name, values in seconds.items()}
    found[KEYWORDS] = 1e6 * _seconds(lambda every: keywords(every, words=words), texts) / len(texts)
    found[WHOLE] = found.pop(WHOLE) + found[KEYWORDS]
    found |= {name: found.pop(name) for name in slow}
    costs = tuple(Cost(name, cost, cost / found[SEGMENTATION]) for name, cost in found.items())
    characters = sum(map(len, texts)) / len(texts)
    return Road(len(texts), characters, costs, peak)


def by_hand(texts: Sequence[str]) -> list[list[str]]:
    """Words, sentiment and counts of complaints the way a notebook does it, without a thought for speed.

    Returns the words of each text. Raises VocError where one of OPTIONAL is not installed.
    """
    pandas, jieba, snownlp = (optional(name) for name in ("pandas", "jieba", "snownlp"))
    frame = pandas.DataFrame({"text": texts})
    frame["words"] = frame["text"].apply(jieba.lcut)
    frame["score"] = frame["text"].apply(lambda text: snownlp.SnowNLP(text).sentiments if text.strip() else 0.5)
    for name, words in {"taste": ("味道", "好吃"), "delivery": ("快递", "物流"), "service": ("服务", "态度")}.items():
        frame[name] = frame["text"].apply(lambda text, words=words: any(word in text for word in words))
    bad = frame[frame["score"] < 0.5]
    Counter(word for row in bad["words"] for word in row).most_common(50)
    return frame["words"].tolist()  # type: ignore[no-any-return]


def _stages(taxonomy: Taxonomy) -> Iterator[tuple[str, Callable[[Sequence[str]], object]]]:
    words = tuple(expressions(taxonomy))
    plain = Segmenter()
    scan = scanner(taxonomy)

    def found(texts: Sequence[str]) -> object:
        page = sheet(texts)
        return scan.find(page, all_clauses(page))

    yield SEGMENTATION, lambda texts: plain.tokens(texts)
    yield "masks", lambda texts: mask_all(pa.array(texts, pa.string()))
    yield "language", detect_all
    yield "normal forms", normal_forms
    yield "clauses", lambda texts: all_clauses(sheet(texts))
    yield "words in clauses", found
    yield MENTIONS, lambda texts: analyze(texts, taxonomy=taxonomy)
    yield "scores of reviews", lambda texts: sentiment.score(texts)
    yield "tokens as numbers", lambda texts: stream(texts, words=words)
    yield "terms", lambda texts: terms(stream(texts, words=words))
    yield WHOLE, lambda texts: _whole(texts, taxonomy)


def _whole(texts: Sequence[str], taxonomy: Taxonomy) -> None:
    """From a file of reviews to files of mentions and scores."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        pq.write_table(pa.table({"text": pa.array(texts, pa.string())}), place / "reviews.parquet")
        read = mask_all(pq.read_table(place / "reviews.parquet")["text"].combine_chunks()).to_pylist()
        pq.write_table(analyze(read, taxonomy=taxonomy), place / "mentions.parquet")
        labels, scores = sentiment.score(read)
        pq.write_table(pa.table({"label": labels, "score": scores}), place / "scores.parquet")


def _scripts() -> dict[str, Callable[[Sequence[str]], object]]:
    snownlp = optional("snownlp")
    for name in OPTIONAL:
        optional(name)
    return {
        SNOWNLP: lambda texts: [snownlp.SnowNLP(text).sentiments for text in texts if text.strip()],
        BY_HAND: by_hand,
    }


def optional(name: str) -> ModuleType:
    """The library `name`, which only the script by hand needs; raises VocError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as err:
        raise VocError(
            f"the script by hand needs {name}, which is not installed: pip install {name}, or leave the script out"
        ) from err


def _seconds(run: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    run(texts)
    return time.process_time() - start
