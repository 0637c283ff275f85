from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.errors import InputError, UnknownName
from voc.ingest import archives, readers, xlsx
from voc.ingest.mapping import Reading
from voc.ingest.xlsx_worker import LOST

HEADER = "id,text,stars\r\n"


def rows(path: Path, **reading: object) -> list[dict[str, str | None]]:
    """Sound rows as their cells, rejected ones as line and reason."""
    out: list[dict[str, str | None]] = []
    for batch in readers.read(path, reading=Reading(**reading), headers=("评论内容", "评论时间")):  # type: ignore[arg-type]
        for row in batch.to_pylist():
            if row[readers.REASON]:
                out.append({"line": row[readers.LINE], "reason": row[readers.REASON]})
            else:
                out.append({k: v for k, v in row.items() if k not in readers.OWN})
    return out


def saved(tmp_path: Path, content: str | bytes, name: str = "x.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def encoding_of(path: Path, **reading: object) -> str:
    (first, *_) = readers.read(path, reading=Reading(**reading), headers=("评论内容", "评论时间"))  # type: ignore[arg-type]
    return (first.schema.metadata or {})[b"encoding"].decode()


CHINESE = "评论内容,评论时间\r\n坚果很香，包装也结实,2026-10-01\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_the_ladder_of_encodings(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path, CHINESE.encode(encoding))
    assert rows(path) == [{"评论内容": "坚果很香，包装也结实", "评论时间": "2026-10-01"}]
    assert encoding_of(path) == {"gbk": "gb18030"}.get(encoding, encoding)


def test_big5_and_unmarked_utf16_want_a_flag(tmp_path: Path) -> None:
    text = "內容,時間\r\n這個堅果的味道還可以，就是運費貴了點,2026-10-01\r\n" * 4
    path = saved(tmp_path, text.encode("big5"))
    with pytest.raises(InputError, match="--encoding"):
        rows(path)
    assert rows(path, encoding="big5")[0]["內容"] == "這個堅果的味道還可以，就是運費貴了點"
    path = saved(tmp_path, CHINESE.encode("utf-16-le"))
    with pytest.raises(InputError, match="--encoding"):
        rows(path)
    assert rows(path, encoding="utf-16-le")[0]["评论时间"] == "2026-10-01"


def test_an_unknown_encoding_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="gb18030"):
        rows(saved(tmp_path, CHINESE), encoding="gb2321")


def test_latin_letters_are_not_taken_for_chinese(tmp_path: Path) -> None:
    path = saved(tmp_path, "text,date\r\nLe résumé était très bien préparé,2026-10-01\r\n".encode("cp1252"))
    with pytest.raises(InputError, match="encoding is not clear"):
        rows(path)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_damaged_lines_are_set_aside_with_the_byte(tmp_path: Path, encoding: str) -> None:
    lines = [f"第{i}袋都很脆，下次还买,2026-10-01\r\n".encode(encoding) for i in range(40)]
    at = len("第7袋".encode(encoding))
    lines[7] = lines[7][:at] + b"\xff\xfe" + lines[7][at:]
    data = "评论内容,评论时间\r\n".encode(encoding) + b"".join(lines)
    path = saved(tmp_path, data)
    found = rows(path)
    assert len(found) == 40 and found[7] == {"line": 9, "reason": "bad_encoding"}
    (batch, *_) = readers.read(path, reading=Reading(), headers=("评论内容", "评论时间"))
    assert str(data.index(b"\xff\xfe")) in batch[readers.MESSAGE][7].as_py()


def test_a_file_cut_inside_a_character_loses_its_last_row_only(tmp_path: Path) -> None:
    data = (HEADER + "1,很好吃,5\r\n" * 30 + "2,不错哦,4").encode()
    found = rows(saved(tmp_path, data[:-3]))
    assert len(found) == 31 and found[-1]["reason"] == "bad_encoding"


