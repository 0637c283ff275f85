"""A user's own model in place of a shipped one: trained on one's own labels, or an imported checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voc.errors import UnknownName
from voc.models import checkpoint, trained
from voc.models.files import available


class Judge(Protocol):
    """What judges texts of its languages; `name` stands in the tables."""

    @property
    def name(self) -> str: ...

    @property
    def langs(self) -> tuple[str, ...]: ...

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive; rows sum to 1."""

    def classes(self, probabilities: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shape (n,): 0, 1, 2 for negative, neutral, positive."""


def kind(folder: Path) -> str:
    """What the folder holds: 'trained' or 'checkpoint'. Raises UnknownName for neither, VocError without a manifest."""
    names = {file.name for file in available(folder)}
    for known in (trained.NAME, checkpoint.NAME):
        if known in names:
            return known
    raise UnknownName("model for polarity in that folder", trained.NAME, names, where=str(folder))


def load(folder: Path) -> Judge:
    """The model in `folder`. Raises what `kind` does, VocError for an altered file, MissingExtra for a checkpoint."""
    return trained.load(folder) if kind(folder) == trained.NAME else checkpoint.load(folder)
