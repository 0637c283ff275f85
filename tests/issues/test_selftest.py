"""The self-test: a table that can be made again, that plants what it says, and that tells the truth about the ranking."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from voc.corpora.worlds import ranking as worlds

from voc.issues import IssueMeta, RankSettings, rank
from voc.issues.gate import GATED
from voc.issues.selftest import Plan, power
from voc.schemas import EXPOSURE, FACTS, POWER

MONTH = worlds.MONTH
CHAIN = dataclasses.replace(
    worlds.DULL, stores=20, skus=12, issues=6, reviews=4000, prevalence=(0.01, 0.02), sensitivity=1.0,
    false_positive_rate=0.0,
)  # fmt: skip
PLAN = Plan(copies=4, nulls=2, share=0.05)


def parts(world):
    tables = world.tables()
    return {
        "facts": tables["facts"], "exposure": tables["exposure"], "issues": {c: IssueMeta(c) for c in world.codes()}
    }  # fmt: skip


@pytest.fixture(scope="module")
def chain():
    return worlds.simulate(5, CHAIN)


@pytest.fixture(scope="module")
def table(chain):
    return power(MONTH, **parts(chain), plan=PLAN)


def rows(table, **where):
    return [r for r in table.to_pylist() if all(r[k] == v for k, v in where.items())]


def test_every_row_is_a_share_with_its_interval(table):
    assert table.schema == POWER
    assert {r["level"] for r in rows(table, copy="planted")} == {"store", "sku", "store_sku"}
    for row in table.to_pylist():
        assert 0 <= row["found"] <= row["planted"] and row["planted"] > 0
        assert row["power"] == row["found"] / row["planted"]
        assert 0 <= row["power_lo"] <= row["power"] <= row["power_hi"] <= 1
    for row in rows(table, copy="planted"):
        assert row["n_lo"] <= row["n_median"] and (row["n_hi"] is None or row["n_median"] < row["n_hi"])
        assert row["tagged_rise"] == row["rise"] and row["risk"] > 1 and row["sensitivity"] is None


def test_more_is_found_of_what_is_larger(table):
    for level in ("store", "sku"):
        small = [r for r in rows(table, copy="planted", level=level) if r["rise"] * r["n_median"] < 4]
        large = [r for r in rows(table, copy="planted", level=level) if r["rise"] * r["n_median"] > 25]
        share = [sum(r["found"] for r in part) / sum(r["planted"] for r in part) for part in (small, large)]
        assert share[0] < 0.5 < 0.9 < share[1], (level, share)


def test_the_same_month_gives_the_same_table_whatever_the_order_of_its_rows(chain, table):
    given = parts(chain)
    random = np.random.default_rng(1)
    for name in ("facts", "exposure"):
        given[name] = given[name].take(pa.array(random.permutation(len(given[name]))))
    assert power(MONTH, **given, plan=PLAN).equals(table)


def test_names_do_not_matter(chain, table):
    """Stores named the other way round: the same places are drawn, because they are known by their counts."""
    given = parts(chain)
    new = {f"S{i:04d}": f"S{CHAIN.stores - i:04d}" for i in range(CHAIN.stores)}
    for name in ("facts", "exposure"):
        ids = pa.array([new[i] for i in given[name]["store_id"].to_pylist()])
        given[name] = given[name].set_column(given[name].schema.get_field_index("store_id"), "store_id", ids)
    other = power(MONTH, **given, plan=PLAN)
    assert [r["planted"] for r in rows(other, copy="planted", level="store")] == [
        r["planted"] for r in rows(table, copy="planted", level="store")
    ]
    found = [sum(r["found"] for r in rows(t, copy="planted", level="store")) for t in (table, other)]
    assert abs(found[0] - found[1]) <= 2  # rows that tie may change places


def test_other_months_and_rivals_do_not_matter(chain, table):
    given = parts(chain)
    elsewhere = [{**r, "month": "2026-09"} for r in given["facts"].slice(0, 50).to_pylist()]
    given["facts"] = pa.concat_tables([given["facts"], pa.Table.from_pylist(elsewhere, schema=FACTS)])
    rival = [{**r, "sku_id": "theirs", "n_reviews": 900} for r in given["exposure"].slice(0, 5).to_pylist()]
    given["exposure"] = pa.concat_tables([given["exposure"], pa.Table.from_pylist(rival, schema=EXPOSURE)])
    skus = pa.table({"sku_id": ["theirs"], "own": [False]})
    assert power(MONTH, **given, skus=skus, plan=PLAN).equals(table)


def test_where_sales_are_the_exposure_they_are_in_the_copies_too(chain, table):
    """A store that sold far more than it was spoken of stands out less, and what is planted there is found less often."""
    pairs = parts(chain)["exposure"].group_by(["store_id", "sku_id"]).aggregate([("n_reviews", "sum")])
    stores, counts = (pairs[column].to_pylist() for column in ("store_id", "n_reviews_sum"))
    units = [n * (60 if store <= "S0009" else 1) for store, n in zip(stores, counts, strict=True)]
    sales = pa.table({"store_id": pairs["store_id"], "sku_id": pairs["sku_id"], "units": pa.array(units)})
    sales = sales.append_column("month", pa.array([MONTH] * len(sales)))
    other = power(MONTH, **parts(chain), sales=sales, plan=PLAN)
    found = [sum(r["found"] for r in rows(t, copy="planted", level="store")) for t in (table, other)]
    assert found[1] < found[0]


def test_a_store_that_does_not_answer_for_an_issue_is_not_tested_for_it(chain):
    given = parts(chain)
    given["issues"] = {code: IssueMeta(code, store=False) for code in given["issues"]}
    assert {r["level"] for r in power(MONTH, **given, plan=PLAN).to_pylist()} == {"sku"}


def test_an_overlooked_complaint_makes_a_rise_harder_to_find(chain, table):
    blind = power(MONTH, **parts(chain), plan=PLAN, sensitivity=0.5)
    assert {r["sensitivity"] for r in rows(blind, copy="planted")} == {0.5}
    both = {(r["level"], r["n_lo"], r["rise"]) for r in rows(table, copy="planted")} & {
        (r["level"], r["n_lo"], r["rise"]) for r in rows(blind, copy="planted")
    }
    assert both

    def found(t):
        mine = [r for r in rows(t, copy="planted") if (r["level"], r["n_lo"], r["rise"]) in both]
        return sum(r["found"] for r in mine) / sum(r["planted"] for r in mine)

    assert found(blind) < found(table) - 0.05
    assert all(r["tagged_rise"] == 0.5 * r["rise"] for r in rows(blind, copy="planted"))


def test_nothing_to_rank_gives_no_rows(chain):
    given = parts(chain) | {"facts": FACTS.empty_table()}
    assert len(power(MONTH, **given)) == 0
    assert len(power("2020-01", **parts(chain))) == 0


def test_one_review_is_a_month_too():
    fact = dict(
        month=MONTH, source="jd", store_id="s", sku_id=None, issue_kind="aspect", issue_code="A", n_mentions=1,
        n_complaints=1, n_praise=0, polarity_sum=-1.0,
    )  # fmt: skip
    seen = dict(
        month=MONTH, source="jd", store_id="s", sku_id=None, n_reviews=1, n_text=1, rating_sum=1.0, rating_n=1,
        n_default=0, n_flagged=0,
    )  # fmt: skip
    table = power(
        MONTH, facts=pa.Table.from_pylist([fact], schema=FACTS), exposure=pa.Table.from_pylist([seen], schema=EXPOSURE),
        issues={"A": IssueMeta("A")},
    )  # fmt: skip
    assert {r["copy"] for r in table.to_pylist()} == {"null"}


def test_ordinary_months_raise_few_false_alarms(table):
    for row in rows(table, copy="null"):
        assert row["found"] <= max(1, 0.002 * row["planted"]), row


def test_what_it_promises_is_what_is_found():
    """Planted one at a time into other months of the same chain, as many are found as the table says."""
    rise, tries = 0.05, 32
    plan = Plan(rises=(rise,), volumes=(100,), copies=12, nulls=1, share=0.03)
    (told,) = rows(power(MONTH, **parts(worlds.simulate(6, CHAIN)), plan=plan), copy="planted", level="store")
    random = np.random.default_rng(3)
    others = [worlds.simulate(seed, CHAIN) for seed in (7, 8, 9)]
    found = []
    for number in range(tries):
        other = others[number % len(others)]
        size = np.bincount(other.store, other.n.sum(axis=1), CHAIN.stores)
        place, issue = int(random.choice(np.flatnonzero(size >= 100))), int(random.integers(CHAIN.issues))
        mine = np.flatnonzero(other.store == place)
        x = other.x.copy()
        x[mine, :, issue] += random.binomial(other.n[mine] - x[mine, :, issue], rise)
        ranking = rank(
            MONTH, **parts(dataclasses.replace(other, x=x, with_text=other.n)), settings=RankSettings(draws=1)
        )
        cell = (pc.field("level") == "store") & (pc.field("store_id") == f"S{place:04d}")
        found.append(ranking.filter(cell & (pc.field("aspect") == f"I{issue:04d}"))["gate"][0].as_py() in GATED)
    share = np.mean(found)
    error = np.sqrt(share * (1 - share) / tries + told["power"] * (1 - told["power"]) / told["planted"])
    assert 0.2 < told["power"] < 0.95, told  # where nothing or everything is found, nothing is tested
    assert abs(share - told["power"]) < 2.5 * error, (share, told)
