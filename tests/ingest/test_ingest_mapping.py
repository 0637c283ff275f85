from __future__ import annotations

from pathlib import Path

import pytest

from voc.errors import ConfigError, InputError, UnknownName
from voc.ingest.mapping import Mapping, find, load, parse, resolve

FILE = Path("reviews.csv")


def test_one_name_or_several() -> None:
    mapping = parse({"columns": {"text": "内容", "created_at": ["t", "时间"]}})
    assert mapping.columns.text == ("内容",)
    assert resolve(mapping, ["时间", "内容"], FILE) == {"text": "内容", "created_at": "时间"}


@pytest.mark.parametrize(
    ("data", "near"),
    [
        ({"colums": {}}, "columns"),
        ({"columns": {"txt": "a"}}, "columns.text"),
        ({"rating": {"scal": "1..5"}}, "rating.scale"),
        ({"dates": {"ordr": "dmy"}}, "dates.order"),
        ({"constants": {"store": "S1"}}, "store_id"),
    ],
)
def test_unknown_keys_name_the_nearest(data: dict[str, object], near: str) -> None:
    with pytest.raises((UnknownName, ConfigError), match=near):
        parse(data)


def test_bad_values_say_where(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[rating]\nscale = "five"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml: rating\.scale: no rating scale 'five'"):
        load(path)
    path.write_text("[rating", "utf-8")
    with pytest.raises(InputError, match="not a TOML file"):
        load(path)
    with pytest.raises(InputError, match="no such mapping"):
        load(tmp_path / "none.toml")


def test_a_missing_column_names_found_needed_and_nearest() -> None:
    mapping = parse({"columns": {"text": "评价内容", "created_at": "评价时间"}})
    with pytest.raises(InputError) as caught:
        resolve(mapping, ["评价内容", "评价的时间"], FILE)
    message = str(caught.value)
    assert "reviews.csv" in message and "'评价时间' is needed" in message
    assert "'评价内容'" in message and "The nearest is '评价的时间'" in message


def test_a_mapping_that_somebody_wrote_is_taken_at_its_word() -> None:
    mapping = parse({"columns": {"text": "a", "created_at": "b", "rating": "stars"}})
    with pytest.raises(InputError, match="'rating'"):
        resolve(mapping, ["a", "b"], FILE)
    lenient = mapping.model_copy(update={"strict": False})
    assert "rating" not in resolve(lenient, ["a", "b"], FILE)


def test_titles_are_found_without_regard_to_width_and_case() -> None:
    assert find(("Creation_Time",), ["id", "creation_time"]) == "creation_time"
    assert find(("评论店铺（poiId）",), ["评论店铺(poiId)"]) == "评论店铺(poiId)"
    assert find(("publishTime",), ["publish_time"]) == "publish_time"
    assert find(("a", "b"), ["b"]) == "b"
    assert find(("c",), ["b"]) is None


def test_equal_mappings_have_equal_fingerprints() -> None:
    one, other = parse({"columns": {"text": "a"}}), parse({"columns": {"text": ["a"]}})
    assert one.fingerprint == other.fingerprint != Mapping().fingerprint
