"""Groups of clauses that say the same: UMAP (McInnes et al. 2018) and HDBSCAN (Campello et al. 2013).

Everything runs on one thread with fixed seeds, so that the same vectors give the same groups, bit for bit. The
neighbours are exact, which is reproducible, and at these sizes also faster than compiling a search for near ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from voc.topics.embed import Vectors, unit
from voc.topics.optional import optional

Labels = NDArray[np.int32]

#: Fewer distinct clauses than this are grouped by linkage: there is no density to speak of.
FEW = 150
_NEIGHBOURS = 15
_DIMENSIONS = 5
_EPOCHS = 200
_MOST_LINKED = 4000
_BLOCK = 1024


def groups(
    vectors: Vectors,
    weights: NDArray[np.int64],
    *,
    seed: int,
    min_size: int,
    alike: float,
    most: int | None = None,
    views: Sequence[int] = (),
) -> Labels:
    """A group number for each row of unit `vectors` (n, d), -1 for none; groups are numbered by weight, heaviest first.

    `weights` counts how often each distinct text was said; a group weighs at least `min_size`. `alike` is the mean
    cosine similarity above which two groups are one, and at which few or left-over texts make a group. Groups near to
    each other are joined until there are at most `most`. `views` are the columns at which vectors of another kind begin.
    """
    labels = np.full(len(vectors), -1, np.int32)
    if len(vectors) >= FEW:
        labels = _dense(vectors, seed=seed, min_size=min_size, views=views)
        labels = _merged(vectors, labels, alike=alike)
    rest = np.flatnonzero(labels < 0)
    found = linked(vectors[rest], weights[rest], min_size=min_size, alike=alike)
    labels[rest] = np.where(found >= 0, found + labels.max(initial=-1) + 1, -1)
    labels = _merged(vectors, labels, alike=alike)
    return by_weight(labels if most is None else _joined(vectors, labels, most), weights)


def linked(vectors: Vectors, weights: NDArray[np.int64], *, min_size: int, alike: float) -> Labels:
    """Groups by average linkage, cut where the mean cosine similarity falls under `alike`; -1 under `min_size`.

    Only the 4,000 heaviest rows take part: the distances of all pairs are held in memory.
    """
    labels = np.full(len(vectors), -1, np.int32)
    rows = np.sort(np.argsort(-weights, kind="stable")[:_MOST_LINKED])
    rows = rows[np.linalg.norm(vectors[rows], axis=1) > 0]
    if len(rows) == 0:
        return labels
    found = _cut(vectors[rows], alike)
    heavy = np.bincount(found, weights=weights[rows])
    labels[rows] = np.where(heavy[found] >= min_size, found, -1)
    return by_weight(labels, weights)


def by_weight(labels: Labels, weights: NDArray[np.int64]) -> Labels:
    """The same groups, numbered 0, 1, ... by weight, ties by their first row."""
    known = np.unique(labels[labels >= 0])
    heavy = {int(g): (-int(weights[labels == g].sum()), int(np.argmax(labels == g))) for g in known}
    number = {g: i for i, g in enumerate(sorted(heavy, key=lambda g: heavy[g]))}
    return np.array([number.get(int(g), -1) for g in labels], np.int32)


def centroids(vectors: Vectors, labels: Labels) -> Vectors:
    """Unit means of the groups 0..k-1, shape (k, d)."""
    k = int(labels.max(initial=-1)) + 1
    sums = np.zeros((k, vectors.shape[1]))
    np.add.at(sums, labels[labels >= 0], vectors[labels >= 0])
    return unit(sums)


def _dense(vectors: Vectors, *, seed: int, min_size: int, views: Sequence[int]) -> Labels:
    """HDBSCAN's leaf clusters: its default prefers few large ones, which on reviews means three topics in all."""
    hdbscan = optional("hdbscan", "HDBSCAN")
    flat = _layout(vectors, seed=seed, views=views)
    model = hdbscan.HDBSCAN(
        min_cluster_size=max(min_size, 5), min_samples=5, cluster_selection_method="leaf", core_dist_n_jobs=1
    )
    return np.asarray(model.fit(flat.astype(np.float64)).labels_, np.int32)


def _merged(vectors: Vectors, labels: Labels, *, alike: float) -> Labels:
    """Groups whose members are as alike across the two as members of one group have to be."""
    if labels.max(initial=-1) < 1:
        return labels
    number = _cut(centroids(vectors, labels), alike)
    return np.where(labels >= 0, number[labels] - 1, -1).astype(np.int32)


