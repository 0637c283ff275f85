"""Writes docs/cli.md and docs/configuration.md from the code, and the tables of docs/accuracy.md from docs/figures/.

`python docs/generate.py`; a test compares the result. A file of docs/figures/ is what `voc eval --json` printed.
"""

from __future__ import annotations

import inspect
import json
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from voc.cli import COMMANDS, plain
from voc.config import Config, SourceSection
from voc.evaluate import Figure
from voc.evaluate.tables import placed

HERE = Path(__file__).parent

CLI_INTRO = """\
# Commands

Made by `python docs/generate.py`.

Exit codes: 0 done · 1 the work failed · 2 wrong use · 3 another run holds the project · 4 done, but more was quarantined
than `[sources] max_quarantined` allows.
"""


def cli() -> str:
    """Every command with its arguments and options, in the order of `voc --help`."""
    parts = [CLI_INTRO]
    for name in COMMANDS:
        function = plain(name)
        parts.append(f"## voc {name}\n\n{inspect.getdoc(function)}\n")
        rows = [_parameter(*item) for item in _parameters(function)]
        if rows:
            parts.append("| | | default |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    hints = typing.get_type_hints(function, include_extras=True)
    return [(name, hints[name], p.default) for name, p in inspect.signature(function).parameters.items()]


def _parameter(name: str, hint: Any, default: Any) -> str:
    info = hint.__metadata__[0]
    # Inside Annotated, typer keeps the first flag in the place of the default.
    first = (info.default,) if isinstance(info.default, str) and info.default.startswith("-") else ()
    flags = (*first, *(info.param_decls or ())) or (f"--{name.replace('_', '-')}",)
    label = name.upper() if type(info).__name__ == "ArgumentInfo" else " ".join(flags)
    value = "required" if default is inspect.Parameter.empty else "" if default in (None, False) else f"`{default}`"
    return f"| `{label}` | {info.help or ''} | {value} |"


def configuration() -> str:
    """Every key of voc.toml with its default."""
    parts = ["# Configuration\n\nMade by `python docs/generate.py`.\n\nOne file, `voc.toml`. A flag of a command overrides it; "
             "a variable `VOC_SECTION_KEY` overrides both. Unknown keys are errors.\n"]  # fmt: skip
    for name, field in Config.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            parts.append(_section(f"[{name}]", model))
    parts.append(_section("[sources.NAME]", SourceSection))
    parts.append(f"`[sources] max_quarantined` (default `{Config().max_quarantined}`): the share of a file's records that may "
                 "be refused before a command ends with exit code 4.\n")  # fmt: skip
    return "\n".join(parts)


def _section(title: str, model: type[BaseModel]) -> str:
    doc = inspect.getdoc(model) or ""
    intro = f"{doc}\n\n" if doc and doc != inspect.getdoc(BaseModel) else ""
    values = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}
    rows = [f"| `{name}` | `{value!r}` |" for name, value in values.items()]
    return f"## {title}\n\n{intro}| key | default |\n|---|---|\n" + "\n".join(rows) + "\n"


def accuracy() -> str:
    """docs/accuracy.md with the tables of the stored figures."""
    files = sorted((HERE / "figures").glob("*.json"))
    figures = [Figure(**row) for file in files for row in json.loads(file.read_text("utf-8"))]
    return placed((HERE / "accuracy.md").read_text("utf-8"), figures)


if __name__ == "__main__":
    (HERE / "cli.md").write_text(cli(), "utf-8")
    (HERE / "configuration.md").write_text(configuration(), "utf-8")
    (HERE / "accuracy.md").write_text(accuracy(), "utf-8")
