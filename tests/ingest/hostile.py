"""Hostile files, made from a seed, through the readers and the normaliser.

    python -m tests.ingest.hostile 10000        # by hand; pytest runs some hundreds

A file may be refused with an InputError. Otherwise every row that was written with a mark must come out, accepted or set
aside, and the ledger must add up; nothing may crash or take longer than LIMIT seconds.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from voc.config import Config
from voc.errors import InputError
from voc.ingest import ingest, linking
from voc.ingest.normalise import Normaliser
from voc.ingest.sources import load
from voc.lake import Lake

KEY = bytes(range(32))
LIMIT = 30
HEADER = ["review_id", "text", "created_at", "rating", "store_id", "member_id"]
WORDS = [
    "坚果很脆",
    "受潮了",
    "crisp and fresh",
    "電話",
    "👨‍👩‍👧",
    "Ｆｕｌｌ",
    "é́",
    "א ב",
    "＝1+1",
    "=cmd|' /C calc'!A0",
    "<script>",
    "../../etc/passwd",
    "CON",
    "\u202egnp",
    "此用户没有填写评价。",
    "a\tb",
    " ",
    "",
    "NaN",
    "0",
    "ab" * 400,
]
DATES = [
    "2026-10-03 10:00:00",
    "2026/9/3 1:02",
    "2025年2月5日",
    "1790000000",
    "1790000000123",
    "45000.5",
    "03/05/2026",
    "2026-02-31",
    "0000-00-00",
    "9" * 20,
    "-1",
    "soon",
    "",
    "2026-10-03T10:00:00+08:00",
    "２０２６-10-03",
    "Mar 3, 2021",
    "1e18",
]
SIGNS = [",", '"', '""', "\n", "\r\n", ";", "'", "\\", "\x0b", "\u2028"]
STARS = ["5", "1", "", "0", "45", "好评", "★★★", "-3", "1e400", "NaN", "５", "5.0000", "x" * 300]


@dataclass(frozen=True)
class Hostile:
    """A file's name and content, and the ids of the rows that must come out of it if it is read at all."""

    name: str
    content: bytes
    marks: tuple[str, ...] = ()


def generate(seed: int) -> Hostile:
    draw = random.Random(seed)
    kinds: list[tuple[Callable[[random.Random], Hostile], int]] = [
        (_csv, 55), (_noise, 8), (_json_lines, 12), (_document, 5), (_archive, 10), (_parquet, 5), (_workbook, 5),
    ]  # fmt: skip
    (kind,) = draw.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
    return kind(draw)


def _row(draw: random.Random, mark: str) -> list[str]:
    said = draw.choice(WORDS) + (
        draw.choice([",", '"', '""', "\n", "\r\n", ";", "'", "\\", "\x0b", "\u2028"]) if draw.random() < 0.3 else ""
    )
    return [
        mark,
        said,
        draw.choice(DATES),
        draw.choice(STARS),
        draw.choice(["S1", "00123", "1" * 21, "../x"]),
        draw.choice(["", "anna", "小***鱼"]),
    ]


def _rows(draw: random.Random) -> tuple[list[list[str]], list[str]]:
    marks = [f"mark{i:03d}x" for i in range(draw.choice([0, 1, 3, 10, 40]))]
    return [_row(draw, mark) for mark in marks], marks


def _csv(draw: random.Random) -> Hostile:
    rows, marks = _rows(draw)
    delimiter = draw.choice(",,,,\t;|")
    header = list(HEADER)
    if draw.random() < 0.1:
        header += draw.choices(HEADER, k=2)
        rows = [[*row, "x", "y"] for row in rows]
    buffer = io.StringIO()
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    ends = draw.choice(["\r\n", "\n", "\r", None])
    lines = []
    for row in [header, *rows]:
        buffer.seek(0)
        buffer.truncate()
        end = ends or draw.choice(["\r\n", "\n", "\r"])
        csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end).writerow(row)
        lines.append(buffer.getvalue())
        if draw.random() < 0.08:
            lines.append(draw.choice(_JUNK).replace("\n", end))
    text = "".join(lines)
    if draw.random() < 0.1 and marks:
        text = text.rstrip("\r\n")
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5", "cp1252"])
    data = text.encode(encoding, "replace")
    if draw.random() < 0.15:
        data = _damaged(draw, data)
        marks = []
    return Hostile("x" + draw.choice([".csv", ".csv", ".tsv", ".txt"]), data, tuple(marks))


