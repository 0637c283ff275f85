"""What an engine is given to do where the order does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """`function(*arguments)`, whose result is known by `key`. Function, arguments and result must pickle."""

    key: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Jobs = Iterator[Job | None]
"""Jobs as an engine has room for them; None: the next one waits for a result of one that is under way."""


def taken(jobs: Jobs, most: int, *, pending: bool) -> tuple[list[Job], bool]:
    """The next jobs, at most `most`, and whether there may be more after them.

    Raises RuntimeError where a job waits for another one although none is `pending`.
    """
    some: list[Job] = []
    while len(some) < most:
        try:
            job = next(jobs)
        except StopIteration:
            return some, False
        if job is None:
            if not some and not pending:
                raise RuntimeError("a job waits for a result, but no job is under way")
            break
        some.append(job)
    return some, True
