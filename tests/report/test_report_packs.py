"""Packs hold what their reader may see and nothing else: every file is searched, workbook and Parquet included."""

import html
from dataclasses import replace

import builder
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import report_pages as pages

from voc.errors import WrongUse
from voc.report.build import build
from voc.report.cut import Pack
from voc.report.opening import open_book


@pytest.fixture(scope="module")
def data():
    """Every text ends in a number of its own, so that a foreign one can be found; some name other stores and dealers."""
    made = builder.build(n_reviews=2000, n_months=3)
    rows = made.reviews.to_pylist()
    texts = [f"{r['text']}暗号{i:05d}。" for i, r in enumerate(rows)]
    for i, row in enumerate(rows):
        if row["store_id"] == "S004" or row["sku_id"] == "K0003":
            texts[i] += "比松果铺子（东门1店）差远了，中街9店也比这里强，听说是经销商丁开的，供应商2的货。"
    at = made.reviews.schema.get_field_index("text")
    reviews = made.reviews.set_column(at, made.reviews.schema.field(at), pa.array(texts, pa.string()))
    term = {**made.keywords.to_pylist()[0], "scope": "store", "scope_id": "S004"}
    words = [{**term, "term": "东门1店"}, {**term, "term": "脆"}, {**term, "scope": "sku", "scope_id": "K0003"}]
    keywords = pa.concat_tables([made.keywords, pa.Table.from_pylist(words, schema=made.keywords.schema)])
    note = "和东门1店是同一批，经销商丁也有"
    states = [{**r, "note": note} for r in made.safety_states.to_pylist()]
    todo = [{**r, "note": note} for r in made.actions.to_pylist()]
    made = replace(
        made,
        safety_states=pa.Table.from_pylist(states, schema=made.safety_states.schema),
        actions=pa.Table.from_pylist(todo, schema=made.actions.schema),
    )
    return replace(made, reviews=reviews, keywords=keywords, run={**made.run, "inputs": [{"file": "S009.csv"}]})


def bytes_of(data, out, **options):
    build(data, out, **options)
    return html.unescape(pages.everything(out).decode("utf-8", "ignore"))


def codes(data, mask):
    """The numbers at the ends of the texts of some reviews."""
    return [t[t.index("暗号") :][:7] for t in data.reviews.filter(mask)["text"].to_pylist()]


def is_in(column, values):
    return pc.fill_null(pc.is_in(column, pa.array(sorted(values), pa.string())), False)


def foreign_stores(data, own, found):
    for store in data.stores.to_pylist():
        if store["store_id"] not in own:
            assert store["name"] not in found and store["store_id"] not in found, store
            assert store["name"].partition("（")[2].rstrip("）") not in found, store
    others = pc.invert(is_in(data.reviews["store_id"], own))
    assert not any(code in found for code in codes(data, others))
    assert any(code in found for code in codes(data, pc.invert(others)))
    mine = set(data.reviews.filter(is_in(data.reviews["store_id"], own))["review_id"].to_pylist())
    assert not any(r in found for r in data.reviews["review_id"].to_pylist() if r not in mine)


def test_a_stores_pack_holds_nothing_of_the_others(data, tmp_path):
    found = bytes_of(data, tmp_path / "s", store="S004")
    foreign_stores(data, {"S004"}, found)
    assert not any(f"供应商{i}" in found for i in (1, 3, 4, 5)) and "中间一半" in found and "S009" not in found
    assert "北门4店" in (tmp_path / "s/index.html").read_text()


def test_a_regions_pack_names_its_own_stores_only(data, tmp_path):
    found = bytes_of(data, tmp_path / "r", region="华南")
    foreign_stores(data, {s["store_id"] for s in data.stores.to_pylist() if s["region"] == "华南"}, found)
    assert (tmp_path / "r/index.html").is_file() and "华东" not in found


def test_a_dealers_pack_holds_its_own_stores_only(data, tmp_path):
    found = bytes_of(data, tmp_path / "d", dealer="经销商丁")
    own = {s["store_id"] for s in data.stores.to_pylist() if s["dealer"] == "经销商丁"}
    assert len(own) > 1
    foreign_stores(data, own, found)
    assert not any(f"经销商{n}" in found for n in "甲乙丙") and "供应商1" not in found


