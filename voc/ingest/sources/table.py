"""Any CSV, XLSX, JSON Lines or Parquet file, by the common English and Chinese titles or by a mapping."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import OWN_FILE, FileSource

FIELDS = {
    "review_id": "the review's own id; without one, its content is its id",
    "text": "what was said",
    "created_at": "when; ISO, 2021/8/15 0:12, 2025年2月5日, epoch seconds or milliseconds",
    "rating": "stars 1 to 5, else 1 to 10, 10 to 50 or 0 to 100, by what the values fit; others by a mapping",
    "nps": "0 to 10",
    "store_id": "store",
    "store_name": "store's name, looked up in the stores",
    "sku_id": "SKU",
    "sku_name": "SKU's name, looked up in the SKUs",
    "order_id": "order, looked up in the orders",
    "member_id": "member (hashed)",
    "channel": "channel, as you name it",
    "fulfilment": "in_store | takeaway | pick_up | courier",
    "touchpoint": "before visit, in store, checkout, delivery, after sales, ...",
    "lot": "production lot",
    "produced_on": "production date",
    "warehouse": "warehouse",
    "carrier": "carrier",
    "reply": "the seller's answer",
    "replied_at": "its time",
    "followup_text": "text added later",
    "followup_at": "its time",
}
_CHINESE = {
    "review_id": ("id", "comment_id", "评论ID", "评价ID", "评论编号", "评价编号"),
    "title": ("title", "标题"),
    "text": (
        "review", "review_text", "review_body", "content", "comment", "comment_text", "body", "comments", "reviews",
        "verified_reviews", "评论内容", "评价内容", "评论", "评价", "内容",
    ),
    "created_at": (
        "time", "date", "datetime", "review_date", "review_time", "creation_time", "created", "publish_time", "comment_time",
        "timestamp", "submitted_at",
        "评论时间", "评价时间", "发布时间", "时间", "日期",
    ),
    "rating": ("score", "stars", "star", "评分", "星级", "打分", "得分"),
    "nps": ("推荐度",),
    "store_id": ("shop_id", "poiId", "门店编号", "门店ID", "店铺ID"),
    "store_name": ("store", "shop", "shop_name", "门店名称", "门店", "店铺", "店铺名称"),
    "sku_id": ("sku", "product_id", "asin", "商品编号", "商品编码", "商品ID", "货号"),
    "sku_name": ("product", "product_name", "item_title", "商品名称", "商品", "产品名称", "产品"),
    "order_id": ("订单编号", "订单号"),
    "member_id": ("user_id", "user", "会员编号", "会员ID", "用户ID", "用户名", "昵称"),
    "channel": ("渠道", "平台"),
    "fulfilment": ("履约方式", "配送方式"),
    "touchpoint": ("触点", "环节"),
    "lot": ("批次", "批号", "生产批次"),
    "produced_on": ("生产日期",),
    "warehouse": ("仓库", "发货仓"),
    "carrier": ("快递公司", "承运商", "物流公司"),
    "reply": ("回复", "商家回复", "merchant_reply"),
    "replied_at": ("回复时间",),
    "followup_text": ("追评", "追评内容"),
    "followup_at": ("追评时间",),
}  # fmt: skip

source = FileSource(
    name="table",
    title="Any table (CSV, XLSX, JSON Lines, Parquet)",
    columns=FIELDS,
    verified=OWN_FILE,
    mapping=Mapping(
        name="table",
        strict=False,
        columns=Columns(**{field: ((field,) if field != "title" else ()) + names for field, names in _CHINESE.items()}),  # type: ignore[arg-type]
        rating=Rating(scale="1..5|1..10|10..50|0..100"),
    ),
)
