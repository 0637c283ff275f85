"""What the cascade does with what an encoder says; the encoder here is a table from words to judgements."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from voc.extract.cascade import Thresholds, _Second, corrected, known_issues
from voc.extract.mentions import Mention, analyze, label
from voc.extract.scan import scanner
from voc.models import aspects
from voc.models.encoder import OPINION, Read
from voc.taxonomy import load

TAXONOMY = load("retail-food")
LEXICON = scanner(TAXONOMY).lexicon
CODES = tuple(sorted(TAXONOMY.issues))
NEGATIVE, NEUTRAL, POSITIVE = (0.96, 0.03, 0.01), (0.02, 0.96, 0.02), (0.01, 0.03, 0.96)


@dataclass
class Table:
    """An encoder of one token a character: `said` gives (issues, polarity) for a clause that holds the word."""

    said: dict[str, tuple[dict[str, float], tuple[float, float, float]]]
    codes: tuple[str, ...] = CODES
    names: dict[str, str] = field(default_factory=lambda: {c: TAXONOMY[c].zh for c in CODES})
    asked: list[str] = field(default_factory=list)

    def read(self, texts):
        self.asked += texts
        return [self._read(text) for text in texts]

    def __post_init__(self):
        Table.current = self

    def poles(self, parts):
        return np.array([next((p for w, (_, p) in self.said.items() if w in part), NEUTRAL) for part in parts])

    def _read(self, text):
        at = np.arange(len(text))
        said = np.zeros((len(text), 3 + len(self.codes)), dtype=np.float32)
        said[:, :3] = NEUTRAL
        for word, (issues, poles) in self.said.items():
            start = text.find(word)
            while start >= 0:
                row = slice(start, start + len(word))
                said[row, :3] = poles
                for code, chance in issues.items():
                    said[row, 3 + self.codes.index(code)] = chance
                start = text.find(word, start + 1)
        return Read(said, at, at + 1)

    def _means(self, read, spans):
        return np.array([read.said[read.inside(span)].mean(axis=0) for span in spans])

    def polarity(self, read, spans):
        return self._means(read, spans)[:, :3]

    def issues(self, read, spans):
        return self._means(read, spans)[:, 3:]

    def spans(self, read):
        return [((int(s), int(e)), OPINION) for s, e in zip(read.starts, read.ends, strict=True)][:1]


LIMITS = Thresholds(doubt=0.0, drop=0.0, sure=0.85, add=0.45, pole=0.6, turn=0.7, fade=0.8)


@pytest.fixture(autouse=True)
def _one_opinion(monkeypatch, request):
    """The linear models say here what the table says of polarity, and nothing of issues."""
    if request.function is test_the_accurate_profile_end_to_end:
        return
    monkeypatch.setattr("voc.extract.cascade._second", second())
    monkeypatch.setattr("voc.extract.cascade._linear", lambda parts: Table.current.poles(parts))


def second(**of):
    """Linear models that give every clause these chances of codes, and 0 of all others."""

    def said(parts):
        chances = np.array([[of.get(code, 0.0) for code in aspects.load().codes]] * len(parts), dtype=np.float32)
        return _Second(Table.current.poles(parts), chances.reshape(len(parts), len(aspects.load().codes)))

    return said


def mention(text, clause, code, intent, confidence, polarity=None):
    start = text.index(clause)
    value = {"complaint": -0.75, "praise": 0.75}.get(intent, 0.0) if polarity is None else polarity
    issue = LEXICON.number[code]
    return Mention((start, start + len(clause)), None, None, issue, intent, value, confidence,
                   TAXONOMY[code].severity, None)  # fmt: skip


def run(text, mentions, said, limits=LIMITS):
    encoder = Table(said)
    found = corrected([text], [mentions], lexicon=LEXICON, encoder=encoder, thresholds=limits)[0]
    return [(LEXICON.issues[m.issue].code, m.intent) for m in found], encoder


def test_a_review_is_asked_where_the_linear_models_doubt_the_fast_road(monkeypatch):
    text = "味道很好"
    told = [mention(text, text, "P10", "praise", 0.9)]
    said, limits = {text: ({"P10": 0.99}, POSITIVE)}, replace(LIMITS, doubt=0.8)
    for chances, asked in (({"P10": 0.95}, []), ({"P10": 0.1}, [text]), ({"P10": 0.95, "V01": 0.9}, [text])):
        monkeypatch.setattr("voc.extract.cascade._second", second(**chances))
        found, encoder = run(text, told, said, limits)
        assert found == [("P10", "praise")] and encoder.asked == asked
    monkeypatch.setattr("voc.extract.cascade._second", second(P10=0.95))
    assert run(text, told, {text: ({"P10": 0.99}, NEGATIVE)}, limits)[1].asked == [text]
    danger = "吃出一只虫"
    assert run(danger, [mention(danger, danger, "P02", "complaint", 0.9)], {danger: ({}, NEGATIVE)}, limits)[
        1
    ].asked == [danger]


def test_a_mention_judges_the_whole_where_the_encoder_sees_nothing_of_its_issue():
    text = "等了三天"
    told = [mention(text, text, "P10", "complaint", 0.9)]
    nothing = {text: ({"P10": 0.01}, NEGATIVE)}
    assert run(text, told, nothing, replace(LIMITS, drop=0.05))[0] == [("P00", "complaint")]
    assert run(text, [mention(text, text, "P10", "neutral", 0.9)], nothing, replace(LIMITS, drop=0.05))[0] == []
    assert run(text, told, {text: ({"P10": 0.1}, NEGATIVE)}, replace(LIMITS, drop=0.05))[0] == [("P10", "complaint")]


def test_a_clause_without_a_mention_gets_one():
    text = "催了又催才出库,味道很好"
    told = [mention(text, "味道很好", "P10", "praise", 0.9)]
    found, _ = run(text, told, {"催了又催才出库": ({"V01": 0.95}, NEGATIVE)})
    assert found == [("V01", "complaint"), ("P10", "praise")]


def test_an_issue_is_new_where_both_models_or_one_very_surely_mean_it(monkeypatch):
    text = "个头跟鹌鹑蛋似的"
    said = {text: ({"P08": 0.6}, NEGATIVE)}
    assert run(text, [], said)[0] == [("P00", "complaint")]
    monkeypatch.setattr("voc.extract.cascade._second", second(P08=0.5))
    assert run(text, [], said)[0] == [("P08", "complaint")]


def test_a_brief_review_without_a_finding_is_judged_as_a_whole():
    text = "邻居闻着味儿来敲门,问我要链接"
    limits = replace(LIMITS, doubt=3.0, whole=0.6)
    for poles, wanted in ((POSITIVE, [("P00", "praise")]), ((0.2, 0.25, 0.55), []), (NEUTRAL, [])):
        said = {text: ({}, poles)}
        found, encoder = run(text, [], said, limits)
        assert found == wanted and encoder.asked == [text]
    assert run(text * 4, [], {text: ({}, POSITIVE)}, limits) == ([], Table.current)
    assert run("no idea", [], {"no idea": ({}, POSITIVE)}, limits)[0] == []
    assert run(text, [mention(text, text, "P10", "neutral", 0.9)], said, limits)[0] == [("P10", "neutral")]


def test_the_models_turn_a_sign_that_no_word_gave():
    text = "这味道真是没谁了,等了三天"
    judged = mention(text, "这味道真是没谁了", "P10", "complaint", 0.5)
    worded = replace(judged, opinion=(4, 8))
    said = {"这味道真是没谁了": ({"P10": 0.9}, (0.1, 0.05, 0.85))}
    assert run(text, [judged], said)[0] == [("P10", "praise")]
    assert run(text, [worded], said)[0] == [("P10", "complaint")]


def test_an_unsure_mention_fades_where_nothing_is_judged():
    text = "这个味道是原味的"
    worded = replace(mention(text, text, "P10", "praise", 0.6), opinion=(2, 4))
    said = {text: ({"P10": 0.9}, NEUTRAL)}
    assert run(text, [worded], said)[0] == [("P10", "neutral")]
    assert run(text, [replace(worded, issue=LEXICON.number["P00"])], {text: ({}, NEUTRAL)})[0] == []


def test_what_a_comparison_decided_stays():
    text = "比三只松鼠家的差远了"
    told = [replace(mention(text, text, "P10", "complaint", 0.5), rival="三只松鼠")]
    assert run(text, told, {text: ({"V01": 0.99}, POSITIVE)})[0] == [("P10", "complaint")]


@pytest.mark.parametrize("code", ["P01", "P02", "P03"])
def test_safety_is_neither_added_nor_dropped_nor_turned(code):
    text = "里面有奇怪的东西"
    told = [mention(text, text, code, "complaint", 0.7)]
    assert (code, "complaint") in run(text, told, {text: ({"P10": 0.99}, POSITIVE)})[0]
    assert run(text, [], {text: ({code: 0.99}, NEGATIVE)})[0] == []


@pytest.mark.parametrize("text", ["如果味道淡就退货", "听说味道很淡", "味道淡不淡?", "希望味道别这么淡"])
def test_nothing_is_added_where_nothing_is_claimed(text):
    assert run(text, [], {"味道": ({"P10": 0.99}, NEGATIVE), "淡": ({"P10": 0.99}, NEGATIVE)})[0] == []


def test_a_general_mention_gives_way_to_a_specific_one_of_its_intent():
    text = "太差了,催了又催才出库"
    told = [mention(text, "太差了", "P00", "complaint", 0.55)]
    said = {"太差了": ({"P00": 0.9}, NEGATIVE), "催了又催才出库": ({"V01": 0.95}, NEGATIVE)}
    assert run(text, told, said)[0] == [("V01", "complaint")]


def test_spans_are_those_of_the_raw_text():
    text = "①太好了…催了又催才出庫"
    found = corrected([text], [[]], lexicon=LEXICON, encoder=Table({"催了又催才出库": ({"V01": 0.95}, NEGATIVE)}),
                      thresholds=LIMITS)[0]  # fmt: skip
    assert [text[slice(*m.span)] for m in found] == ["催了又催才出庫"]
    assert all(0.05 <= m.confidence <= 1 and -1 <= m.polarity <= 1 for m in found)


def test_requests_and_empty_texts_stay_as_they_are():
    text = "希望出小包装"
    told = [mention(text, text, "P14", "request", 0.6)]
    assert run(text, told, {text: ({"P14": 0.9}, NEGATIVE)})[0] == [("P14", "request")]
    assert corrected(["", None], [[], []], lexicon=LEXICON, encoder=Table({}), thresholds=LIMITS) == [[], []]


def test_issues_of_another_meaning_are_not_known():
    encoder = Table({})
    assert len(known_issues(LEXICON, encoder)) == len(CODES)
    renamed = Table({}, names={**encoder.names, "P10": "something else"})
    assert LEXICON.number["P10"] not in known_issues(LEXICON, renamed)


def test_the_accurate_profile_end_to_end():
    texts = ["下单一周才送到,菜都凉了", "一般般", None, "味道很好"]
    fast = analyze(texts, taxonomy=TAXONOMY)
    found = analyze(texts, taxonomy=TAXONOMY, profile="accurate")
    assert found.schema == fast.schema
    rows = found.to_pylist()
    assert {(m["row"], m["intent"]) for m in rows} >= {(0, "complaint"), (3, "praise")}
    assert all(0 < m["confidence"] <= 1 and -1 <= m["polarity"] <= 1 for m in rows)
    alone = analyze(texts[:1], taxonomy=TAXONOMY, profile="accurate").to_pylist()
    assert alone == [m for m in rows if m["row"] == 0]
    assert label(TAXONOMY, "accurate").endswith("+accurate-3") and "accurate" not in label(TAXONOMY)
