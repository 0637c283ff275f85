"""The accurate profile's model: one small transformer that reads a whole review and judges any stretch of it.

A token's row holds, side by side, what it says about polarity, about each issue and about spans. A stretch is judged by
the mean of its tokens' rows, so one pass over a review serves all its clauses. Weights and activations are quantised by
rows: what is said of a text does not depend on the texts beside it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.models.files import ACCURATE, contents, find
from voc.models.linear import softmax

Span = tuple[int, int]
NAME = "accurate"
OUTSIDE, ASPECT, OPINION = 0, 1, 2
_POLES, _TAGS = 3, 5
_START, _END = 0, 2
_WINDOW = 126  # tokens a pass, without the two ends
_TOKENS = 512  # a pass; more leaves the caches of a core


@dataclass(frozen=True, eq=False)
class Read:
    """What the model says of each token of a text: `said` (t, columns), `starts` and `ends` (t,) in code points."""

    said: NDArray[np.float32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def inside(self, span: Span) -> slice:
        """The tokens that lie in `span`, at least in part."""
        first = int(np.searchsorted(self.ends, span[0], side="right"))
        return slice(first, max(first, int(np.searchsorted(self.starts, span[1], side="left"))))


@dataclass(frozen=True, eq=False)
class Encoder:
    """`codes` are the issues it knows, in order, `names` what each means (its Chinese name).

    `temperature` divides polarity scores; `slope` and `shift` turn issue scores into probabilities (Platt
    1999). `limits` are the thresholds of voc.extract.cascade.
    """

    name: str
    codes: tuple[str, ...]
    names: Mapping[str, str]
    tokenizer: Any
    session: Any
    temperature: float
    slope: float
    shift: float
    limits: Mapping[str, float]

    def read(self, texts: Sequence[str]) -> list[Read]:
        """What is said of each text; texts are in normal form. Sorted by length inside, given back in order."""
        found = self.tokenizer.encode_batch(list(texts))
        rows: list[tuple[int, list[int]]] = []
        for text, encoding in enumerate(found):
            ids = encoding.ids
            rows.extend((text, ids[at : at + _WINDOW]) for at in range(0, len(ids), _WINDOW))
        order = sorted(range(len(rows)), key=lambda i: (len(rows[i][1]), i))
        columns = _POLES + len(self.codes) + _TAGS
        parts: list[NDArray[np.float32]] = [np.zeros((0, columns), dtype=np.float32)] * len(rows)
        # Rows of one pass are equally long, so nothing is padded and nothing depends on what else is asked.
        for length, group in groupby(order, key=lambda i: len(rows[i][1])):
            alike, most = list(group), max(1, _TOKENS // (length + 2))
            for at in range(0, len(alike), most):
                some = alike[at : at + most]
                for row, said in zip(some, self._pass([rows[i][1] for i in some]), strict=True):
                    parts[row] = said[1:-1]
        said_of: list[list[NDArray[np.float32]]] = [[] for _ in texts]
        for (text, _), part in zip(rows, parts, strict=True):
            said_of[text].append(part)
        out = []
        for encoding, said in zip(found, said_of, strict=True):
            places = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
            whole = np.concatenate(said) if said else np.zeros((0, columns), dtype=np.float32)
            out.append(Read(whole, places[:, 0], places[:, 1]))
        return out

    def _pass(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """What is said of the tokens of equally long rows, both ends included."""
        tokens = np.array([[_START, *some, _END] for some in ids], dtype=np.int64)
        mask = np.ones(tokens.shape, dtype=np.float32)
        return np.asarray(self.session.run(None, {"ids": tokens, "mask": mask})[0], dtype=np.float32)

    def polarity(self, read: Read, spans: Sequence[Span]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive, one row a stretch."""
        return softmax(self.means(read, spans)[:, :_POLES] / np.float32(self.temperature))

    def issues(self, read: Read, spans: Sequence[Span]) -> NDArray[np.float32]:
        """Shape (n, issues): the probability that a stretch is about each issue."""
        scores = self.means(read, spans)[:, _POLES : _POLES + len(self.codes)] * np.float32(self.slope) + np.float32(
            self.shift
        )
        return np.asarray(1.0 / (1.0 + np.exp(-scores)), dtype=np.float32)

    def means(self, read: Read, spans: Sequence[Span]) -> NDArray[np.float32]:
        """Shape (n, columns): the mean of what is said of the tokens of each stretch; zeros where there are none."""
        out = np.zeros((len(spans), read.said.shape[1]), dtype=np.float32)
        for row, span in enumerate(spans):
            part = read.said[read.inside(span)]
            if len(part):
                out[row] = part.mean(axis=0)
        return out

    def spans(self, read: Read) -> list[tuple[Span, int]]:
        """The stretches that name an aspect (ASPECT) or an opinion (OPINION), in order."""
        out: list[tuple[Span, int]] = []
        kind = OUTSIDE
        for tag, start, end in zip(read.said[:, -_TAGS:].argmax(axis=1), read.starts, read.ends, strict=True):
            now = OUTSIDE if tag == 0 else ASPECT if tag <= 2 else OPINION
            if now != OUTSIDE and end > start:
                if now == kind and tag in (2, 4) and out:
                    out[-1] = ((out[-1][0][0], int(end)), now)
                else:
                    out.append(((int(start), int(end)), now))
            kind = now
        return out


def _give_back() -> None:
    """Return what unpacking the weights took, 0.4 GB, to the system; without glibc the process keeps it for later."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return


@cache
def load(folder: Path = ACCURATE) -> Encoder:
    """The encoder in `folder`, the shipped one by default, on one thread: an engine has a process a core.

    Opening it needs 0.65 GB for half a second, so it is opened before other models; 0.2 GB stay.

    Raises UnknownName where the folder's manifest has none, VocError for a missing or altered file.
    """
    import onnxruntime  # a tenth of a second that the fast profile need not wait for
    from tokenizers import Tokenizer

    file = find(NAME, folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(contents(file), options, providers=["CPUExecutionProvider"])
    _give_back()
    settings = file.settings
    return Encoder(
        name=file.label,
        codes=tuple(sorted(settings["codes"])),
        names=dict(settings["codes"]),
        tokenizer=Tokenizer.from_str(contents(find(f"{NAME}-tokens", folder)).decode("utf-8")),
        session=session,
        temperature=float(settings["temperature"]),
        slope=float(settings["slope"]),
        shift=float(settings["shift"]),
        limits=dict(settings["cascade"]),
    )
