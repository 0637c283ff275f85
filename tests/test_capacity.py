"""The benchmark of the whole job: it measures what it says, on chains small enough for a test."""

import sys

import pytest

from voc import capacity
from voc.capacity import StepCost, exponents
from voc.errors import VocError


def cost(step, reviews, cpu_seconds):
    return StepCost(
        step=step, reviews=reviews, of_month=1, seconds=1.0, cpu_seconds=cpu_seconds, peak_mb=1.0, lake_mb=1.0
    )


def test_exponents_are_slopes_in_logs():
    linear = [cost("a", n, 0.002 * n) for n in (1_000, 10_000, 100_000)]
    square = [cost("b", n, 1e-6 * n**2) for n in (1_000, 10_000)]
    found = exponents([*linear, *square, cost("once", 1_000, 1.0)])
    assert found == {"a": pytest.approx(1.0), "b": pytest.approx(2.0)}


def test_each_step_is_a_process_that_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(capacity, "STEPS", ("ingest", "topics"))
    costs = list(capacity.steps([1_000], folder=tmp_path, workers=1, topics=False))
    assert [c.step for c in costs] == ["ingest"]
    assert all(c.seconds > 0 and c.cpu_seconds > 0 and c.reviews > c.of_month > 0 for c in costs)
    assert all(c.lake_mb > 0 for c in costs)
    if sys.platform == "linux":
        assert all(50 < c.peak_mb < 4_000 for c in costs)
    assert not list(tmp_path.iterdir())


def test_the_last_month_alone_is_run_on_top_of_the_others(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(
        capacity, "_cost", lambda project, step, months: told.append((step, sorted(months), files(project)))
    )
    list(capacity.month([1_000], folder=tmp_path, topics=False))
    (_, before, old), (_, _, _), (step, months, every) = told
    assert step == "run" and months[:-1] == before
    assert {name for name in every if months[-1] in name} and not {name for name in old if months[-1] in name}
    assert old < every


def files(project):
    return {path.name for path in (project / "inbox").rglob("*") if path.is_file()}


def test_a_step_that_fails_is_named(tmp_path):
    with pytest.raises(VocError, match="voc rank failed on 7 reviews"):
        capacity._cost(tmp_path, "rank", {"2026-10": 7})
