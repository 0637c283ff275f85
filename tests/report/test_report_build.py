import json
import sys

import builder
import pyarrow.parquet as pq
import pytest
import report_pages as pages

from voc.errors import InputError
from voc.report.build import build
from voc.schemas import RANKING


@pytest.fixture(scope="module")
def data():
    return builder.build(n_reviews=400, n_stores=10, n_skus=12, n_months=3)


def test_everything_is_there(data, tmp_path):
    build(data, tmp_path / "r")
    names = {p.name for p in (tmp_path / "r").iterdir()}
    assert {"index.html", "report.xlsx", "ranking.parquet", "run.json", "assets", "evidence", "summary.md"} <= names
    assert json.loads((tmp_path / "r/run.json").read_text()) == dict(data.run)
    assert pq.read_table(tmp_path / "r/ranking.parquet").schema.names == RANKING.names


def test_rows_in_another_order_give_the_same_bytes(data, tmp_path):
    build(data, tmp_path / "a")
    build(builder.shuffled(data), tmp_path / "b")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path / "b") for p in (tmp_path / "b").rglob("*") if p.is_file())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_new_report_replaces_the_old_one_wholly(data, tmp_path):
    build(data, tmp_path / "r")
    (tmp_path / "r/evidence/stale.html").write_text("old")
    build(data, tmp_path / "r")
    assert not (tmp_path / "r/evidence/stale.html").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_failure_leaves_the_old_report_as_it_was(data, tmp_path, monkeypatch):
    build(data, tmp_path / "r")
    before = pages.everything(tmp_path / "r")

    def full(*args, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr(sys.modules["voc.report.build"], "write_workbook", full)
    with pytest.raises(OSError, match="no space"):
        build(data, tmp_path / "r")
    assert pages.everything(tmp_path / "r") == before
    monkeypatch.undo()
    build(data, tmp_path / "r")
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_run_killed_between_the_two_moves_is_mended(data, tmp_path):
    build(data, tmp_path / "r")
    (tmp_path / "r").rename(tmp_path / ".r.old")
    (tmp_path / ".r.new").mkdir()
    build(data, tmp_path / "r")
    assert [p.name for p in tmp_path.iterdir()] == ["r"] and (tmp_path / "r/index.html").is_file()


def test_a_folder_that_is_not_a_report_is_never_replaced(data, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"not a report"):
        build(data, tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"
