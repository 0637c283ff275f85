"""The local engine: same result for one worker and two, in order; a dead worker names its batch."""

import functools
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from voc.engines.jobs import Job
from voc.engines.local import LocalEngine
from voc.errors import SchemaMismatch, UnknownName, WorkerDied
from voc.parts import Piece
from voc.schemas import Stage

NUMBERS = pa.schema([("n", pa.int64())])
SQUARES = pa.schema([("n", pa.int64()), ("square", pa.int64())])


def open_square():
    return lambda batch: pa.RecordBatch.from_arrays([batch["n"], pc.multiply(batch["n"], batch["n"])], schema=SQUARES)


def open_dying(at):
    def run(batch):
        if at in batch["n"].to_pylist():
            os._exit(7)
        return pa.RecordBatch.from_arrays([batch["n"], batch["n"]], schema=SQUARES)

    return run


def open_wrong():
    return lambda batch: batch


def table(rows=1000):
    return pa.table({"n": pa.array(range(rows), pa.int64())})


SQUARE = Stage("square", NUMBERS, SQUARES, open_square)


def test_one_and_two_workers_give_equal_tables_in_order():
    with LocalEngine(workers=1, batch_rows=64) as one, LocalEngine(workers=2, batch_rows=64) as two:
        a, b = one.run(SQUARE, table()), two.run(SQUARE, table())
    assert a.equals(b)
    assert a["square"].to_pylist() == [n * n for n in range(1000)]


def test_no_rows_give_an_empty_table_of_the_output_schema():
    with LocalEngine(workers=2) as engine:
        assert engine.run(SQUARE, table(0)).equals(SQUARES.empty_table())


def test_progress_adds_up_to_the_rows():
    seen = []
    with LocalEngine(workers=1, batch_rows=300) as engine:
        engine.run(SQUARE, table(), progress=seen.append)
    assert seen == [300, 300, 300, 100]


def test_a_dead_worker_fails_the_run_and_names_stage_and_batch():
    stage = Stage("dying", NUMBERS, SQUARES, functools.partial(open_dying, 500))
    with LocalEngine(workers=2, batch_rows=100) as engine, pytest.raises(WorkerDied, match=r"'dying', batch \d+ of 10"):
        engine.run(stage, table())


def test_a_stage_that_breaks_its_promise_is_refused():
    with LocalEngine(workers=1) as engine, pytest.raises(SchemaMismatch, match="output of stage 'wrong'"):
        engine.run(Stage("wrong", NUMBERS, SQUARES, open_wrong), table())


def test_map_keeps_the_order():
    with LocalEngine(workers=2) as engine:
        assert list(engine.map(pow, [(n, 2) for n in range(20)])) == [n * n for n in range(20)]


def fail(number):
    raise UnknownName("number", str(number), ["1", "2"])


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_work_reaches_the_caller_as_it_was(workers):
    with LocalEngine(workers=workers) as engine, pytest.raises(UnknownName, match="unknown number '7'") as raised:
        list(engine.map(fail, [(7,), (7,)]))
    assert raised.value.known == ["1", "2"]


def chained(results):
    """Squares of 0 .. 9, and their sum once all are there."""
    for n in range(10):
        yield Job(n, pow, (n, 2))
    while len(results) < 10:
        yield None
    yield Job("sum", sum, (sorted(results.values()),))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_may_hang_on_the_results_of_others(workers):
    results = {}
    with LocalEngine(workers=workers) as engine:
        for key, result in engine.as_done(chained(results)):
            results[key] = result
    assert results == {n: n * n for n in range(10)} | {"sum": 285}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_job_reaches_the_caller(workers):
    jobs = (Job(n, fail, (n,)) for n in range(7, 9))
    with LocalEngine(workers=workers) as engine, pytest.raises(UnknownName, match="unknown number"):
        list(engine.as_done(jobs))


def test_a_worker_that_dies_is_said_with_its_piece():
    piece = Piece("2026-10", "reviews/part-1.parquet", (3,), 10)
    jobs = (Job(n, die, (piece,)) for n in range(3))
    with (
        LocalEngine(workers=2) as engine,
        pytest.raises(WorkerDied, match=r"die \(month 2026-10, part-1.parquet, row groups \(3,\)\)"),
    ):
        list(engine.as_done(jobs))


def die(piece):
    os._exit(7)


def test_one_job_alone_is_done_without_a_process():
    with LocalEngine(workers=2) as engine:
        assert list(engine.as_done(iter([Job("here", os.getpid, ())]))) == [("here", os.getpid())]


def test_waiting_for_nothing_is_an_error():
    with LocalEngine(workers=2) as engine, pytest.raises(RuntimeError, match="no job is under way"):
        list(engine.as_done(iter([None])))


def test_what_a_worker_imports_again_of_the_script_brings_no_command():
    code = "import sys, voc.__main__; sys.exit('voc.cli' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
