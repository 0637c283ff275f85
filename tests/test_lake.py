import subprocess
import sys
import textwrap

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from voc import parts
from voc.errors import Locked, SchemaMismatch, UnknownName, VocError
from voc.lake import MONTHLY, Lake, locked
from voc.schemas import ORDER, TABLES, empty

SCORE = {"month": "2026-09", "label": "neutral", "score": 0.0, "rating_text_conflict": False}


def scores(*ids, month="2026-09", label="neutral"):
    rows = [SCORE | {"review_id": i, "month": month, "label": label} for i in ids]
    return pa.Table.from_pylist(rows, schema=TABLES["review_scores"])


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def test_every_table_has_an_order_of_its_own_columns():
    assert set(ORDER) == set(TABLES)
    for name, keys in ORDER.items():
        assert set(keys) <= set(TABLES[name].names)
    assert "reviews" in MONTHLY and "stores" not in MONTHLY


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_that_was_never_written_and_one_written_empty_read_alike(lake, name):
    assert lake.read(name).equals(empty(name))
    lake.replace(name, empty(name))
    assert lake.read(name).equals(empty(name))
    assert lake.read(name).schema.equals(TABLES[name])


def test_a_slice_is_replaced_alone_and_read_in_order(lake):
    lake.replace_month("review_scores", "2026-09", scores("b", "a"))
    lake.replace_month("review_scores", "2026-10", scores("c", month="2026-10"))
    lake.replace_month("review_scores", "2026-09", scores("z", "y", "x"))
    assert lake.read("review_scores")["review_id"].to_pylist() == ["x", "y", "z", "c"]
    assert lake.months("review_scores") == ["2026-09", "2026-10"]
    assert lake.read("review_scores", months=["2026-10"], columns=["label"]).to_pydict() == {"label": ["neutral"]}


def test_the_same_rows_make_no_new_version(lake):
    assert lake.replace_month("review_scores", "2026-09", scores("a", "b"))
    before = lake.versions()
    assert not lake.replace_month("review_scores", "2026-09", scores("b", "a"))
    assert lake.versions() == before


def test_commits_after_a_checkpoint_are_seen(lake):
    """Delta writes a checkpoint after a hundred commits; a project has so many after a year."""
    lake.replace_month("review_scores", "2026-08", scores("x", month="2026-08"))
    DeltaTable(str(lake.root / "review_scores")).create_checkpoint()
    prints = set()
    for ids in (("a",), ("b", "c"), ("d",)):
        made = parts.write(lake.root, "review_scores", "2026-09", scores(*ids))
        assert lake.commit("review_scores", "2026-09", [made])
        assert lake.read("review_scores")["review_id"].to_pylist() == ["x", *ids]
        prints.add(lake.fingerprint("review_scores", "2026-09"))
    assert lake.version("review_scores") == 3 and len(prints) == 3


def test_an_old_version_can_be_read(lake):
    lake.replace_month("review_scores", "2026-09", scores("a"))
    lake.replace_month("review_scores", "2026-09", scores("b"))
    assert lake.read("review_scores", version=0)["review_id"].to_pylist() == ["a"]


def test_the_fingerprint_follows_its_own_slice_only(lake):
    lake.replace_month("review_scores", "2026-09", scores("a"))
    before = lake.fingerprint("review_scores", "2026-09")
    lake.replace_month("review_scores", "2026-10", scores("c", month="2026-10"))
    assert lake.fingerprint("review_scores", "2026-09") == before
    lake.replace_month("review_scores", "2026-09", scores("b"))
    assert lake.fingerprint("review_scores", "2026-09") != before


def test_rows_of_another_month_are_refused(lake):
    with pytest.raises(VocError, match="1 rows for table 'review_scores' do not belong to month 2026-10"):
        lake.replace_month("review_scores", "2026-10", scores("a"))


def test_a_wrong_column_and_an_unknown_table_are_named(lake):
    with pytest.raises(SchemaMismatch, match="label"):
        lake.replace_month("review_scores", "2026-09", scores("a").drop_columns(["label"]))
    with pytest.raises(UnknownName, match="'mentions'"):
        lake.read("mention")


def test_record_remembers_what_a_step_was_made_from(lake):
    assert lake.made_from("annotate", "2026-09") is None
    lake.record("annotate", "2026-09", "abc")
    assert lake.made_from("annotate", "2026-09") == "abc"
    assert lake.made_from("annotate", "2026-10") is None


