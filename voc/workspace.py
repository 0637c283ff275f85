"""A project on disk, and the digests that tell whether a step is up to date."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from voc import config as configuration
from voc import ingest as ingestion
from voc import taxonomy as taxonomies
from voc.config import Config
from voc.errors import WrongUse
from voc.lake import Lake
from voc.taxonomy import Taxonomy


@dataclass(frozen=True)
class Workspace:
    """A project on disk: its folder as the user named it, its configuration and its lake.

    What workers open (tables, a taxonomy, models) has an absolute path: a cluster's stand in folders of their own.
    """

    folder: Path
    config: Config
    lake: Lake

    @classmethod
    def open(cls, folder: str | Path) -> Workspace:
        """Raises ConfigError when `folder` holds no readable voc.toml."""
        folder = Path(folder)
        config = configuration.load(folder)
        return cls(folder, config, Lake(folder.absolute() / config.lake.path))

    def taxonomy(self) -> Taxonomy:
        """The taxonomy that the configuration names: a built-in one, or a file relative to the project."""
        return taxonomies.load(self.taxonomy_reference())

    def taxonomy_reference(self) -> str:
        name = self.config.nlp.taxonomy
        return str(self.folder.absolute() / name) if name.endswith(".toml") else name

    def own_models(self) -> tuple[str | None, str | None]:
        """The folders of the imported models for reviews and for clauses; None where the shipped ones judge."""
        nlp = self.config.nlp
        review, clause = (
            None if name is None else str(self.folder.absolute() / name)
            for name in (nlp.review_model, nlp.clause_model)
        )
        return review, clause

    def member_key(self) -> bytes:
        return ingestion.load_key(self.folder / self.config.privacy.key_file)


def digest(*parts: object) -> str:
    """sha256 over the JSON of `parts`: what a step was made from."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def check_month(month: str) -> str:
    """`month` itself when it is 'YYYY-MM'. Raises WrongUse otherwise."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise WrongUse(f"month {month!r} is not of the form YYYY-MM, for instance 2026-10")
    return month
