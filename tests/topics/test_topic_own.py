from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from voc.corpora.worlds.topic_quality import agreement

from voc.errors import UnknownName
from voc.topics import assign, fit, load_model, save_model, topics_for_month
from voc.topics.embed import clean, embed, embedder, restored
from voc.topics.own import fit_own

pytestmark = pytest.mark.topics
KINDS = ("queue", "stale", "crushed", "refund")
PETS = tuple(f"{food}喂{pet}很{word}" for food in ("猫粮", "罐头") for pet in ("猫咪", "主子") for word in "香硬贵")
PHONES = tuple(
    f"{part}让{phone}很{word}" for part in ("屏幕", "电池") for phone in ("手机", "机子") for word in "亮热轻"
)


@pytest.fixture
def mixed(complaints):
    return [text for kind in KINDS for text in complaints(kind, 60)]


def test_words_used_in_the_same_company_become_alike_though_they_never_meet():
    corpus = clean([*PETS, *PHONES])
    texts = clean(["猫咪", "主子", "手机", "机子"])
    base = embedder("static")
    by = fit_own(base, embed(corpus, base), corpus, corpus)
    cat, master, phone, device = embed(texts, by)[:, by.views[0] :] * 2**0.5
    assert min(cat @ master, phone @ device) > 0.9
    assert max(cat @ phone, cat @ device, master @ phone, master @ device) < 0.3


def test_vectors_stand_side_by_side_and_do_not_depend_on_company(mixed):
    texts = clean([*mixed, "！！", "qzx"])
    by = embedder("static+own", texts=texts)
    together = embed(texts, by)
    both = np.linalg.norm(together[:, : by.views[0]], axis=1), np.linalg.norm(together[:, by.views[0] :], axis=1)
    assert np.allclose(both[0][:240], 0.5**0.5, atol=1e-5)
    assert np.allclose(both[1][:240], 0.5**0.5, atol=1e-5)
    assert not together[240].any()
    assert not both[1][241].any()  # a word that nobody else says has no vector of its own
    assert np.allclose(np.vstack([embed([text], by) for text in texts[:8]]), together[:8], atol=1e-5)


def test_they_come_back_from_their_state(mixed):
    by = embedder("static+own", texts=clean(mixed))
    again = restored("static+own", by.state)
    assert again.version == by.version
    assert np.array_equal(embed(mixed, again), embed(mixed, by))
    assert embedder("static+own", texts=clean(mixed[:120])).version != by.version


def test_an_encoder_is_asked_once_for_a_text_that_the_cache_knows(mixed, tmp_path, monkeypatch):
    from voc.topics import embed as room

    class Counting:
        name, version, cached, alike, state, views = "use", "use-1", True, 0.5, {}, ()
        asked = 0

        def encode(self, texts):
            self.asked += len(texts)
            return np.array([[len(text), 1.0, text.count("了")] for text in texts], np.float32)

    base = Counting()
    monkeypatch.setattr(room, "_use", lambda: base)
    by = embedder("use+own", texts=clean(mixed), folder=tmp_path)
    first = embed(clean(mixed), by, folder=tmp_path)
    assert base.asked == len(set(mixed))
    assert np.array_equal(embed(clean(mixed), by, folder=tmp_path), first)
    assert base.asked == len(set(mixed))


def test_few_texts_have_no_words_in_common():
    texts = clean(["排队太久", "坚果不新鲜"])
    vectors = embed(texts, embedder("static+own", texts=texts))
    assert vectors.shape == (2, embedder("static").encode(texts).shape[1])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embed([], embedder("static+own")).shape[0] == 0
    for said in ([], [""], ["坏了"], ["坏了"] * 300):
        assert len(fit(said, embedder="static+own")) <= 1


def test_only_named_embedders_take_words_of_their_own():
    with pytest.raises(UnknownName, match=r"'lsa\+own'.*static\+own"):
        embedder("lsa+own")


def test_a_fit_is_the_same_in_any_order_and_assigns_the_same_from_its_folder(mixed, tmp_path):
    model = fit(mixed, embedder="static+own", seed=5)
    assert fit(mixed[::-1], embedder="static+own", seed=5).version == model.version
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert again.version == model.version
    index, similarity = assign(model, mixed)
    assert np.array_equal(assign(again, mixed)[0], index)
    assert np.array_equal(assign(again, mixed)[1], similarity)
    kinds = np.repeat(np.arange(4), 60)
    assert sum(max(np.bincount(kinds[index == t])) for t in range(len(model)) if (index == t).any()) > 0.9 * len(index)


def test_there_are_at_most_as_many_topics_as_are_asked_for(mixed):
    many = fit(mixed, embedder="static+own", seed=5)
    few = fit(mixed, embedder="static+own", seed=5, most_topics=3)
    assert len(few) <= 3 < len(many)
    assert (assign(few, mixed)[0] < 0).mean() <= 0.15


def test_the_months_reviews_teach_the_words_and_other_settings_are_a_new_fit(tables, complaints, tmp_path):
    mentions, reviews = tables([("2025-01", [text for kind in KINDS for text in complaints(kind, 30)])])
    extra = pa.table({"review_id": ["x"] * 1, "month": ["2025-01"], "text": ["味道好，排队排了很久"], "flags": [[]]})
    more = pa.concat_tables([reviews, extra.cast(reviews.schema)])

    def version(given, **options):
        topics_for_month(mentions, given, month="2025-01", store=tmp_path, embedder="static+own", **options)
        return load_model(tmp_path / "models" / "2025-01").version

    first = version(reviews)
    assert version(reviews) == first
    assert version(more) != first
    assert load_model(tmp_path / "models" / "2025-01").embedder == "static+own"
    limited = version(reviews, most_topics=2)
    assert limited != first
    assert len(load_model(tmp_path / "models" / "2025-01")) <= 2
    later, months = tables([("2025-01", complaints("queue", 60)), ("2025-02", complaints("stale", 60))])
    topics_for_month(later, months, month="2025-02", store=tmp_path, embedder="static+own")
    assert load_model(tmp_path / "models" / "2025-02").most_topics is None


def test_agreement_with_categories_is_judged_in_groups_after_assignment_and_over_all(complaints, tmp_path):
    texts = [text for kind in KINDS for text in complaints(kind, 30)]
    truth = [kind for kind in KINDS for _ in range(30)]
    found = agreement(texts, truth, tmp_path, name="static+own", seed=1, most=4)
    assert found["topics"] <= 4
    assert 0.5 < found["v in a group"] <= 1
    assert found["in a group"] <= 1 - found["without topic"] + 0.15
    one = agreement(texts, ["same"] * 120, tmp_path, name="static+own", seed=1, most=4)
    assert one["v with topic"] == one["v of all"] == 0.0
    assert one["without topic"] == found["without topic"] <= 0.15
