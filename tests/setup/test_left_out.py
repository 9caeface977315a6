"""Tests left out are counted, named and, where CI asks for all of them, a failure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TESTS = """
import pytest
def test_plain(): pass
@pytest.mark.shared
def test_shared(): pass
@pytest.mark.full
def test_full_one(): pass
@pytest.mark.full
def test_full_two(): pass
"""


@pytest.fixture
def clone(tmp_path):
    tests = tmp_path / "clone" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(CONFTEST, tests)
    (tests / "test_some.py").write_text(TESTS)
    (tests.parent / "pytest.ini").write_text(
        f"[pytest]\ntestpaths = tests\npythonpath = {CONFTEST.parent / 'support'}\n"
        "markers =\n    shared: s\n    full: f\n"
    )
    return tests.parent


def run(clone, *arguments, ci=None):
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    if ci is not None:
        environment["CI"] = ci
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_without_shared_the_last_lines_say_what_was_left_out(clone, workers):
    done = run(clone, *workers)
    assert done.returncode == 0
    *_, shared, full, closing = done.stdout.splitlines()
    assert shared == "left out: 1 test; the folder shared/ beside the clone is not there"
    assert full == "left out: 2 tests; long runs, asked for with --full"
    assert "1 passed" in closing


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_in_ci_a_missing_shared_folder_is_a_failure(clone, workers):
    assert run(clone, *workers, ci="true").returncode == 1


def test_in_ci_leaving_out_the_long_tests_is_none(clone):
    (clone.parent / "shared").mkdir()
    done = run(clone, "-n", "2", ci="true")
    assert done.returncode == 0
    assert "2 passed" in done.stdout.splitlines()[-1]
    assert "shared/" not in done.stdout


def test_full_runs_all(clone):
    (clone.parent / "shared").mkdir()
    done = run(clone, "--full")
    assert "4 passed" in done.stdout.splitlines()[-1]
    assert "left out" not in done.stdout


def test_only_what_was_asked_for_is_counted(clone):
    done = run(clone, "-k", "plain", ci="true")
    assert done.returncode == 0
    assert "left out" not in done.stdout
