"""Where the work of a run is done: the cores of one machine, or a Spark cluster.

An engine maps a function over jobs and gives the results in the order of the jobs, whatever order they were done in; or
it does jobs of several kinds, some of which become known only when others are done, and gives each result as it comes.
Everything above it (which slice, which stages, which table) is the same on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from voc.engines.jobs import Jobs
from voc.engines.local import LocalEngine
from voc.errors import UnknownName, WrongUse

ENGINES = ("local", "spark")


class Engine(Protocol):
    """A context manager; what it started ends with it."""

    def map(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """`function(*job)` for each of `jobs`, in their order, as they come. All of it must pickle.

        Raises what the function raises, and WorkerDied with the job when its process ended.
        """
        ...

    def as_done(self, jobs: Jobs) -> Iterator[tuple[Any, Any]]:
        """(key, result) of each of `jobs`, in whatever order they get done; raises as `map` does.

        `jobs` is asked for the next one whenever there is room, between results: so it can hang on what came before.
        """
        ...


def opened(name: str, *, workers: int = 0, master: str | None = None) -> AbstractContextManager[Engine]:
    """The engine `name` of ENGINES. `workers` are processes of the local one (0: one per core), `master` is Spark's.

    Raises UnknownName for another name, WrongUse for a master without Spark, and MissingExtra where Spark is not installed.
    """
    if name == "local":
        if master is not None:
            raise WrongUse("--master is Spark's; add --engine spark")
        return LocalEngine(workers=workers)
    if name == "spark":
        from voc.engines.spark import SparkEngine  # pyspark is an extra

        return SparkEngine(master=master)
    raise UnknownName("engine", name, ENGINES)
