"""What counts, once, and for whom."""

import pyarrow as pa
import pytest

from voc.errors import SchemaMismatch
from voc.issues import counts
from voc.schemas import EXPOSURE, FACTS, SKUS, conform


def test_follow_up_rolls_up_to_its_root(review, mention, reviews, mentions):
    table = reviews(
        review("a", store_id="s1", text=""),
        review("a+", parent_id="a", kind="followup", store_id=None, sku_id=None, text="又漏了"),
    )
    said = mentions(mention("a+"), mention("a+", number=1), mention("a+", aspect="leak"))
    facts = counts.facts(said, table).to_pylist()
    assert [(f["store_id"], f["issue_code"], f["n_mentions"], f["n_complaints"]) for f in facts] == [
        ("s1", "leak", 1, 1),
        ("s1", "taste", 1, 1),
    ]
    (exposure,) = counts.exposure(table).to_pylist()
    assert (exposure["n_reviews"], exposure["n_text"], exposure["rating_n"]) == (1, 1, 1)


def test_answers_without_a_root_row_are_one_respondent(review, mention, reviews, mentions):
    table = reviews(review("q1", parent_id="r", kind="survey"), review("q2", parent_id="r", kind="survey", rating=None))
    (exposure,) = counts.exposure(table).to_pylist()
    assert (exposure["n_reviews"], exposure["rating_sum"]) == (1, 4.0)
    (fact,) = counts.facts(mentions(mention("q1"), mention("q2")), table).to_pylist()
    assert (fact["n_mentions"], fact["n_complaints"]) == (1, 1)


@pytest.mark.parametrize("flag", counts.WEIGHTLESS)
def test_flagged_rows_weigh_nothing_and_are_counted_apart(review, mention, reviews, mentions, flag):
    table = reviews(review("a"), review("b", flags=[flag]), review("c", flags=["harmless"]))
    (exposure,) = counts.exposure(table).to_pylist()
    default = int(flag == "default_review")
    assert (exposure["n_reviews"], exposure["n_default"], exposure["n_flagged"]) == (2, default, 1 - default)
    (fact,) = counts.facts(mentions(mention("b"), mention("c")), table).to_pylist()
    assert fact["n_complaints"] == 1


def test_copies_weigh_nothing(review, mention, reviews, mentions):
    table = reviews(review("a"), review("b", duplicate_of="a"))
    assert counts.exposure(table)["n_flagged"].to_pylist() == [1]
    assert counts.facts(mentions(mention("a"), mention("b")), table)["n_complaints"].to_pylist() == [1]


def test_default_review_with_own_words_later_is_a_respondent(review, mention, reviews, mentions):
    silent = review("a", flags=["default_review"], text="")
    alone = counts.exposure(reviews(silent)).to_pylist()[0]
    assert (alone["n_reviews"], alone["n_default"]) == (0, 1)
    table = reviews(silent, review("a+", parent_id="a", kind="followup"))
    both = counts.exposure(table).to_pylist()[0]
    assert (both["n_reviews"], both["n_text"], both["n_default"]) == (1, 1, 0)
    assert counts.facts(mentions(mention("a+"), mention("a")), table)["n_mentions"].to_pylist() == [1]


def test_one_respondent_can_complain_and_praise_but_each_once(review, mention, reviews, mentions):
    said = mentions(
        mention("a", confidence=0.6, polarity=-0.2),
        mention("a", number=1, confidence=0.9, polarity=-0.9),
        mention("a", number=2, intent="praise", polarity=0.5),
        mention("a", number=3, confidence=0.4, aspect="leak"),
    )
    (fact,) = counts.facts(said, reviews(review("a"))).to_pylist()
    assert (fact["n_mentions"], fact["n_complaints"], fact["n_praise"]) == (2, 1, 1)
    assert fact["polarity_sum"] == pytest.approx(-0.4)
    assert len(counts.facts(said, reviews(review("a")), confidence=0.3)) == 2


def test_rivals_have_neither_exposure_nor_facts(review, mention, reviews, mentions):
    skus = conform(pa.table({"sku_id": ["k1", "k2"], "name": ["k1", "k2"], "own": [True, False]}), SKUS)
    table = reviews(review("a"), review("b", sku_id="k2"), review("c", sku_id=None))
    assert counts.exposure(table, skus=skus)["sku_id"].to_pylist() == ["k1", None]
    assert counts.facts(mentions(mention("b")), table, skus=skus).num_rows == 0


def test_parts_add_up(review, mention, reviews, mentions):
    rows = [review(f"r{i}", store_id=f"s{i % 3}", rating=1 + i % 5) for i in range(30)]
    said = [mention(f"r{i}", aspect=f"a{i % 4}", polarity=-0.1 * (i % 7)) for i in range(0, 30, 2)]
    whole = counts.facts(mentions(*said), reviews(*rows)), counts.exposure(reviews(*rows))
    halves = [
        (counts.facts(mentions(*said), reviews(*part)), counts.exposure(reviews(*part)))
        for part in (rows[:11], rows[11:])
    ]
    assert counts.merge(h[0] for h in halves).equals(whole[0])
    assert counts.merge(h[1] for h in halves).equals(whole[1])
    with pytest.raises(SchemaMismatch, match="only facts"):
        counts.merge([whole[0], whole[1]])


def test_complaints_are_what_facts_count(review, mention, reviews, mentions):
    rows = [review(f"r{i}", flags=["spam"] if i == 3 else []) for i in range(6)] + [
        review("r0+", parent_id="r0", kind="followup")
    ]
    said = [mention(f"r{i}") for i in range(6)] + [mention("r0+", confidence=0.95), mention("r5", aspect="leak")]
    found = counts.complaints(mentions(*said), reviews(*rows))
    assert found.schema == counts.COMPLAINTS
    assert found.filter(pa.compute.field("issue_code") == "taste")["review_id"].to_pylist() == [
        "r0+", "r1", "r2", "r4", "r5",
    ]  # fmt: skip
    facts = counts.facts(mentions(*said), reviews(*rows))
    assert sum(facts["n_complaints"].to_pylist()) == len(found)


def test_topics_count_like_aspects(review, mention, reviews, mentions):
    said = mentions(mention("a"), mention("b", aspect="leak"), mention("c"))
    assigned = pa.table({"mention_id": ["a/taste/0", "b/leak/0", "c/taste/0"], "topic_id": ["t1", "t1", None]})
    facts = counts.topic_facts(assigned, said, reviews(review("a"), review("b"), review("c"))).to_pylist()
    assert [(f["issue_kind"], f["issue_code"], f["n_complaints"]) for f in facts] == [("topic", "t1", 2)]


def test_nothing_in_nothing_out(reviews, mentions):
    assert counts.facts(mentions(), reviews()).schema == FACTS
    assert counts.exposure(reviews()).schema == EXPOSURE
    assert counts.exposure(reviews()).num_rows == 0


def test_missing_column_is_named(reviews, mentions):
    with pytest.raises(SchemaMismatch, match="flags"):
        counts.exposure(reviews().drop_columns(["flags"]))
