"""Every reference that a page prints leads back to rows, and the numbers of reviews and customers are those rows' number."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import builder
import pyarrow as pa
import pytest

import voc
from voc import refs
from voc.commands.init import create
from voc.lake import MONTHLY, Lake
from voc.report import editions
from voc.report.build import build
from voc.schemas import TABLES

NOT_REVIEWS = {
    "power",
    "ingests",
    "quarantine",
    "keywords",
    "tags",
    "published",
}  # cells, files, rows refused; invented in this month
TABLES_OF_A_MONTH = (
    "ranking",
    "chain",
    "power",
    "prevalence",
    "impact",
    "wording",
    "verdicts",
    "tags",
    "keywords",
    "topics",
)


class Numbers(HTMLParser):
    """(reference, printed text) of every number on a page."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if ref := dict(attrs).get("data-ref"):
            self.open = [ref, ""]

    def handle_data(self, data):
        if self.open:
            self.open[1] += data

    def handle_endtag(self, tag):
        if self.open:
            self.found.append(tuple(self.open))
            self.open = None


def edition_before(data):
    """What an earlier report of the month left: one review less."""
    rows = editions.edition(data)
    for row in rows:
        if row["key"] == "reviews":
            row["value"] -= 1
    named = [{"month": builder.MONTH, "edition": 1, **row} for row in rows]
    return pa.Table.from_pylist(named, schema=TABLES["published"])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The invented month as a project on disk, and its report."""
    folder = tmp_path_factory.mktemp("refs")
    data = builder.build(n_reviews=1200, n_months=3)
    data = replace(data, published=edition_before(data))
    create(folder / "p")
    lake = Lake(folder / "p" / "lake")
    for name in ("reviews", "mentions", *TABLES_OF_A_MONTH):
        lake.replace_month(name, builder.MONTH, getattr(data, name))
    for name in ("stores", "skus", "actions"):
        lake.replace(name, getattr(data, name))
    for name in ("facts", "exposure"):
        table = getattr(data, name)
        for month in sorted(set(table["month"].to_pylist())):
            lake.replace_month(name, month, table.filter(pa.compute.equal(table["month"], month)))
    lake.replace("ingests", data.ingests)
    refused = {"ingest_id": "i-jd", "line": 3, "reason": "bad_date", "message": "?", "raw": "?"}
    lake.replace("quarantine", pa.Table.from_pylist([refused], schema=TABLES["quarantine"]))
    lake.replace_month("published", builder.MONTH, data.published)
    build(data, folder / "r")
    return voc.open(folder / "p"), folder / "r"


def behind(project, ref):
    """The number of (review, issue) pairs, or of rows, that a reference leads to."""
    name, filters = refs.parse(ref)
    if name in NOT_REVIEWS:
        month = {} if name not in MONTHLY else {"month": filters.get("month")}
        rows = project.table(name, **month).arrow().to_pylist()
        return sum(all(str(row[k]) == v for k, v in filters.items()) for row in rows)
    table = project.evidence(ref).arrow()
    aspects = table["aspect"].to_pylist() if "aspect" in table.column_names else [None] * len(table)
    return len(set(zip(table["review_id"].to_pylist(), aspects, strict=True)))


@pytest.mark.parametrize("page", ["index.html", "quality.html", "marketing.html", "products.html"])
def test_each_reference_leads_to_rows(project, page):
    opened, out = project
    found = Numbers((out / page).read_text(encoding="utf-8")).found
    assert len(found) > 15
    for ref in sorted({ref for ref, text in found if text not in ("0", "—")}):
        assert refs.parse(ref)[1].get("month", builder.MONTH) != builder.MONTH or behind(opened, ref) > 0, ref


def test_the_numbers_on_the_first_page_are_those_behind_their_references(project):
    opened, out = project
    checked = set()
    for ref, text in Numbers((out / "index.html").read_text(encoding="utf-8")).found:
        name, filters = refs.parse(ref)
        if name == "mentions" and "aspect" in filters and re.fullmatch(r"[\d,]+", text):
            assert behind(opened, ref) == int(text.replace(",", "")), ref
            checked.add(ref)
    whole = refs.make("exposure", month=builder.MONTH)
    printed = [t for r, t in Numbers((out / "index.html").read_text(encoding="utf-8")).found if r == whole]
    assert f"{behind(opened, whole):,}" in printed
    harm = refs.make("mentions", month=builder.MONTH, intent="complaint", severity="S1")
    assert (harm, str(behind(opened, harm))) in Numbers((out / "index.html").read_text(encoding="utf-8")).found
    assert len(checked) >= 4


def test_every_number_of_the_first_page_resolves_and_every_printed_count_has_a_reference(project):
    """All of them are walked, other months and editions included; what is no link has a reference all the same."""
    opened, out = project
    found = Numbers((out / "index.html").read_text(encoding="utf-8")).found
    assert len(found) > 60 and {"exposure", "mentions", "ranking", "published"} <= {refs.parse(r)[0] for r, _ in found}
    for ref, text in found:
        _, filters = refs.parse(ref)
        n = behind(opened, ref)  # raises where a reference leads nowhere
        if text not in ("0", "—") and filters.get("month", builder.MONTH) == builder.MONTH:
            assert n > 0, (ref, text)
    html = (out / "index.html").read_text(encoding="utf-8")
    assert html.count('class="n"') == html.count('class="n" data-ref="') == len(found)


def test_phrases_lead_to_the_customers_who_said_them(project):
    opened, out = project
    said = [(r, t) for r, t in Numbers((out / "marketing.html").read_text(encoding="utf-8")).found if "opinion=" in r]
    assert len(said) > 3
    for ref, text in said:
        reviews = opened.evidence(ref).arrow()
        assert (
            int(text) <= len(set(reviews["review_id"].to_pylist())) <= int(text) + 5
        )  # flagged ones are shown, not counted
        word = refs.parse(ref)[1]["opinion"]
        assert all(word in t.lower() for t in reviews["text"].to_pylist())
