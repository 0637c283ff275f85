"""Stores, SKUs, reviews and what is said in them."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from builder_words import CATEGORIES, FILLERS, GOODS, ISSUES, LIKES, MONTH, REGIONS, SAYS, SOURCES, WISHES

from voc.schemas import TABLES, empty


def table(name: str, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES[name]) if rows else empty(name)


def stores(n, rng, names):
    out = []
    for i in range(n):
        region = list(REGIONS)[i // 4 % 3]
        key = f"S{i + 1:03d}"
        out.append(
            {
                "store_id": key,
                "name": names.get(key, f"松果铺子（{'东南西北中'[i % 5]}{'门桥街'[i % 3]}{i + 1}店）"),
                "format": "街边店" if i % 2 else "商场店",
                "region": region,
                "city": REGIONS[region][i % 2],
                "dealer": f"经销商{'甲乙丙丁'[i % 4]}" if i % 3 == 0 else None,
                "ownership": "franchise" if i % 3 == 0 else "direct",
            }
        )
    return out


def skus(n, names):
    out = []
    for i in range(n):
        key, name = f"K{i + 1:04d}", GOODS[i % len(GOODS)]
        out.append(
            {
                "sku_id": key,
                "name": names.get(key, f"{name} {(100, 250, 500)[i // 10 % 3]} 克"),
                "category": CATEGORIES.get(name, "零食"),
                "brand": "松果",
                "own": True,
                "supplier": f"供应商{i % 5 + 1}",
                "factory": f"F{i % 7}",
                "parent_sku": f"P{i % 10:02d}",
                "launched": date(2026, 8, 15) if i % 11 == 0 else date(2025, 9 + i % 3, 1) if i % 5 == 0 else None,
            }
        )
    return out


def said(rng, stores, skus, n, complaints, safety, names):
    reviews, mentions = [], []
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    for i in range(n):
        store, sku, source = rng.choice(stores), rng.choice(skus), SOURCES[min(int(rng.random() ** 1.5 * 4), 3)]
        text, found = rng.choice(FILLERS), []
        chance = dict.fromkeys(SAYS, 0.012)
        chance["V01"] = 0.03
        chance["P02"] = 0.0015 if safety else 0.0
        if sku["sku_id"] == "K0003":
            chance["P07"] = 0.20
        if store["store_id"] in ("S004", "S005"):
            chance["V07"] = 0.16
        if store["store_id"] == "S010" and sku["sku_id"] == "K0005":
            chance["P11"] = 0.7
        plan = [(a, "complaint", SAYS) for a, p in chance.items() if complaints and rng.random() < p]
        plan += [(a, "praise", LIKES) for a in LIKES if rng.random() < 0.18]
        plan += [(a, "request", WISHES) for a in WISHES if rng.random() < 0.01]
        for aspect, intent, phrases in plan[:4]:
            clause, opinion = rng.choice(phrases[aspect])
            start = len(text)
            text += clause + "，"
            at = start + clause.index(opinion)
            found.append((aspect, intent, start, start + len(clause), at, at + len(opinion)))
        text = names.get(f"text:{i}", text)
        rid = f"{source}:{i:07d}"
        at = begin + timedelta(seconds=rng.randrange(30 * 86400))
        bad = any(f[1] == "complaint" for f in found)
        reviews.append(
            {
                "review_id": rid,
                "kind": "review",
                "source": source,
                "channel": source,
                "created_at": at,
                "month": MONTH,
                "store_id": store["store_id"],
                "sku_id": sku["sku_id"],
                "rating": float(rng.choice((1, 2, 3)) if bad else 5),
                "lang": "zh",
                "text": text,
                "flags": ["burst"] if rng.random() < 0.01 else [],
                "ingest_id": f"i-{source}",
                "reply": "谢谢惠顾" if (answered := rng.random() < 0.3) else None,
                "replied_at": at + timedelta(hours=5 + i % 40) if answered else None,
                "carrier": ("甲运", "乙运", None)[i % 3],
                "warehouse": f"W{i % 4}",
                "produced_on": date(2026, 9, 1 + i % 28),
                "lot": f"L{i % 9}" if rng.random() < 0.4 else None,
            }
        )
        for j, (aspect, intent, a, b, c, d) in enumerate(found):
            mentions.append(
                {
                    "mention_id": f"{rid}#{j}",
                    "review_id": rid,
                    "month": MONTH,
                    "created_at": at,
                    "source": source,
                    "channel": source,
                    "store_id": store["store_id"],
                    "sku_id": sku["sku_id"],
                    "lang": "zh",
                    "start": a,
                    "end": b,
                    "aspect_start": None,
                    "aspect_end": None,
                    "opinion_start": c,
                    "opinion_end": d,
                    "aspect": aspect,
                    "facet": ISSUES[aspect].facet,
                    "intent": intent,
                    "polarity": -0.8 if intent == "complaint" else 0.8,
                    "confidence": 0.9,
                    "severity": ISSUES[aspect].severity,
                    "competitor": "隔壁铺子" if rng.random() < 0.02 else None,
                    "model": "test-1",
                }
            )
    return reviews, mentions
