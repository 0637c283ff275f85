"""Which texts of a column `mask` could change: linear regular expressions (RE2) over the whole column at once.

Each sign is necessary for a pattern of `mask` or `persons`, so a text without any sign is its own masked form; the
converse does not hold. Three reviews in a hundred have one, and only those take the way through Python.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voc.text.mask import mask
from voc.text.normalise import flat_forms
from voc.text.persons import name_patterns

_SPACE = r"\s\x0b\x1c-\x1f\x85\p{Z}"
#: Pieces of a pattern: what opens a bracket, a class, an escape, any other character.
_TOKEN = re.compile(r"\(\?P<\w+>|\(\?<?[=!:]|\(|\[\^?(?:[^\]\\]|\\.)*\]|\\u[0-9a-f]{4}|\\.|.", re.DOTALL)
_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")
_NUMERALS = "零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_UNITS = "号弄栋幢座楼室房户门单层"


def mask_all(texts: pa.Array) -> pa.Array:
    """`mask` of each text; nulls stay null."""
    return changed_where(texts, maskable(texts))


def changed_where(texts: pa.Array, suspects: pa.Array) -> pa.Array:
    """`texts` with `mask` applied where `suspects` says so."""
    at = np.flatnonzero(np.asarray(pc.fill_null(suspects, False), bool))
    if not len(at):
        return texts
    masked = pa.array([mask(text) for text in texts.take(pa.array(at)).to_pylist()], pa.string())
    index = np.arange(len(texts))
    index[at] = len(texts) + np.arange(len(at))
    return pa.concat_arrays([texts, masked]).take(pa.array(index))


def maskable(texts: pa.Array) -> pa.Array:
    """Bool for each text, null for null: False only where `mask` changes nothing."""
    found = pc.match_substring_regex(texts, _signs()[0])
    for sign in _signs()[1:]:
        found = pc.or_(found, pc.match_substring_regex(texts, sign))
    return found


@cache
def _signs() -> tuple[str, ...]:
    digit, letter = f"{_wide('0123456789')}", _wide("abcdefghijklmnopqrstuvwxyz")
    figure = rf"(?:\p{{Nd}}|{digit})"
    gap = rf"[^{digit[1:-1]}\p{{Nd}}]"
    either = rf"(?:{figure}|{letter})"
    space, dash = f"[{_SPACE}]", _wide("-_")[1:-1]
    announced = _words(
        "订单 单号 取件码 提货码 核销码 券码 兑换码 验证码 会员号 会员卡号 卡号 流水号 "
        "order tracking confirmation member card receipt"
    )
    numbers = (
        rf"(?:{figure}{gap}{{0,6}}){{6}}{figure}",
        rf"(?:(?:{figure}|{_wide(_NUMERALS)})[{_SPACE}{dash}]?){{10}}(?:{figure}|{_wide(_NUMERALS)})",
        _words("电话 手机 座机 热线 致电 拨打 联系方式 telephone phone tel call@me mobile 护照 通行证 身份证 passport")
        + rf"(?s:.{{0,12}})(?:{figure}[{_SPACE}{dash}]{{0,3}}){{6}}",
        announced + rf"(?s:.{{0,24}}){figure}(?:{either}|[{dash}]){{3}}",
        announced + rf"(?s:.{{0,24}})(?:{either}|[{dash}]){{2}}{figure}(?:{either}|[{dash}])",
    )
    accounts = (
        rf"{_wide('@')}|{_word('at')}{_wide(')]')}",
        _words("微信 薇信 威信 微心 v信 weixin wechat wx vx qq 扣扣 企鹅")
        + rf"(?s:.{{0,8}})(?:{either}|[{dash}]){{5}}",
        _words("微信 薇信 威信 微心 v信 weixin wechat wx vx")
        + rf"(?s:.{{0,8}}){either}[{_SPACE}]?(?:{either}|[{dash}]){{4}}",
        _words("qq 扣扣 企鹅") + rf"[^{digit[1:-1]}\n]{{0,5}}{figure}",
        rf"{_wide('加+')}(?:{_words('我 个 下 一下 店家 客服 老板')})?{_wide('的')}?{space}?{_wide('vwxqwv微薇')}",
    )
    unit = rf"(?:{either}|{_wide('一二三四五六七八九十')}){{1,5}}"
    addresses = (
        rf"{_words('路 街 大道 巷 弄 胡同')}{space}{{0,2}}{unit}{space}?{_wide(_UNITS)}",
        rf"{_wide('区园寓村馆厦舍场苑府庭里城邸湾院')}{space}?{figure}{{1,4}}{space}?{_wide('号栋幢座')}",
        rf"{figure}{space}?{_words('号楼 栋 幢 单元')}",
        rf"{_words('地址 住址 家住')}(?:{_wide('是为在')})?{space}?{_wide(':：')}",
        rf"{figure}{space}(?:{letter}|{space}|{_wide('.')}){{2,60}}{_words('street st. ave road rd boulevard blvd lane')}",
    )
    # Plates are looked for as they are written, without regard to the shadow.
    plates = (
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁][A-HJ-NP-Z](?s:.)?[A-Z\p{Nd}]{5}",
        r"车牌",
    )
    names = [_relaxed(pattern) for pattern in name_patterns()]
    # One automaton for all of them would outgrow RE2's memory and be a hundred times slower.
    groups = ((*numbers[:2], *plates), numbers[2:], (*accounts, *addresses), names)
    return tuple("|".join(group) for group in groups)


def _relaxed(pattern: str) -> str:
    """A pattern of `re` without its lookarounds, names of groups and word edges, as RE2 reads it."""
    out: list[str] = []
    dropped = 0  # brackets that are open since a lookaround began
    for token in _TOKEN.findall(pattern):
        if dropped:
            dropped += (token[0] == "(") - (token == ")")
        elif token in _LOOKING:
            dropped = 1
        elif token.startswith("(?P<"):
            out.append("(?:")
        elif token != r"\b":
            token = f"[{_SPACE}]" if token == r"\s" else token.replace(r"\s", _SPACE)
            out.append(re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", token.replace(r"\d", r"\p{Nd}")))
    return "".join(out)


@cache
def _sources() -> dict[str, str]:
    """Character -> all that `flat` turns into it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code, form in flat_forms().items():
        found[form].append(chr(code))
    return {form: "".join(sorted(chars)) for form, chars in found.items()}


def _wide(chars: str) -> str:
    """A class of all characters that `flat` turns into one of `chars`, and they themselves."""
    all_of_them = sorted({c for char in chars for c in (char, *_sources().get(char, ""))})
    return "[" + "".join(re.escape(c) for c in all_of_them) + "]"


def _word(word: str) -> str:
    return "".join(f"[{_SPACE}]" if char == "@" else _wide(char) for char in word)


def _words(words: str) -> str:
    """Any of the words; `@` stands for a blank."""
    return "(?:" + "|".join(_word(word) for word in words.split()) + ")"
