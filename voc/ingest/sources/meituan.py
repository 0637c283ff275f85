"""Meituan and Dianping, as public crawls name the columns: stars from 10 to 50 with half stars, epoch
milliseconds. Where all stars are 5 or less they are taken as 1 to 5."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import FileSource

source = FileSource(
    name="meituan",
    title="Meituan / Dianping",
    columns={
        "评论店铺": "store (poiId)",
        "评论用户姓名": "dropped",
        "评论用户id": "member (hashed)",
        "评论用户星级": "stars 10 to 50, half stars 15, 25, ...",
        "评论用户菜品": "dish or product, by name",
        "评论用户内容": "text; often empty, then the stars alone count",
        "评论时间": "time, epoch milliseconds",
        "poiId": "store",
        "shopID": "store (Dianping)",
        "reviewID": "review (Dianping)",
        "totalScore": "stars (Dianping)",
        "comment": "text (Dianping)",
        "publishTime": "time (Dianping)",
        "merchantReply": "the store's answer (Dianping)",
    },
    mapping=Mapping(
        name="meituan",
        strict=False,
        columns=Columns(
            review_id=("评论id", "评价id", "reviewID", "review_id"),
            text=("评论用户内容", "评论内容", "comment", "content", "cus_comment"),
            created_at=("评论时间", "publishTime", "comment_time", "timestamp"),
            rating=("评论用户星级", "星级", "totalScore", "star", "comment_star", "rating"),
            store_id=("评论店铺", "评论店铺(poiId)", "poiId", "shopID", "store_id", "restId", "门店编号"),
            store_name=("店铺名称", "门店名称", "shopName"),
            sku_id=("sku_id", "商品编号"),
            sku_name=("评论用户菜品", "菜品", "dish"),
            order_id=("订单编号", "订单号", "order_id"),
            member_id=("评论用户id", "userID", "user_key", "cus_id", "评论用户姓名"),
            reply=("商家回复", "merchantReply", "merchant_reply"),
            replied_at=("回复时间",),
            fulfilment=("履约方式", "fulfilment"),
            subscores={
                "taste": ("kouwei", "rating_flavor", "口味"),
                "environment": ("huanjing", "rating_env", "环境"),
                "service": ("fuwu", "rating_service", "服务"),
            },
        ),
        rating=Rating(scale="1..5|10..50"),
        ignore=("commentPics",),
    ),
)
