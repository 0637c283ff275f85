"""Each layout with the column names that LAYOUTS of the platforms have; all texts are invented."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from voc import ingest as ingestion
from voc.ingest import Ingested
from voc.ingest.sources import FileSource, Source, load
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]

BUILT_IN = {"jd", "meituan", "orders", "skus", "stores", "table", "tmall", "wjx"}


def only(lake: Lake) -> dict[str, Any]:
    (row,) = lake.read("reviews").to_pylist()
    return row


def test_the_list_says_on_which_evidence_a_layout_rests() -> None:
    listed = {row["name"]: row for row in ingestion.sources()}
    assert BUILT_IN <= set(listed) == set(ingestion.names())
    assert "seen" in str(listed["wjx"]["verified"])
    assert all("not verified" in str(listed[name]["verified"]) for name in ("tmall", "jd", "meituan"))
    assert all(isinstance(load(name), Source) for name in BUILT_IN)


def test_tmall_trade_rates(lake: Lake, write: Write, read_in: Read) -> None:
    header = [
        "tid",
        "oid",
        "role",
        "nick",
        "result",
        "created",
        "rated_nick",
        "item_title",
        "item_price",
        "content",
        "reply",
        "num_iid",
    ]
    cells = [
        "2600000000000100003",
        "2600000000000100004",
        "buyer",
        "anna88",
        "bad",
        "2026-10-03 10:00:00",
        "shop",
        "芒果干",
        "9.9",
        "太酸了",
        "抱歉",
        "680000000123",
    ]
    read_in(write("t.csv", header, [cells], "gb18030"), source="tmall")
    row = only(lake)
    assert (row["review_id"], row["order_id"], row["rating"]) == (
        "tmall:2600000000000100004",
        "2600000000000100003",
        1.0,
    )
    assert (row["sku_id"], row["reply"], len(row["member_id"])) == ("680000000123", "抱歉", 32)
    assert dict(row["attributes"]) == {
        "role": "buyer",
        "item_price": "9.9",
        "num_iid": "680000000123",
        "sku_name": "芒果干",
    }


def test_tmall_feeds_and_web_with_follow_ups(lake: Lake, tmp_path: Path, read_in: Read) -> None:
    feeds = {
        "content": "脆",
        "comment_time": "2026-10-03 10:00:00",
        "append_content": "一周后软了",
        "append_time": "2026-10-10 09:00:00",
        "user_nick": "a***b",
    }
    web = {
        "id": 9,
        "rateContent": "香",
        "rateDate": "2026-10-04 10:00:00",
        "appendComment": {"content": "回购", "commentTime": "2026-10-11 09:00:00", "days": 7},
    }
    for name, record in (("feeds.jsonl", feeds), ("web.jsonl", web)):
        (tmp_path / name).write_text(json.dumps(record), "utf-8")
        assert read_in(tmp_path / name, source="tmall").reviews_written == 2
    rows = {r["text"]: r for r in lake.read("reviews").to_pylist()}
    assert set(rows) == {"脆", "一周后软了", "香", "回购"}
    assert rows["一周后软了"]["parent_id"] == rows["脆"]["review_id"] and rows["脆"]["member_id"] is None
    assert rows["回购"]["created_at"] == datetime(2026, 10, 11, 1, tzinfo=UTC)


def test_taobao_copied_from_the_browser(lake: Lake, write: Write, read_in: Read) -> None:
    cells = [
        ["小A", "2025年2月5日 · 10支 x 2盒", "包装好"],
        ["小B", "2025年2月8日 ·", "此用户没有填写评价。"],
        ["小C", "2025年2月9日 · 1盒", "16天后追评：还是睡不着"],
        ["小D", "2025年2月9日 · 1盒", "不错。当天追评：发现少了一支"],
    ]
    done = read_in(write("t.csv", ["username", "time", "content"], cells), source="tmall")
    rows = {r["text"]: r for r in lake.read("reviews").to_pylist()}
    assert (done.quarantined, done.reviews_written) == (0, 5)
    assert dict(rows["包装好"]["attributes"])["sku_name"] == "10支 x 2盒"
    assert rows["此用户没有填写评价。"]["flags"] == ["default_review"]
    assert rows["还是睡不着"]["kind"] == "followup" and rows["还是睡不着"]["parent_id"] is None
    assert rows["发现少了一支"]["parent_id"] == rows["不错。"]["review_id"]


def test_jd_public_json(lake: Lake, tmp_path: Path, read_in: Read) -> None:
    data = {"comments": [
        {"id": 1, "content": "洗得干净&hellip;", "creationTime": "2026-10-03 10:00:00", "referenceId": "00123", "score": 4,
         "userProvince": "四川",
         "afterUserComment": {"created": "2026-10-20 10:00:00", "hAfterUserComment": {"content": "有点吵"}}},
        {"id": 2, "content": "还行", "creationTime": "2026-10-03 10:00:00", "referenceId": "00123", "score": 3},
    ]}  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    read_in(tmp_path / "c.json", source="jd")
    rows = {r["review_id"]: r for r in lake.read("reviews").to_pylist()}
    assert (rows["jd:1"]["text"], rows["jd:1"]["sku_id"], rows["jd:1"]["rating"]) == ("洗得干净…", "00123", 4.0)
    assert dict(rows["jd:1"]["attributes"]) == {"userProvince": "四川"}
    assert (rows["jd:1+1"]["text"], rows["jd:1+1"]["parent_id"], rows["jd:1+1"]["rating"]) == ("有点吵", "jd:1", None)


def test_meituan_half_stars_and_milliseconds(lake: Lake, tmp_path: Path, read_in: Read) -> None:
    line = {
        "评论店铺": 5151532,
        "评论用户姓名": "x",
        "评论用户id": 77,
        "评论用户星级": 35,
        "评论用户菜品": "双人餐",
        "评论用户内容": "",
        "评论时间": 1790000000123,
    }
    (tmp_path / "m.jsonl").write_text(json.dumps(line, ensure_ascii=False), "utf-8")
    done = read_in(tmp_path / "m.jsonl", source="meituan")
    row = only(lake)
    assert (row["store_id"], row["rating"], row["text"], row["flags"], done.naive_times) == ("5151532", 3.5, "", [], 0)
    assert row["created_at"] == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


SURVEY = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "1、您光临的门店",
          "2、购买了哪些品类（多选）", "3、总体满意度", "4、您有多大可能把我们推荐给朋友（0-10分）",
          "5、有哪些不满意的地方", "6、还想对我们说什么建议"]  # fmt: skip


def response(n: int, *answers: str) -> list[str]:
    return [str(n), f"2026/10/0{n} 12:00:00", "123秒", "微信", "N/A", "203.0.113.9(北京-北京)", *answers]


def test_wjx_by_text(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(write("s.csv", ["store_id", "name"], [["S1", "人民路店"]]), source="stores")
    rows = [
        response(1, "人民路店", "坚果┋果干", "非常满意", "10", "(空)", "多开几家店吧，离家近一点"),
        response(2, "人民路店", "糕点", "一般", "4", "收银台排队太久了", "无"),
    ]
    done = read_in(write("w.csv", SURVEY, rows, "utf-8-sig"), source="wjx")
    kept = lake.read("reviews").to_pylist()
    roots = sorted((r for r in kept if r["parent_id"] is None), key=lambda r: r["created_at"])
    answers = [r for r in kept if r["parent_id"]]
    assert (done.records, done.reviews_written, len(roots), len(answers)) == (2, 4, 2, 2)
    assert [(r["store_id"], r["rating"], r["nps"], r["text"]) for r in roots] == [
        ("S1", 5.0, 10, ""),
        ("S1", 3.0, 4, ""),
    ]
    assert dict(roots[0]["attributes"])["购买了哪些品类（多选）"] == "坚果┋果干"
    assert dict(roots[1]["attributes"])["还想对我们说什么建议"] == "无"
    assert {(r["question"], r["text"], r["rating"]) for r in answers} == {
        ("还想对我们说什么建议", "多开几家店吧，离家近一点", None),
        ("有哪些不满意的地方", "收银台排队太久了", None),
    }
    assert all("来自IP" not in dict(r["attributes"]) for r in roots)


def test_wjx_by_option_columns(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["序号", "提交答卷时间", "1、门店", "第2题(坚果)", "第2题(果干)", "第2题(其他【请注明】)", "3、满意度"]
    read_in(write("w.csv", header, [["1", "2026/10/01 12:00:00", "3", "1", "0", "1", "5"]]), source="wjx")
    row = only(lake)
    assert row["rating"] == 5.0 and dict(row["attributes"])["第2题"] == "坚果┋其他【请注明】"


def test_a_survey_mapping_overrides_the_guess(lake: Lake, write: Write, read_in: Read, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'kind = "survey"\n[columns]\ncreated_at = "when"\nstore_id = "shop"\nquestions = ["q2"]\n'
        '[columns.subscores]\nservice = "q1"\n',
        "utf-8",
    )
    read_in(
        write("w.csv", ["when", "shop", "q1", "q2"], [["2026-10-01", "S9", "4", "friendly staff"]]),
        source="wjx",
        mapping=mapping,
    )
    rows = lake.read("reviews").to_pylist()
    root = next(r for r in rows if r["parent_id"] is None)
    assert root["store_id"] == "S9" and dict(root["subscores"]) == {"service": 4.0} and root["attributes"] is None
    assert [r["text"] for r in rows if r["parent_id"]] == ["friendly staff"]


def test_an_english_survey_is_guessed_too(lake: Lake, write: Write, read_in: Read) -> None:
    header = [
        "Submitted",
        "Which store did you visit?",
        "How likely are you to recommend us?",
        "Overall satisfaction",
        "Why did you give this score?",
    ]
    rows = [
        ["2026-10-01 10:00:00", "Main Street", str(n), "Very satisfied", f"reason number {n} is long enough"]
        for n in range(5, 11)
    ]
    done = read_in(write("w.csv", header, rows), source="wjx")
    kept = lake.read("reviews").to_pylist()
    assert done.reviews_written == 12 and sorted(r["nps"] for r in kept if r["nps"] is not None) == [5, 6, 7, 8, 9, 10]
    assert {r["lang"] for r in kept if r["text"]} == {"en"}


def test_any_table_by_its_usual_titles(lake: Lake, write: Write, read_in: Read) -> None:
    read_in(
        write("a.csv", ["Title", "Body", "Rating", "Review_Date"], [["Great", "Crispy nuts", "5", "2026-10-03"]]),
        source="table",
    )
    assert only(lake)["text"] == "Great\nCrispy nuts"


def test_a_mapping_with_constants_words_and_subscores(lake: Lake, write: Write, read_in: Read, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'source = "dianping"\nattributes = ["party"]\ndefault_texts = ["--"]\n'
        '[columns]\ntext = "say"\ncreated_at = "on"\nrating = "mood"\n'
        '[columns.subscores]\ntaste = "口味"\n[rating]\nscale = "words"\nwords = { super = 5 }\n[dates]\norder = "dmy"\n'
        '[constants]\nstore_id = "S1"\nchannel = "Dianping"\n',
        "utf-8",
    )
    header = ["say", "on", "mood", "口味", "party", "secret"]
    read_in(
        write(
            "a.csv", header, [["good", "03/05/2026", "super", "满意", "2", "x"], ["--", "04/05/2026", "", "", "", ""]]
        ),
        source="table",
        mapping=mapping,
    )
    first, second = sorted(lake.read("reviews").to_pylist(), key=lambda r: r["created_at"])
    assert (first["source"], first["channel"], first["store_id"], first["month"]) == (
        "dianping",
        "Dianping",
        "S1",
        "2026-05",
    )
    assert (first["rating"], dict(first["subscores"]), dict(first["attributes"])) == (
        5.0,
        {"taste": 4.0},
        {"party": "2"},
    )
    assert second["flags"] == ["default_review"]


def test_a_plug_in_needs_no_columns_of_ours(
    lake: Lake, tmp_path: Path, read_in: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plain(FileSource):
        def read(self, path: Path, *, mapping: object = None):  # type: ignore[no-untyped-def, override]
            yield pa.RecordBatch.from_pydict({"text": ["crunchy", "x"], "created_at": ["2026-10-03", "soon"]})

    table = load("table")
    plain = Plain(**{f.name: getattr(table, f.name) for f in dataclasses.fields(FileSource)} | {"name": "plain"})
    monkeypatch.setattr("voc.ingest.ledger.load", lambda name: plain)
    (tmp_path / "a.csv").write_text("x")
    done = read_in(tmp_path / "a.csv", source="plain")
    assert (done.new, done.quarantined) == (1, 1) and lake.read("quarantine")["line"].to_pylist() == [2]
