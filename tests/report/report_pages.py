"""Reading a built report back: links, references and visible text of its pages."""

from __future__ import annotations

import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Ids, links, scripts, attributes and text of one page; `unclosed` must stay empty."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.ids: list[str] = []
        self.links: list[str] = []
        self.refs: list[tuple[str, str | None]] = []
        self.attributes: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.stack: list[str] = []
        self.unclosed: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.unclosed += self.stack

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.attributes |= set(found)
        if found.get("id"):
            self.ids.append(found["id"])
        for name in ("href", "src"):
            if found.get(name):
                self.links.append(found[name])
        if found.get("data-ref"):
            self.refs.append((found["data-ref"], found.get("href")))
        if tag not in VOID and not self.get_starttag_text().rstrip().endswith("/>"):
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if self.stack and self.stack[-1] == tag:
            self.stack.pop()
        else:
            self.unclosed.append(f"</{tag}>")

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.text))


def read(folder: Path) -> dict[str, Page]:
    return {str(p.relative_to(folder)): Page(p) for p in sorted(folder.rglob("*.html")) if p.name != "summary.html"}


def everything(folder: Path) -> bytes:
    """All bytes of a folder, archives unpacked and Parquet read: for searching what may not be in it."""
    out = b""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        out += str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                out += b"".join(archive.read(n) for n in archive.namelist())
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            out += f"{table.schema}\n{table.to_pylist()}".encode()
    return out
