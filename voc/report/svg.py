"""Small drawings as inline SVG: attributes and classes only, so that they pass a policy without inline styles.

Every function returns markup whose texts are escaped; co-ordinates are printed with one decimal, so the same numbers give
the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Point:
    """One month of a trend. `value` None: not measured, or withheld. `ghost`: a source is missing, read with care. `marks`:
    what else sets the month apart, the most important first; a large drawing prints the first."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    ghost: bool = False
    note: str = ""
    marks: tuple[str, ...] = ()


def whisker(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    top: float,
    gate: str | None,
    base: float | None = None,
    title: str = "",
    log: bool = False,
) -> Markup:
    """A dot with its interval on an axis from 0 to `top` (`log`: from 1/4 to `top`), with a tick at `base`.

    The dot is filled for a strong signal, half filled for a moderate one, hollow otherwise. Nothing is drawn for numbers
    that are missing.
    """
    if value is None or low is None or high is None or not all(map(math.isfinite, (value, low, high, top))) or top <= 0:
        return Markup("")
    wide, tall = 120, 18

    def x(v: float) -> float:
        if log:
            floor = 0.25
            part = math.log(max(v, floor) / floor) / math.log(max(top, 2 * floor) / floor)
        else:
            part = v / top
        return 4 + (wide - 8) * min(max(part, 0.0), 1.0)

    mark = [f'<svg class="whisker" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" role="img">']
    mark.append(str(Markup("<title>{}</title>").format(title)))
    mark.append(f'<path class="axis" d="M4 9H{wide - 4}"/>')
    if base is not None:
        mark.append(f'<path class="base" d="M{x(base):.1f} 3V15"/>')
    a, b, c = x(low), x(high), x(value)
    mark.append(f'<path class="range" d="M{a:.1f} 9H{b:.1f}M{a:.1f} 6V12M{b:.1f} 6V12"/>')
    mark.append(_dot(c, 9, gate))
    mark.append("</svg>")
    return Markup("".join(mark))


def banded(value: float, low: float, high: float, *, band: tuple[float, float], top: float, title: str = "") -> Markup:
    """A share with its interval over the band of its peers, all from 0 to `top`."""
    if not all(map(math.isfinite, (value, low, high, *band, top))) or top <= 0:
        return Markup("")
    wide, tall = 160, 18

    def x(v: float) -> float:
        return 4 + (wide - 8) * min(max(v / top, 0.0), 1.0)

    mark = [f'<svg class="whisker" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" role="img">']
    mark.append(str(Markup("<title>{}</title>").format(title)))
    mark.append(
        f'<rect class="peers" x="{x(band[0]):.1f}" y="2" width="{max(x(band[1]) - x(band[0]), 1.5):.1f}" height="14"/>'
    )
    mark.append(f'<path class="axis" d="M4 9H{wide - 4}"/>')
    a, b = x(low), x(high)
    mark.append(f'<path class="range" d="M{a:.1f} 9H{b:.1f}M{a:.1f} 6V12M{b:.1f} 6V12"/>')
    mark.append(_dot(x(value), 9, None))
    mark.append("</svg>")
    return Markup("".join(mark))


