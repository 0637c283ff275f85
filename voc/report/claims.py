"""What the numbers of a row say, in sentences that claim no more than the gate and the intervals allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voc.report.figures import Fig, Parts
from voc.report.words import Words

MOVED = ("new", "rising", "falling", "gone")  # states that were told from chance at a controlled rate of false alarms

STANDING = (
    "steady",
    "chronic",
    "rising",
)  # with any other state 'since' would contradict it, or the history is too short


def claim(
    w: Words, row: Mapping[str, Any], *, issue: str, observed: Fig, n: Fig, rr: Fig, interval: str, driver: str | None
) -> Parts:
    """What a ranking row says of its place, without naming the place."""
    gate, named = row["gate"], w.quoted(issue)
    end = driver and gate in ("strong", "moderate")
    if w.zh:
        parts: list[str | Fig] = [n, " 条评价中 ", observed, f" 条投诉{named}"]
        if gate == "strong":
            parts += [f"，约为{_beside(w, row)}的 ", rr, f"（{interval}）"]
        elif gate == "moderate":
            parts += [f"，看来多于{_beside(w, row)}，约 ", rr, f"（{interval}）"]
        else:
            parts += ["，还不足以判断是否多于预期"]
        parts.append(f"，主要来自{driver}。" if end else "。")
    else:
        verb = "complains" if row["observed"] == 1 else "complain"
        parts = [observed, " of ", n, f" {'review' if row['n'] == 1 else 'reviews'} {verb} about {named}"]
        if gate == "strong":
            parts += [", about ", rr, f" {_beside(w, row)} ({interval})"]
        elif gate == "moderate":
            parts += [", probably more than expected: about ", rr, f" {_beside(w, row)} ({interval})"]
        else:
            parts += ["; too few to say whether that is more than expected"]
        parts.append(f", mostly from {driver}." if end else ".")
    for said in (moved(w, row), since(w, row)):
        if said:
            parts.append(said if w.zh else f" {said}")
    return parts


def _beside(w: Words, row: Mapping[str, Any]) -> str:
    """What a place is compared with: its peers where it has them, else what was to be expected of it."""
    if row["level"] == "store" and row["peers"]:
        return w.pick("同类门店", "what comparable stores would have")
    return w.pick("预期", "the expected number")


def moved(w: Words, row: Mapping[str, Any]) -> str:
    """How a row compares with the months before it; '' where that cannot be told or nothing moved."""
    state = row["change"]
    ratio, between = w.times(row["change_rr"]), w.interval(row["change_lo"], row["change_hi"])
    if state == "new":
        return w.pick("前几个月没有人这样说。", "Nobody said so in the months before.")
    if state == "rising":
        return w.pick(f"是前几个月的 {ratio}（{between}）。", f"That is {ratio} the months before ({between}).")
    if state == "falling":
        return w.pick(f"降到前几个月的 {ratio}（{between}）。", f"Down to {ratio} the months before ({between}).")
    if state == "gone":
        return w.pick("前几个月有人说，本月没有了。", "Said in the months before, no longer this month.")
    if state == "chronic" and not since(w, row):
        return w.pick("前几个月就是这样。", "It has been so for months.")
    if state == "seasonal":
        return w.pick("去年同一节庆也这样升过。", "It rose at the same festival last year too.")
    return ""


def since(w: Words, row: Mapping[str, Any]) -> str:
    """Since which month a signal's excess has stood, or at least since then; '' where that cannot be said."""
    found = row.get("since")
    if found is None or row["gate"] not in ("strong", "moderate") or row["change"] not in STANDING:
        return ""
    same_year = found.month[:4] == row["month"][:4]
    if w.zh:
        month = w.month_short(found.month) if same_year else w.month(found.month)
        return f"{month}起一直多于预期。" if found.exact else f"至少从{month}起一直多于预期。"
    month = w.month(found.month).removesuffix(f" {found.month[:4]}") if same_year else w.month(found.month)
    return f"Above expectation since {month}{'' if found.exact else ' at the latest'}."


def compared(w: Words, row: Mapping[str, Any]) -> list[str]:
    """Sentences on month and year for a row of the chain list, only where the interval of the ratio leaves out one."""
    out = []
    for span, zh, en in (("month", "上月", "last month"), ("year", "去年同月", "the same month last year")):
        low, high, x = row[f"{span}_ratio_lo"], row[f"{span}_ratio_hi"], row[f"{span}_ratio"]
        if None in (low, high, x) or low <= 1 <= high or "1.0" in (w.ratio(low), w.ratio(high)):
            continue  # an interval that reads as if it touched 1 would contradict the sentence
        between = w.interval(low, high)
        out.append(
            w.pick(f"占比为{zh}的 {w.times(x)}（{between}）。", f" The share is {w.times(x)} that of {en} ({between}).")
        )
    return out
