"""Model files: where they lie, what they are called, and that they are the ones that were measured.

Only formats without code are read: safetensors, ONNX graphs, JSON. Each folder of models has a manifest.json that
names every file with its sha256, version and licence; a file that is missing or differs is an error, never a fallback.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import UnknownName, VocError

FORMATS = (".json", ".onnx", ".safetensors")
WEIGHTS = Path(str(resources.files("voc.models").joinpath("weights")))
ACCURATE = WEIGHTS.with_name("accurate")
FOLDERS = (ACCURATE, WEIGHTS)


@dataclass(frozen=True)
class ModelFile:
    """One entry of the manifest. `settings` is what the code that runs the model needs to know besides tensors."""

    name: str
    version: str
    path: Path
    sha256: str
    licence: str
    settings: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name and version, as tables store it in their column `model`."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Verdict:
    """What `verify` found; `problem` is empty for a sound file."""

    model: str
    problem: str


def available(folder: Path | None = None) -> tuple[ModelFile, ...]:
    """The models of `folder`, or all that ship, by name. Raises VocError where a manifest cannot be read."""
    folders = FOLDERS if folder is None else (folder,)
    return tuple(sorted((file for place in folders for file in _listed(place)), key=lambda file: file.name))


def _listed(folder: Path) -> list[ModelFile]:
    manifest = folder / "manifest.json"
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["models"]
        return [
            ModelFile(
                name=name,
                version=entry["version"],
                path=folder / entry["file"],
                sha256=entry["sha256"],
                licence=entry["licence"],
                settings=entry.get("settings", {}),
            )
            for name, entry in entries.items()
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VocError(f"{manifest}: not a readable manifest of models ({error})") from error


def find(name: str, folder: Path | None = None) -> ModelFile:
    """The manifest's entry for `name`. Raises UnknownName with the names that there are."""
    files = {file.name: file for file in available(folder)}
    if name not in files:
        raise UnknownName("model", name, files)
    return files[name]


def verify(folder: Path | None = None) -> tuple[Verdict, ...]:
    """Every model with what is wrong with its file, for `voc doctor`; reads each file whole."""
    return tuple(Verdict(file.label, _problem(file)) for file in available(folder))


def enter(path: Path, name: str, *, version: str, licence: str, settings: Mapping[str, Any]) -> None:
    """Enter the model file at `path`, as it is there, into the manifest beside it; an entry of that name is replaced."""
    index = path.with_name("manifest.json")
    known = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {"models": {}}
    known["models"][name] = {
        "file": path.name,
        "version": version,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": licence,
        "settings": dict(settings),
    }
    index.write_text(json.dumps(known, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def contents(file: ModelFile) -> bytes:
    """The bytes of a file whose sha256 is the manifest's. Raises VocError for a missing or altered file."""
    return _read(file.path, file.sha256, file.label)


def tensors(file: ModelFile) -> dict[str, NDArray[Any]]:
    """The tensors of a file whose sha256 is the manifest's. Raises VocError for a missing or altered file."""
    return _tensors(file.path, file.sha256, file.label)


@cache
def _tensors(path: Path, sha256: str, label: str) -> dict[str, NDArray[Any]]:
    from safetensors.numpy import load  # only where a model is used

    raw = _read(path, sha256, label)
    return {name: np.asarray(tensor) for name, tensor in load(raw).items()}


def _read(path: Path, sha256: str, label: str) -> bytes:
    if path.suffix not in FORMATS:
        raise VocError(f"{path}: model {label} is not one of {', '.join(FORMATS)}; other formats can carry code")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise VocError(f"{path}: model {label} cannot be read ({error.strerror}); install the package again") from error
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise VocError(
            f"{path}: model {label} has sha256 {found}, the manifest says {sha256}; install the package again"
        )
    return raw


def _problem(file: ModelFile) -> str:
    try:
        _read(file.path, file.sha256, file.label)
    except VocError as error:
        return str(error)
    return ""
