"""What the labels of other people's data and models mean in our three classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voc.errors import InputError, UnknownName
from voc.models.polarity import CLASSES

USUAL = {
    "negative": ("negative", "neg", "负面", "负向", "消极", "差评", "-1", "1 star", "2 stars"),
    "neutral": ("neutral", "neu", "中性", "中评", "3 stars"),
    "positive": ("positive", "pos", "正面", "正向", "积极", "好评", "4 stars", "5 stars"),
}


def classes_of(given: Sequence[str], labels: Mapping[str, str] | None) -> list[int]:
    """The index into CLASSES of each of the label names `given`: by `labels` (name -> class) or, without it, by USUAL.

    Raises InputError for a name that says nothing or has no class, or where a pole is missing; UnknownName for a name in
    `labels` that is not given, or a class that does not exist.
    """
    if labels is None:
        usual = {name: kind for kind, names in USUAL.items() for name in names}
        unknown = [name for name in given if name.lower() not in usual]
        if unknown:
            raise InputError(
                f"the labels {', '.join(given)} do not say what they mean; name each: --label {unknown[0]}=negative"
            )
        labels = {name: usual[name.lower()] for name in given}
    for name, kind in labels.items():
        if name not in given:
            raise UnknownName("label", name, given)
        if kind not in CLASSES:
            raise UnknownName("class", kind, CLASSES)
    missing = [name for name in given if name not in labels]
    if missing:
        raise InputError(f"the label {missing[0]!r} has no class; all of {', '.join(given)} need one")
    found = [CLASSES.index(labels[name]) for name in given]
    for pole in ("negative", "positive"):
        if CLASSES.index(pole) not in found:
            raise InputError(f"no label means {pole}; both poles are needed")
    return found
