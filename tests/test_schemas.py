import pyarrow as pa
import pytest

from voc.errors import SchemaMismatch
from voc.schemas import REVIEW_SCORES, TABLES, check, conform, empty, project


def scores(**changes):
    row = {"review_id": "a:1", "month": "2026-10", "label": "neutral", "score": 0.0, "rating_text_conflict": False}
    return pa.Table.from_pylist([row | changes])


def test_conform_casts_orders_and_keeps_the_rows():
    shuffled = scores(score=1).select(["score", "label", "month", "review_id", "rating_text_conflict"])
    table = conform(shuffled, REVIEW_SCORES)
    assert table.schema.equals(REVIEW_SCORES)
    assert table["score"].to_pylist() == [1.0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (scores().append_column("more", pa.array([1])), "more"),
        (scores().drop_columns(["label"]), "'label' is missing"),
        (scores(label=None), "'label' has 1 nulls"),
    ],
)
def test_conform_refuses_what_the_table_does_not_have(table, words):
    with pytest.raises(SchemaMismatch, match=words):
        conform(table, REVIEW_SCORES)


def test_check_names_the_columns_that_differ():
    with pytest.raises(SchemaMismatch, match="score: float"):
        check(project(REVIEW_SCORES, "review_id", "month"), REVIEW_SCORES, "here")


def test_every_table_can_be_empty_and_has_no_type_that_spark_refuses():
    refused = (pa.types.is_dictionary, pa.types.is_unsigned_integer, pa.types.is_fixed_size_list)
    for name, schema in TABLES.items():
        assert empty(name).num_rows == 0
        for field in schema:
            assert not any(test(field.type) for test in refused), (name, field.name)
            assert not (pa.types.is_timestamp(field.type) and field.type.unit == "ns"), (name, field.name)
