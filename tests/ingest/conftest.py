"""A lake, a key, and a way to write a file and ingest it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from voc.config import Config
from voc.ingest import Ingested, ingest
from voc.lake import Lake

KEY = bytes(range(32))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def key() -> bytes:
    return KEY


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(name, header, rows, encoding='utf-8'): a CSV file."""

    def written(name: str, header: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerows([header, *rows])
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(buffer.getvalue().encode(encoding))
        return path

    return written


@pytest.fixture
def read_in(lake: Lake, key: bytes) -> Callable[..., Ingested]:
    """read_in(path, source='table', **options): one file into the lake; checks that the ledger adds up."""

    def run(path: Path, *, source: str = "table", config: Config | None = None, **options: object) -> Ingested:
        (done,) = ingest(lake, [path], source=source, config=config or Config(), key=key, **options)  # type: ignore[arg-type]
        assert done.records == done.new + done.updated + done.duplicate + done.unchanged + done.quarantined
        return done

    return run
