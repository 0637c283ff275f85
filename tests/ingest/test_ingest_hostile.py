"""A slice of what `python -m tests.ingest.hostile` and `python -m tests.ingest.killing` try at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest import hostile, killing
from voc.ingest import benchmark


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_hostile_files_are_refused_or_accounted_for(tmp_path: Path, first: int) -> None:
    outcomes = [
        hostile.check(hostile.generate(seed), tmp_path, whole=seed % 10 == 0) for seed in range(first, first + 50)
    ]
    assert outcomes.count("read") > 10 and any(outcome.startswith("refused") for outcome in outcomes)


@pytest.mark.parametrize("seed", [0, 193, 205, 207, 262, 5797, 6574])
def test_what_once_crashed_a_reader_is_refused_or_read(tmp_path: Path, seed: int) -> None:
    assert hostile.check(hostile.generate(seed), tmp_path).startswith(("read", "refused"))


def test_the_check_sees_a_lost_row(tmp_path: Path) -> None:
    content = b"review_id,text,created_at\nmark1,a,2026-10-03\n"
    assert hostile.check(hostile.Hostile("x.csv", content, ("mark1",)), tmp_path) == "read"
    with pytest.raises(AssertionError, match="mark2"):
        hostile.check(hostile.Hostile("x.csv", content, ("mark1", "mark2")), tmp_path)


def test_a_killed_ingest_is_made_whole(tmp_path: Path) -> None:
    found = killing.trial(tmp_path, kills=1, rows=3000, copies=True)
    assert [line["equal"] for line in found] == [True]


def test_the_benchmark_measures_what_it_says(tmp_path: Path) -> None:
    (cost,) = benchmark.measure((3000,), copies=(False,))
    assert cost.rows == 3000 and 0 < cost.cpu_seconds < 60 and 100 < cost.peak_mb < 2000
    (row,) = benchmark.rows([cost])
    assert row["rows/cpu s"] == round(3000 / cost.cpu_seconds)
    benchmark.write_reviews(tmp_path / "a.csv", 20)
    benchmark.write_reviews(tmp_path / "b.csv", 20)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
