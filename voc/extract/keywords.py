"""Keywords: what a set of texts talks about more than its background does.

Terms (voc.extract.terms) are ranked by the z score of their log odds ratio against the background with an informative
Dirichlet prior (Monroe, Colaresi and Quinn 2008, Fightin' Words, equations 15, 16 and 22). Counts are texts, not
occurrences, so that one customer who repeats herself counts once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from numpy.typing import NDArray

from voc.extract.terms import Stream, Terms, of_forms, terms
from voc.schemas import KEYWORDS, WEIGHTLESS
from voc.text.counting import distinct_of, runs, spread
from voc.text.newwords import among
from voc.text.sheet import normal_forms

RESULT = pa.schema([("term", pa.string()), ("n_reviews", pa.int64()), ("score", pa.float64())])
POLARITIES = {"negative": "complaint", "positive": "praise"}
LEAST_REVIEWS = 2
"""Reviews of a scope that a term must stand in."""
_PRIOR_MASS = 500.0
_PHRASE_SHARE = 0.1
_SHORTLIST = 4  # candidates looked at for each one that is kept, when fragments are dropped
_FRAGMENT = 0.6
_TEXTS_A_PART = 16_384
_ENOUGH_BACKGROUND = 0.25  # share of the texts that must lie outside a scope to compare it with them


def keywords(
    texts: Sequence[str],
    *,
    top: int = 20,
    background: Mapping[str, float] | None = None,
    lang: str = "auto",
    words: Iterable[str] = (),
) -> pa.Table:
    """The `top` terms of `texts` with schema (term, n_reviews, score), best first, ties by the term.

    `background` gives the relative frequency of terms elsewhere; without one, Chinese is compared with jieba's general
    word frequencies and English with equal ones. `score` is a z value. `words` are kept whole in segmentation, and so are
    the words that these texts show to be new (voc.text.newwords).
    """
    forms = normal_forms(texts)
    source = of_forms(pa.array(forms, pa.string()), lang=lang, words=_with_new(forms, words))
    known = terms(source)
    _, term = known.pairs(source)
    counts = np.bincount(term, minlength=len(known.names)).astype(np.float64)
    scores = _against(counts, _shares(known, background))
    least = min(LEAST_REVIEWS, max(1, len(texts) // 10))
    chosen = _best(np.flatnonzero(counts >= least), counts, scores, known, top)
    return pa.table([[known.names[i] for i in chosen], counts[chosen].astype(np.int64), scores[chosen]], schema=RESULT)


REVIEW_COLUMNS = (
    "review_id", "parent_id", "source", "store_id", "sku_id", "flags", "text", "duplicate_of",
)  # fmt: skip
MENTION_COLUMNS = ("review_id", "aspect", "intent", "start", "end")
"""What `table` reads of the reviews and of the mentions."""


def table(
    reviews: pa.Table,
    mentions: pa.Table,
    *,
    month: str,
    min_reviews: int = 5,
    top: int = 20,
    known: Collection[str] = (),
    lang: str = "auto",
    words: Iterable[str] = (),
) -> pa.Table:
    """The keywords of a month (schema KEYWORDS), for each scope and polarity with at least `min_reviews` reviews.

    Scopes are all, source, store, sku and aspect. Polarity 'all' looks at whole texts, 'negative' and 'positive' at the
    clauses of complaints and of praise. A scope is compared with the rest of the month, its complaints with the rest of
    the complaints; the complaints of all with the praise of all. `known` are the terms of earlier months: a term not
    among them is new; without any, nothing is. A follow-up counts with its first review. Duplicates and default reviews
    are left out.
    """
    reviews = reviews.filter(_genuine(reviews))
    count, (source, clause_of, clauses) = len(reviews), _read(reviews, mentions, lang, words)
    vocabulary = terms(source.part(0, count))
    first = pc.coalesce(reviews["parent_id"], reviews["review_id"]).combine_chunks()
    root = first.dictionary_encode().indices.to_numpy().astype(np.int64)
    scopes = {name: _codes(reviews[f"{name}_id" if name != "source" else name]) for name in ("source", "store", "sku")}
    settings = _Settings(vocabulary, _shares(vocabulary, None), min_reviews, top)

    row, term = vocabulary.pairs(source.part(0, count))
    pools = {"all": _pool(row, term, distinct_of(row), root, vocabulary)}
    clause, clause_term = vocabulary.pairs(source.part(count, count + clauses))
    del source, reviews
    clause -= count
    starts = np.searchsorted(clause, np.arange(clauses + 1))
    aspects = _codes(mentions["aspect"])
    aspect_pools = {}
    for polarity, intent in POLARITIES.items():
        mine = np.flatnonzero(np.asarray(pc.equal(mentions["intent"], intent)) & (clause_of.clause >= 0))
        sizes = np.diff(starts)[clause_of.clause[mine]]
        at = spread(starts[clause_of.clause[mine]], sizes)
        review = np.repeat(clause_of.review[mine], sizes)
        pools[polarity] = _pool(review, clause_term[at], distinct_of(clause_of.review[mine]), root, vocabulary)
        aspect_pools[polarity] = (np.repeat(aspects[0][mine], sizes), clause_of.review[mine], aspects[0][mine])

    found: list[_Found] = []
    everything = np.zeros(count, dtype=np.int64)
    for polarity, pool in pools.items():
        other = {"negative": "positive", "positive": "negative"}.get(polarity)
        beside = pools[other].everywhere if other else None
        found += _ranking(
            "all", polarity, [None], pool, everything[pool.review], everything[pool.members], root, settings, beside
        )
        for scope, (codes, names) in scopes.items():
            found += _ranking(scope, polarity, names, pool, codes[pool.review], codes[pool.members], root, settings)
        if polarity in aspect_pools:
            code, members, member_codes = aspect_pools[polarity]
            by_aspect = replace(pool, members=members)
            found += _ranking("aspect", polarity, aspects[1], by_aspect, code, member_codes, root, settings)
    return _as_table(found, month, frozenset(known))


@dataclass(frozen=True)
class _Settings:
    vocabulary: Terms
    general: NDArray[np.float64]
    min_reviews: int
    top: int


@dataclass(frozen=True)
class _Pool:
    """Observations (`review`, `term`), both rows and term numbers, and the reviews that the pool has at all.

    `everywhere` (t,) is the number of distinct first reviews that each term stands in.
    """

    review: NDArray[np.int64]
    term: NDArray[np.int64]
    members: NDArray[np.int64]
    everywhere: NDArray[np.float64]


def _pool(
    review: NDArray[np.int64],
    term: NDArray[np.int64],
    members: NDArray[np.int64],
    root: NDArray[np.int64],
    known: Terms,
) -> _Pool:
    """The pool of these observations; `root` is the first review of each."""
    size = max(len(known.names), 1)
    pairs = distinct_of(root[review] * size + term)
    return _Pool(review, term, members, np.bincount(pairs % size, minlength=len(known.names)).astype(np.float64))


@dataclass(frozen=True)
class _Clauses:
    """Of each mention its review's row and its clause's number, -1 where the review is left out."""

    review: NDArray[np.int64]
    clause: NDArray[np.int64]


@dataclass(frozen=True)
class _Found:
    scope: str
    scope_id: str | None
    polarity: str
    term: str
    n_reviews: int
    score: float


def _ranking(
    scope: str,
    polarity: str,
    names: Sequence[str | None],
    pool: _Pool,
    codes: NDArray[np.int64],
    member_codes: NDArray[np.int64],
    root: NDArray[np.int64],
    settings: _Settings,
    beside: NDArray[np.float64] | None = None,
) -> list[_Found]:
    """The best terms of each value of a scope; `codes` is that of each observation, -1 for none.

    The background is the rest of the pool and, where given, the counts `beside` it.
    """
    size = len(settings.vocabulary.names)
    roots, known = max(len(root), 1), member_codes >= 0
    reviews_of = np.bincount(
        distinct_of(member_codes[known] * roots + root[pool.members[known]]) // roots, minlength=len(names)
    )
    key = codes * size
    key += pool.term
    key *= roots
    key += root[pool.review]
    cell, count = runs(distinct_of(key[codes >= 0]) // roots)
    bounds = np.searchsorted(cell, np.arange(len(names) + 1) * size)
    found = []
    for number, name in enumerate(names):
        if reviews_of[number] < settings.min_reviews:
            continue
        term = cell[bounds[number] : bounds[number + 1]] % max(size, 1)
        counts = np.zeros(size)
        counts[term] = count[bounds[number] : bounds[number + 1]]
        rest = np.maximum(pool.everywhere - counts, 0.0) + (beside if beside is not None else 0.0)
        if rest.sum() < _ENOUGH_BACKGROUND * (rest.sum() + counts.sum()):
            scores = _against(counts, settings.general)
        else:
            scores = _between(counts, rest)
        likely = term[(counts[term] >= LEAST_REVIEWS) & (scores[term] > 0)]
        for i in _best(likely, counts, scores, settings.vocabulary, settings.top):
            found.append(_Found(scope, name, polarity, settings.vocabulary.names[i], int(counts[i]), float(scores[i])))
    return found


def _genuine(reviews: pa.Table) -> pa.ChunkedArray:
    joined = pc.binary_join(reviews["flags"], ",")
    flagged = pc.match_substring_regex(joined, rf"(^|,)({'|'.join(WEIGHTLESS)})(,|$)")
    return pc.invert(pc.or_(flagged, pc.is_valid(reviews["duplicate_of"])))


def _read(reviews: pa.Table, mentions: pa.Table, lang: str, words: Iterable[str]) -> tuple[Stream, _Clauses, int]:
    """The tokens of all reviews and after them of all clauses that mentions name; where these are, and their number.

    Texts are Python's a part at a time only: those of a large month would take hundreds of megabytes.
    """
    clause_of, *places = _clauses(reviews, mentions)
    forms, said = [], []
    for first in range(0, max(len(reviews), 1), _TEXTS_A_PART):
        texts = reviews["text"].slice(first, _TEXTS_A_PART).to_pylist()
        here = slice(*np.searchsorted(places[0], [first, first + _TEXTS_A_PART]))
        spans = zip(*(column[here].tolist() for column in places), strict=True)
        forms.append(pa.array(normal_forms(texts), pa.string()))
        said.append(pa.array(normal_forms([texts[row - first][a:b] for row, a, b in spans]), pa.string()))
    words = _with_new(pc.unique(pa.chunked_array(forms)).to_pylist(), words)
    return of_forms(pa.concat_arrays([*forms, *said]), lang=lang, words=words), clause_of, len(places[0])


def _clauses(
    reviews: pa.Table, mentions: pa.Table
) -> tuple[_Clauses, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where each mention stands; and of each distinct clause that mentions name its review's row, start and end."""
    row = pc.index_in(mentions["review_id"], value_set=reviews["review_id"].combine_chunks())
    review = row.fill_null(-1).to_numpy().astype(np.int64)
    start, end = (mentions[name].to_numpy().astype(np.int64) for name in ("start", "end"))
    kept = np.flatnonzero(review >= 0)
    width = int(end.max(initial=0)) + 1
    places, number = np.unique((review[kept] * width + start[kept]) * width + end[kept], return_inverse=True)
    clause = np.full(len(review), -1, dtype=np.int64)
    clause[kept] = number
    return _Clauses(review, clause), places // width**2, places // width % width, places % width


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str | None]]:
    """Codes in the order of the sorted values, -1 for null, and the values."""
    names = sorted(v for v in pc.unique(column).to_pylist() if v is not None)
    codes = pc.index_in(column, value_set=pa.array(names, column.type)).fill_null(-1)
    return codes.to_numpy().astype(np.int64), list(names)