@pytest.mark.parametrize(
    ("body", "good", "bad"),
    [
        ("1,a,5\r\n2,b\r\n3,c,5\r\n", ["1", "3"], [(3, "ragged_row")]),
        ("1,a,5\r\n2,b,c,d,5\r\n3,c,5\r\n", ["1", "3"], [(3, "ragged_row")]),
        ('1,a,5\r\n2,"b,5\r\n3,c,5\r\n4,d,5\r\n', ["1", "3", "4"], [(3, "unclosed_quote")]),
        ('1,a,5\r\n2,"b,5\r\n3,"c",5\r\n4,d,5\r\n', ["1", "3", "4"], [(3, "stray_quote")]),
        ('1,"a\r\nb",5\r\n2,"c ""d"" e",5\r\n', ["1", "2"], []),
        ("1,a,5\r\nid,text,stars\r\n3,c,5\r\n", ["1", "3"], [(3, "repeated_header")]),
        ("1,a,5,,\r\n\r\n   \r\n,,\r\n3,c,5\r\n", ["1", "3"], []),
        ('1,"x"y,5\r\n2,b,5\r\n', ["2"], [(2, "stray_quote")]),
        ("1," + "x" * 200_000 + ",5\r\n2,b,5\r\n", ["2"], [(2, "line_too_long")]),
        ("1,a,5\r2,b,5\n3,c,5", ["1", "2", "3"], []),
    ],
)
def test_one_bad_row_never_takes_its_neighbours_along(
    tmp_path: Path, body: str, good: list[str], bad: list[tuple[int, str]]
) -> None:
    found = rows(saved(tmp_path, HEADER + body))
    assert [row["id"] for row in found if "id" in row] == good
    assert [(row["line"], row["reason"]) for row in found if "reason" in row] == bad


def test_a_line_of_ten_megabytes_is_one_rejected_row(tmp_path: Path) -> None:
    found = rows(saved(tmp_path, HEADER + "1," + "长" * 3_500_000 + ",5\r\n2,b,5\r\n"))
    assert [row.get("reason") or row["id"] for row in found] == ["line_too_long", "2"]


def test_a_cell_too_long_is_rejected_whatever_limit_csv_has(tmp_path: Path) -> None:
    limit = csv.field_size_limit(1 << 30)
    try:
        found = rows(saved(tmp_path, HEADER + "1," + "x" * 200_000 + ",5\r\n2,b,5\r\n"))
    finally:
        csv.field_size_limit(limit)
    assert [row.get("reason") or row["id"] for row in found] == ["line_too_long", "2"]


def test_a_quote_open_to_the_end_of_a_long_file(tmp_path: Path) -> None:
    found = rows(saved(tmp_path, HEADER + '0,"a,5\r\n' + "".join(f"{i},x,5\r\n" for i in range(1, 3000))))
    assert [row.get("reason") for row in found[:2]] == ["unclosed_quote", None]
    assert sum("id" in row for row in found) == 2999


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_are_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    path = saved(tmp_path, f"id{delimiter}text\r\n1{delimiter}a, b\r\n")
    assert rows(path) == [{"id": "1", "text": "a, b"}]


def test_titles_are_made_distinct(tmp_path: Path) -> None:
    assert rows(saved(tmp_path, '\ufeffa,a,,"b\r\nc"\r\n1,2,3,4\r\n')) == [
        {"a": "1", "a (2)": "2", "column 3": "3", "b c": "4"}
    ]


