from __future__ import annotations

import hmac
import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from voc.errors import ConfigError
from voc.ingest import Ingested, load_key, make_key, privacy
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]


def test_the_key_is_ours_alone(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "key") == key and len(key) == privacy.KEY_BYTES
    with pytest.raises(ConfigError, match="never overwritten"):
        make_key(tmp_path / "key")


def test_bad_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="voc init"):
        load_key(tmp_path / "none")
    path = tmp_path / "key"
    make_key(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(path)
    path.chmod(0o600)
    path.write_text("not hex")
    with pytest.raises(ConfigError, match="damaged"):
        load_key(path)
    path.write_text("00ff")
    with pytest.raises(ConfigError, match="2 bytes"):
        load_key(path)


def test_hashes_are_keyed_and_do_not_run_together() -> None:
    assert privacy.keyed(b"a" * 32, "ab", "c") != privacy.keyed(b"a" * 32, "a", "bc")
    assert privacy.keyed(b"a" * 32, "x") != privacy.keyed(b"b" * 32, "x")


@pytest.mark.parametrize("size", [16, 32, 64, 65, 100])
def test_rows_are_hashed_with_hmac(size: int) -> None:
    key = bytes(range(size))
    expected = [hmac.digest(key, row, "sha256").hex()[:32] for row in ("1:a|6:花生".encode(), b"0:|-")]
    assert privacy.keyed_rows(key, pa.array(["a", ""]), pa.array(["花生", None])).to_pylist() == expected
    found = privacy.member_ids(pa.array(["anna", None, "anna", "小***鱼"]), b"a" * 32).to_pylist()
    assert found[0] == found[2] and found[1] is found[3] is None and len(found[0]) == 32


def test_order_ids_stay_unless_they_hold_a_phone_number() -> None:
    ids = ["2600013812345678901", "SO-13812345678", "13812345678", "+86 138 1234 5678", None]
    kept = privacy.safe_ids(pa.array(ids), b"a" * 32).to_pylist()
    assert kept[0] == ids[0] and kept[4] is None
    assert all(k.startswith("h") and "1381234" not in k for k in kept[1:4])


@pytest.mark.parametrize(
    "column",
    [
        "昵称",
        "买家会员名",
        "收件人姓名",
        "手机号码",
        "联系电话",
        "nickName",
        "user_name",
        "IP Address",
        "rater_email",
        "来自IP",
        "pin",
    ],
)
def test_columns_about_who_somebody_is(column: str) -> None:
    assert privacy.is_personal(column)


@pytest.mark.parametrize(
    "column",
    ["1、手机部数", "isMobile", "userLevelName", "usefulVoteCount", "商品名称", "shipping", "opinion", "description"],
)
def test_columns_about_something_else(column: str) -> None:
    assert not privacy.is_personal(column)


def test_rejected_rows_hide_persons_even_when_shifted() -> None:
    columns = ["id", "nick", "text", "stars"]
    assert privacy.masked_row(["1", "anna", "good", "9"], columns) == "1\t＊\tgood\t9"
    assert "anna" not in privacy.masked_row(["1", "x", "anna", "good", "9"], columns)
    assert "anna" not in privacy.masked_row(["anna", "good", "9"], columns)
    broken = privacy.masked_row(
        ['{"nick": "anna", "text": "good", "phone": 13812345678, "x'], ["nick", "text"], ["text"]
    )
    assert "anna" not in broken and "good" not in broken and "1381234" not in broken


CANARIES = {
    "phone": "13912345678",
    "spaced": "139 1234 5678",
    "mail": "canary.bird@example.com",
    "card": "11010519491231002X",
    "wechat": "canarybird99",
    "nick": "金丝雀小姐",
    "member": "member-canary-4711",
    "ip": "203.0.113.77",
}


def _everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() + str(path).encode() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_canary_in_any_file_or_log(
    lake: Lake, write: Write, read_in: Read, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    c = CANARIES
    words = f"打我电话{c['phone']}或{c['spaced']}，邮箱{c['mail']}，身份证{c['card']}，加微信：{c['wechat']}"
    header = [
        "commentId",
        "content",
        "creationTime",
        "score",
        "orderId",
        "nickName",
        "pin",
        "remark",
        "reply",
        "ip",
        "afterUserComment",
    ]
    good = ["1", words, "2026-10-03 10:00:00", "5", c["phone"], c["nick"], c["member"], words, words, c["ip"], words]
    bad_date = [c["phone"], words, c["phone"], "5", "1", c["nick"], c["member"], words, words, c["ip"], ""]
    bad_stars = ["3", words, "2026-10-03", c["phone"], "1", c["nick"], c["member"], words, words, c["ip"], ""]
    ragged = ["4", "a", "b", *good[1:]]
    read_in(write(f"export-{c['phone']}.csv", header, [good, bad_date, bad_stars, ragged, good[:7]]), source="jd")
    lines = [
        json.dumps(
            {"评论用户内容": words, "评论时间": 1790000000000, "评论用户id": c["member"], "评论用户姓名": c["nick"]},
            ensure_ascii=False,
        )
    ]
    path = tmp_path / "files" / "m.jsonl"
    path.write_text(lines[0] + "\n" + lines[0][:-9] + "\n", "utf-8")
    read_in(path, source="meituan")
    survey = [
        "序号",
        "提交答卷时间",
        "来自IP",
        "1、您的手机号",
        "2、姓名",
        "3、您光临的门店",
        "4、还有什么想对我们说的",
    ]
    read_in(
        write("s.csv", survey, [["1", "2026/10/03 10:00:00", c["ip"], c["phone"], c["nick"], "一店", words]] * 3),
        source="wjx",
    )
    kept = _everything(tmp_path / "lake") + caplog.text.encode()
    parts = [pa.concat_tables([lake.read(name)]).to_pylist() for name in ("reviews", "quarantine", "ingests")]
    shown = kept.decode("utf-8", "ignore") + json.dumps(parts, ensure_ascii=False, default=str)
    for name, canary in CANARIES.items():
        assert canary not in shown, name
    reviews = lake.read("reviews").to_pylist()
    assert len(lake.read("quarantine")) == 5 and len(reviews) == 2 + 1 + 6
    assert all(r["text"] == "" or "＊" in r["text"] for r in reviews)


def test_masking_keeps_the_length(write: Write, read_in: Read, lake: Lake) -> None:
    text = "店里电话13912345678打不通"
    read_in(write("a.csv", ["text", "created_at"], [[text, "2026-10-03"]]))
    (kept,) = lake.read("reviews")["text"].to_pylist()
    assert len(kept) == len(text) and kept.startswith("店里电话＊")


def test_nul_surrogates_and_endless_texts(write: Write, read_in: Read, lake: Lake) -> None:
    read_in(write("a.csv", ["text", "created_at"], [["a\x00b👨‍👩‍👧", "2026-10-03"], ["很" * 40_000, "2026-10-04"]]))
    first, second = sorted(lake.read("reviews")["text"].to_pylist(), key=len)
    assert first == "ab👨‍👩‍👧"
    assert len(second) == privacy.MAX_TEXT and second.endswith("…")
