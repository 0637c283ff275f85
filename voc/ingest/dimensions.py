"""stores, skus and orders from files: English or common Chinese titles, or a mapping; rows are updated by their key.
The titles of sales are here as well.

Stores and SKUs may be dated: rows of one id with different `valid_from` are versions of it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from voc.errors import InputError, UnknownName, nearest
from voc.ingest import dates, privacy
from voc.ingest.fields import fulfilment, stripped, without_lost
from voc.ingest.mapping import find, same_name
from voc.ingest.readers import LINE, MESSAGE, OWN, RAW, REASON, UNIT
from voc.ingest.xlsx_worker import LOST
from voc.schemas import QUARANTINE, TABLES, conform
from voc.text.clean import clean

TITLES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "stores": {
            "store_id": ("门店编号", "门店ID", "门店编码", "店铺编号", "店铺ID", "poiId", "shop_id", "shopID", "id"),
            "name": ("门店名称", "店铺名称", "门店", "店名", "store_name", "shop_name", "title"),
            "format": ("业态", "门店类型", "店型"),
            "region": ("区域", "大区", "地区"),
            "city": ("城市", "所在城市"),
            "trade_area": ("商圈", "address"),
            "dealer": ("经销商", "加盟商"),
            "ownership": ("经营方式", "所有权", "直营加盟", "直营/加盟", "性质"),
            "opened": ("开业日期", "开店日期", "开业时间"),
            "closed": ("闭店日期", "关店日期"),
            "valid_from": ("生效日期",),
            "valid_to": ("失效日期",),
        },
        "skus": {
            "sku_id": ("商品编号", "商品编码", "商品ID", "货号", "SKU", "sku", "SKU编码", "product_id"),
            "name": ("商品名称", "名称", "品名", "sku_name", "product_name", "title"),
            "parent_sku": ("父商品", "主商品编号", "SPU", "spu"),
            "category": ("品类", "类目", "分类", "商品分类"),
            "brand": ("品牌",),
            "own": ("自有", "是否自有", "自有/竞品"),
            "supplier": ("供应商",),
            "factory": ("工厂", "生产工厂", "生产厂家"),
            "components": ("组成", "组件", "礼盒组成"),
            "launched": ("上市日期", "上新日期"),
            "changes": ("变更", "配方变更"),
            "valid_from": ("生效日期",),
            "valid_to": ("失效日期",),
        },
        "orders": {
            "order_id": ("订单编号", "订单号", "orderId", "tid"),
            "store_id": ("门店编号", "门店ID"),
            "sku_id": ("商品编号", "商品编码", "SKU"),
            "fulfilment": ("履约方式", "配送方式"),
        },
        "sales": {
            "month": ("月份", "年月", "统计月份", "销售月份", "period", "year_month"),
            "day": (
                "date", "日期", "销售日期", "统计日期", "营业日期", "交易日期", "时间", "sale_date", "order_date",
                "business_date",
            ),
            "store_id": ("门店编号", "门店ID", "门店编码", "店铺编号", "店铺ID", "poiId", "shop_id", "shopID", "store"),
            "sku_id": ("商品编号", "商品编码", "商品ID", "货号", "SKU", "sku", "SKU编码", "product_id", "item_id"),
            "units": (
                "quantity", "qty", "units_sold", "sold", "net_units", "销量", "销售数量", "销售件数", "数量", "件数",
                "售出数量",
            ),
        },
    }
)  # fmt: skip
KEYS = {
    "stores": ("store_id", "valid_from"),
    "skus": ("sku_id", "valid_from"),
    "orders": ("order_id", "store_id", "sku_id"),
}
TAIL_LOST = "its last digits are lost in the workbook"
_OWNERSHIP = {"直营": "direct", "自营": "direct", "加盟": "franchise", "特许": "franchise", "经销": "franchise"}
_YES = frozenset(("1", "yes", "y", "true", "own", "自有", "是", "自营"))
_NO = frozenset(("0", "no", "n", "false", "competitor", "rival", "竞品", "否", "友商"))


@dataclass(frozen=True)
class Plan:
    """Field -> titles that may stand for it. `strict` fields were named by a mapping and must be in the file."""

    target: str
    titles: Mapping[str, tuple[str, ...]]
    strict: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        told = repr(sorted((k, v) for k, v in self.titles.items())) + repr(sorted(self.strict))
        return f"{self.target}:{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def plan(target: str, mapping: Path | None) -> Plan:
    """The titles of a dimension's fields, with those of a mapping's `[columns]` in place of the usual ones.

    Raises UnknownName for a field that the table does not have.
    """
    usual = {field: (field, *more) for field, more in TITLES[target].items()}
    if mapping is None:
        return Plan(target, usual)
    try:
        data = tomllib.loads(Path(mapping).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a readable mapping: {error}", path=mapping) from error
    for key in data:
        if key not in ("name", "columns"):
            raise UnknownName("key", key, ("name", "columns"), where=Path(mapping).name)
    given = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in data.get("columns", {}).items()}
    for field in given:
        if field not in usual:
            raise UnknownName("key", f"columns.{field}", [f"columns.{f}" for f in usual], where=Path(mapping).name)
    return Plan(target, {**usual, **given}, frozenset(given))


def rows(
    batches: Iterable[pa.RecordBatch], plan: Plan, *, path: Path, key: bytes, zone: str, ingest_id: str
) -> tuple[pa.Table, pa.Table, int]:
    """The dimension's rows in the file's order, the rejected ones (schema QUARANTINE), and how many records there were.

    Raises InputError when a column that the table cannot do without is missing.
    """
    schema = TABLES[plan.target]
    parts, rejected, records = [schema.empty_table()], [QUARANTINE.empty_table()], 0
    for batch in batches:
        columns = [name for name in batch.schema.names if name not in OWN]
        found = resolved(plan, columns, path)
        records += len(batch)
        broken = batch.filter(pc.is_valid(batch.column(REASON)))
        cells = [(raw or "").split(UNIT) for raw in broken.column(RAW).to_pylist()]
        rejected.append(aside(broken, broken.column(REASON), broken.column(MESSAGE), cells, columns, ingest_id))
        sound = batch.filter(pc.is_null(batch.column(REASON)))
        table, complaints = _typed(sound, found, schema, key, zone)
        bad = np.asarray([c is not None for c in complaints], bool)
        parts.append(conform(table.filter(pa.array(~bad)), schema))
        wrong = sound.filter(pa.array(bad))
        cells = [[v or "" for v in row] for row in zip(*(wrong.column(c).to_pylist() for c in columns), strict=True)]
        messages = pa.array([c for c in complaints if c is not None], pa.string())
        reasons = ["precision_lost" if TAIL_LOST in c else "bad_value" for c in complaints if c is not None]
        rejected.append(aside(wrong, pa.array(reasons, pa.string()), messages, cells, columns, ingest_id))
    return pa.concat_tables(parts), pa.concat_tables(rejected), records


def aside(
    batch: pa.RecordBatch,
    reasons: pa.Array,
    messages: pa.Array,
    cells: list[list[str]],
    columns: list[str],
    ingest_id: str,
) -> pa.Table:
    table = {
        "ingest_id": pa.array([ingest_id] * len(batch), pa.string()),
        "line": batch.column(LINE),
        "reason": reasons,
        "message": privacy.masked_array(messages, 300),
        "raw": pa.array([privacy.masked_row(row, columns) for row in cells], pa.string()),
    }
    return conform(pa.table(table), QUARANTINE)


def resolved(plan: Plan, columns: Sequence[str], path: Path) -> dict[str, str]:
    """Field -> column of this file. Raises InputError when one that the table cannot do without is missing."""
    found = {field: hit for field, names in plan.titles.items() if (hit := find(names, columns)) is not None}
    needed = {f.name for f in TABLES[plan.target] if not f.nullable and f.name != "own"} | plan.strict
    if "day" in found:  # then it tells the month
        needed -= {"month"}
    for field in sorted(needed - set(found)):
        alike = {same_name(c): c for c in columns}
        guess = next((alike[g] for n in plan.titles[field] if (g := nearest(same_name(n), alike))), None)
        hint = f" The nearest is {guess!r}." if guess else ""
        names = " or ".join(map(repr, plan.titles[field]))
        raise InputError(
            f"no column for {field!r}: {names} is needed, the file has {', '.join(map(repr, columns))}.{hint}",
            path=path,
        )
    return found


def _typed(
    batch: pa.RecordBatch, found: Mapping[str, str], schema: pa.Schema, key: bytes, zone: str
) -> tuple[pa.Table, list[str | None]]:
    """The batch with the table's columns, and for each row what is wrong with it."""
    complaints: list[str | None] = [None] * len(batch)
    out = {}
    for field in schema:
        written = (
            stripped(batch.column(found[field.name])) if field.name in found else pa.nulls(len(batch), pa.string())
        )
        if pa.types.is_date(field.type):
            moments = dates.parse(written, zone=zone).at.cast(pa.timestamp("us", tz=zone))
            values = pc.local_timestamp(moments).cast(pa.date32(), safe=False)
            wrong, wanted = pc.and_(pc.is_valid(written), pc.is_null(values)), "a date"
        elif field.name == "own":
            values = pa.array([_own(v) for v in written.to_pylist()], pa.bool_())
            wrong, wanted = pc.is_null(values), "yes or no, 1 or 0, own or competitor"
        elif pa.types.is_nested(field.type):
            split = _components if field.name == "components" else _changes
            values = pa.array([None if v is None else split(v) for v in written.to_pylist()], field.type)
            wrong, wanted = pa.array([False] * len(batch)), ""
        else:
            values = text_of(field.name, written, key)
            wrong, wanted = (
                (pc.is_null(values), "a value") if not field.nullable else (pa.array([False] * len(batch)), "")
            )
            lost = lost_tails(field.name, written)
            for i in np.flatnonzero(lost):
                complaints[i] = f"{field.name} is a number of more than 15 digits; {TAIL_LOST}"
        for i in np.flatnonzero(np.asarray(wrong, bool)):
            complaints[i] = f"{field.name} is {written[i].as_py()!r}; {wanted} is wanted"
        out[field.name] = values
    return pa.table(out), complaints


