"""Masking of what tells who a person is; same length, so that spans stay true.

Every pattern is bounded in length and has no nested repetition, and a text is worked through in windows, so the cost is
linear in its length. Patterns look at a shadow of the text in which full-width and circled forms are plain ASCII and
letters are in lower case; the shadow has the same length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from voc.text.normalise import flat
from voc.text.persons import person_spans, staff_spans

__all__ = ["MASK", "mask", "masked_spans", "staff_spans"]

MASK = "＊"
_WINDOW, _OVERLAP = 20_000, 400

_HAN = r"\u4e00-\u9fff"
_SEP = r"[\s\-_.·—–]{1,3}"
_NUMERAL = "0-9零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_UNIT = r"[0-9a-z一二三四五六七八九十]{1,5}"
_CHAIN = rf"(?:\s?{_UNIT}\s?(?:号楼|号院|号|弄|栋|幢|座|楼|单元|层|室|房|户|门)){{1,6}}(?:\s?-?\d{{2,4}}(?!\d))?"
# Characters that end a road's or an estate's name on its left side.
_PLACE = rf"(?:(?![在到住去是的了送寄于从往给址为有和及个这那条离近走过沿])[{_HAN}])"
_ESTATE = "小区|花园|家园|公寓|新村|公馆|大厦|宿舍|社区|广场|苑|府|庭|村|里|园|城|邸|湾|院"

# (what must be there for any of the patterns to match, the patterns)
_KINDS = tuple(
    (re.compile(sign), tuple(re.compile(pattern) for pattern in patterns))
    for sign, patterns in (
        (  # telephone, card, identity and order numbers by their digits alone
            r"(?:[0-9][^0-9]{0,6}){7}",
            (
                r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d{9}(?!\d)",
                rf"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d(?:{_SEP}\d{{4}}{_SEP}\d{{4}}|{_SEP}\d{{8}}|\d{{4}}{_SEP}\d{{4}}|{_SEP}\d{{3}}{_SEP}\d{{5}})(?!\d)",
                r"(?<!\d)1([\s\-_.,，、·*]{1,2}|\ufe0f?\u20e3\s?)[3-9](?:\1\d){9}",
                r"(?<!\d)\(?0\d{2,3}\)?[\s\-—]{0,2}[2-9]\d{2,3}[\s\-]?\d{4}(?:\s?[-转]\s?\d{1,5})?(?!\d)",
                r"(?<!\d)[48]00[\s-]?\d{3}[\s-]?\d{4}(?!\d)",
                r"(?<![\d.])\+?1?[\s.-]?\(?[2-9]\d{2}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)",
                r"(?<!\d)\d{6}[\s-]?(?:18|19|20)\d{2}[\s-]?(?:0[1-9]|1[0-2])[\s-]?(?:[0-2]\d|3[01])[\s-]?\d{3}[\dx](?![\da-z])",
                r"(?<!\d)\d{17}x(?![\da-z])",
                r"(?<![\d.])(?!(?:(?:19|20)\d{2}[\s-]){3})\d{4}(?:[\s-]\d{4}){3}(?:[\s-]?\d{1,3})?(?!\d)",
                r"(?<![\d.])[a-z]{0,4}\d{12,40}",
            ),
        ),
        (  # mobile numbers in Chinese numerals, or mixed
            r"(?:[0-9零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖][\s\-]?){11}",
            (
                rf"(?<![{_NUMERAL}])[1一幺壹][\s-]?[3-9三四五六七八九叁肆伍陆柒捌玖](?:[\s\-]?[{_NUMERAL}]){{9}}(?![{_NUMERAL}])",
            ),
        ),
        (  # numbers by the word that announces them
            r"[0-9]{2}",
            (
                r"(?:电话|手机|手机号|座机|热线|致电|拨打|联系方式|telephone|phone|tel|call me|mobile)"
                r"[^\d\n]{0,8}\+?(\d[\d\s-]{5,16}\d)",
                r"(?:护照|通行证|身份证|passport)(?:号码|号|no\.?|number)?[^a-z0-9\n]{0,4}([a-z]{0,2}\d{6,18}x?)",
                r"(?:订单编号|订单号|订单|运单号|快递单号|物流单号|单号|取件码|提货码|核销码|券码|兑换码|验证码|会员号|会员卡号|卡号|流水号)"
                r"(?:是|为|尾号)?[\s:：#]{0,4}([a-z]{0,4}[0-9][0-9a-z\-]{3,30})",
                r"(?:order|tracking|confirmation|member|card|receipt)\s?(?:number|no\.?|id|#)\s?(?:is|was)?[\s:#]{0,3}([a-z]{0,4}[0-9][0-9a-z\-]{3,30})",
            ),
        ),
        (  # e-mail
            r"@|at[)\]]",
            (
                r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[a-z0-9-]{1,63}(?:\s?\.\s?[a-z0-9-]{2,63}){1,4}",
            ),
        ),
        (  # messenger accounts
            r"微信|薇信|威信|微心|weixin|wechat|wx|vx|v信|[加+]|qq|扣扣|企鹅",
            (
                r"(?:微信|薇信|威信|微心|v信|weixin|wechat|wx|vx)(?:号码|号|id|群)?\s?(?:是|为|叫|[:：+])\s?([a-z0-9][a-z0-9_\-]{4,24})",
                r"(?:微信|薇信|威信|微心|v信|weixin|wechat|wx|vx)(?:号码|号|id|群)?[\s,，]{0,3}((?=[a-z_\-]{0,20}[0-9])[a-z0-9_\-]{5,24})",
                rf"(?:加|\+)(?:我|个|下|一下|店家|客服|老板)?的?\s?(?:v|vx|wx|微|薇|q)(?![a-z{_HAN}])[\s:：]{{0,3}}([a-z0-9][a-z0-9_\-]{{4,24}})",
                r"(?:加|\+)(?:我|个|下|一下)?\s?(?:v|q)((?=[a-z_]{0,16}[0-9])[a-z0-9_\-]{5,20})",
                r"(?:qq|扣扣|企鹅)(?:号码|号|群)?[^\d\n]{0,5}(\d{5,11})(?!\d)",
            ),
        ),
        (  # postal addresses
            r"路|街|道|巷|弄|胡同|栋|幢|座|楼|单元|地址|住址|家住|street|st\.|ave|road|rd\.|blvd|boulevard|lane|号",
            (
                rf"(?:{_PLACE}{{1,8}}[省市区县镇乡]){{0,4}}{_PLACE}{{1,6}}(?:路|街|大道|大街|巷|弄|胡同)\s?{_CHAIN}",
                rf"(?:{_PLACE}{{1,6}}[省市区县镇乡]){{0,4}}{_PLACE}{{2,6}}(?:{_ESTATE})\s?\d{{1,4}}\s?(?:号楼|栋|幢|座|号)(?:{_CHAIN})?(?:\s?-?\d{{2,4}}(?!\d))?",
                rf"(?<!\d)\d{{1,3}}\s?(?:号楼|栋|幢)\s?(?:{_UNIT}\s?(?:单元|门|层|楼)\s?)?\d{{2,4}}(?:室|房|户)?(?!\d)",
                r"(?<!\d)\d{1,3}\s?(?:单元)\s?\d{2,4}(?:室|房|户)?(?!\d)",
                rf"(?:地址|住址|家住)(?:是|为|在)?\s?[:：]\s?([{_HAN}][^，,。；;！!\n]{{0,16}}[路街村镇区县巷弄号栋][^，,。；;！!\n]{{0,30}})",
                r"(?<!\d)\d{1,5}\s(?:[nsew]\.?\s)?(?:[a-z]{2,15}\s){1,3}(?:street|st\.|avenue|ave\.?|road|rd\.?|boulevard|blvd\.?|lane)(?![a-z])"
                r"(?:,?\s(?:apt|unit|suite)\.?\s?#?\d{1,5}[a-z]?)?",
            ),
        ),
    )
)
# Plates keep their letters' case: 京A12345 is one, 新mate60 is a telephone.
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁][A-HJ-NP-Z][·•.\s-]?"
    r"(?=(?:[A-Z]{0,2}[0-9]){3})[A-Z0-9]{5,6}(?![A-Za-z0-9])|"
    r"车牌号?(?:是|为)?[\s:：]{0,3}([\u4e00-\u9fff]?[A-Za-z][A-Za-z0-9·]{4,7})"
)


def mask(text: str) -> str:
    """`text` with each code point that identifies a person replaced by '＊' (U+FF0A); the length never changes.

    Telephone numbers, e-mail and postal addresses, identity cards, plates, messenger accounts, order numbers, names of
    customers and staff, badge numbers. Prices, weights, dates, stars and brand names stay. Idempotent.
    """
    spans = masked_spans(text)
    if not spans:
        return text
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], MASK * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def masked_spans(text: str) -> list[tuple[int, int]]:
    """The half-open code point spans that `mask` covers, in order, not overlapping."""
    found: list[tuple[int, int]] = []
    for start, window in _windows(text):
        found.extend((start + a, start + b) for a, b in _numbers(window))
        found.extend((start + a, start + b) for a, b in person_spans(window))
    return merged(found)


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    shadow = flat(text)
    for sign, patterns in _KINDS:
        if not sign.search(shadow):
            continue
        for pattern in patterns:
            for match in pattern.finditer(shadow):
                # A group marks what is secret; groups that repeat a separator start inside the match and are short.
                yield match.span(1) if match.lastindex and len(match[1]) > 3 else match.span()
    for match in _PLATE.finditer(text):
        yield match.span(1) if match[1] else match.span()


def _windows(text: str) -> Iterator[tuple[int, str]]:
    step = _WINDOW - _OVERLAP
    for start in range(0, max(len(text) - _OVERLAP, 1), step):
        yield start, text[start : start + _WINDOW]


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and touching spans as one, in order."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