def scale(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    top: float,
    gate: str | None,
    log: bool,
    base: str = "",
    title: str = "",
) -> Markup:
    """A larger `whisker` with a labelled axis: shares from 0 to `top`, or (`log`) ratios from 1/4 to `top`.

    `base` is what stands at a ratio of 1.
    """
    if value is None or low is None or high is None or not all(map(math.isfinite, (value, low, high, top))) or top <= 0:
        return Markup("")
    wide, tall, side, y = 300, 52, 26, 18
    floor = 0.25
    top = max(top, 4.0) if log else _ceiling(top)

    def x(v: float) -> float:
        part = math.log(max(v, floor) / floor) / math.log(top / floor) if log else v / top
        return side + (wide - 2 * side) * min(max(part, 0.0), 1.0)

    ticks = [(t, f"{t:g}×") for t in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0) if floor < t <= top * 1.001]
    if not log:
        ticks = [(p * top, f"{100 * p * top:.3g}%") for p in (0.0, 0.5, 1.0)]
    mark = [f'<svg class="scale" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" role="img">']
    mark.append(str(Markup("<title>{}</title>").format(title)))
    mark.append(f'<path class="axis" d="M{side} {y}H{wide - side}"/>')
    for t, label in ticks:
        is_base = log and t == 1.0
        mark.append(
            f'<path class="{"base" if is_base else "axis"}" d="M{x(t):.1f} {y - (14 if is_base else 3)}V{y + 8}"/>'
        )
        text = str(escape(base)) if is_base and base else label
        mark.append(f'<text class="tick" x="{x(t):.1f}" y="{y + 22}" text-anchor="middle">{text}</text>')
    a, b, c = x(low), x(high), x(value)
    mark.append(f'<path class="range" d="M{a:.1f} {y}H{b:.1f}M{a:.1f} {y - 4}V{y + 4}M{b:.1f} {y - 4}V{y + 4}"/>')
    mark.append(_dot(c, y, gate))
    mark.append("</svg>")
    return Markup("".join(mark))


def _dot(x: float, y: float, gate: str | None) -> str:
    if gate == "moderate":
        return (
            f'<circle class="dot hollow" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            f'<path class="half" d="M{x:.1f} {y - 4:.1f}A4 4 0 0 0 {x:.1f} {y + 4:.1f}Z"/>'
        )
    kind = "hollow" if gate == "insufficient" else "full" if gate == "strong" else "plain"
    return f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def gate_mark(gate: str | None) -> Markup:
    """The sign of a gate, readable in grey: full, half and hollow circle."""
    if gate is None:
        return Markup("")
    return Markup(
        f'<svg class="gate" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">{_dot(6, 6, gate)}</svg>'
    )


def spark(values: Sequence[float | None], *, title: str, zero: bool = True) -> Markup:
    """A small trend without an axis; the last point is marked, months without a number leave a gap.

    With `zero` its foot is 0, else somewhat below the smallest value.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if len(known) < 2:
        return Markup("")
    wide, tall, top = 96, 22, max(known) or 1.0
    foot = 0.0 if zero else min(known) - 0.25 * (max(known) - min(known) or 1.0)

    def y(v: float) -> float:
        return tall - 3 - (tall - 8) * (v - foot) / (top - foot or 1.0)

    step = (wide - 8) / max(len(values) - 1, 1)
    lines, pen = [], "M"
    for i, v in enumerate(values):
        if v is None or not math.isfinite(v):
            pen = "M"
            continue
        lines.append(f"{pen}{4 + i * step:.1f} {y(v):.1f}")
        pen = "L"
    out = f'<svg class="spark" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" role="img">'
    out += f"<title>{escape(title)}</title>" + f'<path class="base" d="M4 {tall - 3}H{wide - 4}"/>'
    out += f'<path class="line" d="{"".join(lines)}"/>'
    last = values[-1]
    if last is not None and math.isfinite(last):
        out += f'<circle class="dot plain" cx="{wide - 4:.1f}" cy="{y(last):.1f}" r="2.5"/>'
    return Markup(out + "</svg>")


def _ceiling(value: float) -> float:
    """The next of 1, 2, 3, 4, 6, 8 x a power of ten: where an axis may end; its parts are round (`_parts`)."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next((m * unit for m in (1.0, 2.0, 3.0, 4.0, 6.0, 8.0) if m * unit >= value * 0.999), 10 * unit)


def _width(text: str) -> float:
    """About how wide a tick's text is, in units of the drawing."""
    return sum(11.0 if char > "\u2e80" else 6.5 for char in text)


def _parts(top: float) -> int:
    """Into how many parts an axis up to `top` (of `_ceiling`) is divided, so that each tick is a round number."""
    lead = round(top / 10.0 ** math.floor(math.log10(top) + 1e-9))
    return {1: 5, 3: 3, 6: 3}.get(lead, 4)