def lost_tails(field: str, values: pa.Array) -> NDArray[np.bool_]:
    """Which ids are numbers whose last digits a workbook has lost."""
    if not _is_id(field):
        return np.zeros(len(values), bool)
    return np.asarray(pc.fill_null(pc.starts_with(values, LOST), False), bool)


def _is_id(field: str) -> bool:
    return field.endswith("_id") or field == "parent_sku"


def text_of(field: str, values: pa.Array, key: bytes) -> pa.Array:
    """The values of a field of text as they are kept."""
    values = without_lost(values)
    if _is_id(field):
        return privacy.safe_ids(values, key)
    if field == "fulfilment":
        return pc.coalesce(fulfilment(values), values)
    told = [None if v is None else clean(v)[: privacy.MAX_VALUE] for v in values.to_pylist()]
    if field == "ownership":
        told = [v and next((code for word, code in _OWNERSHIP.items() if word in v), v.lower()) for v in told]
    return pa.array(told, pa.string())


def _components(value: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;；|]", value) if part.strip()]


def _changes(value: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in re.split(r"[;；]", value) if part.strip())
    return [(when.strip(), what.strip()) for when, _, what in pairs]


def _own(value: str | None) -> bool | None:
    """None for a word that says neither. An empty cell means an own product: lists without rivals have no such column."""
    if value is None or value.lower() in _YES:
        return True
    return False if value.lower() in _NO else None


