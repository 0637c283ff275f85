"""The command line: every command's plain function, and the exit codes.

0 done · 1 the work failed · 2 wrong use · 3 another run holds the project · 4 done, but too much was quarantined
"""

from __future__ import annotations

import functools
import importlib
import inspect
import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import voc
from voc.commands import say
from voc.errors import VocError

COMMANDS = {
    "init": "init:init",
    "demo": "demo:demo",
    "ingest": "ingest:ingest",
    "sources": "sources:sources",
    "taxonomy": "taxonomy:taxonomy",
    "annotate": "annotate:annotate",
    "topics": "topics:topics",
    "topics list": "topics:list_",
    "topics show": "topics:show_",
    "topics rename": "topics:rename",
    "topics merge": "topics:merge",
    "topics pin": "topics:pin",
    "topics mute": "topics:mute",
    "topics reset": "topics:reset",
    "rank": "rank:rank",
    "report": "report:report",
    "run": "run:run",
    "analyze": "analyze:analyze",
    "sentiment": "sentiment:sentiment",
    "keywords": "keywords:keywords",
    "rank-file": "rank_file:rank_file",
    "eval": "eval:eval_",
    "actions list": "actions:list_",
    "actions load": "actions:load",
    "actions fix": "actions:fix",
    "safety list": "safety:list_",
    "safety set": "safety:set_",
    "safety load": "safety:load",
    "tags": "tags:tags",
    "at-risk": "at_risk:at_risk",
    "audit sample": "audit:sample",
    "audit load": "audit:load",
    "train": "train:train",
    "models list": "models:list_",
    "models verify": "models:verify",
    "models import": "models:import_",
    "models build": "models:build",
    "bench": "bench_stages:sample",
    "bench ingest": "bench:ingest",
    "bench job": "bench_job:job",
    "bench ranking": "bench:ranking",
    "bench stages": "bench_stages:stages",
    "doctor": "doctor:doctor",
}
"""Each command as `module:function` of voc.commands; a run imports the one that it was asked for."""
GROUPS = {
    "topics": "Topics of complaints and requests; without a further word, those of the newest month are found.",
    "actions": "What is to be done, what was done, and whether it helped.",
    "safety": "What customers said of harm, and what people found when they looked into it.",
    "bench": "",
    "audit": "How well complaints are tagged, judged by people; the answers correct the rates.",
    "models": "The models: what ships, whether files are whole, a checkpoint of your own, the recipe of the encoder.",
}


def _exit_code(function: Callable[..., int | None]) -> Callable[..., None]:
    """`function` as a command: its errors become a line on stderr, its result the exit code."""

    @functools.wraps(function)
    def command(*args: Any, **options: Any) -> None:
        try:
            code = function(*args, **options)
        except VocError as error:
            say(f"voc: {error}")
            raise typer.Exit(error.exit_code) from error
        except BrokenPipeError:
            raise  # the reader of stdout has gone; typer ends quietly
        except (
            OSError
        ) as error:  # a full disk, a folder without permission: the file is named, the traceback helps nobody
            say(f"voc: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
            raise typer.Exit(1) from error
        raise typer.Exit(code or 0)

    return command


def _alone(function: Callable[..., int | None]) -> Callable[..., None]:
    """`function` as what a group does when none of its own commands is named."""
    command = _exit_code(function)

    @functools.wraps(function)
    def callback(context: typer.Context, *args: Any, **options: Any) -> None:
        if context.invoked_subcommand is None:
            command(*args, **options)

    own = inspect.signature(function)
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    callback.__signature__ = own.replace(parameters=[first, *own.parameters.values()])  # type: ignore[attr-defined]
    callback.__annotations__ = {"context": typer.Context, **function.__annotations__}
    return callback


def plain(name: str) -> Callable[..., int | None]:
    """The plain function of the command `name`, one of COMMANDS."""
    module, _, attribute = COMMANDS[name].partition(":")
    return getattr(importlib.import_module(f"voc.commands.{module}"), attribute)  # type: ignore[no-any-return]


def application(first: str | None = None) -> typer.Typer:
    """The command line. With the first word of a command, just the commands that begin so, if there are any."""
    app = typer.Typer(
        name="voc",
        help="Voice of customer for retail chains: reviews and surveys in, a monthly report that can be believed out.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_global)
    names = [name for name in COMMANDS if name.split()[0] == first] or list(COMMANDS)
    groups: dict[str, typer.Typer] = {}
    for name, text in GROUPS.items():
        if any(n.split()[0] == name for n in names):
            groups[name] = typer.Typer(help=text, no_args_is_help=name not in COMMANDS)
            app.add_typer(groups[name], name=name)
    for name in names:
        place, _, leaf = name.rpartition(" ")
        if name in groups:
            groups[name].callback(invoke_without_command=True)(_alone(plain(name)))
        else:
            (groups[place] if place else app).command(leaf)(_exit_code(plain(name)))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        print(voc.__version__)
        raise typer.Exit


def _global(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done, on stderr.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(name)s: %(message)s")


def main() -> None:
    application(next((word for word in sys.argv[1:] if not word.startswith("-")), None))()
