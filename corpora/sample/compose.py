"""How a customer says it: clauses of the grammar put together, with the dirt that real text has."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from voc.corpora.sample.phrases import Pattern, complaints, fill, lines, patterns, read

PLACES = {"meituan": "in_store", "wjx": "in_store"}
"""Where a source's customers were: their own key of patterns, beside 'any' and the product groups."""
STAFF_ROLES = ("店员", "收银", "导购", "店长", "收银员")
SOMEBODY = ("店员", "收银的", "导购", "那个阿姨", "店里的小姑娘", "营业员", "站柜台的")
STAFF_NAMES = ("小李", "王姐", "张丽", "小陈", "刘敏", "小周", "赵姐", "阿芳", "陈师傅", "小吴", "孙倩", "老杨")
WHO = ("孩子", "我妈", "老公", "同事", "家里老人", "闺女", "室友", "我对象", "婆婆", "小朋友", "我爸", "朋友")
GENERIC = ("", "", "这个", "这款", "东西", "这袋", "买的这个")
EMOJI_GOOD = ("👍", "😋", "🥰", "❤️", "👍👍👍", "🎉", "😄", "💯")
EMOJI_BAD = ("😡", "🙄", "😤", "👎", "😭", "💔", "🙂", "👍🙂", "😅")
EMPHASIS = ("！", "！！", "…", "～", "。。。", "")
TYPOS = (
    ("的", "得"),
    ("在", "再"),
    ("很", "狠"),
    ("没", "木"),
    ("了", "啦"),
    ("吃", "次"),
    ("都", "督"),
    ("味", "昧"),
    ("袋", "代"),
)


@dataclass
class Voice:
    """What one review is told from: product, place, and what it says. `lot` and `component` are told in a complaint."""

    group: str
    noun: str
    source: str
    rival: str
    lot: str | None = None
    component: str | None = None
    stale: str = ""
    """The code that `component` is complained of."""
    told: list[str] = field(default_factory=list)
    """Names and numbers in the text that must be masked later."""


