"""The figures of `voc eval --json` as the tables of docs/accuracy.md."""

from __future__ import annotations

from collections.abc import Sequence

from voc.evaluate.figures import BIN_MEASURE, Figure
from voc.evaluate.sets import SETS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def markdown(figures: Sequence[Figure]) -> str:
    """A row per set and measure, a column per system; then the reliability table, a column per set."""
    bins = [f for f in figures if f.measure.startswith(BIN_MEASURE)]
    return "\n\n".join(part for part in (_values(figures), _reliability(bins)) if part)


def placed(text: str, figures: Sequence[Figure]) -> str:
    """`text` with the tables between its two marks. Raises ValueError where a mark is missing."""
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return "\n\n".join(part for part in (text[:begin], markdown(figures), text[end:]) if part)


def _values(figures: Sequence[Figure]) -> str:
    shown = [f for f in figures if not f.measure.startswith(BIN_MEASURE)]
    if not shown:
        return ""
    systems = sorted({f.system for f in shown}, key=lambda s: (not s.startswith("voc"), s != "voc fast", s))
    cells = {(f.set, f.measure, f.system): f for f in shown}
    rows = list(dict.fromkeys((f.set, f.measure) for f in shown))
    order = {name: number for number, name in enumerate(SETS)}
    rows.sort(key=lambda row: order[row[0]])  # stable: measures stay in their order
    lines = [_line(["set", "measure", *systems, "texts", "looked at"]), _line(["---"] * (len(systems) + 4))]
    for name, measure in rows:
        found = [cells.get((name, measure, system)) for system in systems]
        texts = max(f.texts for f in found if f is not None)
        shown_cells = [_cell(f, texts) for f in found]
        lines.append(_line([name, measure, *shown_cells, f"{texts:,}", SETS[name].looked]))
    return "\n".join(lines)


def _cell(figure: Figure | None, texts: int) -> str:
    if figure is None:
        return ""
    value = _share(figure.value)
    if figure.low is not None and figure.high is not None:
        value += f" ({_share(figure.low)} to {_share(figure.high)})"
    return value if figure.texts == texts else f"{value}, {figure.texts:,} texts"


def _reliability(bins: Sequence[Figure]) -> str:
    if not bins:
        return ""
    columns = list(dict.fromkeys((f.set, f.system) for f in bins))
    cells = {(f.measure, f.set, f.system): f for f in bins}
    head = [f"{name}, {system}" for name, system in columns]
    lines = [_line(["P of the answer", *head]), _line(["---"] * (len(columns) + 1))]
    for measure in sorted({f.measure for f in bins}):
        found = [cells.get((measure, *column)) for column in columns]
        lines.append(
            _line(
                [measure.removeprefix(BIN_MEASURE), *(f"{_share(f.value)} of {f.texts:,}" if f else "" for f in found)]
            )
        )
    return "Share of right answers where the model gives its answer a probability of:\n\n" + "\n".join(lines)


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