@pytest.mark.parametrize("content", ["", "\r\n\r\n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"x\.csv: the file is empty"):
        rows(saved(tmp_path, content))


_CELL = st.text(st.sampled_from("a茶 \t\x00\x0b\x1c\x85\u3000\ufeff;'\\1"), max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=1, max_size=30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_without_quotes_read_like_quoted_ones(tmp_path: Path, cells: list[tuple[str, ...]], end: str) -> None:
    """They are cut by another reader, which must see the same cells, blank lines and blank records."""

    def written(quote: str) -> list[dict[str, str | None]]:
        lines = [",".join(f"{quote}{cell}{quote}" for cell in record) for record in [("x", "y", "z"), *cells]]
        return rows(saved(tmp_path, (end.join(lines) + end).encode()), encoding="utf-8")

    assert written("") == written('"')


def test_a_header_alone_still_says_its_columns(tmp_path: Path) -> None:
    (batch,) = readers.read(saved(tmp_path, HEADER), reading=Reading())
    assert batch.schema.names[:3] == ["id", "text", "stars"] and len(batch) == 0


def test_numbers_stay_text(tmp_path: Path) -> None:
    assert rows(saved(tmp_path, "a,b\r\n00123,123456789012345678901\r\n")) == [
        {"a": "00123", "b": "123456789012345678901"}
    ]
    lines = '{"a": 123456789012345678901, "b": 1.50, "c": {"d": true, "e": null}, "f": [1]}\n'
    assert rows(saved(tmp_path, lines, "x.jsonl")) == [
        {"a": "123456789012345678901", "b": "1.50", "c.d": "true", "c.e": None, "f": '["1"]'}
    ]


def test_json_lines_with_broken_ones(tmp_path: Path) -> None:
    lines = ['{"a": "1"}', '{"a": "2', "[1]", "", '{"b": "\\ud800x"}', "[" * 100_000, '{"a": "3"}']
    found = rows(saved(tmp_path, "\n".join(lines), "x.jsonl"))
    assert [row.get("reason") or row.get("a") or row.get("b") for row in found] == [
        "1",
        "bad_json",
        "bad_json",
        "\0x",
        "bad_json",
        "3",
    ]


@pytest.mark.parametrize("document", ['[{"a": "1"}, {"a": "2"}]', '{"total": 2, "comments": [{"a": "1"}, {"a": "2"}]}'])
def test_json_documents(tmp_path: Path, document: str) -> None:
    assert [row["a"] for row in rows(saved(tmp_path, document, "x.json"))] == ["1", "2"]


def test_columns_that_come_later_keep_the_earlier_ones(tmp_path: Path) -> None:
    path = saved(
        tmp_path, "".join(json.dumps({"a": "1"} if i < 9 else {"b": "2"}) + "\n" for i in range(18)), "x.jsonl"
    )
    batches = list(readers.read(path, reading=Reading(), rows=9))
    assert [c for c in batches[1].schema.names if c not in readers.OWN] == ["a", "b"]


def book(path: Path, cells: list[list[object]], *, sheets: int = 1) -> Path:
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False})
    for s in range(sheets):
        sheet = workbook.add_worksheet(f"s{s}")
        for r, line in enumerate(cells):
            for c, value in enumerate(line):
                sheet.write_string(r, c, value) if isinstance(value, str) else sheet.write(r, c, value)
    workbook.close()
    return path


def test_workbook_cells_become_text(tmp_path: Path) -> None:
    path = book(
        tmp_path / "x.xlsx",
        [["id", "n", "t"], ["00123", 5, "=1+1"], [123456789012345678901, 4.5, None], ["", "", ""], [True, 7, "x"]],
    )
    found = rows(path)
    assert found[0] == {"id": "00123", "n": "5", "t": "=1+1"}
    assert found[1]["id"].startswith(LOST) and found[1]["n"] == "4.5"  # type: ignore[union-attr]
    assert found[2]["id"] == "true" and len(found) == 3


def test_sheets_are_chosen_by_name(tmp_path: Path) -> None:
    path = book(tmp_path / "x.xlsx", [["a"], ["1"]], sheets=2)
    assert rows(path, sheet="s1") == [{"a": "1"}]
    with pytest.raises(InputError, match="no sheet 'nine'; the workbook has 's0', 's1'"):
        rows(path, sheet="nine")


@pytest.mark.parametrize("content", [b"PK\x03\x04 nonsense", b"", b"plain text"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.xlsx"):
        rows(saved(tmp_path, content, "x.xlsx"))


def test_a_cell_at_the_far_corner_does_not_take_the_process_along(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(str(tmp_path / "x.xlsx"))
    sheet = workbook.add_worksheet()
    sheet.write_string(0, 0, "a")
    sheet.write_string(1_048_575, 16_383, "far")
    workbook.close()
    with pytest.raises(InputError, match="could not be read"):
        list(xlsx.rows(tmp_path / "x.xlsx", megabytes=600))


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "UNPACKED", 1000)
    with pytest.raises(InputError, match="unpacks to"):
        rows(book(tmp_path / "x.xlsx", [["a"], ["1"]]))


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    path = book(tmp_path / "x.xlsx", [["a"], ["1"]])
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    strings = (
        parts["xl/sharedStrings.xml"].decode().replace("<sst", laughs + "<sst", 1).replace("<t>1</t>", "<t>&b;&c;</t>")
    )
    parts["xl/sharedStrings.xml"] = strings.encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    try:
        found = json.dumps(rows(path))
    except InputError:
        return
    assert "root:" not in found and "haha" not in found


def test_parquet_columns_become_text(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(
        pa.table(
            {
                "id": [12345678901234567],
                "at": pa.array([0], pa.timestamp("ns", tz="Asia/Shanghai")),
                "s": [4.0],
                "l": [["a"]],
            }
        ),
        path,
    )
    (row,) = rows(path)
    assert row["id"] == "12345678901234567" and row["s"] == "4" and row["l"] == '["a"]'
    assert str(row["at"]).startswith("1970-01-01 00:00:00") and str(row["at"]).endswith("Z")


@pytest.mark.parametrize("suffix", [".parquet", ".csv.gz", ".csv.zip"])
def test_damaged_containers_are_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError):
        rows(saved(tmp_path, b"nothing of the kind", f"x{suffix}"))


def test_gz_and_zip(tmp_path: Path) -> None:
    content = (HEADER + "1,a,5\r\n").encode()
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("__MACOSX/._x.csv", b"junk")
        archive.writestr("../../x.csv", content)
    expected = [{"id": "1", "text": "a", "stars": "5"}]
    assert rows(tmp_path / "x.csv.gz") == rows(tmp_path / "y.zip") == expected


def test_a_truncated_gz_is_an_error_not_a_shorter_file(tmp_path: Path) -> None:
    content = gzip.compress((HEADER + "".join(f"{i},{i * 7919},5\r\n" for i in range(5000))).encode())
    with pytest.raises(InputError, match="damaged"):
        rows(saved(tmp_path, content[: len(content) // 2], "x.csv.gz"))


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 1 << 20)
    with pytest.raises(InputError, match="unpacks to more than"):
        rows(saved(tmp_path, gzip.compress(b"a,b\n" + b"0" * (8 << 20)), "x.csv.gz"))


def test_unknown_suffixes_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.xlsx"):
        rows(saved(tmp_path, b"x", "x.docx"))
    with pytest.raises(InputError, match="no such file"):
        rows(tmp_path / "none.csv")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6), st.binary(max_size=40))
def test_rows_around_garbage_are_kept(tmp_path: Path, good: list[list[str]], garbage: bytes) -> None:
    """Whatever stands between them, rows that a CSV writer wrote come out, or are set aside by the encoding."""
    buffer = io.StringIO()
    marked = [[f"row{i}", *line[1:]] for i, line in enumerate(good)]
    csv.writer(buffer).writerows(marked)
    noise = garbage.replace(b"\r", b"").replace(b"\n", b"").replace(b'"', b"").replace(b"\x00", b"")
    data = HEADER.encode() + noise + b"\r\n" + buffer.getvalue().encode()
    try:
        found = rows(saved(tmp_path, data))
    except InputError:
        return
    assert [row["id"] for row in found if str(row.get("id", "")).startswith("row")] == [line[0] for line in marked]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.jsonl", "x.json", "x.csv.gz", "x.zip", "x.parquet"]))
def test_no_bytes_crash_a_reader(tmp_path: Path, data: bytes, name: str) -> None:
    try:
        found = rows(saved(tmp_path, data, name))
    except InputError:
        return
    assert all(isinstance(row, dict) for row in found)


def test_lines_and_records_are_accounted_for(tmp_path: Path) -> None:
    """Every physical line that is not blank is in a sound row or in a rejected one."""

    def lines() -> Iterator[str]:
        for i in range(3000):
            yield {0: f'{i},"a,5\r\n', 1: f"{i},a\r\n", 2: f'{i},"b"c,5\r\n'}.get(i % 7, f"{i},ok,5\r\n")

    found = rows(saved(tmp_path, HEADER + "".join(lines())))
    assert len(found) == 3000
    assert sum("id" in row for row in found) == sum(i % 7 > 2 for i in range(3000))
