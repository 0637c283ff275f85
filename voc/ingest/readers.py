"""Any file to record batches of strings.

A batch has the file's columns, all text, and four of its own: `voc:line` (where the record stands, from 1), and for a row
that was set aside `voc:reason`, `voc:message` and `voc:raw` (its cells, joined by the unit separator U+001F), which are null
otherwise. The schema's metadata holds the encoding.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from voc.errors import InputError
from voc.ingest import archives, csvfile, encodings, xlsx
from voc.ingest.csvfile import MAX_LINE, Block, Row, Run
from voc.ingest.mapping import Reading

LINE, REASON, MESSAGE, RAW = "voc:line", "voc:reason", "voc:message", "voc:raw"
OWN = (LINE, REASON, MESSAGE, RAW)
UNIT = "\x1f"
BATCH = 32_768
#: A JSON document that is not one object a line is read whole; larger ones must be JSON Lines.
MAX_DOCUMENT = 256 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Line, the object flattened or None, what is wrong with it, and the text of what is wrong.
Record = tuple[int, dict[str, str | None] | None, str, str]


def read(path: Path, *, reading: Reading, headers: Iterable[str] = (), rows: int = BATCH) -> Iterator[pa.RecordBatch]:
    """Batches of at most `rows` records. `headers`: titles that help to tell an encoding. Raises InputError."""
    file = archives.find(path)
    if file.kind == archives.PARQUET:
        yield from _parquet(file, rows)
    elif file.kind == archives.WORKBOOK:
        if file.packed:
            raise InputError("a workbook inside an archive: unpack it first", path=path)
        yield from _batched(xlsx.rows(path, sheet=reading.sheet, skip_lines=reading.skip_lines), "", rows)
    elif file.kind == archives.JSON:
        yield from _json(file, reading, headers, rows)
    else:
        found = _encoding(file, reading, headers)
        with file.open() as raw, _text(raw, found) as stream:
            try:
                parsed = csvfile.rows(
                    stream, encoding=found, delimiter=reading.delimiter, skip_lines=reading.skip_lines
                )
                yield from _batched(parsed, found.name, rows)
            except InputError as error:
                raise error if error.path else InputError(str(error), path=path) from error


def _encoding(file: archives.File, reading: Reading, headers: Iterable[str]) -> encodings.Encoding:
    with file.open() as raw:
        return encodings.detect(raw, path=file.path, flag=reading.encoding, headers=headers)


def _text(raw: Any, found: encodings.Encoding) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding=found.name, errors=found.errors, newline="")


def _batched(parsed: Iterator[Row | Run | Block], encoding: str, size: int) -> Iterator[pa.RecordBatch]:
    header = next(parsed, None)
    if not isinstance(header, Row):
        raise InputError("the file is empty: a header row is needed")
    columns = header.cells
    nothing: list[str | None] = [None] * len(columns)
    cells: list[Sequence[str | None]] = []
    lines: list[int] = []
    bad: dict[int, Row] = {}
    done: list[pa.RecordBatch] = []  # pieces of the batch, before what `cells` holds
    ready = 0  # rows in them
    for found in parsed:
        if isinstance(found, Block):
            if cells:
                done.append(_batch(columns, cells, lines, bad, encoding))
                ready += len(cells)
                cells, lines, bad = [], [], {}
            done.append(_of_arrays(columns, found.columns, found.lines, encoding))
            ready += len(found.lines)
        elif isinstance(found, Run):
            cells += found.cells
            lines += found.lines
        else:
            if found.reason:
                bad[len(cells)] = found
            cells.append(nothing if found.reason else found.cells)
            lines.append(found.line)
        if ready + len(cells) >= size:
            yield pa.concat_batches([*done, _batch(columns, cells, lines, bad, encoding)])
            cells, lines, bad, done, ready = [], [], {}, [], 0
    # An empty file with a header still says which columns it has.
    yield pa.concat_batches([*done, _batch(columns, cells, lines, bad, encoding)])


def batch(columns: Sequence[str], found: Sequence[Row], encoding: str) -> pa.RecordBatch:
    """Rows under `columns` as a batch in the form of the module's docstring."""
    nothing: list[str | None] = [None] * len(columns)
    cells: list[Sequence[str | None]] = [nothing if row.reason else row.cells for row in found]
    bad = {i: row for i, row in enumerate(found) if row.reason}
    return _batch(columns, cells, [row.line for row in found], bad, encoding)


