import pyarrow as pa

from voc.relation import Relation


def relation(reads=None):
    def read():
        if reads is not None:
            reads.append(1)
        return pa.table({"aspect": ["P07", "P07", "V01"], "n": [3, 4, 5], "text": ["<b>", "x" * 200, None]})

    return Relation("mentions", read)


def test_nothing_is_read_before_it_is_asked_for_and_then_once():
    reads = []
    table = relation(reads)
    chained = table.sql("select aspect, sum(n) as n from this group by 1 order by 1")
    assert reads == []
    assert chained.arrow().to_pydict() == {"aspect": ["P07", "V01"], "n": [7, 5]}
    assert len(table) == 3 and reads == [1]


def test_pandas_and_polars():
    assert relation().df()["n"].sum() == relation().to_pandas()["n"].sum() == relation().pl()["n"].sum() == 12


def test_the_html_escapes_and_shortens():
    page = relation()._repr_html_(rows=2)
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert "x" * 79 + "…" in page and "x" * 80 not in page
    assert "3 rows, the first 2 shown" in page
