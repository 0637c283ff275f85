"""Reviews to mentions, scores, keywords and topics, beside the script with BERTopic that one would write by hand.

Each side runs once, in a process of its own with all that it has to import and to load, on one thread per library where
libraries ask for a number. Without a hub BERTopic's default encoder cannot be had, so the script gives it what its
documentation recommends then: TF-IDF reduced to 100 dimensions.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voc.errors import VocError
from voc.extract import benchmark, sentiment
from voc.extract.keywords import keywords
from voc.extract.mentions import analyze
from voc.taxonomy import expressions, load

OURS, BY_HAND = "voc", "script by hand"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
_NEED_TOPICS = ("complaint", "request")


@dataclass(frozen=True)
class Side:
    """What one side took for `reviews` reviews: seconds on the clock and of processor time, and the topics it found."""

    name: str
    reviews: int
    seconds: float
    cpu_seconds: float
    topics: int


def sides(texts: Sequence[str], *, taxonomy: str, embedder: str) -> list[Side]:
    """Both sides over the same `texts`. `embedder` is voc's own for topics, as in `[topics]`.

    Raises VocError where a library of the script is missing or a side fails.
    """
    for name in (*benchmark.OPTIONAL, "bertopic"):
        benchmark.optional(name)
    return [
        _side(OURS, _ours, (list(texts), taxonomy, embedder), len(texts)),
        _side(BY_HAND, _by_hand, (list(texts),), len(texts)),
    ]


def _side(name: str, work: Callable[..., None], arguments: tuple[object, ...], reviews: int) -> Side:
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    held = {key: os.environ.get(key) for key in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        child = context.Process(target=work, args=(answer, *arguments))
        child.start()
        child.join()
        seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        for key, value in held.items():
            os.environ.pop(key)
            if value is not None:
                os.environ[key] = value
    if child.exitcode:
        raise VocError(f"{name} ended with exit code {child.exitcode} on {reviews} reviews")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Side(name, reviews, seconds, spent, int(answer.get()))


def _ours(answer: multiprocessing.queues.SimpleQueue[int], texts: list[str], taxonomy: str, embedder: str) -> None:
    from voc.topics import assign, fit

    trade = load(taxonomy)
    found = analyze(texts, taxonomy=trade)
    sentiment.score(texts)
    keywords(texts, words=tuple(expressions(trade)))
    columns = (found[name].to_pylist() for name in ("row", "start", "end", "intent"))
    told = [texts[row][start:end] for row, start, end, intent in zip(*columns, strict=True) if intent in _NEED_TOPICS]
    model = fit(told, embedder=embedder)
    assign(model, told)
    answer.put(len(model))


def _by_hand(answer: multiprocessing.queues.SimpleQueue[int], texts: list[str]) -> None:
    from bertopic import BERTopic
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    words = benchmark.by_hand(texts)
    encoder = make_pipeline(TfidfVectorizer(token_pattern=r"\S+", min_df=2), TruncatedSVD(100))
    topics, _ = BERTopic(embedding_model=encoder).fit_transform([" ".join(row) for row in words])
    answer.put(len(set(topics) - {-1}))