def _batch(
    columns: Sequence[str],
    cells: Sequence[Sequence[str | None]],
    lines: Sequence[int],
    bad: Mapping[int, Row],
    encoding: str,
) -> pa.RecordBatch:
    """`cells` a row each; `bad` are those that were set aside, by their place."""
    arrays = [_strings(column) for column in zip(*cells, strict=True)] if cells else [_strings([])] * len(columns)
    at = np.full(len(lines), len(bad))
    at[list(bad)] = np.arange(len(bad))
    told: list[tuple[str | None, ...]] = [(row.reason, row.message, UNIT.join(row.cells)) for row in bad.values()]
    why = [_strings(column).take(pa.array(at)) for column in zip(*told, (None, None, None), strict=True)]
    return _of_arrays(columns, arrays, lines, encoding, why)


def _of_arrays(
    columns: Sequence[str],
    arrays: Sequence[pa.Array],
    lines: Sequence[int],
    encoding: str,
    why: Sequence[pa.Array] | None = None,
) -> pa.RecordBatch:
    """A batch of whole columns; `why` are the reason, message and raw text of rows that were set aside."""
    told = [pa.array(np.asarray(lines, np.int64)), *(why or [pa.nulls(len(lines), pa.string())] * 3)]
    fields = [pa.field(name, pa.string()) for name in columns]
    fields += [pa.field(LINE, pa.int64()), *(pa.field(name, pa.string()) for name in (REASON, MESSAGE, RAW))]
    return pa.RecordBatch.from_arrays([*arrays, *told], schema=pa.schema(fields, metadata={"encoding": encoding}))


