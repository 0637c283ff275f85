from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from voc.config import Hygiene
from voc.ingest import hygiene
from voc.schemas import REVIEWS, conform

START = datetime(2026, 10, 1, tzinfo=UTC)


def reviews(rows: list[dict[str, Any]]) -> pa.Table:
    full = [
        {
            "review_id": f"x:{i:04d}", "kind": "review", "source": "x", "channel": "x",
            "created_at": START + timedelta(hours=i), "month": "2026-10", "lang": "zh",
            "flags": [], "ingest_id": "f", "text": "", **row,
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return conform(pa.Table.from_pylist(full, schema=REVIEWS), REVIEWS)


def flagged(table: pa.Table, limits: Hygiene) -> pa.Table:
    """`table` with its flags, by review."""
    found = hygiene.find(table, limits)
    columns = {name: table[name] for name in table.column_names}
    columns |= {"flags": found.flags, "duplicate_of": found.duplicate_of}
    return conform(pa.table(columns), REVIEWS).sort_by("review_id")


def flags(rows: list[dict[str, Any]], **limits: Any) -> list[list[str]]:
    return flagged(reviews(rows), Hygiene(**limits))["flags"].to_pylist()


@pytest.mark.parametrize(
    "text",
    ["此用户没有填写评价。", "此用户未填写评价内容", "该用户未及时做出评价，系统默认好评!",
     "评价方未及时做出评价,系统默认好评!",
     "系统默认好评", "默认好评", "NO_MESSAGE", "The customer did not leave a review.", "用户未填写评价"],
)  # fmt: skip
def test_default_reviews(text: str) -> None:
    assert flags([{"text": text}]) == [["default_review"]]
    assert hygiene.is_default_text(pa.array([text])).to_pylist() == [True]


@pytest.mark.parametrize(
    "text", ["默认好评，其实一般，袋子漏气", "好评", "此用户没有填写评价？我明明写了", "", "no comment on the taste"]
)
def test_what_a_customer_wrote_is_no_default(text: str) -> None:
    assert flags([{"text": text, "rating": 5.0}]) == [[]]


@pytest.mark.parametrize(
    "text",
    ["为返现才五星，其实一般", "好评返现三块钱，来凑数", "店员盯着我打五星", "客服一直催我给好评",
     "晒图领红包，味道没啥说的", "五星好评送小零食", "晒图送两块钱，所以来了", "好评送酸奶，冲着酸奶写的",
     "五颗星是给优惠券的，东西很难吃", "给五星是因为有优惠券拿，味道真不行", "Five stars only because they promised a coupon",
     "I got a gift card for a 5-star review", "received in exchange for an honest review", "They asked me to leave five stars"],
)  # fmt: skip
def test_incentivised(text: str) -> None:
    assert flags([{"text": text}]) == [["incentivised"]]


@pytest.mark.parametrize(
    "text",
    [
        "店员很热情，给五星",
        "送货快，好评",
        "五星好评送货快",
        "差点五星，兑换排另外一队",
        "好评，可以换货",
        "朋友送的礼盒很好",
        "五星给冒雨来的配送员",
        "好评送给楼下店长",
        "周年庆有返现，算下来很划算",
        "收银台要排队",
        "从来没有红包好评返现，全凭质量说话",
        "free shipping, five stars",
    ],
)
def test_honest_praise_is_not_incentivised(text: str) -> None:
    assert flags([{"text": text}]) == [[]]


def test_a_complaint_about_begging_counts_as_a_complaint() -> None:
    begged = {"text": "小卡片写着好评换红包"}
    assert flags([begged | {"rating": 1.0}, begged | {"rating": 5.0}]) == [[], ["incentivised"]]
    assert flags([{"text": "写好评换红包，追着问，恶心人", "rating": 5.0}]) == [[]]


def test_short_phrases_of_letters_say_little() -> None:
    assert flags([{"text": "Will buy again!"}, {"text": "Will buy again"}]) == [[], []]
    long = "Bought these cashews for a road trip and they were gone within the hour"
    assert flags([{"text": long}, {"text": long + "!"}])[1] == ["near_duplicate"]


@pytest.mark.parametrize(
    "text",
    [
        "不赔一千就找12315",
        "吃出虫子，要求十倍赔偿",
        "退一赔十，不然就曝光你们",
        "给钱就删差评",
        "pay me or I will sue you in court",
    ],
)
def test_claims(text: str) -> None:
    assert "claim" in flags([{"text": text}])[0]


@pytest.mark.parametrize("text", ["已经打12315投诉了，希望重视", "客服主动赔了一包，态度好", "差评，再也不买"])
def test_a_complaint_is_no_claim(text: str) -> None:
    assert flags([{"text": text}]) == [[]]


PRAISE = "这家的坚果真的又香又脆，分量很足，家里人都爱吃"


def test_near_copies_point_to_the_earliest() -> None:
    rows = [
        {"text": "别的内容完全不同，说的是物流和包装"},
        {"text": PRAISE + "！！"},
        {"text": PRAISE},
        {"text": "好吃"},
        {"text": "好吃"},
    ]
    found = flagged(reviews(rows), Hygiene())
    assert found["flags"].to_pylist() == [[], [], ["near_duplicate"], [], []]
    assert found["duplicate_of"].to_pylist() == [None, None, "x:0001", None, None]


def test_survey_answers_may_repeat_each_other() -> None:
    assert flags([{"text": PRAISE, "kind": "survey"}] * 3) == [[], [], []]


def test_flags_are_made_anew_but_a_mapping_s_default_stays() -> None:
    rows = [{"text": "--", "flags": ["default_review", "burst"]}, {"text": "脆", "flags": ["near_duplicate"]}]
    assert flags(rows) == [["default_review"], []]


def test_copied_praise_of_one_product_is_a_burst() -> None:
    rows = [{"text": PRAISE + "啊" * (i % 2), "sku_id": "1", "rating": 5.0} for i in range(8)]
    assert all("burst" in f for f in flags(rows, burst_hours=8))
    assert not any("burst" in f for f in flags(rows, burst_hours=6))
    assert not any("burst" in f for f in flags([{**r, "sku_id": str(i)} for i, r in enumerate(rows)]))


def test_copied_hostility_is_a_negative_burst() -> None:
    rows = [{"text": "全是添加剂，大家千万不要再买这家的东西了", "sku_id": "1", "rating": 1.0} for _ in range(10)]
    assert all("burst_negative" in f and "burst" not in f for f in flags(rows))


def month(seed: int, *, stores: int = 30, a_day: float = 1.5, order: bool = True) -> list[dict[str, Any]]:
    """An ordinary month: short words of praise, evenly over stores and days."""
    random = Random(seed)
    out = []
    for store in range(stores):
        for day in range(31):
            for _ in range(int(a_day + random.random())):
                at = START + timedelta(days=day, seconds=random.randrange(86_400))
                row = {"store_id": f"S{store}", "created_at": at, "rating": 5.0 if random.random() < 0.85 else 1.0}
                out.append(row | {"order_id": f"o{len(out)}" if order else None})
    return out


def at_store(n: int, day: int, **row: Any) -> list[dict[str, Any]]:
    return [{"store_id": "S3", "created_at": START + timedelta(days=day, minutes=i), **row} for i in range(n)]


def count(rows: list[dict[str, Any]], name: str) -> int:
    return sum(name in f for f in flags(rows))


def test_a_loud_day_of_praise_stands_out() -> None:
    assert count(month(1) + at_store(25, 12, rating=5.0), "burst") >= 25


def test_an_ordinary_month_and_a_festival_have_no_burst() -> None:
    for seed in range(5):
        rows = month(seed)
        festival = [
            {**r, "created_at": START + timedelta(days=9, seconds=i)} for i, r in enumerate(month(seed + 50, a_day=0.5))
        ]
        assert count(rows + festival, "burst") == 0


def test_a_real_incident_is_no_hostile_burst() -> None:
    """Twenty customers with orders complain on one day, each in words of their own: that is news, not a campaign."""
    words = "酸苦馊霉潮硬软碎漏脏慢贵少咸辣腻油黑破冷"
    own = [
        {"text": f"今天买的{w}{v}得厉害，{v}味很重，{w}到没法入口"} for w, v in zip(words, reversed(words), strict=True)
    ]
    told = [
        {**row, **text, "order_id": f"i{i}"}
        for i, (row, text) in enumerate(zip(at_store(20, 12, rating=1.0), own, strict=True))
    ]
    assert count(month(2) + told, "burst_negative") == 0


def test_a_loud_day_of_hostility_without_orders_is_a_burst() -> None:
    assert count(month(3) + at_store(20, 12, rating=1.0), "burst_negative") >= 20


def test_flags_do_not_depend_on_the_order_of_rows() -> None:
    rows = [{"text": PRAISE + str(i), "sku_id": "1", "rating": 5.0} for i in range(12)]
    table = reviews(rows)
    assert flagged(table, Hygiene()).equals(flagged(table.take(list(reversed(range(12)))), Hygiene()))


def test_an_empty_month() -> None:
    assert len(flagged(REVIEWS.empty_table(), Hygiene())) == 0
