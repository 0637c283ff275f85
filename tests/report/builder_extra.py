"""Keywords, topics, the ledger, and the tables that follow from a ranking."""

from collections import Counter
from datetime import UTC, date, datetime

import pyarrow as pa
from builder_said import table
from builder_words import MONTH, SOURCES

from voc.schemas import COMPLAINERS


def keywords(rng, complaints):
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
    return table("keywords", rows)


def topics(mentions):
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
    return table("topics", rows if reps else [])


def safety_states(harm):
    """The oldest case was verified, the next excluded, and one was answered that is no longer there."""
    rows = sorted(harm, key=lambda m: (m["created_at"], m["mention_id"]))[:2]
    answers = [
        ("verified", "张工", date(2026, 11, 3), "留样复检不合格"),
        ("excluded", "李工", date(2026, 11, 4), "顾客看错"),
    ]
    keys = ("mention_id", "review_id", "aspect", "store_id", "sku_id")
    out = [
        {**{k: m[k] for k in keys}, "opened": MONTH, "state": s, "who": w, "decided_on": d, "note": n}
        for m, (s, w, d, n) in zip(rows, answers, strict=False)
    ]
    lost = {"mention_id": "jd:lost#0", "review_id": "jd:lost", "state": "verified", "note": "找到了那一箱"}
    return table("safety_states", [*out, {**out[0], **lost}] if out else [])


def ingests(n):
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
    return table("ingests", rows)


def complainers(rng, n_months, exposure, reviews, mentions):
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


def after_ranking(ranking, chain):
    """The tables that follow from a ranking, none for a month that has none: name -> table."""
    levels = ("store", "sku", "store_sku", "region", "category")
    gated = [r for r in ranking.to_pylist() if r["gate"] != "insufficient" and r["level"] in levels]
    wide = chain.to_pylist()[:2]
    if not gated:
        return {}
    actions = [_action(i, r) for i, r in enumerate([*gated, *({**r, "level": "chain"} for r in wide)])]
    rows = {
        "actions": actions,
        "power": [
            {
                "month": MONTH, "level": level, "copy": copy, "n_lo": low, "n_hi": high, "n_median": 1.6 * (low or 0),
                "units": 9, "rise": rise, "copies": 12, "planted": 50, "found": found, "power": found / 50,
                "power_lo": max(0.0, found / 50 - 0.1), "power_hi": min(1.0, found / 50 + 0.1),
            }
            for level in ("store", "sku")
            for copy, low, high, rise, found in (
                ("null", None, None, None, 0), ("planted", 30, 100, 0.05, 21), ("planted", 30, 100, 0.1, 44),
                ("planted", 100, 300, 0.05, 47),
            )
        ],
        "prevalence": [
            {
                "month": MONTH, "aspect": r["aspect"], "n": r["n"], "observed": r["observed"], "rate": r["rate"],
                "labelled_mentions": 40, "labelled_reviews": 60, "precision": 0.9, "precision_lo": 0.77,
                "precision_hi": 0.96, "sensitivity": 0.8, "sensitivity_lo": 0.6, "sensitivity_hi": 0.9,
                "corrected": r["rate"] * 1.1, "corrected_lo": r["rate"] * 0.8, "corrected_hi": r["rate"] * 1.5,
                "state": "corrected",
            }
            for r in wide
        ],
        "impact": [
            {
                "month": MONTH, "aspect": r["aspect"], "n": r["n"], "observed": r["observed"], "effect": -1.3,
                "effect_lo": -1.6, "effect_hi": -1.0, "pull": -0.021, "pull_lo": -0.03, "pull_hi": -0.012, "share": 0.11,
            }
            for r in wide
        ],
        "wording": [
            {
                "month": MONTH, "contrast": "place", "level": r["level"],
                **{c: r[c] for c in ("store_id", "sku_id", "region", "category")}, "aspect": r["aspect"], "term": "陈油味",
                "n": 4, "n_said": 9, "rest": 2, "rest_said": 80, "log_odds": 2.2, "z": 3.1,
            }
            for r in gated
        ],
        "verdicts": [
            {
                "month": MONTH, "fix_id": f"fix-{i}", "aspect": r["aspect"], "store_id": r["store_id"],
                "sku_id": r["sku_id"], "fixed_on": date(2026, 8, 3 + i), "before": 20, "before_n": 210, "after": 9,
                "after_n": 190, "rest_before": 90, "rest_before_n": 3000, "rest_after": 95, "rest_after_n": 2900,
                "ratio": None if i == 2 else 0.5 + i, "ratio_lo": None if i == 2 else 0.3 + i,
                "ratio_hi": None if i == 2 else 0.8 + i, "verdict": ("better", "worse", "cannot_tell")[i],
                "reason": "too_early" if i == 2 else None,
            }
            for i, r in enumerate([r for r in gated if r["store_id"] or r["sku_id"]][:3])
        ],
        "tags": [
            {
                "month": MONTH, "member_id": f"m{i}", "kind": kind, "aspect": "P10", "n": 2, "against": 0,
                "last_said": datetime(2026, 10, 2, tzinfo=UTC), "evidence": [],
            }
            for kind in ("likes", "wishes")
            for i in range(7)
        ],
    }  # fmt: skip
    return {name: table(name, found) for name, found in rows.items()}


def _action(i, row):
    places = {c: row.get(c) for c in ("store_id", "sku_id", "region", "category", "lot")}
    return {
        "action_id": f"{i:012x}", "opened": MONTH, "last_seen": MONTH, "level": row["level"], **places,
        "issue_kind": "aspect", "aspect": row["aspect"], "owner": "quality", "due": date(2026, 11, 14),
        "status": ("open", "done", "contested")[i % 3], "observed": row["observed"], "expected": row.get("expected"),
        "priority": row.get("priority"), "fixed_on": date(2026, 11, 2) if i % 3 == 1 else None,
        "note": "=1+1" if i % 3 == 2 else None, "evidence": [],
    }  # fmt: skip
