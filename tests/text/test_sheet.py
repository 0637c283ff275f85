from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text.clauses import all_clauses, clauses
from voc.text.language import detect, detect_all
from voc.text.normalise import normalise
from voc.text.sheet import laid, normal_forms, sheet, where

PIECES = (
    "味道", "好", "很好吃", "，", "。", "！", "?", "...", "…", ".", "3.5", "1.", "2、", "、", "~", " ", "  ", "\n", "\t",
    "但是", "但", "不过", "不但", "就是有点咸", "就是", "除了贵", "都好", "而且", "👍", "😋", "❤️", "(", "）", "“", "”", "A",
    " but ", " however ", "ok", "1,000", "，5", "①", "㎏", "ﬁ", "é", "e\u0301", "한", "\u1112\u1161", "繁體", "Ｑ", "\x00",
    "\u2028", "_", "*", "-",
)  # fmt: skip
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), max_size=6)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_sheet_holds_the_normal_forms(raw: list[str]) -> None:
    whole = sheet(raw)
    normals = [normalise(text) for text in raw]
    assert whole.texts() == normal_forms(raw) == [n.text for n in normals]
    assert {row: n.offsets for row, n in whole.moved.items()} == {
        row: n.offsets for row, n in enumerate(normals) if n.offsets is not None
    }
    assert whole.text == "".join(text + "\n" for text in whole.texts())
    places = [place for a, b in zip(whole.starts, whole.ends, strict=True) for place in (a, b)]
    assert whole.rows(whole.starts).tolist() == list(range(len(raw))) == whole.rows(whole.ends).tolist()
    assert places == sorted(places)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_languages_are_those_of_each_text(raw: list[str]) -> None:
    assert detect_all(raw) == [detect(text) for text in raw]


@settings(max_examples=300, deadline=None)
@given(texts, st.booleans())
def test_the_clauses_of_a_sheet_are_those_of_each_text(raw: list[str], normal: bool) -> None:
    whole = sheet(raw) if normal else laid(raw)
    found = all_clauses(whole)
    first = whole.starts[found.row]
    by_text: list[list[tuple[int, int]]] = [[] for _ in raw]
    for row, start, end in zip(
        found.row.tolist(), (found.start - first).tolist(), (found.end - first).tolist(), strict=True
    ):
        by_text[row].append((start, end))
    assert by_text == [clauses(text) for text in whole.texts()]


def test_long_texts_are_cut_in_normal_form() -> None:
    assert sheet(["……好吃", "短"], longest=7).texts() == ["......好", "短"]


def test_where_looks_each_character_up() -> None:
    letters = where("[^\\W\\d_]")
    assert letters[ord("好")] and letters[ord("a")] and not letters[ord("1")] and not letters[ord("，")]
    assert where("\\d").sum() > 100
