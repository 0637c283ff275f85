"""What a topic is called: its terms by class-based TF-IDF (BERTopic, Grootendorst 2022) and a phrase of its customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from voc.topics.cluster import Labels, centroids
from voc.topics.embed import Embedder, Vectors, embed, unit
from voc.topics.optional import optional
from voc.topics.words import Words, ends, joined, phrases, says_something, terms

Terms = tuple[tuple[str, float], ...]
Run = tuple[str, ...]

_TERMS = 12
_CANDIDATES = 30
_OFTEN = 0.02
_INNER_BLANK, _FILLER = "\u00a0", "\u2060"
#: A phrase of so many words reads well; one word is seldom a complaint, five are seldom common.
_FIT = {1: 0.3, 2: 0.9, 3: 1.1, 4: 1.1, 5: 1.0}


def describe(
    texts: Sequence[str], vectors: Vectors, labels: Labels, *, by: Embedder, centre: Vectors, taken: Sequence[str] = ()
) -> tuple[list[Terms], list[str]]:
    """Terms and name of each of the topics 0..k-1 of `labels` (n,).

    `texts` are distinct and clean, `vectors` (n, d) their unit vectors relative to `centre`. A name is a phrase that
    is common in its topic and rare elsewhere, close to the topic's centroid, and not among `taken`; it is "" where
    the texts have no word that says something.
    """
    k = int(labels.max(initial=-1)) + 1
    if k == 0:
        return [], []
    tokens = Words().tokens(texts)
    weighted = _weighted_terms(tokens, vectors, labels)
    return weighted, _names(tokens, vectors, labels, weighted, by=by, centre=centre, taken=taken)


def _weighted_terms(tokens: Sequence[Sequence[str]], vectors: Vectors, labels: Labels) -> list[Terms]:
    """Per topic, up to 12 terms with their c-TF-IDF weight, heaviest first, ties by the term."""
    k = int(labels.max()) + 1
    rows = [[term.replace(" ", _INNER_BLANK) for term in terms(row)] for row in tokens]
    said = [i for i, row in enumerate(rows) if row]
    out: list[Terms] = [()] * k
    if not said:
        return out
    model = _bertopic()
    # A filler outside every topic: BERTopic cannot weigh a vocabulary of one word.
    docs, topics = [*(" ".join(rows[i]) for i in said), _FILLER], [*labels[said].tolist(), -1]
    found, _ = model.fit_transform(docs, embeddings=vectors[[*said, 0]], y=topics)
    own = dict(zip(found, topics, strict=True))  # BERTopic numbers topics by size, we by weight
    # c-TF-IDF loves a word that one clause alone has; such words say nothing about the topic.
    often = [Counter(term for i in said if labels[i] == t for term in set(rows[i])) for t in range(k)]
    least = [min(max(2, _OFTEN * int((labels == t).sum())), max(often[t].values(), default=0)) for t in range(k)]
    weights = model.c_tf_idf_.tocsr()
    names = model.vectorizer_model.get_feature_names_out()
    for row, number in enumerate(sorted(own)):
        if own[number] >= 0:
            part = weights[row]
            pairs = sorted(
                (-float(w), str(names[c]))
                for c, w in zip(part.indices, part.data, strict=True)
                if w > 0 and often[own[number]][str(names[c])] >= least[own[number]]
            )
            out[own[number]] = tuple((term.replace(_INNER_BLANK, " "), round(-w, 6)) for w, term in pairs[:_TERMS])
    return out


def _bertopic() -> Any:
    """BERTopic as the keeper of ready-made topics: it neither embeds nor clusters here."""
    package = optional("bertopic", "BERTopic", without=("plotly", "spacy", "transformers"))
    from sklearn.feature_extraction.text import CountVectorizer

    return package.BERTopic(
        language="multilingual",
        umap_model=optional("bertopic.dimensionality", "BERTopic").BaseDimensionalityReduction(),
        hdbscan_model=optional("bertopic.cluster", "BERTopic").BaseCluster(),
        vectorizer_model=CountVectorizer(tokenizer=_split, token_pattern=None, lowercase=False),
        ctfidf_model=optional("bertopic.vectorizers", "BERTopic").ClassTfidfTransformer(),
        top_n_words=_TERMS,
    )


def _split(text: str) -> list[str]:
    return [term for term in text.split(" ") if term]


def _names(
    tokens: Sequence[Sequence[str]], vectors: Vectors, labels: Labels, weighted: Sequence[Terms], *,
    by: Embedder, centre: Vectors, taken: Sequence[str],
) -> list[str]:  # fmt: skip
    k = len(weighted)
    runs = [set(phrases(row)) for row in tokens]
    everywhere = Counter(run for row in runs for run in row)
    inside: list[Counter[Run]] = [Counter() for _ in range(k)]
    words: list[Counter[str]] = [Counter() for _ in range(k)]
    closing: list[Counter[Run]] = [Counter() for _ in range(k)]
    for row, run, label in zip(tokens, runs, labels.tolist(), strict=True):
        if label >= 0:
            inside[label].update(run)
            closing[label].update(run & ends(row))
            words[label].update({token for token in row if says_something(token)})
    sizes = np.bincount(labels[labels >= 0], minlength=k)
    first = [_candidates(inside[t], closing[t], everywhere, words[t], int(sizes[t])) for t in range(k)]
    texts = sorted({joined(run) for row in first for _, run in row})
    places = {text: i for i, text in enumerate(texts)}
    near = unit(embed(texts, by) - centre) @ centroids(vectors, labels).T if texts else np.zeros((0, k))
    used, names = set(taken), []
    for topic in range(k):
        scored = sorted(
            (-score * max(0.05, float(near[places[text], topic])) ** 2, text)
            for score, text in ((score, joined(run)) for score, run in first[topic])
        )
        fallback = [" ".join(term for term, _ in weighted[topic][:n]) for n in (1, 2, 3)]
        name = next((text for _, text in scored if text not in used), "")
        name = name or next((text for text in fallback if text and text not in used), "")
        used.add(name)
        names.append(name)
    return names


def _candidates(
    inside: Counter[Run], closing: Counter[Run], everywhere: Counter[Run], words: Counter[str], size: int
) -> list[tuple[float, Run]]:
    """The best phrases of a topic of `size` texts.

    A phrase is good when its words are in many texts of the topic, the phrase itself in few texts elsewhere, and when
    it is neither one word nor long, and when clauses end with it: a phrase that goes on is cut in the middle.
    """
    scored = []
    for run, n in inside.items():
        if n >= max(_OFTEN * size, 2) or size < 4:
            said = [words[token] / size for token in run if says_something(token)]
            common = (sum(said) / len(said)) ** 0.5 * (n / size) ** 0.1 * (0.5 + 0.5 * closing[run] / n)
            scored.append((common * n / (everywhere[run] + 1) * _FIT[len(run)], run))
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return scored[:_CANDIDATES]
