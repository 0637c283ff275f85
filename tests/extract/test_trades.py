"""Taxonomies of other trades on invented sentences."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from voc.extract.mentions import analyze
from voc.taxonomy import load

CASES = tomllib.loads(Path(__file__).with_name("trades.toml").read_text("utf-8"))


def found(text: str, taxonomy: str) -> set[str]:
    rows = analyze([text], taxonomy=load(taxonomy)).to_pylist()
    return {("-" if m["polarity"] < -0.15 else "+" if m["polarity"] > 0.15 else "0") + m["aspect"] for m in rows}


@pytest.mark.parametrize("taxonomy", sorted(CASES))
def test_sentences_of_a_trade(taxonomy: str) -> None:
    cases = CASES[taxonomy]
    wrong = [
        (text, wanted, found(text, taxonomy))
        for text, wanted in cases
        if not set(wanted.split()) <= found(text, taxonomy)
    ]
    assert len(wrong) <= len(cases) // 20, wrong


@pytest.mark.parametrize("text", ["没有漏电", "充电不发烫", "用完不过敏，脸也没红"])
def test_denied_harm_is_no_matter_of_safety(text: str) -> None:
    for taxonomy in ("electronics", "cosmetics"):
        assert not [
            m
            for m in analyze([text], taxonomy=load(taxonomy)).to_pylist()
            if m["severity"] == "S1" and m["polarity"] < 0
        ]