def _joined(vectors: Vectors, labels: Labels, most: int) -> Labels:
    """At most `most` groups: always those two are joined that add least to the squares within groups (Ward 1963).

    Linkages of the library take groups for points; here a group counts as its rows, so that small ones go first.
    """
    k = int(labels.max(initial=-1)) + 1
    if k <= most:
        return labels
    inside = labels >= 0
    size = np.bincount(labels[inside], minlength=k).astype(np.float64)
    mean = np.zeros((k, vectors.shape[1]))
    np.add.at(mean, labels[inside], vectors[inside])
    mean /= np.maximum(size, 1)[:, None]
    number, live = np.arange(k), list(range(k))
    while len(live) > most:
        own, weight = mean[live], size[live]
        with threadpool_limits(1):
            product = own @ own.T
        apart = np.add.outer(product.diagonal(), product.diagonal()) - 2 * product
        loss = apart * (np.outer(weight, weight) / np.add.outer(weight, weight))
        loss[np.tril_indices(len(live))] = np.inf
        a, b = (live[i] for i in divmod(int(loss.argmin()), len(live)))
        mean[a] = (mean[a] * size[a] + mean[b] * size[b]) / (size[a] + size[b])
        size[a] += size[b]
        number[number == b] = a
        live.remove(b)
    return np.where(inside, number[labels], -1).astype(np.int32)


def _cut(vectors: Vectors, alike: float) -> Labels:
    """Average linkage on cosine distances, cut where the mean similarity of two groups is under `alike`; from 1."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(vectors) < 2:
        return np.ones(len(vectors), np.int32)
    with threadpool_limits(1):
        distance = np.clip(1 - vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0, 2)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), method="average")
    return np.asarray(fcluster(tree, 1 - alike, criterion="distance"), np.int32)


def _layout(vectors: Vectors, *, seed: int, views: Sequence[int]) -> Vectors:
    """UMAP coordinates, shape (n, 5), from exact neighbours and started from the principal components.

    Each of `views` has neighbours of its own, and the graph is the mean of theirs: rows that are near in one view only are
    half as near as those that are near in both. The functions under `umap.UMAP` are called directly: the class compiles a
    neighbour search of its own (35 s in every process) and warns when it is given the neighbours.
    """
    umap = optional("umap.umap_", "UMAP")
    random = np.random.RandomState(seed % 2**32)
    parts = [unit(part) for part in np.split(vectors, list(views), axis=1)] if views else [vectors]
    with threadpool_limits(1):
        graph, *others = (_graph(part, _NEIGHBOURS * len(parts), random) for part in parts)
        if others:
            graph = sum(others, graph) / len(parts)
        a, b = umap.find_ab_params(1.0, 0.0)
        flat, _ = umap.simplicial_set_embedding(
            vectors, graph, _DIMENSIONS, 1.0, a, b, 1.0, 5, _EPOCHS, _principal(vectors, _DIMENSIONS), random,
            "euclidean", {}, False, {}, False, parallel=False,
        )  # fmt: skip
    return np.asarray(flat, np.float32)


def _graph(vectors: Vectors, k: int, random: np.random.RandomState) -> Any:
    """How near the rows are to each other, as UMAP has it: sparse (n, n), in [0, 1]."""
    neighbours, distances = _neighbours(vectors, min(k, len(vectors) - 1))
    graph, _, _ = optional("umap.umap_", "UMAP").fuzzy_simplicial_set(
        vectors, neighbours.shape[1], random, "cosine", knn_indices=neighbours, knn_dists=distances
    )
    return graph


def _principal(vectors: Vectors, dimensions: int) -> Vectors:
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dimensions]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimensions)])  # an axis has no sign of its own
    flat = centred @ axes
    return np.asarray(10 * flat / np.abs(flat).max(), np.float32)


def _neighbours(vectors: Vectors, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The `k` nearest rows of each row by cosine distance, itself first, ties by row; both arrays (n, k)."""
    indices = np.empty((len(vectors), k), np.int32)
    distances = np.empty((len(vectors), k), np.float32)
    with threadpool_limits(1):
        for start in range(0, len(vectors), _BLOCK):
            alike = vectors[start : start + _BLOCK] @ vectors.T
            own = np.arange(len(alike))
            alike[own, start + own] = 2
            near = np.argpartition(-alike, k - 1, axis=1)[:, :k]
            value = np.take_along_axis(alike, near, axis=1)
            order = np.lexsort((near, -value), axis=1)
            indices[start : start + _BLOCK] = np.take_along_axis(near, order, axis=1)
            distances[start : start + _BLOCK] = 1 - np.minimum(np.take_along_axis(value, order, axis=1), 1)
    return indices, distances
