"""What stands beside a word and turns or weighs it: negation, denial, degree, quotation marks.

All patterns are bounded and look a few code points back or forward.
"""

from __future__ import annotations

import re
from typing import Literal

_REACH = 14

_FILL = (
    r"(?:任何|吃|喝|用|闻|嚼|哪|包|袋|盒|颗|粒|次|烂的?|坏的?|破的?|碎的?|破损|磕碰|异味|虫|和|或者?|以及|一|见|见到|"
    r"一点|一丁点|半点|丝毫|一个|一颗|一点儿|什么|啥|那么|这么|很|太|特别|非常|怎么|咋|多么|多|有|发现|"
    r"看到|吃到|吃出|出现|遇到|"
    r"碰到|感觉到?|觉得|觉着|会|能|是|的|再|让人|让我|给人|想象中?|像|算|算是|一直|都|到|过|闻到|受到|"
    r"那种|存在|明显|其他|"
    r"预期|想的|传说中|图片上?|说的|网上说的|宣传|描述|到现在|任|丝)"
)
_NEGATED = re.compile(
    rf"(?:(?<!要)没有?(?!想到|话|毛病|得)|(?<!不得)(?<!不能)(?<!无)不(?!得|过|但|仅|光|止|管|论|知道|"
    rf"愧|错|够|足|同|妨|如|少|断|停|要太|是一般|只)"
    r"|毫无|全无|并无|从无|无(?!语|论|敌|奈|比|限|良|聊)|未(?!来|免)|零(?!食)|从未|绝非|并非|非(?!常)|"
    r"勿(?!忘|念)|冒得|么得|木得|弗|呒(?:没|得)?|没得(?!说|话|挑|黑|喷|弹)|甭|休想|"
    r"不要|不用(?:再|我|去)?|不必|无需|用不着|不怕|不带|唔|冇|莫得|木有|别想|不存在)"
    rf"{_FILL}{{0,3}}$"
)
_MAY_NEGATE = frozenset("勿冒么弗呒甭休不没无未非零毫全冇唔莫木别谁如及绝从哪怎")
_FALLS_SHORT = re.compile(
    r"(?:没有?|不如|不及|比不上)(?:上次|以前|之前|从前|原来|第一次|别家|其他|别的|图片|照片|想象|网上|"
    r"超市|外面|描述|介绍|宣传|说的|传说|期待|预期).{0,8}$"
    r"|没有?(?!坏|烂|破|碎|任何|一|什么|过|异|添)[^,很都是也,不]{1,6}的$"
)
_DENIED = re.compile(
    r"(?:别说|甭说|休说|莫说|何来|哪来的?|不是|不能说|说不上|谈不上|算不上|称不上|也不算|不算|不至于|并不是|倒不是|也不是|谁说|哪有|哪会|哪能|怎么会|怎么可能)(?:说|"
    r"很|太|那么|特别|有多|多|什么|因为)?$"
)
_NOT_ONLY = re.compile(r"(?:不仅仅?|不但|不光|不止|不只|岂止|非但)(?:是)?(?:[^,，]{0,2})$")
_WITHOUT_DOUBT = re.compile(
    r"(?:不得不|不能不|没有不|无不|不要太|不能再|不可能更|不是一般的?|别提多|不用说|要多.{1,3}有多|不能更|"
    r"没有比.{1,6}更|再.{1,3}不过)(?:说|承认|夸|赞|是)?$"
)
_TAKEN_BACK = re.compile(
    r"^(?:(?:的)?(?:是|那是|那就是|那叫|纯属|才是)(?:假的?|骗人|骗你|骗鬼|瞎话|谎话|昧良心|违心|扯淡|睁眼说瞎话)|是?不可能|谈不上|算不上|个(?:鬼|屁|锤子|毛线|头啊)|才怪|不到哪|不了多少|不起来|"
    r"两个字(?:沾不上|不沾边)|不沾边|不要钱|包退|也没有|的反面|(?:都|也)(?:没有?|未)(?:见|看|发现|吃|遇|碰|闻|磕|压|破|碎|漏|洒|.{1,2}(?:出来|到|着|过))(?:过|到|着)?)"
)
_TWICE = re.compile(
    r"(?:没有?(?:一?[个次回天样家款处种口]|一|人|谁|哪.?|什么|啥)|未曾|从未|哪有|岂有|谁[能会敢]?|哪[个次回天家]|不可能|不会|很难|难以|无[人一处]|莫)"
    r"[^,，。!！?？也又还都]{0,7}?不(?!是不|得不|仅|光|但|过|错)"
    r"(?:让|叫|令|给|使|把|会|能|觉得|感到|想|说)?(?:我|人|咱|俺|大家|全家|孩子)?(?:们)?(?:很|太|特别|非常)?$"
)
_OUTER = re.compile(
    r"(?:(?:没有?(?:一?[个次回天样家款处种口]|一|人|谁|哪.)|从未|哪有|哪里?会|岂有|谁(?:会|能|敢|还|还会)?|哪[个次回天家样]|"
    r"不可能|不会|绝不|无人|很难|怎么?会|怎么可能)[^,，不没也又还都]{0,4}|没有)$"
)
_NEGATED_EN = re.compile(
    r"(?:\b(?:not|no|never|without|hardly|barely|cannot|nothing|none|neither|nor|zero|lack of|lacks|"
    r"lacked|far from|anything but|"
    r"free of|didn'?t|don'?t|doesn'?t|wasn'?t|weren'?t|isn'?t|aren'?t|won'?t|wouldn'?t|can'?t|"
    r"couldn'?t|haven'?t|hasn'?t|hadn'?t|ain'?t)"
    r"\s+(?:(?!only|just|but|and)[a-z']+\s+){0,2})$"
)
_STRONG = re.compile(
    r"(?:太|非常|特别|超级?|极其?|巨|贼|死|真|好|十分|相当|实在|完全|简直|严重|根本|一点都?|very|so|"
    r"too|extremely|really|super|totally)(?:是|的|地)?\s*$"
)
_MILD = re.compile(
    r"(?:有点儿?|有些|略微?|稍微?|稍稍|偏|一点点|些许|微微|不太|不是很|不怎么|比较|还算|slightly|"
    r"somewhat|a bit|a little)\s*$"
)
_MILD_AFTER = re.compile(r"^(?:了?一?点|了?些|一丢丢|一些)")

