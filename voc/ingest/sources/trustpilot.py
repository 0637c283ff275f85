"""Trustpilot's business export."""

from voc.ingest.mapping import Columns, Dates, Mapping, Rating
from voc.ingest.sources import BY_CODE, FileSource

source = FileSource(
    name="trustpilot",
    title="Trustpilot",
    columns={
        "Review ID": "review",
        "Review Created (UTC)": "time, in UTC",
        "Review Stars": "stars 1 to 5",
        "Review Title": "title",
        "Review Content": "text",
        "Domain URL": "store",
        "Business Reply Date (UTC)": "time of the answer",
        "Reference ID": "order",
    },
    verified=BY_CODE,
    mapping=Mapping(
        name="trustpilot",
        strict=False,
        columns=Columns(
            review_id=("Review ID",),
            title=("Review Title",),
            text=(
                "Review Content",
                "Review Text",
            ),
            created_at=("Review Created (UTC)",),
            rating=("Review Stars",),
            store_id=("Domain URL",),
            order_id=("Reference ID",),
            reply=(
                "Business Reply",
                "Company Reply",
            ),
            replied_at=("Business Reply Date (UTC)",),
        ),
        rating=Rating(scale="1..5"),
        dates=Dates(zone="UTC"),
    ),
)
