import re

import builder
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import report_pages as pages

from voc.errors import SchemaMismatch, UnknownName
from voc.refs import parse
from voc.report.build import build
from voc.report.data import ReportData
from voc.report.opening import open_book
from voc.report.site import write_site

BAD = re.compile(r"\b(nan|inf|None|null|undefined|NaN|Infinity)\b")


@pytest.fixture(scope="module", params=["zh", "en"])
def site(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    write_site(open_book(builder.build(withheld=(("survey", "量少了 62%"),)), lang=request.param), out)
    return request.param, out, pages.read(out)


def test_every_link_leads_to_a_page_and_a_place_on_it(site):
    _, out, found = site
    for name, page in found.items():
        for link in page.links:
            assert not re.match(r"[a-z]+:", link), link
            path, _, anchor = link.partition("#")
            target = (page.path.parent / path).resolve() if path else page.path
            assert target.is_file() and target.is_relative_to(out), f"{name} -> {link}"
            if anchor and target.suffix == ".html":
                assert anchor in found[str(target.relative_to(out))].ids, f"{name} -> {link}"


def test_every_reference_resolves_and_the_numbers_on_the_first_page_have_one(site):
    _, _, found = site
    for page in found.values():
        for ref, _ in page.refs:
            table, filters = parse(ref)
            assert table and all(v for v in filters.values())
    first = found["index.html"]
    linked = [(r, h) for r, h in first.refs if h]
    assert len(linked) > 30 and len(linked) == len(first.refs)


def test_pages_are_well_formed_and_ids_unique(site):
    for name, page in site[2].items():
        assert not page.unclosed, name
        assert len(page.ids) == len(set(page.ids)), name


def test_no_inline_style_script_or_handler(site):
    for page in site[2].values():
        assert not {a for a in page.attributes if a == "style" or a.startswith("on")}
        policy = [
            a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == ["default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"]
        assert all(a.get("src") for t, a in page.tags if t == "script") and not any(t == "style" for t, _ in page.tags)


def test_nothing_that_is_not_a_number_is_printed(site):
    for name, page in site[2].items():
        assert not BAD.search(page.words), (name, BAD.search(page.words))
        assert not re.search("[<>]|&(lt|gt|amp|#[0-9]+);", page.words), name


def test_the_language_is_one(site):
    lang, _, found = site
    chrome = " ".join(found[n].words for n in ("methods.html",))
    chinese = len(re.findall(r"[\u4e00-\u9fff]", chrome))
    assert chinese > 400 if lang == "zh" else chinese < 20


def test_the_planted_issues_are_said_in_words(site):
    lang, _, found = site
    first = found["index.html"].words
    assert ("信号强" in first) if lang == "zh" else ("strong signal" in first)
    assert ("全链" in first and "个别" in first) if lang == "zh" else ("chain-wide" in first and "local" in first)
    assert ("顾客自述·待核实" in first) if lang == "zh" else ("not verified" in first)
    assert "survey" in first and "62%" in first


def test_a_franchise_store_is_not_named_on_the_first_page_nor_on_what_only_it_links_to(site):
    _, _, found = site
    data = builder.build()
    franchise = [s for s in data.stores.to_pylist() if s["ownership"] == "franchise"]
    cases = [p for n, p in found.items() if n.startswith("evidence/case-")]
    assert cases
    for page in (found["index.html"], *cases):
        html = page.path.read_text()
        for store in franchise:
            assert store["name"] not in html and f"store_id={store['store_id']}" not in html
            assert f"/{store['store_id'].lower()}-" not in html


def test_rates_count_each_customer_once():
    from voc.report.context import open_context
    from voc.report.first import complaining

    data = builder.build(n_reviews=400)
    flags = dict(zip(data.reviews["review_id"].to_pylist(), data.reviews["flags"].to_pylist(), strict=True))
    bad = {
        m["review_id"] for m in data.mentions.to_pylist() if m["intent"] == "complaint" and not flags[m["review_id"]]
    }
    assert complaining(open_context(open_book(data))) == (len(bad), sum(not f for f in flags.values()))


def test_evidence_shows_at_most_twenty_quotes_and_the_total(site):
    _, _, found = site
    page = next(p for n, p in found.items() if n.startswith("evidence/issue-v01"))
    complaints = page.path.read_text().split("</section>")[0]
    assert complaints.count('<figure class="quote">') == 20
    assert re.search(r'<b data-ref="mentions[?]aspect=V01[^"]*">73 ', complaints)


def test_unknown_names_are_refused(tmp_path):
    data = builder.build(n_reviews=50)
    for options in (
        {"reader": "boss"},
        {"store": "S999"},
        {"region": "火星"},
        {"dealer": "无"},
        {"supplier": "无"},
        {"lang": "fr"},
    ):
        with pytest.raises(UnknownName):
            build(data, tmp_path / "r", **options)


def test_tables_with_other_columns_are_refused():
    with pytest.raises(SchemaMismatch, match="ranking"):
        ReportData("2026-10", "x", {}, ranking=pa.table({"a": [1]}))


@pytest.mark.parametrize(
    "data",
    [
        builder.nothing(),
        builder.build(n_reviews=1, n_stores=1, n_skus=1, n_months=1),
        builder.build(n_reviews=60, n_stores=1, n_skus=2, n_months=2),
        builder.build(n_reviews=300, complaints=False, safety=False),
        builder.build(n_reviews=12, n_stores=2, n_skus=2, n_months=1),
    ],
    ids=["empty", "one review", "one store", "all positive", "twelve"],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_thin_months_say_so(data, lang, tmp_path):
    write_site(open_book(data, lang=lang), tmp_path)
    found = pages.read(tmp_path)
    for name, page in found.items():
        assert not BAD.search(page.words) and not page.unclosed, name
    first = found["index.html"].words
    if not len(data.reviews):
        assert ("没有可以计数的评价" if lang == "zh" else "no reviews to count") in first
    if len(data.reviews) < 30:
        assert ("请决定的事" if lang == "zh" else "For decision") in first and not found[
            "index.html"
        ].path.read_text().count('class="decisions"')
        assert not re.search(r"\d%", first.replace("95%", "").replace("90%", ""))


def test_no_mention_is_counted_below_the_confidence_asked_for(tmp_path):
    from dataclasses import replace

    data = replace(builder.build(n_reviews=200), min_confidence=0.95)
    write_site(open_book(data), tmp_path)
    assert not any(p.path.read_text().count('<figure class="quote">') for p in pages.read(tmp_path).values())


def test_flagged_followed_up_and_rival_reviews_count_as_they_should():
    from dataclasses import replace

    from voc.report.book import Book
    from voc.report.words import Words
    from voc.schemas import TABLES

    data = builder.build(n_reviews=40, complaints=False, safety=False)
    plan = [  # id, parent, flags, sku, counts
        ("a", None, [], "K0001", True),
        ("b", None, ["burst"], "K0001", False),
        ("c", "b", [], None, False),
        ("d", None, ["default_review"], "K0001", False),
        ("e", "d", [], None, True),
        ("f", None, [], "RIVAL", False),
    ]
    base, said = data.reviews.to_pylist()[0], data.mentions.to_pylist()[0]
    reviews = [
        base | {"review_id": i, "parent_id": p, "flags": f, "sku_id": s, "duplicate_of": None} for i, p, f, s, _ in plan
    ]
    mentions = [
        said | {"mention_id": i, "review_id": i, "sku_id": s, "aspect": "P07", "intent": "complaint"}
        for i, _, _, s, _ in plan
    ]
    rival = data.skus.to_pylist()[0] | {"sku_id": "RIVAL", "own": False}
    data = replace(
        data,
        reviews=pa.Table.from_pylist(reviews, schema=TABLES["reviews"]),
        mentions=pa.Table.from_pylist(mentions, schema=TABLES["mentions"]),
        skus=pa.Table.from_pylist([*data.skus.to_pylist(), rival], schema=TABLES["skus"]),
    )
    book = Book(data, Words("zh"))
    assert {m.mention_id: m.counted for m in book.mentions} == {i: c for i, _, _, _, c in plan}
    found = book.find("sku", "K0001", "P07", "complaint")
    assert {m.mention_id for m in found} == {"a", "b", "c", "d", "e"} and book.customers(found) == 2


def test_evidence_holds_as_many_customers_as_each_row_counts():
    from voc.report.book import Book
    from voc.report.cells import slice_of
    from voc.report.words import Words

    book = Book(builder.build(n_reviews=800), Words("zh"))
    for row in [*book.rows, *({**r, "level": "chain"} for r in book.chain)]:
        dim, key = slice_of(row)
        assert book.customers(book.find(dim, key, row["aspect"], "complaint")) == row["observed"], row


def test_a_general_code_is_listed_but_nobody_is_asked_to_decide_on_it():
    from dataclasses import replace

    from voc.report.book import Book
    from voc.report.context import open_context
    from voc.report.decisions import five
    from voc.report.words import Words

    data = builder.build(n_reviews=1500)
    top = data.chain.to_pylist()[0]["aspect"]
    before = five(open_context(Book(data, Words("zh"))))
    issues = {c: replace(i, general=c == top) for c, i in data.issues.items()}
    after = five(open_context(Book(replace(data, issues=issues), Words("zh"))))
    assert data.issues[top].zh in {d.issue for d in before} and data.issues[top].zh not in {d.issue for d in after}
    assert len({q.clause for d in before for q in d.quotes}) == len(before)


def test_silent_stores_and_sources_that_leap_are_named_beside_the_light():
    from dataclasses import replace

    from voc.report import trust
    from voc.report.book import Book
    from voc.report.context import open_context
    from voc.report.words import Words

    data = replace(builder.build(n_reviews=900, n_stores=12), quarantine_counts={})
    calm = trust.trust(open_context(Book(data, Words("en"))))
    assert not calm["care"] and calm["cares"] == []

    gone = pc.and_(pc.equal(data.exposure["month"], builder.MONTH), pc.greater(data.exposure["store_id"], "S003"))
    quiet = replace(data, exposure=data.exposure.filter(pc.invert(pc.fill_null(gone, False))))
    found = trust.trust(open_context(Book(quiet, Words("en"))))
    assert found["care"] and "of 12 stores have no review this month" in found["cares"][0]

    last = pc.and_(pc.equal(data.exposure["month"], "2026-09"), pc.equal(data.exposure["source"], "jd"))
    kept = data.exposure.filter(pc.invert(last))
    thin = data.exposure.filter(last)
    thin = thin.slice(0, 1).set_column(
        thin.schema.get_field_index("n_reviews"), thin.schema.field("n_reviews"), pa.array([40], pa.int64())
    )
    leap = replace(data, exposure=pa.concat_tables([kept, thin.cast(kept.schema)]))
    found = trust.trust(open_context(Book(leap, Words("zh"))))
    assert any(line.startswith("京东的评价是上月的") for line in found["cares"])


def test_quotes_that_the_stars_bear_out_come_first():
    from voc.report.book import Book
    from voc.report.words import Words

    book = Book(builder.build(n_reviews=600), Words("zh"))
    for intent, fits in (("praise", lambda r: r >= 4), ("complaint", lambda r: r < 5)):
        said = [m for m in book.find("chain", "", None, intent) if m.counted and m.native]
        stars = [book.reviews[m.review_id].rating for m in said]
        rated = [fits(r) for r in stars if r is not None]
        assert rated and rated == sorted(rated, reverse=True)


def test_sources_are_called_by_name_and_a_store_is_not_named_on_its_own_cases(site):
    lang, _, found = site
    text = found["coverage.html"].words
    assert (
        ("天猫" in text and "日期读不准" in text)
        if lang == "zh"
        else ("Tmall" in text and "date cannot be read" in text)
    )
    assert "bad_date" not in text and "meituan" not in found["index.html"].words
    own = [p for n, p in found.items() if n.startswith("stores/") and 'class="cases"' in p.path.read_text()]
    assert own
    assert not any(f'href="../stores/{p.path.name}"' in p.path.read_text() for p in own)


def test_safety_cases_that_belong_together_stand_before_the_single_ones(tmp_path):
    from dataclasses import replace

    data = builder.build(n_reviews=900)
    said = data.mentions.filter(pc.equal(data.mentions["intent"], "complaint")).slice(0, 6)
    for column, value in (("sku_id", "K0002"), ("aspect", data.safety["aspect"][0].as_py()), ("severity", "S1")):
        at = said.schema.get_field_index(column)
        said = said.set_column(at, said.schema.field(at), pa.array([value] * len(said), pa.string()))
    at = data.reviews.schema.get_field_index("lot")
    lots = pa.array(["L1"] * len(data.reviews), pa.string())
    reviews = data.reviews.set_column(at, data.reviews.schema.field(at), lots)
    write_site(open_book(replace(data, safety=said, reviews=reviews)), tmp_path, reader="quality")
    text = pages.read(tmp_path)["index.html"].path.read_text()
    assert 0 < text.index("不止一例的") < text.index('class="ledger"')
