"""Amazon: the seller feedback report in its two layouts, and tables of product reviews as tools export them."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import BY_CODE, FileSource

source = FileSource(
    name="amazon",
    title="Amazon",
    columns={
        "Order ID": "order",
        "order_id": "order",
        "Rating": "stars 1 to 5",
        "Comments": "text (seller feedback)",
        "Response": "the seller's answer",
        "Date": "time",
        "arrived_on_time": "kept as attribute",
        "item_as_described": "kept as attribute",
        "rater_email": "dropped",
        "Asin": "SKU (product reviews)",
        "Title": "title",
        "Content": "text (product reviews)",
        "Model": "variant, kept as attribute",
    },
    verified=BY_CODE,
    mapping=Mapping(
        name="amazon",
        strict=False,
        columns=Columns(
            review_id=(
                "review_id",
                "Review ID",
            ),
            title=("Title",),
            text=(
                "Comments",
                "Content",
                "comments",
                "comment",
                "review_body",
            ),
            created_at=(
                "Date",
                "review_date",
                "timestamp",
            ),
            rating=(
                "Rating",
                "star_rating",
            ),
            sku_id=(
                "Asin",
                "sku",
                "productId",
            ),
            sku_name=("product_title",),
            order_id=(
                "Order ID",
                "order_id",
            ),
            reply=(
                "Response",
                "Your Response",
            ),
        ),
        rating=Rating(scale="1..5"),
    ),
)
