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
