import datetime as dt

import jieba
import pyarrow as pa
import pytest

from voc.extract import keywords as keyword_room
from voc.extract.keywords import keywords, table
from voc.extract.terms import stream, terms
from voc.schemas import KEYWORDS, MENTIONS, REVIEWS, conform

NOW = dt.datetime(2026, 10, 5, tzinfo=dt.UTC)


def reviews(rows):
    """rows: (store, sku, source, text, flags)"""
    return conform(
        pa.table(
            {
                "review_id": [f"r{i}" for i in range(len(rows))],
                "kind": ["review"] * len(rows),
                "source": [r[2] for r in rows],
                "channel": ["c"] * len(rows),
                "created_at": pa.array([NOW] * len(rows), pa.timestamp("us", tz="UTC")),
                "month": ["2026-10"] * len(rows),
                "store_id": pa.array([r[0] for r in rows], pa.string()),
                "sku_id": pa.array([r[1] for r in rows], pa.string()),
                "lang": ["zh"] * len(rows),
                "text": [r[3] for r in rows],
                "flags": pa.array([list(r[4]) if len(r) > 4 else [] for r in rows], pa.list_(pa.string())),
                "ingest_id": ["i"] * len(rows),
            }
        ),
        REVIEWS,
    )


def mentions(rows):
    """rows: (review number, start, end, aspect, intent)"""
    return conform(
        pa.table(
            {
                "mention_id": [f"m{i}" for i in range(len(rows))],
                "review_id": [f"r{r[0]}" for r in rows],
                "month": ["2026-10"] * len(rows),
                "created_at": pa.array([NOW] * len(rows), pa.timestamp("us", tz="UTC")),
                "source": ["tmall"] * len(rows),
                "channel": ["c"] * len(rows),
                "lang": ["zh"] * len(rows),
                "start": [r[1] for r in rows],
                "end": [r[2] for r in rows],
                "aspect": [r[3] for r in rows],
                "facet": ["product"] * len(rows),
                "intent": [r[4] for r in rows],
                "polarity": [0.0] * len(rows),
                "confidence": [1.0] * len(rows),
                "severity": ["S3"] * len(rows),
                "model": ["m"] * len(rows),
            }
        ),
        MENTIONS,
    )


def found(result, scope, scope_id=None, polarity="all"):
    return [
        row["term"]
        for row in result.to_pylist()
        if (row["scope"], row["scope_id"], row["polarity"]) == (scope, scope_id, polarity)
    ]


CHAIN = [
    *[("A", "nuts", "tmall", f"坚果很脆，包装完好，第{i}次回购了") for i in range(20)],
    *[("B", "rice", "jd", f"米饼受潮发软，客服不理人，等了{i}天") for i in range(20)],
    *[("C", "rice", "jd", f"米饼味道淡，价格实惠，买了{i}袋") for i in range(20)],
]


@pytest.fixture(scope="module")
def month():
    complaints = [(i, 0, 6, "P07", "complaint") for i in range(20, 40)] + [
        (i, 7, 12, "V04", "complaint") for i in range(20, 40)
    ]
    praise = [(i, 0, 4, "P11", "praise") for i in range(20)]
    return table(reviews(CHAIN), mentions(complaints + praise), month="2026-10")


def test_schema_and_order(month):
    assert month.schema.equals(KEYWORDS)
    assert set(month["scope"].to_pylist()) == {"all", "source", "store", "sku", "aspect"}
    for key in {(r["scope"], r["scope_id"], r["polarity"]) for r in month.to_pylist()}:
        rows = [r for r in month.to_pylist() if (r["scope"], r["scope_id"], r["polarity"]) == key]
        assert [r["score"] for r in rows] == sorted((r["score"] for r in rows), reverse=True)
        assert len({r["term"] for r in rows}) == len(rows) <= 20


def test_a_store_says_what_the_others_do_not(month):
    first = found(month, "store", "B")[:4]
    assert any("受潮" in t or "发软" in t for t in first) and any("客服" in t or "理人" in t for t in first)
    assert not any("脆" in t or "坚果" in t for t in found(month, "store", "B"))
    assert any("坚果" in t or "脆" in t for t in found(month, "store", "A")[:3])


def test_polarity_takes_only_its_own_clauses(month):
    assert any("受潮" in t for t in found(month, "all", None, "negative"))
    assert not any("受潮" in t or "客服" in t for t in found(month, "all", None, "positive"))
    assert not any("包装" in t for t in found(month, "all", None, "positive"))


def test_an_aspect_has_its_own_words(month):
    about = found(month, "aspect", "P07", "negative")
    assert about and not any("客服" in t for t in about)
    assert any("客服" in t or "理人" in t for t in found(month, "aspect", "V04", "negative"))


def test_counts_are_reviews(month):
    assert max(r["n_reviews"] for r in month.to_pylist() if r["scope"] == "store") == 20


def test_new_words_need_a_history():
    rows, none = reviews(CHAIN), mentions([])
    assert not any(table(rows, none, month="2026-10")["is_new"].to_pylist())
    later = table(rows, none, month="2026-10", known={"坚果", "客服"})
    fresh = dict(zip(later["term"].to_pylist(), later["is_new"].to_pylist(), strict=True))
    assert not fresh.get("坚果", False) and any(fresh.values())


def test_small_scopes_and_copies_are_left_out():
    rows = [*CHAIN, ("D", "nuts", "tmall", "开心果仁空壳很多")]
    rows += [("E", "nuts", "tmall", "刷单好评刷单好评", ("near_duplicate",)) for _ in range(9)]
    result = table(reviews(rows), mentions([]), month="2026-10")
    assert not found(result, "store", "D") and not found(result, "store", "E")
    assert not any("刷单" in t for t in result["term"].to_pylist())


