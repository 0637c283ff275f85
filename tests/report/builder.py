"""An invented month for tests of the report: seeded, with texts of our own, and statistics that only look right."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from scipy.stats import gamma

from voc.report.data import IssueName, ReportData
from voc.schemas import COMPLAINERS, TABLES, empty

MONTH = "2026-10"
ISSUES = {
    i.code: i
    for i in (
        IssueName("P02", "异物、虫害", "foreign object", "product", "S1", "quality"),
        IssueName("P07", "新鲜度", "freshness", "product", "S2", "quality"),
        IssueName("P08", "分量", "weight, count", "product", "S2", "store operations"),
        IssueName("P10", "口味", "taste", "product", "S3", "product"),
        IssueName("P11", "口感", "texture", "product", "S3", "product"),
        IssueName("P13", "价格与价值", "price", "product", "S3", "marketing"),
        IssueName("V01", "物流速度", "logistics speed", "service", "S3", "supply chain"),
        IssueName("V02", "运输破损", "transit damage", "service", "S2", "supply chain"),
        IssueName("V06", "店员态度", "store staff", "service", "S3", "store operations"),
        IssueName("V07", "排队与结账", "queue", "service", "S3", "store operations"),
        IssueName("V12", "促销诚信", "promotion honesty", "service", "S2", "marketing"),
    )
}
# code: (clause, opinion within it) for complaints, praise, requests
SAYS = {
    "P02": [("咬到一小截蓝色塑料丝", "塑料丝"), ("袋底躺着一根头发", "头发")],
    "P07": [("打开就有一股陈油味", "陈油味"), ("拿到手已经不脆了", "不脆"), ("日期只剩三周", "只剩三周")],
    "P08": [("称回家少了快一两", "少了快一两"), ("一包里比标的少好几颗", "少好几颗")],
    "P10": [("甜得发腻", "发腻"), ("盐撒多了", "撒多了"), ("吃着没什么味道", "没什么味道")],
    "P11": [("硬得硌牙", "硌牙"), ("软塌塌的", "软塌塌")],
    "P13": [("比上个月贵了三块", "贵"), ("这个价不值", "不值")],
    "V01": [("等了八天才到", "等了八天"), ("两天都没揽件", "没揽件")],
    "V02": [("箱子瘪了一角，里面碎成渣", "碎成渣"), ("罐子压扁了", "压扁")],
    "V06": [("店员小陈一直看手机", "一直看手机"), ("问了两遍都没人理", "没人理")],
    "V07": [("周末只开一个收银台", "只开一个"), ("排了二十分钟才结上账", "二十分钟")],
    "V12": [("说好的赠品没有给", "没有给"), ("先涨价再打折", "先涨价再打折")],
}
LIKES = {
    "P10": [("酸甜刚刚好", "刚刚好"), ("咸香很耐吃", "耐吃")],
    "P07": [("日期很新鲜", "新鲜"), ("开袋香气扑鼻", "香气扑鼻")],
    "P11": [("又酥又脆", "又酥又脆"), ("软糯不粘牙", "软糯")],
    "V01": [("第二天就送到了", "第二天就送到")],
    "V06": [("店员耐心帮我挑", "耐心"), ("门口阿姨笑着递试吃", "笑着")],
}
WISHES = {"P10": [("能不能出一款少糖的", "少糖")], "P08": [("希望有小袋装", "小袋装")]}
FILLERS = [
    "老顾客了。",
    "给孩子买的，",
    "路过顺手带了两包，",
    "国庆前囤的货。",
    "第三次回购，",
    "送人用，",
    "办公室分着吃，",
    "",
]
SOURCES = ("tmall", "jd", "meituan", "survey")
REGIONS = {"华东": ("杭州", "宁波"), "华南": ("东莞", "佛山"), "西南": ("绵阳", "成都")}
GOODS = ["烘烤腰果", "芒果干", "海苔脆", "蜜枣", "辣味牛肉条", "花生酥", "山楂卷", "鳕鱼丝", "每日坚果", "米饼"]
CATEGORIES = {
    "烘烤腰果": "坚果",
    "每日坚果": "坚果",
    "花生酥": "糕点",
    "米饼": "糕点",
    "芒果干": "果干",
    "蜜枣": "果干",
    "山楂卷": "果干",
}


def months(last: str = MONTH, n: int = 14) -> list[str]:
    year, number = map(int, last.split("-"))
    out = []
    for back in range(n - 1, -1, -1):
        at = year * 12 + number - 1 - back
        out.append(f"{at // 12}-{at % 12 + 1:02d}")
    return out


def build(
    *,
    n_stores: int = 24,
    n_skus: int = 30,
    n_reviews: int = 3000,
    n_months: int = 14,
    seed: int = 7,
    complaints: bool = True,
    safety: bool = True,
    names: Mapping[str, str] | None = None,
    withheld: tuple[tuple[str, str], ...] = (),
) -> ReportData:
    """A whole month. `names` overrides store and SKU names by id, and texts of reviews ('text:3' for the third)."""
    rng = random.Random(seed)
    names = dict(names or {})
    stores, skus = _stores(n_stores, rng, names), _skus(n_skus, names)
    reviews, mentions = _said(rng, stores, skus, n_reviews, complaints, safety, names)
    exposure, facts = _counts(rng, reviews, mentions, n_months, complaints)
    ranking, chain = _rank(mentions, reviews, stores, skus, facts, exposure)
    return ReportData(
        MONTH,
        "松果铺子",
        ISSUES,
        ranking=ranking,
        chain=chain,
        facts=facts,
        exposure=exposure,
        safety=_table("mentions", [m for m in mentions if m["severity"] == "S1" and m["intent"] == "complaint"]),
        mentions=_table("mentions", mentions),
        reviews=_table("reviews", reviews),
        keywords=_keywords(rng, complaints),
        topics=_topics(mentions),
        stores=_table("stores", stores),
        skus=_table("skus", skus),
        ingests=_ingests(n_reviews),
        quarantine_counts={"bad_date": 7, "empty_row": 3},
        withheld=withheld,
        previous=ranking.slice(0, len(ranking) // 2),
        complainers=_complainers(rng, n_months, exposure, reviews, mentions),
        run={"month": MONTH, "code_version": "0.1.0", "counts": {"reviews": n_reviews}},
    )


def nothing() -> ReportData:
    """A month without any data."""
    return ReportData(MONTH, "松果铺子", ISSUES)


def shuffled(data: ReportData, seed: int = 1) -> ReportData:
    """The same rows in another order: tables have none of their own."""
    rng = random.Random(seed)

    def mix(table: pa.Table) -> pa.Table:
        order = list(range(len(table)))
        rng.shuffle(order)
        return table.take(pa.array(order, pa.int64()))

    names = (
        "ranking",
        "chain",
        "facts",
        "exposure",
        "safety",
        "mentions",
        "reviews",
        "keywords",
        "topics",
        "stores",
        "skus",
        "ingests",
    )
    return replace(data, **{n: mix(getattr(data, n)) for n in names})


def _table(name: str, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES[name]) if rows else empty(name)


def _stores(n, rng, names):
    out = []
    for i in range(n):
        region = list(REGIONS)[i % 3]
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


def _skus(n, names):
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
            }
        )
    return out


def _said(rng, stores, skus, n, complaints, safety, names):
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
                "reply": "谢谢惠顾" if rng.random() < 0.3 else None,
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


def _counts(rng, reviews, mentions, n_months, complaints):
    n, cell = Counter(), defaultdict(lambda: [0, 0, 0])
    ok = {r["review_id"] for r in reviews if not r["flags"]}
    flagged, stars = Counter(), defaultdict(float)
    for r in reviews:
        key = (r["source"], r["store_id"], r["sku_id"])
        n[key] += r["review_id"] in ok
        flagged[key] += r["review_id"] not in ok
        stars[key] += r["rating"] if r["review_id"] in ok else 0
    for m in mentions:
        if m["review_id"] in ok:
            c = cell[m["source"], m["store_id"], m["sku_id"], m["aspect"]]
            c[0] += 1
            c[1] += m["intent"] == "complaint"
            c[2] += m["intent"] == "praise"
    exposure, facts = [], []
    for i, month in enumerate(months(n=n_months) if reviews else []):
        last = month == MONTH
        for (source, store, sku), k in sorted(n.items()):
            lost = i == n_months - 6 and source == "jd"
            count = 0 if lost else k if last else max(0, k + rng.choice((-1, 0, 0, 1)))
            if count or (last and flagged[source, store, sku]):
                exposure.append(
                    {
                        "month": month,
                        "source": source,
                        "store_id": store,
                        "sku_id": sku,
                        "n_reviews": count,
                        "n_text": count,
                        "rating_sum": stars[source, store, sku] if last else 4.6 * count,
                        "rating_n": count,
                        "n_default": 0,
                        "n_flagged": flagged[source, store, sku] if last else 0,
                    }
                )
        for (source, store, sku, aspect), (a, b, c) in sorted(cell.items()):
            keep = 1.0 if last else 0.5 + 0.5 * i / n_months
            if not (i == n_months - 6 and source == "jd") and rng.random() < keep:
                facts.append(
                    {
                        "month": month,
                        "source": source,
                        "store_id": store,
                        "sku_id": sku,
                        "issue_kind": "aspect",
                        "issue_code": aspect,
                        "n_mentions": a,
                        "n_complaints": b,
                        "n_praise": c,
                        "polarity_sum": 0.8 * (c - b),
                    }
                )
    return _table("exposure", exposure), _table("facts", facts)


def _rank(mentions, reviews, stores, skus, facts, exposure):
    ok = {r["review_id"] for r in reviews if not r["flags"]}
    n_all = len(ok)
    region, category = {s["store_id"]: s["region"] for s in stores}, {s["sku_id"]: s["category"] for s in skus}

    def keys(row):
        return {
            "store": (row["store_id"],),
            "sku": (row["sku_id"],),
            "store_sku": (row["store_id"], row["sku_id"]),
            "region": (region[row["store_id"]],),
            "source": (row["source"],),
            "category": (category[row["sku_id"]],),
        }

    n, x, said, evidence = Counter(), Counter(), Counter(), defaultdict(list)
    for r in reviews:
        if r["review_id"] in ok:
            for level, key in keys(r).items():
                n[level, key] += 1
    for m in mentions:
        if m["intent"] == "complaint" and m["review_id"] in ok:
            said[m["aspect"]] += 1
            evidence["chain", (), m["aspect"]].append(m["review_id"])
            for level, key in keys(m).items():
                x[level, key, m["aspect"]] += 1
                evidence[level, key, m["aspect"]].append(m["review_id"])
    rows = []
    columns = {
        "store": ("store_id",),
        "sku": ("sku_id",),
        "store_sku": ("store_id", "sku_id"),
        "region": ("region",),
        "source": ("source",),
        "category": ("category",),
    }
    for (level, key, aspect), k in sorted(x.items()):
        e = n[level, key] * said[aspect] / n_all
        a, b = k + 2.0, e + 2.0
        lo, hi = gamma.ppf([0.05, 0.95], a, scale=1 / b)
        p = 1 - gamma.cdf(1.5, a, scale=1 / b)
        gate = "insufficient" if k < 3 or p < 0.85 else "strong" if lo >= 2 else "moderate"
        rows.append(
            {
                "month": MONTH,
                "level": level,
                **dict(zip(columns[level], key, strict=True)),
                "issue_kind": "aspect",
                "aspect": aspect,
                "n": n[level, key],
                "observed": k,
                "expected": e,
                "rr": a / b,
                "rr05": lo,
                "rr95": hi,
                "p_above": p,
                "excess": (a / b - 1) * e,
                "severity": ISSUES[aspect].severity,
                "priority": (a / b - 1) * e * 2,
                "gate": gate,
                "text_only_gate": gate,
                "driver": {"store": "K0003", "sku": "S004"}.get(level) if k % 3 == 0 else None,
                "evidence": sorted(evidence[level, key, aspect])[:5],
            }
        )
    by_level = defaultdict(list)
    for r in rows:
        by_level[r["level"]].append(r)
    for group in by_level.values():
        group.sort(key=lambda r: (r["gate"] == "insufficient", -r["rr"]))
        for i, r in enumerate(group):
            r |= {"rank": i + 1, "rank_lo": max(1, i - 2), "rank_hi": min(len(group), i + 5)}
    total = sum(said.values())
    chain = []
    for i, (aspect, k) in enumerate(sorted(said.items(), key=lambda p: (-p[1], p[0]))):
        p, half = k / n_all, 1.96 * (k / n_all / n_all) ** 0.5
        chain.append(
            {
                "month": MONTH,
                "issue_kind": "aspect",
                "aspect": aspect,
                "severity": ISSUES[aspect].severity,
                "n": n_all,
                "observed": k,
                "rate": p,
                "rate_lo": max(0, p - half),
                "rate_hi": p + half,
                "share": k / total,
                "rank": i + 1,
                "month_ratio": 1.3 if i % 2 else None,
                "month_ratio_lo": 1.1 if i % 2 else None,
                "month_ratio_hi": 1.6 if i % 2 else None,
                "year_ratio": 0.9,
                "year_ratio_lo": 0.7,
                "year_ratio_hi": 1.2,
                "evidence": sorted(evidence["chain", (), aspect])[:5],
            }
        )
    return _table("ranking", [r for level in sorted(by_level) for r in by_level[level]]), _table("chain", chain)


def _keywords(rng, complaints):
    rows = [
        {
            "month": MONTH,
            "scope": "all",
            "scope_id": None,
            "term": t,
            "polarity": p,
            "n_reviews": 90 - 7 * i,
            "score": 9.0 - i,
            "is_new": i == 3,
        }
        for i, (t, p) in enumerate(
            [
                ("酥脆", "positive"),
                ("新鲜", "positive"),
                ("陈油味", "negative"),
                ("小袋装", "positive"),
                ("碎渣", "negative"),
            ]
        )
        if complaints or p == "positive"
    ]
    return _table("keywords", rows)


def _topics(mentions):
    reps = [m["review_id"] for m in mentions if m["aspect"] == "P07" and m["intent"] == "complaint"][:3]
    rows = [
        {
            "topic_id": f"t{i}",
            "month": MONTH,
            "label": label,
            "terms": [{"term": t, "score": 1.0} for t in label.split("_")],
            "size": 60 - 9 * i,
            "parents": [],
            "event": "new" if i == 1 else "kept",
            "representatives": reps,
            "model": "t-1",
        }
        for i, label in enumerate(["陈油_味道_开袋", "赠品_没给_活动", "排队_收银台"])
    ]
    return _table("topics", rows if reps else [])


def _ingests(n):
    rows = [
        {
            "ingest_id": f"i-{s}",
            "file": f"{s}-2026-10.csv",
            "sha256": "0" * 64,
            "source": s,
            "records": n // 4 + 5,
            "new": n // 4,
            "updated": 0,
            "duplicate": 3,
            "unchanged": 0,
            "quarantined": 2,
            "reviews_written": n // 4,
            "naive_times": 0,
            "months": [MONTH],
        }
        for s in SOURCES
    ]
    return _table("ingests", rows)


def _complainers(rng, n_months, exposure, reviews, mentions):
    ok = {r["review_id"]: r["source"] for r in reviews if not r["flags"]}
    n, k = (
        Counter(),
        Counter(ok[r] for r in {m["review_id"] for m in mentions if m["intent"] == "complaint"} if r in ok),
    )
    for month, source, count in zip(*(exposure[c].to_pylist() for c in ("month", "source", "n_reviews")), strict=True):
        n[month, source] += count
    rows = [
        {
            "month": m,
            "source": s,
            "n_reviews": c,
            "n_complaining": k[s] if m == MONTH else int(c * (0.13 + 0.02 * rng.random())),
        }
        for (m, s), c in sorted(n.items())
    ]
    return pa.Table.from_pylist(rows, schema=COMPLAINERS)