def test_a_second_process_is_told_that_the_project_is_held(tmp_path):
    script = textwrap.dedent(f"""
        from pathlib import Path
        from voc.errors import Locked
        from voc.lake import locked
        try:
            with locked(Path({str(tmp_path)!r})):
                print("held")
        except Locked as error:
            print("locked", error.exit_code)
    """)
    run = [sys.executable, "-c", script]
    with locked(tmp_path):
        assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "locked 3"
        with pytest.raises(Locked), locked(tmp_path):
            pass
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "held"


def test_parts_become_a_slice_in_one_commit_and_equal_ones_are_not_committed(lake):
    lake.replace_month("review_scores", "2026-08", scores("x", month="2026-08"))
    made = [parts.write(lake.root, "review_scores", "2026-09", scores(*ids)) for ids in (("b", "a"), ("c",))]
    assert lake.commit("review_scores", "2026-09", made)
    version = lake.version("review_scores")
    assert lake.read("review_scores")["review_id"].to_pylist() == ["x", "a", "b", "c"]
    again = [parts.write(lake.root, "review_scores", "2026-09", scores(*ids)) for ids in (("a", "b"), ("c",))]
    assert again == made and not lake.commit("review_scores", "2026-09", again)
    assert lake.version("review_scores") == version
    assert lake.commit("review_scores", "2026-09", made[:1])
    assert lake.read("review_scores")["review_id"].to_pylist() == ["x", "a", "b"]
    assert lake.commit("review_scores", "2026-09", [])
    assert lake.months("review_scores") == ["2026-08"]


def test_the_first_commit_of_parts_makes_the_table_even_without_rows(lake):
    assert parts.write(lake.root, "review_scores", "2026-09", scores()) is None
    assert not lake.commit("review_scores", "2026-09", [])
    assert lake.exists("review_scores") and len(lake.read("review_scores")) == 0


def test_pieces_cover_every_row_once_whoever_wrote_the_file(lake):
    ids = [f"{i:06}" for i in range(40_000)]
    lake.replace_month("review_scores", "2026-09", scores(*ids))
    cut = parts.pieces("2026-09", lake.paths("review_scores", "2026-09"))
    assert len(cut) == 3 and sum(piece.rows for piece in cut) == len(ids)
    schema = TABLES["review_scores"]
    read = [b for piece in cut for b in parts.batches(piece, schema, rows=5_000)]
    assert max(b.num_rows for b in read) <= 5_000
    assert pa.Table.from_batches(read, schema=schema).equals(lake.read("review_scores"))


def test_a_table_of_an_earlier_version_is_read_and_widened(lake):
    """Its old rows have nulls in the columns that came later, and new rows have theirs."""
    schema = TABLES["ingests"]
    older = pa.schema([field for field in schema if field.name != "encoding"])
    row = {name: 1 if field.type == pa.int64() else "a" for name, field in zip(schema.names, schema, strict=True)}
    row |= {"months": ["2026-09"], "encoding": "utf-8"}
    write_deltalake(str(lake.root / "ingests"), pa.Table.from_pylist([row], schema=older))
    assert lake.read("ingests")["encoding"].to_pylist() == [None]
    lake.append("ingests", pa.Table.from_pylist([row | {"ingest_id": "b"}], schema=schema))
    assert lake.read("ingests")["encoding"].to_pylist() == [None, "utf-8"]
    older = pa.schema([field for field in TABLES["review_scores"] if field.name != "rating_text_conflict"])
    write_deltalake(str(lake.root / "review_scores"), scores("x").select(older.names), partition_by=["month"])
    piece = parts.pieces("2026-09", lake.paths("review_scores", "2026-09"))[0]
    (batch,) = parts.batches(piece, TABLES["review_scores"], rows=10)
    assert batch["rating_text_conflict"].to_pylist() == [None]
    assert lake.replace_month("review_scores", "2026-08", scores("y", month="2026-08"))
    assert lake.read("review_scores")["rating_text_conflict"].to_pylist() == [False, None]
    assert lake.commit("review_scores", "2026-09", [parts.write(lake.root, "review_scores", "2026-09", scores("x"))])
    assert lake.read("review_scores")["rating_text_conflict"].to_pylist() == [False, False]
