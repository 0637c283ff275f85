"""问卷星 (wjx), by text or by option columns. The mapping is guessed from the titles and answers unless one is given."""

from voc.ingest import survey
from voc.ingest.mapping import Columns, Mapping
from voc.ingest.sources import FileSource

source = FileSource(
    name="wjx",
    title="问卷星 survey",
    columns={
        "序号": "number of the response",
        "提交答卷时间": "time of the response",
        "所用时间": "kept as attribute",
        "来源": "kept as attribute",
        "来源详情": "dropped",
        "来自IP": "dropped",
        "N、title": "a question: store, NPS, satisfaction, open, or a choice kept as attribute",
        "第N题(option)": "one option of a question with several choices, 0 or 1",
    },
    verified="seen: exports by text and by option columns, one survey of 800 responses each, times blanked",
    mapping=Mapping(name="wjx", kind="survey", strict=False, columns=Columns(created_at=survey.SUBMITTED)),
    guess=survey.guess,
)
