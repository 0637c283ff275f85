"""The ranking as a whole: what must hold whatever the numbers are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from voc.corpora.worlds import ranking as worlds

from voc.errors import SchemaMismatch, UnknownName
from voc.issues import IssueMeta, RankSettings, counts, rank
from voc.schemas import RANKING, SKUS, STORES, conform

MONTH = "2026-10"
NUMBERS = ("expected", "rr", "rr05", "rr95", "p_above", "excess", "priority")
SMALL = dataclasses.replace(worlds.SMALL, stores=24, skus=30, issues=8, reviews=5000, planted_pairs=0)


def issues_of(world: worlds.World) -> dict[str, IssueMeta]:
    return {c: IssueMeta(c) for c in worlds.names("I", np.arange(world.settings.issues)).tolist()}


@pytest.fixture(scope="module")
def world() -> worlds.World:
    return worlds.simulate(3, SMALL)


@pytest.fixture(scope="module")
def ranked(world) -> pa.Table:
    return rank(MONTH, issues=issues_of(world), **worlds.tables(world))


def level(table: pa.Table, name: str) -> pa.Table:
    return table.filter(pc.field("level") == name)


def fact(store, sku, code, count, *, source="jd", month=MONTH):
    return dict(
        month=month, source=source, store_id=store, sku_id=sku, issue_kind="aspect", issue_code=code, n_mentions=count,
        n_complaints=count, n_praise=0, polarity_sum=-0.5 * count,
    )  # fmt: skip


def seen(store, sku, n, *, text=None, source="jd", month=MONTH):
    return dict(
        month=month, source=source, store_id=store, sku_id=sku, n_reviews=n, n_text=n if text is None else text,
        rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0,
    )  # fmt: skip


def table_of(rows, schema):
    return pa.Table.from_pylist(rows, schema=schema) if rows else schema.empty_table()


def rank_rows(facts, exposure, **options):
    codes = {f["issue_code"] for f in facts}
    return rank(
        MONTH, facts=table_of(facts, counts.FACTS), exposure=table_of(exposure, counts.EXPOSURE),
        issues={c: IssueMeta(c) for c in codes}, **options,
    )  # fmt: skip


def one(table, name, **where):
    (row,) = [r for r in level(table, name).to_pylist() if all(r[k] == v for k, v in where.items())]
    return row


def test_schema_and_ranges(ranked):
    assert ranked.schema == RANKING
    relative = ranked.filter(pc.field("level") != "chain")
    for name in NUMBERS:
        assert np.isfinite(relative[name].to_numpy()).all(), name
    assert (relative["rr05"].to_numpy() < relative["rr"].to_numpy()).all()
    assert (relative["rr"].to_numpy() < relative["rr95"].to_numpy()).all()
    excess = (relative["rr"].to_numpy() - 1) * relative["expected"].to_numpy()
    np.testing.assert_allclose(relative["excess"].to_numpy(), excess)
    np.testing.assert_allclose(relative["priority"].to_numpy(), 2.0 * excess)
    for name in ("change_rr", "change_q", "rating_impact", "lot"):
        assert ranked[name].null_count == len(ranked)
    chain = level(ranked, "chain")
    assert len(chain) and all(chain[n].null_count == len(chain) for n in (*NUMBERS[:6], "gate", "rank_lo", "rank_hi"))


def test_signals_come_first_by_relative_risk(ranked):
    for name in ("store", "sku", "store_sku", "region", "source", "category"):
        rows = level(ranked, name).to_pylist()
        assert [r["rank"] for r in rows] == list(range(1, len(rows) + 1))
        assert rows == sorted(rows, key=lambda r: r["gate"] == "insufficient")
        signals = [r["rr"] for r in rows if r["gate"] != "insufficient"]
        assert signals == sorted(signals, reverse=True)
        assert all(r["rank_lo"] <= r["rank"] <= r["rank_hi"] for r in rows)
        assert all(r["observed"] >= 3 and r["p_above"] > 0.5 for r in rows if r["gate"] != "insufficient")
        assert all(r["rr05"] >= 2 for r in rows if r["gate"] == "strong")


def test_finds_what_is_planted_and_little_else():
    settings = dataclasses.replace(SMALL, reviews=24_000, planted_stores=5, planted_skus=5, margin_risks=(3.0, 4.0))
    missed = found = false = 0
    for seed in range(3):
        world = worlds.simulate(seed, settings)
        table = rank(MONTH, issues=issues_of(world), settings=RankSettings(draws=40), **worlds.tables(world))
        gated = table.filter(pc.is_in(pc.field("gate"), pa.array(["strong", "moderate"]))).to_pylist()
        for name, letter in (("store", "S"), ("sku", "K")):
            cells = {(r[f"{name}_id"], r["aspect"]) for r in gated if r["level"] == name}
            big = world.planted(name) & (world.expected(name) >= 10)
            planted = {(f"{letter}{u:04d}", f"I{i:04d}") for u, i in np.argwhere(big).tolist()}
            true = {(f"{letter}{u:04d}", f"I{i:04d}") for u, i in np.argwhere(world.truth(name) > 1.5).tolist()}
            found, missed = found + len(planted & cells), missed + len(planted - cells)
            false += len(cells - true)
    assert found >= 10 and found >= 0.8 * (found + missed)
    assert false <= 1


def test_sums_add_up(world, ranked):
    total = {r["aspect"]: r["observed"] for r in level(ranked, "chain").to_pylist()}
    for name in ("store", "sku", "store_sku", "region", "source", "category"):
        sums = level(ranked, name).group_by("aspect").aggregate([("observed", "sum")]).to_pylist()
        assert {r["aspect"]: r["observed_sum"] for r in sums} == total, name
    assert sum(total.values()) == world.x.sum()
    stores = level(ranked, "store").filter(pc.field("aspect") == "I0003").to_pylist()
    regions = level(ranked, "region").filter(pc.field("aspect") == "I0003").to_pylist()
    members = {
        r["region"]: [s for s in stores if int(s["store_id"][1:]) % SMALL.regions == int(r["region"][1:])]
        for r in regions
    }
    assert all(r["observed"] == sum(s["observed"] for s in members[r["region"]]) for r in regions)


def test_names_do_not_matter(world, ranked):
    tables = worlds.tables(world)
    random = np.random.default_rng(1)
    renamed = {}
    for column, size, letter in (("store_id", SMALL.stores, "S"), ("sku_id", SMALL.skus, "K")):
        old = worlds.names(letter, np.arange(size))
        renamed[column] = dict(zip(old.tolist(), random.permutation(old).tolist(), strict=True))

    def swap(table):
        for column, names in renamed.items():
            if column in table.column_names:
                at = table.column_names.index(column)
                values = [names.get(v, v) for v in table[column].to_pylist()]
                table = table.set_column(at, table.schema.field(column), pa.array(values))
        return table.take(pa.array(random.permutation(len(table))))

    again = rank(MONTH, issues=issues_of(world), **{n: swap(t) for n, t in tables.items()})
    key = [(c, "ascending") for c in ("level", "aspect", "region", "source", "category", "store_id", "sku_id")]
    first, second = swap(ranked).sort_by(key).to_pylist(), again.sort_by(key).to_pylist()
    for a, b in zip(first, second, strict=True):
        a["driver"] = renamed["sku_id" if a["level"] == "store" else "store_id"].get(a["driver"])
        # Cells that are alike in everything that was observed may change places.
        for name in ("rank", "priority", "evidence"):
            a.pop(name), b.pop(name)
        assert a == b


def test_same_input_same_bytes(world, ranked):
    assert rank(MONTH, issues=issues_of(world), **worlds.tables(world)).equals(ranked)


def test_other_months_do_not_matter(world, ranked):
    tables = worlds.tables(world)
    for name in ("facts", "exposure"):
        at = tables[name].column_names.index("month")
        older = tables[name].set_column(
            at, tables[name].schema.field("month"), pa.array(["2026-08"] * len(tables[name]))
        )
        tables[name] = pa.concat_tables([older, tables[name]])
    again = rank(MONTH, issues=issues_of(world), **tables)
    assert again.equals(ranked)


def test_more_reviews_of_an_unaffected_store_move_no_other_beyond_its_interval(world, ranked):
    tables = worlds.tables(world)
    calm = (
        level(ranked, "store").group_by("store_id").aggregate([("rr", "max")]).sort_by("rr_max")["store_id"][0].as_py()
    )
    double = dict(n_reviews=2, n_text=2, n_complaints=2, n_mentions=2)
    for name in ("facts", "exposure"):
        rows = tables[name].to_pylist()
        for row in rows:
            row |= {c: v * double[c] for c, v in row.items() if c in double and row["store_id"] == calm}
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    after = level(rank(MONTH, issues=issues_of(world), **tables), "store").to_pylist()
    now = {(r["store_id"], r["aspect"]): r["rank"] for r in after if r["store_id"] != calm}
    before = [r for r in level(ranked, "store").to_pylist() if r["store_id"] != calm]
    assert len(before) > 50
    assert all(r["rank_lo"] <= now[r["store_id"], r["aspect"]] <= r["rank_hi"] for r in before)


def chain_of(stores=8, skus=6, n=60, base=2):
    """An even chain: every store sells every SKU n times and hears of `leak` `base` times."""
    exposure = [seen(f"s{s}", f"k{k}", n) for s in range(stores) for k in range(skus)]
    facts = [fact(f"s{s}", f"k{k}", "leak", base + (s + k) % 2) for s in range(stores) for k in range(skus)]
    return facts, exposure


def test_a_bad_sku_does_not_blame_the_good_store_that_sells_it():
    facts, exposure = chain_of()
    before = one(rank_rows(facts, exposure), "store", store_id="s0")
    exposure.append(seen("s0", "bad", 200))
    facts.append(fact("s0", "bad", "leak", 90))
    after = rank_rows(facts, exposure)
    assert one(after, "store", store_id="s0")["gate"] == "insufficient"
    assert one(after, "store", store_id="s0")["rr"] < before["rr"] + 0.25
    assert one(after, "sku", sku_id="bad")["gate"] == "strong"
    assert all(r["gate"] == "insufficient" for r in level(after, "store").to_pylist())


def test_a_bad_store_does_not_blame_its_skus():
    facts, exposure = chain_of()
    facts = [f | ({"n_complaints": 14, "n_mentions": 14} if f["store_id"] == "s0" else {}) for f in facts]
    table = rank_rows(facts, exposure)
    assert one(table, "store", store_id="s0")["gate"] == "strong"
    assert one(table, "store", store_id="s0")["driver"] is None
    assert {r["gate"] for r in level(table, "sku").to_pylist()} == {"insufficient"}
    assert {r["gate"] for r in level(table, "store_sku").to_pylist()} == {"insufficient"}


def test_one_bad_pair_is_named_as_driver():
    facts, exposure = chain_of()
    facts = [f | ({"n_complaints": 45} if (f["store_id"], f["sku_id"]) == ("s1", "k2") else {}) for f in facts]
    table = rank_rows(facts, exposure)
    assert one(table, "store_sku", store_id="s1", sku_id="k2")["gate"] == "strong"
    assert one(table, "store", store_id="s1")["driver"] == "k2"
    assert one(table, "sku", sku_id="k2")["driver"] == "s1"


def test_a_defect_everywhere_is_on_the_chain_list_and_nowhere_else():
    facts, exposure = chain_of(base=20)
    facts += [f | {"issue_code": "stale", "n_complaints": 1} for f in facts[::5]]
    table = rank_rows(facts, exposure)
    top = level(table, "chain").to_pylist()[0]
    assert (top["aspect"], top["rank"]) == ("leak", 1)
    assert {r["gate"] for r in table.to_pylist() if r["aspect"] == "leak"} == {"insufficient", None}


def test_sources_differ_by_nature_and_are_no_signals():
    facts, exposure = chain_of()
    facts = [f | {"source": "tmall", "n_complaints": 8 * f["n_complaints"]} for f in facts] + facts
    table = rank_rows(facts, exposure + [e | {"source": "tmall"} for e in exposure])
    assert one(table, "source", source="tmall")["rr"] > 2
    assert {r["gate"] for r in table.to_pylist()} == {"insufficient", None}


def test_responsibility_keeps_couriers_out_of_the_stores_score(world):
    issues = issues_of(world)
    code = sorted(issues)[0]
    issues[code] = IssueMeta(code, store=False)
    table = rank(MONTH, issues=issues, **worlds.tables(world))
    levels = {r["level"] for r in table.to_pylist() if r["aspect"] == code}
    assert levels == {"sku", "region", "source", "category", "chain"}


def test_solicited_praise_does_not_improve_a_rank(review, mention, reviews, mentions):
    rows, said = [], []
    for s in range(6):
        for i in range(80):
            rows.append(review(f"{s}.{i}", store_id=f"s{s}", sku_id=f"k{i % 4}"))
            if i < (24 if s == 2 else 5):
                said.append(mention(f"{s}.{i}"))
    paid = [
        review(f"paid{i}", store_id="s2", rating=5.0, text="", flags=["incentivised" if i % 2 else "default_review"])
        for i in range(500)
    ]

    def store_rank(table):
        return rank(
            MONTH, facts=counts.facts(mentions(*said), table), exposure=counts.exposure(table),
            issues={"taste": IssueMeta("taste")}, complaints=counts.complaints(mentions(*said), table),
        )  # fmt: skip

    before, after = store_rank(reviews(*rows)), store_rank(reviews(*rows, *paid))
    assert one(before, "store", store_id="s2")["rank"] == 1
    assert after.equals(before)


def test_evidence_is_what_is_counted(review, mention, reviews, mentions):
    rows = [review(f"r{i:02d}", store_id=f"s{i % 3}") for i in range(60)] + [review("spam", flags=["spam"])]
    said = [mention(f"r{i:02d}", confidence=0.5 + (i % 5) / 10) for i in range(0, 60, 2)] + [mention("spam")]
    table, spoken = reviews(*rows), mentions(*said)
    ranked = rank(
        MONTH, facts=counts.facts(spoken, table), exposure=counts.exposure(table), issues={"taste": IssueMeta("taste")},
        complaints=counts.complaints(spoken, table),
    )  # fmt: skip
    sure = {m["review_id"]: m["confidence"] for m in said}
    for row in ranked.to_pylist():
        ids = row["evidence"]
        assert len(ids) == len(set(ids)) == min(20, row["observed"])
        assert "spam" not in ids
        assert [sure[i] for i in ids] == sorted((sure[i] for i in ids), reverse=True)
        if row["store_id"]:
            assert all(int(i[1:]) % 3 == int(row["store_id"][1:]) for i in ids)


def test_gate_that_hangs_on_the_denominator_says_so():
    facts, exposure = chain_of()
    facts = [f | ({"n_complaints": 9} if f["store_id"] == "s0" else {}) for f in facts]
    talkative = [e | {"n_text": 55 if e["store_id"] == "s0" else 12} for e in exposure]
    row = one(rank_rows(facts, talkative), "store", store_id="s0")
    assert (row["gate"], row["text_only_gate"]) == ("strong", "insufficient")


def test_rivals_are_left_out():
    facts, exposure = chain_of()
    names = [f"k{k}" for k in range(6)]
    skus = conform(pa.table({"sku_id": names, "name": names, "own": [n != "k3" for n in names]}), SKUS)
    table = rank_rows(facts, exposure, skus=skus)
    assert "k3" not in table["sku_id"].to_pylist()
    assert one(table, "store", store_id="s0")["n"] == 300


def test_region_of_the_day_counts():
    facts, exposure = chain_of()
    facts = [f | ({"n_complaints": 12} if f["store_id"] in ("s0", "s1") else {}) for f in facts]
    rows = [
        dict(store_id=f"s{s}", name=f"s{s}", region=region, valid_from=since)
        for s in range(8)
        for region, since in (("old", None), ("north" if s < 2 else "south", pa.scalar(20000, pa.date32()).as_py()))
    ]
    table = rank_rows(facts, exposure, stores=conform(pa.Table.from_pylist(rows), STORES))
    assert {r["region"]: r["observed"] for r in level(table, "region").to_pylist()}["north"] == 144
    assert one(table, "region", region="north")["rr"] > 2


def test_unknown_aspect_and_facts_without_reviews_are_refused():
    facts, exposure = chain_of()
    tables = dict(facts=table_of(facts, counts.FACTS), exposure=table_of(exposure, counts.EXPOSURE))
    with pytest.raises(UnknownName, match="'leak'"):
        rank(MONTH, issues={"leaky": IssueMeta("leaky")}, **tables)
    with pytest.raises(SchemaMismatch, match="s99"):
        rank_rows([*facts, fact("s99", "k0", "leak", 1)], exposure)


EVERY = {"store", "sku", "store_sku", "source", "chain"}


@pytest.mark.parametrize(
    "facts, exposure, levels",
    [
        ([], [], set()),
        ([], [seen("s0", "k0", 40)], set()),
        ([fact("s0", "k0", "leak", 0)], [seen("s0", "k0", 40)], set()),  # all positive
        ([fact("s0", "k0", "leak", 1)], [seen("s0", "k0", 9), seen(None, "k0", 0)], EVERY),
        ([fact("s0", "k0", "leak", 1)], [seen("s0", "k0", 1)], EVERY),
        ([fact("s0", "k0", "leak", 9)], [seen("s0", "k0", 9)], EVERY),
        ([fact(None, "k0", "leak", 9)], [seen(None, "k0", 50)], {"sku", "source", "chain"}),
        ([fact("s0", None, "leak", 9)], [seen("s0", None, 50)], {"store", "source", "chain"}),
        ([fact(None, None, "leak", 9)], [seen(None, None, 50)], {"source", "chain"}),
        ([fact("s0", "k0", "leak", 2)], [seen("s0", "k0", 5, text=0)], EVERY),
    ],
)  # fmt: skip
def test_edge_months(facts, exposure, levels):
    table = rank_rows(facts, exposure)
    assert table.schema == RANKING
    assert set(table["level"].to_pylist()) == levels
    assert set(table["gate"].to_pylist()) <= {"insufficient", None}
    for row in table.filter(pc.field("level") != "chain").to_pylist():
        assert all(np.isfinite(row[n]) for n in NUMBERS)


def test_many_complaints_of_a_lone_store_are_no_comparison():
    facts = [fact("s0", f"k{k}", "leak", 30) for k in range(4)]
    table = rank_rows(facts, [seen("s0", f"k{k}", 40) for k in range(4)])
    assert set(table["gate"].to_pylist()) == {"insufficient", None}


def test_settings_say_which_severity_is_unknown(world):
    issues = issues_of(world)
    code = sorted(issues)[0]
    issues[code] = IssueMeta(code, severity="S9")
    with pytest.raises(UnknownName, match="S9"):
        rank(MONTH, issues=issues, settings=RankSettings(), **worlds.tables(world))
