"""The sets of `voc eval`: each with its protocol, and how far it was looked at while the method was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError, UnknownName, WrongUse
from voc.evaluate import labelled, protocols
from voc.evaluate.baselines import BASELINES, SLOW, Answer, tfidf
from voc.evaluate.figures import (
    BIN_MEASURE,
    Counts,
    Figure,
    accuracy,
    calibration_error,
    class_f1,
    class_recall,
    confusion,
    figure,
    macro_f1,
    mean_figure,
    reliability,
    set_f1,
)
from voc.evaluate.labelled import NEGATIVE, NEUTRAL, Labelled
from voc.extract import sentiment
from voc.extract.evaluate import food_quads
from voc.models import encoder, polarity

PROFILES = ("fast", "accurate")
ACCURACY, SIGN, MACRO = "accuracy", "accuracy by sign of the score", "macro F1"


@dataclass(frozen=True)
class EvalSet:
    """`about` says what is measured and how, `looked` how far it was watched while choosing, `profiles` that have figures.

    `trains` marks sets whose protocol trains models on the way, which takes minutes; `run(folder, profile, baselines)`.
    """

    name: str
    about: str
    looked: str
    trains: bool
    profiles: tuple[str, ...]
    run: Callable[[Path, str, bool], list[Figure]]


def chosen(names: Iterable[str]) -> tuple[EvalSet, ...]:
    """The sets of `names`, all of them in their order where none is given. Raises UnknownName."""
    names = tuple(names)
    for name in names:
        if name not in SETS:
            raise UnknownName("evaluation set", name, SETS)
    return tuple(SETS[name] for name in (names or SETS))


def evaluate(name: str, folder: Path, *, profile: str = "fast", baselines: bool = True) -> list[Figure]:
    """The figures of one set under `profile`, those of the baselines after ours.

    `folder` holds the open sets as their manifest.json names them. Raises UnknownName for another set or profile,
    WrongUse where the profile has no figures on the set, InputError for a missing or different file.
    """
    (one,) = chosen([name])
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    if profile not in one.profiles:
        raise WrongUse(f"set {name!r} has no figures of profile {profile!r}; it has: {', '.join(one.profiles)}")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such data folder")
    return one.run(folder, profile, baselines)


def _two(name: str, read: Callable[[Path], Labelled], *, lang: str) -> Callable[[Path, str, bool], list[Figure]]:
    """Reviews of two classes by the shipped model; a neutral answer counts as wrong in accuracy, not by sign."""

    def run(folder: Path, profile: str, baselines: bool) -> list[Figure]:
        test = read(folder)
        system = f"voc {profile}"
        given, scores = _sentiment(test.texts, lang)
        by_sign = np.where(scores >= 0, 2, 0)
        out = [
            figure(name, system, ACCURACY, confusion(test.labels, given), accuracy),
            figure(name, system, SIGN, confusion(test.labels, by_sign), accuracy),
            *_calibration(name, system, test, lang),
        ]
        return out + (_others(name, folder, test, ((ACCURACY, accuracy),), two=True) if baselines else [])

    return run


def _three(name: str, read: Callable[[Path], Labelled]) -> Callable[[Path, str, bool], list[Figure]]:
    """Chinese reviews of three classes by the shipped model."""
    measures = ((ACCURACY, accuracy), (MACRO, macro_f1), ("F1 of neutral", class_f1(NEUTRAL)))

    def run(folder: Path, profile: str, baselines: bool) -> list[Figure]:
        test = read(folder)
        system = f"voc {profile}"
        given, _ = _sentiment(test.texts, "zh")
        counts = confusion(test.labels, given)
        out = [figure(name, system, measure, counts, by) for measure, by in measures]
        out += _calibration(name, system, test, "zh")
        return out + (_others(name, folder, test, measures, two=False) if baselines else [])

    return run


def _complaints(folder: Path, profile: str, baselines: bool) -> list[Figure]:
    test = labelled.mcdonalds(folder)
    given, _ = _sentiment(test.texts, "en")
    found = class_recall(NEGATIVE)
    return [figure("mcdonalds", f"voc {profile}", "found negative", confusion(test.labels, given), found)]


def _food_mentions(folder: Path, profile: str, baselines: bool) -> list[Figure]:
    scores = food_quads(folder / "aspect" / "jd_food_quads_open.csv.gz", profile=profile)
    value, low, high = set_f1(scores.rows)
    system, texts = f"voc {profile}", len(scores.rows)
    return [
        Figure("food-mentions", system, "(aspect, polarity) micro-F1", value, low, high, texts),
        Figure("food-mentions", system, "complaints alone, micro-F1", scores.complaints.f1, None, None, texts),
    ]


def _trades(folder: Path, profile: str, baselines: bool) -> list[Figure]:
    found = protocols.trades(folder, baseline=baselines)
    return [line for system, parts in found.items() for line in _parts("trades", system, parts)]


def _parts(name: str, system: str, parts: Mapping[str, Counts]) -> list[Figure]:
    single = [figure(name, system, f"accuracy, {part}", counts, accuracy) for part, counts in parts.items()]
    return [*single, mean_figure(name, system, "accuracy, mean", list(parts.values()))]


def _laptop(folder: Path, profile: str, baselines: bool) -> list[Figure]:
    """With `accurate` what the shipped encoder says of a clause stands beside the linear scores; it saw no polarity of them."""
    beside = None if profile == "fast" else _said
    found = protocols.laptop_clauses(folder, baseline=baselines and profile == "fast", beside=beside)
    named = {f"voc {profile}" if system == protocols.OURS else system: folds for system, folds in found.items()}
    return _folds("laptop-clauses", lambda *_, **__: named)(folder, profile, baselines)


def _said(texts: Sequence[str]) -> NDArray[np.float32]:
    model = encoder.load()
    whole = [model.means(read, [(0, max(len(text), 1))]) for text, read in zip(texts, model.read(texts), strict=True)]
    return np.concatenate(whole)


def _folds(
    name: str, protocol: Callable[..., Mapping[str, protocols.Folds]]
) -> Callable[[Path, str, bool], list[Figure]]:
    def run(folder: Path, profile: str, baselines: bool) -> list[Figure]:
        out = []
        for system, folds in protocol(folder, baseline=baselines).items():
            counts = confusion(folds.labels, folds.given)
            out += [figure(name, system, MACRO, counts, macro_f1), figure(name, system, ACCURACY, counts, accuracy)]
            out.append(figure(name, system, "F1 of neutral", counts, class_f1(NEUTRAL)))
            if folds.chances is not None:
                error = calibration_error(folds.chances, folds.labels)
                out.append(Figure(name, system, "calibration error", error, None, None, len(folds.labels)))
        return out

    return run


def _sentiment(texts: Sequence[str], lang: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    names, scores = sentiment.score(texts, lang=lang)
    return np.array([sentiment.LABELS.index(name) for name in names], dtype=np.int64), scores


def _calibration(name: str, system: str, test: Labelled, lang: str) -> list[Figure]:
    """The calibration error and the reliability table of the probabilities of whole reviews."""
    chances = polarity.of_reviews(test.texts, lang=lang)
    error = calibration_error(chances, test.labels)
    table = [
        Figure(name, system, f"{BIN_MEASURE}{one.least:.1f} to {one.least + 0.1:.1f}", one.right, None, None, one.texts)
        for one in reliability(chances, test.labels)
    ]
    return [Figure(name, system, "calibration error", error, None, None, len(test.texts)), *table]


def _others(
    name: str,
    folder: Path,
    test: Labelled,
    measures: Sequence[tuple[str, Callable[[Counts], NDArray[np.float64]]]],
    *,
    two: bool,
) -> list[Figure]:
    """The installed baselines on an evenly spread part of the set, and TF-IDF with a regression on all of it."""
    systems: list[tuple[str, Answer, Labelled]] = []
    few = labelled.every(test, SLOW)
    systems += [(one.name, one.answer(), few) for one in BASELINES if one.installed and "zh" in one.langs]
    systems.append(("TF-IDF + LR", _usual(folder, two), test))
    out = []
    for system, answer, some in systems:
        counts = confusion(some.labels, answer(some.texts))
        out += [figure(name, system, measure, counts, by) for measure, by in measures]
    return out


@cache
def _usual(folder: Path, two: bool) -> Answer:
    return tfidf(*protocols.review_texts(folder, two=two))


_FAST = ("fast",)
_ALL = (
    EvalSet("waimai", "takeaway reviews, two classes, shipped model, never trained on", "used to choose", False, _FAST,
            _two("waimai", labelled.waimai, lang="zh")),
    EvalSet("eprstmt", "shop reviews, two classes, train + dev, shipped model, never trained on", "used to choose", False,
            _FAST, _two("eprstmt", labelled.eprstmt, lang="zh")),
    EvalSet("food", "food reviews by their units, three classes, shipped model, never trained on", "used to choose", False,
            _FAST, _three("food", labelled.food)),
    EvalSet("makeup", "cosmetics reviews by their units, three classes, shipped model, never trained on", "watched", False,
            _FAST, _three("makeup", labelled.makeup)),
    EvalSet("cars", "forum posts on cars, three classes, shipped model, never trained on", "watched", False, _FAST,
            _three("cars", labelled.cars)),
    EvalSet("mcdonalds", "English reviews with a marked problem, shipped model, never trained on", "watched", False, _FAST,
            _complaints),
    EvalSet("food-mentions", "food reviews, mentions against units, never trained on", "confusions were looked at", False,
            PROFILES, _food_mentions),
    EvalSet("trades", "online_shopping, each trade by a model that saw nothing of it, two classes", "used to choose", True,
            _FAST, _trades),
    EvalSet("laptop-clauses", "jd_laptop_clause_sentiment, the clause model without it adapted in five folds, three classes",
            "used to choose", True, PROFILES,
            _laptop),
    EvalSet("english", "ACOS and Alexa, three classes, five folds by text", "used to choose", True, _FAST,
            _folds("english", protocols.english)),
)  # fmt: skip
SETS: dict[str, EvalSet] = {one.name: one for one in _ALL}
