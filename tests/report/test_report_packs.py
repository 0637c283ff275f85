import builder
import pytest
import report_pages as pages

from voc.report.build import build
from voc.report.cut import with_peers


@pytest.fixture(scope="module")
def data():
    other = "松果铺子（东门1店）"
    return builder.build(n_reviews=2000, n_months=3, names={"text:5": f"比{other}差远了，箱子瘪了一角，里面碎成渣"})


def test_a_stores_pack_holds_nothing_of_the_others(data, tmp_path):
    build(data, tmp_path / "s", store="S004")
    bytes_ = pages.everything(tmp_path / "s").decode("utf-8", "ignore")
    for store in data.stores.to_pylist():
        if store["store_id"] != "S004":
            assert store["name"] not in bytes_ and store["store_id"] not in bytes_, store
    mine = set(data.mentions.filter(pa_equal(data.mentions["store_id"], "S004"))["review_id"].to_pylist())
    foreign = [r for r in data.reviews.to_pylist() if r["store_id"] != "S004" and r["review_id"] not in mine]
    assert not any(r["review_id"] in bytes_ for r in foreign)
    assert "北门4店" in (tmp_path / "s/index.html").read_text()


def test_a_regions_pack_names_its_own_stores_only(data, tmp_path):
    build(data, tmp_path / "r", region="华南")
    bytes_ = pages.everything(tmp_path / "r").decode("utf-8", "ignore")
    for store in data.stores.to_pylist():
        if store["region"] != "华南":
            assert store["name"] not in bytes_, store
    assert (tmp_path / "r/index.html").is_file() and "华东" not in bytes_


@pytest.mark.parametrize("reader", ["executive", "product", "store", "quality", "marketing"])
def test_each_reader_gets_one_page_whose_links_work(data, reader, tmp_path):
    build(data, tmp_path / "p", reader=reader)
    found = pages.read(tmp_path / "p")
    for name, page in found.items():
        for link in page.links:
            path = link.partition("#")[0]
            assert not path or (page.path.parent / path).is_file(), (name, link)
    assert not (tmp_path / "p/report.xlsx").exists()


def test_the_executives_pack_names_no_franchise_store(data, tmp_path):
    build(data, tmp_path / "e", reader="executive")
    bytes_ = pages.everything(tmp_path / "e").decode("utf-8", "ignore")
    for store in data.stores.to_pylist():
        if store["ownership"] == "franchise":
            assert store["name"] not in bytes_ and f"store_id={store['store_id']}" not in bytes_


def test_a_peer_band_needs_five_stores_and_two_owners():
    many = with_peers(builder.build(n_stores=24)).peers
    assert many and all(0 <= b.low <= b.high <= 1 and b.n_stores >= 5 for b in many.values())
    assert not with_peers(builder.build(n_stores=8, n_reviews=900)).peers


def pa_equal(column, value):
    import pyarrow.compute as pc

    return pc.equal(column, value)
