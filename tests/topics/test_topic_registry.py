from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa

from voc.schemas import TOPICS, empty
from voc.topics.embed import unit
from voc.topics.model import TopicModel
from voc.topics.registry import Known, known_from, match, next_number, update


def model(anchors, words, **more):
    anchors = unit(np.array(anchors, np.float32))
    k, d = anchors.shape
    values = dict(
        embedder="use", embedder_version="v", centre=np.zeros(d, np.float32), whitener=np.eye(d, dtype=np.float32),
        centroids=anchors, anchors=anchors, threshold=0.3, doubt=0.4, min_topic_size=3, seed=0, n_fit=9,
        topic_ids=tuple(f"T{i + 1:04d}" for i in range(k)), labels=tuple(words), terms=tuple(((w, 1.0),) for w in words),
        representatives=((),) * k, born=("",) * k, events=("new",) * k, parents=((),) * k,
    )  # fmt: skip
    return TopicModel(**(values | more))


def known(anchors, words, ids):
    return Known(
        tuple(ids), tuple(((w, 1.0),) for w in words), ("2026-01",) * len(ids), unit(np.array(anchors, np.float32)), "v"
    )


def test_topics_keep_their_ids_whatever_their_order():
    before = known([[1, 0, 0], [0, 1, 0]], ["排队", "太咸"], ["T0007", "T0003"])
    after = match(
        before, model([[0, 1, 0.1], [1, 0.1, 0], [0, 0, 1]], ["太咸", "排队", "划手"]), month="2026-02", next_id=8
    )
    assert after.topic_ids == ("T0003", "T0007", "T0008")
    assert after.events == ("kept", "kept", "new")
    assert after.born == ("2026-01", "2026-01", "2026-02")


def test_split_and_merged_name_their_parents():
    one = known([[1, 0, 0]], ["排队"], ["T0001"])
    split = match(one, model([[1, 0, 0], [1, 0.2, 0]], ["排队", "排队"]), month="2026-02", next_id=2)
    assert split.events == ("kept", "split")
    assert split.parents == ((), ("T0001",))
    assert split.topic_ids == ("T0001", "T0002")
    two = known([[1, 0, 0], [1, 0.2, 0]], ["排队", "排队"], ["T0001", "T0002"])
    merged = match(two, model([[1, 0.01, 0]], ["排队"]), month="2026-02", next_id=3)
    assert merged.events == ("merged",)
    assert merged.topic_ids == ("T0001",)
    assert merged.parents == (("T0002",),)


def test_without_centroids_the_terms_decide():
    rows = [
        {"topic_id": "T0004", "month": "2026-01", "label": "a", "terms": [{"term": "排队", "score": 0.5}], "size": 9,
         "parents": [], "event": "new", "representatives": [], "model": "m"},
        {"topic_id": "T0005", "month": "2026-01", "label": "b", "terms": [{"term": "太咸", "score": 0.5}], "size": 0,
         "parents": [], "event": "gone", "representatives": [], "model": "m"},
    ]  # fmt: skip
    history = pa.Table.from_pylist(rows, schema=TOPICS)
    after = match(known_from(history), model([[1, 0], [0, 1]], ["太咸", "排队"]), month="2026-02", next_id=6)
    assert after.topic_ids == ("T0006", "T0004")
    assert known_from(None).topic_ids == ()


def test_update_writes_a_month_and_what_is_gone():
    first = dataclasses.replace(model([[1, 0], [0, 1]], ["排队", "太咸"]), born=("2026-01", "2026-01"))
    january = update(None, month="2026-01", model=first, sizes=[12, 5], representatives=[["r1"], ["r2"]])
    assert january.schema == TOPICS
    assert january["event"].to_pylist() == ["new", "new"]
    february = update(january, month="2026-02", model=first, sizes=[9, 0], representatives=[["r3"], []])
    assert february["topic_id"].to_pylist() == ["T0001", "T0002"]
    assert february["event"].to_pylist() == ["kept", "gone"]
    assert february["size"].to_pylist() == [9, 0]
    assert february["label"].to_pylist() == ["排队", "太咸"]
    both = pa.concat_tables([january, february])
    assert update(both, month="2026-02", model=first, sizes=[9, 0], representatives=[["r3"], []]).equals(february)
    march = update(both, month="2026-03", model=first, sizes=[9, 0], representatives=[["r3"], []])
    assert march["topic_id"].to_pylist() == ["T0001"]


def test_a_rare_topic_that_stays_away_is_not_gone():
    first = dataclasses.replace(model([[1, 0], [0, 1]], ["排队", "太咸"]), born=("2026-01", "2026-01"))
    january = update(None, month="2026-01", model=first, sizes=[12, 1], representatives=[["r1"], ["r2"]])
    february = update(january, month="2026-02", model=first, sizes=[12, 0], representatives=[["r1"], []])
    assert february["topic_id"].to_pylist() == ["T0001"]


def test_no_topics_is_an_empty_table():
    nothing = model(np.zeros((0, 2)), [])
    assert update(None, month="2026-01", model=nothing, sizes=[], representatives=[]).equals(empty("topics"))


def test_numbers_count_on():
    assert next_number(["T0001", "T0012"], ["pinned"]) == 13
    assert next_number() == 1
