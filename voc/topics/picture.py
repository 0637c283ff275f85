"""Where topics stand to each other: a place on a map, a group of kin, and which codes of the taxonomy they lie in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from voc.topics.embed import Vectors

_MOST_ASPECTS, _LEAST_SHARE = 5, 0.05


def places(anchors: Vectors) -> NDArray[np.float64]:
    """A place in [-1, 1]^2 for each of the unit vectors (k, d): their first two principal axes (classical scaling)."""
    if len(anchors) < 2:
        return np.zeros((len(anchors), 2))
    centred = anchors.astype(np.float64) - anchors.mean(axis=0, dtype=np.float64)
    with threadpool_limits(1):
        values, axes = np.linalg.eigh(centred @ centred.T)
    flat = axes[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0))
    flat = flat * np.sign(flat[np.abs(flat).argmax(axis=0), [0, 1]])  # an axis has no sign of its own
    return np.asarray(np.round(flat / max(float(np.abs(flat).max()), 1e-9), 4) + 0.0)


def kin(anchors: Vectors, sizes: NDArray[np.int64]) -> list[int]:
    """For each topic the largest one of its group: average linkage of the k anchors, cut into about sqrt(k) groups."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    k = len(anchors)
    if k < 2:
        return list(range(k))
    with threadpool_limits(1):
        distance = np.round(np.clip(1 - anchors.astype(np.float64) @ anchors.T.astype(np.float64), 0, 2), 6)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), method="average")
    group = fcluster(tree, max(1, round(k**0.5)), criterion="maxclust")
    head = {
        int(g): min(np.flatnonzero(group == g).tolist(), key=lambda t: (-int(sizes[t]), t)) for g in np.unique(group)
    }
    return [head[int(g)] for g in group]


def guide(aspects: Sequence[str], index: NDArray[np.int64], k: int) -> list[tuple[list[tuple[str, float]], str | None]]:
    """Per topic the codes that its mentions carry with their shares, largest first, and the one that more than half carry.

    `aspects` (n,) and `index` (n,) are the code and the topic of each mention. At most five codes, each of at least 5%.
    """
    counts: list[Counter[str]] = [Counter() for _ in range(k)]
    for aspect, topic in zip(aspects, index.tolist(), strict=True):
        if topic >= 0:
            counts[topic][aspect] += 1
    out: list[tuple[list[tuple[str, float]], str | None]] = []
    for found in counts:
        n = sum(found.values())
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        shares = [(code, round(m / n, 4)) for code, m in ordered if m / n >= _LEAST_SHARE][:_MOST_ASPECTS]
        out.append((shares, ordered[0][0] if ordered and 2 * ordered[0][1] > n else None))
    return out
