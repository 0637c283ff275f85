"""What stands beside a word and turns or weighs it: negation, denial, degree, quotation marks.

All patterns are bounded and look a few code points back or forward.
"""

from __future__ import annotations

import re
from typing import Literal

_REACH, _FAR = 14, 18
"""How far back a negation may stand from its word, and a comparison that falls short, in code points."""
AFTER = 10
"""How far behind a word stands what takes it back."""

_FILL = (
    r"(?:任何|吃|喝|用|闻|嚼|哪|包|袋|盒|颗|粒|次|烂的?|坏的?|破的?|碎的?|破损|磕碰|异味|虫|和|或者?|以及|一|见|见到|"
    r"一点|一丁点|半点|丝毫|一个|一颗|一点儿|什么|啥|那么|这么|很|太|特别|非常|怎么|咋|多么|多|有|发现|"
    r"看到|吃到|吃出|出现|遇到|"
    r"碰到|感觉到?|觉得|觉着|会|能|是|的|再|让人|让我|给人|想象中?|像|算|算是|一直|都|到|过|闻到|受到|"
    r"那种|存在|明显|其他|"
    r"预期|想的|我想的|传说中|图片上?(?:看着|看上去)?|说的|网上说的|宣传|描述|到现在|任|丝|"
    r"十分|相当|完全|如此|真正|所谓|出来?|哪[里儿点]?|几[个颗样种家次回款]|半[分点])"
)
_NEGATED = re.compile(
    rf"(?:(?<!要)(?:没有|没(?!有))(?!想到|料到|话|毛病|得)|(?<!不得)(?<!不能)(?<!无)(?<![想料])(?<![要若](?=不是))不(?!得|过|但|仅|光|止|管|论|知道|"
    rf"愧|错|够|足|同|妨|如|少|断|停|要太|是一般|只)"
    r"|毫无|全无|并无|从无|无(?!语|论|敌|奈|比|限|良|聊)|未(?!来|免)|零(?!食)|从未|绝非|并非|非(?!常)|"
    r"勿(?!忘|念)|冒得|么得|木得|弗|呒(?:没|得)?|没得(?!说|话|挑|黑|喷|弹)|甭|休想|"
    r"不要|不用(?:再|我|去)?|不必|无需|用不着|不怕|不带|唔|冇|莫得|木有|别想|不存在)"
    rf"{_FILL}{{0,3}}$"
)
_MAY_NEGATE = frozenset("难敢勿冒么弗呒甭休不没无未非零毫全冇唔莫木别谁如及绝从哪怎")
_FALLS_SHORT = re.compile(
    r"没有?(?:上次|以前|之前|从前|原来|第一次|别家|其他|别的|图片|照片|想象|网上|"
    r"超市|外面|描述|介绍|宣传|说的|传说|期待|预期).{0,8}$"
    r"|(?:没有|没(?!有))(?!.{0,3}过的|[想料]到|坏|烂|破|碎|任何|一|什么|啥|过|异|添)[^,很都是也不]{1,6}的(?!情况|时|话|前|感)[^,很都是也不]{0,3}$"
)
_DENIED = re.compile(
    r"(?:未必|不见得|不一定|难说|很难说|不敢说|谁(?:再|还|敢)?说的?|要说(?:它|这|他|他家|这家)?|有人(?:说|嫌|觉得|吐槽)|别说|甭说|休说|莫说|何来|哪来的?|(?<![要若])不是|不能说|说不上|谈不上|算不上|称不上|也不算|不算|不至于|并不是|倒不是|也不是|谁说|哪有|哪会|哪能|怎么会|怎么可能)(?:说|"
    r"很|太|那么|特别|有多|多|什么|因为)?$"
)
_CANNOT_SAY = re.compile(r"(?:不能|不敢|谁敢|很难|难)说$")
# Praise that is only claimed, doubted or missed (号称脆, 不够新鲜, 哪里好吃了): it blames. Blame so spoken of stays blame.
_DOUBTED = re.compile(
    r"(?:(?<![头果子个盒包袋量都])不大|不够|很难(?:算|称得上|做到|保证|让人觉得)|难称|"
    r"何谈|谈何|欠缺|缺乏|缺少|少了|欠|实在算不得|算不得|号称|标榜|自称|吹嘘|谎称|声称|美其名曰|宣称|冒充|假装|硬说|硬要说|"
    r"(?:违心|昧着?良心|闭着眼|睁眼说瞎话)(?:才)?(?:地|的)?说|^说(?:好的?|好了)|^(?:写|标|印)着|(?:拍着?胸脯|口口声声|信誓旦旦)地?(?:说|保证)(?:是)?|(?:要|让|叫|逼|求|喊)[我咱人](?:来)?[夸说写]|^(?:[商卖店]家|客服|广告|页面|介绍|标签|老板)(?:明明|都|还)?说(?:是|好的?)?|"
    r"哪(?:里|儿|点|方面|门子)?(?:有|能|会|算|够|来的?)?(?:什么|啥|半点|一点|说的|宣传的?|图片上?|描述的?)?|"
    r"谁(?:跟我|告诉我)说的?|(?:不明白|不懂|搞不懂|不理解|不知道)(?:大家|他们|别人)?(?:为什么|为啥|为何|怎么)(?:都|会|能)?(?:有人)?(?:说|夸|觉得)|"
    r"这(?:也|就|还|都)?(?:能|配)?(?:叫|算|称得上)|(?:怎么|也)?好意思(?:说|叫|称)|管这叫|你管这|吹(?:得|的)(?:那么|这么|多么)?|自己觉得|自认为|自以为|也敢(?:说|叫|称)|但凡(?:能|有)?|"
    r"^(?:还|亏)(?:敢|好意思|天天|一直|口口声声)?(?:说|自称|吹|标榜|叫)(?:自己|是)?|哪有[^,，]{1,5}[家店次款]的?|还是[^,，]{0,8}那家|还是(?:以前|原来|之前|老家|自家|人家|别家|那家|超市|原先|实体店|大?市场|外面).{0,4}[的里])"
    r"(?:说|自己|有|是|什么|啥|多|多么|那么|这么|很|特别|非常|太|最|纯|全|真正|一?[点些]|地|的|个|就|都|就算|哪里?|所谓的?|吃起来|用起来){0,2}$"
    r"|(?<!原来)(?<!正)(?<!不知)所谓的?$"
)
_WHATEVER = re.compile(r"^(?:什么|啥|神马)$")
_NO_MATCH = re.compile(
    r"(?:不如|不像|(?<!迫)不及(?!待|时|格)|比不上|比不过|赶不上|抵不上)(?![不没无扔丢别])[^,，又还也都太很]{1,9}$"
)
# What a comparison with nothing makes the strongest of its kind (没吃过这么脆的): it negates nothing.
_MARVELLED = re.compile(
    r"(?:没有?|未曾?|不曾|从未)(?:吃|喝|见|用|遇|碰|买|尝|看|听|闻|体验|享受|感受)(?:到|见)?过(?:这么|如此|这样|这般|那么|恁|比这.{0,2}(?:更|还)).{0,2}$"
)
# What stands before and behind: 离好吃差远了, 一个新鲜的都没有, 会新鲜就见鬼了.
_AROUND = (
    (
        re.compile(r"(?:离|距离?|跟|和|与|同)(?:真正的?|所谓的?|什么)?$"),
        re.compile(
            r"^的?(?:还|可)?(?:差(?:远|得|太|着|了?十万)|扯不上|沾不上|挂不上|有(?:一?段|点)?距离|相[去差]|不沾|无缘|无关|没有?.{0,4}关系|毫无关系|一点关系|[俩两]个?字|是两码事|相反)"
        ),
    ),
    (re.compile(r"(?:会|能|要是|要能)$"), re.compile(r"^(?:就|才)(?:见鬼|怪|有鬼|奇|出鬼)")),
    (re.compile(r"^还$"), re.compile(r"^的?呢")),
    (re.compile(r"一[个颗样种家次回]$"), re.compile(r"^的?(?:都|也)(?:没|找不)")),
)
# What others say and the writer does not share: 说难吃的可以闭嘴了, 哪里贵了?
_NOT_SHARED = (
    (
        re.compile(r"(?:说|嫌|吐槽|抱怨)(?:它|这个?|他家|这家)?$"),
        re.compile(
            r"^的?(?:朋友|可以|是同行|怕是|估计|八成|肯定|你确定|闭嘴|都是黑|是来黑|人.{0,2}(?:可以|怕|没吃|眼))"
        ),
    ),
    (re.compile(r"哪(?:里|儿|点)?$"), re.compile(r"^了(?:$|[?,])")),
)
_AS_SURE = re.compile(
    r"^的?(?:话)?,?(?:你|尽管|随时)?(?:来)?(?:找我|不要钱|是假的|才怪|算我的|包退|砍我|退我|我(?:直播)?吃|不收钱|打我|跟谁急)"
)
_NOT_ONLY = re.compile(r"(?:不仅仅?|不但|不光|不止|不只|岂止|非但)(?:是)?(?:[^,，没不]{0,2})$")
_WITHOUT_DOUBT = re.compile(
    r"(?:不得不|不能不|没有不|无不|不要太|不能再|不可能更|不是一般的?|别提多|不用说|要多.{1,3}有多|不能更|"
    r"没有(?:比.{1,6})?更|再.{1,3}不过)(?:说|承认|夸|赞|是)?$"
)
_TAKEN_BACK = re.compile(
    r"^(?:(?:的)?(?:是|那是|那就是|那叫|纯属|才是)(?:假的?|骗人|骗你|骗鬼|瞎话|谎话|昧良心|违心|扯淡|睁眼说瞎话|同行|黑粉|来黑)|算我输|是?不可能|谈不上|算不上|个(?:鬼|屁|锤子|毛线|头啊)|才怪|不到哪|不了多少|不起来|"
    r"两个字(?:沾不上|不沾边)|不沾边|不要钱|包退|也没有|的反面|的(?:一[个颗样种家]|基本|几乎|根本|压根|完全)?没(?:几[个颗样种家]|有(?:$|[,。!?~了呢吧])|一[个颗])|(?:都|也)(?:没有?|未)(?:见|看|发现|吃|遇|碰|闻|磕|压|破|碎|漏|洒|.{1,2}(?:出来|到|着|过))(?:过|到|着)?)"
)
# ... and only praise: what is left of it is a claim or a joke (新鲜在哪, 好吃个啥).
_MOCKED = re.compile(
    r"^得(?:好?像|跟)?.{0,6}欠(?:我|他|她|他们|你)?.{0,3}(?:钱|债|几百万)|(?:(?:都|全|全都)(?:是)?(?:假的?|骗人的?|骗|忽悠|吹|噱头|虚的)|是?(?:个|一个)?笑话|就是个?(?:笑话|噱头|骗局)|(?:二|俩)字(?:沾不上|不沾边|无缘)|"
    r"(?:到底|究竟)?在哪|个(?:啥|什么|P|p|毛|铲铲|寂寞)|了个寂寞|(?:什么|啥)(?:呀|啊|嘛|$|[,。!?])|(?:只|就)存在于|全靠(?:想象|脑补|吹)|从何(?:谈|说)起|言过其实|名不[副符]实|夸大其词|无从谈起|不再(?:$|[,。!])|不了(?:多少|几))"
)
_TWICE = re.compile(
    r"(?:没有?(?:一?[个次回天样家款处种口]|一|人|谁|哪.?|什么|啥)|未曾|从未|哪有|岂有|谁[能会敢]?说?|哪[个次回天家里儿点]|怎么[能会]|怎么可能|不可能|不会|很难|难以|无[人一处]|莫)"
    r"[^,，。!！?？也又还都]{0,7}?不(?!是不|得不|仅|光|但|过|错)"
    r"(?:让|叫|令|给|使|把|会|能|觉得|感到|想|说)?(?:我|人|咱|俺|大家|全家|孩子)?(?:们)?(?:很|太|特别|非常)?$"
)
_OUTER = re.compile(
    r"(?:(?:没有?(?:一?[个次回天样家款处种口]|一|人|谁|哪.)|从未|哪有|哪里?会|岂有|谁(?:会|能|敢|还|还会)?说?|哪[个次回天家样里儿]|"
    r"不可能|不会|绝不|无人|很难|怎么?[会能]|怎么可能|岂[会能])[^,，不没也又还都]{0,4}|没有)$"
)
# A word that negates by itself, and so takes what stands before it for a second negation.
_INNER = re.compile(r"(?:一[个包盒袋次回样天家颗]|有哪.)?[不没]")
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
DOUBTS = tuple(p.pattern for p in (_DOUBTED, _WHATEVER, _NO_MATCH))
FORWARD = tuple(
    p.pattern
    for p in (_TAKEN_BACK, _MOCKED, _MILD_AFTER, _AS_SURE, *(behind for _, behind in (*_AROUND, *_NOT_SHARED)))
)
DEGREES = tuple(p.pattern for p in (_STRONG, _MILD))

