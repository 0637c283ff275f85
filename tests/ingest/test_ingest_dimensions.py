from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from voc.errors import InputError, UnknownName
from voc.ingest import Ingested, linking
from voc.lake import Lake

Write, Read = Callable[..., Path], Callable[..., Ingested]
STORES = ["store_id", "name", "region", "ownership", "opened"]
SKUS = ["sku_id", "name", "brand", "own", "components", "launched"]


@pytest.fixture
def chain(lake: Lake, write: Write, read_in: Read) -> Lake:
    stores = [
        ["S001", "禾小满 解放路店", "华东", "直营", "2019/3/1"],
        ["S002", "禾小满 中山路店（地铁口）", "华东", "加盟店", ""],
    ]
    skus = [
        ["00123", "禾小满 泰式芒果干 108g", "禾小满", "1", "", "2024-01-02"],
        ["00124", "禾小满 芒果干 80g", "禾小满", "yes", "", ""],
        ["00125", "禾小满 坚果礼盒", "禾小满", "own", "00123;00124", ""], ["00126", "禾小满 瓜子 200g", "禾小满", "", "", ""],
        ["90001", "三颗果 山核桃仁", "三颗果", "competitor", "", ""],
    ]  # fmt: skip
    read_in(write("stores.csv", STORES, stores), source="stores")
    read_in(write("skus.csv", SKUS, skus), source="skus")
    orders = [
        ["21000000000000000001", "S001", "00123", "快递"],
        ["21000000000000000002", "S002", "00124", ""],
        ["21000000000000000002", "S002", "00126", ""],
    ]
    read_in(write("orders.csv", ["order_id", "store_id", "sku_id", "fulfilment"], orders), source="orders")
    return lake


def test_values_are_typed(chain: Lake) -> None:
    store, other = chain.read("stores").to_pylist()
    assert (store["opened"], store["ownership"]) == (dt.date(2019, 3, 1), "direct")
    assert (other["opened"], other["ownership"]) == (None, "franchise")
    skus = {s["sku_id"]: s for s in chain.read("skus").to_pylist()}
    assert [skus[i]["own"] for i in ("00123", "00124", "00125", "00126", "90001")] == [True, True, True, True, False]
    assert skus["00125"]["components"] == ["00123", "00124"] and skus["00123"]["launched"] == dt.date(2024, 1, 2)