def upsert(old: pa.Table, fresh: pa.Table, target: str) -> tuple[pa.Table, dict[str, int]]:
    """`old` with the rows of `fresh` by key, the last of a key standing, and counts new, updated, duplicate, unchanged."""
    keys = _keys(fresh, target).dictionary_encode()
    last = np.zeros(len(keys.dictionary), np.int64)
    last[keys.indices.to_numpy()] = np.arange(len(fresh))
    latest = fresh.take(pa.array(np.sort(last)))
    at = pc.index_in(_keys(latest, target), value_set=_keys(old, target))
    known = np.asarray(pc.is_valid(at), bool)
    same = np.zeros(len(latest), bool)
    same[known] = _equal(old.take(at.drop_null()), latest.filter(pa.array(known)))
    counts = {
        "new": int((~known).sum()),
        "updated": int((known & ~same).sum()),
        "duplicate": len(fresh) - len(latest),
        "unchanged": int(same.sum()),
    }
    replaced = np.zeros(len(old), bool)
    replaced[at.drop_null().to_numpy()] = True
    table = pa.concat_tables([old.filter(pa.array(~replaced)), latest.select(old.column_names)])
    return conform(table, TABLES[target]), counts


def _keys(rows: pa.Table, target: str) -> pa.Array:
    columns = [pc.fill_null(rows[name].cast(pa.string()), "") for name in KEYS[target]]
    found = pc.binary_join_element_wise(*columns, UNIT)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _equal(before: pa.Table, after: pa.Table) -> NDArray[np.bool_]:
    """Which rows of two tables of one length are equal in every column."""
    same = np.ones(len(before), bool)
    for name in before.column_names:
        left, right = before[name], after[name]
        if pa.types.is_nested(left.type):
            same &= np.fromiter(map(eq, left.to_pylist(), right.to_pylist()), bool, len(before))
        else:
            equal = pc.fill_null(pc.equal(left, right), False)
            same &= np.asarray(pc.or_(equal, pc.and_(pc.is_null(left), pc.is_null(right))), bool)
    return same
