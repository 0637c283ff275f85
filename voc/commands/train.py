"""`voc train`: polarity on one's own labels, or on one's own reviews without any."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from voc import single
from voc.commands import AsJson, label_pairs, say, show
from voc.errors import InputError, WrongUse
from voc.models import labels as meanings
from voc.models import trained


class Level(StrEnum):
    """What the labelled texts are."""

    review = "review"
    clause = "clause"


class Lang(StrEnum):
    """The language of the labelled texts."""

    zh = "zh"
    en = "en"


def train(
    path: Annotated[Path, typer.Argument(help="A file of labelled texts (CSV, xlsx, JSON lines, Parquet).")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The new folder that the model goes to.")],
    level: Annotated[Level, typer.Option(help="Whether the texts are reviews or clauses.")] = Level.review,
    lang: Annotated[Lang, typer.Option(help="The language of the texts.")] = Lang.zh,
    text_column: Annotated[str | None, typer.Option(help="The column of the text.")] = None,
    label_column: Annotated[str, typer.Option(help="The column of the label.")] = "label",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="NAME=negative, NAME=neutral or NAME=positive; repeat for each label."),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="In how many parts the comparison holds texts back.")] = 5,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled", help="The reviews have no labels: what the shipped model is sure of serves as such."
        ),
    ] = False,
    name: Annotated[str, typer.Option(help="What tables call the model.")] = trained.NAME,
    as_json: AsJson = False,
) -> None:
    """Learn polarity from your own labels on top of the shipped models, and say whether it judges better than they.

    The comparison is on texts held back. Name the new folder as `review_model` or `clause_model` under [nlp] in voc.toml,
    or as `voc sentiment --model`. With --unlabelled the words of one trade are learned from some hundred of its reviews, better
    thousands; there is nothing to compare with then.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError("is not empty; a new folder is wanted", path=out)
    if unlabelled:
        _unlabelled(path, out, text_column=text_column, lang=lang.value, level=level, name=name)
        return
    texts, given = single.labelled(path, text_column=text_column, label_column=label_column)
    kinds = sorted(set(given))
    meant = dict(zip(kinds, meanings.classes_of(kinds, label_pairs(label)), strict=True))
    truth = np.array([meant[one] for one in given], dtype=np.int64)
    say(f"{len(texts):,} labelled texts, {folds} folds ...")
    found = trained.compare(texts, truth, lang=lang.value, level=level.value, folds=folds)
    trained.save(trained.train(texts, truth, lang=lang.value, name=name), out)
    rows = [
        {"model": "trained on your labels", "macro F1": round(found.trained, 4)},
        {"model": f"shipped, {level.value}s", "macro F1": round(found.shipped, 4)},
    ]
    show(rows, as_json=as_json, title=f"{found.texts:,} texts, held back in {found.folds} folds")
    if found.trained <= found.shipped:
        say("the shipped model judges these texts at least as well; more labels may change that")
    say(f'{out} is ready: under [nlp] in voc.toml, {level.value}_model = "{out}"')


def _unlabelled(path: Path, out: Path, *, text_column: str | None, lang: str, level: Level, name: str) -> None:
    if level is not Level.review:
        raise WrongUse("--unlabelled learns from whole reviews; leave --level out")
    texts = [text for text in single.texts_of(path, text_column, None) if (text or "").strip()]
    say(f"{len(texts):,} reviews ...")
    trained.save(trained.without_labels([text or "" for text in texts], lang=lang, name=name), out)
    say(f'{out} is ready: under [nlp] in voc.toml, review_model = "{out}"')
