import csv
import gzip

import pytest

GOOD = ("味道很好", "非常满意", "质量不错", "很喜欢", "物流很快", "推荐购买")
BAD = ("味道很差", "非常失望", "质量太差", "很难吃", "物流太慢", "千万别买")
PLAIN = ("昨天收到", "还没有用", "一般般", "凑合")


def write(folder, name, records):
    path = folder / f"{name}.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


@pytest.fixture
def data(tmp_path):
    """A data folder of invented sets, a few texts each, in the columns of the real ones."""
    poles = [(text, "1") for text in GOOD] + [(text, "0") for text in BAD]
    write(tmp_path, "polarity/waimai_10k", [{"label": label, "review": text} for text, label in poles])
    for part in ("train", "dev"):
        rows = [
            {"id": i, "sentence": t, "label": "Positive" if s == "1" else "Negative"} for i, (t, s) in enumerate(poles)
        ]
        write(tmp_path, f"polarity/eprstmt_{part}_few_all", rows)
    laptop = [{"label": "1", "clause": t} for t in GOOD] + [{"label": "2", "clause": t} for t in BAD]
    laptop += [{"label": "0", "clause": t} for t in PLAIN]
    write(tmp_path, "polarity/jd_laptop_clause_sentiment", laptop * 5)
    units = [("1", "很甜", "POS"), ("1", "太贵", "NEG"), ("2", "很香", "POS"), ("3", "碎了", "NEG")]
    texts = {"1": "很甜，太贵了", "2": "闻着很香", "3": "全都碎了"}
    write(tmp_path, "aspect/jd_food_quads_open", [
        {"comment_id": i, "text": texts[i], "star": "5", "aspect": "口感", "polarity": p, "opinion": o} for i, o, p in units
    ])  # fmt: skip
    write(tmp_path, "english/mcdonalds_issues", [
        {"policies_violated": "RudeService", "review": "The clerk was rude and slow"},
        {"policies_violated": "na", "review": "Went there on Monday"},
    ])  # fmt: skip
    return tmp_path


TRADES = {"书籍": "情节", "平板": "屏幕", "手机": "信号", "水果": "果肉", "洗发水": "泡沫", "热水器": "水温", "衣服": "面料",
          "计算机": "键盘", "酒店": "房间"}  # fmt: skip


@pytest.fixture
def corpora(data):
    """The data folder with invented training sets too: each praises and blames some things."""

    def said(things, good="很好 不错 满意", bad="很差 失望 糟糕"):
        return [(f"{thing}{word}{end}", pole) for pole, words in (("1", good), ("0", bad)) for word in words.split()
                for thing in things for end in ("", "啊", "呢", "，收到了")]  # fmt: skip

    shop = [(cat, text, label) for cat, thing in TRADES.items() for text, label in said([thing])]
    write(data, "polarity/online_shopping_9_cats", [{"cat": c, "label": s, "review": t} for c, t, s in shop])
    mixed = said(["音质", "小说"])
    write(data, "polarity/nlpcc14_sc", [{"id": i, "label": s, "review": t} for i, (t, s) in enumerate(mixed)])
    starred = {
        "meituan_hotpot_stores": ("star", "锅底", "50", "10"), "jd_washer": ("score", "洗衣机", "5", "1"),
        "jd_phone_raw": ("score", "电池", "5", "1"), "ctrip_hotel_one": ("score", "早餐", "5.0", "1.0"),
        "dianping_xinjiang": ("star_word", "烤肉", "非常好", "很差"),
    }  # fmt: skip
    for name, (star, thing, best, worst) in starred.items():
        rows = [{star: best if pole == "1" else worst, "content": text} for text, pole in said([thing])]
        write(data, f"structured/{name}", rows)
    write(data, "aspect/dianping_label6k", [{"id": 1, "text": "环境一般般", "category": "环境", "polarity": "2"}])
    spans = [{"sentence": f"{t}。", "opinion": t[2:4], "valence": "7" if s == "1" else "3"} for t, s in said(["汤头"])]
    write(data, "aspect/dimabsa_train", spans)
    triples = [{"text": t, "opinion": t[2:4], "polarity": "POS" if s == "1" else "NEG"} for t, s in said(["菜品"])]
    write(data, "aspect/zhang_aste", [*triples, {"text": "昨天六点到店，还行", "opinion": "还行", "polarity": "NEU"}])
    named = {"1": "Positive", "0": "Negative"}
    parts = [(text.replace("镜头", "$T$"), named[pole]) for text, pole in said(["镜头"])]
    rows = [{"domain": "camera", "text": text, "aspect": "镜头", "polarity": pole} for text, pole in parts]
    write(data, "aspect/absa_zh_small", rows)
    acos = [("the food is great", "POS"), ("the food is bad", "NEG"), ("the table was there", "NEU")]
    judged = (("great", "POS"), ("lovely", "POS"), ("bad", "NEG"), ("awful", "NEG"), ("usual", "NEU"))
    things = ("staff was", "soup tasted", "music sounded", "room looked")
    acos += [(f"{thing} {word}", pole) for thing in things for word, pole in judged]
    rows = [{"set": "rest16", "text": t, "polarity": p} for t, p in acos]
    rows += [{"set": "rest16", "text": "great food but slow", "polarity": p} for p in ("POS", "NEG")]
    write(data, "english/acos", rows)
    write(
        data,
        "english/amazon_alexa",
        [{"rating": "5", "verified_reviews": "Love it"}, {"rating": "1", "verified_reviews": " "}],
    )
    return data
