from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voc.cli import application
from voc.errors import InputError
from voc.ingest import Ingested, propose
from voc.ingest import mapping as maps
from voc.lake import Lake

app = application()

Write, Read = Callable[..., Path], Callable[..., Ingested]
HEADER = ["反馈编号", "顾客说了什么", "反馈时间", "打几颗星", "门店编号", "会员手机号", "批次"]
ROWS = [
    [
        str(1000 + i),
        f"第{i}包坚果有一点受潮，希望改进",
        f"2026-10-{1 + i:02d} 10:00:00",
        str(1 + i % 5),
        "S1",
        "13912345678",
        "L7",
    ]
    for i in range(12)
]


def test_a_mapping_is_guessed_from_titles_and_values(write: Write) -> None:
    found = propose(write("a.csv", HEADER, ROWS))
    guessed = {guess.field: (guess.column, guess.confidence) for guess in found.guesses}
    assert {name: column for name, (column, _) in guessed.items()} == {
        "text": "顾客说了什么", "created_at": "反馈时间", "rating": "打几颗星", "store_id": "门店编号", "lot": "批次",
    }  # fmt: skip
    assert guessed["store_id"][1] > 0.9 > 0.6 > guessed["text"][1] >= 0.45
    assert found.kept == ("反馈编号",) and found.dropped == ("会员手机号",)


def test_what_is_printed_is_the_mapping(write: Write, tmp_path: Path) -> None:
    found = propose(write("a.csv", HEADER, ROWS))
    (tmp_path / "auto.toml").write_text(found.toml(), "utf-8")
    assert maps.load(tmp_path / "auto.toml").fingerprint == found.mapping.fingerprint
    assert 'text = "顾客说了什么"' in found.toml() and "# confidence 0." in found.toml()


def test_known_titles_lead_to_their_source(write: Write) -> None:
    header = ["content", "creationTime", "score", "referenceId", "userProvince"]
    found = propose(write("a.csv", header, [["很安静，洗得干净", "2026-10-03 10:00:00", "5", "00123", "四川"]] * 3))
    guessed = {guess.field: guess.column for guess in found.guesses}
    assert (found.mapping.source, guessed["sku_id"]) == ("jd", "referenceId")


def test_scales_and_orders_are_told_by_the_values(write: Write) -> None:
    rows = [[f"some longer text number {i}", f"{i + 10}/10/2026", str(10 * (1 + i % 5))] for i in range(8)]
    found = propose(write("a.csv", ["review", "date", "stars"], rows))
    assert (found.mapping.rating.scale, found.mapping.dates.order) == ("10..50", "dmy")


def test_a_survey_is_seen_as_one(write: Write) -> None:
    header = ["序号", "提交答卷时间", "1、您光临的门店", "2、总体满意度", "3、还有什么建议"]
    rows = [[str(i), "2026/10/03 12:00:00", "一店", "满意", f"收银再快一些就好了，第{i}次提"] for i in range(6)]
    found = propose(write("a.csv", header, rows))
    assert (found.mapping.kind, found.mapping.columns.questions) == ("survey", ("3、还有什么建议",))


def test_nothing_is_guessed_where_nothing_fits(write: Write) -> None:
    with pytest.raises(InputError, match=r"no column can be taken for the time; the file has 'a', 'b'"):
        propose(write("a.csv", ["a", "b"], [["1", "2"]] * 3))
    with pytest.raises(InputError, match="looks like a table of stores: --source stores"):
        propose(write("c.csv", ["poiId", "title", "avgScore", "address"], [["17", "一店", "4.2", "后湖"]] * 3))
    with pytest.raises(InputError, match="no sound row"):
        propose(write("b.csv", ["text", "date"], []))


def voc(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert voc("init", tmp_path / "p").exit_code == 0
    return tmp_path / "p"


def test_auto_wants_a_yes(project: Path, write: Write) -> None:
    path = write("a.csv", HEADER, ROWS)
    refused = voc("ingest", path, "--source", "auto", "-p", project)
    assert refused.exit_code == 2 and 'text = "顾客说了什么"' in refused.stdout
    assert not (project / "lake").exists()
    assert voc("ingest", path, "--source", "auto", "--yes", "-p", project).exit_code == 0
    assert len(Lake(project / "lake").read("reviews")) == 12
    assert (project / "mappings" / "a.toml").is_file()


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_dry_run_writes_nothing(project: Path, write: Write) -> None:
    first = write("a.csv", HEADER, ROWS[:8])
    second = write("b.csv", HEADER, [*ROWS[4:], ["x", "好", "昨天", "9", "S1", "", ""]])
    mapping = project / "m.toml"
    mapping.write_text(propose(first).toml(), "utf-8")
    options = ["--source", "table", "--map", mapping, "-p", project]
    assert voc("ingest", first, *options).exit_code == 0
    stores = write("s.csv", ["store_id", "name"], [["S1", "人民路店"]])
    before = everything(project)
    told = voc("ingest", second, *options, "--dry-run", "--json")
    assert told.exit_code == 4 and '"new": 4' in told.stdout and '"unchanged": 4' in told.stdout
    assert '"bad_date": 1' in told.stdout and "restated: 2026-10" in told.stderr
    assert voc("ingest", stores, "--source", "stores", "--dry-run", "-p", project).exit_code == 0
    assert everything(project) == before


def test_a_dry_run_says_what_the_run_does(lake: Lake, write: Write, read_in: Read) -> None:
    path = write("a.csv", ["text", "created_at", "rating"], [["脆", "2026-10-03", "5"], ["软", "2026-09-03", "很多"]])
    told, done = read_in(path, dry_run=True), read_in(path)
    assert (told.new, told.quarantined, told.months, dict(told.reasons)) == (1, 1, ("2026-10",), {"bad_rating": 1})
    assert told == done
