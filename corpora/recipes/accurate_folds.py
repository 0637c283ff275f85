"""The encoder against the linear model on clauses: jd_laptop_clause_sentiment in five folds, three classes.

    python -m voc.corpora.recipes.accurate_folds DATA BUILD

BUILD is the folder of `voc models build`. Its network, which saw none of the labels, is trained on four folds and asked
about the fifth, each row as published. The folds are those of the linear model.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from voc.corpora.recipes.accurate import NETWORK
from voc.corpora.recipes.accurate_figures import macro_f1
from voc.corpora.recipes.accurate_rows import Asked, Example
from voc.corpora.recipes.accurate_train import Encoded, Net, Settings, Shape, collate, encoded, stretches, train
from voc.corpora.recipes.polarity import NEGATIVE, NEUTRAL, POSITIVE, table

from voc.models.encoder import NAME
from voc.models.files import find
from voc.text.normalise import normalise_all

FOLDS, EPOCHS = 5, 2
HEADS, EPSILON, DROPOUT = 12, 1e-12, 0.1
_LABELS = {"0": NEUTRAL, "1": POSITIVE, "2": NEGATIVE}
_AT_ONCE = 64


def folds(data: Path, net: Net, tokenizer: Tokenizer, codes: Sequence[str]) -> dict[str, float]:
    """Macro F1 and accuracy over all rows, each judged by a network that was not trained on its fold."""
    found = table(data, "polarity/jd_laptop_clause_sentiment")
    texts = normalise_all([row["clause"] for row in found])
    labels = np.array([_LABELS[row["label"]] for row in found])
    rows = encoded(
        [Example(t, "laptop", (Asked((0, max(len(t), 1)), int(y)),)) for t, y in zip(texts, labels, strict=True)],
        tokenizer, longest=110,
    )  # fmt: skip
    fold = np.random.default_rng(1).permutation(len(rows)) % FOLDS
    given = np.full(len(rows), NEUTRAL)
    for number in range(FOLDS):
        learnt = [rows[i] for i in np.flatnonzero(fold != number)]
        budget = int(EPOCHS * sum(len(row.ids) for row in learnt))
        tuned = train(copy.deepcopy(net), learnt, codes, Settings(budget=budget, rate=1.5e-4, tokens=512))
        held = np.flatnonzero(fold == number)
        given[held] = judged(tuned, [rows[i] for i in held], codes)
        logging.getLogger(__name__).info("fold %d: %.4f", number, macro_f1(labels[held], given[held]))
    return {"macro F1": macro_f1(labels, given), "accuracy": float((labels == given).mean())}


def judged(net: Net, rows: Sequence[Encoded], codes: Sequence[str]) -> NDArray[np.int64]:
    """The likeliest class of each row; neutral where it has no token."""
    out = np.full(len(rows), NEUTRAL)
    order = sorted((i for i, row in enumerate(rows) if len(row.ids) > 2), key=lambda i: len(rows[i].ids))
    with torch.no_grad():
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            batch = collate([rows[i] for i in some], codes)
            states: Tensor = net(batch.ids, batch.mask)
            out[some] = net.polarity(stretches(states, batch)).argmax(1).numpy()
    return out


def _network(state: dict[str, Tensor], issues: int) -> Net:
    pieces, hidden = state["word"].shape
    layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("layers."))
    inner = len(state["layers.0.fi.bias"])
    net = Net(Shape(hidden, layers, HEADS, inner, EPSILON, pieces, len(state["place"])), issues, dropout=DROPOUT)
    net.load_state_dict(state)
    return net


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("build", type=Path)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_str((options.build / f"{NAME}-tokens.json").read_text(encoding="utf-8"))
    codes = sorted(find(NAME, options.build).settings["codes"])
    net = _network(load_file(options.build / "work" / NETWORK), len(codes))
    sys.stdout.write(json.dumps(folds(options.data, net, tokenizer, codes), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
