"""How good topics are, what they cost, and what they say of real months.

    python -m voc.corpora.worlds.topic_quality DATA WORK coherence|ledger|cost|same|kinds [--embedder use] [--most-topics 10]

coherence  NPMI (Bouma 2009; words meet in a whole review) of the ten heaviest words of each topic, weighted by topic size,
           of ours over all assigned clauses and of BERTopic's default over its own non-outliers; both from one vocabulary,
           one c-TF-IDF and the same vectors
ledger     hot-pot complaints of the real months of 2017 to 2019, month by month as the job sees them: topics by event
cost       processor time and peak memory of a fit of 50,000 distinct clauses, embedding included, and of an assignment
same       sha256 of the model of three fits in processes of their own
kinds      V-measure (Rosenberg and Hirschberg 2007) of topics against the nine categories of online_shopping, in lots of 8,000
           whole reviews, each fitted with a seed of its own: over the reviews in a dense group, over those with a topic
           after assignment, and over all of them by the nearest. Settings were chosen on the first four lots

WORK is that of voc.corpora.worlds.topics.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from voc.corpora.recipes.static import sample
from voc.corpora.worlds.topics import HOTPOT, TRADES, Clauses, kept, texts_of

from voc.evaluate.labelled import rows
from voc.topics import assign, fit, topics_for_month
from voc.topics.cluster import groups
from voc.topics.embed import clean, embed, embedder, unit
from voc.topics.words import Words, says_something

log = logging.getLogger(__name__)

WORDS = 10
YEARS = ("2017", "2018", "2019")
FITTED = 50_000
LOT, LOTS, CHOSEN_ON = 8_000, 7, 4


def npmi(topics: Sequence[Sequence[str]], sizes: Sequence[int], said: Sequence[set[str]]) -> float:
    """Mean NPMI of the pairs of each topic's words, in [-1, 1], weighted by size; a pair that never meets counts -1."""
    words = {word for topic in topics for word in topic}
    one: Counter[str] = Counter()
    two: Counter[tuple[str, str]] = Counter()
    for row in said:
        found = sorted(row & words)
        one.update(found)
        two.update((a, b) for i, a in enumerate(found) for b in found[i + 1 :])
    n, total, weight = len(said), 0.0, 0
    for topic, size in zip(topics, sizes, strict=True):
        pairs = [tuple(sorted((a, b))) for i, a in enumerate(topic) for b in topic[i + 1 :]]
        if pairs:
            total += size * sum(_npmi(one[a], one[b], two[a, b], n) for a, b in pairs) / len(pairs)
            weight += size
    return round(total / max(weight, 1), 4)


def _npmi(a: int, b: int, both: int, n: int) -> float:
    if not both:
        return -1.0
    return 1.0 if both == n else math.log(both * n / (a * b)) / -math.log(both / n)


def coherence(texts: Sequence[str], reviews: Sequence[str], store: Path, *, name: str) -> dict[str, Any]:
    from bertopic import BERTopic
    from sklearn.feature_extraction.text import CountVectorizer

    said = clean(texts)
    tokens = [[t for t in row if says_something(t)] for row in Words().tokens(said)]
    keep = [i for i, row in enumerate(tokens) if row]
    said, tokens = [said[i] for i in keep], [tokens[i] for i in keep]
    vectors = embed(said, embedder(name), folder=store)
    model = fit(said, embedder=name, folder=store)
    ours, _ = assign(model, said, folder=store)

    def vectorizer() -> CountVectorizer:
        return CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False)

    documents = [" ".join(row) for row in tokens]
    default = BERTopic(language="multilingual", vectorizer_model=vectorizer())
    theirs = np.array(default.fit_transform(documents, embeddings=vectors)[0])
    sets = [set(row) for row in Words().tokens(clean(reviews))]
    out: dict[str, Any] = {"clauses": len(said)}
    for label, index in (("ours", ours), ("bertopic", theirs)):
        inside = index >= 0
        weighted = BERTopic(
            language="multilingual", vectorizer_model=vectorizer(), top_n_words=WORDS,
            umap_model=_nothing("dimensionality", "BaseDimensionalityReduction"),
            hdbscan_model=_nothing("cluster", "BaseCluster"),
        )  # fmt: skip
        chosen = np.flatnonzero(inside)
        given = index[chosen].tolist()
        found, _ = weighted.fit_transform([documents[i] for i in chosen], embeddings=vectors[chosen], y=given)
        topics = {t: [w for w, _ in weighted.get_topic(t) if w][:WORDS] for t in sorted(set(found))}
        sizes = Counter(found)
        out |= {
            f"{label} topics": len(topics), f"{label} outliers": round(float(1 - inside.mean()), 4),
            f"{label} npmi": npmi(list(topics.values()), [sizes[t] for t in topics], sets),
        }  # fmt: skip
    return out


def _nothing(module: str, name: str) -> Any:
    import importlib

    return getattr(importlib.import_module(f"bertopic.{module}"), name)()


