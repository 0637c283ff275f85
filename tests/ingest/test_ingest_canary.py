"""Canaries in every file that a whole run leaves: tables, report, workbook, run.json, logs."""

from __future__ import annotations

import csv
import io
import logging
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from voc import pipeline
from voc.commands.doctor import doctor
from voc.commands.init import create
from voc.lake import Lake
from voc.schemas import TABLES
from voc.workspace import Workspace

#: One of each kind that must never be stored; the words around them are harmless.
CANARIES = {
    "phone": ("打我电话{}", "13912345678"),
    "phone with blanks": ("手机 {}", "139 1234 5679"),
    "phone in full width": ("手机{}", "１３９１２３４５６７７"),
    "phone in characters": ("电话{}", "一三九一二三四五六七六"),
    "landline": ("座机{}", "0571-88776655"),
    "e-mail": ("邮箱{}", "canary.bird@example.com"),
    "identity card": ("身份证{}", "11010519491231002X"),
    "plate": ("车牌{}", "浙A12345"),
    "WeChat": ("加微信：{}", "canarybird99"),
    "order": ("订单号{}", "2612345678901234567"),
    "address": ("地址：{}", "文一西路588号3幢1单元502室"),
    "recipient": ("收件人：{}，", "欧阳翠花"),
    "name": ("姓名：{}，", "诸葛铁柱"),
    "staff": ("店员{}态度差", "小李"),
    "badge": ("工号{}", "88231"),
}
NICK, MEMBER, IP = "金丝雀小姐", "member-canary-4711", "203.0.113.77"
HEADER = [
    "commentId",
    "content",
    "creationTime",
    "score",
    "skuid",
    "store_id",
    "nickName",
    "pin",
    "ip",
    "remark",
    "reply",
]


def content(folder: Path) -> str:
    """The words of all files in a folder: workbooks unpacked, Parquet as its values, names included."""
    told = []
    for path in sorted(folder.rglob("*")):
        told.append(str(path.relative_to(folder)))
        if not path.is_file() or path.name == ".voc-key":
            continue
        if path.suffix == ".parquet":
            told.append(str(pq.ParquetFile(path).read().to_pylist()))
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                told += [archive.read(name).decode("utf-8", "ignore") for name in archive.namelist()]
        told.append(path.read_bytes().decode("utf-8", "ignore"))
    return "\n".join(told)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    create(tmp_path / "p", topics=False, key=bytes(range(32)))
    rows = []
    for i, (words, canary) in enumerate(CANARIES.values()):
        said = "坚果受潮发霉了，" + words.format(canary)
        rows.append([str(i), said, "2026-10-03 10:00:00", "1", "00123", "S1", NICK, MEMBER, IP, said, said])
        rows.append([str(100 + i), said, "昨天", "1", "00123", "S1", NICK, MEMBER, IP, said, said])
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADER, *rows, ["7", *rows[0][4:]]])
    (tmp_path / "p" / "inbox" / "jd" / "a.csv").write_text(buffer.getvalue(), "utf-8")
    return tmp_path / "p"


def test_no_canary_survives_a_whole_run(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    work = Workspace.open(project)
    outcome = pipeline.run(work, month="2026-10")
    tables = "\n".join(str(Lake(work.lake.root).read(name).to_pylist()) for name in TABLES)
    assert len(work.lake.read("reviews")) == len(CANARIES) and len(work.lake.read("quarantine")) == len(CANARIES) + 1
    for folder in (project / "lake", project / "reports", outcome.report):
        assert folder.is_dir()
    shown = content(project / "lake") + content(project / "reports") + tables + caplog.text
    leaked = [kind for kind, (_, canary) in CANARIES.items() if kind != "staff" and canary in shown]
    assert leaked == [] and "店员小李" not in shown
    assert not [secret for secret in (NICK, MEMBER, IP) if secret in shown]


def test_doctor_tells_that_the_key_is_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(project=project, as_json=True)
    assert '"key for member ids",\n    "state": "ok"' in capsys.readouterr().out
    (project / ".voc-key").unlink()
    assert doctor(project=project, as_json=True) == 1
    out = capsys.readouterr().out
    assert '"key for member ids",\n    "state": "broken"' in out and "voc init" in out