def test_follow_ups_count_with_their_first_review():
    rows = reviews([("A", "nuts", "tmall", "果仁空壳很多，失望") for _ in range(6)])
    parent = pa.array([None, "r0", "r0", "r0", "r0", "r0"], pa.string())
    rows = rows.set_column(rows.schema.get_field_index("parent_id"), REVIEWS.field("parent_id"), parent)
    assert table(rows, mentions([]), month="2026-10").num_rows == 0
    assert table(rows, mentions([]), month="2026-10", min_reviews=1).num_rows == 0


@pytest.mark.parametrize("rows", [[], [("A", "s", "jd", "")], [("A", None, "jd", "好吃")], CHAIN[:1] * 30])
def test_poor_months_do_not_fail(rows):
    result = table(reviews(rows), mentions([]), month="2026-10", min_reviews=1)
    assert result.schema.equals(KEYWORDS)
    assert all(abs(s) < 1e9 for s in result["score"].to_pylist())


def test_phrases_rather_than_fragments():
    texts = [
        f"售后服务{w}，{v}"
        for w in ("太差", "不好", "很慢", "没人管", "敷衍")
        for v in ("气人", "失望", "再也不来", "退货", "无语")
    ]
    terms_ = keywords(texts)["term"].to_pylist()
    assert "售后服务" in terms_ and "售后" not in terms_ and "服务" not in terms_


def test_negation_and_degree_stay_with_their_word():
    texts = [
        f"{a}，就是太甜了，{b}"
        for a in ("面包松软", "奶香足", "个头大", "送得快")
        for b in ("下次少糖", "孩子嫌腻", "老人不爱", "可惜")
    ]
    assert "太甜" in keywords(texts, top=30)["term"].to_pylist()


def test_english_phrases():
    texts = [
        f"The battery life is {w} and {v}"
        for w in ("short", "bad", "poor", "weak")
        for v in ("it overheats", "I returned it", "support ignored me")
    ]
    terms_ = keywords(texts, lang="en")["term"].to_pylist()
    assert terms_[0] == "battery life" and "battery" not in terms_ and "the" not in terms_


def test_masked_and_numeric_terms_never_show():
    texts = [f"店员＊＊态度差，工号＊＊＊＊，等了{i % 3 + 15}分钟 2024 100" for i in range(12)]
    result = keywords(texts, top=50)["term"].to_pylist()
    assert result and not any("＊" in t or "*" in t or t.isdigit() or "2024" in t for t in result)


def test_a_background_moves_the_common_down():
    texts = [f"味道不错，{w}" for w in ("海苔脆", "海苔香", "海苔薄", "海苔咸", "海苔新鲜")]
    plain = keywords(texts, background={"味道": 0.5, "不错": 0.4, "海苔": 0.0001})["term"].to_pylist()
    assert "海苔" in plain[0]


def test_own_words_and_nothing_at_all():
    assert "脆升升" in keywords(["脆升升好吃", "买了脆升升", "脆升升没了"], words=["脆升升"])["term"].to_pylist()
    assert keywords([]).num_rows == 0 and keywords(["", "。"]).num_rows == 0


def test_pairs_are_found_again_in_other_texts():
    source = stream(["售后服务差", "售后服务好", "售后服务慢", "服务"] * 3, lang="zh")
    known = terms(source)
    text, term = known.pairs(source)
    assert {known.names[i] for i in term[text == 0]} >= {"售后服务"}
    assert text.tolist() == sorted(text.tolist())


def test_a_product_name_that_no_dictionary_knows_is_one_term() -> None:
    before, after = (
        ["买了", "喜欢", "推荐", "这款", "家里", "昨天", "同事说"],
        ["很香", "不错", "太甜", "到货快", "有点贵", "还行"],
    )
    texts = [f"{a}咕噜脆脆乐{b}" for a in before for b in after] + [f"{a}面包{b}" for a in before for b in after]
    terms = keywords(texts, top=5)["term"].to_pylist()
    assert "咕噜脆脆乐" in terms and not {"咕噜", "脆脆", "脆脆乐"} & set(terms)


def test_a_text_that_recurs_has_the_tokens_of_the_first_one_in_its_place():
    texts = [
        "味道很好,配送太慢",
        "the battery is great",
        "",
        "味道很好,配送太慢",
        "客服iPhone 15态度差",
        "the battery is great",
    ]
    whole = stream(texts)
    for i, text in enumerate(texts):
        alone, part = stream([text]), whole.part(i, i + 1)
        assert set(part.text.tolist()) <= {i}
        assert [part.words[t] if t >= 0 else None for t in part.token] == [
            alone.words[t] if t >= 0 else None for t in alone.token
        ]
    assert whole.text.tolist() == sorted(whole.text.tolist())


def test_the_background_is_the_dictionary_without_the_rarest_words():
    with jieba.get_dict_file() as file:
        known = {
            word: float(times) for word, times, *_ in (line.decode().split(" ") for line in file) if int(times) > 2
        }
    weights = keyword_room._general()
    assert dict(zip(weights.words.to_pylist(), weights.values.tolist(), strict=True)) == known
    assert (weights.total, weights.floor) == (sum(known.values()), min(known.values()) / 2)
    some = weights.of_words(["味道", "没有这样的词"])
    assert some[0] == known["味道"] and some[1] != some[1]
