"""The team's own Spark: jobs go out as rows through `mapInArrow`, results come back the same way.

A job names files, not rows: tasks read and write the lake's Parquet files themselves, so the lake's folder must be mounted
at the same path on the driver and on every executor, and the JVM moves only names. The driver commits. A session that
exists already (spark-submit, a notebook) is used as it is; else one is made, with `master` or Spark's own configuration.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from voc.engines.jobs import Jobs, taken
from voc.errors import MissingExtra, WorkerDied

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WAVES = 4
"""Jobs handed to Spark at once, per core: results of a wave are committed before the next one starts."""
_JOB = "number bigint, job binary"
_RESULT = "number bigint, result binary, error binary"


class SparkEngine:
    """Maps jobs over a Spark cluster. A context manager; it stops the session if it started it."""

    def __init__(self, *, master: str | None = None) -> None:
        """`master` is Spark's, for instance 'local[2]' or 'spark://host:7077'; None leaves it to Spark's configuration.

        Raises MissingExtra where pyspark is not installed.
        """
        try:
            import pyspark  # noqa: F401
        except ImportError as error:
            raise MissingExtra("engine spark", "spark") from error
        self.master = master
        self._session: SparkSession | None = None
        self._own = False

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None and self._own:
            self._session.stop()
        self._session = None

    def _spark(self) -> SparkSession:
        if self._session is None:
            from pyspark.sql import SparkSession

            self._own = SparkSession.getActiveSession() is None
            builder = SparkSession.builder.appName("voc")
            if self._own:
                builder = builder.config("spark.ui.showConsoleProgress", "false")
                master = self.master or os.environ.get("MASTER")
                if master is not None:
                    builder = builder.master(master)
                if master is None or master.startswith("local"):
                    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
                    builder = builder.config("spark.ui.enabled", "false").config(
                        "spark.driver.bindAddress", "127.0.0.1"
                    )
            self._session = builder.getOrCreate()
            self._session.sparkContext.setLogLevel("ERROR")
        return self._session

    def map(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """`function(*job)` for each of `jobs`, in their order, a wave of them at a time.

        Raises what the function raises, and WorkerDied when Spark gave a task up.
        """
        size = self._wave_size() if jobs else 1
        for start in range(0, len(jobs), size):
            some = jobs[start : start + size]
            name = f"{function.__name__}, parts {start + 1} to {start + len(some)} of {len(jobs)}"
            yield from self._wave([(function, job) for job in some], name)

    def as_done(self, jobs: Jobs) -> Iterator[tuple[Any, Any]]:
        """(key, result) of each of `jobs`, a wave of them at a time; raises as `map` does."""
        some, more = taken(jobs, 1, pending=False)  # a session starts only for something to do
        while some:
            if more:
                others, more = taken(jobs, self._wave_size() - 1, pending=True)
                some += others
            name = ", ".join(sorted({job.function.__name__ for job in some}))
            results = self._wave([(job.function, job.arguments) for job in some], name)
            yield from zip((job.key for job in some), results, strict=True)
            some, more = taken(jobs, 1, pending=False) if more else ([], False)

    def _wave_size(self) -> int:
        return WAVES * max(self._spark().sparkContext.defaultParallelism, 1)

    def _wave(self, jobs: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], name: str) -> Iterator[Any]:
        """The results of `jobs` in their order, after all of them are done."""
        from py4j.protocol import Py4JError  # comes with pyspark
        from pyspark.errors import PySparkException

        spark = self._spark()
        rows = [(number, bytearray(pickle.dumps(job))) for number, job in enumerate(jobs)]
        given = spark.createDataFrame(spark.sparkContext.parallelize(rows, len(rows)), _JOB)
        with warnings.catch_warnings():  # of pandas' version, which Spark asks for here and does not use
            warnings.simplefilter("ignore", FutureWarning)
            frame = given.mapInArrow(_task, _RESULT)
        try:
            done = sorted(frame.collect())
        except (PySparkException, Py4JError) as error:
            raise WorkerDied(
                f"Spark gave up {name}: {str(error).strip().splitlines()[0]}; run again to go on from there"
            ) from error
        for _, result, failure in done:
            if failure is not None:
                raise pickle.loads(failure)
            yield pickle.loads(result)


def _task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Runs in Spark's Python workers. What a job raises travels as a value: it would fail again, so it is not tried again."""
    for batch in batches:
        results: list[bytes | None] = []
        errors: list[bytes | None] = []
        for packed in batch.column(1).to_pylist():
            function, job = pickle.loads(packed)
            try:
                results.append(pickle.dumps(function(*job)))
                errors.append(None)
            except Exception as error:  # handed to the driver, which raises it
                results.append(None)
                errors.append(pickle.dumps(error))
        yield pa.RecordBatch.from_arrays(
            [batch.column(0), pa.array(results, pa.binary()), pa.array(errors, pa.binary())],
            names=["number", "result", "error"],
        )
