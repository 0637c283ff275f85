"""Canaries in every file that a whole run leaves: tables, report, workbook, run.json, logs."""

from __future__ import annotations

import csv
import io
import logging
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voc import pipeline
from voc.commands.doctor import doctor
from voc.commands.ingest import show_ledger
from voc.commands.init import create
from voc.ingest import merging, spool
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
    inbox = tmp_path / "p" / "inbox"
    phone = CANARIES["phone"][1]
    files = {
        "jd/a.csv": buffer.getvalue(),
        f"dialogue/{phone}.csv": "conversation_id,role,text,created_at,member_id\n"
        + "".join(
            f"{who},{role},{words.format(canary)},2026-10-03 1{i % 10}:00:00,{MEMBER}\n"
            for who, role in (("c1", "customer"), ("c2", "agent"), ("c2", "customer"), ("c3", NICK))
            for i, (words, canary) in enumerate(CANARIES.values())
        ),
        "orders/o.csv": f"order_id,store_id,sku_id\n{phone},S1,00123\n",
        "sales/s.csv": f"month,store_id,sku_id,units,remark\n2026-10,{phone},00123,5,x\n2026-10,S1,00123,{phone}x,{said}\n",
    }
    for name, words in files.items():
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_text(words, "utf-8")
    return tmp_path / "p"


def left(project: Path) -> str:
    """All that a project holds but the files that the user put there, and the key."""
    return "\n".join(content(path) for path in sorted(project.iterdir()) if path.is_dir() and path.name != "inbox")


def check(shown: str) -> None:
    leaked = [kind for kind, (_, canary) in CANARIES.items() if kind != "staff" and canary in shown]
    assert leaked == [] and "店员小李" not in shown
    assert not [secret for secret in (NICK, MEMBER, IP, bytes(range(32)).hex()) if secret in shown]


def test_no_canary_survives_a_whole_run(
    project: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    work = Workspace.open(project)
    outcome = pipeline.run(work, month="2026-10")
    show_ledger(list(outcome.ingested), as_json=False)
    show_ledger(list(outcome.ingested), as_json=True)
    tables = "\n".join(str(Lake(work.lake.root).read(name).to_pylist()) for name in TABLES)
    assert len(work.lake.read("reviews")) == len(CANARIES) + 2 and len(work.lake.read("sales")) == 1
    assert len(work.lake.read("quarantine")) == 2 * len(CANARIES) + 2 and len(work.lake.read("orders")) == 1
    for folder in (project / "lake" / "_said", project / "reports", outcome.report):
        assert any(folder.iterdir())
    check(left(project) + tables + caplog.text + "".join(capfd.readouterr()))


def test_no_canary_lies_about_after_a_run_that_died(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits to be merged is masked; what is not masked yet, the messages of conversations, has no name on the disk."""
    temporary = project.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(spool, "HELD", 4)
    monkeypatch.setattr(merging.Merging, "months", lambda self: 1 / 0)
    work = Workspace.open(project)
    for source, path in pipeline.inbox_files(work):
        if source in ("jd", "dialogue"):
            with pytest.raises(ZeroDivisionError):
                pipeline.ingest(work, [path], source=source)
            waiting = [path for path in (project / "lake" / "_staging").rglob("*.arrow*")]
            assert waiting and not any(temporary.iterdir())
            words = [str(pa.ipc.open_file(path).read_all().to_pylist()) for path in waiting if path.suffix == ".arrow"]
            words += [
                str(pa.ipc.open_stream(path).read_all().to_pylist()) for path in waiting if path.suffix == ".arrows"
            ]
            check(left(project) + "".join(words))


def test_doctor_tells_that_the_key_is_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(project=project, as_json=True)
    assert '"key for member ids",\n    "state": "ok"' in capsys.readouterr().out
    (project / ".voc-key").unlink()
    assert doctor(project=project, as_json=True) == 1
    out = capsys.readouterr().out
    assert '"key for member ids",\n    "state": "broken"' in out and "voc init" in out