class Composer:
    """Deterministic for its seed and the order of the calls."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.complaint, self.praise, self.english = complaints(), patterns("praise"), patterns("english")
        self.only, self.mixed = lines("frames", "complaint_only"), lines("frames", "mixed")
        self.except_for, self.openings = lines("frames", "except_for"), lines("frames", "openings")
        self.good = {k: lines("frames", f"praise_{k}") for k in ("only", "courier", "store")}
        self.join = read("frames")["join"]
        self.empty = read("frames")["empty_answer"]
        self.suggestion = lines("frames", "suggestion")

    def pick(self, options: tuple[str, ...] | list[str]) -> str:
        return options[int(self.random.random() * len(options))]

    def slots(self, voice: Voice) -> dict[str, str]:
        """What the product, a person and a rival are called in one clause."""
        named = self.random.random() < 0.4
        return {
            "n": voice.noun if named else self.pick(GENERIC), "N": voice.noun, "who": self.pick(WHO), "rival": voice.rival,
        }  # fmt: skip

    def staff(self, voice: Voice) -> str:
        """Somebody of the store, a third of the time by name or badge, which `voice.told` then holds."""
        u = self.random.random()
        if u > 0.35:
            return self.pick(SOMEBODY)
        if u < 0.05:
            badge = f"工号{int(self.random.random() * 9000) + 1000}"
            voice.told.append(badge)
            return f"{badge}的店员"
        voice.told.append(self.pick(STAFF_ROLES) + self.pick(STAFF_NAMES))
        return voice.told[-1]

    def clause(self, table: dict[str, dict[str, tuple[Pattern, ...]]], code: str, voice: Voice) -> str:
        groups = table[code]
        own = groups.get(voice.group, ())
        both = (*groups.get("any", ()), *groups.get(PLACES.get(voice.source, "courier"), ()))
        at = int(self.random.random() * (len(both) + 2 * len(own)))
        pattern: Pattern = both[at] if at < len(both) else own[(at - len(both)) // 2]
        text: str = pattern.draft(self.random)
        if "{" in text:
            slots = self.slots(voice)
            if "{staff}" in text:
                slots["staff"] = self.staff(voice)
            text = fill(text, slots)
        if voice.component is not None and code == voice.stale and table is self.complaint:
            text = f"里面的{voice.component}{text.replace(voice.noun, '')}"
        return text[1:] if text[0] in "，。、；" else text

    def clauses(self, table: dict[str, dict[str, tuple[Pattern, ...]]], codes: list[str], voice: Voice) -> str:
        if not codes:
            return ""
        text = self.clause(table, codes[0], voice)
        for code in codes[1:]:
            text += self.pick(self.join) + self.clause(table, code, voice)
        return text

    def review(self, bad: list[str], good: list[str], voice: Voice) -> str:
        """A review that complains of `bad` and praises `good` (codes), in Chinese."""
        if bad:
            complaint = self.clauses(self.complaint, bad, voice)
            if voice.lot is not None:
                complaint += self.pick(("，批号", "，袋子上喷的", "，生产批次")) + voice.lot
            if not good:
                return self.opening() + self._framed(self.only, c=complaint)
            short = len(complaint) < 10 and "，" not in complaint
            frames = self.except_for if short and self.random.random() < 0.5 else self.mixed
            return self.opening() + self._framed(frames, c=complaint, p=self.clauses(self.praise, good, voice))
        if not good:
            key = "plain" if self.random.random() < 0.7 else "neutral"
            return self.clause(self.praise, key, voice)
        u = self.random.random()
        place = "courier" if voice.source != "meituan" else "only" if {"V15", "V16"} & set(good) else "store"
        frames = self.good["only"] if u < 0.8 else self.good[place]
        q = self.clause(self.praise, "plain" if self.random.random() < 0.75 else "neutral", voice)
        text = self._framed(frames, p=self.clauses(self.praise, good, voice), q=q)
        return self.opening() + text if u < 0.5 else text

    def opening(self) -> str:
        """Now and then how it came to the purchase, which says nothing of any issue."""
        if self.random.random() > 0.14:
            return ""
        opening: Pattern = self.openings[int(self.random.random() * len(self.openings))]
        text: str = opening.say(self.random, {"who": self.pick(WHO)})
        return text

    def _framed(self, frames: tuple[Pattern, ...], **slots: str) -> str:
        frame = frames[int(self.random.random() * len(frames))]
        text: str = frame.say(self.random, slots)
        for twice, once in (("。。", "。"), ("！。", "！"), ("。，", "。"), ("？，", "？"), ("，，", "，")):
            text = text.replace(twice, once)
        return text

    def english_review(self, bad: list[str], good: bool) -> str:
        pieces = [self._english(code) for code in bad]
        if good or not pieces:
            pieces.insert(
                0 if self.random.random() < 0.5 else len(pieces), self._english("praise" if good else "plain")
            )
        text = pieces[0][:1].upper() + pieces[0][1:]
        for piece in pieces[1:]:
            link = self.pick((". ", ", but ", " but ", "; ", ". ")) if good else self.pick((". ", ", and ", ". "))
            text += link + (piece[:1].upper() + piece[1:] if link == ". " else piece)
        return text + self.pick((".", "!", "", "..."))

    def _english(self, code: str) -> str:
        options = self.english[code]["any"]
        said: str = options[int(self.random.random() * len(options))].say(self.random, {})
        return said

    def answers(self, bad: list[str], good: list[str], voice: Voice) -> tuple[str, str]:
        """The two open questions of the survey: what was not right, and what else."""
        if bad:
            first = self.clauses(self.complaint, bad, voice)
        else:
            first = self.pick(self.empty) if self.random.random() < 0.45 else ""
        second = ""
        if good and self.random.random() < 0.7:
            second = self.clauses(self.praise, good, voice)
        elif self.random.random() < 0.35:
            second = self.suggestion[int(self.random.random() * len(self.suggestion))].say(self.random, {})
        return first, second

    def dirty(self, text: str, voice: Voice, *, unhappy: bool) -> str:
        """Emoji, a slip of the pen, a phone number; about one text in eight gets something."""
        u = self.random.random()
        if u < 0.07:
            return text + self.pick(EMOJI_BAD if unhappy else EMOJI_GOOD)
        if u < 0.085:
            return self.pick(EMOJI_BAD if unhappy else EMOJI_GOOD) + text
        if u < 0.105:
            wrong = [(a, b) for a, b in TYPOS if a in text]
            if wrong:
                a, b = wrong[int(self.random.random() * len(wrong))]
                return text.replace(a, b, 1)
        if u < 0.110 and unhappy:
            number = "1" + self.pick(("38", "59", "86", "77")) + f"{int(self.random.random() * 10**8):08d}"
            voice.told.append(number)
            shown = self.pick(
                (number, f"{number[:3]} {number[3:7]} {number[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}")
            )
            call = fill(self.pick(("，有问题打我电话{x}", "。联系我{x}", "，电话{x}，给个说法")), {"x": shown})
            return f"{text.rstrip('。')}{call}"
        return text
