import json
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from voc.corpora.sample import generate


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A small sample: folder, truth and labels."""
    out = generate(tmp_path_factory.mktemp("sample"), reviews=8000, seed=5, labels=True)
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    return SimpleNamespace(out=out, truth=truth, labels=pq.read_table(out / "truth_labels.parquet").to_pylist())