_JUNK = [
    "\n",
    "   \n",
    "review_id,text,created_at,rating,store_id,member_id\n",
    "a,b\n",
    "1,2,3,4,5,6,7,8,9\n",
    '"open,2,3\n',
    '1,"x"y,3,4,5,6\n',
    "\x00\x00\n",
    "," * 50 + "\n",
    '"' * 7 + "\n",
    "z" * 3000 + "\n",
    "\ufeff\n",
    '1,"' + "q" * 140_000 + '",3,4,5,6\n',
]


def _damaged(draw: random.Random, data: bytes) -> bytes:
    way = draw.randrange(4)
    at = draw.randrange(len(data) + 1)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + draw.randbytes(draw.randrange(1, 9)) + data[at:]
    if way == 2:
        return data[:at] + b"\x00" * draw.randrange(1, 50) + data[at:]
    return data + draw.randbytes(draw.randrange(1, 400))


def _noise(draw: random.Random) -> Hostile:
    suffix = draw.choice(
        [".csv", ".jsonl", ".json", ".csv.gz", ".zip", ".parquet", ".xlsx", ".docx", ".csv.zip", ".txt"]
    )
    start = draw.choice([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\xff\xfe", b"{", b"[", b"text,created_at\n"])
    return Hostile("x" + suffix, start + draw.randbytes(draw.randrange(600)))


def _object(draw: random.Random, mark: str) -> dict[str, object]:
    data: dict[str, object] = dict(zip(HEADER, _row(draw, mark), strict=True))
    if draw.random() < 0.3:
        data[draw.choice(["x", "y.z", "", "user"])] = draw.choice(
            [None, True, 10**30, 1.5, {"a": {"b": {"c": {"d": 1}}}}, [1, {"q": 2}], "\ud800"]
        )
    return data


def _json_lines(draw: random.Random) -> Hostile:
    marks = [f"mark{i:03d}x" for i in range(draw.choice([0, 1, 5, 30]))]
    lines = []
    for mark in marks:
        lines.append(json.dumps(_object(draw, mark), ensure_ascii=draw.random() < 0.5))
        if draw.random() < 0.1:
            lines.append(
                draw.choice(
                    ["{", "[1,2]", "null", '{"a":NaN}', "[" * 5000, '{"a":1,"a":2}', "\x00", "{}", '"x"', "1" * 9000]
                )
            )
    return Hostile("x.jsonl", "\n".join(lines).encode("utf-8", "replace"), tuple(marks))


def _document(draw: random.Random) -> Hostile:
    marks = [f"mark{i:03d}x" for i in range(draw.choice([1, 2, 12]))]
    items: list[object] = [_object(draw, mark) for mark in marks]
    data = draw.choice([items, {"comments": items, "total": 3}, {"a": {"b": items}}, [items]])
    text = json.dumps(data, indent=draw.choice([None, 1]))
    sure = data is items or (len(items) > 1 and isinstance(data, dict) and "comments" in data)
    return Hostile("x.json", text.encode(), tuple(marks) if sure else ())


def _archive(draw: random.Random) -> Hostile:
    inner = _csv(draw)
    way = draw.randrange(7)
    if way < 2:
        data = gzip.compress(inner.content, 1)
        return Hostile(f"{inner.name}.gz", data[: len(data) // 2] if way else data, () if way else inner.marks)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if way == 2:
            archive.writestr(draw.choice(["../../x.csv", "/abs/x.csv", "CON.csv", "x" * 250 + ".csv"]), inner.content)
        elif way == 3:
            nested = io.BytesIO()
            with zipfile.ZipFile(nested, "w") as other:
                other.writestr("y.csv", inner.content)
            archive.writestr("x.zip", nested.getvalue())
        elif way == 4:
            archive.writestr("x.csv", inner.content)
            archive.writestr("y.csv", inner.content)
        elif way == 5:
            archive.writestr("x.csv", b"text,created_at\n" + b"0" * (1 << draw.choice([16, 20, 23])))
        else:
            archive.writestr("x.csv", inner.content)
    data = buffer.getvalue()
    whole = draw.random() < 0.7
    return Hostile("x.zip", data if whole else _damaged(draw, data), inner.marks if whole and (way in (2, 6)) else ())


def _parquet(draw: random.Random) -> Hostile:
    rows, marks = _rows(draw)
    columns: dict[str, object] = {name: [row[i] for row in rows] for i, name in enumerate(HEADER)}
    n = len(rows)
    columns["odd"] = draw.choice([
        [b"\xff"] * n, [1.5] * n, [[1, None]] * n, [{"a": 1}] * n, [None] * n, [10**18] * n, [float("nan")] * n, [True] * n,
    ])  # fmt: skip
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    data, whole = buffer.getvalue(), draw.random() < 0.7
    return Hostile("x.parquet", data if whole else _damaged(draw, data), tuple(marks) if whole else ())


def _workbook(draw: random.Random) -> Hostile:
    rows, marks = _rows(draw)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for r, row in enumerate([HEADER, *rows]):
        for c, value in enumerate(row):
            if draw.random() < 0.05 and r:
                sheet.write(r, c, draw.choice([True, 1e300, 10**21, "=1/0", 45000.5])) if c else sheet.write_string(
                    r, c, value
                )
            else:
                sheet.write_string(r, c, value)
    book.close()
    data, whole = buffer.getvalue(), draw.random() < 0.6
    if not whole and draw.random() < 0.5:
        return Hostile("x.xlsx", _entities(data))
    return Hostile("x.xlsx", data if whole else _damaged(draw, data), tuple(marks) if whole else ())


def _entities(data: bytes) -> bytes:
    """The workbook with entities that grow, and one that points to a file of the system."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"<sst", laughs + b"<sst", 1).replace(b"<t>", b"<t>&b;&c;", 1))
    return out.getvalue()


def check(hostile: Hostile, folder: Path, *, whole: bool = False) -> str:
    """'read', or why the file was refused. Raises AssertionError for a lost row; `whole`: the ledger's sum as well."""
    path = folder / hostile.name
    path.write_bytes(hostile.content)
    source = load("table")
    normaliser = Normaliser(
        source="table", channel=None, zone="Asia/Shanghai", key=KEY, mapping=source.mapping, path=path, ingest_id="x",
        links=linking.links(Lake(folder / "none")),
    )  # fmt: skip
    found: Counter[str] = Counter()
    rows = aside = blotted = 0
    try:
        for batch in source.read(path):
            good, bad = normaliser.part(batch)
            roots = good.filter(good["root"])
            rows, aside = rows + len(roots), aside + len(bad)
            told = [*roots["review_id"].to_pylist(), *bad["raw"].to_pylist()]
            found.update(mark for text in told for mark in hostile.marks if mark in text)
            blotted += sum("＊" in text and "mark" not in text for text in bad["raw"].to_pylist())
        if whole:
            (done,) = ingest(Lake(folder / "lake"), [path], source="table", config=Config(), key=KEY, dry_run=True)
            parts = done.new + done.updated + done.duplicate + done.unchanged + done.quarantined
            assert done.records == parts == normaliser.records, done
    except InputError as error:
        return f"refused: {str(error).partition(': ')[2][:28]}"
    assert rows + aside == normaliser.records, (rows, aside, normaliser.records)
    # In a ragged row the cells beside one about a person are blotted out, ids too.
    lost = [mark for mark in hostile.marks if not found[mark]]
    assert len(lost) <= blotted, f"lost {lost[:3]} of {len(hostile.marks)} in {hostile.name}"
    return "read"


def main(count: int, first: int = 0) -> int:
    outcomes: Counter[str] = Counter()
    failed = []
    longest = (0.0, 0)
    with tempfile.TemporaryDirectory() as root:
        for seed in range(first, first + count):
            hostile = generate(seed)
            signal.alarm(LIMIT)
            start = time.monotonic()
            try:
                outcomes[check(hostile, Path(root), whole=seed % 10 == 0).partition(":")[0]] += 1
            except Exception as error:  # every kind of failure is what is looked for
                failed.append((seed, hostile.name, repr(error)[:200]))
                print(failed[-1], flush=True)
            longest = max(longest, (time.monotonic() - start, seed))
            signal.alarm(0)
            if (seed + 1 - first) % 500 == 0:
                print(f"{seed + 1 - first}: {dict(outcomes)}, failed {len(failed)}", flush=True)
    print(f"{count} files: {dict(outcomes)}, failed {len(failed)}, longest {longest[0]:.1f} s (seed {longest[1]})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
