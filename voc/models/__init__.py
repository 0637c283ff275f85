"""Models: their files, and the linear classifiers that ship with the package."""

from voc.models.files import ModelFile, Verdict, available, find, verify

__all__ = ["ModelFile", "Verdict", "available", "find", "verify"]
