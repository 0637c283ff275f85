"""The report in a browser, from a folder: nothing is fetched, nothing breaks, everything can be reached and read."""

import os
from pathlib import Path
from urllib.parse import unquote

import builder
import pytest
from playwright.sync_api import sync_playwright

from voc.report.build import build

pytestmark = pytest.mark.browser

WATCH = "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
EVIL = "<script>document.title='hit'</script>"


@pytest.fixture(scope="module")
def data():
    names = {"S004": EVIL, "S005": "=HYPERLINK(1)", "K0003": '"><img src=x onerror="document.title=`hit`">'}
    names["text:3"] = f"</p>{EVIL}打开就有一股陈油味"
    return builder.build(n_reviews=1500, names=names)


@pytest.fixture(scope="module")
def report(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("browser") / "report"
    build(data, out)
    return out


@pytest.fixture(scope="module")
def chromium(browser_path):
    with sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = play.chromium.launch(executable_path=browser_path, args=flags)
        yield browser
        browser.close()


def opened(chromium, url=None, **options):
    """A page that remembers what its console said and what it asked for."""
    page = chromium.new_page(**options)
    page.complaints, page.asked = [], []
    page.add_init_script(WATCH)
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    page.on("request", lambda r: page.asked.append(r.url))
    if url:
        page.goto(url)
    return page


def kinds(report):
    """Each page of the report's own folder, and a few of each folder below it."""
    below = [p for folder in ("stores", "skus", "evidence") for p in sorted(report.glob(f"{folder}/*.html"))[:4]]
    return [p for p in (*sorted(report.glob("*.html")), *below) if p.name != "summary.html"]


def test_every_page_opens_without_a_complaint_and_asks_for_nothing_outside(chromium, report):
    page = opened(chromium)
    for path in kinds(report):
        page.goto(path.as_uri())
        assert page.complaints == [], path
        assert page.title() != "hit"
    assert len(page.asked) > 20 and all(unquote(url).startswith(f"file://{report}") for url in page.asked)
    page.close()


@pytest.mark.parametrize("pack", [{"store": "S004"}, {"supplier": "供应商3"}, {"reader": "quality"}])
def test_packs_open_as_cleanly(chromium, data, pack, tmp_path):
    build(data, tmp_path / "p", lang="en", **pack)
    page = opened(chromium, viewport={"width": 390, "height": 800})
    for path in kinds(tmp_path / "p"):
        page.goto(path.as_uri())
        assert page.complaints == [] and page.title() != "hit"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.close()


def test_no_page_is_wider_than_the_screen_and_no_menu_is_cut(chromium, report):
    page = opened(chromium)
    for path in kinds(report):
        page.goto(path.as_uri())
        for width in (360, 390, 900):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            ends = page.locator("nav a").evaluate_all("links => links.map(a => a.getBoundingClientRect().right)")
            assert max(ends) <= width, path
    page.close()


@pytest.mark.axe
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation(chromium, report, width):
    code = Path(os.environ["VOC_TEST_AXE"]).read_text(encoding="utf-8")
    context = chromium.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    for path in kinds(report):
        page.goto(path.as_uri())
        page.evaluate(code)
        found = page.evaluate(
            "async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])"
        )
        assert [v for v in found if v[0] in ("serious", "critical")] == [], path
        assert page.evaluate("axe.version")
    context.close()


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


def test_the_safety_ledger_is_narrowed_by_source_and_state(chromium, report):
    page = opened(chromium, (report / "quality.html").as_uri())
    before = page.locator(".ledger tbody tr").count()
    shown = page.locator(".ledger tbody tr:visible")
    for label in ("来源", "状态"):
        pick = page.locator(f'#safety .tools select[aria-label="{label}"]').last
        choices = pick.locator("option").all_inner_texts()[1:]
        assert len(choices) > 1 and (label == "来源" or set(choices) <= {"待核实", "已核实", "已排除"})
        pick.select_option(choices[0])
        assert 0 < shown.count() < before and all(choices[0] in t for t in shown.all_inner_texts())
        assert str(shown.count()) in page.locator("#safety .tools [aria-live]").last.inner_text()
        pick.select_option("")
        assert shown.count() == before
    page.close()


def test_a_table_is_copied_as_text_and_no_cell_becomes_a_formula(chromium, report):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = opened(context, (report / "stores.html").as_uri())
    page.locator("#all .tools button").click()
    page.get_by_role("button", name="已复制").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    lines = text.split("\n")
    assert len(lines) == 1 + page.locator("#all tbody tr").count() and lines[0].startswith("门店\t计入")
    assert "'=HYPERLINK(1)\t" in text and "\n=" not in text and page.complaints == []
    context.close()


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


def test_the_keyboard_alone_is_enough(chromium, report):
    page = opened(chromium, (report / "index.html").as_uri())
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.getElementById('main').contains({focused})")
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") != "none"
    page.locator("#q").focus()
    page.keyboard.type("店")
    page.keyboard.press("ArrowDown")
    first = page.evaluate(f"{focused}.href")
    page.keyboard.press("ArrowDown")
    assert first and page.evaluate(f"{focused}.href") not in (None, first)
    page.keyboard.press("Escape")
    assert page.evaluate(f"{focused}.id") == "q" and not page.locator("#hits").is_visible()
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
    page.locator("nav a").nth(3).click()
    assert page.locator(".ledger tbody tr").count() > 1
    context.close()


def test_the_first_page_prints_with_its_decisions_on_the_first_sheet(chromium, report):
    page = opened(chromium, (report / "index.html").as_uri())
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 3
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round(182 / 25.4 * 96), "height": 1000})  # A4 less its margins, at 96 dots an inch
    end = page.locator(".decisions").evaluate("e => e.getBoundingClientRect().bottom + scrollY")
    assert end <= 271 / 25.4 * 96
    page.close()
