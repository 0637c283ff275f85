"""Sources whose layouts were never seen, by the names that public tools expect; surveys with several header rows; dialogues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voc import ingest as ingestion
from voc.errors import InputError
from voc.ingest import Ingested
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]


def test_the_list_says_which_layouts_were_seen() -> None:
    layouts = {str(row["name"]): row["layout"] for row in ingestion.sources()}
    assert {name for name, layout in layouts.items() if layout == "seen"} == {"taobao", "wjx"}
    unseen = {
        "amazon",
        "judgeme",
        "trustpilot",
        "google",
        "douyin",
        "pinduoduo",
        "surveymonkey",
        "qualtrics",
        "tencent",
    }
    assert {name for name, layout in layouts.items() if layout == "not verified"} == unseen | {"tmall", "jd", "meituan"}


def test_taobao_has_date_and_variant_in_one_column(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["小A", "2025年2月5日 · 10支 x 2盒", "包装好"],
        ["小***B", "2025年2月9日 · 1盒", "不错。16天后追评：少了一支"],
    ]
    done = read_in(write("t.csv", ["username", "time", "content"], rows), source="taobao")
    found = {r["text"]: r for r in lake.read("reviews").to_pylist()}
    assert (done.reviews_written, set(found)) == (3, {"包装好", "不错。", "少了一支"})
    assert dict(found["包装好"]["attributes"]) == {"sku_name": "10支 x 2盒"} and found["不错。"]["member_id"] is None


@pytest.mark.parametrize(
    ("source", "header", "cells", "expected"),
    [
        ("amazon", ["Date", "Rating", "Comments", "Response", "Order ID", "Rater Email"],
         ["2026-10-03", "2", "stale nuts", "sorry", "111-2223334-4445556", "x@example.com"],
         {"text": "stale nuts", "rating": 2.0, "reply": "sorry", "order_id": "111-2223334-4445556"}),
        ("judgeme", ["title", "body", "rating", "review_date", "reviewer_name", "reviewer_email", "product_id", "reply"],
         ["Crisp", "and fresh", "5", "2026-10-03 00:00:00 UTC", "Ann", "a@example.com", "77", ""],
         {"text": "Crisp\nand fresh", "rating": 5.0, "sku_id": "77"}),
        ("trustpilot", ["Review ID", "Review Created (UTC)", "Review Stars", "Review Content", "Domain URL"],
         ["t1", "2026-09-30 17:00:00", "4", "quick", "shop.example"],
         {"review_id": "trustpilot:t1", "rating": 4.0, "store_id": "shop.example", "month": "2026-10"}),
        ("google", ["creation_time", "title", "comment", "rating"], ["2026-10-03T10:00:00Z", "", "fine", "FOUR"],
         {"text": "fine", "rating": 4.0}),
        ("douyin", ["评价内容", "评价时间", "评分"], ["很脆", "2026-10-03 10:00:00", "5"], {"text": "很脆", "rating": 5.0}),
    ],
)  # fmt: skip
def test_marketplaces(
    lake: Lake,
    write: Write,
    read_in: Read,
    source: str,
    header: list[str],
    cells: list[str],
    expected: dict[str, object],
) -> None:
    done = read_in(write("x.csv", header, [cells]), source=source)
    (row,) = lake.read("reviews").to_pylist()
    assert done.new == 1 and {name: row[name] for name in expected} == expected
    assert "example.com" not in str(dict(row["attributes"] or {}))


def test_days_first_is_told_by_the_other_dates(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["body", "rating", "review_date"]
    done = read_in(write("a.csv", header, [["x", "5", "03/05/2026"], ["y", "5", "25/05/2026"]]), source="judgeme")
    assert done.months == ("2026-05",)
    both = [["x", "5", "03/05/2026"], ["y", "5", "25/05/2026"], ["z", "5", "05/25/2026"]]
    assert read_in(write("b.csv", header, both), source="judgeme").quarantined == 1


def test_survey_monkey(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name",
              "Which store did you visit?", "How likely are you to recommend us?", "What did you buy?", "",
              "Why did you give this score?"]  # fmt: skip
    below = ["", "", "", "", "", "", "", "Response", "", "Nuts", "Fruit", "Open-Ended Response"]
    rows = [[str(n), "1", "10/03/2026 10:00:00", "10/25/2026 10:05:00", "203.0.113.9", "a@example.com", "Ann",
             "Main Street", str(n), "Nuts", "", f"long enough a reason, number {n}"] for n in range(5, 11)]  # fmt: skip
    done = read_in(write("s.csv", header, [below, *rows]), source="surveymonkey")
    kept = lake.read("reviews").to_pylist()
    roots = [r for r in kept if r["parent_id"] is None]
    assert (done.records, done.new, len(roots), len(kept)) == (6, 6, 6, 12)
    assert sorted(r["nps"] for r in roots) == [5, 6, 7, 8, 9, 10]
    assert roots[0]["review_id"].startswith("surveymonkey:")
    attributes = dict(roots[0]["attributes"])
    assert attributes["What did you buy? (Nuts)"] == "Nuts" and "203.0.113.9" not in str(attributes)
    assert "Ann" not in attributes.values() and "a@example.com" not in str(attributes)


def test_qualtrics(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["StartDate", "EndDate", "Status", "IPAddress", "ResponseId", "RecipientEmail", "Q1", "Q2"]
    texts = ["Start Date", "End Date", "Response Type", "IP Address", "Response ID", "Recipient Email",
             "Overall satisfaction", "What could we\nimprove?"]  # fmt: skip
    machine = [f'{{"ImportId":"{name}"}}' for name in header]
    rows = [["2026-10-03 10:00:00", "2026-10-03 10:05:00", "IP Address", "203.0.113.9", f"R_{i}", "", str(1 + i % 5),
             f"the queue was long, answer {i}"] for i in range(6)]  # fmt: skip
    done = read_in(write("q.csv", header, [texts, machine, *rows]), source="qualtrics")
    kept = lake.read("reviews").to_pylist()
    assert (done.records, done.quarantined, done.reviews_written) == (6, 0, 12)
    assert {r["review_id"] for r in kept if r["parent_id"] is None} == {f"qualtrics:R_{i}" for i in range(6)}
    assert {r["question"] for r in kept if r["parent_id"]} == {"What could we improve?"}
    assert sorted(r["rating"] for r in kept if r["rating"] is not None) == [1.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_tencent_survey(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["编号", "开始答题时间", "结束答题时间", "答题时长", "地理位置省", "用户标识", "昵称"]
    header += ["1.您光临的门店", "2.总体满意度", "3.您的建议"]
    about = ["60", "四川", "u1", "小猫咪"]
    rows = [
        [str(i), "2026-10-03 10:00:00", f"2026-10-03 10:0{i}:00", *about, "一店", "满意", f"多进一些新品吧{i}"]
        for i in range(6)
    ]
    done = read_in(write("t.csv", header, rows), source="tencent")
    kept = lake.read("reviews").to_pylist()
    assert done.reviews_written == 12 and all(r["rating"] == 4.0 for r in kept if not r["parent_id"])
    assert "小猫咪" not in str(kept) and "'u1'" not in str(kept)


MESSAGES = ["会话ID", "角色", "消息内容", "发送时间", "订单号"]
TALK = [
    ["c1", "买家", "我的坚果受潮了", "2026-10-03 10:00:00", "88001"],
    ["c2", "顾客", "发票怎么开", "2026-10-03 10:00:30", ""],
    ["c1", "客服", "亲亲您好，麻烦拍照", "2026-10-03 10:01:00", ""],
    ["c1", "买家", "拍了，电话13912345678", "2026-10-03 10:02:00", ""],
    ["c3", "客服", "请问还在吗", "2026-10-03 11:00:00", ""],
]


def test_messages_become_conversations_of_the_customer(lake: Lake, write: Write, read_in: Read) -> None:
    bad = [
        ["c4", "外星人", "哈喽", "2026-10-03", ""],
        ["", "买家", "在吗", "2026-10-03", ""],
        ["c5", "买家", "在吗", "刚才", ""],
    ]
    done = read_in(write("d.csv", MESSAGES, [*TALK, *bad, ["c6", "买家"]]), source="dialogue")
    rows = {r["review_id"]: r for r in lake.read("reviews").to_pylist()}
    assert (done.records, done.new, done.quarantined, done.reviews_written) == (9, 5, 4, 3)
    first = rows["dialogue:c1"]
    assert (
        first["text"] == "我的坚果受潮了\n拍了，电话＊＊＊＊＊＊＊＊＊＊＊" and first["reply"] == "亲亲您好，麻烦拍照"
    )
    assert (first["kind"], first["order_id"], rows["dialogue:c3"]["text"]) == ("dialogue", "88001", "")
    aside = {(r["line"], r["reason"]) for r in lake.read("quarantine").to_pylist()}
    assert aside == {(7, "unknown_speaker"), (8, "no_conversation"), (9, "bad_date"), (10, "ragged_row")}


def test_a_conversation_that_goes_on_is_updated(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("d.csv", MESSAGES, TALK), source="dialogue")
    more = ["c1", "买家", "算了，不要了", "2026-10-04 09:00:00", ""]
    done = read_in(write("e.csv", MESSAGES, [*TALK, more]), source="dialogue")
    assert (done.updated, done.unchanged, done.new) == (4, 2, 0)
    assert len(lake.read("reviews")) == 3


def test_a_dialogue_needs_to_know_who_speaks(write: Write, read_in: Read) -> None:
    with pytest.raises(InputError, match="no column for field 'role'"):
        read_in(write("d.csv", ["会话ID", "消息内容", "发送时间"], [["c1", "好", "2026-10-03"]]), source="dialogue")
