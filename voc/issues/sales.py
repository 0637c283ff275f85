"""Sales as exposure: complaints out of what was sold, where the user says how much that was.

Who asks for reviews gets more of them, and looks better for it: ten complaints are many out of a hundred parcels and few
out of a thousand, however many reviews came in. So where units sold are known, they stand in the place of reviews in every
expectation. What is shown as `n` remains the number of reviews, and so do the chain's own rates.
"""

from __future__ import annotations

import logging

import duckdb
import pyarrow as pa

from voc.schemas import EXPOSURE

log = logging.getLogger(__name__)

COVERED = 0.8
"""Share of a month's reviews whose store and SKU must have sales, for the month to be counted in units."""

SEEN = "n_seen"
"""The column that keeps the reviews beside the units."""

_QUERY = """
    with sold as (
        select month, store_id, sku_id, sum(units) as units from sales where units > 0 group by month, store_id, sku_id
    ), e as (
        select *, sum(n_reviews) over (partition by month, store_id, sku_id) as n_pair,
               count(*) over (partition by month, store_id, sku_id) as sources
        from exposure
    ), joined as (
        select e.*, s.units from e left join sold s using (month, store_id, sku_id)
    ), months as (
        select month, sum(n_reviews) filter (where units is not null) / sum(n_reviews) as covered,
               sum(units / sources) filter (where n_pair > 0) / sum(n_reviews) filter (where units is not null) as a_review
        from joined where store_id is not null and sku_id is not null
        group by month having sum(n_reviews) > 0
    ), kept as (
        select j.* exclude (units, n_pair, sources),
               cast(case when coalesce(m.covered, 0) < $covered or n_reviews = 0 then n_reviews
                    when units is null then greatest(round(n_reviews * m.a_review), 1)
                    else greatest(round(units * n_reviews / n_pair), 1) end as bigint) as n_sold
        from joined j left join months m using (month)
    ), heard as (
        select month, store_id, source, sum(n_reviews) as n from exposure where n_reviews > 0
        group by month, store_id, source
    ), mix as (
        select month, store_id, source, n / sum(n) over (partition by month, store_id) as share from heard
    ), silent as (
        select s.month, mix.source, s.store_id, s.sku_id, cast(round(s.units * mix.share) as bigint) as n_sold
        from sold s
        join months m on m.month = s.month and m.covered >= $covered
        join mix on mix.month = s.month and mix.store_id = s.store_id
        where not exists (
            select 1 from exposure e
            where e.month = s.month and e.store_id = s.store_id and e.sku_id = s.sku_id and e.n_reviews > 0)
    )
    select month, source, store_id, sku_id, n_sold as n_reviews, n_text, rating_sum, rating_n, n_default, n_flagged,
           n_reviews as n_seen
    from kept
    union all
    select month, source, store_id, sku_id, n_sold, 0, 0.0, 0, 0, 0, 0 from silent where n_sold > 0
    order by month, source, store_id nulls last, sku_id nulls last
"""


def sold(exposure: pa.Table, sales: pa.Table | None) -> pa.Table:
    """`exposure` with units sold in the place of `n_reviews`, and the reviews as `n_seen`.

    Units of a store and SKU are spread over sources as its reviews are. What was sold and never spoken of is exposure too,
    spread as the store's reviews are. Reviews without sales count as so many units as a review stands for elsewhere in the
    month. A month in which less than `COVERED` of the reviews have sales stays with its reviews.
    """
    if sales is None or not len(sales):
        return exposure.append_column(SEEN, exposure["n_reviews"])
    with duckdb.connect(":memory:") as db:
        db.register("exposure", exposure)
        db.register("sales", sales.select(["month", "store_id", "sku_id", "units"]))
        found: pa.Table = db.sql(_QUERY, params={"covered": COVERED}).to_arrow_table()
    schema = pa.schema([*EXPOSURE, pa.field(SEEN, pa.int64())])
    return pa.Table.from_arrays([found[f.name].cast(f.type) for f in schema], schema=schema)
