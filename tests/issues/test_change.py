"""What changed against the months before, and when nothing may be said."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy import stats
from voc.corpora.worlds import history as worlds

from voc.issues import IssueMeta, RankSettings, change, counts, rank
from voc.issues.chain import previous
from voc.issues.festivals import FIXED, LUNAR, festival_month, festivals, same_festival
from voc.issues.history import Counts, Past
from voc.issues.shrinkage import Fit

MONTH = "2026-08"
FIT = Fit(ordinary=20.0, shape=6.0, rate=2.0, share=0.02, cells=1000)


def table(rows, schema):
    return pa.Table.from_pylist(rows, schema=schema) if rows else schema.empty_table()


def chain_of(months=8, stores=8, skus=4, n=60, base=3, *, said=None, seen=None, last=MONTH):
    """An even chain over months; `said(ago, store, sku, source)` and `seen(...)` say what differs (None: as usual)."""
    facts, exposure = [], []
    for ago in range(months - 1, -1, -1):
        month = previous(last, ago)
        for s in range(stores):
            for k in range(skus):
                for source in ("jd", "tmall"):
                    key = dict(month=month, source=source, store_id=f"s{s}", sku_id=f"k{k}")
                    reviews = seen(ago, s, k, source) if seen else None
                    reviews = n if reviews is None else reviews
                    heard = said(ago, s, k, source) if said else None
                    heard = base + (s + 2 * k + ago) % 2 if heard is None else heard
                    if not reviews:
                        continue
                    exposure.append(
                        key
                        | dict(n_reviews=reviews, n_text=reviews, rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0)
                    )
                    if heard:
                        facts.append(
                            key | dict(issue_kind="aspect", issue_code="leak", n_mentions=heard, n_complaints=heard,
                                       n_praise=0, polarity_sum=0.0)
                        )  # fmt: skip
    return dict(facts=table(facts, counts.FACTS), exposure=table(exposure, counts.EXPOSURE))


def ranked(tables, *, month=MONTH, **options):
    return rank(month, issues={"leak": IssueMeta("leak")}, **tables, **options)


def states(ranking, level="store"):
    rows = ranking.filter(pc.field("level") == level).to_pylist()
    return {r["store_id"] or r["sku_id"] or r["source"]: r for r in rows}


def test_tails_are_those_of_the_negative_binomial():
    x, mean, spread = np.array([0.0, 3.0, 30.0]), np.array([2.0, 2.0, 12.0]), np.array([0.1, 0.5, 0.02])
    size = 1 / spread
    known = stats.nbinom(size, size / (size + mean))
    np.testing.assert_allclose(change._tail(x, mean, spread, above=True), known.sf(x - 1))
    np.testing.assert_allclose(change._tail(x, mean, spread, above=False), known.cdf(x))


def test_foretold_mean_and_spread_by_simulation():
    random = np.random.default_rng(1)
    component = random.random(400_000) < 0.02
    risk = np.where(component, random.gamma(6.0, 1 / 2.0, 400_000), random.gamma(20.0, 1 / 20.0, 400_000))
    past = random.poisson(5.0 * risk)
    wobble = random.gamma(1 / 0.1, 0.1, 400_000)
    now = random.poisson(8.0 * risk * wobble)[past == 9]
    counts_ = Counts(np.ones(1), np.array([[22.0]]), np.array([[8.0]]))
    use = np.ones((1, 1), dtype=bool)
    mean, rise, _ = change.tails(counts_, np.array([[9.0]]), np.array([[5.0]]), use, FIT, np.array([0.1]))
    assert mean[0, 0] == pytest.approx(now.mean(), rel=0.02)
    assert rise[0, 0] == pytest.approx((now >= 22).mean(), rel=0.2)


def test_q_values_against_a_worked_example():
    # Benjamini and Hochberg (1995), table of their section 4.1: 15 p-values, four rejected at 5%.
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]  # fmt: skip
    q = change.benjamini_hochberg(np.array([*p, 0.0]), np.array([True] * 15 + [False]))
    assert (q[:15] <= 0.05).sum() == 4 and q[15] == 1.0
    assert q[0] == pytest.approx(0.0015)


@pytest.mark.parametrize("phi", [0.0, 0.05, 0.2])
def test_dispersion_is_found_again(phi):
    random = np.random.default_rng(5)
    e = random.uniform(4, 30, (900, 3))
    risk = random.gamma(16.0, 1 / 16.0, e.shape)
    past = Past.nothing(*e.shape)
    for ago in range(8, 0, -1):
        luck = random.gamma(1 / phi, phi, e.shape) if phi else 1.0
        past.add(Counts(np.ones(900), random.poisson(e * risk * luck).astype(float), e), ago)
    found = change.dispersion(past)
    # The months that a forecast is made from vary as well: phi (1 + 1 / t) for t = 3 .. 7 months.
    np.testing.assert_allclose(found, 1.22 * phi, atol=0.015, rtol=0.15)
    assert (found >= change.LEAST_PHI).all()


def test_fewer_than_six_months_say_nothing():
    rows = ranked(chain_of(6)).filter(pc.field("level") != "chain")
    assert set(rows["change"].to_pylist()) == {"too_short"}
    assert all(
        rows[c].null_count == len(rows) for c in ("change_rr", "change_lo", "change_hi", "change_q", "festival_rr")
    )
    enough = ranked(chain_of(7)).filter(pc.field("level") != "chain")
    assert set(enough["change"].to_pylist()) == {"steady"}
    assert enough["change_rr"].null_count == 0


def test_a_store_that_is_new_is_not_judged():
    tables = chain_of(9, seen=lambda ago, s, k, source: 0 if s == 3 and ago > 4 else None)
    found = states(ranked(tables))
    assert found["s3"]["change"] == "too_short" and found["s3"]["change_rr"] is None
    assert found["s2"]["change"] == "steady"


def test_rises_and_falls_are_told_and_others_left_alone():
    heavy = {0: 12, 1: 0}
    tables = chain_of(9, said=lambda ago, s, k, source: heavy.get(s) if ago == 0 else None)
    ranking = ranked(tables)
    found = states(ranking)
    assert found["s0"]["change"] == "rising" and found["s0"]["change_lo"] > 1.5 and found["s0"]["change_q"] < 0.01
    assert found["s1"]["change"] == "gone" and found["s1"]["observed"] == 0 and found["s1"]["change_hi"] < 1
    assert {found[f"s{s}"]["change"] for s in range(2, 8)} == {"steady"}
    assert {r["change"] for r in states(ranking, "sku").values()} == {"steady"}


def test_new_is_what_was_never_heard_of_there():
    tables = chain_of(9, base=6, said=lambda ago, s, k, source: 0 if s == 2 and ago else None)
    assert states(ranked(tables))["s2"]["change"] == "new"


def test_what_rises_everywhere_is_nobodys_change():
    ranking = ranked(chain_of(9, said=lambda ago, s, k, source: 12 if ago == 0 else None))
    assert set(ranking.filter(pc.field("level") != "chain")["change"].to_pylist()) == {"steady"}


def test_a_signal_that_was_one_before_is_chronic():
    ranking = ranked(chain_of(9, said=lambda ago, s, k, source: 12 if s == 4 else None))
    found = states(ranking)
    assert (found["s4"]["gate"], found["s4"]["change"]) == ("strong", "chronic")
    assert found["s5"]["change"] == "steady"


def test_selling_more_of_a_bad_product_is_no_change_of_the_store():
    tables = chain_of(
        9, skus=4, said=lambda ago, s, k, source: (30 if s == 1 and ago == 0 else 10) if k == 0 else 1,
        seen=lambda ago, s, k, source: 180 if (k, s, ago) == (0, 1, 0) else None,
    )  # fmt: skip
    assert states(ranked(tables))["s1"]["change"] == "steady"


@pytest.mark.parametrize("left", [0, 30])
def test_a_lost_export_is_no_improvement(left):
    tables = chain_of(
        9, seen=lambda ago, s, k, source: left if (ago, source) == (0, "tmall") else 0 if s == 6 and source == "jd" else None,
        said=lambda ago, s, k, source: 0 if (ago, source) == (0, "tmall") else 6 if source == "tmall" else None,
    )  # fmt: skip
    ranking = ranked(tables)
    relative = ranking.filter(pc.field("level") != "chain").to_pylist()
    assert {r["change"] for r in relative} <= {"steady", "withheld"}
    assert all(r["change"] == "withheld" for r in relative if r["source"] == "tmall" or r["store_id"] == "s6")


def festive(ago):
    return ago in (0, 12)


def test_a_rise_that_came_with_the_same_festival_before_is_seasonal():
    # Mid-autumn: sold in September 2026 and in September 2025.
    usual = chain_of(20, last="2026-09", said=lambda ago, s, k, source: 14 if s == 0 and festive(ago) else None)
    row = states(ranked(usual, month="2026-09"))["s0"]
    assert row["change"] == "seasonal" and row["festival_rr"] == pytest.approx(1.0, abs=0.2)
    once = chain_of(20, last="2026-09", said=lambda ago, s, k, source: 14 if s == 0 and ago == 0 else None)
    row = states(ranked(once, month="2026-09"))["s0"]
    assert row["change"] == "rising" and row["festival_rr"] > 2.5
    plain = chain_of(20, last="2026-08", said=lambda ago, s, k, source: 14 if s == 0 and festive(ago) else None)
    row = states(ranked(plain))["s0"]
    assert row["change"] == "rising" and row["festival_rr"] is None


def test_festivals_move_between_months():
    assert festival_month("spring", 2025) == "2025-01" and festival_month("spring", 2026) == "2026-02"
    assert same_festival("2026-02") == "2025-01"
    assert same_festival("2026-10") == "2025-10" and "national_day" in festivals("2026-10")
    assert festivals("2026-03") == [] and same_festival("2026-03") is None
    assert festivals("2026-06") == ["dragon_boat", "618"]
    assert festival_month("spring", 2050) is None and same_festival("2050-02") is None
    assert {len(days) for days in LUNAR.values()} == {21} and "double_11" in FIXED


def test_reviews_without_store_or_sku_take_part():
    tables = chain_of(9, said=lambda ago, s, k, source: 12 if (s, ago) == (0, 0) else None)
    for name in tables:
        rows = tables[name].to_pylist()
        for row in rows:
            row["store_id"] = None if row["store_id"] == "s7" else row["store_id"]
            row["sku_id"] = None if row["sku_id"] == "k3" else row["sku_id"]
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    ranking = ranked(tables)
    assert states(ranking)["s0"]["change"] == "rising"
    assert {r["change"] for r in states(ranking, "sku").values()} == {"steady"}


def test_order_of_months_in_the_tables_does_not_matter():
    tables = chain_of(9, said=lambda ago, s, k, source: 12 if (s, ago) == (0, 0) else None)
    random = np.random.default_rng(3)
    mixed = {n: t.take(pa.array(random.permutation(len(t)))) for n, t in tables.items()}
    assert ranked(mixed).equals(ranked(tables))


def test_changes_are_found_under_drift_and_nearly_none_is_false():
    settings = dataclasses.replace(
        worlds.SMALL, past=7, rises=(3.0, 5.0), changed_stores=6, changed_skus=6, changed_complaints=12.0,
        chain=dataclasses.replace(worlds.SMALL.chain, reviews=12_000, issues=10, stores=30, skus=40),
    )  # fmt: skip
    found = big = false = called = 0
    for seed in range(3):
        world = worlds.simulate(seed, settings)
        issues = {c: IssueMeta(c) for c in world.last.codes()}
        ranking = rank(world.month, issues=issues, settings=RankSettings(draws=40), **world.tables())
        for level in ("store", "sku"):
            rows = ranking.filter(
                (pc.field("level") == level) & pc.is_in(pc.field("change"), pa.array(["new", "rising"]))
            )
            truth = world.change[level][world.last.places(level, rows)]
            called, false = called + len(rows), false + int((truth <= 1).sum())
            planted = (world.planted[level] > 1) & (world.expected[level] >= 10)
            found += int(planted[world.last.places(level, rows)].sum())
            big += int(planted.sum())
    assert big >= 10 and found >= 0.6 * big
    assert false <= 0.2 * called