def trend(points: Sequence[Point], *, title: str, wide: int = 720, tall: int = 220, percent: bool = True) -> Markup:
    """A line over months with its interval as a band. Ghost months are hollow and stand on a hatched strip."""
    known = [p for p in points if p.value is not None]
    if not known:
        return Markup("")
    small = wide < 400
    left, right, head, foot = (42, 12, 12, 20) if small else (44, 64, 42, 26)
    top = _ceiling(max(p.high if p.high is not None else p.value or 0.0 for p in known))
    step = (wide - left - right) / max(len(points) - 1, 1)

    def x(i: int) -> float:
        return left + i * step if len(points) > 1 else (left + wide - right) / 2

    def y(v: float) -> float:
        return tall - foot - (tall - head - foot) * min(v / top, 1.0)

    out = [f'<svg class="trend{" small" if small else ""}" viewBox="0 0 {wide} {tall}" role="img">']
    out.append(f"<title>{escape(title)}</title>")
    parts = 2 if small else _parts(top)
    whole = all(abs(100 * top * i / parts - round(100 * top * i / parts)) < 1e-6 for i in range(parts + 1))
    for i in range(parts + 1):
        v = i / parts * top
        digits = 0 if whole else 1
        label = f"{100 * v:.{digits}f}%" if percent else f"{v:g}"
        out.append(f'<path class="grid" d="M{left} {y(v):.1f}H{wide - right}"/>')
        out.append(f'<text class="tick" x="{left - 6}" y="{y(v) + 3.5:.1f}" text-anchor="end">{label}</text>')
    end = -math.inf
    for i, p in enumerate(points):
        if p.ghost:
            w = min(step, 40.0) if len(points) > 1 else 40.0
            out.append(
                f'<rect class="ghost" x="{x(i) - w / 2:.1f}" y="{head}" width="{w:.1f}" height="{tall - head - foot}">'
                f"<title>{escape(p.note)}</title></rect>"
            )
        if p.marks:
            title = escape(" · ".join(p.marks))
            out.append(f'<path class="feast" d="M{x(i):.1f} {head}V{tall - foot}"><title>{title}</title></path>')
            if not small:
                half = 0.5 * _width(p.marks[0])
                above = x(i) - half < end  # it would run into the name before
                end = end if above else x(i) + half + 4
                y_at, name = head - (21 if above else 8), escape(p.marks[0])
                out.append(f'<text class="tick feast" x="{x(i):.1f}" y="{y_at}" text-anchor="middle">{name}</text>')
    for run in _runs(points):
        if len(run) > 1 and all(points[i].low is not None for i in run):
            upper = "L".join(f"{x(i):.1f} {y(points[i].high or 0):.1f}" for i in run)
            lower = "L".join(f"{x(i):.1f} {y(points[i].low or 0):.1f}" for i in reversed(run))
            out.append(f'<path class="band" d="M{upper}L{lower}Z"/>')
        line = "L".join(f"{x(i):.1f} {y(points[i].value or 0):.1f}" for i in run)
        out.append(f'<path class="line" d="M{line}"/>')
    every = 1 if not small and len(points) <= 14 else max(1, math.ceil(len(points) / 4))
    for i, p in enumerate(points):
        if (len(points) - 1 - i) % every == 0:
            out.append(
                f'<text class="tick" x="{x(i):.1f}" y="{tall - 6}" text-anchor="middle">{escape(p.label)}</text>'
            )
        if p.value is not None:
            last = i == len(points) - 1
            kind = "hollow" if p.ghost else "plain last" if last else "plain"
            if not small or last or p.ghost:
                out.append(
                    f'<circle class="dot {kind}" cx="{x(i):.1f}" cy="{y(p.value):.1f}" r="{3.5 if last else 2.5}"/>'
                )
            if last and not small:
                label = f"{100 * p.value:.1f}%" if percent else f"{p.value:.1f}"
                out.append(f'<text class="end" x="{x(i) + 9:.1f}" y="{y(p.value) + 4:.1f}">{label}</text>')
    out.append("</svg>")
    return Markup("".join(out))


def _runs(points: Sequence[Point]) -> list[list[int]]:
    """Stretches of months with a value; a gap is never bridged."""
    runs: list[list[int]] = []
    for i, p in enumerate(points):
        if p.value is None:
            continue
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs
