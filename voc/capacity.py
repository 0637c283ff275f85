"""What the monthly job costs as a chain grows: its steps in processes of their own, on sample chains of several sizes.

Seconds on the wall and of processor time, the most memory that all processes of a step held together, and the size of the
lake. The exponent of a step is the slope of the logarithm of its processor time over that of the reviews: 1 is linear.
"""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from voc.corpora.sample import generate
from voc.errors import VocError

STEPS = ("ingest", "annotate", "topics", "rank", "report")
MONTHLY = ("topics", "rank", "report")
"""Steps that are given the last month; the others work on all months."""
WHOLE = "run"
SEED = 2026
_PAUSE = 0.2
_INGEST = """
import sys
from pathlib import Path
from voc import pipeline
from voc.workspace import Workspace
pipeline.ingest_inbox(Workspace.open(Path(sys.argv[1])))
"""


@dataclass(frozen=True, kw_only=True)
class StepCost:
    """One step on a lake of `reviews` reviews, `of_month` of them in the last month.

    seconds: on the wall; cpu_seconds: of all its processes; peak_mb: the most that they held at one time, memory that they
    share counted once (where the system does not tell that, the largest process); lake_mb: the lake's size afterwards.
    """

    step: str
    reviews: int
    of_month: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    lake_mb: float


def steps(sizes: Iterable[int], *, folder: Path, workers: int = 0, topics: bool = True) -> Iterator[StepCost]:
    """Each step of the job on a sample chain of each of the `sizes` (reviews of 14 months), made below `folder`.

    `workers` as in voc.toml. Raises VocError when a step fails.
    """
    for size in sizes:
        project = _project(folder / str(size), size, workers=workers, topics=topics)
        months = _exposure(project)
        for step in STEPS:
            if step == "topics" and not topics:
                continue
            yield _cost(project, step, months)
        shutil.rmtree(project)


def month(sizes: Iterable[int], *, folder: Path, workers: int = 0, topics: bool = True) -> Iterator[StepCost]:
    """`voc run` of the last month of each sample chain, from its files to the report, the months before being done."""
    for size in sizes:
        project = _project(folder / str(size), size, workers=workers, topics=topics)
        months = _exposure(project)
        last = max(months)
        inbox, parked = project / "inbox", project / "parked"
        later = [path.relative_to(inbox) for path in sorted(inbox.rglob("*")) if path.is_file() and last in path.name]
        _move(later, inbox, parked)
        before = {m: n for m, n in months.items() if m < last}
        for step in ("ingest", "annotate"):
            _cost(project, step, before)
        _move(later, parked, inbox)
        yield _cost(project, WHOLE, months)
        shutil.rmtree(project)


def _move(names: Iterable[Path], source: Path, target: Path) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).rename(target / name)


def exponents(costs: Sequence[StepCost]) -> dict[str, float]:
    """step -> slope of log(processor time) over log(reviews) by least squares; steps measured at one size are left out."""
    found = {}
    for step in dict.fromkeys(c.step for c in costs):
        points = [(math.log(c.reviews), math.log(c.cpu_seconds)) for c in costs if c.step == step]
        x0, y0 = (sum(values) / len(points) for values in zip(*points, strict=True))
        square = sum((x - x0) ** 2 for x, _ in points)
        if square:
            found[step] = sum((x - x0) * (y - y0) for x, y in points) / square
    return found


def _project(folder: Path, size: int, *, workers: int, topics: bool) -> Path:
    generate(folder, reviews=size, seed=SEED)
    subprocess.run([sys.executable, "-m", "voc", "init", str(folder)], check=True, capture_output=True)
    settings = folder / "voc.toml"
    text = settings.read_text("utf-8").replace("[nlp]\n", f"[nlp]\nworkers = {workers}\n")
    settings.write_text(text if topics else text.replace("enabled = true", "enabled = false"), "utf-8")
    return folder


def _exposure(project: Path) -> dict[str, int]:
    """Month -> platform reviews."""
    found: dict[str, int] = json.loads((project / "truth.json").read_text("utf-8"))["exposure"]
    return found


def _cost(project: Path, step: str, months: dict[str, int]) -> StepCost:
    command = [sys.executable, "-m", "voc", step, "--project", str(project)]
    if step == "ingest":  # the command takes files; the inbox as a whole is read by the job
        command = [sys.executable, "-c", _INGEST, str(project)]
    last = max(months)
    if step in (*MONTHLY, WHOLE):
        command += ["--month", last]
    before, start = _children(), time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = _Peak(child.pid)
    peak.start()
    said = child.communicate()[1]
    seconds = time.monotonic() - start
    peak.done.set()
    peak.join()
    if child.returncode:
        raise VocError(f"voc {step} failed on {sum(months.values())} reviews: {said[-500:]}")
    files = [path.stat().st_size for path in (project / "lake").rglob("*") if path.is_file()]
    return StepCost(
        step=step, reviews=sum(months.values()), of_month=months[last], seconds=seconds, cpu_seconds=_children() - before,
        peak_mb=peak.megabytes or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, lake_mb=sum(files) / 2**20,
    )  # fmt: skip


def _children() -> float:
    """Processor time of all children that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Peak(threading.Thread):
    """Watches the memory of a process and its descendants (proportional set size, Linux) until `done` is set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.megabytes, self.done = pid, 0.0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(_PAUSE):
            self.megabytes = max(self.megabytes, sum(map(_held, _family(self.pid))))


def _family(pid: int) -> list[int]:
    """`pid` and its descendants; empty where the system has no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat") if os.path.isdir("/proc") else ():
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(entry.parent.name)] = int(after_name[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _held(pid: int) -> float:
    """Megabytes of one process, shared pages by their share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
