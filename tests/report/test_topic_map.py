"""The map of topics: dots inside the frame and off each other, numbers in a table, nothing of what is muted or foreign."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import builder
import pyarrow as pa
import pytest

from voc.report import topic_map
from voc.report.build import build
from voc.report.context import open_context
from voc.report.opening import open_book
from voc.schemas import TOPICS

PLACES = {"t0": (0.1, 0.1, "P07", "t0"), "t1": (0.1, 0.1, None, "t0"), "t2": (-1.0, 0.9, "P07", "t2")}


@pytest.fixture(scope="module")
def data():
    made = builder.build(n_reviews=900, n_months=4)
    rows = made.topics.to_pylist()
    for row in rows:
        x, y, within, kin = PLACES[row["topic_id"]]
        row |= {"x": x, "y": y, "within": within, "kin": kin}
    muted = rows[0] | {"topic_id": "t3", "label": "不要看", "state": "muted", "size": 500}
    return replace(made, topics=pa.Table.from_pylist([*rows, muted], schema=TOPICS))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_topic_has_a_dot_a_number_and_a_row(data, lang):
    book = open_book(data, lang=lang)
    made = topic_map.block(open_context(book), {})
    assert [e.number for e in made["entries"]] == [1, 2, 3]
    assert [bool(e.inside) for e in made["entries"]] == [True, False, True]
    assert [labels for _, labels in made["inside"]] == [[made["entries"][0].label, made["entries"][2].label]]
    assert made["outside"] == [made["entries"][1].label]
    dots = [tuple(map(float, d)) for d in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', made["drawing"])]
    assert len(dots) == 3 == made["drawing"].count("<text")
    for (x, y, r), (u, v, s) in itertools.combinations(dots, 2):
        assert math.hypot(x - u, y - v) > r + s
    assert all(x - r >= 0 and x + r <= 720 and y - r >= 0 and y + r <= 460 for x, y, r in dots)
    assert made == topic_map.block(open_context(book), {})


def test_the_page_shows_the_map_and_not_what_is_muted(data, tmp_path):
    build(data, tmp_path, lang="zh")
    page = (tmp_path / "products.html").read_text("utf-8")
    assert 'class="trend map"' in page
    assert "不要看" not in page


def test_without_places_there_is_no_map():
    book = open_book(builder.build(n_reviews=400, n_months=2), lang="zh")
    assert topic_map.block(open_context(book), {}) is None


def test_a_pack_gets_names_of_its_own_topics_alone(data):
    ranking = data.ranking.slice(0, 1).to_pylist()[0] | {"issue_kind": "topic", "aspect": "t1"}
    kept = topic_map.labels_only(data.topics, pa.Table.from_pylist([ranking], schema=data.ranking.schema)).to_pylist()
    assert [(r["topic_id"], r["size"], r["representatives"], r["terms"]) for r in kept] == [("t1", 0, [], [])]
