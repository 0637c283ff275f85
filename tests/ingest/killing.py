"""kill -9 at random moments of an ingest; after another run the tables must equal those of a run that nothing disturbed.

python -m tests.ingest.killing FOLDER 50 200000           # by hand; carries on where it was; pytest runs a few on a small file
python -m tests.ingest.killing FOLDER 50 200000 copies    # with the search for near copies
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa

from voc.ingest.benchmark import write_reviews
from voc.lake import Lake
from voc.schemas import TABLES

_RUN = """
import sys
from pathlib import Path
from voc.config import Config
from voc.ingest import ingest
from voc.lake import Lake
files = [Path(name) for name in sys.argv[3:]]
config = Config.model_validate({"hygiene": {"copies": sys.argv[2] == "True"}})
ingest(Lake(Path(sys.argv[1])), files, source="table", config=config, key=b"k" * 32)
"""


def run(lake: Path, files: list[Path], *, copies: bool, seconds: float | None = None) -> bool:
    """Ingest `files`; kill the run after `seconds`. Whether it came to its end."""
    with subprocess.Popen([sys.executable, "-c", _RUN, str(lake), str(copies), *map(str, files)]) as child:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            return False
    assert child.returncode == 0, child.returncode
    return True


def tables(lake: Path) -> dict[str, pa.Table]:
    return {name: Lake(lake).read(name) for name in TABLES}


def trial(folder: Path, *, kills: int, rows: int, copies: bool, seed: int = 7) -> list[dict[str, object]]:
    """A line for each kill: when, whether the run was killed, what it left, and whether the tables are equal afterwards.

    The first file has `rows` reviews, the second edits and repeats a tenth of them and has some that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "first.csv", folder / "second.csv"]
    if not files[1].exists():
        write_reviews(files[0], rows, seed=seed)
        header, *lines = files[0].read_text("utf-8").splitlines()[: rows // 10]
        changed = [line.replace(",S0", ",T0") if i % 3 else line for i, line in enumerate(lines)]
        files[1].write_text("\n".join([header, *changed, "x,y", "only one cell"]) + "\n", "utf-8")
    whole, log = folder / "whole", folder / "kills.jsonl"
    if not log.exists():
        start = time.monotonic()
        run(whole, files, copies=copies)
        log.write_text(json.dumps({"took": time.monotonic() - start}) + "\n", "utf-8")
    took = float(json.loads(log.read_text("utf-8").splitlines()[0])["took"])
    wanted = tables(whole)
    draw = random.Random(seed)
    for n in range(kills):
        after, lake = draw.uniform(0.1, 1.0) * took, folder / f"lake-{n}"
        if n + 1 < len(log.read_text("utf-8").splitlines()):
            continue
        ended = run(lake, files, copies=copies, seconds=after)
        left = sorted(path.name for path in (lake / "_staging").rglob("plan.*")) if not ended else []
        run(lake, files, copies=copies)
        found = tables(lake)
        equal = all(found[name].equals(wanted[name]) for name in TABLES)
        line = {"after": round(after, 2), "killed": not ended, "left": left, "equal": equal}
        with open(log, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        if equal:
            subprocess.run(["rm", "-rf", str(lake)], check=True)
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()[1:]]


def main(folder: str, kills: str, rows: str, copies: str = "") -> int:
    found = trial(Path(folder), kills=int(kills), rows=int(rows), copies=bool(copies))
    print(
        f"{len(found)} trials, {sum(bool(f['killed']) for f in found)} killed, {sum(bool(f['equal']) for f in found)} equal"
    )
    return 0 if all(f["equal"] for f in found) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
