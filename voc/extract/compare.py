"""Comparison with rivals: who is measured against whom, and who wins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Comparison = Literal["we_lead", "we_trail", "as_said", "reversed", "elsewhere"]

_OTHER = re.compile(
    r"别家|其他家|其它家|别人家|人家|隔壁|别的(?:店|牌子|家|品牌)?|其他(?:店|牌子|品牌|家的?)?|"
    r"其它(?:店|牌子|品牌)?|某.{1,4}|另一家|市面上|市场(?:上|里)?|超市|菜市场|菜场|专柜|小卖部|便利店|实体店|水果(?:店|摊)|地摊|路边摊?|街(?:上|边)|"
    r"外面(?:卖|买|的(?!包装|盒|袋|箱|纸|皮|壳|一层))|(?:随便|哪)(?:一)?家|随便(?:买|哪|找)(?:的|一家|个)?|常去的|常买的|那家|别处|老家(?:的|卖)"
)
OTHERS = _OTHER.pattern
"""Without this, or the name of a rival, a clause compares with nobody."""
_US = r"(?:它|他|这家?|这个|这款|这|你家|你们|你|他家|本店|我们|贵店|咱家)"
_NO_MORE_THAN = re.compile(r"不比$")
_WORSE = re.compile(r".{0,4}?(?:差|逊色|弱|难吃|次)")
_THAN = re.compile(r"(?:比|比起|相比|相对|对比|要比|较)(?:上次|之前|以前|从前|昨天)?(?:[买吃喝用]的)?$")
_SHORT_OF = re.compile(r"(?:不如|没有?|比不上|赶不上|不及|比不过|不像|远不如|差|输给|还不如|跟不上|不敌)$")
_LACKING = re.compile(r"没有?$")
_MEASURE = re.compile(r"好|香|脆|新鲜|便宜|强|甜|大|多|快|正宗|那么|划算|实惠")
_AHEAD_OF = re.compile(r"(?:秒杀|完胜|吊打|碾压|超过|胜过|强过|好过|甩|不输|不输给|媲美|堪比)$")
_BEHIND_US = re.compile(rf"(?:家|的)?.{{0,4}}?(?:都|也|还|要|就)?(?:不如|比不上|比不过|没有?|赶不上|不及){_US}")
_FAR_AHEAD = re.compile(rf"(?:家|的)?.{{0,3}}?(?:甩|吊打|碾压|秒杀|完胜|打败|胜过|强过){_US}")
_THAN_US = re.compile(rf"(?:家|的)?.{{0,4}}?(?:都|也|还|要)?比{_US}")
_BESIDE_US = re.compile(rf"(?:家|的)?.{{0,6}}?[跟和与同]{_US}.{{0,3}}(?:比|没法比)")
_TIRED_OF = re.compile(r"(?:家|的)?(?:都|已经?|早)?(?:吃|喝|用|买)(?:腻|够|烦)了")
_LOSES = re.compile(r"弱|差|逊|不行|不够看|输|渣|难吃|拉胯|弟弟|没眼看|worse")
_BETTER = re.compile(
    r"(?:家|的)?.{0,2}?(?:没法比|好多了|强多了|更好|更便宜|更新鲜|更实惠|完胜|好太多|.{1,4}多了|.{1,3}得多)"
)
_BESIDE = re.compile(r"[跟和与]$")
_ELSEWHERE = re.compile(r"家|那|散|里|的|这|卖|才|只|用|里|同款|旗舰|买|吃|喝|一|两|三|就|都|要")
_OURS = re.compile(r"(?:而|但是?|可|不像|反观|再看|轮到|换(?:成|了|到)?|到了?)?(?:这|它|你|贵|本店|咱|他们?家|此|我们)")
_NEAR = 5
_MEASURED = re.compile(r"(没法)?(?:比|相比|比较)")


@dataclass(frozen=True)
class Compared:
    """`how` the clause sets us against `rival` (None for a rival without name)."""

    how: Comparison
    rival: str | None


def compared(clause: str, rivals: list[tuple[int, int]]) -> Compared | None:
    """The comparison with a rival in `clause`; `rivals` are the spans of rival brands in it.

    'as_said': an opinion in the clause is about us (比X好吃). 'reversed': it is about the rival (X比它好吃). 'we_lead'
    and 'we_trail': the construction itself decides (X不如这家, 不比X差; 不如X). 'elsewhere': it only tells of the rival
    (X那款发苦); what is ours may follow (`ours`).
    """
    named: list[tuple[int, int, str | None]] = [(s, e, clause[s:e]) for s, e in rivals]
    for start, end, name in named or [(m.start(), m.end(), None) for m in _OTHER.finditer(clause)]:
        how = _how(clause[:start], clause[end:])
        if how is not None:
            return Compared(how, name)
    match = _OTHER.search(clause)
    start, end, name = named[0] if named else (*match.span(), None) if match else (len(clause), 0, None)
    return Compared("elsewhere", name) if start <= _NEAR and _ELSEWHERE.match(clause[end:]) else None


def ours(clause: str) -> bool:
    """Whether a clause turns to what is ours (这家的就清甜)."""
    return bool(_OURS.match(clause))


def _how(before: str, after: str) -> Comparison | None:
    if _BESIDE.search(before) and (match := _MEASURED.match(after)):
        return "we_trail" if match[1] else "as_said"
    if _NO_MORE_THAN.search(before):
        return "we_lead" if _WORSE.match(after) else "we_trail"
    if _THAN.search(before):
        return "as_said"
    if _SHORT_OF.search(before):
        # 没有X is a comparison only with something to measure by: 没有X好吃
        return None if _LACKING.search(before) and not _MEASURE.search(after) else "we_trail"
    if _AHEAD_OF.search(before) or _BEHIND_US.match(after):
        return "we_lead"
    if _TIRED_OF.match(after):
        return "we_lead"
    if _FAR_AHEAD.match(after):
        return "we_trail"
    if beside := _BESIDE_US.match(after):
        return "we_lead" if _LOSES.search(after, beside.end()) else "reversed"
    if _THAN_US.match(after):
        return "reversed"
    return "we_trail" if _BETTER.match(after) and not _BESIDE.search(before) else None
