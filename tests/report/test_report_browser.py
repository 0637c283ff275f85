import shutil
from urllib.parse import unquote

import builder
import pytest
from playwright.sync_api import sync_playwright

from voc.report.build import build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("browser") / "report"
    evil = {"S004": "<script>document.title='hit'</script>"}
    evil["K0003"] = '"><img src=x onerror="document.title=`hit`">'
    build(
        builder.build(
            n_reviews=1500, names=evil | {"text:3": "</p><script>document.title='hit'</script>打开就有一股陈油味"}
        ),
        out,
    )
    return out


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def opened(chromium, url=None, **options):
    """A page that remembers what its console said and what it asked for."""
    page = chromium.new_page(**options)
    page.complaints, page.asked = [], []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    page.on("request", lambda r: page.asked.append(r.url))
    if url:
        page.goto(url)
    return page


def test_every_page_opens_without_a_complaint_and_asks_for_nothing_outside(chromium, report):
    page = opened(chromium)
    for path in [
        p for folder in ("*.html", "stores/*", "skus/*", "evidence/case*") for p in sorted(report.glob(folder))[:8]
    ]:
        if path.name != "summary.html":
            page.goto(path.as_uri())
            assert page.complaints == [], path
            assert page.title() != "hit"
    assert len(page.asked) > 20 and all(unquote(url).startswith(f"file://{report}") for url in page.asked)
    page.close()


def test_no_page_is_wider_than_the_screen(chromium, report):
    page = opened(chromium)
    for path in [*sorted(report.glob("*.html")), next(report.glob("stores/*.html")), next(report.glob("skus/*.html"))]:
        page.goto(path.as_uri())
        for width in (390, 900):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.close()


def test_tables_sort_both_ways_by_number(chromium, report):
    page = opened(chromium, (report / "issues.html").as_uri())
    column = "#chain tbody td:nth-child(3)"
    head = page.locator("#chain thead th").nth(2)

    def numbers():
        return [int(t.split("/")[0].replace(",", "")) for t in page.locator(column).all_inner_texts()]

    head.locator("button").click()
    assert numbers() == sorted(numbers(), reverse=True) and head.get_attribute("aria-sort") == "descending"
    head.locator("button").press("Enter")
    assert numbers() == sorted(numbers()) and head.get_attribute("aria-sort") == "ascending"
    page.close()


def test_tables_filter(chromium, report):
    page = opened(chromium, (report / "coverage.html").as_uri())
    page.locator("#stores .tools input").fill("华南")
    shown = page.locator("#stores tbody tr:visible")
    assert 0 < shown.count() < page.locator("#stores tbody tr").count()
    assert all("华南" in t for t in shown.all_inner_texts())
    page.close()


def test_search_finds_and_leads_there(chromium, report):
    page = opened(chromium, (report / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("物流")
    assert page.locator("#hits a").first.inner_text().startswith("物流速度")
    page.keyboard.press("Enter")
    page.wait_for_url("**/evidence/issue-*")
    page.locator("#q").fill("没有这样的东西")
    assert "没有找到" in page.locator("#hits").inner_text()
    assert page.complaints == []
    page.close()


def test_a_number_opens_the_words_behind_it(chromium, report):
    page = opened(chromium, (report / "index.html").as_uri())
    page.locator(".decisions a.n").nth(1).click()
    page.wait_for_url("**/evidence/*")
    assert page.locator(".evidence:target mark").count() > 0
    page.close()


def test_everything_can_be_read_without_script(chromium, report):
    context = chromium.new_context(java_script_enabled=False)
    page = opened(context, (report / "index.html").as_uri())
    assert page.locator(".decisions > li").count() == 5 and page.locator("h1").is_visible()
    assert not page.locator(".search").is_visible()
    page.locator("nav a").nth(5).click()
    assert page.locator("#chain tbody tr").count() > 5
    context.close()


def test_the_first_page_prints_on_a_few_sheets(chromium, report):
    page = opened(chromium, (report / "index.html").as_uri())
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 3
    page.close()
