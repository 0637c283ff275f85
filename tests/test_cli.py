"""The command line itself: exit codes, errors of one line instead of tracebacks, and what a command imports."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from voc.cli import application
from voc.commands import show

app = application()

run = CliRunner().invoke


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text\n太难吃了\n", "utf-8")
    return path


@pytest.mark.parametrize(
    "wrong",
    [["nonsense"], ["analyze", "FILE", "--profile", "exact"], ["analyze", "FILE", "--lang", "fr"],
     ["analyze", "FILE", "--text-column", "nope"], ["annotate", "--engine", "spark"], ["analyze", "missing.csv"]],
)  # fmt: skip
def test_wrong_use_is_exit_2(reviews, wrong):
    result = run(app, [str(reviews) if word == "FILE" else word for word in wrong])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_an_unknown_suffix_is_said_before_the_work(tmp_path):
    result = run(app, ["rank-file", str(tmp_path / "missing.csv"), "-o", str(tmp_path / "out.docx")])
    assert result.exit_code == 2
    assert "unknown suffix '.docx'" in result.output


def test_what_the_system_refuses_is_exit_1_with_the_path(tmp_path, reviews):
    (tmp_path / "folder.csv").mkdir()
    result = run(app, ["sentiment", str(reviews), "-o", str(tmp_path / "folder.csv")])
    assert result.exit_code == 1
    assert "directory" in result.output.lower() and "folder.csv" in result.output


WIDE = [{f"column_{i}": "value" * 3 for i in range(9)}, {f"column_{i}": i for i in range(9)}]


def test_a_pipe_has_no_width(capsys: pytest.CaptureFixture[str]) -> None:
    show(WIDE, as_json=False)
    assert any("column_0" in line and "column_8" in line for line in capsys.readouterr().out.splitlines())


def test_what_is_wider_than_the_terminal_is_told_line_by_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    show(WIDE, as_json=False, title="wide")
    first, *blocks = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert first == "wide" and [len(block.splitlines()) for block in blocks] == [9, 9]
    assert blocks[1].splitlines()[8].split() == ["column_8", "8"]
    show([{"a": 1, "b": 2}], as_json=False)
    assert "┃" in capsys.readouterr().out


def test_a_command_imports_nothing_of_the_others():
    script = "import sys; from voc.cli import application; application('ingest'); print('voc.issues' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    everything = script.replace("'ingest'", "'no such command'")
    done = subprocess.run([sys.executable, "-c", everything], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
