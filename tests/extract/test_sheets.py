"""A review's mentions are its own: neither its neighbours in a sheet nor what was read before it change them."""

import random

import pyarrow as pa

from voc.extract.beside import degree, negation, quoted
from voc.extract.cues import NO_CUES, cues
from voc.extract.mentions import analyze
from voc.extract.scan import scanner
from voc.taxonomy import load
from voc.text.clauses import all_clauses
from voc.text.sheet import sheet

FOOD = load("retail-food")

LINES = """
味道 口感 包装 物流 客服 很好 不好 太慢 不是很新鲜 有点咸 非常脆 难吃 差评 没有异味 ， 。 ？ 、 但是 希望 下次还会买
比三只松鼠好吃 别家 吃出 头发 一样硬 像石头 “新鲜” 呵呵 绝了 好 的 也 了点 买的是原味 发的是辣味 _never_buy_again_
stale not_fresh 听说
第一次 这次 … 难道
"""
PIECES = [piece.replace("_", " ") for piece in LINES.split()]


def made(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices(PIECES, k=rng.randint(0, 12))) for _ in range(count)]


def test_neighbours_change_nothing() -> None:
    texts = made(400, 1)
    together = analyze(texts, taxonomy=FOOD)
    alone = []
    for row, text in enumerate(texts):
        scanner(FOOD).outcomes.clear()
        found = analyze([text], taxonomy=FOOD)
        alone.append(found.set_column(0, "row", pa.array([row] * len(found), pa.int64())))
    assert together.equals(pa.concat_tables(alone).combine_chunks())


def test_what_was_kept_changes_nothing() -> None:
    texts = made(300, 2)
    first = analyze(texts, taxonomy=FOOD)
    assert analyze(texts, taxonomy=FOOD).equals(first)
    scanner(FOOD).outcomes.clear()
    assert analyze(texts[::-1], taxonomy=FOOD).num_rows == len(first)
    assert analyze(texts, taxonomy=FOOD).equals(first)


def test_patterns_are_only_spared_where_they_cannot_match() -> None:
    whole = sheet(made(600, 3))
    clauses = all_clauses(whole)
    found = scanner(FOOD).find(whole, clauses)
    plain = 0
    for start, end, clause, flags in zip(
        found.hits.start, found.hits.end, found.hits.clause, found.hits.flags, strict=True
    ):
        row = clauses.row[clause]
        origin = whole.starts[row]
        text, first = whole.texts()[row], int(clauses.start[clause] - origin)
        if flags == 0:
            place = int(start - origin), int(end - origin)
            assert not negation(text, *place, first) and degree(text, *place, first) == 1 and not quoted(text, *place)
            plain += 1
    assert plain > 100
    spared = 0
    for start, end, cued in zip(clauses.start, clauses.end, found.cued, strict=True):
        if not cued:
            assert cues(whole.text[start:end], "") is NO_CUES
            spared += 1
    assert spared > 100
