"""All cores of one machine: worker processes, Arrow IPC between them, a bounded number of batches in flight.

Results come back in the order of the input, so the output does not depend on timing. Workers are spawned, not forked
(Arrow's threads do not survive a fork), and open each stage once. One worker means no process at all.
"""

from __future__ import annotations

import functools
import gc
import logging
import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from voc.engines.jobs import Job, Jobs, taken
from voc.errors import WorkerDied
from voc.parts import Piece
from voc.schemas import Stage, checked

log = logging.getLogger(__name__)


class LocalEngine:
    """Runs stages on `workers` processes (0: one per core). A context manager; processes start on first need."""

    def __init__(self, *, workers: int = 0, batch_rows: int = 4096) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.batch_rows = batch_rows
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def run(self, stage: Stage, table: pa.Table, *, progress: Callable[[int], None] | None = None) -> pa.Table:
        """`stage` over all rows of `table`; `progress` is told the input rows of each finished batch.

        Raises WorkerDied with the stage and the batch when a worker process ends, and whatever the stage raises.
        """
        table = table.select(stage.input.names).cast(stage.input)
        batches = table.to_batches(max_chunksize=self.batch_rows)
        out = []
        for batch, result in zip(batches, self._results(stage, batches), strict=True):
            out.append(result)
            if progress is not None:
                progress(batch.num_rows)
        return pa.Table.from_batches(out, schema=stage.output)

    def _results(self, stage: Stage, batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if self.workers == 1 or len(batches) < 2:
            run = _opened(pickle.dumps(stage))
            yield from map(run, batches)
            return
        payload = pickle.dumps(stage)
        names = [f"stage {stage.name!r}, batch {i + 1} of {len(batches)}" for i in range(len(batches))]
        jobs = ((_run_batch, payload, _to_bytes(batch)) for batch in batches)
        for data in self._submit(jobs, names):
            yield _from_bytes(data)

    def map(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """`function(*job)` for each of `jobs`, in their order, as they come. Function, jobs and results must pickle.

        Raises what the function raises, and WorkerDied with the job when its process ended.
        """
        if self.workers == 1 or len(jobs) < 2:
            for job in jobs:
                yield function(*job)
            return
        names = [f"{function.__name__}, part {i + 1} of {len(jobs)}{_said(job)}" for i, job in enumerate(jobs)]
        yield from self._submit(((function, *job) for job in jobs), names)

    def as_done(self, jobs: Jobs) -> Iterator[tuple[Any, Any]]:
        """(key, result) of each of `jobs` as it gets done, with at most two jobs a worker under way.

        Raises what a job raises, and WorkerDied with the oldest job under way when a process ended.
        """
        more, room = True, 1 if self.workers == 1 else 2 * self.workers
        waiting: dict[Future[Any], Job] = {}
        try:
            while more or waiting:
                some, more = taken(jobs, room - len(waiting), pending=bool(waiting)) if more else ([], False)
                if len(some) == 1 and self._pool is None:  # nothing to do beside it: not worth a process
                    yield some[0].key, some[0].function(*some[0].arguments)
                    continue
                pool = self._opened_pool()
                waiting.update((pool.submit(_alone, job.function, *job.arguments), job) for job in some)
                done = wait(waiting, return_when=FIRST_COMPLETED).done if waiting else ()
                for future in sorted(done, key=list(waiting).index):
                    result = future.result()
                    yield waiting.pop(future).key, result
        except BrokenProcessPool as error:
            self._pool = None
            job = next(iter(waiting.values()), None)
            name = "its start" if job is None else f"{job.function.__name__}{_said(job.arguments)}"
            raise WorkerDied(f"a worker process ended at or before {name}; run again to go on from there") from error
        finally:
            for future in waiting:
                future.cancel()

    def _opened_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_started)
        return self._pool

    def _submit(self, jobs: Iterable[tuple[Any, ...]], names: list[str]) -> Iterator[Any]:
        """Results in order, with at most four jobs a worker under way, so that memory stays flat."""
        pool = self._opened_pool()
        waiting: deque[tuple[str, Future[Any]]] = deque()
        try:
            for name, (function, *args) in zip(names, jobs, strict=True):
                waiting.append((name, pool.submit(_alone, function, *args)))
                if len(waiting) >= 4 * self.workers:
                    name, future = waiting.popleft()
                    yield future.result()
            while waiting:
                name, future = waiting.popleft()
                yield future.result()
        except BrokenProcessPool as error:
            self._pool = None
            raise WorkerDied(f"a worker process ended at or before {name}; run again to go on from there") from error
        finally:
            for _, future in waiting:
                future.cancel()


def _started() -> None:
    """Makes Arrow take a worker's memory from the system: its own pool keeps what a large job left."""
    pa.set_memory_pool(pa.system_memory_pool())


def _alone(function: Callable[..., Any], *args: Any) -> Any:
    """Run a job in a worker and give back what it leaves: a worker that has read a large month is as small as before."""
    try:
        return function(*args)
    finally:
        pa.default_memory_pool().release_unused()
        _settled()


@functools.cache
def _settled() -> None:
    """What is there after the first job (dictionaries, models, stages) stays: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()


def _said(job: tuple[Any, ...]) -> str:
    """What a message adds of a job: its piece of a slice, where it has one."""
    found = next((part for part in job if isinstance(part, Piece)), None)
    return "" if found is None else f" (month {found.month}, {Path(found.path).name}, row groups {found.row_groups})"


@functools.lru_cache(maxsize=8)
def _opened(payload: bytes) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """The checked, opened stage; once per process."""
    return checked(pickle.loads(payload))


def _run_batch(payload: bytes, data: bytes) -> bytes:
    return _to_bytes(_opened(payload)(_from_bytes(data)))


def _to_bytes(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def _from_bytes(data: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(data) as reader:
        table = reader.read_all().combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
