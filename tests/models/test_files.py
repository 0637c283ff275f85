import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import save

from voc.errors import UnknownName, VocError
from voc.models import available, find, verify
from voc.models.files import FOLDERS, tensors


@pytest.fixture
def folder(tmp_path):
    raw = save({"keys": np.arange(3, dtype=np.uint32)})
    (tmp_path / "small.safetensors").write_bytes(raw)
    entry = {
        "file": "small.safetensors",
        "version": "2",
        "sha256": hashlib.sha256(raw).hexdigest(),
        "licence": "Apache-2.0",
        "settings": {"longest": 3},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"models": {"small": entry}}), encoding="utf-8")
    return tmp_path


def test_what_ships_is_sound():
    names = [file.name for file in available()]
    assert names == sorted(names) and {"accurate", "accurate-tokens", "polarity-en", "polarity-zh-clause"} <= set(names)
    assert [verdict.problem for verdict in verify()] == [""] * len(names)


def test_every_shipped_file_is_in_the_manifest_and_small():
    files = {path.name for folder in FOLDERS for path in folder.iterdir()} - {"manifest.json", "CARD.md"}
    assert files == {file.path.name for file in available()}
    assert all(file.path.stat().st_size <= 16_000_000 for file in available())


def test_a_sound_file(folder):
    file = find("small", folder)
    assert file.label == "small-2" and file.settings == {"longest": 3}
    assert tensors(file)["keys"].tolist() == [0, 1, 2]


def test_an_altered_file_is_refused(folder):
    path = folder / "small.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(VocError, match=r"small-2 has sha256 .* the manifest says"):
        tensors(find("small", folder))
    assert "sha256" in verify(folder)[0].problem


def test_a_missing_file_is_named(folder):
    (folder / "small.safetensors").unlink()
    assert "small.safetensors" in verify(folder)[0].problem


def test_other_formats_are_refused(folder):
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("small.safetensors", "small.pkl"), encoding="utf-8")
    with pytest.raises(VocError, match="can carry code"):
        tensors(find("small", folder))


def test_unknown_model(folder):
    with pytest.raises(UnknownName, match="Did you mean 'small'"):
        find("smal", folder)


@pytest.mark.parametrize("text", ["", "{}", '{"models": {"a": {}}}'])
def test_a_broken_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(VocError, match=r"manifest\.json"):
        available(tmp_path)
