"""Do topics keep their names, and is a new one seen? Protocols over months made of real reviews.

    python -m voc.corpora.worlds.topics DATA WORK [--embedder use] [--seeds 10]

identity   complaint clauses of hot-pot reviews dealt into six months at random: the share of clauses, among those of
           topics that go on, whose topic id is the same whichever month they are dealt into
emergence  the same months; in the fifth, 60 complaints about another trade (shampoo) are mixed in: is a topic that is
           mostly theirs `new` in that month, and how many other topics are called new a month after the first
outliers   the share of complaint clauses of four trades without a topic after assignment

WORK keeps mentions, embeddings and the figures of each run: a run that was stopped goes on behind the last.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voc.evaluate.labelled import rows
from voc.extract import mentions as extraction
from voc.taxonomy import load
from voc.topics import TopicResult, assign, fit, topics_for_month

log = logging.getLogger(__name__)

MONTHS = tuple(f"2025-{m:02d}" for m in range(1, 7))
FIFTH, PLANTED = 4, 60
TRADES = {
    "washers": ("structured/jd_washer", "content", "electronics"),
    "hot pot": ("structured/meituan_hotpot_stores", "content", "restaurant"),
    "phones": ("structured/jd_phone_raw", "content", "electronics"),
    "shoes": ("structured/jd_nike_quality", "content", "retail-food"),
}
HOTPOT = "structured/meituan_hotpot_stores"


Protocol = Callable[[Path, str, int], dict[str, float]]


@dataclass(frozen=True)
class Clauses:
    """Mentions (mention_id, review_id, start, end, aspect, intent) and reviews (review_id, text), without a month."""

    mentions: pa.Table
    reviews: pa.Table

    def dealt(self, months: Sequence[str]) -> tuple[pa.Table, pa.Table]:
        """Both with the month that each review is dealt into; `months` has one per review."""
        column = pa.array(months, pa.string())
        place = pc.index_in(self.mentions["review_id"], value_set=self.reviews["review_id"].combine_chunks())
        return self.mentions.append_column("month", column.take(place.combine_chunks())), self.reviews.append_column(
            "month", column
        )


def clauses(texts: Sequence[str], taxonomy: str, prefix: str) -> Clauses:
    """The complaint and request mentions of `texts`."""
    found = extraction.analyze(texts, taxonomy=load(taxonomy))
    wanted = found.filter(pc.is_in(found["intent"], pa.array(["complaint", "request"])))
    ids = pa.array([f"{prefix}{row:06d}" for row in wanted["row"].to_pylist()])
    numbers = pa.array([f"{name}#{i:06d}" for i, name in enumerate(ids.to_pylist())])
    mentions = pa.table(
        {"mention_id": numbers, "review_id": ids} | {c: wanted[c] for c in ("start", "end", "aspect", "intent")}
    )
    reviews = pa.table({"review_id": [f"{prefix}{i:06d}" for i in range(len(texts))], "text": list(texts)})
    return Clauses(mentions, reviews)


def kept(work: Path, name: str, texts: Sequence[str], taxonomy: str) -> Clauses:
    """`clauses`, from WORK where they are there."""
    paths = work / f"{name}-mentions.parquet", work / f"{name}-reviews.parquet"
    if not paths[1].exists():
        work.mkdir(parents=True, exist_ok=True)
        found = clauses(texts, taxonomy, name)
        pq.write_table(found.mentions, paths[0])
        pq.write_table(found.reviews, paths[1])
    return Clauses(pq.read_table(paths[0]), pq.read_table(paths[1]))


def months_of(parts: tuple[pa.Table, pa.Table], store: Path, *, embedder: str, seed: int) -> dict[str, TopicResult]:
    """The topics of each month, one after the other, as the monthly job makes them."""
    history: pa.Table | None = None
    results = {}
    for month in MONTHS:
        result = topics_for_month(*parts, month=month, history=history, store=store, embedder=embedder, seed=seed)
        history = result.topics if history is None else pa.concat_tables([history, result.topics])
        results[month] = result
    return results


def identity(found: Clauses, store: Path, *, embedder: str, seed: int) -> dict[str, float]:
    """Each clause by the first month's model and by its last: the same topic id? Among those with a topic at first."""
    random = np.random.default_rng(seed)
    months = [MONTHS[i] for i in random.integers(0, len(MONTHS), len(found.reviews))]
    results = months_of(found.dealt(months), store, embedder=embedder, seed=0)
    from voc.topics import load_model

    texts = texts_of(found)
    index = {m: assign(load_model(store / "models" / m), texts, folder=store / "embeddings")[0] for m in MONTHS}
    names = {m: np.array([*load_model(store / "models" / m).topic_ids, ""]) for m in MONTHS}
    ids = np.stack([names[m][index[m]] for m in MONTHS])
    lasting = set(names[MONTHS[0]].tolist()).intersection(*(set(n.tolist()) for n in names.values())) - {""}
    inside = np.isin(ids, sorted(lasting)).any(axis=0)
    same = (ids == ids[0]).all(axis=0)
    events = Counter(e for m in MONTHS[1:] for e in results[m].topics["event"].to_pylist())
    return {
        "clauses": len(texts), "topics": len(lasting), "kept": round(float(same[inside].mean()), 4),
        **{f"events {name}": count for name, count in sorted(events.items())},
    }  # fmt: skip


