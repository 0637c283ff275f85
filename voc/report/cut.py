"""Packs: a report for one store, region, dealer or supplier holds nothing of the others, except anonymous bands of peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from voc.errors import UnknownName, WrongUse
from voc.report import dims
from voc.report.book import SUMS, total
from voc.report.data import ReportData
from voc.report.names import Names
from voc.report.topic_map import labels_only
from voc.schemas import COMPLAINERS, RANKING, empty

_RUN_KEYS = ("code", "models", "month", "taxonomy")  # nothing of other stores, of files or of the configuration


@dataclass(frozen=True)
class Pack:
    """Whose report it is: at most one of these is given, and with none it is everybody's.

    A store, region or dealer sees its stores. A supplier sees its SKUs, without the stores that sold them.
    """

    store: str | None = None
    region: str | None = None
    dealer: str | None = None
    supplier: str | None = None

    def __post_init__(self) -> None:
        given = [f.name for f in fields(self) if getattr(self, f.name) is not None]
        if len(given) > 1:
            raise WrongUse(f"a pack is for one of them, not for {' and '.join(f'--{g}' for g in given)} together")

    @property
    def kind(self) -> str | None:
        """'store', 'region', 'dealer', 'supplier', or None for the whole."""
        return next((f.name for f in fields(self) if getattr(self, f.name) is not None), None)

    @property
    def key(self) -> str:
        return str(getattr(self, self.kind)) if self.kind else ""


WHOLE = Pack()


def cut(data: ReportData, pack: Pack) -> ReportData:
    """`data` as the reader of `pack` may see it; unchanged for the whole.

    Raises UnknownName for a store, region, dealer or supplier that the data does not have.
    """
    if pack.kind is None:
        return data
    stores, skus = dims.stores(data), dims.skus(data)
    if pack.supplier is not None:
        return _of_supplier(data, pack.supplier, stores, skus)
    if pack.store is not None and pack.store not in stores:
        raise UnknownName("store", pack.store, stores)
    for kind in ("region", "dealer"):
        known = {v for s in stores.values() if (v := getattr(s, kind))}
        if (wanted := getattr(pack, kind)) is not None and wanted not in known:
            raise UnknownName(kind, wanted, sorted(known))
    mine = {
        s
        for s, e in stores.items()
        if (pack.store in (None, s)) and (pack.region in (None, e.region)) and (pack.dealer in (None, e.dealer))
    }
    ids = pa.array(sorted(mine), pa.string())

    def of(table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["store_id"], ids))

    ranking = of(data.ranking)
    if pack.region is not None:
        whole = data.ranking.filter(
            pc.and_(pc.equal(data.ranking["level"], "region"), pc.equal(data.ranking["region"], pack.region))
        )
        ranking = pa.concat_tables([ranking, whole])
    exposure, mentions, safety = of(data.exposure), of(data.mentions), of(data.safety)
    used = {v for t in (exposure, mentions, safety) for v in t["sku_id"].unique().to_pylist() if v is not None}
    own = data.skus.filter(pc.is_in(data.skus["sku_id"], pa.array(sorted(used), pa.string())))
    if pack.region is None:  # who makes it is not the business of a store or dealer
        own = _blank(own, "supplier", "factory")
    hidden = Names(
        [n for s, e in stores.items() if s not in mine for n in (*dims.aliases(e), e.dealer or "")],
        [n for s in sorted(mine) for n in (*dims.aliases(stores[s]), stores[s].dealer or "")],
    )
    keywords = data.keywords.filter(
        pc.and_(pc.equal(data.keywords["scope"], "store"), pc.is_in(data.keywords["scope_id"], ids))
    )
    return replace(
        _common(data),
        ranking=ranking,
        **_topics(data, hidden, ranking, mentions),
        safety=safety,
        facts=of(data.facts),
        exposure=exposure,
        mentions=mentions,
        reviews=_hide(hidden, of(data.reviews), "text"),
        keywords=_without(hidden, keywords, "term"),
        stores=of(data.stores),
        skus=own,
        wording=_without(hidden, of(data.wording), "term"),
        actions=_hide(hidden, of(data.actions), "note"),
        safety_states=_hide(hidden, of(data.safety_states), "note"),
        verdicts=of(data.verdicts),
        previous=None if data.previous is None else of(data.previous),
    )


def _of_supplier(
    data: ReportData, supplier: str, stores: Mapping[str, dims.Store], skus: Mapping[str, dims.Sku]
) -> ReportData:
    """The SKUs of one supplier. Stores, orders and members are taken out of every row: a supplier does not see them."""
    known = sorted({s.supplier for s in skus.values() if s.supplier})
    if supplier not in known:
        raise UnknownName("supplier", supplier, known)
    mine = {k for k, s in skus.items() if s.supplier == supplier}
    ids = pa.array(sorted(mine), pa.string())

    def of(table: pa.Table) -> pa.Table:
        return _blank(table.filter(pc.is_in(table["sku_id"], ids)), "store_id")

    def cells(table: pa.Table) -> pa.Table:
        kept = table.filter(pc.equal(table["level"], "sku"))
        return _blank(kept.filter(pc.is_in(kept["sku_id"], ids)), "driver").select(RANKING.names)

    def alone(table: pa.Table) -> pa.Table:
        return of(table.filter(pc.is_null(table["store_id"])))

    others = [n for s in stores.values() for n in (*dims.aliases(s), s.dealer or "")]
    hidden = Names([*others, *(s for s in known if s != supplier)], [supplier])
    keywords = data.keywords.filter(
        pc.and_(pc.equal(data.keywords["scope"], "sku"), pc.is_in(data.keywords["scope_id"], ids))
    )
    return replace(
        _common(data),
        ranking=cells(data.ranking),
        **_topics(data, hidden, cells(data.ranking), of(data.mentions)),
        safety=of(data.safety),
        facts=of(data.facts),
        exposure=_summed(of(data.exposure)),
        mentions=of(data.mentions),
        reviews=_hide(hidden, _blank(of(data.reviews), "order_id", "member_id", "attributes"), "text"),
        keywords=_without(hidden, keywords, "term"),
        stores=empty("stores"),
        skus=data.skus.filter(pc.is_in(data.skus["sku_id"], ids)),
        wording=_without(hidden, alone(data.wording), "term"),
        actions=_blank(alone(data.actions), "note"),  # what colleagues wrote for each other
        safety_states=_blank(of(data.safety_states), "who", "note"),
        verdicts=alone(data.verdicts),
        previous=None if data.previous is None else cells(data.previous),
    )


def _common(data: ReportData) -> ReportData:
    """`data` without the tables that only the whole chain has."""
    return replace(
        data,
        chain=empty("chain"),
        review_scores=empty("review_scores"),
        topics=empty("topics"),
        mention_topics=empty("mention_topics"),
        ingests=empty("ingests"),
        quarantine_counts={},
        complainers=COMPLAINERS.empty_table(),
        power=empty("power"),
        prevalence=empty("prevalence"),
        impact=empty("impact"),
        tags=empty("tags"),
        published=empty("published"),
        run={k: data.run[k] for k in _RUN_KEYS if k in data.run},
    )


def _topics(data: ReportData, hidden: Names, ranking: pa.Table, mentions: pa.Table) -> dict[str, pa.Table]:
    """The names of the topics that `ranking` has rows of, and which of `mentions` belong to them."""
    topics = _hide(hidden, labels_only(data.topics, ranking), "label")
    own = data.mention_topics.filter(
        pc.and_(
            pc.is_in(data.mention_topics["mention_id"], value_set=mentions["mention_id"].combine_chunks()),
            pc.is_in(data.mention_topics["topic_id"], value_set=topics["topic_id"].combine_chunks()),
        )
    )
    return {"topics": topics, "mention_topics": own}


def _blank(table: pa.Table, *columns: str) -> pa.Table:
    """`table` with nulls in `columns`."""
    for name in columns:
        at = table.schema.get_field_index(name)
        field = table.schema.field(at)
        table = table.set_column(at, field, pa.nulls(len(table), field.type))
    return table


def _summed(exposure: pa.Table) -> pa.Table:
    """Exposure without stores, added up, so that the number of its rows tells nothing of them."""
    return total(exposure, ["month", "source", "store_id", "sku_id"], SUMS).cast(exposure.schema)


def _hide(names: Names, table: pa.Table, column: str) -> pa.Table:
    """Each name becomes as many ＊ as it has code points, so that spans keep their place."""
    texts: list[Any] = table[column].to_pylist()
    for i, text in enumerate(texts):
        for a, b in names.spans(text or ""):
            texts[i] = texts[i][:a] + "＊" * (b - a) + texts[i][b:]
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), pa.array(texts, pa.string()))


def _without(names: Names, table: pa.Table, column: str) -> pa.Table:
    """Only the rows whose `column` names nobody."""
    return table.filter(pa.array([not names.spans(t) for t in table[column].to_pylist()], pa.bool_()))
