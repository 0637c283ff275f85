from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from voc import topics
from voc.schemas import MENTION_TOPICS, TOPICS, checked, empty
from voc.topics import load_model, stage, topics_for_month

pytestmark = pytest.mark.topics


def months(complaints):
    plain = [*complaints("queue", 40), *complaints("stale", 40)]
    return [("2026-01", plain), ("2026-02", plain), ("2026-03", [*plain, *complaints("novel", 40)])]


def test_months_in_turn_keep_ids_and_find_what_is_new(complaints, tables, tmp_path):
    mentions, reviews = tables(months(complaints))
    history = empty("topics")
    found = {}
    for month in ("2026-01", "2026-02", "2026-03"):
        found[month] = topics_for_month(mentions, reviews, month=month, history=history, store=tmp_path, seed=1)
        history = pa.concat_tables([history, found[month].topics])
    assert set(found["2026-01"].topics["event"].to_pylist()) == {"new"}
    assert set(found["2026-02"].topics["event"].to_pylist()) == {"kept"}
    assert found["2026-02"].topics["topic_id"].equals(found["2026-01"].topics["topic_id"])
    fresh = [row for row in found["2026-03"].topics.to_pylist() if row["event"] == "new"]
    assert fresh
    assert all("铝箔" in "".join(t["term"] for t in row["terms"]) for row in fresh)
    assert sum(row["size"] for row in fresh) > 30
    assert all(1 <= len(row["representatives"]) <= 3 for row in found["2026-03"].topics.to_pylist())
    table = found["2026-03"].mention_topics
    assert table.schema == MENTION_TOPICS
    assert found["2026-03"].topics.schema == TOPICS
    assert len(table) == 120
    assert table["topic_id"].null_count <= 18
    sizes = dict(zip(*(found["2026-03"].topics[c].to_pylist() for c in ("topic_id", "size")), strict=True))
    assigned = table["topic_id"].drop_null().to_pylist()
    assert sizes == {t: assigned.count(t) for t in set(assigned)}


def test_second_run_fits_nothing_and_gives_the_same(complaints, tables, tmp_path, monkeypatch):
    mentions, reviews = tables(months(complaints)[:2])
    first = topics_for_month(mentions, reviews, month="2026-02", store=tmp_path, seed=1, embedder="lsa")
    fresh = topics_for_month(mentions, reviews, month="2026-02", store=tmp_path / "new", seed=1, embedder="lsa")
    files = {p.relative_to(tmp_path): p.read_bytes() for p in sorted(tmp_path.glob("models/*/*"))}
    assert files == {p.relative_to(tmp_path / "new"): p.read_bytes() for p in sorted(tmp_path.glob("new/models/*/*"))}
    monkeypatch.setattr(topics, "fit", None)
    monkeypatch.setattr(topics, "extend", None)
    again = topics_for_month(mentions, reviews, month="2026-02", store=tmp_path, seed=1, embedder="lsa")
    assert again == first == fresh
    assert set(first.topics["event"].to_pylist()) == {"kept"}  # the complaints of January are the same


def test_stage_assigns_as_the_month_did(complaints, tables, tmp_path):
    mentions, reviews = tables(months(complaints)[2:])
    result = topics_for_month(mentions, reviews, month="2026-03", store=tmp_path, seed=1)
    step = pickle.loads(pickle.dumps(stage(tmp_path / "models" / "2026-03")))
    texts = pa.array([text[4:] for text in reviews["text"].to_pylist()])
    whole = pa.RecordBatch.from_arrays(
        [mentions["mention_id"].combine_chunks(), mentions["month"].combine_chunks(), texts], schema=step.input
    )
    run = checked(step)
    parts = pa.Table.from_batches(
        [run(whole.slice(0, 1)), run(whole.slice(1, 50)), run(whole.slice(51)), run(whole.slice(0, 0))]
    )
    assert parts.equals(result.mention_topics)
    assert load_model(tmp_path / "models" / "2026-03").n_fit == len(set(texts.to_pylist()))


def test_a_model_that_saw_too_little_is_fitted_anew_and_ids_stay(complaints, tables, tmp_path):
    small = [*complaints("queue", 12), *complaints("stale", 12)]
    large = [*complaints("queue", 70), *complaints("stale", 70), *complaints("crushed", 70)]
    mentions, reviews = tables([("2026-01", small), ("2026-02", large)])
    first = topics_for_month(mentions, reviews, month="2026-01", store=tmp_path, seed=1)
    second = topics_for_month(mentions, reviews, month="2026-02", history=first.topics, store=tmp_path, seed=1)
    assert load_model(tmp_path / "models" / "2026-02").n_fit > 200
    labels = dict(zip(*(second.topics[c].to_pylist() for c in ("topic_id", "label")), strict=True))
    kept = [row for row in first.topics.to_pylist() if row["topic_id"] in labels]
    assert kept
    for row in kept:
        assert ("排队" in row["label"]) == ("排队" in labels[row["topic_id"]])


@pytest.mark.parametrize("texts", [[], ["太咸了"], ["太咸了"] * 10, ["！"]])
def test_months_with_little_to_say(texts, tables, tmp_path):
    mentions, reviews = tables([("2026-01", texts)])
    result = topics_for_month(mentions, reviews, month="2026-01", store=tmp_path, seed=1)
    assert len(result.topics) == (1 if len(texts) == 10 else 0)
    assert len(result.mention_topics) == len(texts)
