"""Imports of the packages of the extra [topics]: at first use, with the pip command when one is missing."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType

from voc.errors import MissingExtra


def optional(module: str, what: str) -> ModuleType:
    """The module, or MissingExtra that names `what` and the extra.

    BERTopic switches warnings off for the whole process when it is imported, and umap warns of a missing TensorFlow;
    both are kept to the import.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(what, "topics") from error
