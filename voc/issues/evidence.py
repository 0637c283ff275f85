"""The reviews behind a number: which of the counted complaints a row of the ranking shows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

Array = np.ndarray


def order(complaints: pa.Table) -> Array:
    """Places of `complaints` rows, the best evidence first: confidence, then the newest, then the review id."""
    keys = [("confidence", "descending"), ("created_at", "descending"), ("review_id", "ascending")]
    places: Array = pa.compute.sort_indices(complaints, sort_keys=keys).to_numpy()
    return places


def pick(key: Array, wanted: Array, review_ids: pa.ChunkedArray, limit: int) -> pa.Array:
    """For each of the `wanted` keys the first `limit` review ids whose `key` is equal, as list<string>.

    key (M,) int belongs to `review_ids` (M,), both already in the order of `order`; -1 belongs nowhere. Keys in `wanted`
    are distinct.
    """
    by_key = np.argsort(key, kind="stable")
    sorted_ = key[by_key]
    start = np.searchsorted(sorted_, wanted, side="left")
    end = np.searchsorted(sorted_, wanted, side="right")
    count = np.minimum(end - start, limit)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], count)
    places = by_key[np.repeat(start, count) + within]
    values = review_ids.take(pa.array(places, pa.int64()))
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return pa.ListArray.from_arrays(pa.array(offsets), values)
