"""`voc.toml` read into frozen models.

Every key has its default here and nowhere else. Unknown keys are errors with the nearest valid name. A flag of a command
overrides the file; a variable `VOC_SECTION_KEY` (for instance `VOC_RANKING_FDR=0.05`) overrides both for deployment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from voc.errors import ConfigError, UnknownName

FILE = "voc.toml"


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectSection(Section):
    name: str = "voc"
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    currency: str = "CNY"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone {value!r}; an IANA name such as Asia/Shanghai is wanted") from error
        return value


class LakeSection(Section):
    path: str = "lake"


class SourceSection(Section):
    """`[sources.NAME]`: which files, read by which ingestor, with which mapping. Paths are relative to the project."""

    files: str | None = None
    source: str | None = None
    mapping: str | None = None
    channel: str | None = None
    encoding: str | None = None


class NlpSection(Section):
    """`review_model`, `clause_model`: folders made by `voc train` or `voc models import`, relative to the project, that judge
    reviews and clauses of their languages instead of the models that ship."""

    taxonomy: str = "retail-food"
    profile: Literal["fast", "accurate"] = "fast"
    language: Literal["auto", "zh", "en"] = "auto"
    min_confidence: float = Field(0.5, ge=0, le=1)
    workers: int = Field(0, ge=0, description="0: one per core")
    batch_rows: int = Field(4096, ge=1)
    review_model: str | None = None
    clause_model: str | None = None


class TopicsSection(Section):
    """`embedder`: use, static, e5, lsa, or the path of a sentence-transformers folder; with `+own` behind one of the first
    three, word vectors learned from your own reviews stand beside it. `most_topics`: for broad kinds, such as which goods a
    review is about, groups are joined until there are so many; without it, there are as many as the clauses hold.
    `names_url` and `names_model`: an OpenAI-compatible service that is asked to name topics; without an address nothing is
    sent anywhere."""

    enabled: bool = True
    embedder: str = "use"
    max_clauses: int = Field(8_000, ge=1)
    most_topics: int | None = Field(None, ge=2)
    seed: int = 2016
    names_url: str = ""
    names_model: str = ""


class RankingSection(Section):
    """`threshold`: the relative risk that a signal must exceed; `fdr`: the share of false ones borne among signals;
    `floor`: the probability of exceeding it that each signal needs of its own. `history`: months that are looked back for
    changes; `history_least`: how many there must be; `change_fdr`: the false discovery rate of changes."""

    threshold: float = Field(1.5, ge=1)
    fdr: float = Field(0.10, gt=0, lt=1)
    least: int = Field(3, ge=1)
    floor: float = Field(0.8, ge=0, le=1)
    strong_from: float = Field(2.0, ge=1)
    history: int = Field(24, ge=1)
    history_least: int = Field(6, ge=3)
    change_fdr: float = Field(0.10, gt=0, lt=1)
    severity_weights: dict[str, float] = Field(default_factory=lambda: {"S1": 8.0, "S2": 4.0, "S3": 2.0, "S4": 1.0})


class ReportSection(Section):
    title: str = ""
    quotes: int = Field(20, ge=1, le=20)


class PrivacySection(Section):
    """`key_file`: the key that member ids are hashed with, relative to the project; keep it out of the lake and of copies."""

    key_file: str = ".voc-key"


class Hygiene(Section):
    """Thresholds of the flags that keep paid, copied and hostile rows out of the statistics. `copies = false` saves the
    search for near copies, and with it the flags that rest on it. `near_duplicate_months`: how many months before a month
    its praise is compared with."""

    copies: bool = True
    near_duplicate: float = Field(0.8, gt=0, le=1)
    near_duplicate_min_chars: int = Field(16, ge=1)
    near_duplicate_months: int = Field(12, ge=0)
    burst_size: int = Field(8, ge=2)
    burst_hours: float = Field(72, gt=0)


class Config(Section):
    project: ProjectSection = ProjectSection()
    lake: LakeSection = LakeSection()
    max_quarantined: float = Field(0.02, ge=0, le=1)
    sources: dict[str, SourceSection] = Field(default_factory=dict)
    hygiene: Hygiene = Hygiene()
    nlp: NlpSection = NlpSection()
    topics: TopicsSection = TopicsSection()
    ranking: RankingSection = RankingSection()
    report: ReportSection = ReportSection()
    privacy: PrivacySection = PrivacySection()


def load(folder: Path, *, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration of the project in `folder`. Raises ConfigError (no file, bad TOML, bad value, unknown key)."""
    path = folder / FILE
    if not path.is_file():
        raise ConfigError(f"no {FILE} in {folder}: `voc init {folder}` makes a project there")
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FILE}: {error}") from error
    return parse(_overridden(data, os.environ if environ is None else environ), where=FILE)


def parse(data: Mapping[str, Any], *, where: str = FILE) -> Config:
    """`data` as a Config; `[sources] max_quarantined` is the one key of that section which is not a source."""
    data = dict(data)
    sources = dict(data.get("sources", {}))
    if "max_quarantined" in sources:
        data["max_quarantined"] = sources.pop("max_quarantined")
    data["sources"] = sources
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            raise UnknownName("key", ".".join(keys), _siblings(keys), where=where) from error
        raise ConfigError(f"{where}: {'.'.join(keys)}: {first['msg']} (found {first.get('input')!r})") from error


def _siblings(keys: list[str]) -> list[str]:
    """The valid keys beside the unknown one, dotted as it is."""
    model: type[BaseModel] = Config
    for key in keys[:-1]:
        field = model.model_fields.get(key)
        if field is None:  # the name of a source
            model = SourceSection
            continue
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
    prefix = ".".join(keys[:-1])
    return [f"{prefix}.{name}" if prefix else name for name in model.model_fields]


def _overridden(data: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """`data` with VOC_SECTION_KEY variables laid over it; values are read as TOML, else as text."""
    merged = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    for section, field in Config.model_fields.items():
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        for key in model.model_fields:
            value = environ.get(f"VOC_{section}_{key}".upper())
            if value is not None:
                merged.setdefault(section, {})[key] = _toml_value(value)
    return merged


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
