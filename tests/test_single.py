"""Single files: rows counted from 0 with rejected ones, spans into the file's own text, clear errors."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import voc
from voc import single
from voc.errors import InputError, UnknownName

TEXTS = ["物流太慢了，但是很好吃", "", None, "饼干都碎了，而且有点受潮", "Great taste but the bag was leaking"]


def csv(tmp_path, text, name="reviews.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_analyze_gives_spans_into_the_text_as_it_is():
    table = voc.analyze(TEXTS)
    assert table.num_rows >= 4
    for row in table.to_pylist():
        text = TEXTS[row["row"]]
        assert 0 <= row["start"] < row["end"] <= len(text)
        if row["opinion_start"] is not None:
            assert row["opinion_start"] < row["opinion_end"] <= len(text)
        assert -1 <= row["polarity"] <= 1 and 0 <= row["confidence"] <= 1
        if abs(row["polarity"]) <= 0.15:
            assert row["intent"] not in ("complaint", "praise")
    first = {row["aspect"]: row["intent"] for row in table.to_pylist() if row["row"] == 0}
    assert first.get("V01") == "complaint" and first.get("P10") == "praise"


def test_nul_moves_no_span():
    plain, dirty = voc.analyze(["太慢了，物流太慢"]), voc.analyze(["太慢了\0物流太慢"])
    assert dirty["end"].to_pylist()[-1] == plain["end"].to_pylist()[-1] == 8


def test_lone_surrogates_in_a_file_move_no_span(tmp_path):
    path = csv(tmp_path, '{"text": "\\ud800太难吃了\\udfff，店员态度差"}\n', "reviews.jsonl")
    text = json.loads(path.read_text("utf-8"))["text"]
    table = single.analyze_file(path, text_column=None, taxonomy="retail-food", lang="auto", encoding=None)
    spans = {row["aspect"]: text[row["opinion_start"] : row["opinion_end"]] for row in table.to_pylist()}
    assert "难吃" in spans["P10"] and spans["V06"].endswith("态度差")


def test_sentiment_gives_a_row_per_input_row_and_empty_is_neutral():
    table = voc.sentiment(TEXTS)
    assert table["row"].to_pylist() == [0, 1, 2, 3, 4]
    assert table["label"].to_pylist()[1:3] == ["neutral", "neutral"]
    assert table["score"].to_pylist()[1:3] == [0, 0]


@pytest.mark.parametrize("function", [voc.analyze, voc.sentiment, voc.keywords])
def test_texts_are_a_list_of_texts(function):
    with pytest.raises(InputError, match="not one text"):
        function("太难吃了")
    with pytest.raises(InputError, match="record 2: a text is wanted, not int 5"):
        function(["太难吃了", 5])
    assert function(["太难吃了", float("nan")]).equals(function(pa.array(["太难吃了", None])))


def test_row_counts_rejected_records(tmp_path):
    path = csv(tmp_path, "id,text\n1,很好吃\n2,多,一,列\n3,太难吃了\n")
    table = single.sentiment_file(path, text_column=None, lang="auto", encoding=None)
    assert table["row"].to_pylist() == [0, 1, 2]
    assert table["label"].to_pylist()[1] == "neutral"


def test_a_missing_text_column_names_those_there_are(tmp_path):
    path = csv(tmp_path, "id,txt\n1,很好吃\n")
    with pytest.raises(InputError, match=r"no column 'text'.*'txt'.*nearest is 'txt'"):
        single.sentiment_file(path, text_column=None, lang="auto", encoding=None)


def test_the_nearest_column_is_sought_for_every_known_name(tmp_path):
    path = csv(tmp_path, "id,revew\n1,很好吃\n")
    with pytest.raises(InputError, match="nearest is 'revew'"):
        single.sentiment_file(path, text_column=None, lang="auto", encoding=None)
    with pytest.raises(InputError, match=r"no column 'created_at'; the file has 'text', 'store_id'\.$"):
        voc.rank_file(csv(tmp_path, "text,store_id\n很好吃,A\n"))


def test_a_json_file_without_a_record_is_said_to_be_empty(tmp_path):
    with pytest.raises(InputError, match="the file has no records"):
        single.sentiment_file(csv(tmp_path, "", "r.jsonl"), text_column=None, lang="auto", encoding=None)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_results_can_be_written_in_three_forms(tmp_path, suffix):
    path = tmp_path / "deep" / f"out{suffix}"
    single.write(voc.sentiment(["很好吃"]), path)
    assert path.stat().st_size > 0


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    with pytest.raises(UnknownName, match=r"\.parquet"):
        single.write(voc.sentiment([]), tmp_path / "out.xls")


def test_cells_of_a_csv_are_no_formulas(tmp_path):
    single.write(pa.table({"text": ["=1+1", "＝cmd", "fine", None]}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[1:] == ['"\'=1+1"', '"\'＝cmd"', '"fine"', ""]


def reviews(stores=("A", "B", "C", "D"), bad="B", n=300):
    rows = []
    for i in range(n * len(stores)):
        store = stores[i % len(stores)]
        stale = i % 97 == 0 or (store == bad and i % 12 in (1, 5))
        text = "买回来就受潮了，一点都不新鲜" if stale else "味道不错，会再来"
        day = f"2026-10-{i % 28 + 1:02d} 1{i % 9}:00:00"
        rows.append({"text": text, "created_at": day, "store_id": store, "sku_id": f"K{i % 5}", "rating": "4"})
    return rows


def test_rank_file_finds_the_bad_store_and_leads_back_to_its_rows(tmp_path):
    rows = reviews()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "reviews.parquet")
    table = voc.rank_file(tmp_path / "reviews.parquet")
    gated = [r for r in table.to_pylist() if r["gate"] in ("strong", "moderate") and r["level"] == "store"]
    assert [(r["store_id"], r["aspect"]) for r in gated] == [("B", "P07")]
    evidence = json.loads(gated[0]["evidence"])
    assert evidence and all(rows[i]["store_id"] == "B" and "受潮" in rows[i]["text"] for i in evidence)


def test_rank_file_takes_the_last_month_and_drops_only_a_missing_level():
    rows = [row | {"created_at": "2026-09-01 10:00:00"} for row in reviews(n=20)] + reviews()
    table = voc.rank_file(pa.Table.from_pylist(rows).drop_columns(["sku_id"]))
    assert set(table["month"].to_pylist()) == {"2026-10"}
    assert "store" in table["level"].to_pylist() and "sku" not in table["level"].to_pylist()


@pytest.mark.parametrize(("months", "word"), [(range(4, 10), "rising"), (range(6, 10), "too_short")])
def test_rank_file_says_what_changed_where_the_file_has_the_months(months, word):
    before = [
        row | {"created_at": row["created_at"].replace("2026-10", f"2026-{m:02d}")}
        for m in months
        for row in reviews(bad="", n=120)
    ]
    table = voc.rank_file(pa.Table.from_pylist(before + reviews(n=120)))
    assert set(table["month"].to_pylist()) == {"2026-10"}
    found = {(r["store_id"], r["aspect"]): r for r in table.to_pylist() if r["level"] == "store"}
    assert found["B", "P07"]["change"] == word
    assert found["B", "P07"]["n"] == 120
    evidence = json.loads(found["B", "P07"]["evidence"])
    assert min(evidence) >= len(before)  # rows of the last month alone


def test_rank_file_has_a_source_level_only_where_there_are_sources():
    rows = pa.Table.from_pylist(reviews(n=20))
    assert "source" not in voc.rank_file(rows)["level"].to_pylist()
    named = rows.append_column("source", pa.array(["tmall", "jd"] * (len(rows) // 2)))
    assert "source" in voc.rank_file(named)["level"].to_pylist()


def test_rank_file_without_dates_says_what_it_saw():
    with pytest.raises(InputError, match="for instance 'soon'"):
        voc.rank_file(pa.table({"text": ["好吃"], "created_at": ["soon"]}))


def test_the_spacy_face_has_mentions_and_sentiment():
    doc = voc.load_spacy("zh")("物流太慢了，但是很好吃")
    assert {span.label_ for span in doc.spans["mentions"]} >= {"V01", "P10"}
    assert all(-1 <= span._.polarity <= 1 for span in doc.spans["mentions"])
    assert -1 <= doc._.sentiment <= 1
    with pytest.raises(UnknownName, match="en, zh"):
        voc.load_spacy("fr")


def test_many_texts_in_parts_and_processes_give_the_same_mentions():
    texts = [TEXTS[i % len(TEXTS)] for i in range(single.PART + 5)]
    one, two = voc.analyze(texts), voc.analyze(texts, workers=2)
    assert one.equals(two)
    assert max(one["row"].to_pylist()) == single.PART + 4
