"""What is planted, and what is therefore true: truth.json and truth_labels.parquet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from voc.corpora.sample.chain import DULL, MISSING, MONTHS, NO_SKU, NO_STORE, OWN, SOURCES, STORES, Array, Chain
from voc.corpora.sample.reviews import Review
from voc.corpora.sample.risks import FEWEST, TRUE_ABOVE, MonthRisk, Plant
from voc.corpora.sample.rows import clock

LEVELS = ("sku", "store", "store_sku")
LABELS = pa.schema(
    [
        ("source", pa.string()), ("native_id", pa.string()), ("created_at", pa.timestamp("us", tz="UTC")),
        ("month", pa.string()), ("store_id", pa.string()), ("sku_id", pa.string()), ("kind", pa.string()),
        ("lang", pa.string()), ("complaints", pa.list_(pa.string())), ("praise", pa.list_(pa.string())),
        ("safety", pa.string()), ("stars", pa.float32()), ("text", pa.string()), ("followup", pa.string()),
    ]
)  # fmt: skip


def cells(chain: Chain, risk: MonthRisk, codes: tuple[str, ...], month: str) -> list[dict[str, Any]]:
    """The true cells of a month, sorted by level, ids and aspect."""
    out: list[dict[str, Any]] = []
    tables = {
        "sku": (risk.sku[:OWN], risk.n_sku[:OWN], risk.complaints_sku),
        "store": (risk.store[:STORES], risk.n_store[:STORES], risk.complaints_store),
        "store_sku": (risk.store_sku, risk.n_pair, risk.complaints_pair),
    }
    for level, (value, n, complaints) in tables.items():
        for unit, code in np.argwhere((value > TRUE_ABOVE) & (n >= FEWEST)[:, None]).tolist():
            store, sku = (None, unit) if level == "sku" else (unit, None)
            if level == "store_sku":
                store, sku = (int(i) for i in risk.pair[unit])
            out.append(
                {
                    "level": level, "store_id": _store_id(chain, store), "sku_id": _sku_id(chain, sku),
                    "aspect": codes[code], "month": month, "relative_risk": round(float(value[unit, code]), 3),
                    "expected_complaints": round(float(complaints[unit, code]), 2), "n": int(n[unit]),
                }
            )  # fmt: skip
    return sorted(out, key=lambda c: (c["level"], c["store_id"] or "", c["sku_id"] or "", c["aspect"]))


def issue(
    chain: Chain, plant: Plant, risks: Sequence[MonthRisk], p: Sequence[Array], codes: tuple[str, ...]
) -> dict[str, Any]:
    """A planted issue; relative_risk and expected_complaints are those of its last active month."""
    code = codes.index(plant.aspect)
    months = range(plant.first, plant.last + 1)
    by_month = {MONTHS[m]: round(_expected(plant, risks[m], p[m], code), 2) for m in months}
    own = plant.level in LEVELS
    out: dict[str, Any] = {
        "id": plant.id, "level": plant.level,
        "store_id": _store_id(chain, plant.stores[0]) if own and plant.stores else None,
        "sku_id": _sku_id(chain, plant.skus[0]) if own and plant.skus else None,
        "aspect": plant.aspect, "from_month": MONTHS[plant.first], "to_month": MONTHS[plant.last],
        "relative_risk": round(_risk(plant, risks[plant.last], code), 3) if own else plant.factor, "factor": plant.factor,
        "expected_complaints": by_month[MONTHS[plant.last]], "expected_by_month": by_month,
    }  # fmt: skip
    if plant.level == "lot":
        out |= {
            "lot": chain.lot, "sku_ids": sorted(chain.own[i].sku_id for i in chain.lot_skus),
            "regions": list(chain.lot_regions), "factory": chain.own[chain.lot_skus[0]].factory,
        }  # fmt: skip
    if plant.skus == (chain.parts["gift"],):
        # A complaint that names the component may be counted there, so that either cell answers the issue.
        component = chain.own[plant.skus[0]].components.split(";")[0]
        out |= {"component_id": component, "accept": [{"level": "sku", "store_id": None, "sku_id": component}]}
    return out


def _unit(plant: Plant, risk: MonthRisk) -> int | None:
    if plant.level == "store_sku":
        assert plant.stores is not None and plant.skus is not None
        at = np.flatnonzero((risk.pair == (plant.stores[0], plant.skus[0])).all(axis=1))
        return int(at[0]) if len(at) else None
    chosen: tuple[int, ...] | None = plant.skus if plant.level == "sku" else plant.stores
    assert chosen is not None
    return chosen[0]


def _risk(plant: Plant, risk: MonthRisk, code: int) -> float:
    unit = _unit(plant, risk)
    return 0.0 if unit is None else float(getattr(risk, plant.level)[unit, code])


def _expected(plant: Plant, risk: MonthRisk, p: Array, code: int) -> float:
    if plant.level == "chain":
        return float(p[:, code].sum())
    if plant.level == "lot":
        assert plant.stores is not None and plant.skus is not None
        inside = np.isin(risk.pair[:, 0], plant.stores) & np.isin(risk.pair[:, 1], plant.skus)
        return float(risk.complaints_pair[inside, code].sum())
    unit = _unit(plant, risk)
    table = {"sku": risk.complaints_sku, "store": risk.complaints_store, "store_sku": risk.complaints_pair}[plant.level]
    return 0.0 if unit is None else float(table[unit, code])


def component_cells(chain: Chain, plants: list[Plant], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells that are true if complaints of the gift box that name its stale component are counted at the component."""
    out = []
    for plant in plants:
        if plant.skus == (chain.parts["gift"],) and plant.level == "sku":
            component = chain.own[plant.skus[0]].components.split(";")[0]
            known = {(c["sku_id"], c["aspect"], c["month"]) for c in found if c["level"] == "sku"}
            for m in range(plant.first, plant.last + 1):
                if (component, plant.aspect, MONTHS[m]) not in known:
                    out.append(
                        {
                            "level": "sku", "store_id": None, "sku_id": component, "aspect": plant.aspect,
                            "month": MONTHS[m], "relative_risk": None, "expected_complaints": None, "n": None,
                            "note": "if complaints of the gift box are counted at the component that they name",
                        }
                    )  # fmt: skip
    return out


