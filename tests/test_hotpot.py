"""Real restaurants through the monthly job: names, months and stars as they were exported, a taxonomy of ten codes."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

import voc

pytestmark = pytest.mark.realdata

MONTH = "2021-06"
MAPPINGS = Path(__file__).parent / "fixtures" / "mappings"


def run(*arguments):
    command = [sys.executable, "-m", "voc", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory, real_data):
    folder = tmp_path_factory.mktemp("hotpot") / "project"
    run("init", folder, "--taxonomy", "restaurant")
    config = (folder / "voc.toml").read_text("utf-8").replace("enabled = true", "enabled = false")
    (folder / "voc.toml").write_text(config, "utf-8")
    for file, source, mapping in (
        ("meituan_hotpot_shops.csv", "stores", "meituan_hotpot_shops.toml"),
        ("meituan_hotpot_stores.csv.gz", "meituan", "meituan_hotpot.toml"),
    ):
        run(
            "ingest",
            real_data / "structured" / file,
            "--source",
            source,
            "--map",
            MAPPINGS / mapping,
            "--project",
            folder,
        )
    run("annotate", "--month", MONTH, "--project", folder)
    run("rank", "--month", MONTH, "--project", folder)
    run("report", "--month", MONTH, "--project", folder)
    return voc.open(folder)


def visible(page):
    """The text of a page as a reader sees it, without blanks."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", "", html.unescape(text))


def test_every_record_of_the_export_is_accounted_for(project):
    ledger = project.table("ingests").df()
    reviews = ledger[ledger.source == "meituan"].iloc[0]
    assert reviews.records == 16_886
    assert reviews.records == reviews[["new", "updated", "duplicate", "unchanged", "quarantined"]].sum()


def test_the_stores_report_names_the_stores_that_can_be_judged(project):
    page = visible(project.folder / "reports" / MONTH / "stores.html")
    judged = project.table("exposure", month=MONTH).sql(
        "select store_id from this group by 1 having sum(n_reviews) >= 30"
    ).arrow()["store_id"].to_pylist()  # fmt: skip
    names = project.table("stores").df().set_index("store_id")["name"]
    assert len(judged) >= 4
    assert all(re.sub(r"\s+", "", names[store]) in page for store in judged)


def test_the_worst_store_has_a_page_with_the_words_behind_its_top_issues(project):
    rows = project.ranking(month=MONTH, level="store").sql(
        "select * from this where observed >= 3 and observed > expected order by observed - expected desc limit 3"
    ).arrow().to_pylist()  # fmt: skip
    worst = rows[0]
    pages = [visible(p) for p in (project.folder / "reports" / MONTH / "stores").glob(f"{worst['store_id']}-*.html")]
    assert len(pages) == 1
    for row in (r for r in rows if r["store_id"] == worst["store_id"]):
        evidence = project.evidence(row).arrow()
        assert len(evidence) == row["observed"]
        quotes = [re.sub(r"\s+", "", quote) for quote in evidence["quote"].to_pylist()]
        assert any(quote in pages[0] for quote in quotes), row["aspect"]
