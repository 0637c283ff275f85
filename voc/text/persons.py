"""Names of persons in reviews: staff by role, badge or nickname, customers by what announces their name.

A name is taken for one only beside a sign (a role, a badge, 姓名, a form of address), never alone, and a brand that has
a person's name in it (王小卤) is never one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

_STAR = "＊"


@dataclass(frozen=True)
class _Lore:
    """Compiled patterns; each has a group `name`, what is secret, and may have a group `who`, what shows it."""

    staff: tuple[re.Pattern[str], ...]
    customer: tuple[re.Pattern[str], ...]
    not_a_name: re.Pattern[str]
    brand: re.Pattern[str]
    trigger: re.Pattern[str]


def person_spans(text: str) -> list[tuple[int, int]]:
    """Spans of names and badge numbers, code points of `text`; may overlap, in no order."""
    lore = _lore()
    if not lore.trigger.search(text):
        return []
    return [match.span("name") for match in _matches(text, (*lore.staff, *lore.customer))]


def name_patterns() -> tuple[str, ...]:
    """The patterns of all names, in the syntax of `re`: a text that fits none of them has no name in it."""
    lore = _lore()
    return tuple(pattern.pattern for pattern in (*lore.staff, *lore.customer))


def staff_spans(text: str) -> list[tuple[int, int]]:
    """Half-open spans that name one member of staff, role word included (店员小李), in order, not overlapping.

    Works on raw text and on text that `mask` has been over (店员＊＊), so that a report can print one word for both.
    """
    lore = _lore()
    if not lore.trigger.search(text):
        return []
    spans: list[tuple[int, int]] = []
    for start, end in sorted(match.span() for match in _matches(text, lore.staff)):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _matches(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[re.Match[str]]:
    lore = _lore()
    brands = [match.span() for match in lore.brand.finditer(text)]
    return [
        match
        for pattern in patterns
        for match in pattern.finditer(text)
        if not lore.not_a_name.match(text, match.start("name"))
        and not any(start < match.end("name") and match.start("name") < end for start, end in brands)
    ]


@cache
def _lore() -> _Lore:
    raw = resources.files("voc.text").joinpath("data", "names.toml").read_text(encoding="utf-8")
    known = tomllib.loads(raw)
    longest_first = {
        key: sorted(set(known[key].split()), key=lambda w: (-len(w), w)) for key in ("words", "brands", "roles")
    }
    surname, common, given = (f"[{''.join(sorted(set(known[k])))}]" for k in ("surnames", "common_surnames", "given"))
    role = "|".join(longest_first["roles"])
    address = "大姐|大哥|姐姐|哥哥|姐|哥|叔叔|叔|阿姨|姨|师傅|经理|店长|主管|领班|老师|女士|先生|小姐|同学"
    serving = "大姐|大哥|姐|哥|阿姨|师傅|经理|店长|主管|领班"
    full = f"(?<!谢){surname}{given}{{1,2}}"
    nickname = f"[小阿老大](?:{surname}|{given}{{1,2}})(?![子虾鱼菜米糕果妹们心票时声气费])(?:{address})?"
    addressed = f"(?<!谢){surname}(?:{address})"
    anyone = f"(?:{addressed}|{nickname}|{full}|{_STAR}{{2,6}})"
    cue = r"(?:名叫|名字叫|名字是|叫做|叫|是|姓名|[:：,，\s“\"（(]){0,2}"
    serves = "(?:服务|态度|热情|推荐|接待|帮我|帮忙|介绍|耐心|特别热|非常热|很热|很耐|很细|很专|很负|人很|人特)"
    english_badge = r"[Bb]adge(?: number| no\.?| #)?|[Ee]mployee (?:id|ID|number|no\.?)"
    badge = rf"(?:工号|员工编号|员工号|胸牌号?|工牌号?|胸卡号?|{english_badge})"
    english_role = (
        r"(?:[Cc]ashier|[Ss]erver|[Ww]aiter|[Ww]aitress|[Mm]anager|[Cc]lerk|[Bb]arista|[Bb]artender|[Hh]ostess|[Ee]mployee"
        r"|[Aa]ssociate|[Dd]river|[Rr]epresentative|[Ss]taff member|[Ss]alesman|[Ss]aleswoman)"
    )
    english_name = (
        r"(?!(?:I|The|This|That|And|But|He|She|It|We|They|Was|Is|At|In|On|My|Said|Not|No)\b)[A-Z][a-z]{2,14}\b"
    )
    staff = (
        rf"(?:{role}){cue}(?P<name>{anyone})",
        rf"(?P<name>{addressed}|{full}|{_STAR}{{2,6}})(?:这个|这位|这名|是个|作为)?(?:{role})(?![台机处])",
        rf"(?P<name>(?:(?<!谢){common}|[小阿老]{common})(?:{serving}))",
        rf"(?P<name>小{common}(?:同学|老师)?)(?={serves})",
        rf"(?:{role}){cue}(?P<name>[A-Z][a-z]{{2,11}})(?![a-z])",
        rf"{badge}[\s:：是为#]{{0,4}}(?P<name>[A-Za-zＡ-Ｚａ-ｚ]{{0,3}}[0-9０-９]{{2,10}}|{_STAR}{{2,13}})",
        r"(?P<name>[0-9０-９]{1,5}号)(?:服务员|技师|店员|收银员|导购|客服|员工|骑手)",
        rf"{english_role}(?:,| was| is)?(?: named| called|'s name (?:is|was)| name (?:is|was))?,? (?P<name>{english_name})",
        rf"(?:named|[Nn]ame (?:is|was)|name tag said) (?P<name>{english_name})",
    )
    customer = (
        rf"(?:姓名|收件人|收货人|联系人|提货人|取货人|会员名|我叫|本人叫)(?:是|叫|为)?[\s:：]{{0,3}}"
        rf"(?P<name>{full}|{surname}[某\*]{{1,2}}|{surname}(?:先生|女士|小姐))",
        r"(?:姓名|收件人|收货人|联系人|提货人|取货人)\s?[:：]\s?(?P<name>[\u4e00-\u9fff·]{2,5})(?=[\s，,。；;、0-9电手联地]|$)",
    )
    # Who is called 王女士 without a role may be staff or the customer: secret, but not said to be staff.
    also_customer = (*customer, rf"(?P<name>(?:(?<!谢){common}|[小老]{common})(?:先生|女士|小姐|老师))")
    words = "|".join(re.escape(word) for word in longest_first["words"])
    announced = "姓名|件人|货人|联系人|会员名|我叫|本人叫|号技|[Nn]ame"
    signs = f"{role}|{common}(?:{address})|小{common}|{badge}|{announced}|{english_role}"
    return _Lore(
        staff=tuple(re.compile(pattern) for pattern in staff),
        customer=tuple(re.compile(pattern) for pattern in also_customer),
        not_a_name=re.compile(words),
        brand=re.compile("|".join(re.escape(word) for word in longest_first["brands"])),
        trigger=re.compile(signs),
    )