def _as_table(found: Sequence[_Found], month: str, known: frozenset[str]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "month": [month] * len(found),
        "scope": [f.scope for f in found],
        "scope_id": [f.scope_id for f in found],
        "term": [f.term for f in found],
        "polarity": [f.polarity for f in found],
        "n_reviews": [f.n_reviews for f in found],
        "score": [f.score for f in found],
        "is_new": [bool(known) and f.term not in known for f in found],
    }
    return pa.Table.from_pydict(columns, schema=KEYWORDS)


def _between(counts: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """z scores of the log odds of terms in two sets of texts; the prior is their sum, scaled to a fixed mass."""
    both = counts + rest
    total = max(both.sum(), 1.0)
    prior = (both + 0.01) / (total + 0.01 * len(both)) * min(_PRIOR_MASS, total)
    mass = prior.sum()
    inside = np.log(counts + prior) - np.log(counts.sum() + mass - counts - prior + 1e-9)
    outside = np.log(rest + prior) - np.log(rest.sum() + mass - rest - prior + 1e-9)
    return np.asarray((inside - outside) / np.sqrt(1 / (counts + prior) + 1 / (rest + prior)))


def _with_new(forms: Sequence[str], words: Iterable[str]) -> tuple[str, ...]:
    """`words` and the new words of texts in normal form, so that product names and slang are cut as one token."""
    return tuple(dict.fromkeys((*words, *(new.word for new in among(forms)))))


def _against(counts: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """z scores of the log odds of terms against known shares, shape (t,), sum at most 1."""
    total = counts.sum()
    prior = shares * max(min(_PRIOR_MASS, total), 1.0) * 0.1
    inside = np.log(counts + prior + 1e-9) - np.log(np.maximum(total - counts, 0) + prior.sum() + 1e-9)
    outside = np.log(shares) - np.log1p(-shares)
    return np.asarray((inside - outside) / np.sqrt(1 / (counts + prior + 1e-9)))


def _shares(known: Terms, background: Mapping[str, float] | None) -> NDArray[np.float64]:
    """The background share of each term, in (0, 1).

    A word that the background lacks gets half its smallest share, a phrase a tenth of its rarest word's.
    """
    if not known.names:
        return np.zeros(0)
    if background is None:
        if all(name.isascii() for name in known.names):  # there is no general list for English: equal shares
            return np.full(len(known.names), 1.0) / (len(known.names) + 1)
        weights = _general()
    else:
        weights = _Weights.of(pa.array(list(background), pa.string()), np.array(list(background.values()), np.float64))
    single, own = np.split(weights.of_words((*known.words, *known.names)), [len(known.words)])  # one look-up is dear
    single[np.isnan(single)] = weights.floor
    rarest = np.where(known.parts >= 0, single[known.parts], np.inf).min(axis=1)
    phrase = (known.parts >= 0).sum(axis=1) > 1
    raw = np.where(phrase, rarest * _PHRASE_SHARE, rarest)
    return np.clip(np.where(np.isnan(own), raw, own) / weights.total, 1e-9, 0.5)


@dataclass(frozen=True)
class _Weights:
    """A background: distinct `words` and their weights; `total` is their sum, `floor` the weight of a word that it lacks."""

    words: pa.Array
    values: NDArray[np.float64]
    total: float
    floor: float

    @classmethod
    def of(cls, words: pa.Array, values: NDArray[np.float64]) -> _Weights:
        return cls(words, values, sum(values.tolist()) or 1.0, min(values[values > 0].tolist(), default=1.0) / 2)

    def of_words(self, words: Sequence[str]) -> NDArray[np.float64]:
        """The weight of each of `words`, NaN for one that is not there."""
        at = pc.index_in(pa.array(words, pa.string()), value_set=self.words).fill_null(-1).to_numpy()
        return np.asarray(np.append(self.values, np.nan)[at], dtype=np.float64)


@cache
def _general() -> _Weights:
    """jieba's word frequencies, without the rarest: they only say that a word exists."""
    import jieba

    with jieba.get_dict_file() as file:
        known = csv.read_csv(
            file,
            read_options=csv.ReadOptions(column_names=["word", "times", "tag"], use_threads=False),
            parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=csv.ConvertOptions(include_columns=["word", "times"], column_types={"word": pa.string()}),
        )
    last = known.group_by("word", use_threads=False).aggregate([("times", "last")])  # where a word stands twice
    often = last.filter(pc.greater(last["times_last"], 2))
    return _Weights.of(often["word"].combine_chunks(), often["times_last"].to_numpy().astype(np.float64))


def _ranked(rows: NDArray[np.int64], scores: NDArray[np.float64], known: Terms) -> list[int]:
    """`rows` by falling score, ties by the term itself."""
    order = np.argsort(-scores[rows], kind="stable")
    best = rows[order].tolist()
    return sorted(best, key=lambda i: (-round(float(scores[i]), 9), known.names[i]))


def _without_fragments(rows: Sequence[int], counts: NDArray[np.float64], known: Terms) -> list[int]:
    """Of two terms where one holds the other and most texts are the same, the longer one."""
    kept: list[int] = []
    for i in rows:
        name = known.names[i]
        place = None
        for k, j in enumerate(kept):
            other = known.names[j]
            if (name in other or other in name) and _FRAGMENT * max(counts[i], counts[j]) <= min(counts[i], counts[j]):
                place = k
                break
        if place is None:
            kept.append(i)
        elif len(name) > len(known.names[kept[place]]):
            kept[place] = i
    return kept


def _best(
    rows: NDArray[np.int64], counts: NDArray[np.float64], scores: NDArray[np.float64], known: Terms, top: int
) -> list[int]:
    """The `top` of `rows` by score, without fragments."""
    shortlist = _ranked(rows, scores, known)[: top * _SHORTLIST]
    kept = _without_fragments(shortlist, counts, known)
    return _ranked(np.array(kept, dtype=np.int64), scores, known)[:top]
