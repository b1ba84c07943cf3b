"""Ruff and mypy are content with template, machinery, studies, notebooks and every fresh bake."""

import itertools
import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, TEMPLATE

from boxloop_answers import caches

# Cookiecutter bakes what lies in the template: what these two remember must lie elsewhere.
KEPT = ROOT / ".pytest_cache"
RULES = ROOT / "pyproject.toml"
TASKS = ("regression", "classification", "anomaly-detection")
BAKES = list(itertools.product(TASKS, ("worked-example", "own-data")))


def findings(*command, folder=ROOT, path=""):
    """Return what a tool says against the code, or nothing."""
    env = os.environ | {"MYPYPATH": str(path), "PYTHONUTF8": "1"}
    before = caches(None)
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert caches(None) == before, "a cache in the template is read by every bake"
    return "" if done.returncode == 0 else done.stdout + done.stderr


def ruff(*words, rules=RULES, folder=ROOT):
    """Return the findings of ruff, by the rules of the template unless others are named."""
    kept = ["--no-cache"] if rules != RULES else ["--cache-dir", str(KEPT / "ruff")]
    return findings("ruff", *words, *kept, "--config", str(rules), ".", folder=folder)


def mypy(*words, folder=ROOT, path=TEMPLATE):
    """Return the findings of mypy; `path` is where it looks for packages."""
    kept = ["--cache-dir", str(KEPT / "mypy"), "--config-file", str(RULES)]
    return findings("mypy", *kept, *words, folder=folder, path=path)


@pytest.fixture(scope="module")
def projects(bake, tmp_path_factory):
    """Return ``project(task, start_from)``: a fresh bake, made once."""
    made = {}

    def project(task, start):
        if (task, start) not in made:
            folder = tmp_path_factory.mktemp("lint")
            made[task, start] = bake(folder, task=task, start_from=start)
        return made[task, start]

    return project


def test_ruff_finds_nothing():
    """Notebooks are read cell by cell; what belongs to nobody's code is not looked at."""
    assert not ruff("check", "--output-format", "concise")


def test_lines_are_folded_by_the_formatter():
    """So that two people who change a line change it alike."""
    assert not ruff("format", "--check")


@pytest.mark.parametrize(("task", "start"), BAKES)
def test_a_fresh_bake_passes_its_own_rules(projects, task, start):
    """`ruff check` in the project, as its user types it."""
    project = projects(task, start)
    assert not ruff("check", rules=project / "pyproject.toml", folder=project)


def test_a_cache_in_the_template_does_no_harm(cook, tmp_path):
    """A tool that was run by hand leaves one: it is neither rendered nor part of the project."""
    template = tmp_path / "template"
    for name in ("hooks", "templates", TEMPLATE.name):
        shutil.copytree(ROOT / name, template / name)
    for name in ("cookiecutter.json", "boxloop_answers.py"):
        shutil.copy(ROOT / name, template / name)
    left = (".ruff_cache", "tests/.mypy_cache", "studies/__pycache__", "data/.ipynb_checkpoints")
    for name in left:
        (template / TEMPLATE.name / name).mkdir(exist_ok=True)
        (template / TEMPLATE.name / name / "left").write_bytes(b"\xff {{ nothing }}")

    done = cook(str(template), "--no-input", "--output-dir", str(tmp_path), "project_slug=baked")

    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "baked").rglob("left"))


def test_types_of_the_machinery():
    """The package as it is copied."""
    assert not mypy("-p", "boxloop")


def test_types_of_the_tools():
    """What `make` calls, and the rules for answers."""
    files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tools/*.py"))
    assert not mypy(*files, "boxloop_answers.py", path=os.pathsep.join(["tools", str(TEMPLATE)]))


@pytest.mark.parametrize(("task", "start"), BAKES)
def test_types_of_study_and_notebooks(projects, tmp_path, task, start):
    """The study is the package that chapters import; a chapter is a module of its code cells.

    Options of a drawing in a dictionary, and a name for the next table, are good style in a
    chapter: what mypy says of those is not asked for.
    """
    project = projects(task, start)
    shutil.copytree(project / "study", tmp_path / "study")
    for path in project.glob("notebooks/*.ipynb"):
        (tmp_path / f"chapter_{path.stem}.py").write_text(code(path), encoding="utf-8")
    chapters = sorted(path.name for path in tmp_path.glob("chapter_*.py"))

    assert not mypy("-p", "study", folder=tmp_path)
    loose = [f"--disable-error-code={code}" for code in ("arg-type", "assignment", "call-overload")]
    assert not mypy(*loose, *chapters, folder=tmp_path)


def code(path):
    """Return the code cells of a notebook as one text, each below its id."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = (
        f"# cell {cell['id']}\n{''.join(cell['source'])}\n"
        for cell in cells
        if cell["cell_type"] == "code"
    )
    return "from IPython.display import display\n" + "".join(texts)
