"""The rooms of the machinery: imports go down only, files and functions stay small."""

import ast
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, TEMPLATE

LONGEST_LINE, LONGEST_FUNCTION = 100, 45
ROOMS = sorted(path.parent.name for path in (TEMPLATE / "boxloop").glob("*/__init__.py"))
FOLDERS = {
    "boxloop": [TEMPLATE / "boxloop", "*.py"],
    **{f"boxloop/{room}": [TEMPLATE / "boxloop" / room, "**/*.py"] for room in ROOMS},
    "studies": [TEMPLATE / "studies", "**/*.py"],
    "tools": [ROOT / "tools", "**/*.py"],
    "hooks": [ROOT / "hooks", "*.py"],
    "tests": [ROOT / "tests", "**/*.py"],
    "answers": [ROOT, "boxloop_answers.py"],
}
# As its command does, which is called otherwise on each system.
LINT = (
    "import sys; from importlinter.cli import lint_imports;"
    "sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True))"
)


def contract(folder):
    """Return whether the machinery in a folder keeps the contract, and what import-linter says."""
    found = subprocess.run(
        [sys.executable, "-c", LINT, ROOT / "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
    )
    return found.returncode == 0, found.stdout + found.stderr


@pytest.fixture
def copy(tmp_path):
    """A copy of the machinery, to break it."""
    ignore = shutil.ignore_patterns("__pycache__", "templates")
    shutil.copytree(TEMPLATE / "boxloop", tmp_path / "boxloop", ignore=ignore)
    return tmp_path


def add(path, line):
    """Add a line to a file, or begin one."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")


def test_the_contract_is_kept():
    """Of pyproject.toml: each room imports from those below it, and no modules in a circle."""
    kept, said = contract(TEMPLATE)

    assert kept, said
    assert "2 kept, 0 broken" in said


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("base/files.py", "from boxloop.record import facts"),
        ("base/files.py", "import boxloop.cli"),
        ("measure/task.py", "def late():\n    from boxloop.settings.load import load_settings"),
        ("record/facts.py", "from boxloop.adopt import roles"),  # side by side, and not each other
        ("notebooks/file.py", "from boxloop.table import text"),
        ("new_room/__init__.py", "from boxloop.cli import main"),  # every room has its place
    ],
)
def test_an_import_that_goes_up_breaks_it(copy, module, line):
    """Also one in a function, one beside, and one of a room that nobody gave a place."""
    (copy / "boxloop" / module).parent.mkdir(exist_ok=True)
    add(copy / "boxloop" / module, line)

    kept, said = contract(copy)
    assert not kept
    assert "Imports go down only BROKEN" in said or "new_room" in said


def test_a_circle_within_a_room_breaks_it(copy):
    """Two modules of one room that import each other."""
    add(copy / "boxloop" / "base" / "files.py", "from boxloop.base import places")
    add(copy / "boxloop" / "base" / "places.py", "from boxloop.base import files")

    kept, said = contract(copy)
    assert not kept and "within a room either BROKEN" in said


@pytest.mark.parametrize("name", FOLDERS)
def test_lines_and_functions_are_short(name):
    """What does not fit on a screen is two things."""
    folder, pattern = FOLDERS[name]
    long = []
    for path in sorted(folder.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        lines = enumerate(text.splitlines(), 1)
        where = path.relative_to(ROOT)
        long += [f"{where}:{at}: {len(line)}" for at, line in lines if len(line) > LONGEST_LINE]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = node.end_lineno - node.lineno + 1
                long += [f"{where}: {node.name}: {size}"] if size > LONGEST_FUNCTION else []

    assert not long
