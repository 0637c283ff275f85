from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from voc.config import Config
from voc.errors import InputError, UnknownName
from voc.ingest import Ingested, ingest
from voc.lake import Lake

HEADER = ["review_id", "text", "created_at", "rating", "store_id", "member_id"]
Write, Read = Callable[..., Path], Callable[..., Ingested]


def row(i: int, text: str = "坚果很脆", day: str = "2026-10-03 10:00:00", stars: str = "5") -> list[str]:
    return [f"r{i}", text, day, stars, "S1", f"m{i}"]


def texts(lake: Lake) -> dict[str, str]:
    rows = lake.read("reviews").to_pylist()
    return {r["review_id"]: r["text"] for r in rows}


def test_the_same_file_again_does_nothing(lake: Lake, write: Write, read_in: Read) -> None:
    path = write("a.csv", HEADER, [row(1), row(2)])
    first = read_in(path)
    versions = lake.versions()
    again = read_in(path)
    assert (first.new, first.reviews_written, first.months) == (2, 2, ("2026-10",))
    assert again.repeated and (again.new, again.unchanged, again.reviews_written) == (0, 2, 0)
    assert lake.versions() == versions


def test_the_same_content_under_another_name_does_nothing(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", HEADER, [row(1)]))
    assert read_in(write("b.csv", HEADER, [row(1)])).repeated


def test_another_channel_is_another_reading_of_the_file(lake: Lake, write: Write, read_in: Read) -> None:
    path = write("a.csv", HEADER, [row(1)])
    read_in(path)
    done = read_in(path, channel="flagship")
    assert (done.repeated, done.updated) == (False, 1)
    assert lake.read("reviews")["channel"].to_pylist() == ["flagship"]


def test_overlapping_exports_edits_and_late_rows(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", HEADER, [row(1), row(2), row(3)]))
    done = read_in(write("b.csv", HEADER, [row(2), row(3, "受潮了，不脆"), row(4), row(5, day="2026-09-30 23:59:59")]))
    assert (done.new, done.updated, done.unchanged, done.duplicate) == (2, 1, 1, 0)
    assert done.months == ("2026-09", "2026-10") and done.restated == ("2026-10",)
    assert texts(lake)["table:r3"] == "受潮了，不脆" and len(texts(lake)) == 5


def test_an_unchanged_row_keeps_the_ingest_that_brought_it(lake: Lake, write: Write, read_in: Read) -> None:
    first = read_in(write("a.csv", HEADER, [row(1), row(2)]))
    second = read_in(write("b.csv", HEADER, [row(2), row(3)]))
    by_id = {r["review_id"]: r["ingest_id"] for r in lake.read("reviews").to_pylist()}
    assert by_id == {"table:r1": first.ingest_id, "table:r2": first.ingest_id, "table:r3": second.ingest_id}


def test_a_poorer_export_takes_nothing_away(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", HEADER, [row(1)]))
    done = read_in(write("b.csv", ["review_id", "text", "created_at"], [["r1", "坚果很脆", "2026-10-03 10:00:00"]]))
    assert done.unchanged == 1
    assert lake.read("reviews")["store_id"].to_pylist() == ["S1"]


def test_twice_in_one_file_the_last_one_stands(lake: Lake, write: Write, read_in: Read) -> None:
    done = read_in(write("a.csv", HEADER, [row(1), row(1), row(1, "后来改的"), row(2)]))
    assert (done.new, done.duplicate, done.reviews_written) == (2, 2, 2)
    assert texts(lake)["table:r1"] == "后来改的"


def test_a_review_whose_time_changed_moves_to_its_month(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", HEADER, [row(1), row(2)]))
    done = read_in(write("b.csv", HEADER, [row(1, day="2026-11-02 08:00:00")]))
    assert (done.updated, done.months, done.restated) == (1, ("2026-10", "2026-11"), ("2026-10",))
    months = {r["review_id"]: r["month"] for r in lake.read("reviews").to_pylist()}
    assert months == {"table:r1": "2026-11", "table:r2": "2026-10"}


NO_ID = ["text", "created_at", "store_id", "member_id"]


def test_two_customers_who_say_the_same_remain_two(lake: Lake, write: Write, read_in: Read) -> None:
    same = ["好评", "2026-10-03", "S1", ""]
    first = read_in(write("a.csv", NO_ID, [same, same]))
    assert (first.new, first.duplicate) == (2, 0)
    second = read_in(write("b.csv", NO_ID, [same, ["不错", "2026-10-04", "S1", ""]]))
    assert (second.new, second.unchanged) == (1, 1)
    third = read_in(write("c.csv", NO_ID, [same, same, same]))
    assert (third.new, third.unchanged) == (1, 2)
    assert sorted(texts(lake).values()) == ["不错", "好评", "好评", "好评"]


def test_members_tell_rows_without_an_id_apart(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", NO_ID, [["好评", "2026-10-03", "S1", "anna"]]))
    assert read_in(write("b.csv", NO_ID, [["好评", "2026-10-03", "S1", "bert"]])).new == 1


def test_what_cannot_be_read_is_set_aside_with_line_and_reason(lake: Lake, write: Write, read_in: Read) -> None:
    bad = [row(2, day="2026-13-01"), row(3, stars="9"), [*row(4), "x"], row(5, day=""), HEADER]
    done = read_in(write("a.csv", HEADER, [row(1), *bad, row(6)]))
    assert (done.records, done.new, done.quarantined) == (7, 2, 5)
    aside = [(r["line"], r["reason"]) for r in lake.read("quarantine").to_pylist()]
    assert aside == [(3, "bad_date"), (4, "bad_rating"), (5, "ragged_row"), (6, "missing_date"), (7, "repeated_header")]
    assert lake.read("ingests")["quarantined"].to_pylist() == [5]


def test_workbook_numbers_that_lost_their_tail_are_set_aside(lake: Lake, read_in: Read, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    cells = [
        ["order_id", "text", "created_at"],
        [210000000000000000123, "好", "2026-10-03"],
        [123456, "脆", "2026-10-03"],
    ]
    for r, line in enumerate([*cells, ["210000000000000000123", "香", 1790000000000]]):
        sheet.write_row(r, 0, line)
    book.close()
    done = read_in(tmp_path / "a.xlsx")
    assert (done.records, done.new, done.quarantined) == (3, 2, 1)
    assert lake.read("quarantine")["reason"].to_pylist() == ["precision_lost"]
    assert sorted(lake.read("reviews")["order_id"].to_pylist()) == ["123456", "210000000000000000123"]


def test_naive_times_are_counted(write: Write, read_in: Read) -> None:
    done = read_in(write("a.csv", HEADER, [row(1), row(2, day="2026-10-03T10:00:00Z"), row(3, day="1790000000")]))
    assert done.naive_times == 1


def test_follow_ups_are_reviews_of_their_own(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["commentId", "content", "creationTime", "score", "skuid", "afterUserComment", "afterDays"]
    first = ["77", "好吃", "2026-09-20 09:00:00", "5", "00123", "", ""]
    done = read_in(
        write("a.csv", header, [first, ["78", "一般", "2026-09-21 09:00:00", "3", "00124", "NO_MESSAGE", "0"]]),
        source="jd",
    )
    assert done.reviews_written == 2
    later = read_in(write("b.csv", header, [[*first[:5], "放了两周就返潮了", "14"]]), source="jd")
    assert (later.updated, later.new, later.reviews_written) == (1, 0, 1)
    followup = next(r for r in lake.read("reviews").to_pylist() if r["kind"] == "followup")
    assert (followup["review_id"], followup["parent_id"]) == ("jd:77+1", "jd:77")
    assert (followup["month"], followup["rating"], followup["sku_id"]) == ("2026-10", None, "00123")


def test_nothing_said_is_a_default_review(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("a.csv", ["review_id", "text", "created_at"], [["1", "", "2026-10-03"], ["2", "脆", "2026-10-03"]]))
    assert lake.read("reviews")["flags"].to_pylist() == [["default_review"], []]


def test_the_order_of_files_does_not_matter(tmp_path: Path, write: Write, key: bytes) -> None:
    praise = "这家店的坚果又香又脆，家里人都爱吃，下次还来"
    one = write("a.csv", HEADER, [row(i, praise, f"2026-10-0{i} 10:00:00") for i in range(1, 6)])
    two = write("b.csv", HEADER, [row(i, praise + "！", f"2026-10-0{i} 09:00:00") for i in range(6, 10)])
    kept = []
    for name, order in (("x", [one, two]), ("y", [two, one])):
        lake = Lake(tmp_path / name)
        ingest(lake, order, source="table", config=Config(), key=key)
        kept.append(lake.read("reviews"))
    assert kept[0].equals(kept[1])


def test_errors_say_what_would_be_right(lake: Lake, write: Write, read_in: Read, tmp_path: Path, key: bytes) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'tmall'"):
        read_in(write("a.csv", HEADER, [row(1)]), source="tmal")
    with pytest.raises(InputError, match=r"b\.csv: no column for field 'created_at'.*'when'"):
        read_in(write("b.csv", ["text", "when"], [["好", "2026"]]))
    with pytest.raises(InputError, match="no such file"):
        ingest(lake, [tmp_path / "none.csv"], source="table", config=Config(), key=key)
    with pytest.raises(InputError, match="key for member ids"):
        ingest(lake, [], source="table", config=Config(), key=b"short")
    assert lake.versions() == {}


def test_an_empty_file_with_a_header_is_in_the_ledger(lake: Lake, write: Write, read_in: Read) -> None:
    done = read_in(write("a.csv", HEADER, []))
    assert (done.records, done.months) == (0, ())
    assert len(lake.read("ingests")) == 1


def test_the_source_can_be_called_otherwise(lake: Lake, write: Write, read_in: Read) -> None:
    done = read_in(write("a.csv", HEADER, [row(1)]), name="douyin")
    assert done.source == "douyin"
    (found,) = lake.read("reviews").to_pylist()
    assert (found["review_id"], found["source"], found["channel"]) == ("douyin:r1", "douyin", "douyin")


def test_hundreds_of_months_in_one_file(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [row(i, day=f"{2000 + i // 12}-{1 + i % 12:02d}-05") for i in range(30)]
    done = read_in(write("a.csv", HEADER, rows))
    assert len(done.months) == 30 and lake.months("reviews") == list(done.months)


@pytest.mark.parametrize("dry", [False, True])
def test_what_weighs_nothing_is_told(lake: Lake, write: Write, read_in: Read, dry: bool) -> None:
    copied = "第三次买了，颗粒饱满又酥脆，家里老人孩子都抢着吃，推荐给大家"
    first = [["1", copied, "2026-09-03", "5"]]
    read_in(write("a.csv", ["review_id", "text", "created_at", "rating"], first))
    rows = [
        ["2", copied, "2026-10-03", "5"],
        ["3", "此用户没有填写评价。", "2026-10-03", "5"],
        ["4", "有点潮", "2026-10-03", "2"],
    ]
    done = read_in(write("b.csv", ["review_id", "text", "created_at", "rating"], rows), dry_run=dry)
    assert (done.flags, done.weightless) == ({"default_review": 1, "near_duplicate": 1}, 2)


def test_channels_are_as_the_user_names_them(lake: Lake, write: Write, read_in: Read) -> None:
    """Fifty of a chain's own, and three that name none: without a column it is --channel, and at last the source."""
    names = [f"{place}·{kind}" for place in ("天猫", "京东", "抖音", "美团", "门店") for kind in map(str, range(10))]
    rows = [[str(i), "有点潮", "2026-10-03", name] for i, name in enumerate(names)]
    read_in(write("a.csv", ["review_id", "text", "created_at", "channel"], [*rows, ["x", "还行", "2026-10-03", ""]]))
    assert set(lake.read("reviews")["channel"].to_pylist()) == {*names, "table"}
    bare = write("b.csv", ["review_id", "text", "created_at"], [["y", "还行", "2026-10-03"]])
    read_in(bare, channel="小程序 社群")
    read_in(write("c.csv", ["review_id", "text", "created_at"], [["z", "不错", "2026-10-03"]]), channel="快闪店＃7")
    channels = set(lake.read("reviews")["channel"].to_pylist())
    assert len(channels) == 53 and {"小程序 社群", "快闪店＃7"} <= channels
