from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voc.config import Config
from voc.ingest import ingest, recover, staging
from voc.lake import Lake
from voc.schemas import TABLES

Write = Callable[..., Path]
HEADER = ["review_id", "text", "created_at", "rating"]


class Killed(BaseException):
    """Like SIGKILL, nothing in the code may catch it."""


def everything(lake: Lake) -> dict[str, object]:
    return {name: lake.read(name).to_pylist() for name in TABLES}


FIRST = [[f"a{i}", f"第{i}袋", f"2026-{8 + i % 3:02d}-03", "5"] for i in range(9)]
SECOND = [[f"a{i}", f"第{i}袋，改过", f"2026-{8 + i % 3:02d}-03", "4"] for i in range(4)] + [
    ["b1", "新的", "2026-08-03", "x"]
]


@pytest.fixture
def files(write: Write) -> list[Path]:
    return [write("a.csv", HEADER, FIRST), write("b.csv", HEADER, SECOND)]


#: The calls that change something on disk, which of them dies, and whether it had done its work before.
DEATHS = [
    (Lake, "commit", 0, False), (Lake, "commit", 1, True), (Lake, "commit", 4, False), (Lake, "append", 0, True),
    (Lake, "append", 0, False), (Lake, "append", 1, True), (Lake, "append", 2, False), (staging.parts, "write", 1, False),
    (staging.parts, "write", 4, True), (staging.Plan, "quarantine", 1, True), (staging.Plan, "commit", 1, False),
    (staging.shutil, "rmtree", 0, False), (staging.os, "replace", 0, False), (staging.os, "replace", 1, True),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name", "nth", "after"), DEATHS)
def test_a_run_that_dies_is_finished_by_the_next(
    lake: Lake,
    files: list[Path],
    key: bytes,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    nth: int,
    after: bool,
) -> None:
    calls, real = [0], getattr(owner, name)

    def dying(*args: object, **options: object) -> object:
        calls[0] += 1
        if calls[0] <= nth:
            return real(*args, **options)
        if after:
            real(*args, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        with pytest.raises(Killed):
            ingest(lake, files, source="table", config=Config(), key=key)
    ingest(lake, files, source="table", config=Config(), key=key)
    assert everything(lake) == undisturbed(tuple(files), key)
    assert not list(staging.folder(lake).iterdir())


_WHOLE: dict[bytes, dict[str, object]] = {}


def undisturbed(files: tuple[Path, ...], key: bytes) -> dict[str, object]:
    """The tables after a run that nothing disturbed, made once: they depend on the files' content and the key alone."""
    if key not in _WHOLE:
        lake = Lake(files[0].parent / "whole")
        ingest(lake, files, source="table", config=Config(), key=key)
        _WHOLE[key] = everything(lake)
    return _WHOLE[key]


def test_recover_names_what_it_finished(
    lake: Lake, files: list[Path], key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "append", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            ingest(lake, files[:1], source="table", config=Config(), key=key)
    assert len(recover(lake)) == 1 and recover(lake) == []
    assert len(lake.read("ingests")) == 1


def test_a_refused_file_leaves_nothing(lake: Lake, write: Write, key: bytes) -> None:
    good = write("good.csv", HEADER, [["1", "脆", "2026-10-03", "5"]])
    bad = good.parent / "bad.csv"
    bad.write_bytes("內容,時間\r\n這個堅果的味道還可以\r\n".encode("big5"))
    with pytest.raises(Exception, match=r"bad\.csv"):
        ingest(lake, [good, bad], source="table", config=Config(), key=key)
    assert len(lake.read("ingests")) == 1 and len(lake.read("reviews")) == 1