def ledger(data: Path, work: Path, *, name: str) -> list[str]:
    """A line per month: clauses, those without a topic, and the topics that are new, split, merged or gone."""
    months: dict[str, str] = {}
    for row in rows(data, HOTPOT, "content", "comment_time"):
        if row["content"] and row["comment_time"]:
            text, month = row["content"], row["comment_time"][:7]
            months[text] = min(months.get(text, month), month)
    found = kept(work, "hot pot", sorted(months), TRADES["hot pot"][2])
    mentions, reviews = found.dealt([months.get(text, "") for text in found.reviews["text"].to_pylist()])
    wanted = sorted({m for m in months.values() if m[:4] in YEARS})
    inside = pa.array([m in wanted for m in mentions["month"].to_pylist()])
    store = work / name / "ledger"
    history: pa.Table | None = None
    lines = []
    for month in wanted:
        result = topics_for_month(
            mentions.filter(inside), reviews, month=month, history=history, store=store, embedder=name
        )
        history = result.topics if history is None else pa.concat_tables([history, result.topics])
        counts = Counter(result.topics["event"].to_pylist())
        news = [
            " ".join([r["event"], r["topic_id"], r["label"], str(r["size"]), *r["parents"]])
            for r in result.topics.to_pylist() if r["event"] != "kept"
        ]  # fmt: skip
        none = result.mention_topics["topic_id"].null_count
        lines.append(
            f"{month} {len(result.mention_topics)} mentions, {none} without; {dict(sorted(counts.items()))} {'; '.join(news)}"
        )
        log.info("%s", lines[-1])
    return lines


def cost(data: Path, work: Path, *, name: str) -> dict[str, float]:
    """Seconds of processor time; vectors are kept for the length of the fit, as the monthly job keeps them."""
    texts = sample(data)[:FITTED]
    with tempfile.TemporaryDirectory() as kept:
        before = time.process_time()
        model = fit(texts, embedder=name, folder=Path(kept))
        fitted = time.process_time() - before
    before = time.process_time()
    assign(model, texts)
    return {
        "clauses": len(texts), "topics": len(model), "fit s": round(fitted, 1),
        "assigned a second": round(len(texts) / (time.process_time() - before)),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def kinds(data: Path, work: Path, *, name: str, most: int | None) -> None:
    """A line for each lot."""
    category: dict[str, str] = {}
    for row in rows(data, "polarity/online_shopping_9_cats", "cat", "review"):
        if row["review"]:
            category.setdefault(row["review"], row["cat"])
    texts = sorted(category)
    order = np.random.default_rng(0).permutation(len(texts)).tolist()
    for lot in range(LOTS):
        own = sorted(texts[i] for i in order[lot * LOT : (lot + 1) * LOT])
        found = agreement(
            own, [category[text] for text in own], work / name / "embeddings", name=name, seed=lot, most=most
        )
        log.info("lot %d%s %s", lot, ", chosen on" if lot < CHOSEN_ON else "", json.dumps(found))


def agreement(
    texts: Sequence[str], truth: Sequence[str], store: Path, *, name: str, seed: int, most: int | None
) -> dict[str, float]:
    """V-measure of the topics of `texts` against `truth`."""
    from sklearn.metrics import v_measure_score

    model = fit(texts, embedder=name, seed=seed, most_topics=most, folder=store)
    by, known = model.encoder(), np.array(truth)
    around = unit(embed(clean(texts), by, folder=store) - model.centre)
    dense = groups(
        around, np.ones(len(texts), np.int64), seed=seed, min_size=model.min_topic_size, alike=by.alike, most=most,
        views=by.views,
    )  # fmt: skip
    index, _ = assign(model, texts, folder=store)
    nearest, _ = assign(dataclasses.replace(model, threshold=-1.0), texts, folder=store)

    def v(labels: NDArray[np.integer[Any]]) -> float:
        return round(float(v_measure_score(known[labels >= 0], labels[labels >= 0])), 4)

    return {
        "topics": len(model), "in a group": round(float((dense >= 0).mean()), 4), "v in a group": v(dense),
        "without topic": round(float((index < 0).mean()), 4), "v with topic": v(index), "v of all": v(nearest),
    }  # fmt: skip


def same(work: Path, *, name: str) -> list[str]:
    """The versions of three models, each fitted in a process of its own, without a cache of vectors."""
    code = (
        "import sys; from pathlib import Path; from voc.topics import fit; "
        "from voc.corpora.worlds.topics import kept, texts_of; "
        "print(fit(texts_of(kept(Path(sys.argv[1]), 'washers', [], '')), embedder=sys.argv[2]).version)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code, str(work), name], check=True, capture_output=True, text=True)
        for _ in range(3)
    ]
    return [run.stdout.strip() for run in runs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("what", choices=("coherence", "ledger", "cost", "same", "kinds"))
    parser.add_argument("--embedder", default="use")
    parser.add_argument("--most-topics", type=int)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    data, work, name = given.data, given.work, given.embedder

    def trade_of(name: str) -> Clauses:
        table, column, taxonomy = TRADES[name]
        return kept(work, name, sorted({r[column] for r in rows(data, table, column) if r[column]}), taxonomy)

    if given.what == "coherence":
        for trade in TRADES:
            found = trade_of(trade)
            log.info(
                "%s %s",
                trade,
                json.dumps(
                    coherence(texts_of(found), found.reviews["text"].to_pylist(), work / name / "embeddings", name=name)
                ),
            )
    elif given.what == "ledger":
        ledger(data, work, name=name)
    elif given.what == "kinds":
        kinds(data, work, name=name, most=given.most_topics)
    elif given.what == "cost":
        log.info("%s", json.dumps(cost(data, work, name=name)))
    else:
        trade_of("washers")  # the processes find it in `work`
        log.info("%s", same(work, name=name))


if __name__ == "__main__":
    main()
