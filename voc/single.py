"""One file, or a few sentences, without a project: mentions, sentiment, keywords and a ranking.

A file's records are counted from 0, rejected ones included, so that `row` leads back into the file. Nothing is masked here:
spans are code points into the file's own text.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from voc import issues as ranking_room
from voc import taxonomy as taxonomies
from voc.config import Config
from voc.engines.local import LocalEngine
from voc.errors import InputError, UnknownName, nearest
from voc.extract import keywords as keyword_table
from voc.extract import mentions as extraction
from voc.extract import sentiment as scoring
from voc.ingest import dates, hygiene, ratings, readers
from voc.ingest.mapping import Reading, find
from voc.monthly_ranking import issue_metas, ranking_settings
from voc.schemas import RANKING, REVIEWS, conform
from voc.taxonomy import Taxonomy
from voc.text import language

log = logging.getLogger(__name__)

LANGUAGES = ("auto", "zh", "en")
PART = 4096  # texts that a worker gets at a time
#: What the columns of single files are called; the first that a file has is taken, a similar one is suggested.
NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "content", "review", "review_text", "comment", "comments", "body", "sentence", "评论内容", "评价内容",
             "评论", "评价", "内容", "文本", "用户评论", "评论用户内容", "verified_reviews"),
    "created_at": ("created_at", "date", "time", "created", "creation_time", "creationTime", "timestamp", "评论时间",
                   "评价时间", "时间", "日期"),
    "store_id": ("store_id", "store", "shop_id", "shop", "门店", "门店编号", "门店id", "店铺"),
    "sku_id": ("sku_id", "sku", "product_id", "product", "商品", "商品id", "商品编号"),
    "source": ("source", "channel", "platform", "来源", "渠道", "平台"),
    "rating": ("rating", "stars", "star", "score", "评分", "星级", "打分"),
}  # fmt: skip


def analyze(
    texts: Sequence[str | None], *, taxonomy: str | Path = "retail-food", lang: str = "auto", workers: int = 1,
    profile: str = "fast",
) -> pa.Table:  # fmt: skip
    """What each text says about what, a row per mention.

    Columns: row (index into `texts`), start, end (the clause), aspect_start, aspect_end, opinion_start, opinion_end (null
    where implicit), aspect (taxonomy code), facet, intent, polarity [-1, 1] (within .15 of 0: neutral), confidence [0, 1],
    severity, competitor. Spans are half-open code points. `workers`: processes (0: one per core; the caller's main module
    must then be importable without running its work). `profile`: fast, or accurate, which asks an encoder where the fast one is
    unsure. Raises UnknownName for a taxonomy, language or profile.
    """
    _taxonomy(taxonomy)
    chosen, kept = _language(lang), _same_length(texts)
    jobs = [(kept[i : i + PART], i, str(taxonomy), chosen, profile) for i in range(0, max(len(kept), 1), PART)]
    with LocalEngine(workers=workers) as engine:
        return pa.concat_tables(list(engine.map(_analyze_part, jobs)))


def _analyze_part(texts: list[str | None], first: int, taxonomy: str, lang: str, profile: str) -> pa.Table:
    """The mentions of one part of the texts; `first` is the place of its first text in the whole."""
    found = extraction.analyze(texts, taxonomy=_taxonomy(taxonomy), lang=lang, profile=profile)
    return found.set_column(0, "row", pc.add(found["row"], pa.scalar(first, pa.int64())))


def sentiment(
    texts: Sequence[str | None], *, lang: str = "auto", model: str | Path | None = None, adapt: bool = False
) -> pa.Table:
    """row, label (positive | neutral | negative), score [-1, 1], for every text; an empty one is neutral, 0.

    `model` is the folder of a model that `voc train` or `voc models import` made. `adapt`: learn the trade's words from
    `texts` first, without labels; at least some hundred reviews of one trade are wanted.
    """
    kept = _same_length(texts)
    labels, scores = scoring.score(kept, lang=_language(lang), model=model, adapt=adapt)
    rows = pa.array(range(len(kept)), pa.int64())
    return pa.table({"row": rows, "label": pa.array(labels, pa.string()), "score": pa.array(scores, pa.float32())})


def keywords(
    texts: Sequence[str | None], *, top: int = 20, taxonomy: str | Path = "retail-food", lang: str = "auto"
) -> pa.Table:
    """term, n_reviews, score: the words and phrases that are typical of `texts`, best first."""
    words = taxonomies.expressions(_taxonomy(taxonomy))
    kept = [t or "" for t in _same_length(texts)]
    return keyword_table.keywords(kept, top=top, lang=_language(lang), words=words)


def rank_file(
    data: str | Path | pa.Table,
    *,
    taxonomy: str | Path = "retail-food",
    lang: str = "auto",
    encoding: str | None = None,
    workers: int = 1,
) -> pa.Table:
    """The ranking (table `ranking`) of the last month of reviews with text, created_at, store_id, sku_id [, source, rating].

    The months before the last one are read too where there are enough of them to say what changed (`change` and the columns
    beside it); else they cost nothing. `data` is a file or an Arrow table. `evidence` is a JSON list of input rows, counted
    from 0. A missing store or SKU column drops only its level. `workers` as in `analyze`. Raises InputError when there is no
    text, no date column, or no date that can be read.
    """
    loaded, chosen = _taxonomy(taxonomy), _language(lang)
    if isinstance(data, pa.Table):
        columns = {name: data[name].cast(pa.string()).combine_chunks() for name in NAMES if name in data.column_names}
        path = None
    else:
        path = Path(data)
        columns = _columns(path, NAMES, needed=("text", "created_at"), encoding=encoding)
    for name in ("text", "created_at"):
        if name not in columns:
            raise InputError(
                f"column {name!r} is needed; the table has {', '.join(columns) or 'none of the known ones'}"
            )
    reviews = _reviews(columns, path)
    if not len(reviews):
        return _with_json_evidence(RANKING.empty_table())
    settings = ranking_settings(Config())
    months = sorted(pc.unique(reviews["month"]).to_pylist())
    month = months[-1]
    before = [m for m in months[:-1] if m >= ranking_room.previous(month, settings.history)]
    wanted = [*before, month] if len(before) >= settings.history_least else [month]
    reviews = reviews.filter(pc.is_in(reviews["month"], value_set=pa.array(wanted)))
    stage = extraction.stage(taxonomy=str(taxonomy), lang=chosen)
    with LocalEngine(workers=workers) as engine:
        mentions = engine.run(stage, reviews)
    ranking = ranking_room.rank(
        month,
        facts=ranking_room.facts(mentions, reviews),
        exposure=ranking_room.exposure(reviews),
        issues=issue_metas(loaded),
        complaints=ranking_room.complaints(mentions, reviews),
        settings=settings,
    )
    if "source" not in columns:  # all rows stand under one made-up source, which says nothing
        ranking = ranking.filter(pc.not_equal(ranking["level"], "source"))
    return _with_json_evidence(ranking)


def analyze_file(
    path: Path,
    *,
    text_column: str | None,
    taxonomy: str | Path,
    lang: str,
    encoding: str | None,
    profile: str = "fast",
) -> pa.Table:
    return analyze(texts_of(path, text_column, encoding), taxonomy=taxonomy, lang=lang, workers=0, profile=profile)


def sentiment_file(
    path: Path,
    *,
    text_column: str | None,
    lang: str,
    encoding: str | None,
    model: Path | None = None,
    adapt: bool = False,
) -> pa.Table:
    return sentiment(texts_of(path, text_column, encoding), lang=lang, model=model, adapt=adapt)


def keywords_file(
    path: Path, *, text_column: str | None, top: int, taxonomy: str | Path, lang: str, encoding: str | None
) -> pa.Table:
    return keywords(texts_of(path, text_column, encoding), top=top, taxonomy=taxonomy, lang=lang)


def write(table: pa.Table, path: Path) -> None:
    """`table` as .parquet, .csv (UTF-8 with BOM, so that Excel reads it) or .jsonl. Raises UnknownName for another suffix.

    Cells of a CSV that a spreadsheet would take for a formula get an apostrophe before them.
    """
    check_suffix(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[path.suffix.lower()](table, path)


def check_suffix(path: Path | None) -> None:
    """Raises UnknownName unless `write` knows the suffix of `path`; commands ask before the work, not after it."""
    if path is not None and path.suffix.lower() not in WRITERS:
        raise UnknownName("suffix", path.suffix.lower(), WRITERS, where=str(path.name))


def _write_csv(table: pa.Table, path: Path) -> None:
    columns = {
        n: _without_formula(table[n]) if pa.types.is_string(table[n].type) else table[n] for n in table.column_names
    }
    with open(path, "wb") as handle:
        handle.write(b"\xef\xbb\xbf")
        pa_csv.write_csv(pa.table(columns), handle)


def _without_formula(column: pa.ChunkedArray) -> pa.ChunkedArray:
    risky = pc.match_substring_regex(column, r"^[=+\-@\t\r＝＋－＠]")
    return pc.if_else(pc.fill_null(risky, False), pc.binary_join_element_wise("'", column, ""), column)


def _write_jsonl(table: pa.Table, path: Path) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        for row in table.to_pylist():
            handle.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}


# ---- reading ----------------------------------------------------------------------------------------------------------


def texts_of(path: Path, column: str | None = None, encoding: str | None = None) -> list[str | None]:
    """The text of each record of `path`; None for a rejected one."""
    names = {"text": (column,) if column else NAMES["text"]}
    found: list[str | None] = _columns(path, names, needed=("text",), encoding=encoding)["text"].to_pylist()
    return found


def labelled(
    path: Path, *, text_column: str | None = None, label_column: str = "label", encoding: str | None = None
) -> tuple[list[str], list[str]]:
    """The texts of `path` and their labels, as they are written there; records without either are left out.

    Raises InputError where a column is missing or nothing is labelled.
    """
    names = {"text": (text_column,) if text_column else NAMES["text"], "label": (label_column,)}
    found = _columns(path, names, needed=("text", "label"), encoding=encoding)
    pairs = zip(found["text"].to_pylist(), found["label"].to_pylist(), strict=True)
    kept = [(text, label.strip()) for text, label in pairs if (text or "").strip() and (label or "").strip()]
    if not kept:
        raise InputError(f"no record has a text and a {label_column!r}", path=path)
    return [text for text, _ in kept], [label for _, label in kept]


def _columns(
    path: Path, names: dict[str, tuple[str, ...]], *, needed: Sequence[str], encoding: str | None
) -> dict[str, pa.Array]:
    """field -> string array over all records of `path`, nulls for rejected records and absent cells.

    Raises InputError when a needed field has no column, with the columns found and the nearest.
    """
    known = [name for choice in names.values() for name in choice]
    parts: dict[str, list[pa.Array]] = {field: [] for field in names}
    seen: dict[str, None] = {}
    rejected = total = 0
    for batch in _batches(path, encoding, known):
        own = [c for c in batch.schema.names if c not in readers.OWN]
        seen.update(dict.fromkeys(own))
        rejected += len(batch) - batch[readers.REASON].null_count
        total += len(batch)
        for field, choice in names.items():
            column = find(choice, own)
            parts[field].append(pa.nulls(len(batch), pa.string()) if column is None else batch[column])
    found = {f: pa.concat_arrays(p) for f, p in parts.items() if p and find(names[f], list(seen)) is not None}
    for field in needed:
        if field not in found:
            if not seen:
                raise InputError("the file has no records", path=path)
            wanted = names[field][0]
            taken = {find(choice, list(seen)) for choice in names.values()}
            free = [column for column in seen if column not in taken]
            near = next((n for name in names[field] if (n := nearest(name, free))), None)
            hint = f" The nearest is {near!r}." if near else ""
            flag = " (or name it with --text-column)" if field == "text" else ""
            raise InputError(f"no column {wanted!r}{flag}; the file has {', '.join(map(repr, seen))}.{hint}", path=path)
    if rejected:
        log.warning("%s: %d of %d records could not be read and count as empty", path.name, rejected, total)
    return found


def _batches(path: Path, encoding: str | None, headers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    return readers.read(path, reading=Reading(encoding=encoding), headers=headers)


def _reviews(columns: dict[str, pa.Array], path: Path | None) -> pa.Table:
    """The records with a readable date as a `reviews` table; review_id is the record's number, padded so that it sorts."""
    zone = Config().project.time_zone
    times = dates.parse(columns["created_at"], zone=zone)
    n = len(times.at)
    undated = times.at.null_count
    if n and undated == n:
        example = next((v for v in columns["created_at"].to_pylist() if v), None)
        raise InputError(f"no date in column 'created_at' could be read, for instance {example!r}", path=path)
    if undated:
        log.warning("%d of %d records have no readable date and are left out", undated, n)
    nothing = pa.nulls(n, pa.string())
    text = pc.fill_null(columns["text"], "")
    lang = pa.array([language.detect(t) for t in text.to_pylist()], pa.string())
    stars = ratings.parse(columns["rating"], scale="1..5").values if "rating" in columns else pa.nulls(n, pa.float32())
    source = pc.fill_null(columns.get("source", nothing), "file")
    flags = [["default_review"] if empty else [] for empty in hygiene.is_default_text(text).to_pylist()]
    table = pa.table(
        {
            "review_id": pa.array([f"{i:09d}" for i in range(n)], pa.string()),
            "kind": pa.array(["review"] * n, pa.string()),
            "source": source,
            "channel": source,
            "created_at": times.at,
            "month": pc.strftime(pc.cast(times.at, pa.timestamp("us", tz=zone)), format="%Y-%m"),
            "store_id": _blank_to_null(columns.get("store_id", nothing)),
            "sku_id": _blank_to_null(columns.get("sku_id", nothing)),
            "rating": stars,
            "lang": lang,
            "text": text,
            "flags": pa.array(flags, pa.list_(pa.string())),
            "ingest_id": pa.array(["file"] * n, pa.string()),
        }
    )
    return conform(table.filter(pc.is_valid(table["created_at"])), REVIEWS)


