"""Imports of the packages of the extra [topics]: at first use, with the pip command when one is missing."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

from voc.errors import MissingExtra


def optional(module: str, what: str, *, without: Sequence[str] = ()) -> ModuleType:
    """The module, or MissingExtra that names `what` and the extra.

    `without`: packages that it takes for missing while it is imported, unless they are loaded already. BERTopic offers more
    where it finds transformers, spaCy and plotly, which take longer to load than all the rest and are not used here.
    BERTopic switches warnings off for the whole process when it is imported, and umap warns of a missing TensorFlow;
    both are kept to the import.
    """
    hidden = [name for name in without if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import fail
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(what, "topics") from error
    finally:
        for name in hidden:
            del sys.modules[name]
