"""The step of the annotation: mentions, review scores and keywords of those months whose reviews or settings changed.

The largest month is read first. Its keywords can only be told when all of it is read, and take one worker some time; the
others read the smaller months meanwhile.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import pyarrow as pa

import voc
from voc import models
from voc.engines import Engine
from voc.engines.jobs import Job
from voc.engines.slices import annotate_piece, packed
from voc.extract import mentions as mention_stage
from voc.extract import sentiment as sentiment_stage
from voc.extract.monthly import keywords_of
from voc.parts import Part, Piece, pieces
from voc.schemas import Stage
from voc.workspace import Workspace, digest

Progress = Callable[[str, int, int], None]  # step, done, of


def annotate(work: Workspace, *, months: Sequence[str], engine: Engine, progress: Progress | None = None) -> list[str]:
    """Annotate those of `months`, all of which have reviews, whose inputs changed. Returns the months remade, oldest first.

    A month is committed and noted when its last piece is done, its keywords when those of the earlier months are.
    """
    nlp = work.config.nlp
    review, clause = work.own_models()
    stages = (
        mention_stage.stage(taxonomy=work.taxonomy_reference(), profile=nlp.profile, lang=nlp.language, model=clause),
        sentiment_stage.stage(model=review),
    )
    own = [file.sha256 for folder in (review, clause) if folder for file in models.available(Path(folder))]
    made = digest(work.taxonomy().sha256, nlp.model_dump(exclude={"workers", "batch_rows"}), own, voc.__version__)
    running = _Months(work, months, stages, made)
    for done, ((step, month, number), result) in enumerate(engine.as_done(running.jobs()), 1):
        if step == "annotate":
            running.annotated(month, number, result)
        else:
            running.worded(month, result)
        if progress is not None:
            progress("annotate", done, running.count)
    return sorted(running.remade)


class _Months:
    """What is still to do of each month, and what to do with what was done.

    `count` is the number of jobs as far as it is known; `remade` are the months of which something was made anew.
    """

    def __init__(self, work: Workspace, months: Sequence[str], stages: Sequence[Stage], made: str) -> None:
        self._lake, self._work, self._stages, self._made = work.lake, work, stages, made
        paths = {month: work.lake.paths("reviews", month) for month in months}
        self._paths = dict(sorted(paths.items(), key=lambda item: (-sum(map(os.path.getsize, item[1])), item[0])))
        inputs = {month: digest(made, work.lake.fingerprint("reviews", month)) for month in self._paths}
        self._stale = {m: found for m, found in inputs.items() if work.lake.made_from("annotate", m) != found}
        self._pieces = {month: pieces(month, self._paths[month]) for month in self._stale}
        self._parts: dict[str, dict[int, Mapping[str, Part | None]]] = {month: {} for month in self._stale}
        self.count = sum(map(len, self._pieces.values()))
        self.remade = set(self._stale)
        self._words = _Words(work)
        self._undecided = deque(sorted(months))  # whose keywords are not told yet, oldest first
        self._told: dict[str, tuple[str, pa.Table] | None] = {}
        self._inputs: dict[str, str] = {}
        self._due: deque[str] = deque()
        for month in self._paths:
            if month not in self._stale:
                self._decide(month)
            elif not self._pieces[month]:
                self._finish(month)

    def jobs(self) -> Iterator[Job | None]:
        """All jobs; the keywords of a month come up as soon as it is annotated."""
        for month, some in self._pieces.items():
            for number, piece in enumerate(some):
                yield from self._due_jobs()
                yield Job(("annotate", month, number), annotate_piece, self._arguments(piece))
        while self._parts or self._due:
            if self._due:
                yield from self._due_jobs()
            else:
                yield None

    def _arguments(self, piece: Piece) -> tuple[Any, ...]:
        return str(self._lake.root), piece, packed(self._stages), self._work.config.nlp.batch_rows

    def _due_jobs(self) -> Iterator[Job]:
        while self._due:
            month = self._due.popleft()
            mentions = self._lake.paths("mentions", month)
            taxonomy = self._work.taxonomy_reference()
            yield Job(("keywords", month, 0), keywords_of, (self._paths[month], mentions, month, taxonomy))

    def annotated(self, month: str, number: int, written: Mapping[str, Part | None]) -> None:
        """Take what the stages made of a piece; the last one of a month commits it."""
        parts = self._parts[month]
        parts[number] = written
        if len(parts) == len(self._pieces[month]):
            self._finish(month)

    def _finish(self, month: str) -> None:
        """Commit a month of which all pieces are there."""
        parts = self._parts.pop(month)
        for stage in self._stages:
            found = [parts[n][stage.name] for n in sorted(parts)]
            self._lake.commit(stage.name, month, [part for part in found if part is not None])
        self._lake.record("annotate", month, self._stale[month])
        self._decide(month)

    def _decide(self, month: str) -> None:
        """Whether the month's keywords were made of the reviews and mentions that it has now."""
        prints = (self._lake.fingerprint(name, month) for name in ("reviews", "mentions"))
        inputs = digest(self._made, *prints)
        if self._lake.made_from("keywords", month) == inputs:
            self._told[month] = None
            self._write()
        else:
            self._inputs[month] = inputs
            self._due.append(month)
            self.count += 1

    def worded(self, month: str, table: pa.Table) -> None:
        """Take the keywords of a month; they are written when those of all earlier months are."""
        self._told[month] = self._inputs[month], table
        self._write()

    def _write(self) -> None:
        while self._undecided and self._undecided[0] in self._told:  # what is new depends on the months before
            month = self._undecided.popleft()
            told = self._told.pop(month)
            if told is not None:
                self._lake.replace_month("keywords", month, self._words.marked(month, told[1]))
                self._lake.record("keywords", month, told[0])
                self.remade.add(month)


class _Words:
    """The terms of each month's keywords, read when they are first asked for."""

    def __init__(self, work: Workspace) -> None:
        self._lake = work.lake
        self._known: dict[str, set[str]] | None = None

    def marked(self, month: str, table: pa.Table) -> pa.Table:
        """`table` with `is_new`: the terms that no earlier month has; without earlier ones nothing is new."""
        if self._known is None:
            self._known = {}
            for row in self._lake.read("keywords", columns=["month", "term"]).to_pylist():
                self._known.setdefault(row["month"], set()).add(row["term"])
        self._known[month] = set(table["term"].to_pylist())
        return _with_new(table, set().union(*(found for m, found in self._known.items() if m < month)))


def _with_new(keywords: pa.Table, earlier: Set[str]) -> pa.Table:
    fresh = pa.array([bool(earlier) and term not in earlier for term in keywords["term"].to_pylist()], pa.bool_())
    place = keywords.schema.get_field_index("is_new")
    return keywords.set_column(place, keywords.schema.field(place), fresh)