Negation = Literal["", "negated", "denied", "doubted"]


def negation(text: str, start: int, end: int, first: int) -> Negation:
    """How text[start:end] is negated, looking back to `first` and a little forward.

    'negated' turns the sign (没压碎, 不是很新鲜), 'denied' turns praise and takes blame back (不能说难吃), 'doubted' turns
    praise and leaves blame as it is (号称新鲜).
    """
    return (
        negated_before(text, start, end, first)
        or doubted_before(text, start, first)
        or negated_behind(text, start, end, first)
    )


def negated_before(text: str, start: int, end: int, first: int) -> Negation:
    """How what stands between `first` and `start` negates the word text[start:end]."""
    if start <= first:
        return ""
    before = text[max(first, start - _REACH) : start]
    if text[start].isascii() and _NEGATED_EN.search(text[max(first, start - 40) : start]):
        return "negated"
    if not _MAY_NEGATE.isdisjoint(before):
        if _MARVELLED.search(before + text[start : start + 2]):
            return ""
        if _INNER.match(text[start:end]) and _OUTER.search(before):
            return "negated"  # 谁不喜欢, 没有一样不好吃
        if _DENIED.search(before):
            return "negated" if text[start] == "不" and _CANNOT_SAY.search(before) else "denied"  # 不能说不便宜
        if _FALLS_SHORT.search(text[max(first, start - _FAR) : start]):
            return "negated"
        meant = _WITHOUT_DOUBT.search(before) or _NOT_ONLY.search(before)
        if not before.isascii() and not meant and _NEGATED.search(before):
            return "" if _TWICE.search(before) or _sworn(before, text[end : end + AFTER]) else "negated"
    return ""