def test_chinese_titles(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["门店编号", "门店名称", "区域", "城市", "直营/加盟", "开业日期"]
    read_in(
        write("s.csv", header, [["001", "人民路店", "华南", "广州", "直营", "2020年1月5日"]], "gb18030"),
        source="stores",
    )
    (store,) = lake.read("stores").to_pylist()
    assert (store["store_id"], store["city"], store["ownership"], store["opened"]) == (
        "001",
        "广州",
        "direct",
        dt.date(2020, 1, 5),
    )


def test_rows_are_updated_by_key_and_counted(chain: Lake, write: Write, read_in: Read) -> None:
    changed = [
        ["S001", "禾小满 解放路店", "华东", "加盟", "2019/3/1"],
        ["S003", "新店", "", "", ""],
        ["S003", "新店", "", "", ""],
    ]
    done = read_in(
        write("again.csv", STORES, [*changed, ["S002", "禾小满 中山路店（地铁口）", "华东", "加盟店", ""]]),
        source="stores",
    )
    assert (done.new, done.updated, done.unchanged, done.duplicate) == (1, 1, 1, 1)
    assert len(chain.read("stores")) == 3


def test_dated_versions_stand_side_by_side(lake: Lake, write: Write, read_in: Read) -> None:
    header = ["store_id", "name", "valid_from"]
    read_in(write("s.csv", header, [["S1", "旧名店", "2019-01-01"], ["S1", "新名店", "2026-01-01"]]), source="stores")
    assert [s["name"] for s in lake.read("stores").to_pylist()] == ["旧名店", "新名店"]
    known = linking.links(lake).store_names
    assert known["旧名店"] == known["新名店"] == "S1"


def test_bad_values_are_set_aside(lake: Lake, write: Write, read_in: Read) -> None:
    done = read_in(
        write(
            "k.csv",
            SKUS,
            [
                ["1", "甲", "", "maybe", "", ""],
                ["2", "乙", "", "1", "", "soon"],
                ["", "丙", "", "", "", ""],
                ["4", "丁", "", "", "", ""],
            ],
        ),
        source="skus",
    )
    assert (done.new, done.quarantined) == (1, 3)
    messages = lake.read("quarantine")["message"].to_pylist()
    assert "'maybe'" in messages[0] and "'soon'" in messages[1] and "sku_id" in messages[2]


def test_missing_columns_and_unknown_fields_are_named(lake: Lake, write: Write, read_in: Read, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column for 'name'.*'nme'"):
        read_in(write("s.csv", ["store_id", "nme"], [["1", "x"]]), source="stores")
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\nstore_nmae = "x"\n', "utf-8")
    with pytest.raises(UnknownName, match="columns"):
        read_in(write("s.csv", ["store_id", "name"], [["1", "x"]]), source="stores", mapping=mapping)
    mapping.write_text('[columns]\nstore_id = "poi"\nname = "label"\n', "utf-8")
    read_in(write("t.csv", ["poi", "label"], [["7", "x"]]), source="stores", mapping=mapping)
    assert lake.read("stores")["store_id"].to_pylist() == ["7"]


REVIEW = ["review_id", "text", "created_at", "order_id", "store", "product", "sku_id"]


def linked(lake: Lake, write: Write, read_in: Read, *cells: str) -> dict[str, object]:
    done = read_in(write("r.csv", REVIEW, [["1", cells[0], "2026-10-03", *cells[1:]]]))
    (review,) = lake.read("reviews").to_pylist()
    return {**review, "unknown_stores": done.unknown_stores, "unknown_skus": done.unknown_skus}


def test_orders_give_store_and_sku(chain: Lake, write: Write, read_in: Read) -> None:
    found = linked(chain, write, read_in, "好", "21000000000000000001", "", "", "")
    assert (found["store_id"], found["sku_id"], found["sku_origin"], found["fulfilment"]) == (
        "S001",
        "00123",
        "order",
        "courier",
    )


def test_an_order_of_two_products_gives_the_store_alone(chain: Lake, write: Write, read_in: Read) -> None:
    found = linked(chain, write, read_in, "好", "21000000000000000002", "", "", "")
    assert (found["store_id"], found["sku_id"], found["sku_origin"]) == ("S002", None, "none")


def test_names_are_looked_up_without_regard_to_width(chain: Lake, write: Write, read_in: Read) -> None:
    found = linked(chain, write, read_in, "好", "", "禾小满中山路店(地铁口)", "禾小满  芒果干 80G", "")
    assert (found["store_id"], found["sku_id"], found["sku_origin"]) == ("S002", "00124", "row")
    assert found["attributes"] is None


def test_products_named_in_the_text(chain: Lake, write: Write, read_in: Read) -> None:
    assert linked(chain, write, read_in, "那个泰式芒果干有点硬", "", "", "", "")["sku_id"] == "00123"


@pytest.mark.parametrize(
    "text", ["瓜子不错", "芒果干有点硬", "山核桃仁没有三颗果的好", "芒果干和坚果礼盒都买了", "很好吃"]
)
def test_short_ambiguous_and_rivals_names_link_nothing(chain: Lake, write: Write, read_in: Read, text: str) -> None:
    found = linked(chain, write, read_in, text, "", "", "", "")
    assert (found["sku_id"], found["sku_origin"]) == (None, "none")


def test_unknown_ids_and_names_are_kept_and_listed(chain: Lake, write: Write, read_in: Read) -> None:
    found = linked(chain, write, read_in, "好", "", "没听过的店", "", "00999")
    assert (found["sku_id"], found["store_id"]) == ("00999", None)
    assert (found["unknown_stores"], found["unknown_skus"]) == (("没听过的店",), ("00999",))
    assert dict(found["attributes"]) == {"store_name": "没听过的店"}  # type: ignore[call-overload]


def test_short_names() -> None:
    assert linking.short_name("禾小满 泰式芒果干 108g*2袋（新包装）", "禾小满") == "泰式芒果干"
    assert linking.short_name("Sea Salt Cashews 200g") == "seasaltcashews"


def test_lost_leading_zeros_are_reported(
    chain: Lake, write: Write, read_in: Read, caplog: pytest.LogCaptureFixture
) -> None:
    found = linked(chain, write, read_in, "好", "", "", "", "123")
    assert found["unknown_skus"] == ("123",) and "123 (00123)" in caplog.text


def test_a_named_product_has_a_confidence(chain: Lake, write: Write, read_in: Read) -> None:
    short = linked(chain, write, read_in, "那个泰式芒果干有点硬", "", "", "", "")
    assert dict(short["attributes"]) == {"sku_confidence": "0.80"}  # type: ignore[call-overload]


def test_reviews_are_linked_again_when_the_tables_come_later(lake: Lake, write: Write, read_in: Read) -> None:
    rows = [
        ["1", "好", "2026-09-03", "21000000000000000001", "", "", ""],
        ["2", "那个泰式芒果干有点硬", "2026-10-03", "", "禾小满 解放路店", "", ""],
        ["3", "好", "2026-10-03", "", "", "", "00999"],
        ["4", "一般", "2026-11-03", "", "", "", ""],
    ]
    read_in(write("r.csv", REVIEW, rows))
    stores = read_in(write("s.csv", STORES, [["S001", "禾小满 解放路店", "华东", "直营", ""]]), source="stores")
    skus = [["00123", "禾小满 泰式芒果干 108g", "禾小满", "1", "", ""]]
    named = read_in(write("k.csv", SKUS, skus), source="skus")
    order = [["21000000000000000001", "S001", "00123", "快递"]]
    orders = read_in(write("o.csv", ["order_id", "store_id", "sku_id", "fulfilment"], order), source="orders")
    assert (stores.months, named.months, orders.months) == (("2026-10",), ("2026-10",), ("2026-09",))
    found = {
        r["review_id"][-1]: (r["store_id"], r["sku_id"], r["sku_origin"]) for r in lake.read("reviews").to_pylist()
    }
    assert found == {
        "1": ("S001", "00123", "order"), "2": ("S001", "00123", "text"), "3": (None, "00999", "row"), "4": (None, None, "none"),
    }  # fmt: skip
    versions = lake.versions()
    again = read_in(
        write("o2.csv", ["order_id", "store_id", "sku_id", "fulfilment"], [*order, ["9", "S001", "", ""]]),
        source="orders",
    )
    assert again.months == () and lake.versions()["reviews"] == versions["reviews"]
