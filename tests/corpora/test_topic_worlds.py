"""The protocols of topics: what coherence is, and that shuffled places stay places."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from voc.corpora.worlds.topic_alarms import shuffled
from voc.corpora.worlds.topic_quality import npmi


def test_words_that_always_meet_are_coherent_and_those_that_never_do_are_not():
    said = [{"太", "咸"}, {"太", "咸"}, {"慢"}, {"贵"}]
    assert npmi([["太", "咸"]], [5], said) == 1.0
    assert npmi([["慢", "贵"]], [5], said) == -1.0
    assert npmi([["太", "咸"], ["慢", "贵"]], [3, 1], said) == pytest.approx(0.5)
    assert npmi([["慢"]], [5], said) == 0.0  # one word makes no pair
    by_chance = [{"a", "b"}, {"a"}, {"b"}, set()]
    assert npmi([["a", "b"]], [1], by_chance) == pytest.approx(0.0)


def test_shuffled_places_are_those_of_the_source():
    rows = [
        {"review_id": f"r{i}", "source": "jd" if i % 2 else "tmall", "store_id": f"S{i % 5}", "sku_id": f"K{i % 3}"}
        for i in range(60)
    ]
    table = pa.Table.from_pylist(rows)
    dealt = shuffled(table, 1).to_pylist()
    assert [r["review_id"] for r in dealt] == [r["review_id"] for r in rows]
    for source in ("jd", "tmall"):
        places = [
            Counter((r["store_id"], r["sku_id"]) for r in given if r["source"] == source) for given in (rows, dealt)
        ]
        assert places[0] == places[1]
    assert dealt != rows
    assert shuffled(table, 1).equals(shuffled(table, 1))