def key(review: Review, native: str) -> dict[str, str]:
    """What finds a review again: source and native id where there is one, else source and time of creation."""
    created = clock(review.month, review.second).isoformat()
    return {"source": SOURCES[review.source], "native_id": native, "created_at": created}


def story_facts(chain: Chain, reviews: Sequence[Review], native: Sequence[str], plants: list[Plant]) -> dict[str, Any]:
    """Everything of truth.json that is not a cell."""
    stores, parts = chain.stores, chain.parts
    cases: list[dict[str, Any]] = []
    told: list[str] = []
    staff: list[str] = []
    for review, id_ in zip(reviews, native, strict=True):
        if review.safety:
            cases.append(
                key(review, id_)
                | {
                    "true": review.safety == "true", "kind": "first_hand" if review.safety == "true" else review.safety,
                    "aspect": review.bad[0] if review.bad else None, "text": review.text, "month": MONTHS[review.month],
                    "store_id": _store_id(chain, review.seen_store), "sku_id": _sku_id(chain, review.seen_sku),
                }
            )  # fmt: skip
        for secret in review.told:
            (told if secret.isdigit() else staff).append(secret)
    hostile = [r for r in reviews if r.kind == "hostile"]
    return {
        "safety_cases": cases,
        "dull_month": DULL,
        "missing_sources": MISSING,
        "festivals": {"codes": ["V01", "V03"], "months": ["2025-10", "2025-11", "2026-02", "2026-10"]},
        "launch": {"sku_id": chain.own[parts["launch"]].sku_id, "launched": chain.own[parts["launch"]].launched},
        "begging_store": {"store_id": stores[parts["begging_store"]].store_id, "from_month": "2026-08", "source": "meituan"},
        "five_review_store": {"store_id": stores[parts["five_review_store"]].store_id, "complaints": 2, "aspect": "V06"},
        "good_franchise_store": stores[parts["good_franchise"]].store_id,
        "closed_store": stores[parts["closed_store"]].store_id,
        "hostile_burst": {
            "sku_id": chain.own[parts["hostile_sku"]].sku_id, "rows": len(hostile), "codes": ["P15"],
            "days": sorted({clock(r.month, r.second).date().isoformat() for r in hostile}),
        },
        "rival_skus": [s.sku_id for s in chain.rivals],
        "lot": chain.lot,
        "fixes": [
            {
                "issue": p.id, "level": p.level, "store_id": _store_id(chain, p.stores[0]) if p.stores else None,
                "sku_id": _sku_id(chain, p.skus[0]) if p.skus else None, "aspect": p.aspect, "fixed_on": p.fixed,
                "outcome": p.outcome,
            }
            for p in plants if p.fixed
        ],
        "phones": sorted(set(told)),
        "staff": sorted(set(staff)),
    }  # fmt: skip


def safety_issues(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The true safety cases as planted issues of level 'safety'."""
    return [
        {
            "id": f"safety-{i + 1}", "level": "safety", "store_id": c["store_id"], "sku_id": c["sku_id"],
            "aspect": c["aspect"], "from_month": c["month"], "to_month": c["month"], "relative_risk": None,
            "expected_complaints": 1.0, "review": {k: c[k] for k in ("source", "native_id", "created_at")},
        }
        for i, c in enumerate([c for c in cases if c["true"]])
    ]  # fmt: skip


def labels(chain: Chain, reviews: Sequence[Review], native: Sequence[str]) -> pa.Table:
    """One row per review, exposure or not; (source, created_at to the second) is unique."""
    rows = []
    for r, id_ in zip(reviews, native, strict=True):
        rival = r.kind == "rival"
        rows.append(
            (
                SOURCES[r.source], id_, clock(r.month, r.second).astimezone(dt.UTC), MONTHS[r.month],
                _store_id(chain, r.seen_store), chain.skus[r.sku].sku_id if rival else _sku_id(chain, r.seen_sku), r.kind,
                r.lang, sorted(r.bad), sorted(r.good), r.safety, r.stars,
                r.text if not r.second_answer else f"{r.text}\n{r.second_answer}", r.follow,
            )
        )  # fmt: skip
    columns = list(zip(*rows, strict=True))
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, LABELS, strict=True)], schema=LABELS)


def _store_id(chain: Chain, at: int | None) -> str | None:
    return None if at is None or at == NO_STORE else chain.stores[at].store_id


def _sku_id(chain: Chain, at: int | None) -> str | None:
    return None if at is None or at == NO_SKU else chain.skus[at].sku_id
