"""Conversations with customer service: one row a message in the file, one row a conversation in `reviews`, in which only the
customer's turns are the text."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import OWN_FILE, FileSource

source = FileSource(
    name="dialogue",
    title="Customer service, one row a message",
    columns={
        "conversation_id": "conversation; also session_id, 会话ID",
        "role": "who speaks: customer, buyer, 顾客, 买家, ... or agent, seller, bot, 客服, 商家, ...",
        "text": "the message; also content, 消息内容",
        "created_at": "time of the message; also 发送时间",
        "order_id": "order",
        "store_id": "store",
        "sku_id": "SKU",
        "member_id": "customer (hashed)",
        "rating": "stars that the customer gave the conversation",
    },
    verified=OWN_FILE,
    mapping=Mapping(
        name="dialogue",
        kind="dialogue",
        strict=False,
        columns=Columns(
            review_id=("conversation_id", "session_id", "chat_id", "会话ID", "会话编号", "对话ID"),
            role=("role", "sender_role", "sender_type", "from", "角色", "发送方", "发送者类型", "身份"),
            text=("text", "content", "message", "消息内容", "内容", "聊天内容"),
            created_at=("created_at", "time", "sent_at", "timestamp", "发送时间", "时间", "消息时间"),
            rating=("rating", "score", "满意度", "评分"),
            order_id=("order_id", "订单编号", "订单号"),
            store_id=("store_id", "门店编号"),
            store_name=("store_name", "门店名称", "店铺"),
            sku_id=("sku_id", "商品编号"),
            sku_name=("product", "商品名称"),
            member_id=("member_id", "customer_id", "买家ID", "客户ID", "会员ID"),
            channel=("channel", "渠道"),
        ),
        rating=Rating(scale="1..5"),
        attributes="none",
    ),
)
