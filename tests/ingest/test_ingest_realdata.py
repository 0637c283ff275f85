"""Real exports, by the mappings in tests/fixtures/mappings. The texts stay where they are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from voc.ingest import Ingested
from voc.lake import Lake

pytestmark = pytest.mark.realdata
Read = Callable[..., Ingested]
MAPPINGS = Path(__file__).parents[1] / "fixtures" / "mappings"


@pytest.fixture
def data() -> Path:
    return Path(os.environ["VOC_TEST_DATA"]) / "structured"


# file, mapping, source, records, set aside, reviews written
EXPORTS = [
    ("jd_washer.csv.gz", "jd_washer.toml", "jd", 5565, 0, 5565),
    ("jd_phone_raw.csv.gz", "jd_phone.toml", "jd", 3189, 0, 3414),
    ("jd_cosmetics.csv.gz", "jd_cosmetics.toml", "jd", 14754, 0, 14754),
    ("taobao_supplement.csv.gz", "taobao_supplement.toml", "tmall", 13396, 1, 13395),
]


@pytest.mark.parametrize(("file", "mapping", "source", "records", "aside", "written"), EXPORTS)
def test_every_record_is_accounted_for(
    lake: Lake, data: Path, read_in: Read, file: str, mapping: str, source: str, records: int, aside: int, written: int
) -> None:
    done = read_in(data / file, source=source, mapping=MAPPINGS / mapping)
    reviews = lake.read("reviews", columns=["flags", "kind", "rating", "text"])
    found = Counter(flag for flags in reviews["flags"].to_pylist() for flag in flags)
    print(done, dict(found), dict(Counter(reviews["kind"].to_pylist())))
    assert (done.records, done.quarantined, done.reviews_written) == (records, aside, written)
    assert len(reviews) == done.reviews_written


def test_hot_pot_stores_by_month(lake: Lake, data: Path, read_in: Read) -> None:
    shops = read_in(data / "meituan_hotpot_shops.csv", source="stores", mapping=MAPPINGS / "meituan_hotpot_shops.toml")
    done = read_in(data / "meituan_hotpot_stores.csv.gz", source="meituan", mapping=MAPPINGS / "meituan_hotpot.toml")
    assert shops.quarantined == 0 and shops.new == shops.records
    assert (done.records, done.quarantined, done.naive_times) == (16886, 0, 16886)
    june = lake.read("reviews", months=["2021-06"])
    known = set(lake.read("stores")["store_id"].to_pylist())
    assert len(june) > 500 and set(june["store_id"].to_pylist()) <= known
    assert set(june["rating"].drop_null().to_pylist()) <= {1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0}


def test_the_default_mapping_reads_them_too(lake: Lake, data: Path, read_in: Read) -> None:
    done = read_in(data / "jd_phone_raw.csv.gz", source="jd")
    assert (done.records, done.quarantined, done.reviews_written) == (3189, 0, 3414)


@pytest.mark.parametrize("name", ["wjx_export_by_text.csv", "wjx_export_by_option_columns.csv"])
def test_surveys_without_times_are_set_aside_as_a_whole(lake: Lake, data: Path, read_in: Read, name: str) -> None:
    """Their times were blanked before they were published; with a constant time they are read."""
    layouts = data.parent / "layouts"
    assert read_in(layouts / name, source="wjx").quarantined == 800
    done = read_in(layouts / name, source="wjx", mapping=MAPPINGS / "wjx_undated.toml")
    assert (done.new, done.quarantined) == (800, 0)
    first = dict(lake.read("reviews")["attributes"].to_pylist()[0])
    assert "手机价格" in first and ("兴趣爱好" in first or "第6题" in first)
