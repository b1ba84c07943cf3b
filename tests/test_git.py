"""Notebooks under git: what was put out stays out of it, and a diff shows cells."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import TEMPLATE
from fake_loop import make_project
from remedies_lab import git

from boxloop.notebooks import under_git
from boxloop.notebooks.clean import as_text, cleaned, has_outputs, readable
from boxloop.upkeep.setup import set_up

CHAPTERS = sorted((TEMPLATE / "notebooks").glob("*.ipynb"))
NAME = "notebooks/01_scoping.ipynb"
SHOWN = {"name": "stdout", "output_type": "stream", "text": ["831 rows\n"]}


def as_saved(path, *, add=()):
    """Save a notebook as JupyterLab does after a run, with lines added to its first code cell."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    about = {"name": "python", "version": "3.13.1", "codemirror_mode": {"name": "ipython"}}
    notebook["metadata"]["language_info"] = about
    notebook["metadata"]["kernelspec"] = {
        "name": "mine",
        "display_name": "Mine",
        "language": "python",
    }
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, 1):
        cell["execution_count"], cell["outputs"] = count, [dict(SHOWN)]
        cell["metadata"] |= {"execution": {"iopub.execute_input": "2026"}, "scrolled": True}
        cell["metadata"]["jupyter"] = {"outputs_hidden": True}
    if add:
        code[0]["source"] = "".join([*code[0]["source"], *add])
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=2), encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """A small project with the filter's script, under git, in a folder with blanks and quotes."""
    project = make_project(tmp_path / "my study's")
    script = project.root / under_git.SCRIPT
    script.parent.mkdir(parents=True)
    shutil.copyfile(TEMPLATE / under_git.SCRIPT, script)
    for path in project.notebooks.glob("*.ipynb"):
        path.write_bytes(cleaned(path.read_bytes()))
    (project.root / ".gitattributes").write_text(f"{under_git.ATTRIBUTES}\n", encoding="utf-8")
    return project


@pytest.fixture
def kept(project):
    """The same, set up and committed."""
    git(project.root, "init", "-q")
    set_up(project)
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "begin")
    return project


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_saved_after_a_run_is_as_it_was(path, tmp_path):
    """Ids, tags and our metadata stay, whatever kernel and programme saved it."""
    copy = tmp_path / path.name
    shutil.copyfile(path, copy)
    as_saved(copy)
    assert has_outputs(copy.read_bytes())

    assert cleaned(copy.read_bytes()) == path.read_bytes()
    assert cleaned(path.read_bytes()) == path.read_bytes()


def test_after_a_run_and_a_save_the_diff_is_empty(kept):
    """Also what is added then has no outputs."""
    as_saved(kept.root / NAME)

    assert git(kept.root, "diff") == ""
    git(kept.root, "add", "-A")
    assert git(kept.root, "status", "--short") == ""
    assert "831" not in git(kept.root, "show", f":{NAME}")


def test_a_diff_shows_the_cell(kept):
    """Lines of source with the cell they stand in, not lines of JSON."""
    as_saved(kept.root / NAME, add=["\nnew = 1\n"])

    diff = git(kept.root, "diff")
    assert "+new = 1" in diff
    assert "outputs" not in diff
    assert "# %% code parameters" in readable((kept.root / NAME).read_bytes()).decode("utf-8")


def test_what_is_no_notebook_passes_as_it_is():
    """A merge that is not finished, for one."""
    for content in (b"<<<<<<< HEAD\n{}", b"[]", b'{"cells": 3, "nbformat": 4}', b"\xff\xfe"):
        assert cleaned(content) == content
        assert readable(content) == content


def test_a_notebook_in_another_language_keeps_its_kernel():
    """Only Python notebooks run with whatever Python is there."""
    about = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    notebook = {"cells": [], "metadata": about, "nbformat": 4, "nbformat_minor": 5}

    assert json.loads(cleaned(as_text(notebook).encode()))["metadata"] == about


def test_to_set_up_twice_changes_nothing(kept):
    """The second time says so; there is nothing to say in `boxloop status`."""
    before = (kept.root / ".git" / "config").read_bytes()

    assert set_up(kept) == ["git is set up for notebooks already."]
    assert (kept.root / ".git" / "config").read_bytes() == before
    assert under_git.trouble(kept.root) == ""


def test_a_filter_of_ones_own_stays(project):
    """Whoever has nbstripout keeps it."""
    git(project.root, "init", "-q")
    (project.root / ".gitattributes").write_text("*.ipynb filter=nbstripout\n", encoding="utf-8")
    config = (project.root / ".git" / "config").read_bytes()

    (said,) = set_up(project)

    assert "`nbstripout`" in said
    assert (project.root / ".git" / "config").read_bytes() == config
    assert under_git.trouble(project.root) == ""


def test_nbdime_stays(project):
    """Its name of the diff is ours, so that it shows the difference where it is set up."""
    git(project.root, "init", "-q")
    git(project.root, "config", "diff.jupyternotebook.command", "git-nbdiffdriver diff")

    set_up(project)

    assert "textconv" not in (project.root / ".git" / "config").read_text(encoding="utf-8")


def test_a_project_without_attributes_gets_them(project):
    """One that was baked before; its other lines stay."""
    git(project.root, "init", "-q")
    (project.root / ".gitattributes").write_text("*.png binary", encoding="utf-8")

    said = set_up(project)

    lines = (project.root / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert lines == ["*.png binary", under_git.ATTRIBUTES]
    assert ".gitattributes" in said[0]


def test_a_project_inside_of_a_repository(tmp_path, project):
    """The filter is typed at the top, where `boxloop` is not."""
    git(tmp_path, "init", "-q")
    set_up(project)
    as_saved(project.root / NAME)

    git(tmp_path, "add", "-A")

    shown = subprocess.run(
        ["git", "show", f":./{NAME}"], cwd=project.root, capture_output=True, check=True
    )
    assert not has_outputs(shown.stdout)


def test_without_its_python_nothing_is_added(kept):
    """Outputs do not slip in because an environment was removed."""
    git(kept.root, "config", "filter.boxloop.clean", "/gone/python -I -S clean.py")
    as_saved(kept.root / NAME)

    with pytest.raises(subprocess.CalledProcessError):
        git(kept.root, "add", "-A")
    assert not has_outputs(git(kept.root, "show", f":{NAME}").encode())


def test_who_has_not_set_up_is_stopped_by_the_check(project):
    """What pre-commit and the tests of a project call: it looks at what is staged."""
    git(project.root, "init", "-q")
    as_saved(project.root / NAME)
    git(project.root, "add", "-A")
    command = [sys.executable, under_git.SCRIPT, "--check"]

    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stdout.startswith(f"{NAME} has outputs")
    set_up(project)
    git(project.root, "add", "--renormalize", ".")
    assert subprocess.run(command, cwd=project.root).returncode == 0
