"""Scores on rankings whose quality is known."""

import datetime as dt
import math

import pyarrow as pa
import pytest
from voc.corpora.score import bound, planted, score, table
from voc.corpora.tagger import quality, report

from voc.errors import InputError, UnknownName

NAMES = ("month", "level", "store_id", "sku_id", "issue_kind", "aspect", "gate")


def ranking(rows):
    return pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(NAMES)})


def truth():
    def issue(id_, store, sku, aspect, expected, **more):
        level = "store_sku" if store and sku else "store" if store else "sku"
        return {
            "id": id_, "level": level, "store_id": store, "sku_id": sku, "aspect": aspect, "relative_risk": 3.0,
            "expected_by_month": {"2026-10": expected}, **more,
        }  # fmt: skip

    issues = [
        issue("a", "S1", None, "V06", 20.0), issue("b", None, "K1", "P11", 12.0), issue("c", "S1", "K1", "P07", 11.0),
        issue("small", "S2", None, "V07", 9.0),
        issue("gift", None, "G1", "P07", 15.0, accept=[{"level": "sku", "store_id": None, "sku_id": "K9"}]),
    ]  # fmt: skip
    cells = [{k: i[k] for k in ("level", "store_id", "sku_id", "aspect")} | {"month": "2026-10"} for i in issues]
    return {
        "seed": 1, "months": ["2026-04", "2026-10"], "dull_month": "2026-04", "issues": issues,
        "true_cells": [*cells, {"level": "sku", "store_id": None, "sku_id": "K9", "aspect": "P07", "month": "2026-10"}],
    }  # fmt: skip


def test_found_missed_and_false():
    rows = [
        ("2026-10", "store", "S1", "K1", "aspect", "V06", "strong"),  # a margin may name its driver
        ("2026-10", "sku", None, "K1", "aspect", "P11", "insufficient"),
        ("2026-10", "store_sku", "S1", "K1", "aspect", "P07", "moderate"),
        ("2026-10", "sku", None, "K9", "aspect", "P07", "moderate"),  # where the gift box's complaints may be counted
        ("2026-10", "sku", None, "K2", "aspect", "P10", "moderate"),  # false
        ("2026-10", "region", None, None, "aspect", "P10", "moderate"),
        ("2026-10", "sku", None, "K3", "topic", "t1", "strong"),
        ("2026-04", "sku", None, "K2", "aspect", "P10", "strong"),
    ]
    got = score(truth(), ranking(rows), month="2026-10")
    assert (got.found, got.missed) == (("a", "c", "gift"), ("b",))
    assert (got.gated, got.false) == (4, (("sku", None, "K2", "P10"),))
    assert (got.recall, got.false_share, got.between) == (0.75, 0.25, 4)
    dull = score(truth(), ranking(rows), month="2026-04")
    assert (dull.dull, dull.gated, dull.recall) == (True, 1, None)
    text = table([got, got, dull])
    assert "mean recall 75.0%, lower 95% t bound 75.0%" in text
    assert "most: 1" in text


def test_bound_is_students():
    shares = [0.8, 0.9, 1.0]
    assert bound(shares, upper=False) == pytest.approx(0.9 - 2.919986 * 0.1 / math.sqrt(3))
    assert bound(shares, upper=True) == pytest.approx(0.9 + 2.919986 * 0.1 / math.sqrt(3))
    assert math.isnan(bound([0.5], upper=True))


def test_unknown_month():
    with pytest.raises(UnknownName, match="2026-11"):
        score(truth(), ranking([]), month="2026-11")


def test_a_perfect_ranking_of_the_sample_scores_perfectly(sample):
    month = sample.truth["months"][-1]
    cells = [c for c in sample.truth["true_cells"] if c["month"] == month]
    rows = [(month, c["level"], c["store_id"], c["sku_id"], "aspect", c["aspect"], "strong") for c in cells]
    got = score(sample.truth, ranking(rows), month=month)
    assert got.planted == len(planted(sample.truth, month=month)) > 0
    assert (got.recall, got.false) == (1.0, ())


def tables(labels, mentions):
    reviews = {
        "review_id": [f"r{i}" for i in range(len(labels))] + ["f"], "parent_id": [None] * len(labels) + ["r0"],
        "source": [r["source"] for r in labels] + ["jd"],
        "created_at": [r["created_at"] for r in labels] + [labels[0]["created_at"]],
    }  # fmt: skip
    names = ("review_id", "aspect", "intent")
    return pa.table(reviews), pa.table({n: [m[i] for m in mentions] for i, n in enumerate(names)})


def label(second, complaints, kind="review"):
    at = dt.datetime(2026, 10, 1, 0, 0, second, tzinfo=dt.UTC)
    return {
        "source": "jd", "created_at": at, "kind": kind, "lang": "zh", "complaints": complaints, "praise": [],
    }  # fmt: skip


def test_tagger_quality_counts_reviews_and_rolls_follow_ups_up():
    labels = [label(0, ["P11"]), label(1, ["P11", "V01"]), label(2, []), label(3, []), label(4, ["P15"], "hostile")]
    reviews, mentions = tables(
        labels,
        [
            ("f", "P11", "complaint"), ("r0", "P11", "complaint"), ("r1", "V01", "complaint"), ("r2", "P11", "complaint"),
            ("r3", "P11", "praise"), ("r4", "P15", "complaint"),
        ],
    )  # fmt: skip
    rows = {q.code: q for q in quality(pa.Table.from_pylist(labels), reviews, mentions)}
    assert set(rows) == {"P11", "V01"}
    assert (rows["P11"].hit, rows["P11"].missed, rows["P11"].false, rows["P11"].clear) == (1, 1, 1, 1)
    assert (rows["V01"].sensitivity, rows["V01"].false_positive_rate) == (1.0, 0.0)
    assert "all" in report(list(rows.values()))


def test_tagger_quality_refuses_another_sample():
    labels = [label(0, ["P11"]), label(1, [])]
    reviews, mentions = tables([label(40, []), label(41, [])], [])
    with pytest.raises(InputError, match="2 of 2"):
        quality(pa.Table.from_pylist(labels), reviews, mentions)
