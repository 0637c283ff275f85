"""Judge.me, by the columns that its import files have."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import BY_CODE, FileSource

source = FileSource(
    name="judgeme",
    title="Judge.me",
    columns={
        "title": "title",
        "body": "text",
        "rating": "stars 1 to 5",
        "review_date": "time; 2023-10-05 00:00:00 UTC or dd/mm/yyyy",
        "reviewer_name": "dropped",
        "reviewer_email": "member (hashed)",
        "product_id": "SKU",
        "product_handle": "SKU's name",
        "reply": "the shop's answer",
        "picture_urls": "dropped",
    },
    verified=BY_CODE,
    mapping=Mapping(
        name="judgeme",
        strict=False,
        columns=Columns(
            review_id=("review_id",),
            title=("title",),
            text=("body",),
            created_at=("review_date",),
            rating=("rating",),
            sku_id=("product_id",),
            sku_name=(
                "product_title",
                "product_handle",
            ),
            member_id=("reviewer_email",),
            reply=("reply",),
            replied_at=("reply_date",),
        ),
        rating=Rating(scale="1..5"),
    ),
)
