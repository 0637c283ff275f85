"""Every layout whose column names are known, read by its own source and by a guessed mapping: headers alone are real."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voc.ingest import Ingested, propose
from voc.lake import Lake

Read = Callable[..., Ingested]
SAID, LATER = "芒果干这回有点硬，袋子倒是封得严", "放了一周还是很香"
NOON = "2026-10-03 12:00:00"
# name -> source, header, cells of the only row, what the review must have
TABLES: dict[str, tuple[str, str, list[str], dict[str, Any]]] = {
    "tmall trade rates": (
        "tmall",
        "tid,oid,role,nick,result,created,rated_nick,item_title,item_price,content,reply,valid_score,num_iid,ouid",
        ["1", "2", "buyer", "n", "good", NOON, "s", "芒果干", "9.9", SAID, "谢谢", "true", "7788", "x"],
        {"rating": 5.0, "order_id": "1", "reply": "谢谢"},
    ),
    "taobao, copied": ("taobao", "username,time,content", ["n", "2026年10月3日 · 原味 108g", SAID], {}),
    "jd, by a student": (
        "jd",
        "nickname,userProvince,userLevelName,userClientShow,isMobile,score,evaluation,creationTime,referenceTime,days,"
        "referenceId,content",
        ["n", "", "PLUS", "", "true", "4", "好评", NOON, NOON, "2", "22", SAID],
        {"rating": 4.0, "sku_id": "22"},
    ),
    "jd, Chinese titles": (
        "jd",
        "商品ID,用户ID,会员等级,总打分数,总回复数,购买时间,评论时间,评论天数间隔,打分,商品名称,评论内容",
        ["22", "n", "金牌", "9", "1", "2026/9/30 0:12", "2026/10/3 0:12", "3", "4", "芒果干", SAID],
        {"rating": 4.0, "sku_id": "22"},
    ),
    "jd, snake case": (
        "jd",
        "sku_id,comment_id,content,creation_time,reply_count,score,days,reference_time,after_days,after_user_comment",
        ["22", "1", SAID, NOON, "0", "5", "2", NOON, "0", "NO_MESSAGE"],
        {"rating": 5.0, "sku_id": "22"},
    ),
    "meituan": (
        "meituan",
        "评论店铺(poiId),评论用户姓名,评论用户id,评论用户星级,评论用户菜品,评论用户内容,评论时间",
        ["42", "n", "u", "45", "锅底", SAID, "1790985600000"],
        {"rating": 4.5, "store_id": "42"},
    ),
    "dianping, class names for stars": (
        "meituan",
        "cus_id,comment_time,comment_star,cus_comment,kouwei,huanjing,fuwu,shopID",
        ["u", NOON, "sml-str40", SAID, "非常好", "好", "一般", "42"],
        {"rating": 4.0, "store_id": "42", "subscores": [("taste", 5.0), ("environment", 4.0), ("service", 3.0)]},
    ),
    "dianping, research": (
        "meituan",
        "userId,restId,rating,rating_env,rating_flavor,rating_service,timestamp,comment",
        ["1", "42", "4", "3", "5", "4", "1790985600000", SAID],
        {"rating": 4.0, "store_id": "42", "subscores": [("taste", 5.0), ("environment", 3.0), ("service", 4.0)]},
    ),
    "amazon, research": (
        "amazon", "userId,productId,rating,timestamp,comment", ["1", "42", "4", "1790985600", SAID],
        {"rating": 4.0, "sku_id": "42"},
    ),
    "amazon, seller feedback": (
        "amazon", "Order ID,Rating,Comments,Response,Date", ["1-2", "5", SAID, "thanks", "10/13/2026"],
        {"rating": 5.0, "order_id": "1-2", "reply": "thanks"},
    ),
    "amazon, product reviews": (
        "amazon", "Asin,Title,Content,Model,Rating,Date", ["B0", "", SAID, "x", "5", NOON], {"rating": 5.0, "sku_id": "B0"},
    ),
    "judge.me": (
        "judgeme",
        "title,body,rating,review_date,reviewer_name,reviewer_email,product_id,product_handle,reply,picture_urls",
        ["", SAID, "5", "2026-10-03 00:00:00 UTC", "n", "n@example.com", "1", "nuts", "", ""],
        {"rating": 5.0, "sku_id": "1"},
    ),
    "facebook": (
        "table",
        "aggregator,store.name,store.id,reviewID,rating,content,created_at,updated_at",
        ["x", "s", "S1", "1", "5", SAID, "2026-10-03T10:00:00Z", "2026-10-03T10:00:00Z"],
        {"rating": 5.0},
    ),
}  # fmt: skip
DOCUMENTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "tmall feeds": (
        "tmall",
        {"content": SAID, "comment_time": NOON, "append_content": LATER, "append_time": NOON, "user_nick": "n"},
        {},
    ),
    "tmall pages": (
        "tmall",
        {"rateContent": SAID, "rateDate": NOON, "auctionSku": "口味:原味", "displayUserNick": "n",
         "appendComment": {"content": LATER, "commentTime": NOON, "days": 6}},
        {},
    ),
    "tmall mobile": (
        "tmall",
        {"id": "1", "auctionNumId": "77", "feedback": SAID, "feedbackDate": "2026-10-03", "skuMap": {"口味": "原味"},
         "appendedFeed": {"appendedFeedback": LATER, "intervalDay": "6"}, "userNick": "n", "rateType": "1"},
        {"rating": 5.0},
    ),
    "jd vendor": (
        "jd",
        {"commentId": "1", "skuid": "22", "content": SAID, "creationTime": 1790985600000, "score": 5, "nickName": "n",
         "pin": "p", "orderId": "123456789012"},
        {"rating": 5.0, "sku_id": "22", "order_id": "123456789012"},
    ),
    "jd pages": (
        "jd",
        {"id": 1, "content": SAID, "creationTime": NOON, "referenceId": "22", "referenceName": "芒果干", "score": 4,
         "nickname": "n", "days": 2, "afterDays": 5, "afterUserComment": {"content": LATER}},
        {"rating": 4.0, "sku_id": "22"},
    ),
    "google": ("google", {"creation_time": "2026-10-03T10:00:00Z", "comment": SAID, "rating": 5}, {"rating": 5.0}),
}  # fmt: skip
RESPONSES = {
    "tencent": "编号,开始答题时间,结束答题时间,答题时长,地理位置省,用户标识,昵称,1.您对本次购物的总体满意度,2.您还有什么建议\n"
    f"1,{NOON},{NOON},120,,u,n,4,希望能多一些小包装的坚果\n",
    "surveymonkey": "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,"
    "How satisfied are you?,What could we improve?\n,,,,,,,,Response,Open-Ended Response\n"
    "1,2,10/03/2026 10:00:00 AM,10/13/2026 10:02:00 AM,1.2.3.4,n@example.com,A,B,4,More parking please\n",
    "qualtrics": "StartDate,EndDate,Status,IPAddress,Finished,RecordedDate,ResponseId,RecipientEmail,Q1,Q2\n"
    "Start Date,End Date,Response Type,IP Address,Finished,Recorded Date,Response ID,Recipient Email,"
    "How satisfied are you overall?,What could we improve?\n"
    + ",".join(['"{""ImportId"":""x""}"'] * 10)
    + f"\n{NOON},{NOON},IP Address,1.2.3.4,True,{NOON},R_1,n@example.com,4,More parking please\n",
}


def check(lake: Lake, read_in: Read, path: Path, source: str, guessed: bool, expected: dict[str, Any]) -> list[Any]:
    """The file's rows, the first one checked; `guessed`: as `voc ingest --source auto` reads it."""
    found = propose(path) if guessed else None
    done = read_in(path, source=found.ingestor if found else source, mapping=found.mapping if found else None)
    assert (done.records, done.quarantined) == (1, 0)
    rows = sorted(lake.read("reviews").to_pylist(), key=lambda row: row["review_id"])
    wanted = {name: value for name, value in expected.items() if not guessed or name == "rating"}
    assert {name: rows[0][name] for name in wanted} == wanted
    assert rows[0]["month"] == "2026-10" and "example.com" not in str(rows)
    return rows


