"""Batches of a product against the rest of it."""

import pyarrow.compute as pc
import pytest

from voc.issues import IssueMeta, RankSettings, counts, rank


@pytest.fixture
def month(review, mention, reviews, mentions):
    """Six stores, three SKUs; lot B of k1 is bad, k2 is bad in each of its lots, k0 names no lot."""
    rows, said = [], []
    for s in range(6):
        for k in range(3):
            for i in range(60):
                lot = None if k == 0 else "AB"[i % 2]
                rows.append(review(f"{s}.{k}.{i:02d}", store_id=f"s{s}", sku_id=f"k{k}", lot=lot))
                bad = i < 4 or (k == 1 and lot == "B" and i < 30) or (k == 2 and i < 20)
                if bad:
                    said.append(mention(f"{s}.{k}.{i:02d}", confidence=0.9 - i / 1000))
    rows.append(review("paid", sku_id="k1", store_id="s1", lot="B", flags=["incentivised"]))
    said.append(mention("paid"))
    return reviews(*rows), mentions(*said)


def ranked(month, **options):
    table, said = month
    return rank(
        "2026-10", facts=counts.facts(said, table), exposure=counts.exposure(table), issues={"taste": IssueMeta("taste")},
        lots=counts.lots(said, table), **options,
    )  # fmt: skip


def test_a_bad_lot_stands_out_of_its_product(month):
    rows = ranked(month).filter(pc.field("level") == "lot").to_pylist()
    found = {(r["sku_id"], r["lot"]): r for r in rows}
    assert set(found) == {("k1", "A"), ("k1", "B"), ("k2", "A"), ("k2", "B")}
    bad = found["k1", "B"]
    assert bad["rank"] == 1 and bad["rr"] > 1.5 and bad["n"] == 180 and bad["observed"] == 90
    assert all(row["gate"] == "insufficient" and row["rr"] < 1.4 for key, row in found.items() if key != ("k1", "B"))
    assert bad["store_id"] is None and bad["change"] is None and bad["text_only_gate"] is None


def test_evidence_of_a_lot_is_of_that_lot_and_counted(month):
    table, _ = month
    lot = dict(zip(table["review_id"].to_pylist(), table["lot"].to_pylist(), strict=True))
    for row in ranked(month, settings=RankSettings(evidence=5)).filter(pc.field("level") == "lot").to_pylist():
        assert len(row["evidence"]) == 5
        assert {lot[i] for i in row["evidence"]} == {row["lot"]}
        assert "paid" not in row["evidence"]


def test_lots_add_up_to_what_is_counted_of_them(month):
    table, said = month
    lots = counts.lots(said, table)
    facts = counts.facts(said, table)
    assert pc.sum(lots["n_reviews"]).as_py() == 6 * 2 * 60
    with_lot = pc.sum(facts.filter(pc.field("sku_id") != "k0")["n_complaints"]).as_py()
    assert pc.sum(lots["n_complaints"]).as_py() == with_lot


def test_a_follow_up_names_the_lot_of_its_review(review, mention, reviews, mentions):
    table = reviews(review("a"), review("a+", parent_id="a", kind="followup", lot="L1"), review("b", lot=" "))
    lots = counts.lots(mentions(mention("a+")), table).to_pylist()
    assert [(r["lot"], r["n_reviews"], r["issue_code"], r["n_complaints"], r["review_ids"]) for r in lots] == [
        ("L1", 1, None, 0, []), ("L1", 0, "taste", 1, ["a+"])
    ]  # fmt: skip


def test_reviews_without_lots_have_no_such_level(review, mention, reviews, mentions):
    table, said = reviews(review("a"), review("b")), mentions(mention("a"))
    assert len(counts.lots(said, table)) == 0
    assert "lot" not in ranked((table, said))["level"].to_pylist()
