"""What others hold on to: the exported names, the documented commands, the generated references."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import voc
from voc.cli import COMMANDS

ROOT = Path(__file__).parent.parent


def test_the_public_names_are_these_and_no_more():
    assert sorted(voc.__all__) == [
        "Project", "Stage", "VocError", "__version__", "analyze", "keywords", "load_spacy", "open", "rank_file", "sentiment",
    ]  # fmt: skip
    for name in voc.__all__:
        assert getattr(voc, name) is not None


def test_importing_voc_loads_none_of_the_heavy_libraries():
    script = "import sys, voc; print(sorted({'pyarrow', 'spacy', 'sklearn', 'torch', 'duckdb', 'altair'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_is_documented_and_the_references_are_up_to_date():
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert all(f"## voc {name}\n" in generate.cli() for name in COMMANDS)
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == generate.cli(), "run: python docs/generate.py"
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == generate.configuration(), (
        "run: python docs/generate.py"
    )
    assert (ROOT / "docs" / "accuracy.md").read_text("utf-8") == generate.accuracy(), "run: python docs/generate.py"
