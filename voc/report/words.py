"""Numbers, dates and small sentences in Chinese and English.

Nothing here decides anything: it only says what a number is, never more than its gate allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from voc.errors import UnknownName
from voc.report.dims import tidy

LANGUAGES = ("en", "zh")
SMALL = 30  # below this many, a share is not printed as a percentage
NONE = "—"

GATES = {
    "strong": ("信号强", "strong signal"),
    "moderate": ("信号较强", "moderate signal"),
    "insufficient": ("证据不足", "not enough evidence"),
}
LEVELS = {
    "store": ("门店", "stores"),
    "sku": ("商品", "products"),
    "store_sku": ("门店 × 商品", "store and product"),
    "region": ("区域", "regions"),
    "source": ("来源", "sources"),
    "category": ("品类", "categories"),
    "parent_sku": ("同款各规格", "all sizes of a product"),
    "lot": ("批次", "lots"),
    "chain": ("全链", "chain"),
}
SEVERITIES = {
    "S1": ("安全", "safety"),
    "S2": ("严重", "serious"),
    "S3": ("不满", "dissatisfaction"),
    "S4": ("轻微", "minor"),
}
INTENTS = {
    "complaint": ("投诉", "complaints"),
    "praise": ("好评", "praise"),
    "request": ("希望与建议", "requests"),
    "question": ("提问", "questions"),
    "repurchase": ("复购", "buying again"),
    "leave": ("不再购买", "leaving"),
    "switch": ("转向别家", "switching"),
    "neutral": ("中性", "neutral"),
}
OWNERS = {
    "product": ("产品", "product"),
    "quality": ("质量", "quality"),
    "supply chain": ("供应链", "supply chain"),
    "store operations": ("门店运营", "store operations"),
    "customer service": ("客服", "customer service"),
    "marketing": ("市场", "marketing"),
    "kitchen": ("后厨", "kitchen"),
    "factory": ("工厂", "factory"),
    "logistics": ("物流", "logistics"),
    "warehouse": ("仓库", "warehouse"),
    "picking": ("拣货", "picking"),
}
SOURCES = {
    "jd": ("京东", "JD"),
    "meituan": ("美团", "Meituan"),
    "tmall": ("天猫", "Tmall"),
    "wjx": ("问卷星", "Wjx survey"),
    "orders": ("订单", "orders"),
    "skus": ("商品档案", "product list"),
    "stores": ("门店档案", "store list"),
}
REASONS = {
    "bad_date": ("日期读不准", "date cannot be read"),
    "bad_encoding": ("字符编码有误", "characters are broken"),
    "bad_json": ("JSON 格式有误", "broken JSON"),
    "bad_nps": ("推荐分不在 0–10", "recommendation is not 0 to 10"),
    "bad_rating": ("星级不在量表内", "stars are off the scale"),
    "bad_units": ("销量不是数", "units sold are no number"),
    "bad_value": ("取值有误", "value is not valid"),
    "line_too_long": ("行过长", "line is too long"),
    "missing_date": ("没有日期", "no date"),
    "precision_lost": ("编号精度丢失", "id lost its last digits"),
    "ragged_row": ("列数不符", "wrong number of columns"),
    "repeated_header": ("重复的表头", "header row repeated"),
    "stray_quote": ("引号错位", "stray quotation mark"),
    "unclosed_quote": ("引号未闭合", "quotation mark not closed"),
}
CHANGES = {
    "new": ("新出现", "new"),
    "rising": ("上升", "rising"),
    "falling": ("下降", "falling"),
    "gone": ("消失", "gone"),
    "chronic": ("老问题", "chronic"),
    "seasonal": ("节庆常有", "seasonal"),
}
FOUND = {
    "awaiting": ("待核实", "not verified"),
    "verified": ("已核实", "verified"),
    "excluded": ("已排除", "excluded"),
}
EVENTS = {
    "new": ("新出现", "new"),
    "kept": ("延续", "kept"),
    "split": ("分出", "split off"),
    "merged": ("合并", "merged"),
    "gone": ("消失", "gone"),
}
KINDS = {
    "review": ("评价", "review"),
    "followup": ("追评", "follow-up"),
    "survey": ("问卷", "survey"),
    "dialogue": ("对话", "dialogue"),
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass(frozen=True)
class Words:
    """The words of one language; `zone` is where a day begins and ends."""

    lang: str
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise UnknownName("report language", self.lang, LANGUAGES)

    @property
    def zh(self) -> bool:
        return self.lang == "zh"

    def pick(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def of(self, table: dict[str, tuple[str, str]], key: str | None) -> str:
        """The word for `key`, or `key` itself where the table has none."""
        return self.pick(*table[key]) if key in table else (key or NONE)

    def source(self, key: str) -> str:
        """A source's name; one that we do not know is called as the project calls it."""
        return tidy(self.of(SOURCES, key), longest=30)

    def reason(self, code: str) -> str:
        """Why a record was set aside."""
        return tidy(self.of(REASONS, code), longest=60)

    def count(self, n: int) -> str:
        return f"{n:,}"

    def things(self, n: int, zh: str, one: str, many: str | None = None) -> str:
        """'12 条评价' or '1 review', '12 reviews'; `zh` starts with its measure word."""
        return f"{n:,} {zh}" if self.zh else f"{n:,} {one if n == 1 else many or one + 's'}"

    def reviews(self, n: int) -> str:
        return self.things(n, "条评价", "review")

    def share(self, k: int, n: int) -> str:
        """A percentage from n = SMALL on, below that the two counts in words; nothing of nothing is a dash."""
        if n <= 0:
            return NONE
        if n < SMALL:
            return self.pick(f"{n} 条中 {k} 条", f"{k} of {n}")
        return self.percent(k / n)

    def percent(self, x: float | None) -> str:
        if x is None or not math.isfinite(x):
            return NONE
        value = 100 * x
        if value and abs(value) < 0.1:
            return f"{value:.2f}%"
        return f"{value:.1f}%"

    def number(self, x: float | None, digits: int = 1) -> str:
        """A rounded number with a true minus sign; a dash for what is not a finite number."""
        if x is None or not math.isfinite(x):
            return NONE
        text = f"{x:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        return text.replace("-", "−")

    def times(self, x: float | None) -> str:
        """A ratio: '2.4 倍' or '2.4×'."""
        if x is None or not math.isfinite(x):
            return NONE
        return f"{self.ratio(x)} 倍" if self.zh else f"{self.ratio(x)}×"

    def ratio(self, x: float | None) -> str:
        if x is None or not math.isfinite(x):
            return NONE
        return f"{x:.0f}" if x >= 10 else f"{x:.1f}" if x >= 0.95 else f"{x:.2f}"

    def interval(self, low: float | None, high: float | None, *, percent: bool = False) -> str:
        """'1.6–3.5', or '13.6–14.8%'; a dash where an end is missing."""
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return NONE
        if percent:
            return f"{self.percent(low).rstrip('%')}–{self.percent(high)}"
        return f"{self.ratio(low)}–{self.ratio(high)}"

    def signed(self, x: float | None) -> str:
        return NONE if x is None or not math.isfinite(x) else ("+" if x > 0 else "") + self.number(x)

    def points(self, x: float, low: float, high: float) -> str:
        """A difference of two shares in percentage points, with its interval: '+1.2 个百分点（−0.3 至 +2.7）'."""
        a, b, c = (self.signed(100 * v) for v in (x, low, high))
        return self.pick(f"{a} 个百分点（{b} 至 {c}）", f"{a} points ({b} to {c})")

    def month(self, month: str) -> str:
        year, number = month.split("-")
        return f"{year} 年 {int(number)} 月" if self.zh else f"{_MONTHS[int(number) - 1]} {year}"

    def month_short(self, month: str) -> str:
        number = month[5:]
        return f"{int(number)}月" if self.zh else _MONTHS[int(number) - 1][:3]

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))

    def day(self, at: datetime) -> str:
        d = self.local(at)
        return f"{d.month} 月 {d.day} 日" if self.zh else f"{d.day} {_MONTHS[d.month - 1][:3]}"

    def date(self, d: date) -> str:
        """'2026 年 11 月 14 日' or '14 November 2026'."""
        return f"{d.year} 年 {d.month} 月 {d.day} 日" if self.zh else f"{d.day} {_MONTHS[d.month - 1]} {d.year}"

    def gate(self, gate: str | None) -> str:
        return NONE if gate is None else self.of(GATES, gate)

    def title(self, text: str) -> str:
        """`text` as a heading or the beginning of a sentence: English gets a capital."""
        return text if self.zh else text[:1].upper() + text[1:]

    def quoted(self, text: str) -> str:
        return f"“{text}”"

    def list(self, items: Sequence[str]) -> str:
        """'甲、乙和丙' or 'a, b and c'."""
        items = list(items)
        if len(items) < 2:
            return "".join(items)
        head, last = items[:-1], items[-1]
        return f"{'、'.join(head)}和{last}" if self.zh else f"{', '.join(head)} and {last}"