@pytest.mark.parametrize("guessed", [False, True])
@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables(lake: Lake, tmp_path: Path, read_in: Read, name: str, guessed: bool) -> None:
    source, header, cells, expected = TABLES[name]
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([header.split(","), cells])
    path = tmp_path / "x.csv"
    path.write_bytes(out.getvalue().encode("gbk" if "jd" in name else "utf-8"))
    rows = check(lake, read_in, path, source, guessed, expected)
    assert [row["text"] for row in rows] == [SAID]


@pytest.mark.parametrize("guessed", [False, True])
@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_documents(lake: Lake, tmp_path: Path, read_in: Read, name: str, guessed: bool) -> None:
    source, document, expected = DOCUMENTS[name]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document, ensure_ascii=False) + "\n", "utf-8")
    rows = check(lake, read_in, path, source, guessed, expected)
    assert [row["text"] for row in rows] == ([SAID, LATER] if LATER in path.read_text("utf-8") else [SAID])


@pytest.mark.parametrize("guessed", [False, True])
@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_surveys(lake: Lake, tmp_path: Path, read_in: Read, name: str, guessed: bool) -> None:
    path = tmp_path / "x.csv"
    path.write_text(RESPONSES[name], "utf-8")
    rows = check(lake, read_in, path, name, guessed, {"rating": 4.0, "kind": "survey"})
    assert len(rows) == 2 and rows[1]["parent_id"] == rows[0]["review_id"] and rows[1]["question"]


def test_a_guessed_split_and_a_guessed_source_are_written_down(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"username,time,content\nn,2026年10月3日 · 原味,{SAID}\n", "utf-8")
    told = propose(tmp_path / "t.csv").toml()
    assert '[split."time"]\nseparator = "·"\ninto = ["created_at", "sku_name"]' in told
    (tmp_path / "q.csv").write_text(RESPONSES["qualtrics"], "utf-8")
    assert propose(tmp_path / "q.csv").toml().startswith("# for --source qualtrics\n")
