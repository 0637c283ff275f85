"""The clauses that topics are made of: complaints and requests, cut out of the reviews that count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import SchemaMismatch
from voc.schemas import WEIGHTLESS

INTENTS = ("complaint", "request")
_WEIGHTLESS = frozenset(WEIGHTLESS)


@dataclass(frozen=True)
class Documents:
    """Columns of equal length, a row per mention, sorted by month and mention id; `text` is the mention's clause.

    Mentions of one span share it: `clause` numbers the distinct (review, span) pairs from 0.
    """

    mention_id: tuple[str, ...]
    review_id: tuple[str, ...]
    month: tuple[str, ...]
    aspect: tuple[str, ...]
    text: tuple[str, ...]
    clause: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.mention_id)

    def rows(self, keep: Iterable[int]) -> Documents:
        """The rows numbered `keep`, in that order."""
        rows = list(keep)
        return Documents(
            tuple(self.mention_id[i] for i in rows), tuple(self.review_id[i] for i in rows),
            tuple(self.month[i] for i in rows), tuple(self.aspect[i] for i in rows),
            tuple(self.text[i] for i in rows), tuple(self.clause[i] for i in rows),
        )  # fmt: skip

    def of(self, month: str) -> Documents:
        return self.rows(i for i, m in enumerate(self.month) if m == month)

    def once(self) -> Documents:
        """One row per clause: the first mention of each."""
        first: dict[int, int] = {}
        for row, clause in enumerate(self.clause):
            first.setdefault(clause, row)
        return self.rows(sorted(first.values()))

    def digest(self) -> str:
        """A hash of everything in it."""
        hashed = hashlib.sha256()
        for row in zip(self.mention_id, self.month, self.aspect, self.text, strict=True):
            hashed.update("\x1f".join(row).encode("utf-8", "surrogatepass") + b"\x1e")
        return hashed.hexdigest()


def documents(mentions: pa.Table, reviews: pa.Table, *, until: str) -> Documents:
    """Complaint and request clauses of the months up to `until` (YYYY-MM, inclusive).

    `mentions` has at least mention_id, review_id, month, start, end, aspect, intent; `reviews` at least review_id and
    text, and flags and duplicate_of count where they are there. A mention whose review is absent or not counted is
    left out, and so is one of an empty clause. Raises SchemaMismatch for a missing column.
    """
    for table, name, wanted in (
        (mentions, "mentions", ("mention_id", "review_id", "month", "start", "end", "aspect", "intent")),
        (reviews, "reviews", ("review_id", "text")),
    ):
        if missing := [column for column in wanted if column not in table.column_names]:
            raise SchemaMismatch(f"{name} lacks {missing}; it has {table.column_names}")
    wanted_rows = pc.and_(pc.is_in(mentions["intent"], pa.array(INTENTS)), pc.less_equal(mentions["month"], until))
    found = mentions.filter(wanted_rows).sort_by([("month", "ascending"), ("mention_id", "ascending")])
    needed = reviews.filter(pc.is_in(reviews["review_id"], found["review_id"].combine_chunks()))
    text_of = dict(zip(needed["review_id"].to_pylist(), needed["text"].to_pylist(), strict=True))
    for review_id in _not_counted(needed):
        text_of.pop(review_id, None)
    columns = {name: found[name].to_pylist() for name in ("mention_id", "review_id", "month", "aspect", "start", "end")}
    out: list[tuple[str, str, str, str, str, int]] = []
    numbers: dict[tuple[str, int, int], int] = {}
    for mention_id, review_id, month, aspect, start, end in zip(*columns.values(), strict=True):
        text = text_of.get(review_id, "")[start:end].strip()
        if text:
            number = numbers.setdefault((review_id, start, end), len(numbers))
            out.append((mention_id, review_id, month, aspect, text, number))
    if not out:
        return Documents((), (), (), (), (), ())
    mention_ids, review_ids, months, aspects, texts, clauses = zip(*out, strict=True)
    return Documents(mention_ids, review_ids, months, aspects, texts, clauses)


def _not_counted(reviews: pa.Table) -> list[str]:
    ids = reviews["review_id"].to_pylist()
    out = []
    if "flags" in reviews.column_names:
        out += [
            i
            for i, flags in zip(ids, reviews["flags"].to_pylist(), strict=True)
            if not _WEIGHTLESS.isdisjoint(flags or ())
        ]
    if "duplicate_of" in reviews.column_names:
        out += [i for i, other in zip(ids, reviews["duplicate_of"].to_pylist(), strict=True) if other is not None]
    return out


def sample(found: Documents, *, most: int, seed: int) -> list[str]:
    """Texts to fit on: those of at most `most` clauses, each stratum (month and aspect) cut to one common height.

    Rare months and aspects stay whole, frequent ones are thinned by a hash of clause and seed.
    """
    once = found.once()
    strata: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(once.month, once.aspect, strict=True)):
        strata.setdefault(key, []).append(row)
    height = _height([len(rows) for rows in strata.values()], most)
    keep: list[int] = []
    for key in sorted(strata):
        rows = strata[key]
        if len(rows) > height:
            rows = sorted(rows, key=lambda row: _draw(once.mention_id[row], seed))[:height]
        keep += rows
    return [once.text[row] for row in sorted(keep)]


def _height(sizes: list[int], most: int) -> int:
    """The largest h with sum(min(size, h)) <= most; at least 1."""
    left, low = most, 0
    ordered = sorted(sizes)
    for at, size in enumerate(ordered):
        if (size - low) * (len(ordered) - at) > left:
            return max(1, low + left // (len(ordered) - at))
        left -= (size - low) * (len(ordered) - at)
        low = size
    return max(1, low)


def _draw(key: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
