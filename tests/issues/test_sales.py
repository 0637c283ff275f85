"""Units sold in the place of reviews."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from voc.issues import IssueMeta, counts, rank
from voc.issues.sales import sold
from voc.schemas import SALES

MONTH = "2026-10"


def seen(store, sku, n, *, source="jd", month=MONTH):
    return dict(month=month, source=source, store_id=store, sku_id=sku, n_reviews=n, n_text=n, rating_sum=0.0, rating_n=0,
                n_default=0, n_flagged=0)  # fmt: skip


def fact(store, sku, x):
    return dict(month=MONTH, source="jd", store_id=store, sku_id=sku, issue_kind="aspect", issue_code="leak",
                n_mentions=x, n_complaints=x, n_praise=0, polarity_sum=0.0)  # fmt: skip


def exposure_of(*rows):
    return pa.Table.from_pylist(list(rows), schema=counts.EXPOSURE)


def sales_of(*rows):
    return pa.Table.from_pylist([dict(zip(SALES.names[:4], row, strict=True)) for row in rows], schema=SALES)


def units(table):
    return {(r["source"], r["store_id"], r["sku_id"]): (r["n_reviews"], r["n_seen"]) for r in table.to_pylist()}


def test_units_are_spread_as_reviews_are():
    exposure = exposure_of(seen("s1", "k1", 30), seen("s1", "k1", 10, source="tmall"), seen("s2", "k1", 20))
    found = units(sold(exposure, sales_of((MONTH, "s1", "k1", 800), (MONTH, "s2", "k1", 100))))
    assert found == {("jd", "s1", "k1"): (600, 30), ("tmall", "s1", "k1"): (200, 10), ("jd", "s2", "k1"): (100, 20)}


def test_what_was_sold_in_silence_is_exposure_too():
    exposure = exposure_of(seen("s1", "k1", 30), seen("s1", "k1", 10, source="tmall"))
    found = units(sold(exposure, sales_of((MONTH, "s1", "k1", 400), (MONTH, "s1", "k2", 100), (MONTH, "s9", "k1", 70))))
    assert found["jd", "s1", "k2"] == (75, 0) and found["tmall", "s1", "k2"] == (25, 0)
    assert not any(store == "s9" for _, store, _ in found)  # nothing is heard of it anywhere


def test_reviews_without_sales_count_as_reviews_do_elsewhere():
    exposure = exposure_of(seen("s1", "k1", 80), seen("s2", "k1", 10), seen(None, "k1", 5))
    found = units(sold(exposure, sales_of((MONTH, "s1", "k1", 1600))))
    assert found["jd", "s2", "k1"] == (200, 10)
    assert found["jd", None, "k1"] == (100, 5)


def test_months_with_few_sales_stay_with_their_reviews():
    exposure = exposure_of(seen("s1", "k1", 10), seen("s2", "k1", 90), seen("s1", "k1", 10, month="2026-09"))
    found = sold(exposure, sales_of((MONTH, "s1", "k1", 500)))
    assert found["n_reviews"].to_pylist() == found["n_seen"].to_pylist()
    assert len(found) == len(exposure)


@pytest.mark.parametrize("sales", [None, SALES.empty_table()])
def test_no_sales_change_nothing(sales):
    exposure = exposure_of(seen("s1", "k1", 10))
    assert sold(exposure, sales).select(exposure.column_names).equals(exposure)


def test_asking_for_reviews_neither_helps_nor_harms_a_store_whose_sales_are_known():
    exposure, facts, sales = [], [], []
    for s in range(10):
        for k in range(4):
            exposure.append(seen(f"s{s}", f"k{k}", 400 if s == 0 else 50))
            facts.append(fact(f"s{s}", f"k{k}", 14 if s == 0 else 4 + (s + k) % 2))
            sales.append((MONTH, f"s{s}", f"k{k}", 1000))
    tables = dict(
        facts=pa.Table.from_pylist(facts, schema=counts.FACTS), exposure=exposure_of(*exposure),
        issues={"leak": IssueMeta("leak")},
    )  # fmt: skip

    def store(**options):
        rows = rank(MONTH, **tables, **options).filter((pc.field("level") == "store") & (pc.field("store_id") == "s0"))
        return rows.to_pylist()[0]

    by_reviews, by_sales = store(), store(sales=sales_of(*sales))
    assert by_reviews["rr"] < 1 and by_reviews["gate"] == "insufficient"
    assert by_sales["rr"] > 2 and by_sales["gate"] == "strong"
    assert by_sales["n"] == by_reviews["n"] == 1600
