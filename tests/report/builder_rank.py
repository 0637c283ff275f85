"""Counts over the months, and statistics that only look right."""

from collections import Counter, defaultdict

from builder_said import table
from builder_words import ISSUES, MONTH
from scipy.stats import gamma

CHANGES = ("new", "rising", "falling", "gone", "chronic", "seasonal", "steady", "too_short", "withheld")


def months(last: str = MONTH, n: int = 14) -> list[str]:
    year, number = map(int, last.split("-"))
    out = []
    for back in range(n - 1, -1, -1):
        at = year * 12 + number - 1 - back
        out.append(f"{at // 12}-{at % 12 + 1:02d}")
    return out


def counts(rng, reviews, mentions, n_months, complaints):
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
    return table("exposure", exposure), table("facts", facts)


def rank(mentions, reviews, stores, skus, facts, exposure):
    ok = {r["review_id"] for r in reviews if not r["flags"]}
    n_all = len(ok)
    region, category = {s["store_id"]: s["region"] for s in stores}, {s["sku_id"]: s["category"] for s in skus}
    parent = {s["sku_id"]: s["parent_sku"] for s in skus}

    def keys(row):
        return {
            "store": (row["store_id"],),
            "sku": (row["sku_id"],),
            "store_sku": (row["store_id"], row["sku_id"]),
            "region": (region[row["store_id"]],),
            "source": (row["source"],),
            "category": (category[row["sku_id"]],),
            "parent_sku": (parent[row["sku_id"]],),
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
        "parent_sku": ("parent_sku",),
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
                "change": CHANGES[len(rows) % len(CHANGES)],
                "change_rr": 2.1,
                "change_lo": 1.3,
                "change_hi": 3.4,
                "peers": ["format=街边店"] if level == "store" else None,
                "peer_stores": 11 if level == "store" else None,
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
    return table("ranking", [r for level in sorted(by_level) for r in by_level[level]]), table("chain", chain)
