"""Whom a store is compared with, and products that belong together."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.issues import IssueMeta, counts, peers, rank
from voc.issues.shrinkage import PRIOR
from voc.schemas import SKUS, STORES, conform

MONTH = "2026-10"


def chain_of(rate, *, stores=40, skus=5, n=60):
    """One issue; `rate(store, sku)` complaints out of n."""
    exposure, facts = [], []
    for s in range(stores):
        for k in range(skus):
            key = dict(month=MONTH, source="jd", store_id=f"s{s:02d}", sku_id=f"k{k}")
            exposure.append(key | dict(n_reviews=n, n_text=n, rating_sum=0.0, rating_n=0, n_default=0, n_flagged=0))
            x = rate(s, k)
            if x:
                facts.append(
                    key | dict(issue_kind="aspect", issue_code="leak", n_mentions=x, n_complaints=x, n_praise=0,
                               polarity_sum=0.0)
                )  # fmt: skip
    return dict(
        facts=pa.Table.from_pylist(facts, schema=counts.FACTS),
        exposure=pa.Table.from_pylist(exposure, schema=counts.EXPOSURE),
    )


def stores_of(count=40, **columns):
    ids = [f"s{s:02d}" for s in range(count)]
    return conform(
        pa.table({"store_id": ids, "name": ids} | {n: [f(s) for s in range(count)] for n, f in columns.items()}), STORES
    )


def kiosk(s):
    return "kiosk" if s % 2 else "market"


def ranked(tables, **options):
    table = rank(MONTH, issues={"leak": IssueMeta("leak")}, **tables, **options)
    return {r["store_id"]: r for r in table.filter(pc.field("level") == "store").to_pylist()}


def noisy(s, k):
    return (s * 7 + k * 3) % 3 - 1


def test_a_format_that_hears_more_of_it_is_no_fault_of_its_stores():
    tables = chain_of(lambda s, k: (16 if s % 2 else 3) + noisy(s, k))
    alone = ranked(tables)
    assert alone["s01"]["peers"] is None and alone["s01"]["peer_stores"] is None
    assert alone["s01"]["rr"] > 1.3
    among = ranked(tables, stores=stores_of(format=kiosk))
    assert among["s01"]["peers"] == ["format=kiosk"] and among["s01"]["peer_stores"] == 20
    assert among["s00"]["peers"] == ["format=market"]
    assert all(0.8 < row["rr"] < 1.2 for row in among.values())
    assert {row["gate"] for row in among.values()} == {"insufficient"}


def test_a_store_that_is_worse_than_its_peers_stands_out():
    tables = chain_of(lambda s, k: (16 if s % 2 or s == 4 else 3) + noisy(s, k))
    among = ranked(tables, stores=stores_of(format=kiosk))
    assert among["s04"]["gate"] == "strong"
    assert [s for s, row in among.items() if row["gate"] != "insufficient"] == ["s04"]


def test_formats_that_do_not_differ_leave_the_chain_as_it_is():
    tables = chain_of(lambda s, k: 6 + noisy(s, k))
    alone, among = ranked(tables), ranked(tables, stores=stores_of(format=kiosk))
    assert among == alone


def test_the_narrowest_group_with_enough_stores_is_taken():
    n = np.r_[np.arange(1, 31), 0].astype(float)
    region = np.r_[np.zeros(20, dtype=int), np.ones(10, dtype=int), 0]
    found = peers.find(n, {"format": (["shop"], np.zeros(31, dtype=int)), "region": (["east", "west"], region)})
    told = {i: found.names[g] for i, g in enumerate(found.group) if g >= 0}
    assert told[0] == ("format=shop", "region=east", "volume=small")
    assert told[12] == ("format=shop", "region=east", "volume=middle")
    assert told[25] == ("format=shop", "region=west", "volume=large")
    assert found.group[30] == -1
    assert len(found.members[found.group[12]]) == 10
    few = peers.find(n, {"format": (["shop"], np.zeros(31, dtype=int)), "region": (["east", "west"], region)}, least=15)
    assert few.names[few.group[25]] == ("format=shop",) and few.sizes[few.group[25]] == 30
    assert few.names[few.group[0]] == ("format=shop", "region=east")


def test_nothing_known_of_stores_means_no_peers():
    found = peers.find(np.array([5.0, 9.0]), {"format": ([], np.full(2, -1)), "region": ([], np.full(2, -1))})
    assert found.group.tolist() == [-1, -1]
    assert (peers.scale(np.ones((2, 3)), np.ones((2, 3)), found, PRIOR) == 1).all()


def test_sizes_of_a_product_add_up_to_it():
    tables = chain_of(lambda s, k: (12 if k in (1, 2) else 3) + noisy(s, k))
    names = [f"k{k}" for k in range(5)]
    parents = [None, "cake", "cake", "tea", "tea"]
    skus = conform(pa.table({"sku_id": names, "name": names, "own": [True] * 5, "parent_sku": parents}), SKUS)
    table = rank(MONTH, issues={"leak": IssueMeta("leak")}, skus=skus, **tables)
    rows = {r["parent_sku"]: r for r in table.filter(pc.field("level") == "parent_sku").to_pylist()}
    assert set(rows) == {"cake", "tea"}
    products = {r["sku_id"]: r for r in table.filter(pc.field("level") == "sku").to_pylist()}
    for parent, (a, b) in (("cake", ("k1", "k2")), ("tea", ("k3", "k4"))):
        for column in ("observed", "n"):
            assert rows[parent][column] == products[a][column] + products[b][column]
    assert rows["cake"]["rr"] > 1.5 > 1 > rows["tea"]["rr"]
    assert rows["cake"]["sku_id"] is None
