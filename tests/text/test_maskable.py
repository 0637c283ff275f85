"""`maskable` may only say no where `mask` changes nothing."""

from __future__ import annotations

import os
import random
import re
from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text.mask import _KINDS, _PLATE, mask
from voc.text.maskable import mask_all, maskable
from voc.text.normalise import flat_forms
from voc.text.persons import name_patterns

EXAMPLES = int(os.environ.get("VOC_TEST_EXAMPLES", "3"))
PATTERNS = [pattern.pattern for _, patterns in _KINDS for pattern in patterns]
FORMS: dict[str, list[str]] = defaultdict(list)
for code, form in flat_forms().items():
    FORMS[form].append(chr(code))


def disguised(text: str, seed: int) -> str:
    """`text` with some characters in another width, script or case."""
    draw = random.Random(seed)
    return "".join(draw.choice(FORMS[c]) if c in FORMS and draw.random() < 0.5 else c for c in text)


def check(texts: list[str]) -> None:
    texts = [re.sub("[\x00\ud800-\udfff]", "", text) for text in texts]
    for text, told in zip(texts, maskable(pa.array(texts, pa.string())).to_pylist(), strict=True):
        assert told or mask(text) == text, text


def some(pattern: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.from_regex(pattern), min_size=6, max_size=12)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_number_account_or_address_is_passed_over(pattern: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
    @given(some(pattern), st.integers(0, 2**32))
    def every(texts: list[str], seed: int) -> None:
        check(texts)
        check([disguised(text, seed + i) for i, text in enumerate(texts)])

    every()


@pytest.mark.parametrize("pattern", [*name_patterns(), _PLATE.pattern])
def test_no_name_or_plate_is_passed_over(pattern: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
    @given(some(pattern))
    def every(texts: list[str]) -> None:
        check(texts)

    every()


def test_a_column_is_masked_as_its_texts_are() -> None:
    texts = ["电话13912345678", "很好吃", None, "店员小李不错", "", "Ｔｅｌ：１３９１２３４５６７８", "三只松鼠的坚果"]
    masked = mask_all(pa.array(texts, pa.string())).to_pylist()
    assert masked == [None if text is None else mask(text) for text in texts]
    assert masked[0] != texts[0] and masked[1] == texts[1] and "１" not in masked[5]


def test_what_most_reviews_say_is_left_alone() -> None:
    texts = ["味道不错，买了3袋，9.9元一袋", "客服态度很好", "老板人很好", "路过买的", "10号下单12号到", "保质期180天"]
    assert maskable(pa.array(texts)).to_pylist() == [False] * 6
