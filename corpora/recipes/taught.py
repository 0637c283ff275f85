"""What the encoder of the accurate profile says of unlabelled reviews, clause by clause: the linear models learn from it.

    python -m voc.corpora.recipes.taught DATA FILE  # a quarter of an hour of one core; the recipes read FILE

The encoder reads a clause with its whole review and knows more words than any n-gram; what it says of 340,000 real clauses
teaches a linear model its words in the wild (Hinton, Vinyals and Dean 2015). Left out are the texts of the test sets and
those of the two hands of readings on which thresholds are chosen and figures are made.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from voc.corpora.recipes.polarity import bare, table, untouchable
from voc.corpora.recipes.readings import CALIBRATED, readings

from voc.models import encoder
from voc.text.clauses import clauses
from voc.text.normalise import normalise_all

SOURCES = (
    ("polarity/online_shopping_9_cats", "review", 30_000), ("polarity/eprstmt_unlabeled", "sentence", 19_000),
    ("structured/meituan_hotpot_stores", "content", 6_000), ("structured/jd_washer", "content", 3_000),
    ("structured/jd_cosmetics", "content", 4_000), ("structured/taobao_supplement", "content", 4_000),
    ("structured/jd_phone_raw", "content", 2_500), ("structured/dianping_xinjiang", "content", 5_000),
)  # fmt: skip
"""Sets, their column, and how many of their reviews at most."""
_SHORTEST, _LONGEST = 4, 160
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Taught:
    """`texts` (n clauses in normal form), `polarity` (n, 3) negative, neutral, positive, `issues` (n, codes), all chances."""

    texts: tuple[str, ...]
    codes: tuple[str, ...]
    polarity: NDArray[np.float32]
    issues: NDArray[np.float32]


def reviews(folder: Path) -> list[str]:
    """The reviews that are read, in normal form, each once."""
    kept_out = [reading.text for reading in readings(folder) if reading.hand == CALIBRATED]
    kept_out += [reading.text for reading in readings(folder, tested=True)]
    seen = untouchable(folder) | {bare(text) for text in normalise_all(kept_out)}
    out: list[str] = []
    for name, column, most in SOURCES:
        fresh = []
        for text in normalise_all([row[column] for row in table(folder, name) if row[column]]):
            key = bare(text)
            if key not in seen and _SHORTEST <= len(text) <= _LONGEST:
                seen.add(key)
                fresh.append((zlib.crc32(key.encode()), text))
        out += [text for _, text in sorted(fresh)[:most]]
    return out


def teach(texts: Sequence[str]) -> Taught:
    """What the shipped encoder says of every clause of `texts`, which are in normal form."""
    model = encoder.load()
    said: list[str] = []
    poles, issues = [np.zeros((0, 3), np.float32)], [np.zeros((0, len(model.codes)), np.float32)]
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        for text, read in zip(some, model.read(some), strict=True):
            if spans := clauses(text):
                said += [text[start:end] for start, end in spans]
                poles.append(model.polarity(read, spans))
                issues.append(model.issues(read, spans))
    return Taught(tuple(said), model.codes, np.concatenate(poles), np.concatenate(issues))


def load(path: Path) -> Taught:
    """What `main` wrote."""
    with np.load(path) as parts:
        texts = tuple(parts["texts"].tobytes().decode("utf-8").split("\n"))
        codes = tuple(parts["codes"].tolist())
        return Taught(texts, codes, parts["polarity"].astype(np.float32), parts["issues"].astype(np.float32))


def save(taught: Taught, path: Path) -> None:
    """Write `taught` to a file that stays on this machine: it holds texts."""
    parts: dict[str, Any] = {
        "texts": np.frombuffer("\n".join(taught.texts).encode("utf-8"), dtype=np.uint8), "codes": np.array(taught.codes),
        "polarity": taught.polarity.astype(np.float16), "issues": taught.issues.astype(np.float16),
    }  # fmt: skip
    np.savez_compressed(path, **parts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the open sets")
    parser.add_argument("file", type=Path, help="where what the encoder says goes (.npz)")
    chosen = parser.parse_args(arguments)
    save(teach(reviews(chosen.data)), chosen.file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
