from __future__ import annotations

import pyarrow as pa
import pytest

from voc.ingest import ratings


def stars(values: list[str | None], scale: str, **options: object) -> tuple[list[float | None], list[bool]]:
    found = ratings.parse(pa.array(values, pa.string()), scale=scale, **options)  # type: ignore[arg-type]
    return found.values.to_pylist(), found.bad.tolist()


@pytest.mark.parametrize(
    ("scale", "written", "expected"),
    [
        ("1..5", "5", 5.0), ("1..5", "4.5", 4.5), ("1..5", "3星", 3.0), ("1..5", "★★★☆☆", 3.0), ("1..5", "0", None),
        ("1..5", "０.5", 1.0), ("1..5", "5 out of 5 stars", 5.0), ("1..5", "4/5", 4.0), ("1..5", "非常满意", 5.0),
        ("10..50", "50", 5.0), ("10..50", "35", 3.5), ("10..50", "5", 1.0), ("10..50", "sml-str40", 4.0),
        ("1..10", "10", 5.0), ("1..10", "1", 1.0), ("0..100", "75", 4.0), ("0..100", "0", 1.0),
        ("good/neutral/bad", "good", 5.0), ("good/neutral/bad", "中评", 3.0), ("good/neutral/bad", "Bad", 1.0),
        ("words", "不满意", 2.0), ("words", "Very satisfied", 5.0), ("none", "7", None), ("1..5", None, None),
    ],
)  # fmt: skip
def test_scales(scale: str, written: str | None, expected: float | None) -> None:
    assert stars([written], scale) == ([expected], [False])


@pytest.mark.parametrize(
    ("scale", "written"),
    [("1..5", "6"), ("1..5", "50"), ("10..50", "60"), ("10..50", "4"), ("words", "?"), ("1..5", "five")],
)
def test_off_the_scale_is_bad(scale: str, written: str) -> None:
    assert stars([written, None], scale) == ([None, None], [True, False])


def test_words_of_a_mapping_come_first() -> None:
    assert stars(["1", "-1", "棒"], "good/neutral/bad", words={"1": 5, "-1": 1, "棒": 4})[0] == [5.0, 1.0, 4.0]


@pytest.mark.parametrize(
    ("written", "expected"), [("10", 10), ("0", 0), ("9分", 9), ("10（非常愿意）", 10), ("8.0", 8), ("0-不可能", 0)]
)
def test_nps(written: str, expected: int) -> None:
    found = ratings.parse_nps(pa.array([written]))
    assert (found.values.to_pylist(), found.bad.tolist()) == ([expected], [False])


def test_nps_outside_is_bad() -> None:
    assert ratings.parse_nps(pa.array(["11", "很愿意", None], pa.string())).bad.tolist() == [True, True, False]


@pytest.mark.parametrize("scale", ["5..1", "stars", "", "1-5"])
def test_unknown_scales_are_named(scale: str) -> None:
    with pytest.raises(ValueError, match=r"LOW\.\.HIGH"):
        ratings.check_scale(scale)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["5", "4", None, "1"], "1..5"),
        (["5", "45", "50", "10"], "10..50"),
        (["9", "7", "2"], "1..10"),
        (["88", "95", "40"], "0..100"),
        (["5"] * 99 + ["10"], "1..5"),
        (["?"], "1..5"),
        ([None], "1..5"),
    ],
)
def test_of_several_scales_the_first_that_fits(values: list[str | None], scale: str) -> None:
    assert ratings.choose(pa.array(values, pa.string()), "1..5|1..10|10..50|0..100") == scale
