"""The static embeddings of voc.topics.static: word vectors learned from what the sentence encoder says of clauses.

    python -m voc.corpora.recipes.static DATA WORK  # writes weights/topics-static.safetensors and its manifest entry

100,000 distinct clauses of the open review sets (those whose terms allow training, without online_shopping, which measures
the topics) are encoded by the Universal Sentence Encoder, centred, scaled to length 1 and turned to their 256 main axes.
Word vectors are the ridge regression of that on which words a clause has. WORK keeps what was encoded; a run that was
stopped goes on from there. About three minutes on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy import sparse
from threadpoolctl import threadpool_limits

from voc.evaluate.labelled import rows
from voc.models.files import WEIGHTS, enter
from voc.text.clauses import clauses
from voc.text.segment import Segmenter
from voc.topics.embed import clean, embedder, unit
from voc.topics.static import MODEL, counted, words

log = logging.getLogger(__name__)

Array = NDArray[np.float32]

VERSION = "1"
LICENCE = "Apache-2.0 (weights, learned from Apache-2.0 weights); the texts stay with their sources, see CARD.md"
SETS = (
    ("polarity/waimai_10k", "review"), ("polarity/eprstmt_unlabeled", "sentence"), ("polarity/nlpcc14_sc", "review"),
    ("polarity/jd_laptop_clause_sentiment", "clause"), ("aspect/dianping_label6k", "text"),
    ("aspect/dimabsa_train", "sentence"), ("aspect/zhang_aste", "text"), ("aspect/absa_zh_small", "text"),
    ("structured/meituan_hotpot_stores", "content"), ("structured/jd_washer", "content"),
    ("structured/jd_phone_raw", "content"), ("structured/jd_cosmetics", "content"),
    ("structured/taobao_supplement", "content"), ("structured/jd_nike_quality", "content"),
    ("structured/ctrip_hotel_one", "content"), ("structured/dianping_haidilao", "comment"),
    ("structured/dianping_xinjiang", "content"), ("english/amazon_alexa", "verified_reviews"), ("english/acos", "text"),
)  # fmt: skip
MOST, SHORTEST, LONGEST = 100_000, 2, 60
WORD_LEAST, CHARACTER_LEAST = 4, 3
DIMENSIONS, RIDGE, STEPS = 256, 0.3, 60
HELD_OUT = 5_000
_SHARD = 5_000


def sample(folder: Path) -> list[str]:
    """The clauses, clean and distinct, drawn by a hash of their text."""
    found: set[str] = set()
    for name, column in SETS:
        texts = [row[column] or "" for row in rows(folder, name, column)]
        parts = clean([text[start:end] for text in texts for start, end in clauses(text)])
        found.update(part for part in parts if SHORTEST <= len(part) <= LONGEST)
        log.info("%s: %d clauses so far", name, len(found))
    return sorted(found, key=lambda text: hashlib.blake2b(text.encode(), digest_size=8).digest())[:MOST]


def taught(texts: list[str], work: Path) -> Array:
    """The teacher's vectors (n, 512), from `work` where they are there already."""
    teacher = embedder("use")
    work.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(texts), _SHARD):
        path = work / f"{hashlib.sha256(json.dumps(texts[start : start + _SHARD]).encode()).hexdigest()[:16]}.npy"
        if not path.exists():
            shard = sorted(texts[start : start + _SHARD], key=lambda text: (len(text), text))
            vectors = dict(zip(shard, teacher.encode(shard), strict=True))
            np.save(path, np.stack([vectors[text] for text in texts[start : start + _SHARD]]).astype(np.float16))
        parts.append(np.load(path).astype(np.float32))
        log.info("encoded %d of %d", min(start + _SHARD, len(texts)), len(texts))
    return np.concatenate(parts)


def learn(texts: list[str], vectors: Array) -> tuple[list[str], Array, float]:
    """Words, their vectors (words, 256), and the rank correlation of similarities with the teacher's on held-out clauses."""
    tokens = words(texts, Segmenter())
    in_texts = Counter(token for row in tokens for token in set(row))
    characters = Counter(char for text in texts for char in set(text.lower()))
    names = sorted(
        {t for t, n in in_texts.items() if n >= WORD_LEAST and len(t) > 1 and not t.isspace()}
        | {c for c, n in characters.items() if n >= CHARACTER_LEAST and not c.isspace()}
    )
    counts = counted(tokens, {name: i for i, name in enumerate(names)})
    length = np.sqrt(np.maximum(np.asarray(counts.multiply(counts).sum(axis=1)).ravel(), 1))
    scaled = sparse.csr_matrix(sparse.diags_array((1 / length).astype(np.float32)) @ counts)
    train, test = slice(0, len(texts) - HELD_OUT), slice(len(texts) - HELD_OUT, len(texts))
    with threadpool_limits(1):
        wanted = unit(vectors - vectors[train].mean(axis=0))
        _, axes = np.linalg.eigh(wanted[train].T @ wanted[train])
        learned = ridge(scaled[train], wanted[train] @ axes[:, ::-1][:, :DIMENSIONS])
    return names, learned, agreement(unit(np.asarray(counts[test] @ learned)), wanted[test])


def ridge(counts: Any, wanted: Array) -> Array:
    """The weights V that minimise |counts V - wanted|^2 + RIDGE |V|^2, by conjugate gradients on all columns at once."""
    gram, target = (counts.T @ counts).tocsr(), np.asarray(counts.T @ wanted)
    scale = (1 / (gram.diagonal() + RIDGE))[:, None]
    found = np.zeros_like(target)
    rest = target.copy()
    step = direction = scale * rest
    norm = (rest * step).sum(axis=0)
    for _ in range(STEPS):
        image = gram @ direction + RIDGE * direction
        size = norm / (direction * image).sum(axis=0)
        found += size * direction
        rest -= size * image
        step = scale * rest
        new = (rest * step).sum(axis=0)
        direction = step + (new / norm) * direction
        norm = new
    return np.asarray(found, np.float32)


def agreement(own: Array, wanted: Array) -> float:
    """Spearman's correlation of the similarities of 60,000 random pairs under both."""
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    one, other = random.integers(0, len(own), (2, 60_000))
    return float(spearmanr((own[one] * own[other]).sum(axis=1), (wanted[one] * wanted[other]).sum(axis=1)).statistic)


def save(names: list[str], vectors: Array, folder: Path, *, settings: dict[str, Any]) -> Path:
    """Write the vectors as 8-bit integers with a scale a word, and enter them into the manifest."""
    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-6) / 127
    path = folder / f"{MODEL}.safetensors"
    save_file(
        {
            "words": np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), np.uint8),
            "vectors": np.round(vectors / scale[:, None]).astype(np.int8),
            "scale": scale.astype(np.float32),
        },
        path,
    )
    enter(path, MODEL, version=VERSION, licence=LICENCE, settings=settings)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the open review sets")
    parser.add_argument("work", type=Path, help="folder that keeps what was encoded")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    texts = sample(given.data)
    names, vectors, rho = learn(texts, taught(texts, given.work))
    path = save(names, vectors, given.out, settings={"dimensions": DIMENSIONS, "teacher": embedder("use").version})
    log.info("%d words, held-out rank correlation %.3f, %s: %d bytes", len(names), rho, path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