def doubted_before(text: str, start: int, first: int) -> Negation:
    """Whether what stands between `first` and `start` leaves praise at `start` a claim, a doubt or a wish."""
    before = text[max(first, start - _REACH) : start]
    if not before or _WITHOUT_DOUBT.search(before) or _MARVELLED.search(before):
        return ""
    whatever = text[start] not in "都也的" and _WHATEVER.search(before)
    return "doubted" if whatever or _DOUBTED.search(before) or _NO_MATCH.search(before) else ""


def _sworn(before: str, after: str) -> bool:
    """Whether a negation swears to the opposite (不脆不要钱)."""
    return before.endswith("不") and _AS_SURE.match(after) is not None


def negated_behind(text: str, start: int, end: int, first: int) -> Negation:
    """How what follows the word text[start:end] takes it back (好吃才怪), or what stands around it (离新鲜差远了)."""
    after = text[end : end + AFTER]
    if text[start] == "不" and _AS_SURE.match(after):
        return "negated"  # 不脆不要钱
    if _TAKEN_BACK.match(after if text[end - 1] != "的" else f"的{after}"):
        return "negated"
    if _MOCKED.match(after):
        return "doubted"
    before = text[max(first, start - _REACH) : start]
    if any(behind.match(after) and ahead.search(before) for ahead, behind in _NOT_SHARED):
        return "negated"
    return "doubted" if any(behind.match(after) and ahead.search(before) for ahead, behind in _AROUND) else ""


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
