"""`voc init`: a project."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from voc import config as configuration
from voc import ingest as ingestion
from voc import taxonomy as taxonomies
from voc.commands import say
from voc.config import PrivacySection
from voc.errors import WrongUse

TEMPLATE = """\
# All sections and keys: docs/configuration.md. What is not set here has the default named there.

[project]
name = "{name}"
time_zone = "Asia/Shanghai"
language = "zh"

[nlp]
taxonomy = "{taxonomy}"

[topics]
enabled = {topics}

# Files go to inbox/NAME/, NAME one of `voc sources`. Other places and mappings are named here:
# [sources.my-shop]
# files = "inbox/exports/*.csv"
# source = "table"
# mapping = "mappings/my-shop.toml"
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Where the project goes; it is made if needed.")] = Path("."),
    *,
    taxonomy: Annotated[str, typer.Option(help="The built-in taxonomy to start from.")] = "retail-food",
) -> None:
    """Make a project: voc.toml, inbox/, an editable taxonomy and the key for member ids."""
    create(folder, taxonomy=taxonomy)
    say(f"project made in {folder}: put exports into {folder}/inbox/NAME/ and run `voc run --month YYYY-MM`")


def create(
    folder: Path,
    *,
    taxonomy: str = "retail-food",
    editable: bool = True,
    topics: bool = True,
    name: str | None = None,
    key: bytes | None = None,
) -> None:
    """The project's files. Raises WrongUse when the folder holds a project already; nothing is overwritten.

    `name`: what the report is headed with (default: the folder's name); `key`: see `voc.ingest.make_key`.
    """
    path = folder / configuration.FILE
    if path.exists():
        raise WrongUse(f"{path} exists already; edit it, or choose another folder")
    stem = taxonomies.load(taxonomy).name.replace("-", "_")
    source = files("voc.taxonomy") / "data" / f"{stem}.toml"
    for source_name in ingestion.names():
        (folder / "inbox" / source_name).mkdir(parents=True, exist_ok=True)
    if editable:
        (folder / "taxonomy.toml").write_text(source.read_text("utf-8"), "utf-8")
    reference = "taxonomy.toml" if editable else taxonomy
    name = (name or folder.resolve().name).replace("\\", "").replace('"', "")
    if not (folder / PrivacySection().key_file).exists():
        ingestion.make_key(folder / PrivacySection().key_file, key=key)
    path.write_text(TEMPLATE.format(name=name, taxonomy=reference, topics=str(topics).lower()), "utf-8")
