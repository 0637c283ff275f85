from __future__ import annotations

import logging

import numpy as np
import pytest

from voc.errors import InputError
from voc.text.stopwords import stopwords
from voc.topics.cluster import by_weight, groups, linked
from voc.topics.embed import unit
from voc.topics.model import assign, extend, fit, inputs_of, load_model, save_model

pytestmark = pytest.mark.topics
KINDS = ("queue", "stale", "crushed", "refund")


@pytest.fixture
def mixed(complaints):
    return [text for kind in KINDS for text in complaints(kind, 60)]


def purity(index, kinds):
    """Share of the assigned rows that lie in a topic whose commonest kind is theirs."""
    right = sum(max(np.bincount(kinds[index == t])) for t in set(index.tolist()) - {-1})
    return right / max(1, int((index >= 0).sum()))


def test_kinds_of_complaint_become_topics_with_names(mixed):
    model = fit(mixed, embedder="use", seed=5)
    index, similarity = assign(model, mixed)
    kinds = np.repeat(np.arange(4), 60)
    assert 4 <= len(model) <= 12
    assert purity(index, kinds) > 0.97
    assert (index < 0).mean() <= 0.15
    assert similarity.dtype == np.float32
    assert len(set(model.labels)) == len(model)
    stop = stopwords("zh") | stopwords("en")
    for label, terms in zip(model.labels, model.terms, strict=True):
        assert label.strip()
        assert label not in stop
        assert terms
        assert all(term not in stop and weight > 0 for term, weight in terms)
    text = " ".join(model.labels)
    assert "排队" in text
    assert "不新鲜" in text
    assert "refund" in text


def test_small_groups_are_joined_to_the_nearest_until_there_are_so_many():
    angles = np.repeat([0.0, 0.9, 2.0, 3.2], [40, 6, 30, 40])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles), np.full(len(angles), 0.01)], axis=1))
    once = np.ones(len(vectors), np.int64)
    apart = groups(vectors, once, seed=1, min_size=5, alike=0.9)
    assert [int((apart == g).sum()) for g in range(4)] == [40, 40, 30, 6]
    three = groups(vectors, once, seed=1, min_size=5, alike=0.9, most=3)
    assert len(set(three.tolist())) == 3
    assert three[0] == three[41]  # the six are nearest to the first forty
    assert len(set(groups(vectors, once, seed=1, min_size=5, alike=0.9, most=2).tolist())) == 2
    assert np.array_equal(groups(vectors, once, seed=1, min_size=5, alike=0.9, most=4), apart)
    assert (groups(vectors[:0], once[:0], seed=1, min_size=5, alike=0.9, most=2) == -1).all()


def test_refit_in_any_order_gives_the_same_bytes(mixed):
    assert fit(mixed, embedder="lsa", seed=5).version == fit(mixed[::-1], embedder="lsa", seed=5).version


def test_stored_model_assigns_the_same(mixed, tmp_path):
    model = fit(mixed, embedder="lsa", seed=5)
    save_model(model, tmp_path, inputs="these")
    again = load_model(tmp_path)
    assert again.version == model.version
    assert inputs_of(tmp_path) == "these"
    assert np.array_equal(assign(model, mixed)[0], assign(again, mixed)[0])
    one_by_one = [int(assign(again, [text])[0][0]) for text in mixed[::20]]
    assert one_by_one == assign(model, mixed)[0][::20].tolist()


def test_broken_model_is_refused(mixed, tmp_path):
    with pytest.raises(InputError, match="no topic model"):
        load_model(tmp_path)
    assert inputs_of(tmp_path) is None
    save_model(fit(mixed[:60], embedder="lsa", seed=5), tmp_path)
    arrays = tmp_path / "model.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x01")
    with pytest.raises(InputError, match="hash"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["lsa", "use"])
@pytest.mark.parametrize(
    ("texts", "topics"),
    [
        ([], 0),
        (["太咸了"], 0),
        (["", "！！！", "＊＊＊"], 0),
        (["太咸了"] * 10, 1),
        (["too salty"] * 10, 1),
        (["的", "了"] * 9, 0),
    ],
)
def test_little_input_gives_a_sensible_model(name, texts, topics, caplog):
    with caplog.at_level(logging.WARNING):
        model = fit(texts, embedder=name, seed=1)
    assert len(model) == topics
    assert bool(caplog.records) == (topics == 0)
    index, _ = assign(model, texts)
    assert len(index) == len(texts)
    assert (index >= 0).all() == (topics > 0 or not texts)


def test_few_clauses_of_two_languages(complaints):
    texts = [*complaints("queue", 8), *complaints("refund", 8)]
    model = fit(texts, embedder="use", seed=1)
    index, _ = assign(model, texts)
    assert len(model) >= 2
    assert purity(index, np.repeat([0, 1], 8)) == 1


def test_a_name_never_carries_a_mask(complaints):
    texts = [f"店员＊＊{text}" for text in complaints("queue", 30)]
    model = fit(texts, embedder="lsa", seed=1)
    assert model.labels
    assert not any("＊" in label for label in model.labels)


def test_extend_adds_what_is_new_and_leaves_the_rest(complaints):
    known = [text for kind in ("queue", "stale") for text in complaints(kind, 60)]
    model = fit(known, embedder="use", seed=1)
    assert extend(model, known[:40], month="2026-02", next_id=90).topic_ids == model.topic_ids
    month = [*known[:40], *complaints("novel", 30)]
    grown = extend(model, month, month="2026-02", next_id=90)
    assert grown.topic_ids[: len(model)] == model.topic_ids
    assert grown.topic_ids[len(model)] == "T0090"
    assert grown.born[-1] == "2026-02"
    assert "铝箔" in "".join(grown.labels[len(model) :])
    index, _ = assign(grown, month)
    assert (index[40:] >= len(model)).mean() > 0.8
    assert (index[:40] < len(model)).all()


def test_groups_are_numbered_by_weight():
    labels = np.array([2, 2, 0, -1, 1], np.int32)
    assert by_weight(labels, np.array([1, 1, 9, 5, 3])).tolist() == [2, 2, 0, -1, 1]


def test_linkage_keeps_only_heavy_groups():
    vectors = unit(np.array([[1, 0.01], [1, 0], [0, 1], [0, 0]], np.float32))
    assert linked(vectors, np.array([1, 1, 1, 9]), min_size=2, alike=0.9).tolist() == [0, 0, -1, -1]
    assert linked(vectors, np.array([1, 1, 5, 9]), min_size=2, alike=0.9).tolist() == [1, 1, 0, -1]


def test_groups_of_many_are_found_by_density():
    random = np.random.default_rng(0)
    middles = unit(random.standard_normal((5, 24)))
    kinds = np.repeat(np.arange(5), 60)
    vectors = unit(middles[kinds] + 0.08 * random.standard_normal((300, 24)))
    labels = groups(vectors, np.ones(300, np.int64), seed=3, min_size=10, alike=0.6)
    assert labels.max() == 4
    assert purity(labels, kinds) == 1
    assert np.array_equal(labels, groups(vectors, np.ones(300, np.int64), seed=3, min_size=10, alike=0.6))
