"""Topics in the monthly ranking, what people decide about them, and what survives."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from voc import gather, monthly_topics, pipeline
from voc import open as open_project
from voc.commands.init import create
from voc.engines import opened
from voc.schemas import MENTIONS, REVIEWS, conform
from voc.topics import edited
from voc.workspace import Workspace

pytestmark = pytest.mark.topics

MONTHS = ("2026-08", "2026-09", "2026-10")
RATES = (("queue", "V07", 0.08), ("stale", "P07", 0.08), ("refund", "V05", 0.08))
SIZE = 500


def spoken(month, complaints):
    """Reviews and mentions: ten stores, six SKUs; in October store S3 has a kind of complaint that no code names."""
    random = np.random.default_rng(int(month[-2:]))
    supply = {kind: iter(complaints(kind, 3 * SIZE)) for kind in ("queue", "stale", "refund", "novel")}
    reviews, mentions = [], []
    for number in range(SIZE):
        store, sku = int(random.integers(10)), int(random.integers(6))
        said = [(code, next(supply[kind])) for kind, code, rate in RATES if random.random() < rate]
        if month == MONTHS[-1] and random.random() < (0.3 if store == 3 else 0.005):
            said.append(("P00", next(supply["novel"])))
        key = f"jd:{month}:{number:04d}"
        common = dict(
            review_id=key, month=month, source="jd", channel="shop", lang="zh", store_id=f"S{store}", sku_id=f"K{sku}",
            created_at=dt.datetime(2026, int(month[-2:]), 1 + number % 28, 12, tzinfo=dt.UTC),
        )  # fmt: skip
        text = "，".join(clause for _, clause in said) or "第二天就到了"
        reviews.append(common | dict(kind="review", text=text, rating=4.0, flags=[], ingest_id="i"))
        for place, (code, clause) in enumerate(said):
            start = text.index(clause)
            mentions.append(
                common | dict(
                    mention_id=f"{key}/{place}", start=start, end=start + len(clause), aspect=code, facet="product",
                    intent="complaint", polarity=-0.7, confidence=0.9, severity="S3", model="tagger",
                )
            )  # fmt: skip
    return table(reviews, REVIEWS), table(mentions, MENTIONS)


def table(rows, schema):
    names = [n for n in schema.names if any(n in r for r in rows)]
    return conform(pa.table({n: pa.array([r.get(n) for r in rows], schema.field(n).type) for n in names}), schema)


@pytest.fixture
def work(tmp_path, complaints):
    create(tmp_path, editable=False, name="kinds", key=b"k" * 32)
    config = tmp_path / "voc.toml"
    config.write_text(config.read_text("utf-8").replace("[topics]\n", '[topics]\nembedder = "static"\n'), "utf-8")
    work = Workspace.open(tmp_path)
    for month in MONTHS:
        reviews, mentions = spoken(month, complaints)
        work.lake.replace_month("reviews", month, reviews)
        work.lake.replace_month("mentions", month, mentions)
    return work


def labels(work, month=MONTHS[-1]):
    return {row["topic_id"]: row for row in work.lake.read("topics", months=[month]).to_pylist()}


def about(topics, word):
    """The largest topic with `word` in its label or among its terms."""
    rows = [r for r in topics.values() if word in r["label"] or any(word in t["term"] for t in r["terms"])]
    return max(rows, key=lambda r: r["size"])["topic_id"]


def decide(work, *args, **options):
    known = work.lake.read("topics")["topic_id"].to_pylist()
    work.lake.replace("topic_edits", edited(work.lake.read("topic_edits"), *args, known=known, **options))


def test_a_new_kind_of_complaint_at_one_store_is_a_signal_there_and_nowhere_else(work):
    plain = pipeline.rank(work, month=MONTHS[-1])
    assert set(plain["issue_kind"].to_pylist()) == {"aspect"}
    pipeline.topics(work, month=MONTHS[-1])
    ranking = pipeline.rank(work, month=MONTHS[-1])
    assert ranking.filter(pc.field("issue_kind") == "aspect").equals(plain)
    named = labels(work)
    novel = {i for i, row in named.items() if row["within"] == "P00"}
    assert {named[i]["event"] for i in novel} == {"new"}
    gated = [
        row for row in ranking.to_pylist() if row["issue_kind"] == "topic" and row["gate"] in ("strong", "moderate")
    ]
    assert gated
    assert {row["aspect"] for row in gated} <= novel
    assert {row["store_id"] for row in gated if row["level"] == "store"} == {"S3"}
    row = next(r for r in gated if r["level"] == "store")
    evidence = open_project(work.folder).evidence(row).arrow()
    assert len(evidence) == row["observed"]
    assert set(row["evidence"]) <= set(evidence["review_id"].to_pylist())
    assert all("铝箔" in quote for quote in evidence["quote"].to_pylist())
    inside = {i for i, r in named.items() if r["within"] in ("V07", "P07", "V05")}
    levels = {(r["aspect"] in inside, r["level"]) for r in ranking.to_pylist() if r["issue_kind"] == "topic"}
    assert {level for within, level in levels if within} == {"chain"}  # its code is ranked already
    data = gather.report_data(work, month=MONTHS[-1])
    topics = data.facts.filter(pc.field("issue_kind") == "topic")
    assert sorted(set(topics["month"].to_pylist())) == list(MONTHS)


def test_decisions_outlive_months_and_reruns(work):
    pipeline.topics(work, month=MONTHS[0])
    first = labels(work, MONTHS[0])
    queue = about(first, "排队")
    stale = about(first, "不新鲜")
    refund = about(first, "refund")
    decide(work, queue, "name", "收银太慢", who="张", note="四月例会")
    decide(work, refund, "into", stale)
    decide(work, queue, "state", "muted")
    decide(work, stale, "state", "pinned")
    for month in MONTHS[1:]:
        pipeline.topics(work, month=month)
        now = labels(work, month)
        assert now[queue]["label"] == "收银太慢"
        assert now[queue]["state"] == "muted"
        assert refund not in now
        assert (now[stale]["event"], now[stale]["parents"]) == (
            ("merged", [refund]) if month == MONTHS[1] else ("kept", [])
        )
        assigned = work.lake.read("mention_topics", months=[month])["topic_id"].to_pylist()
        assert refund not in assigned
        assert assigned.count(stale) == now[stale]["size"]
    ranking = pipeline.rank(work, month=MONTHS[-1])
    ranked = {r["aspect"] for r in ranking.to_pylist() if r["issue_kind"] == "topic"}
    assert stale in ranked
    assert queue not in ranked
    before = {name: work.lake.read(name) for name in ("topics", "mention_topics", "topic_history")}
    assert not pipeline.topics(work, month=MONTHS[-1])
    decide(work, queue, "name", "收银太慢了")
    pipeline.topics(work, month=MONTHS[-1])
    assert labels(work)[queue]["label"] == "收银太慢了"
    decide(work, queue, "name", "收银太慢", who="张", note="四月例会")
    pipeline.topics(work, month=MONTHS[-1])
    assert {name: work.lake.read(name) for name in before} == before


def test_a_language_model_names_what_nobody_named_and_is_asked_once(work):
    asked = []

    def ask(prompt):
        asked.append(prompt)
        return "排队等" if "排队" in prompt else "别的什么"

    assert monthly_topics.topics(work, month=MONTHS[0], ask=ask)
    first = labels(work, MONTHS[0])
    assert len(asked) == len(first)
    queue = next(i for i, row in first.items() if row["label"] == "排队等")
    assert "别的什么" not in {row["label"] for row in first.values()}  # nobody said it
    assert not monthly_topics.topics(work, month=MONTHS[0], ask=ask)
    decide(work, queue, "name", "收银太慢")
    monthly_topics.topics(work, month=MONTHS[0], ask=lambda prompt: "")
    assert labels(work, MONTHS[0])[queue]["label"] == "收银太慢"


def test_an_engine_assigns_as_one_process_does(work):
    pipeline.topics(work, month=MONTHS[1])
    names = ("topics", "mention_topics", "topic_history")
    before = {name: work.lake.read(name) for name in names}
    (work.lake.root / "_made" / "topics" / f"{MONTHS[1]}.json").unlink()
    with opened("local", workers=2) as engine:
        assert monthly_topics.topics(work, month=MONTHS[1], engine=engine)
    assert {name: work.lake.read(name) for name in names} == before


@pytest.mark.spark
def test_spark_assigns_as_one_process_does(work):
    pipeline.topics(work, month=MONTHS[1])
    before = work.lake.read("mention_topics")
    (work.lake.root / "_made" / "topics" / f"{MONTHS[1]}.json").unlink()
    assert pipeline.topics(work, month=MONTHS[1], engine="spark", master="local[1]")
    assert work.lake.read("mention_topics").equals(before)
