"""The clusters, with five edits of which one matters: a replay names it."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SMALL = '{"simulator_a": 500, "simulator_b": 300, "simulator_c": 200, "survey": 200}'
# What matters: files and texts to change, and what is said of them.
MATTERS = {
    "settings": (
        [("study.toml", r'(?s)(\[columns\.core_px\]\s+role = )"nuisance"', r'\1"input"')],
        "columns.core_px.role (settings)",
    ),
    "models": (
        [("study/baseline.py", r"func=np\.log\b", "func=np.rint")],
        "study/baseline.py: logarithms (models)",
    ),
    "data": (
        [("study/data.py", r'"simulator_a": 500', '"simulator_a": 400')],
        "study/data.py: HALOS (data)",
    ),
}
# A title, a level, bins of a figure that 02 and 06 draw, and the size of a figure: of one in 05,
# which runs again for it, or of one in 02, which is not on the way to the headline.
HARMLESS = [
    ("study.toml", r'title = ".*"', 'title = "Clusters, again"'),
    ("study.toml", r"(\nnoise = .*)4\.0\]", r"\g<1>3.0]"),
    ("study/downstream.py", r"5\.5, 20\.0\]", "5.5, 25.0]"),
]
FIGURES = {"settings": "05_diagnose", "models": "02_baseline", "data": "02_baseline"}


def boxloop(project, *words):
    """Run ``python -m boxloop`` in a project where nothing is installed."""
    command = [sys.executable, "-m", "boxloop", *words]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, encoding="utf-8", timeout=900
    )


def edit(project, name, pattern, new, count=1):
    """Replace what a pattern finds in a file of the project."""
    path = project / name
    text, many = re.subn(pattern, new, path.read_text(encoding="utf-8"), count=count)
    assert many, (name, pattern)
    path.write_text(text, encoding="utf-8", newline="\n")


@pytest.fixture(scope="module")
def first(bake, tmp_path_factory):
    """The clusters, a third of them, after one pass beside that on record: it is pass 2."""
    project = Path(bake(tmp_path_factory.mktemp("first")))
    edit(project, "study/data.py", r"(?m)^HALOS = .*$", f"HALOS = {SMALL}")
    edit(project, "study.toml", "halos_of_b = 300", "halos_of_b = 100")
    done = boxloop(project, "run")
    assert (project / "results/passes/002.json").is_file(), done.stdout + done.stderr
    return project


def tree(root):
    """Return ``{path: bytes}`` of all files below a folder, caches left out."""
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("group", MATTERS)
def test_of_five_edits_the_one_that_matters_is_named(first, tmp_path, group):
    """With its group, and the others with theirs; only 05 runs for the size of a figure."""
    project = shutil.copytree(first, tmp_path / "clusters")
    edits, label = MATTERS[group]
    figure = (f"notebooks/{FIGURES[group]}.ipynb", r"figsize=\(\d", "figsize=(6")
    for change in [*HARMLESS, figure, *edits]:
        edit(project, *change, count=0 if change in edits else 1)
    if group == "data":  # as a person does who wants other rows
        sealed = project / "data/sealed/test.parquet"
        sealed.chmod(0o644)
        for path in [sealed, *(project / "data/raw").glob("*.parquet")]:
            path.unlink()
    ran = boxloop(project, "run")
    assert (project / "results/passes/003.json").is_file(), ran.stdout + ran.stderr
    before, left = tree(project), len(list(Path(tempfile.gettempdir()).glob("boxloop-replay-*")))
    done = boxloop(project, "compare", "2", "3", "--replay")
    said = " ".join(done.stdout.split())

    assert done.returncode == 0, done.stderr
    # With a third of the clusters a move may lie inside the interval of the difference.
    named = re.findall(rf"{re.escape(label)} (?:may have )?moved it: ", said)
    assert said.count(" moved it") == len(named) == 1, done.stdout
    assert said.count("brings it back") == 1 and "02 baseline" not in done.stderr
    assert "without stress (1 edit)" in said and "not read for this number" in said
    assert tree(project) == before
    assert len(list(Path(tempfile.gettempdir()).glob("boxloop-replay-*"))) <= left
