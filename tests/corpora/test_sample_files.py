"""The files arrive as real exports do, and the same seed writes the same bytes."""

import csv
import hashlib
import io
import json
from pathlib import PurePosixPath

import pytest
from python_calamine import CalamineWorkbook
from voc.corpora.sample import generate, texts
from voc.corpora.sample.__main__ import main
from voc.corpora.sample.files import JD, MEITUAN, TMALL, WJX

from voc.errors import WrongUse


def table(sample, name):
    text = (sample.out / f"inbox/{name}/{name}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def digests(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def tmall_rows(sample, month):
    raw = (sample.out / f"inbox/tmall/{month}.csv").read_bytes().decode("gb18030", errors="replace")
    return list(csv.reader(io.StringIO(raw)))


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    first = digests(generate(tmp_path / "a", reviews=400, seed=1))
    assert first == digests(generate(tmp_path / "b", reviews=400, seed=1))
    other = digests(generate(tmp_path / "c", reviews=400, seed=2))
    assert all(first[name] != other[name] for name in first if name.endswith("2026-10.csv"))


def test_texts_are_those_of_the_files(tmp_path):
    out = generate(tmp_path, reviews=400, seed=1)
    written = "".join(path.read_bytes().decode("utf-8", "ignore") for path in (out / "inbox/jd").glob("*"))
    written += "".join(path.read_bytes().decode("gb18030", "replace") for path in (out / "inbox/tmall").glob("*"))
    said = texts(reviews=400, seed=1)
    assert 200 < len(said) <= 400 and all(said)
    assert sum(text in written for text in said) > 100


def test_the_missing_export_is_missing_and_the_rest_is_there(sample):
    months = sample.truth["months"]
    for source, suffix in (("tmall", "csv"), ("jd", "xlsx"), ("meituan", "jsonl"), ("wjx", "csv")):
        there = {p.name for p in (sample.out / "inbox" / source).iterdir()}
        missing = sample.truth["missing_sources"].get(source)
        assert there == {f"{m}.{suffix}" for m in months if m != missing}
    assert sample.truth["missing_sources"] == {"jd": "2026-07"}


def test_tmall_is_gb18030_with_real_columns_and_long_numbers(sample):
    header, *rows = tmall_rows(sample, "2026-10")
    assert tuple(header) == TMALL
    good = [r for r in rows if len(r) == len(TMALL) and r[0].startswith("2")]
    assert all(len(r[0]) == 19 and len(r[1]) == 19 for r in good)
    assert {r[4] for r in good} == {"good", "neutral", "bad"}
    with pytest.raises(UnicodeDecodeError):
        (sample.out / "inbox/tmall/2026-10.csv").read_bytes().decode("utf-8")


def test_jd_workbook_is_all_strings(sample):
    rows = CalamineWorkbook.from_path(str(sample.out / "inbox/jd/2026-10.xlsx")).get_sheet_by_index(0).to_python()
    assert tuple(rows[0]) == JD
    assert {type(v) for row in rows for v in row} == {str}
    ids = {row[1] for row in rows[1:]}
    assert any(i.startswith("0") for i in ids)


def test_meituan_has_milliseconds_half_stars_and_silent_rows(sample):
    rows = []
    for line in (sample.out / "inbox/meituan/2026-10.jsonl").read_text("utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    assert all(tuple(r) == MEITUAN for r in rows)
    assert {r["评论用户星级"] for r in rows} <= {5, 10, 15, 20, 25, 30, 35, 40, 45, 50}
    assert all(r["评论时间"] > 10**12 for r in rows if isinstance(r["评论时间"], int))
    silent = sum(r["评论用户内容"] == "" for r in rows) / len(rows)
    assert 0.3 < silent < 0.5


def test_survey_names_the_store_and_joins_choices(sample):
    raw = (sample.out / "inbox/wjx/2026-10.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert tuple(header) == WJX
    names = {r["name"] for r in table(sample, "stores")}
    assert {r[6] for r in rows} <= names
    assert any("┋" in r[7] for r in rows)
    assert {int(r[9]) for r in rows} <= set(range(11))


def test_counts_reconcile_and_broken_rows_stay_under_two_percent(sample):
    for name, count in sample.truth["files"].items():
        assert count["records"] == count["reviews"] + count["overlap"] + count["repeated"] + count["broken"], name
        assert count["broken"] <= 0.02 * count["records"], name
        if name.endswith("jsonl"):
            assert count["records"] == len((sample.out / name).read_text("utf-8").splitlines())
        if "tmall" in name:
            assert count["records"] == len(tmall_rows(sample, name[-11:-4])) - 1
    assert sum(c["broken"] for c in sample.truth["files"].values()) > 0
    assert sum(c["repeated"] for c in sample.truth["files"].values()) > 0


def test_orders_link_tmall_rows(sample):
    orders = {r["order_id"]: r for r in table(sample, "orders")}
    rows = [r for r in tmall_rows(sample, "2026-10")[1:] if len(r) == len(TMALL)]
    linked = [orders[r[0]] for r in rows if r[0] in orders]
    assert 0.8 < len(linked) / len(rows) < 1
    assert 0.5 < sum(bool(o["store_id"]) for o in linked) / len(linked) < 0.8


def test_dimensions(sample):
    stores, skus = table(sample, "stores"), table(sample, "skus")
    assert (len(stores), len(skus)) == (60, 120)
    assert len({s["region"] for s in stores}) == 6
    assert {s["ownership"] for s in stores} == {"direct", "franchise"}
    assert all(bool(s["dealer"]) == (s["ownership"] == "franchise") for s in stores)
    assert len({s["name"] for s in stores}) == 60 and len({s["name"] for s in skus}) == 120
    ids = {s["sku_id"] for s in skus}
    gifts = [s for s in skus if s["components"]]
    assert gifts and all(set(g["components"].split(";")) <= ids for g in gifts)
    assert sum(s["own"] == "0" for s in skus) == 10


def test_slice_keeps_two_months_and_stays_small(tmp_path, capsys):
    assert main([str(tmp_path / "slice"), "--reviews", "800", "--slice"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "slice")
    files = digests(tmp_path / "slice")
    months = {PurePosixPath(n).stem for n in files if "meituan" in n}
    assert months == {"2026-09", "2026-10"}
    assert sum((tmp_path / "slice" / n).stat().st_size for n in files) < 200_000
    truth = json.loads((tmp_path / "slice/truth.json").read_text("utf-8"))
    assert set(truth["files"]) == {n for n in files if n[-5].isdigit() or n.endswith(("xlsx", "jsonl"))}


def test_too_few_reviews_is_wrong_use(tmp_path):
    with pytest.raises(WrongUse, match="reviews=50"):
        generate(tmp_path, reviews=50)
