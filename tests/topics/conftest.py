"""Invented complaints of a few kinds, and tables made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

KINDS = {
    "queue": (
        "排队排了{}分钟",
        "结账排队要{}分钟",
        "等了{}分钟还在排队",
        "收银台前排队等{}分钟",
        "排队时间太长等了{}分钟",
    ),
    "stale": (
        "坚果不新鲜放了{}天",
        "第{}包坚果不新鲜",
        "这{}袋坚果都不新鲜了",
        "坚果一点也不新鲜共{}颗",
        "{}罐坚果不新鲜",
    ),
    "crushed": (
        "箱子被压扁了{}处",
        "包装盒压扁{}个",
        "快递把{}个箱子压扁了",
        "收到时{}盒都被压扁",
        "纸箱压扁破了{}个口",
    ),
    "refund": (
        "still no refund after {} days",
        "asked {} times for a refund",
        "refund of {} yuan never came",
        "they refused my refund {} times",
        "no refund for order number {}",
    ),
}
NOVEL = (
    "铝箔划破了{}根手指",
    "开袋被铝箔划手{}次",
    "铝箔边太利划伤手指{}处",
    "撕开铝箔划破手{}回",
    "包装铝箔割手流血{}滴",
)


def clauses(kind: str, n: int) -> list[str]:
    forms = NOVEL if kind == "novel" else KINDS[kind]
    return [forms[i % len(forms)].format(3 + i // len(forms)) for i in range(n)]


@pytest.fixture
def complaints() -> Callable[[str, int], list[str]]:
    """`complaints(kind, n)`: n different clauses of one kind (queue, stale, crushed, refund, novel)."""
    return clauses


@pytest.fixture
def tables() -> Callable[[Sequence[tuple[str, Sequence[str]]]], tuple[pa.Table, pa.Table]]:
    """`tables([(month, clauses), ...])`: mentions and reviews, one clause a review, behind some praise."""

    def make(months: Sequence[tuple[str, Sequence[str]]]) -> tuple[pa.Table, pa.Table]:
        mentions, reviews = [], []
        for month, texts in months:
            for i, text in enumerate(texts):
                review_id = f"{month}-{i:04d}"
                reviews.append({"review_id": review_id, "month": month, "text": f"味道好，{text}", "flags": []})
                mentions.append(
                    {
                        "mention_id": f"{review_id}-0", "review_id": review_id, "month": month, "start": 4,
                        "end": 4 + len(text), "aspect": "P00", "intent": "complaint",
                    }
                )  # fmt: skip
        schema = pa.schema([("review_id", pa.string()), ("month", pa.string()), ("text", pa.string()),
                            ("flags", pa.list_(pa.string()))])  # fmt: skip
        wide = pa.schema([("mention_id", pa.string()), ("review_id", pa.string()), ("month", pa.string()),
                          ("start", pa.int32()), ("end", pa.int32()), ("aspect", pa.string()),
                          ("intent", pa.string())])  # fmt: skip
        return pa.Table.from_pylist(mentions, schema=wide), pa.Table.from_pylist(reviews, schema=schema)

    return make
