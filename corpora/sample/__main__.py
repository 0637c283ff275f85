"""`python -m voc.corpora.sample OUT [--reviews N] [--seed S] [--labels] [--slice]`: write the sample corpus."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from voc.corpora.sample import generate

from voc.errors import VocError

KEPT = 2
"""Months that a slice keeps, counted from the last."""


def cut(out: Path) -> None:
    """Leave only the last KEPT months of the files and of the true cells in `out`."""
    path = out / "truth.json"
    truth = json.loads(path.read_text("utf-8"))
    kept = truth["months"][-KEPT:]
    for name in sorted(truth["files"]):
        if Path(name).stem not in kept:
            (out / name).unlink()
            del truth["files"][name]
    truth["true_cells"] = [c for c in truth["true_cells"] if c["month"] in kept]
    path.write_text(json.dumps(truth, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m voc.corpora.sample", description=__doc__)
    parser.add_argument("out", type=Path, help="folder that inbox/ and truth.json go to")
    parser.add_argument("--reviews", type=int, default=120_000, help="about how many platform reviews")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--labels", action="store_true", help="also write truth_labels.parquet")
    parser.add_argument("--slice", action="store_true", help="keep only the last two months")
    given = parser.parse_args(arguments)
    try:
        out = generate(given.out, reviews=given.reviews, seed=given.seed, labels=given.labels)
    except VocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if given.slice:
        cut(out)
    print(out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
