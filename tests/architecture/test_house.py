"""The house keeps its own rules: floors, sizes, names, nothing left lying about."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contract", "drivers", "edge", "central", "simulators")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MAX_LINES = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def test_imports_point_down() -> None:
    """import-linter finds every contract of pyproject.toml kept."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_file_has_a_name_that_says_something() -> None:
    assert [path for path in SOURCES if path.stem in EMPTY_NAMES] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for path in SOURCES
        if not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""')) and "versions" not in path.parts
    ]
    assert silent == []


def test_only_the_bus_knows_paho() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"^\s*(import|from) paho", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert users == {"contract/delivery/bus.py"}


def test_topics_are_made_in_one_place() -> None:
    writers = {str(path.relative_to(ROOT)) for path in SOURCES if "guankou/v1" in path.read_text(encoding="utf-8")} - {
        "contract/topics.py"
    }
    assert writers == set()


def test_every_command_explains_itself() -> None:
    for program in ("guankou-edge", "guankou-central", "guankou-sim", "guankou-probe"):
        done = subprocess.run(
            [Path(sys.executable).with_name(program), "--help"],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"
        assert "usage" in done.stdout.lower()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_a_readme_with_its_decisions(package: str) -> None:
    text = (ROOT / package / "README.md").read_text(encoding="utf-8")
    assert "decision" in text.lower()
