"""One credible report is enough; copies and doubtful ones are not shown."""

import pyarrow as pa

from voc.issues import safety
from voc.issues.safety import SAFETY
from voc.schemas import SKUS, conform


def test_one_row_per_root_and_aspect(review, mention, reviews, mentions):
    table = reviews(review("a"), review("a+", parent_id="a", kind="followup"), review("b", flags=["burst_negative"]))
    said = mentions(
        mention("a", aspect="mould", severity="S1", confidence=0.6),
        mention("a+", aspect="mould", severity="S1", confidence=0.8),
        mention("a", aspect="glass", severity="S1"),
        mention("b", aspect="mould", severity="S1"),
        mention("b", aspect="taste"),
    )
    rows = safety(said, table)
    assert rows.schema == SAFETY
    assert [(r["aspect"], r["review_id"], r["flags"], r["status"]) for r in rows.to_pylist()] == [
        ("glass", "a", [], "unverified"),
        ("mould", "a+", [], "unverified"),
        ("mould", "b", ["burst_negative"], "unverified"),
    ]


def test_what_is_not_a_credible_report_of_ours(review, mention, reviews, mentions):
    skus = conform(pa.table({"sku_id": ["k1", "k9"], "name": ["k1", "k9"], "own": [True, False]}), SKUS)
    table = reviews(review("a"), review("copy", duplicate_of="a"), review("rival", sku_id="k9"))
    said = mentions(
        mention("a", aspect="mould", severity="S1", confidence=0.45),
        mention("a", aspect="glass", severity="S1", intent="question"),
        mention("a", aspect="worm", severity="S1", month="2026-09"),
        mention("copy", aspect="hair", severity="S1"),
        mention("rival", aspect="mould", severity="S1", sku_id="k9"),
    )
    assert len(safety(said, table, month="2026-10", skus=skus)) == 0
    assert [r["aspect"] for r in safety(said, table, confidence=0.4, skus=skus).to_pylist()] == ["worm", "mould"]


def test_nothing_in_nothing_out(reviews, mentions):
    assert safety(mentions(), reviews()).equals(SAFETY.empty_table())
