"""The issue taxonomy and the opinion words: TOML data and its loader."""

from voc.taxonomy.loader import load, names, opinions, parse
from voc.taxonomy.model import Combination, Issue, Opinions, Sub, Taxonomy, Upgrade, expressions

__all__ = [
    "Combination", "Issue", "Opinions", "Sub", "Taxonomy", "Upgrade", "expressions", "load", "names", "opinions",
    "parse",
]  # fmt: skip
