"""The spaCy face: mentions as a span group and sentiment as an extension, so that displaCy and spaCy code work on reviews."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from voc import taxonomy as taxonomies
from voc.errors import UnknownName
from voc.extract import mentions as extraction
from voc.extract import sentiment as scoring

LANGUAGES = ("en", "zh")


def load_spacy(lang: str = "zh", *, taxonomy: str | Path = "retail-food") -> Any:
    """A spaCy `Language` whose docs carry `doc.spans["mentions"]` (label: the aspect's code) and `doc._.sentiment` [-1, 1].

    Each span has `span._.polarity` [-1, 1], `span._.intent` and `span._.confidence` [0, 1]. Chinese is tokenised by
    character, so that every mention's span falls on token bounds. Raises UnknownName for another language.
    """
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    nlp = spacy.blank(lang)
    nlp.add_pipe("voc", config={"taxonomy": str(taxonomy), "lang": lang})
    return nlp


@Language.factory("voc", default_config={"taxonomy": "retail-food", "lang": "auto"})
def _factory(nlp: Language, name: str, taxonomy: str, lang: str) -> Component:
    return Component(taxonomy, lang)


class Component:
    """The pipe named `voc`; callable on a Doc, batched through `nlp.pipe`."""

    def __init__(self, taxonomy: str, lang: str) -> None:
        self._taxonomy, self._lang = taxonomies.load(taxonomy), lang
        if not Doc.has_extension("sentiment"):
            Doc.set_extension("sentiment", default=0.0)
        for extension in ("polarity", "intent", "confidence"):
            if not Span.has_extension(extension):
                Span.set_extension(extension, default=None)

    def __call__(self, doc: Doc) -> Doc:
        return self._annotate([doc])[0]

    def pipe(self, stream: Any, batch_size: int = 256) -> Any:
        """The same for many docs, a batch at a time."""
        docs = iter(stream)
        while batch := list(itertools.islice(docs, batch_size)):
            yield from self._annotate(batch)

    def _annotate(self, docs: list[Doc]) -> list[Doc]:
        texts = [doc.text for doc in docs]
        _, scores = scoring.score(texts, lang=self._lang)
        spans: dict[int, list[Span]] = {i: [] for i in range(len(docs))}
        for row in extraction.analyze(texts, taxonomy=self._taxonomy, lang=self._lang).to_pylist():
            doc = docs[row["row"]]
            span = doc.char_span(row["start"], row["end"], label=row["aspect"], alignment_mode="expand")
            if span is not None:
                span._.polarity, span._.intent, span._.confidence = row["polarity"], row["intent"], row["confidence"]
                spans[row["row"]].append(span)
        for i, doc in enumerate(docs):
            doc.spans["mentions"] = spans[i]
            doc._.sentiment = float(scores[i])
        return docs
