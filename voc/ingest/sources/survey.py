"""Surveys other than 问卷星: Tencent, SurveyMonkey, Qualtrics, and any table of answers with NPS or satisfaction.

The mapping is guessed from the titles and answers unless one is given.
"""

from voc.ingest import headers, survey
from voc.ingest.mapping import Columns, Mapping
from voc.ingest.sources import BY_CODE, OWN_FILE, FileSource

_QUESTIONS = "store, NPS, satisfaction, open question, or a choice kept as attribute, by its title and answers"

generic = FileSource(
    name="survey",
    title="Any survey (NPS, CSAT), one row a response",
    columns={"created_at": "time of the response; also 提交时间, End Date, submitted", "a question": _QUESTIONS},
    verified=OWN_FILE,
    mapping=Mapping(name="survey", kind="survey", strict=False, columns=Columns(created_at=survey.SUBMITTED)),
    guess=survey.guess,
)
tencent = FileSource(
    name="tencent",
    title="腾讯问卷 survey",
    columns={
        "编号": "number of the response",
        "开始答题时间": "kept as attribute",
        "结束答题时间": "time of the response",
        "答题时长": "kept as attribute",
        "地理位置省": "kept as attribute",
        "用户标识": "dropped",
        "昵称": "dropped",
        "a question": _QUESTIONS,
    },
    verified=BY_CODE,
    mapping=Mapping(name="tencent", kind="survey", strict=False, columns=Columns(created_at=survey.SUBMITTED)),
    guess=survey.guess,
)
surveymonkey = FileSource(
    name="surveymonkey",
    title="SurveyMonkey (two header rows)",
    columns={
        "Respondent ID": "response",
        "End Date": "time of the response",
        "Start Date": "kept as attribute",
        "IP Address": "dropped",
        "Email Address": "dropped",
        "First Name": "dropped",
        "Last Name": "dropped",
        "a question": _QUESTIONS + "; the second row names the options",
    },
    verified=BY_CODE,
    mapping=Mapping(name="surveymonkey", kind="survey", strict=False, columns=Columns(created_at=survey.SUBMITTED)),
    guess=survey.guess,
    header=headers.surveymonkey,
)
qualtrics = FileSource(
    name="qualtrics",
    title="Qualtrics (three header rows)",
    columns={
        "ResponseId": "response",
        "RecordedDate": "time of the response, where there is no EndDate",
        "EndDate": "time of the response",
        "Status": "kept as attribute",
        "IPAddress": "dropped",
        "RecipientEmail": "dropped",
        "RecipientFirstName": "dropped",
        "LocationLatitude": "dropped",
        "a question": _QUESTIONS + "; the second row is its text, the third is for machines",
    },
    verified=BY_CODE,
    mapping=Mapping(name="qualtrics", kind="survey", strict=False, columns=Columns(created_at=survey.SUBMITTED)),
    guess=survey.guess,
    header=headers.qualtrics,
)
