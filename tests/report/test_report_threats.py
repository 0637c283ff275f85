import csv
import re
import zipfile
from dataclasses import replace

import builder
import pyarrow as pa
import pytest
import report_pages as pages

from voc.report.build import build
from voc.report.data import IssueName
from voc.report.site import safe_json

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "javascript:alert(3)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.eniart",
    "龘" * 300,
    "../../../etc/passwd",
    "CON",
    "a\x00b\x07c\x1b[31m",
    "]]>--><!--",
    "\u2028\u2029 ' \" & < >",
]


NAMED = {
    "stores": ("format", "region", "city", "dealer"),
    "skus": ("category", "supplier", "factory"),
    "reviews": ("lot", "carrier", "warehouse"),
    "actions": ("owner", "note"),
    "safety_states": ("who", "note"),
    "wording": ("term",),
    "keywords": ("term",),
    "topics": ("label",),
    "verdicts": ("reason",),
    "mentions": ("competitor",),
    "ingests": ("file",),
}
"""Everything else that comes from outside and is printed."""


def planted(table, column):
    """`table` with a vector in each cell of `column` that holds anything; the same words get the same vector."""
    old = table[column].to_pylist()
    codes = {v: EVIL[i % len(EVIL)] for i, v in enumerate(sorted({v for v in old if v is not None}))}
    new = pa.array([None if v is None else codes[v] for v in old], pa.string())
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), new)


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    names = {f"S{i + 1:03d}": e for i, e in enumerate(EVIL)} | {f"K{i + 1:04d}": e for i, e in enumerate(EVIL)}
    names |= {f"text:{i}": f"{e}打开就有一股陈油味{e}" for i, e in enumerate(EVIL * 30)}
    data = builder.build(n_reviews=1500, n_months=3, names=names, withheld=((EVIL[0], EVIL[1]),))
    issues = {
        c: replace(i, zh=EVIL[n % len(EVIL)], en=EVIL[n % len(EVIL)], owner=EVIL[0])
        for n, (c, i) in enumerate(data.issues.items())
    }
    issues[EVIL[1]] = IssueName(EVIL[1], EVIL[0], EVIL[0], "product", "S1", EVIL[2])
    data = replace(data, title=EVIL[0], issues=issues, quarantine_counts={EVIL[1]: 3})
    for name, columns in NAMED.items():
        for column in columns:
            data = replace(data, **{name: planted(getattr(data, name), column)})
    out = tmp_path_factory.mktemp("evil") / "r"
    build(data, out)
    return out, pages.read(out)


def test_nothing_in_the_data_becomes_markup(evil):
    for name, page in evil[1].items():
        assert not page.unclosed, name
        assert not [t for t, _ in page.tags if t == "img"], name
        assert all(a["src"].endswith(("search.js", "report.js")) for t, a in page.tags if t == "script"), name
        assert not [a for a in page.attributes if a.startswith("on")], name
        assert not [x for x in page.links if x.lower().startswith(("javascript", "data:", "http"))], name


def test_the_vectors_are_there_as_text(evil):
    """What is planted reaches the pages, so that the other tests look at something."""
    said = "\n".join(page.words for page in evil[1].values())
    for vector in (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(3)",
        "{{ 7 * 7 }}{% raw %}",
    ):
        assert said.count(vector) > 20, vector
    assert "../../../etc/passwd" in said and "龘" * 20 in said
    assert "49{% raw %}" not in said


def test_every_link_still_leads_somewhere(evil):
    out, found = evil
    for name, page in found.items():
        for link in page.links:
            path, _, anchor = link.partition("#")
            target = (page.path.parent / path).resolve() if path else page.path
            assert target.is_file(), (name, link)
            if anchor and target.suffix == ".html":
                assert anchor in found[str(target.relative_to(out.resolve()))].ids, (name, link)


def test_no_direction_marks_and_no_controls_on_a_page(evil):
    out, _ = evil
    for path in out.rglob("*.html"):
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", path.read_text()), path
    assert not re.search(r"[<>\u2028\u2029\u202e]", (out / "assets/search.js").read_text())


def test_names_never_become_paths(evil):
    out, _ = evil
    for path in out.rglob("*"):
        assert path.resolve().is_relative_to(out.resolve())
        assert re.fullmatch(r"[a-z0-9.-]{1,60}", path.name), path
    assert not (out.parent / "etc").exists()


def test_long_names_are_cut_on_pages(evil):
    assert all("龘" * 200 not in page.words for page in evil[1].values())


def test_json_for_scripts_cannot_end_the_script():
    text = safe_json(["</script>", "\u2028", "<!--", "&"])
    assert not re.search(r"[<>&\u2028]", text) and "\\u003c/script\\u003e" in text


def test_files_for_spreadsheets_hold_no_formula(tmp_path):
    formulas = ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1"]
    names = {f"S{i + 1:03d}": f for i, f in enumerate(formulas)} | {f"K{i + 1:04d}": f for i, f in enumerate(formulas)}
    data = builder.build(n_reviews=900, n_months=3, names=names)
    rows = [
        {**r, "owner": formulas[i % 7], "note": formulas[-1 - i % 7]} for i, r in enumerate(data.actions.to_pylist())
    ]
    said = [{**r, "who": "=1+1", "note": formulas[i % 7]} for i, r in enumerate(data.safety_states.to_pylist())]
    states = pa.Table.from_pylist(said, schema=data.safety_states.schema)
    actions = pa.Table.from_pylist(rows, schema=data.actions.schema)
    build(replace(data, actions=actions, safety_states=states), tmp_path / "r")
    for name in ("actions.csv", "safety.csv"):
        with open(tmp_path / "r" / name, encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert "'=1+1" in cells and not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    with zipfile.ZipFile(tmp_path / "r/report.xlsx") as archive:
        sheets = "".join(archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet"))
    assert "<f>" not in sheets


def test_packs_of_hostile_names_hold(tmp_path):
    data = builder.build(n_reviews=900, n_months=3)
    data = replace(data, stores=planted(data.stores, "dealer"), skus=planted(data.skus, "supplier"))
    for pack in ({"dealer": EVIL[0]}, {"supplier": EVIL[1]}):
        build(data, tmp_path / "p", **pack)
        for name, page in pages.read(tmp_path / "p").items():
            assert not page.unclosed and not [t for t, _ in page.tags if t == "img"], name
            assert not [a for a in page.attributes if a.startswith("on")], name