# What `negation` and `degree` look for before and after a word. voc.extract.scan asks them only where a literal of one
# of these stands near, so a pattern that they come to use must be listed here.
BACKWARD = tuple(p.pattern for p in (_NEGATED, _FALLS_SHORT, _DENIED, _OUTER))
FORWARD = tuple(p.pattern for p in (_TAKEN_BACK, _MILD_AFTER))
DEGREES = tuple(p.pattern for p in (_STRONG, _MILD))

Negation = Literal["", "negated", "denied"]


def negation(text: str, start: int, end: int, first: int) -> Negation:
    """How text[start:end] is negated, looking back to `first` and a little forward.

    'negated' turns the sign (没压碎, 不是很新鲜); 'denied' only takes the claim back (不能说难吃).
    """
    return negated_before(text, start, first) or ("negated" if taken_back(text, end) else "")


def negated_before(text: str, start: int, first: int) -> Negation:
    """How what stands between `first` and `start` negates the word at `start`."""
    before = text[max(first, start - _REACH) : start]
    if start > first and (text[start].isascii() or not _MAY_NEGATE.isdisjoint(before)):
        if text[start].isascii() and _NEGATED_EN.search(text[max(first, start - 40) : start]):
            return "negated"
        if _DENIED.search(before):
            return "denied"
        if text[start] in "不没" and _OUTER.search(before):
            return "negated"  # 谁不喜欢, 没有一样不好吃
        if _FALLS_SHORT.search(text[max(first, start - 18) : start]):
            return "negated"
        meant = _WITHOUT_DOUBT.search(before) or _NOT_ONLY.search(before)
        if not before.isascii() and not meant and _NEGATED.search(before):
            return "" if _TWICE.search(before) else "negated"
    return ""


def taken_back(text: str, end: int) -> bool:
    """Whether what follows a word that ends before `end` takes it back (好吃才怪)."""
    return _TAKEN_BACK.match(text[end : end + 7]) is not None


def degree(text: str, start: int, end: int, first: int) -> float:
    """A factor on strength: 1.2 after an intensifier, 0.7 beside a softener, else 1."""
    before = text[max(first, start - 10) : start]
    if _MILD.search(before) or _MILD_AFTER.match(text[end : end + 4]):
        return 0.7
    return 1.2 if _STRONG.search(before) else 1.0


QUOTE = 9
"""How far quotation marks may stand from a word in them, in code points."""
ENDS = frozenset("”」』’。!?;\n")
_SPOKEN = re.compile(r"[说夸赞讲道叫念回评问:]$|[说夸赞讲道叫念][:,]$")
QUOTES = {"“": "”", '"': '"', "「": "」", "『": "』", "'": "'", "‘": "’"}


def quoted(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] stands in quotation marks: somebody else's promise, unless they quote what people say.

    Marks with which a text or a sentence begins quote the writer himself.
    """
    before = next(
        (n for n in range(start - 1, max(-1, start - QUOTE - 1), -1) if text[n] in QUOTES or text[n] in ENDS), None
    )
    if (
        not before
        or text[before] not in QUOTES
        or not text[before - 1].isalnum()
        or _SPOKEN.search(text[max(0, before - 3) : before])
    ):
        return False
    return QUOTES[text[before]] in text[end : end + QUOTE]
