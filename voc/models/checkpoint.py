"""A user's own classifier in place of a shipped one: a Hugging Face sequence-classification checkpoint.

`adopt` copies what is needed into a folder of ours, once: weights (safetensors alone, since pickles carry code), the
configuration, the tokenizer in the form of the library `tokenizers`, and a manifest with the sha256 of each and the map from
its labels to our three classes. `load` runs such a folder with `transformers`; nothing of it is ever executed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError, MissingExtra, UnknownName
from voc.models.files import ModelFile, contents, enter, find
from voc.models.labels import classes_of
from voc.models.linear import softmax
from voc.models.polarity import CLASSES, LANGUAGES, decided

NAME = "checkpoint"
_PARTS = {NAME: "model.safetensors", f"{NAME}-config": "config.json", f"{NAME}-tokens": "tokenizer.json"}
_LONGEST = 512
_TOKENS = 2048  # a pass, padding included
_STEP = 8  # lengths are padded to a multiple of it


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """`classes_of` (labels,) is the index into CLASSES of each label of the network; `langs` are those it is asked about."""

    name: str
    langs: tuple[str, ...]
    neutral_above: float
    classes_of: NDArray[np.int64]
    tokenizer: Any
    network: Any
    padding: int

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n, 3), columns negative, neutral, positive; rows sum to 1. The texts go in as they are."""
        import torch

        out = np.zeros((len(texts), len(CLASSES)), dtype=np.float32)
        ids = [found.ids for found in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        at = 0
        while at < len(order):
            length = _padded(len(ids[order[at]]))
            some = [i for i in order[at : at + max(1, _TOKENS // length)] if _padded(len(ids[i])) == length]
            at += len(some)
            tokens = np.full((len(some), length), self.padding, dtype=np.int64)
            mask = np.zeros((len(some), length), dtype=np.int64)
            for row, i in enumerate(some):
                tokens[row, : len(ids[i])] = ids[i]
                mask[row, : len(ids[i])] = 1
            with torch.inference_mode():
                said = self.network(input_ids=torch.from_numpy(tokens), attention_mask=torch.from_numpy(mask)).logits
            chances = softmax(said.float().numpy())
            for label, place in enumerate(self.classes_of.tolist()):
                out[some, place] += chances[:, label]
        return out

    def classes(self, probabilities: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shape (n,): the index into CLASSES of each row, as `Polarity.classes`."""
        return decided(probabilities, self.neutral_above)


def adopt(
    source: Path,
    out: Path,
    *,
    labels: Mapping[str, str] | None = None,
    langs: Sequence[str] = ("zh",),
    neutral_above: float = 0.5,
    name: str | None = None,
    licence: str = "as its publisher says",
) -> ModelFile:
    """Copy the checkpoint in `source` to the new folder `out`, ready for `load`.

    `labels` maps the network's label names to CLASSES; several may mean the same one. Left out, usual names are known.
    Raises InputError for a folder without safetensors, of another task, or with code of its own, UnknownName for a label or
    class that does not exist, MissingExtra without PyTorch and transformers.
    """
    transformers = _libraries()
    for lang in langs:
        if lang not in LANGUAGES:
            raise UnknownName("language of the polarity models", lang, LANGUAGES)
    config = _configuration(source)
    given = [str(config["id2label"][key]) for key in sorted(config["id2label"], key=int)]
    meant = classes_of(given, labels)
    if not sorted(source.glob("*.safetensors")):
        raise InputError("has no .safetensors; other weight files can carry code and are not read", path=source)
    try:
        network = transformers.AutoModelForSequenceClassification.from_pretrained(
            source, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"is not a checkpoint that transformers reads: {error}", path=source) from error
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise InputError("has a tokenizer that the library `tokenizers` cannot express", path=source)
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise InputError("is not empty; a new folder is wanted", path=out)
    network.float().save_pretrained(out, max_shard_size="100GB")
    fast.no_padding()
    fast.enable_truncation(min(_LONGEST, int(config.get("max_position_embeddings", _LONGEST))))
    (out / _PARTS[f"{NAME}-tokens"]).write_text(fast.to_str(), encoding="utf-8")
    for part in out.iterdir():
        if part.name not in _PARTS.values():
            part.unlink()
    settings = {
        "classes": [CLASSES[place] for place in meant], "labels": given, "langs": sorted(langs),
        "neutral_above": neutral_above, "padding": int(tokenizer.pad_token_id or 0), "called": name or source.name,
    }  # fmt: skip
    version = hashlib.sha256((out / _PARTS[NAME]).read_bytes()).hexdigest()[
        :8
    ]  # tells two trainings of one network apart
    for entry, file in _PARTS.items():
        enter(out / file, entry, version=version, licence=licence, settings=settings if entry == NAME else {})
    return find(NAME, out)


@cache
def load(folder: Path) -> Checkpoint:
    """The checkpoint that `adopt` wrote to `folder`, on one thread: an engine has a process a core.

    Raises UnknownName where the folder's manifest has none, VocError for a missing or altered file, MissingExtra.
    """
    file = find(NAME, folder)
    transformers = _libraries()
    import torch
    from tokenizers import Tokenizer

    for part in _PARTS:
        contents(find(part, folder))  # they are what was adopted
    torch.set_num_threads(1)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
    ).eval()
    settings = file.settings
    return Checkpoint(
        name=f"{settings['called']}-{file.version}",
        langs=tuple(settings["langs"]),
        neutral_above=float(settings["neutral_above"]),
        classes_of=np.array([CLASSES.index(name) for name in settings["classes"]], dtype=np.int64),
        tokenizer=Tokenizer.from_str(contents(find(f"{NAME}-tokens", folder)).decode("utf-8")),
        network=network,
        padding=int(settings["padding"]),
    )


def _configuration(source: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"has no readable config.json, which a Hugging Face checkpoint has ({error})", path=source
        ) from None
    made_for = [str(one) for one in config.get("architectures") or []]
    if not any(one.endswith("ForSequenceClassification") for one in made_for):
        raise InputError(
            f"is made for {', '.join(made_for) or 'nothing it names'}, not sequence classification", path=source
        )
    if "auto_map" in config:
        raise InputError("brings code of its own (auto_map), which is not run", path=source)
    if config.get("problem_type") == "multi_label_classification":
        raise InputError("gives several labels at once; one of negative, neutral and positive is wanted", path=source)
    count = int(config.get("num_labels", 2))
    config.setdefault("id2label", {str(n): f"LABEL_{n}" for n in range(count)})
    return config


def _padded(tokens: int) -> int:
    return -(-max(tokens, 1) // _STEP) * _STEP


def _libraries() -> Any:
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtra(f"a checkpoint of one's own needs {error.name}, which", "checkpoint") from error
    library: Any = transformers
    library.utils.logging.disable_progress_bar()
    return library