def _blank_to_null(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.fill_null(pc.equal(trimmed, ""), True), pa.scalar(None, pa.string()), trimmed)


def _with_json_evidence(ranking: pa.Table) -> pa.Table:
    rows = [json.dumps([int(i) for i in ids]) for ids in ranking["evidence"].to_pylist()]
    at = ranking.column_names.index("evidence")
    return ranking.set_column(at, "evidence", pa.array(rows, pa.string()))


def _same_length(texts: Sequence[str | None]) -> list[str | None]:
    """NUL and lone surrogates become a space each: they carry nothing, and spans must stay where they are.

    NaN, which pandas puts where a text is missing, becomes None. Raises InputError for one text instead of several, and
    for anything else that is no text.
    """
    if isinstance(texts, str):
        raise InputError(f"a list of texts is wanted, not one text: [{texts[:20]!r}]")
    if isinstance(texts, (pa.Array, pa.ChunkedArray)):
        texts = texts.to_pylist()
    texts = [None if isinstance(t, float) and t != t else t for t in texts]
    for row, text in enumerate(texts):
        if not (text is None or isinstance(text, str)):
            raise InputError(f"a text is wanted, not {type(text).__name__} {text!r}", row=row)
    table = {0: " ", **dict.fromkeys(range(0xD800, 0xE000), " ")}
    return [t if t is None or (t.isascii() and "\0" not in t) else t.translate(table) for t in texts]


def _taxonomy(name: str | Path) -> Taxonomy:
    return taxonomies.load(name)


def _language(lang: str) -> str:
    if lang not in LANGUAGES:
        raise UnknownName("language", lang, LANGUAGES)
    return lang
