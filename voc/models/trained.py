"""Polarity learned from one's own labels, or from one's own texts alone (`voc train`): shipped scores beside their n-grams.

A folder holds the tensors of an `Adapted` and a manifest; `load` gives what judges texts, with the face of `Polarity`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError, UnknownName
from voc.models import polarity
from voc.models.adapting import Adapted, Member, adapt
from voc.models.files import ModelFile, enter, find, tensors
from voc.models.linear import NgramLinear
from voc.models.polarity import CLASSES, LANGUAGES, LEVELS, decided
from voc.models.training import SEED
from voc.models.unlabelled import LEAST, margins_of, settled
from voc.text.sheet import normal_forms

NAME = "trained"
FEWEST = 30
"""Texts that each class needs."""
_FILE = "trained.safetensors"
_NEUTRAL_ABOVE = 0.5
_SURE = 0.8  # of the unlabelled texts, the surest ones


@dataclass(frozen=True, eq=False)
class Trained:
    """`classes_of` (c,) is the index into CLASSES of each class that was labelled; `langs` holds the one language.

    With `keeps_neutral` the shipped review model says how likely neutral is.
    """

    name: str
    langs: tuple[str, ...]
    neutral_above: float
    classes_of: NDArray[np.int64]
    model: Adapted
    keeps_neutral: bool = False

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive; rows sum to 1, a class without labels has 0."""
        out = np.zeros((len(texts), len(CLASSES)), dtype=np.float32)
        if len(texts):
            out[:, self.classes_of] = self.model.probabilities(normal_forms(texts), elsewhere(texts, self.langs[0]))
        if self.keeps_neutral and len(texts):
            neutral = polarity.of_reviews(texts, lang=self.langs[0])[:, 1]
            out *= (1 - neutral)[:, None]
            out[:, 1] = neutral
        return out

    def classes(self, probabilities: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shape (n,): the index into CLASSES of each row, as `Polarity.classes`."""
        return decided(probabilities, self.neutral_above)


@dataclass(frozen=True)
class Comparison:
    """Macro-averaged F1 in [0, 1] over the labelled classes, on texts that the model of each fold did not see.

    trained: the new models; shipped: the shipped model of that language and level on the same texts; texts, folds: numbers.
    """

    texts: int
    folds: int
    trained: float
    shipped: float


def elsewhere(texts: Sequence[str], lang: str) -> NDArray[np.float32]:
    """Shape (n, 6), for English (n, 3): log probabilities that the shipped models of clauses and of reviews give."""
    levels = LEVELS if lang == "zh" else LEVELS[:1]
    found = [polarity.load(lang, level).probabilities(texts) for level in levels]
    return np.log(np.maximum(np.hstack(found), 1e-4))


def train(texts: Sequence[str], labels: NDArray[np.integer], *, lang: str = "zh", name: str = NAME) -> Trained:
    """From texts and `labels` (n,), indices into CLASSES. Equal inputs give equal models.

    Raises UnknownName for a language, InputError for a class with fewer than FEWEST texts, or one class alone.
    """
    if lang not in LANGUAGES:
        raise UnknownName("language of the polarity models", lang, LANGUAGES)
    kinds, counts = np.unique(labels, return_counts=True)
    if len(kinds) < 2:
        raise InputError("two classes at least are needed; all texts have the same label")
    for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
        if count < FEWEST:
            raise InputError(f"only {count} texts are labelled {CLASSES[kind]}; {FEWEST} are needed at least")
    found = adapt(normal_forms(texts), np.searchsorted(kinds, labels), elsewhere(texts, lang), classes=len(kinds))
    return Trained(name, (lang,), _NEUTRAL_ABOVE, kinds.astype(np.int64), found)


def without_labels(texts: Sequence[str], *, lang: str = "zh", name: str = NAME) -> Trained:
    """From the reviews of one trade: the surest verdicts of the shipped model, once it has read them all, are the labels.

    Raises InputError for fewer than LEAST texts, UnknownName for a language.
    """
    if len(texts) < LEAST:
        raise InputError(f"{len(texts)} texts are too few to learn from without labels; {LEAST} are needed at least")
    now = settled(normal_forms(texts), margins_of(polarity.of_reviews(texts, lang=lang)))
    rows = np.sort(np.argsort(-np.abs(now), kind="stable")[: int(_SURE * len(texts))])
    poles = np.where(now[rows] > 0, CLASSES.index("positive"), CLASSES.index("negative"))
    model = train([texts[i] for i in rows.tolist()], poles, lang=lang, name=name)
    return replace(model, keeps_neutral=True, neutral_above=polarity.load(lang, "review").neutral_above)


def compare(
    texts: Sequence[str], labels: NDArray[np.integer], *, lang: str = "zh", level: str = "review", folds: int = 5
) -> Comparison:
    """How models trained on the other folds judge each fold, beside the shipped model of `lang` and `level`.

    Raises what `train` does; equal texts are kept in one fold.
    """
    groups = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    dealt = np.random.default_rng(SEED).permutation(len(groups)) % folds
    fold = dealt[[groups[text] for text in texts]]
    guessed = np.zeros(len(labels), dtype=np.int64)
    for number in range(folds):
        held = np.flatnonzero(fold == number)
        learnt = np.flatnonzero(fold != number)
        model = train([texts[i] for i in learnt.tolist()], labels[learnt], lang=lang)
        guessed[held] = model.classes(model.probabilities([texts[i] for i in held.tolist()]))
    shipped = polarity.load(lang, level)
    theirs = shipped.classes(shipped.probabilities(texts))
    return Comparison(len(texts), folds, _macro_f1(labels, guessed), _macro_f1(labels, theirs))


def save(model: Trained, folder: Path, *, licence: str = "your own") -> ModelFile:
    """Write `model` to the new `folder`. Raises InputError for a folder that holds something."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError("is not empty; a new folder is wanted", path=folder)
    parts: dict[str, NDArray[np.generic]] = {"mixing": model.model.mixing, "shift": model.model.shift}
    for number, member in enumerate(model.model.members):
        ngrams = member.ngrams
        parts |= {
            f"{number}.keys": ngrams.keys[:-1], f"{number}.ngrams": ngrams.weights[:-1],
            f"{number}.idf": np.sqrt(ngrams.squares[:-1]), f"{number}.bias": ngrams.bias,
            f"{number}.elsewhere": member.weights,
        }  # fmt: skip
    path = folder / _FILE
    save_file({name: np.ascontiguousarray(part) for name, part in parts.items()}, path)
    settings = {
        "called": model.name, "langs": list(model.langs), "neutral_above": model.neutral_above,
        "keeps_neutral": model.keeps_neutral,
        "classes": [CLASSES[kind] for kind in model.classes_of.tolist()],
        "longest": [member.ngrams.longest for member in model.model.members],
    }  # fmt: skip
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    enter(path, NAME, version=version, licence=licence, settings=settings)
    return find(NAME, folder)


@cache
def load(folder: Path) -> Trained:
    """What `save` wrote. Raises UnknownName where the folder's manifest has no such model, VocError for an altered file."""
    file = find(NAME, folder)
    parts, settings = tensors(file), file.settings
    members = tuple(
        Member(
            NgramLinear.of(
                parts[f"{n}.keys"], parts[f"{n}.ngrams"], parts[f"{n}.idf"], parts[f"{n}.bias"], longest=int(longest)
            ),
            parts[f"{n}.elsewhere"],
        )
        for n, longest in enumerate(settings["longest"])
    )
    return Trained(
        name=f"{settings['called']}-{file.version}",
        langs=tuple(settings["langs"]),
        neutral_above=float(settings["neutral_above"]),
        classes_of=np.array([CLASSES.index(name) for name in settings["classes"]], dtype=np.int64),
        model=Adapted(members, parts["mixing"], parts["shift"]),
        keeps_neutral=bool(settings["keeps_neutral"]),
    )


def _macro_f1(truth: NDArray[np.integer], guessed: NDArray[np.integer]) -> float:
    scores = []
    for kind in np.unique(truth).tolist():
        hits = int(((truth == kind) & (guessed == kind)).sum())
        scores.append(2 * hits / int((truth == kind).sum() + (guessed == kind).sum()))
    return float(np.mean(scores))
