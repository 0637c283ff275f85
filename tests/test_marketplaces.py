"""Real marketplace exports through the monthly job: washing machines, phones with follow-ups, cosmetics."""

import subprocess
import sys
from pathlib import Path

import pytest

import voc

pytestmark = pytest.mark.realdata

MAPPINGS = Path(__file__).parent / "fixtures" / "mappings"


def run(*arguments):
    command = [sys.executable, "-m", "voc", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file", "mapping", "records"),
    [
        ("jd_washer.csv.gz", "jd_washer.toml", 5_565),
        ("jd_phone_raw.csv.gz", "jd_phone.toml", 3_189),
        ("jd_cosmetics.csv.gz", "jd_cosmetics.toml", 14_754),
    ],
)
def test_the_job_runs_from_the_export_to_the_report(tmp_path, real_data, file, mapping, records):
    run("init", tmp_path)
    source = ("--source", "jd", "--map", MAPPINGS / mapping)
    run("ingest", real_data / "structured" / file, *source, "--project", tmp_path)
    project = voc.open(tmp_path)
    ledger = project.table("ingests").arrow().to_pylist()[0]
    assert ledger["records"] == records
    busiest = "select month from this group by 1 order by count(*) desc, 1 limit 1"
    month = project.reviews().sql(busiest).arrow()["month"].to_pylist()[0]
    for step in ("annotate", "rank", "report"):
        run(step, "--month", month, "--project", tmp_path)
    assert len(project.mentions(month=month)) > 100
    rows = project.ranking(month=month, level="sku").arrow().to_pylist()
    assert rows
    assert all(len(project.evidence(row).arrow()) == row["observed"] for row in rows[:10])
    assert (tmp_path / "reports" / month / "index.html").is_file()
