import dataclasses

import numpy as np
import pytest

from voc.errors import VocError
from voc.models import encoder
from voc.models.encoder import ASPECT, OPINION, Read
from voc.models.files import ACCURATE
from voc.taxonomy import load


@pytest.fixture(scope="module")
def shipped():
    return encoder.load()


TEXTS = ["味道很好,就是物流太慢了", "包装破了", "", "一般般", "the staff was rude but the food is delicious", "甜" * 40]


def test_a_text_is_read_alike_alone_and_in_company(shipped):
    together = shipped.read(TEXTS)
    for text, read in zip(TEXTS, together, strict=True):
        alone = shipped.read([text])[0]
        assert np.array_equal(alone.said, read.said)
        assert alone.starts.tolist() == read.starts.tolist()
    backwards = shipped.read(TEXTS[::-1])[::-1]
    assert all(np.array_equal(a.said, b.said) for a, b in zip(together, backwards, strict=True))


def test_clauses_of_one_review_are_judged_apart(shipped):
    text = "味道很好,就是物流太慢了"
    read = shipped.read([text])[0]
    spans = [(0, 4), (5, 12)]
    assert shipped.polarity(read, spans).argmax(axis=1).tolist() == [2, 0]
    assert [shipped.codes[i] for i in shipped.issues(read, spans).argmax(axis=1)] == ["P10", "V01"]
    assert np.allclose(shipped.polarity(read, spans).sum(axis=1), 1)


def test_spans_name_aspect_and_opinion(shipped):
    text = "服务态度很差"
    found = shipped.spans(shipped.read([text])[0])
    assert any(kind == ASPECT and span[0] < 4 for span, kind in found)
    assert any(kind == OPINION and span[1] > 4 for span, kind in found)
    assert all(0 <= start < end <= len(text) for (start, end), _ in found)


def test_a_long_text_is_read_in_windows(shipped):
    text = "这个苹果又脆又甜,下次还来买。" * 60
    read = shipped.read([text])[0]
    assert read.ends[-1] == len(text) and len(read.said) == len(read.starts) > 126
    last = (len(text) - 15, len(text) - 8)
    assert shipped.polarity(read, [last])[0].argmax() == 2


def test_a_text_of_nothing_has_no_tokens_that_say_something(shipped):
    read = shipped.read([""])[0]
    assert np.isfinite(shipped.polarity(read, [(0, 0)])).all()
    assert shipped.spans(read) == []


def test_inside_takes_the_tokens_that_touch_a_span():
    read = Read(np.zeros((3, 1), np.float32), np.array([0, 2, 3]), np.array([2, 3, 6]))
    assert read.inside((0, 2)) == slice(0, 1)
    assert read.inside((1, 4)) == slice(0, 3)
    assert read.inside((3, 3)) == slice(2, 2)


def test_it_knows_the_taxonomy_that_ships(shipped):
    taxonomy = load("retail-food")
    assert list(shipped.codes) == sorted(taxonomy.issues)
    assert {code: taxonomy[code].zh for code in shipped.codes} == shipped.names


def test_an_altered_graph_is_refused(tmp_path):
    for path in ACCURATE.iterdir():
        raw = path.read_bytes()
        (tmp_path / path.name).write_bytes(raw if path.name == "manifest.json" else raw[:-1])
    with pytest.raises(VocError, match="the manifest says"):
        encoder.load(tmp_path)


def test_temperature_and_slopes_move_probabilities(shipped):
    read = shipped.read(["包装破了"])[0]
    colder = dataclasses.replace(shipped, temperature=shipped.temperature / 2, shift=shipped.shift - 1)
    assert colder.polarity(read, [(0, 4)]).max() > shipped.polarity(read, [(0, 4)]).max()
    assert (colder.issues(read, [(0, 4)]) < shipped.issues(read, [(0, 4)])).all()