def _strings(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (
        UnicodeEncodeError
    ):  # lone surrogates, from \ud800 in JSON: a NUL each, so that what follows stays in its place
        return pa.array([v if v is None else _SURROGATE.sub("\0", v) for v in values], pa.string())


def _json(file: archives.File, reading: Reading, headers: Iterable[str], size: int) -> Iterator[pa.RecordBatch]:
    found = _encoding(file, reading, headers)
    with file.open() as raw, _text(raw, found) as stream:
        records = _documents(stream, file.path, found) if _is_document(stream) else _lines(stream, found)
        held: list[Record] = []
        columns: dict[str, None] = {}  # in the order in which they are met; a column once seen stays
        for record in records:
            held.append(record)
            columns.update(dict.fromkeys(record[1] or ()))
            if len(held) == size:
                yield _objects(held, list(columns), found.name)
                held = []
        yield _objects(held, list(columns), found.name)


def _objects(held: Sequence[Record], columns: Sequence[str], encoding: str) -> pa.RecordBatch:
    found = []
    for line, data, message, raw in held:
        if data is None:
            found.append(Row(line, [raw], "bad_json", message))
        else:
            found.append(Row(line, [data.get(name) for name in columns]))  # type: ignore[misc]
    return batch([_title(name) for name in columns], found, encoding)


def _title(name: str) -> str:
    return name.encode("utf-8", "ignore").decode()


def _is_document(stream: io.TextIOWrapper) -> bool:
    """Whether the first line is no JSON object by itself: then the file is one array, or one object over many lines."""
    first = stream.readline(MAX_LINE)
    while first and not first.strip():
        first = stream.readline(MAX_LINE)
    stream.seek(0)
    start = first.strip("\ufeff \r\n\t")
    if start.startswith("["):
        return True
    if not start.startswith("{"):
        return False
    try:
        data = _loads(start)
    except ValueError:
        return start in ("{", "{}") or not start.endswith("}")
    return len(first) < MAX_LINE and isinstance(data, dict) and _inner(data) is not None


def _inner(data: dict[str, Any]) -> list[Any] | None:
    """The one list of objects that an API's answer wraps."""
    lists = [v for v in data.values() if isinstance(v, list) and v and all(isinstance(i, dict) for i in v)]
    return lists[0] if len(lists) == 1 and len(lists[0]) > 1 else None


def _loads(text: str) -> Any:
    """JSON with numbers as they are written; ValueError for nesting beyond the stack too."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _lines(stream: io.TextIOWrapper, encoding: encodings.Encoding) -> Iterator[Record]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE and not line.endswith("\n"):
            while (more := stream.readline(MAX_LINE)) and not more.endswith("\n"):
                pass
            yield number, None, f"a line of more than {MAX_LINE} characters", line[:4000]
            continue
        plain = line.strip("\ufeff\x00 \r\n\t")
        if not plain:
            continue
        if encoding.damaged and encodings.DAMAGE.search(line):
            yield number, None, f"not {encoding.name} in this line", encodings.DAMAGE.sub("\ufffd", line[:4000])
            continue
        try:
            data = _loads(plain)
        except ValueError as error:
            yield number, None, str(error), line[:4000]
            continue
        if isinstance(data, dict):
            yield number, _flat(data), "", ""
        else:
            yield number, None, f"a {type(data).__name__} where an object is wanted", line[:4000]


def _documents(stream: io.TextIOWrapper, path: Path, encoding: encodings.Encoding) -> Iterator[Record]:
    if encoding.damaged:
        raise InputError(f"the document is damaged: not {encoding.name} near byte {encoding.offset}", path=path)
    text = stream.read(MAX_DOCUMENT + 1)
    if len(text) > MAX_DOCUMENT:
        raise InputError(
            f"a JSON document of more than {MAX_DOCUMENT} characters; write one object a line instead", path=path
        )
    try:
        data = _loads(text.strip("\ufeff"))
    except ValueError as error:
        raise InputError(f"not JSON: {error}", path=path) from error
    items = data if isinstance(data, list) else _inner(data) or [data]
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield number, _flat(item), "", ""
        else:
            yield number, None, f"a {type(item).__name__} where an object is wanted", str(item)[:4000]


def _flat(data: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str | None]:
    """Nested objects as dotted names, lists as JSON text, everything else as text."""
    out: dict[str, str | None] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < 3:
            out.update(_flat(value, f"{name}.", depth + 1))
        elif isinstance(value, bool):
            out[name] = "true" if value else "false"
        elif value is None or isinstance(value, str):
            out[name] = value
        else:
            out[name] = json.dumps(value, ensure_ascii=False) if value else None
    return out


def _parquet(file: archives.File, size: int) -> Iterator[pa.RecordBatch]:
    if file.packed:
        raise InputError("a Parquet file inside an archive: unpack it first", path=file.path)
    try:
        source = pq.ParquetFile(file.path)
        names, line = source.schema_arrow.names, 1
        empty = [pa.RecordBatch.from_pylist([], source.schema_arrow)] if not source.metadata.num_rows else []
        for part in itertools.chain(source.iter_batches(batch_size=size), empty):
            arrays = [_texts(column, file.path, name) for name, column in zip(names, part.columns, strict=True)]
            numbers = pa.array(range(line, line + len(part)), pa.int64())
            nothing = [pa.nulls(len(part), pa.string())] * 3
            yield pa.RecordBatch.from_arrays([*arrays, numbers, *nothing], names=[*names, *OWN])
            line += len(part)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"not a readable Parquet file: {error}", path=file.path) from error


def _texts(column: pa.Array, path: Path, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_nested(kind):
        return pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()],
            pa.string(),
        )
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise InputError(f"column {name!r} holds bytes, not text", path=path)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        if kind.tz:
            column = column.cast(pa.timestamp("us", tz="UTC"))
    if pa.types.is_floating(kind):
        whole = [
            None if v is None or v != v else (str(int(v)) if float(v).is_integer() and abs(v) < 1e15 else repr(v))
            for v in column.to_pylist()
        ]
        return pa.array(whole, pa.string())
    return column.cast(pa.string())
