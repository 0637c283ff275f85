"""Google: the takeout of shopping reviews, and reviews of places as tools export them."""

from voc.ingest.mapping import Columns, Mapping, Rating
from voc.ingest.sources import BY_CODE, FileSource

source = FileSource(
    name="google",
    title="Google reviews",
    columns={
        "creation_time": "time",
        "title": "title",
        "comment": "text",
        "rating": "stars 1 to 5, or FIVE and the like",
        "starRating": "stars, FIVE and the like (places)",
        "createTime": "time (places)",
        "reviewReply.comment": "the store's answer (places)",
        "reviewId": "review (places)",
        "reviewer.displayName": "dropped",
    },
    verified=BY_CODE,
    mapping=Mapping(
        name="google",
        strict=False,
        columns=Columns(
            review_id=(
                "reviewId",
                "review_id",
            ),
            title=("title",),
            text=(
                "comment",
                "text",
            ),
            created_at=(
                "creation_time",
                "createTime",
                "publishedAtDate",
            ),
            rating=(
                "rating",
                "starRating",
                "stars",
            ),
            store_id=(
                "placeId",
                "place_id",
                "locationId",
            ),
            store_name=(
                "place_name",
                "locationName",
            ),
            reply=(
                "reviewReply.comment",
                "responseFromOwnerText",
            ),
            replied_at=("reviewReply.updateTime",),
        ),
        rating=Rating(scale="words", words={"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}),
    ),
)