def test_a_suppliers_pack_holds_its_own_products_and_no_store(data, tmp_path):
    found = bytes_of(data, tmp_path / "v", supplier="供应商3")
    own = {s["sku_id"] for s in data.skus.to_pylist() if s["supplier"] == "供应商3"}
    for store in data.stores.to_pylist():
        assert store["name"] not in found and f"{store['store_id']}" not in found, store
    for sku in data.skus.to_pylist():
        assert (sku["sku_id"] in own) or (sku["sku_id"] not in found and sku["name"] not in found), sku
    others = pc.invert(is_in(data.reviews["sku_id"], own))
    assert not any(code in found for code in codes(data, others))
    assert any(code in found for code in codes(data, pc.invert(others)))
    assert not any(f"供应商{i}" in found for i in (1, 2, 4, 5)) and "经销商" not in found
    assert "未注明门店" not in found and "K0003" in found


def test_a_suppliers_numbers_are_those_of_the_whole_report(data, tmp_path):
    build(data, tmp_path / "all")
    build(data, tmp_path / "v", supplier="供应商3")
    import pyarrow.parquet as pq

    whole, mine = (pq.read_table(tmp_path / n / "ranking.parquet") for n in ("all", "v"))
    kept = whole.filter(
        pc.and_(pc.equal(whole["level"], "sku"), is_in(whole["sku_id"], set(mine["sku_id"].to_pylist())))
    )
    columns = [c for c in whole.column_names if c != "driver"]
    assert len(mine) and kept.select(columns).equals(mine.select(columns)) and mine["driver"].null_count == len(mine)


def test_a_pack_is_for_one(data, tmp_path):
    with pytest.raises(WrongUse, match="--store and --dealer"):
        build(data, tmp_path / "x", store="S004", dealer="经销商丁")
    assert Pack().kind is None and Pack(dealer="经销商丁").kind == "dealer"


@pytest.mark.parametrize("reader", ["executive", "product", "store", "quality", "marketing"])
def test_each_reader_gets_one_page_whose_links_work(data, reader, tmp_path):
    build(data, tmp_path / "p", reader=reader)
    found = pages.read(tmp_path / "p")
    for name, page in found.items():
        for link in page.links:
            path = link.partition("#")[0]
            assert not path or (page.path.parent / path).is_file(), (name, link)
    assert not (tmp_path / "p/report.xlsx").exists()


@pytest.mark.parametrize(
    "pack", [{"store": "S004"}, {"region": "华南"}, {"dealer": "经销商丁"}, {"supplier": "供应商3"}]
)
def test_links_and_references_of_a_pack_work(data, pack, tmp_path):
    from voc.refs import parse

    build(data, tmp_path / "p", **pack, lang="en")
    for name, page in pages.read(tmp_path / "p").items():
        assert not page.unclosed and all(parse(ref) for ref, _ in page.refs)
        for link in page.links:
            path = link.partition("#")[0]
            assert not path or (page.path.parent / path).is_file(), (name, link)


def test_the_executives_pack_names_no_franchise_store(data, tmp_path):
    build(data, tmp_path / "e", reader="executive")
    bytes_ = pages.everything(tmp_path / "e").decode("utf-8", "ignore")
    for store in data.stores.to_pylist():
        if store["ownership"] == "franchise":
            assert store["name"] not in bytes_ and f"store_id={store['store_id']}" not in bytes_


def test_a_peer_band_needs_five_stores_and_two_owners():
    many = open_book(builder.build(n_stores=24)).peers
    assert many and all(0 <= b.low <= b.high <= 1 and b.n >= 5 for b in many.values())
    few = open_book(builder.build(n_stores=8, n_reviews=900)).peers
    assert not [k for k in few if k[0] == "store"]


def test_a_band_leaves_its_own_store_out():
    import numpy as np

    from voc.report.peers import _without_each

    values = np.array([0.3, 0.1, 0.2, 0.5, 0.2, 0.0, 0.9])
    for q in (0.25, 0.75):
        want = [np.quantile(np.delete(values, i), q) for i in range(len(values))]
        assert np.allclose(_without_each(values, q), want)
