"""Reviews copied from Taobao's pages: `2025年2月5日 · variant` in one column, later words behind `16天后追评：` in the text.

There are no ids and no stars.
"""

from voc.ingest.mapping import Columns, Mapping, Rating, Split
from voc.ingest.sources import SEEN_COPY, FileSource

source = FileSource(
    name="taobao",
    title="Taobao, copied from the browser",
    columns={
        "username": "member (hashed; starred names are dropped)",
        "time": "date · variant of the product, in one column",
        "date_cn": "date alone",
        "sku_variant": "variant alone",
        "content": "text, with 当天追评： or N天后追评： before what was added later",
    },
    verified=SEEN_COPY + "one product, 13,396 rows",
    mapping=Mapping(
        name="taobao",
        strict=False,
        columns=Columns(
            text=("content", "评论", "评论内容", "评价内容"),
            created_at=("date_cn", "日期"),
            sku_name=("sku_variant", "规格"),
            store_name=("店铺", "shop"),
            item_id=("商品ID", "num_iid"),
            member_id=("username", "用户名", "昵称"),
        ),
        rating=Rating(scale="none"),
        split={"time": Split(separator="·", into=("created_at", "sku_name"))},
    ),
)
