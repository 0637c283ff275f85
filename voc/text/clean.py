"""Removal of what no table, file format or regular expression engine can carry."""

from __future__ import annotations

import re

_BROKEN = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without NUL and lone surrogates; everything else (emoji, ZWJ, controls, line ends) stays as it is."""
    return _BROKEN.sub("", text)