def emergence(found: Clauses, other: Clauses, store: Path, *, embedder: str, seed: int) -> dict[str, float]:
    """Whether the planted kind is a new topic of the fifth month; and the false ones of months two to six, a month."""
    random = np.random.default_rng(1000 + seed)
    chosen = np.sort(random.choice(len(other.reviews), PLANTED, replace=False))
    planted = other.reviews.take(pa.array(chosen))
    theirs = other.mentions.filter(pc.is_in(other.mentions["review_id"], planted["review_id"].combine_chunks()))
    both = Clauses(
        pa.concat_tables([found.mentions, theirs]).combine_chunks(),
        pa.concat_tables([found.reviews, planted]).combine_chunks(),
    )
    dealt = [MONTHS[i] for i in random.integers(0, len(MONTHS), len(found.reviews))]
    results = months_of(both.dealt(dealt + [MONTHS[FIFTH]] * PLANTED), store, embedder=embedder, seed=0)
    marks = set(theirs["mention_id"].to_pylist())
    seen, false = False, 0
    for month in MONTHS[1:]:
        topics = results[month].topics
        fresh = set(topics.filter(pc.equal(topics["event"], "new"))["topic_id"].to_pylist())
        by_topic = results[month].mention_topics
        for topic in fresh:
            members = by_topic.filter(pc.equal(by_topic["topic_id"], topic))["mention_id"].to_pylist()
            own = sum(m in marks for m in members)
            if month == MONTHS[FIFTH] and own > len(members) / 2 and own >= 3:
                seen = True
            elif 2 * own <= len(members):
                false += 1
    return {"planted clauses": len(marks), "found": float(seen), "false new a month": false / (len(MONTHS) - 1)}


def outliers(found: Clauses, store: Path, *, embedder: str) -> dict[str, float]:
    texts = texts_of(found)
    model = fit(texts, embedder=embedder, folder=store / "embeddings")
    index, _ = assign(model, texts, folder=store / "embeddings")
    return {"clauses": len(texts), "topics": len(model), "outliers": round(float((index < 0).mean()), 4)}


def texts_of(found: Clauses) -> list[str]:
    of = dict(zip(found.reviews["review_id"].to_pylist(), found.reviews["text"].to_pylist(), strict=True))
    columns = [found.mentions[c].to_pylist() for c in ("review_id", "start", "end")]
    return [of[r][a:b] for r, a, b in zip(*columns, strict=True)]


def emerging(found: Clauses, other: Clauses) -> Protocol:
    return lambda store, embedder, seed: emergence(found, other, store, embedder=embedder, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--embedder", default="use")
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    data, work, name = given.data, given.work, given.embedder
    every = {
        trade: kept(work, trade, sorted({r[column] for r in rows(data, table, column) if r[column]}), taxonomy)
        for trade, (table, column, taxonomy) in TRADES.items()
    }
    shampoo = sorted({r["review"] for r in rows(data, "polarity/online_shopping_9_cats", "cat", "label", "review")
                      if r["cat"] == "洗发水" and r["label"] == "0" and r["review"]})  # fmt: skip
    protocols: dict[str, Protocol] = {
        "identity": lambda store, embedder, seed: identity(every["hot pot"], store, embedder=embedder, seed=seed),
        "emergence": emerging(every["hot pot"], kept(work, "shampoo", shampoo, "cosmetics")),
    }
    for trade, found in every.items():
        made(work / name, f"outliers {trade}", lambda store, found=found: outliers(found, store, embedder=name))  # type: ignore[misc]
    for seed in range(given.seeds):
        for label, protocol in protocols.items():
            made(work / name, f"{label} {seed}", lambda store, p=protocol, s=seed: p(store, name, s))  # type: ignore[misc]


def made(work: Path, label: str, run: Callable[[Path], dict[str, float]]) -> None:
    """The figures of one run, from WORK where they are there; a run has a store of its own, vectors are shared."""
    path, store = work / f"{label}.json", work / label.replace(" ", "-")
    if not path.exists():
        (work / "embeddings").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        (store / "embeddings").symlink_to((work / "embeddings").resolve())
        path.write_text(json.dumps(run(store)), "utf-8")
        shutil.rmtree(store)
    log.info("%s %s", label, path.read_text("utf-8"))


if __name__ == "__main__":
    main()
