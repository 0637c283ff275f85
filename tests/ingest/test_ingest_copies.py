"""Praise that comes again in later months: which rows are flagged, whatever the order of the files."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pyarrow as pa
import pytest

from voc.config import Config
from voc.ingest import Ingested, ingest
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]
HEADER = ["review_id", "text", "created_at", "rating"]
PRAISE = "第三次买了，颗粒饱满又酥脆，家里老人孩子都抢着吃，推荐给大家"
OTHER = "礼盒拿去送客户很体面，里面分装得干净，打开就能吃，会回购的"
GRUMBLE = "打开以后有一股哈喇味，客服说是正常现象，不给退也不给换，再也不买"


def flagged(lake: Lake) -> dict[str, str]:
    """Copied row -> the row that it copies, without the source's name."""
    rows = lake.read("reviews").to_pylist()
    assert all(("near_duplicate" in r["flags"]) == (r["duplicate_of"] is not None) for r in rows)
    return {r["review_id"].split(":")[1]: r["duplicate_of"].split(":")[1] for r in rows if r["duplicate_of"]}


def test_praise_of_an_earlier_month_is_a_copy(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["a", PRAISE, "2026-01-05", "5"],
        ["b", PRAISE.replace("，", " ") + "！", "2026-03-02", "5"],
        ["c", PRAISE, "2026-03-09", ""],
        ["d", PRAISE, "2027-01-05", "4"],
        ["e", "很好吃，会回购", "2026-02-01", "5"],
        ["f", "很好吃，会回购", "2026-03-01", "5"],
    ]
    read_in(write("r.csv", HEADER, rows))
    assert flagged(lake) == {"b": "a", "c": "a", "d": "a"}


def test_a_complaint_that_comes_again_is_none(lake: Lake, write: Write, read_in: Read) -> None:
    """Two months, two customers, one fault: what is worth most must not be taken out because it was said before."""
    rows = [["a", GRUMBLE, "2026-01-05", "1"], ["b", GRUMBLE, "2026-03-02", "2"], ["c", GRUMBLE, "2026-04-02", "3"]]
    read_in(write("r.csv", HEADER, rows))
    assert flagged(lake) == {}


def test_how_far_back_is_looked(lake: Lake, write: Write, read_in: Read, tmp_path: Path, key: bytes) -> None:
    rows = [["a", PRAISE, "2025-01-05", "5"], ["b", PRAISE, "2026-02-05", "5"], ["c", PRAISE, "2027-02-05", "5"]]
    path = write("r.csv", HEADER, rows)
    read_in(path)
    assert flagged(lake) == {"c": "b"}
    for months, expected in ((13, {"b": "a", "c": "b"}), (0, {})):
        other = Lake(tmp_path / f"lake-{months}")
        config = Config.model_validate({"hygiene": {"near_duplicate_months": months}})
        ingest(other, [path], source="table", config=config, key=key)
        assert flagged(other) == expected


def test_near_copies_of_a_month_lead_to_the_oldest(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["a", PRAISE, "2026-01-05", "5"],
        ["b", PRAISE, "2026-02-02", "5"],
        ["c", PRAISE.replace("第三", "第五"), "2026-02-09", "5"],
    ]
    read_in(write("r.csv", HEADER, rows))
    assert flagged(lake) == {"b": "a", "c": "a"}


def files(write: Write) -> list[Path]:
    """The second edits what the first says, the third has the oldest month."""
    return [
        write("1.csv", HEADER, [["a", PRAISE, "2026-02-05", "5"], ["b", OTHER, "2026-02-06", "5"]]),
        write(
            "2.csv",
            HEADER,
            [["c", PRAISE, "2026-04-05", "5"], ["d", OTHER, "2026-04-06", "5"], ["e", GRUMBLE, "2026-04-07", "1"]],
        ),
        write("3.csv", HEADER, [["f", OTHER, "2025-12-01", "5"], ["g", GRUMBLE, "2025-12-01", "1"]]),
    ]


def test_the_order_of_the_files_does_not_matter(tmp_path: Path, write: Write, key: bytes) -> None:
    found: list[pa.Table] = []
    for order in permutations(files(write)):
        lake = Lake(tmp_path / "-".join(path.stem for path in order))
        ingest(lake, order, source="table", config=Config(), key=key)
        found.append(lake.read("reviews").drop_columns(["ingest_id"]))
        assert flagged(lake) == {"b": "f", "c": "a", "d": "f"}
    assert all(rows.equals(found[0]) for rows in found)


def test_months_whose_flags_change_are_restated(lake: Lake, write: Write, read_in: Read) -> None:
    first, second, oldest = files(write)
    read_in(first)
    read_in(second)
    assert flagged(lake) == {"c": "a", "d": "b"}
    done = read_in(oldest)
    assert (done.months, done.restated) == (("2025-12", "2026-02", "2026-04"), ("2026-02", "2026-04"))
    # The praise that February had first is taken back: April's is the first one now.
    edited = read_in(write("4.csv", HEADER, [["a", "说错了，其实一般般", "2026-02-05", "3"]]))
    assert edited.restated == ("2026-02", "2026-04") and flagged(lake) == {"b": "f", "d": "f"}
    versions = lake.versions()
    apart = read_in(write("5.csv", HEADER, [["h", "门口的停车位太少，绕了三圈", "2026-01-05", "3"]]))
    assert apart.months == ("2026-01",) and lake.versions()["reviews"] == versions["reviews"] + 1


def test_what_was_said_is_made_again_where_it_is_missing(lake: Lake, write: Write, read_in: Read) -> None:
    first, second, oldest = files(write)
    read_in(first)
    for path in (lake.root / "_said").iterdir():
        path.unlink()
    read_in(second)
    assert flagged(lake) == {"c": "a", "d": "b"}
    read_in(oldest)
    assert sorted(path.name[:7] for path in (lake.root / "_said").iterdir()) == ["2025-12", "2026-02", "2026-04"]


@pytest.mark.parametrize("known", [False, True])
def test_a_trial_leaves_nothing(lake: Lake, write: Write, read_in: Read, known: bool) -> None:
    first, second, oldest = files(write)
    if known:
        read_in(first)
    before = sorted(path for path in lake.root.rglob("*"))
    done = [read_in(path, dry_run=True) for path in (second, oldest)]
    assert sorted(path for path in lake.root.rglob("*")) == before
    assert done[1].restated == (("2026-02",) if known else ())
