"""What must not change when the input changes in ways that mean nothing, over months and from reviews to ranks."""

import dataclasses
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from voc.corpora.worlds import history, ranking

from voc.issues import IssueMeta, RankSettings, counts, rank
from voc.schemas import RANKING

QUICK = RankSettings(draws=40)
SMALL = dataclasses.replace(
    history.SMALL, past=6, rises=(5.0,), changed_stores=4, changed_skus=4, changed_complaints=8.0,
    chain=dataclasses.replace(ranking.SMALL, stores=16, skus=20, issues=6, reviews=4000, planted_stores=2,
                              planted_skus=2, planted_pairs=0),
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> history.History:
    return history.simulate(4, SMALL)


def ranked(tables, world, settings=QUICK, **issue):
    metas = {c: IssueMeta(c, **issue) for c in world.codes()}
    return rank(world.month, issues=metas, settings=settings, **tables)


@pytest.fixture(scope="module")
def before(world) -> pa.Table:
    return ranked(world.tables(), world)


def renamed(tables, world, seed=1):
    """Stores and SKUs under each other's names, rows in another order; and what is called what now."""
    random = np.random.default_rng(seed)
    names = {}
    for column, size, letter in (
        ("store_id", SMALL.chain.stores, "S"),
        ("sku_id", SMALL.chain.skus, "K"),
    ):
        old = ranking.names(letter, np.arange(size))
        names[column] = dict(zip(old.tolist(), random.permutation(old).tolist(), strict=True))
    out = {}
    for name, table in tables.items():
        for column, new in names.items():
            if column in table.column_names:
                at = table.column_names.index(column)
                values = pa.array([new.get(v, v) for v in table[column].to_pylist()], pa.string())
                table = table.set_column(at, table.schema.field(column), values)
        out[name] = table.take(pa.array(random.permutation(len(table))))
    return out, names


def test_the_world_has_something_to_lose(before):
    assert {"rising", "steady"} <= set(before["change"].to_pylist())
    assert (before["gate"].to_numpy(zero_copy_only=False) == "strong").sum() >= 3


def test_names_do_not_matter_over_months(world, before):
    tables, names = renamed(world.tables(), world)
    after = ranked(tables, world)

    def key(row):
        return [row[c] or "" for c in ("level", "aspect", "region", "source", "category", "store_id", "sku_id")]

    first = before.to_pylist()
    for row in first:
        row["store_id"] = names["store_id"].get(row["store_id"])
        row["sku_id"] = names["sku_id"].get(row["sku_id"])
        row["driver"] = names["sku_id" if row["level"] == "store" else "store_id"].get(row["driver"])
    for old, new in zip(sorted(first, key=key), sorted(after.to_pylist(), key=key), strict=True):
        for column in ("rank", "rank_lo", "rank_hi", "priority", "excess", "evidence"):
            old.pop(column), new.pop(column)
        numbers = [c for c, v in old.items() if isinstance(v, float)]
        assert [old.pop(c) for c in numbers] == pytest.approx([new.pop(c) for c in numbers], rel=1e-9)
        assert old == new


def test_a_month_of_two_files_is_one_month(world, before):
    tables = world.tables()
    for name in ("facts", "exposure"):
        half = np.random.default_rng(2).random(len(tables[name])) < 0.5
        tables[name] = counts.merge([tables[name].filter(pa.array(half)), tables[name].filter(pa.array(~half))])
    assert ranked(tables, world).equals(before)


def test_splitting_the_reviews_of_a_month_gives_the_same_ranking(review, mention, reviews, mentions):
    rows, said = [], []
    for s in range(5):
        for i in range(60):
            rows.append(review(f"{s}.{i:02d}", store_id=f"s{s}", sku_id=f"k{i % 4}"))
            if i < (20 if s == 1 else 6):
                said.append(mention(f"{s}.{i:02d}"))
    issues = {"taste": IssueMeta("taste")}

    def tables(part):
        chosen = [r for n, r in enumerate(rows) if part is None or n % 2 == part]
        ids = {r["review_id"] for r in chosen}
        return reviews(*chosen), mentions(*[m for m in said if m["review_id"] in ids])

    def ranking_of(parts):
        made = [tables(p) for p in parts]
        return rank(
            "2026-10", issues=issues, facts=counts.merge([counts.facts(m, r) for r, m in made]),
            exposure=counts.merge([counts.exposure(r) for r, _ in made]),
            complaints=pa.concat_tables([counts.complaints(m, r) for r, m in made]),
        )  # fmt: skip

    whole, split = ranking_of([None]), ranking_of([0, 1])
    assert split.equals(whole)
    (first,) = whole.filter((pc.field("level") == "store") & (pc.field("rank") == 1)).to_pylist()
    assert (first["store_id"], first["observed"], len(first["evidence"])) == ("s1", 20, 20)


def test_more_of_an_unaffected_store_changes_no_other_stores_trend(world, before):
    stores = before.filter(pc.field("level") == "store")
    calm = stores.filter(pc.field("change") == "steady").group_by("store_id").aggregate([("rr", "max")])
    calm = calm.sort_by("rr_max")["store_id"][0].as_py()
    tables = world.tables()
    double = dict(n_reviews=2, n_text=2, n_complaints=2, n_mentions=2)
    for name in ("facts", "exposure"):
        rows = tables[name].to_pylist()
        for row in rows:
            row |= {c: v * double[c] for c, v in row.items() if c in double and row["store_id"] == calm}
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    after = ranked(tables, world).filter(pc.field("level") == "store").to_pylist()
    now = {(r["store_id"], r["aspect"]): r for r in after}
    others = [r for r in stores.to_pylist() if r["store_id"] != calm]
    assert len(others) > 40
    for row in others:
        new = now[row["store_id"], row["aspect"]]
        assert row["rank_lo"] <= new["rank"] <= row["rank_hi"]
        if row["change_rr"] is not None:
            assert row["change_lo"] <= new["change_rr"] <= row["change_hi"]
            if row["change_q"] < 0.03 or row["change_q"] > 0.3:  # what is close to the bound may cross it
                assert new["change"] == row["change"]


def test_a_new_bad_product_does_not_make_its_good_store_rise(world, before):
    tables = world.tables()
    stores = before.filter((pc.field("level") == "store") & (pc.field("n") >= 200))
    calm = stores.filter(pc.field("change") == "steady").group_by("store_id").aggregate([("rr", "max")])
    store = calm.sort_by("rr_max")["store_id"][0].as_py()
    key = dict(month=world.month, source="jd", store_id=store, sku_id="K9999")
    exposure = key | dict(n_reviews=120, n_text=120, rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0)
    fact = key | dict(
        issue_kind="aspect", issue_code="I0001", n_mentions=60, n_complaints=60, n_praise=0, polarity_sum=0.0
    )
    for name, row in (("exposure", exposure), ("facts", fact)):
        tables[name] = pa.concat_tables([tables[name], pa.Table.from_pylist([row], schema=tables[name].schema)])
    rows = ranked(tables, world).to_pylist()
    (mine,) = [r for r in rows if (r["level"], r["store_id"], r["aspect"]) == ("store", store, "I0001")]
    assert (mine["gate"], mine["change"]) == ("insufficient", "steady")
    (bad,) = [r for r in rows if (r["level"], r["sku_id"]) == ("sku", "K9999")]
    assert (bad["gate"], bad["change"]) == ("strong", "too_short")


def test_what_no_store_answers_for_is_in_no_stores_rows(world):
    table = ranked(world.tables(), world, store=False)
    assert not {"store", "store_sku"} & set(table["level"].to_pylist())
    assert {"sku", "region", "source", "category", "chain"} == set(table["level"].to_pylist())


def only(tables, keep):
    return tables | {name: tables[name].filter(keep) for name in ("facts", "exposure")}


@pytest.mark.parametrize("case", ["nothing now", "one store", "one review", "one source of three", "every source fell"])
def test_edge_months_after_a_history(world, case):
    tables, now = world.tables(), pc.field("month") == world.month
    if case == "nothing now":
        tables = only(tables, ~now)
    elif case == "one store":
        tables = only(tables, pc.field("store_id") == "S0001")
    elif case == "one source of three":
        tables = only(tables, ~now | (pc.field("source") == "jd"))
    elif case == "every source fell":
        kept = pc.is_in(pc.field("store_id"), pa.array(["S0001", "S0002", "S0003"]))
        tables = only(tables, ~now | kept)
    else:
        tables = only(tables, ~now)
        key = dict(month=world.month, source="jd", store_id="S0001", sku_id="K0001")
        one = dict(n_reviews=1, n_text=1, rating_sum=1.0, rating_n=1, n_default=0, n_flagged=0)
        fact = dict(
            issue_kind="aspect", issue_code="I0001", n_mentions=1, n_complaints=1, n_praise=0, polarity_sum=-1.0
        )
        for name, row in (("exposure", one), ("facts", fact)):
            tables[name] = pa.concat_tables(
                [tables[name], pa.Table.from_pylist([key | row], schema=tables[name].schema)]
            )
    table = ranked(tables, world)
    assert table.schema == RANKING
    relative = table.filter(pc.field("level") != "chain")
    for name in ("expected", "rr", "rr05", "rr95", "p_above", "priority"):
        assert np.isfinite(relative[name].to_numpy()).all()
    for name in ("change_rr", "change_lo", "change_hi", "change_q", "festival_rr"):
        assert np.isfinite(relative[name].drop_null().to_numpy()).all()
    states = set(relative["change"].to_pylist())
    assert states <= {"new", "rising", "falling", "gone", "chronic", "steady", "seasonal", "too_short", "withheld"}
    if case == "nothing now":
        assert len(table) == 0
    if case == "every source fell":
        assert states == {"withheld"}
    if case in ("one review", "one store"):
        assert not {"new", "rising", "falling", "gone"} & states


def test_paid_silence_moves_neither_rank_nor_trend(review, mention, reviews, mentions):
    rows, said = [], []
    for month in range(2, 11):
        day = dt.datetime(2026, month, 5, 12, tzinfo=dt.UTC)
        for s in range(6):
            for i in range(50):
                key = dict(month=f"2026-{month:02d}", created_at=day)
                rows.append(review(f"{month}.{s}.{i}", store_id=f"s{s}", sku_id=f"k{i % 3}", **key))
                if i < (22 if (s, month) == (2, 10) else 5):
                    said.append(mention(f"{month}.{s}.{i}", **key))
    paid = [
        review(f"paid{i}", store_id="s2", rating=5.0, text="", flags=["incentivised" if i % 2 else "default_review"])
        for i in range(500)
    ]

    def ranking_of(*more):
        table = reviews(*rows, *more)
        return rank(
            "2026-10", facts=counts.facts(mentions(*said), table), exposure=counts.exposure(table),
            issues={"taste": IssueMeta("taste")}, settings=QUICK,
        )  # fmt: skip

    plain = ranking_of()
    (row,) = [r for r in plain.to_pylist() if (r["level"], r["store_id"]) == ("store", "s2")]
    assert (row["rank"], row["change"]) == (1, "rising")
    assert ranking_of(*paid).equals(plain)
