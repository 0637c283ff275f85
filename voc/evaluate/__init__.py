"""Accuracy on the open labelled sets: which sets there are, and the figures of a set with intervals and baselines."""

from voc.evaluate.figures import Figure
from voc.evaluate.sets import SETS, EvalSet, chosen, evaluate

__all__ = ["SETS", "EvalSet", "Figure", "chosen", "evaluate"]
