"""Which tests run where.

Tests marked `realdata` need the folder that VOC_TEST_DATA names, tests marked `browser` a Chromium (on the path, or named by
VOC_TEST_BROWSER), tests marked `spark` Java and that extra, tests marked `topics` and `train` their extras. Where one of
these is absent its tests are not selected, and the first lines of the run say so. VOC_TEST_REQUIRE=browser,realdata,train
makes the absence of these an error; CI names all of them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest


def chromium() -> str | None:
    """The browser's path, if there is one."""
    named = os.environ.get("VOC_TEST_BROWSER")
    return named or next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)


def missing() -> dict[str, str]:
    """Mark -> what it lacks here."""
    lacks = {}
    folder = os.environ.get("VOC_TEST_DATA")
    if not folder:
        lacks["realdata"] = "VOC_TEST_DATA is not set"
    elif not Path(folder, "manifest.json").is_file():
        raise pytest.UsageError(f"VOC_TEST_DATA={folder} holds no manifest.json")
    if chromium() is None:
        lacks["browser"] = "no Chromium found"
    axe = os.environ.get("VOC_TEST_AXE")
    if not axe:
        lacks["axe"] = "VOC_TEST_AXE is not set (npm install axe-core, then the path of its axe.min.js)"
    elif not Path(axe).is_file():
        raise pytest.UsageError(f"VOC_TEST_AXE={axe} is no file")
    if importlib.util.find_spec("bertopic") is None:
        lacks["topics"] = "the extra [topics] is not installed"
    if importlib.util.find_spec("onnx") is None or importlib.util.find_spec("torch") is None:
        lacks["train"] = "the extra [train] is not installed"
    if importlib.util.find_spec("pyspark") is None:
        lacks["spark"] = "the extra [spark] is not installed"
    elif shutil.which("java") is None:
        lacks["spark"] = "no Java found"
    return lacks


def pytest_configure(config: pytest.Config) -> None:
    required = [name for name in os.environ.get("VOC_TEST_REQUIRE", "").split(",") if name]
    for name in required:
        if name in missing():
            raise pytest.UsageError(f"tests marked {name} are required, but {missing()[name]}")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"not selected: tests marked {mark} ({why})" for mark, why in missing().items()]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacks = missing()
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in lacks)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def browser_path() -> str:
    path = chromium()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real exports; only for tests marked `realdata`."""
    return Path(os.environ["VOC_TEST_DATA"])
