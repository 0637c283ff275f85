"""Spark: the same jobs as the local engine, in the same order, and what fails there is said here."""

import os

import pytest

from voc.engines import opened
from voc.engines.jobs import Job
from voc.engines.local import LocalEngine
from voc.errors import UnknownName, WorkerDied, WrongUse

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark():
    with opened("spark", master="local[2]") as engine:
        yield engine


def fail(number):
    raise UnknownName("number", str(number), ["1", "2"])


def die(number):
    os._exit(7)


def test_jobs_come_back_in_their_order_over_several_waves(spark):
    jobs = [(n, 2) for n in range(21)]
    with LocalEngine(workers=1) as local:
        assert list(spark.map(pow, jobs)) == list(local.map(pow, jobs))


def test_an_error_of_the_work_reaches_the_caller_as_it_was(spark):
    with pytest.raises(UnknownName, match="unknown number '7'"):
        list(spark.map(fail, [(7,)]))


def test_a_task_that_spark_gives_up_is_named(spark):
    with pytest.raises(WorkerDied, match="die, parts 1 to 1 of 1"):
        list(spark.map(die, [(7,)]))


def test_no_jobs_start_nothing():
    with opened("spark", master="nowhere://") as engine:
        assert list(engine.map(pow, [])) == []


def test_a_master_without_spark_is_wrong_use():
    with pytest.raises(WrongUse, match="--engine spark"):
        opened("local", master="local[2]")


def test_jobs_may_hang_on_earlier_ones_here_too(spark):
    results = {}

    def jobs():
        yield from (Job(n, pow, (n, 2)) for n in range(3))
        while len(results) < 3:
            yield None
        yield Job("sum", sum, (sorted(results.values()),))

    for key, result in spark.as_done(jobs()):
        results[key] = result
    assert results == {0: 0, 1: 1, 2: 4, "sum": 5}
