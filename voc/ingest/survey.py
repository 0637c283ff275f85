"""Survey exports: which column is the store, the score, a choice or an open question.

问卷星 (wjx) writes one column a question, titled `1、…`; several choices are joined by `┋`, or stand in one 0/1 column each,
titled `第6题(运动)`. `(空)` and `(跳过)`, and -2 and -3 in exports by number, are answers that were not given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.ingest.mapping import Columns, Mapping, Rating, find
from voc.ingest.ratings import WORDS
from voc.ingest.readers import OWN

JOINT = "┋"
UNANSWERED = frozenset(("(空)", "(跳过)", "（空）", "（跳过）", "-2", "-3"))
NOTHING_TO_SAY = frozenset(
    ("无", "没", "没有", "没有了", "暂无", "暂时没有", "/", "-", "－", "n/a", "na", "none", "no", "nothing", "nil")
)
_NUMBERED = re.compile(r"^\s*(?:Q?\d{1,3}\s*[、.．:：)]\s*|第\d{1,3}题[、.．:：]\s*)")
_OPTION = re.compile(r"^(第\d{1,3}题)[(（](.*)[)）]$")
_STORE = re.compile(r"门店|店铺|哪家店|分店|which store|store name|store visited", re.IGNORECASE)
_NPS = re.compile(
    r"\bnps\b|推荐.{0,24}(?:0\D{0,3}10|可能)|可能.{0,16}推荐|how likely.{0,40}recommend|recommend.{0,30}0\s*(?:-|–|to)\s*10",
    re.IGNORECASE,
)
_OVERALL = re.compile(r"总体|整体|总的|综合|overall", re.IGNORECASE)
_SCORE = re.compile(r"满意|评分|打分|几分|satisf|rating", re.IGNORECASE)
_OPEN = re.compile(
    r"建议|意见|原因|哪里|说说|其他想说|想对我们说|吐槽|为什么|请描述|具体说明|反馈|哪些.{0,8}(?:地方|方面)|不足之处|还有什么|想说"
    r"|suggest|comment|why|tell us|feedback|anything else|improve",
    re.IGNORECASE,
)
_SKU = re.compile(r"商品|产品|买了什么|which product", re.IGNORECASE)
_FULFILMENT = re.compile(r"配送方式|购买方式|取货方式|履约")
SUBMITTED = (
    "提交答卷时间",
    "提交时间",
    "结束答题时间",
    "end date",
    "EndDate",
    "RecordedDate",
    "created_at",
    "submitted",
)
META = (
    "序号", "编号", "所用时间", "答题时长", "来源", "来源详情", "来自IP", "总分", "开始答题时间", "用户类型",
    "地理位置国家和地区", "地理位置省", "地理位置市", "用户标识", "昵称", "自定义字段",
    "Respondent ID", "Collector ID", "Start Date", "IP Address", "Email Address", "First Name", "Last Name", "Custom Data 1",
    "StartDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate", "ResponseId",
    "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "LocationLatitude",
    "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
#: Ids of responses that are unique beyond their survey.
RESPONSES = ("ResponseId", "Respondent ID", "response_id")


def plain_title(title: str) -> str:
    """A question without its number."""
    return _NUMBERED.sub("", title).strip()


def question_id(title: str) -> str:
    """Six hexadecimal digits that name a question wherever its column stands."""
    return hashlib.sha256(plain_title(title).encode()).hexdigest()[:6]


def is_silent(answer: str | None) -> bool:
    """Whether an answer to an open question says that there is nothing to say."""
    return answer is not None and answer.lower().strip("。.!！~ ") in NOTHING_TO_SAY | {""}


def answered(answers: pa.Array) -> pa.Array:
    """Bool: something was answered at all."""
    return pc.and_(pc.is_valid(answers), pc.invert(pc.is_in(answers, value_set=pa.array(sorted(UNANSWERED)))))


def silent(answers: pa.Array) -> pa.Array:
    """Bool: `is_silent` of each answer."""
    encoded = answers.dictionary_encode()
    told = pa.array([is_silent(answer) for answer in encoded.dictionary.to_pylist()], pa.bool_())
    return pc.fill_null(told.take(encoded.indices), False)


def guess(batch: pa.RecordBatch) -> Mapping:
    """A mapping for a survey, from its titles and the first answers.

    Open questions are those whose title asks for words, and those whose answers are long and nearly all different.
    """
    columns = [name for name in batch.schema.names if name not in OWN]
    questions = [
        name
        for name in columns
        if find(META, [name]) is None and find((*SUBMITTED, *RESPONSES), [name]) is None and not _OPTION.match(name)
    ]
    taken: dict[str, str] = {}

    def take(field: str, wanted: re.Pattern[str], fits) -> None:  # type: ignore[no-untyped-def]
        for name in questions:
            if (
                field not in taken
                and name not in taken.values()
                and wanted.search(plain_title(name))
                and fits(_answers(batch, name))
            ):
                taken[field] = name

    take("store_name", _STORE, lambda answers: not _is_numeric(answers))
    take("nps", _NPS, lambda answers: _is_numeric(answers, 10))
    for pattern in (re.compile(f"(?:{_OVERALL.pattern}).*(?:{_SCORE.pattern})", re.IGNORECASE), _SCORE):
        take("rating", pattern, _is_score)
    take(
        "sku_name",
        _SKU,
        lambda answers: (
            bool(answers) and not _is_numeric(answers) and not _is_prose(answers) and JOINT not in "".join(answers)
        ),
    )
    take("fulfilment", _FULFILMENT, lambda answers: bool(answers))
    rest = [name for name in questions if name not in taken.values()]
    opened = tuple(name for name in rest if _is_open(plain_title(name), _answers(batch, name)))
    words = "rating" in taken and not _is_numeric(_answers(batch, taken["rating"]))
    return Mapping(
        name="guess",
        kind="survey",
        strict=False,
        columns=Columns(
            created_at=SUBMITTED, review_id=RESPONSES, questions=opened, **{k: (v,) for k, v in taken.items()}
        ),  # type: ignore[arg-type]
        rating=Rating(scale="words" if words else "1..5"),
        ignore=("来自IP", "来源详情"),
    )


def _answers(batch: pa.RecordBatch, name: str) -> list[str]:
    return [v.strip() for v in batch.column(name).to_pylist() if v and v.strip() and v.strip() not in UNANSWERED][:2000]


def _is_numeric(answers: Sequence[str], most: int = 10**9) -> bool:
    numbers = [re.match(r"^(\d{1,9})(?:分|星)?\b", answer) for answer in answers]
    fitting = [n for n in numbers if n and int(n[1]) <= most]
    return bool(answers) and len(fitting) >= 0.9 * len(answers)


def _is_score(answers: Sequence[str]) -> bool:
    return bool(answers) and (_is_numeric(answers, 5) or all(answer.lower() in WORDS for answer in set(answers)))


def _is_prose(answers: Sequence[str]) -> bool:
    """Long answers, nearly all different, and not choices joined together."""
    if len(answers) < 5 or any(JOINT in answer for answer in answers):
        return False
    return float(np.mean([len(a) for a in answers])) >= 8 and len(set(answers)) >= 0.5 * len(answers)


def _is_open(title: str, answers: Sequence[str]) -> bool:
    if not answers or _is_numeric(answers) or any(JOINT in answer for answer in answers):
        return False
    few = len(set(answers)) <= 0.05 * len(answers)
    return (bool(_OPEN.search(title)) and not few) or _is_prose(answers)


def choices(columns: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Question -> [(column, option)] for the 0/1 columns of an export by option."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in columns:
        if match := _OPTION.match(name):
            found.setdefault(match[1], []).append((name, match[2]))
    return found
