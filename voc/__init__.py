"""voc: voice of customer for retail chains.

Public names, no more: open, analyze, sentiment, keywords, rank_file, load_spacy, Project, Stage, VocError, __version__.
They are loaded when first used, so that `import voc` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.errors import VocError
    from voc.project import Project, open
    from voc.schemas import Stage
    from voc.single import analyze, keywords, rank_file, sentiment
    from voc.spacy_face import load_spacy

__version__ = "0.1.0"

_HOME = {
    "Project": "voc.project",
    "Stage": "voc.schemas",
    "VocError": "voc.errors",
    "analyze": "voc.single",
    "keywords": "voc.single",
    "load_spacy": "voc.spacy_face",
    "open": "voc.project",
    "rank_file": "voc.single",
    "sentiment": "voc.single",
}

__all__ = [
    "Project",
    "Stage",
    "VocError",
    "__version__",
    "analyze",
    "keywords",
    "load_spacy",
    "open",
    "rank_file",
    "sentiment",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'voc' has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
