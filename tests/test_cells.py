"""The way of a maintainer: bake one study, edit it as JupyterLab does, bring the cells home."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE

CHAPTER = "05_diagnose.ipynb"


@pytest.fixture(scope="module")
def baked_study(tmp_path_factory):
    """Return a copy of the template, and a bake of `clusters` made by its `tools/cells.py`."""
    folder = tmp_path_factory.mktemp("maintainer")
    template = folder / "template"
    left_out = shutil.ignore_patterns(".git", ".venv", "build", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, template, ignore=left_out)
    project = folder / "clusters"
    done = cells(template, "bake", "clusters", project)
    assert done.returncode == 0, done.stderr
    return template, project


@pytest.fixture
def study(baked_study, tmp_path):
    """Return ``(template, project)``, one of each for this test alone."""
    copies = []
    for path in baked_study:
        shutil.copytree(path, tmp_path / path.name)
        copies.append(tmp_path / path.name)
    return copies


def cells(template, *words):
    """Type ``python tools/cells.py`` and the words."""
    command = [sys.executable, str(template / "tools" / "cells.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def source(template, name=CHAPTER):
    return template / TEMPLATE.name / "notebooks" / name


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def edit(project, change, name=CHAPTER):
    """Change a notebook of the bake and save it as JupyterLab does, with outputs and noise."""
    path = project / "notebooks" / name
    notebook = read(path)
    notebook["cells"] = change(notebook["cells"]) or notebook["cells"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["1\n"]}]
            cell["metadata"] |= {"scrolled": True}
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.13.1"}
    path.write_text(json.dumps(notebook, indent=2), encoding="utf-8")


def place(found, name):
    return [cell["id"] for cell in found].index(name)


def new_cell(name, text, *tags):
    tagged = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "id": name, "metadata": tagged, "source": text}


def snapshot(template):
    return {path.name: path.read_bytes() for path in source(template).parent.glob("*.ipynb")}


def test_what_was_not_changed_stays(study):
    """A run leaves outputs, counts and metadata, and none of it comes home."""
    template, project = study
    before = snapshot(template)
    edit(project, lambda found: None)
    done = cells(template, "home", project)

    assert done.stdout == "Nothing has changed.\n"
    assert snapshot(template) == before


def test_a_changed_and_a_new_cell_come_home_alone(study):
    """The diff is what the person did; all other cells keep their bytes, those of studies too."""
    template, project = study
    before = {cell["id"]: cell for cell in read(source(template))["cells"]}

    def change(found):
        found[place(found, "strata-study")]["source"] = "known = {}\nprint(known)\n"
        found.insert(place(found, "strata-study") + 1, new_cell("1f0c9a3e", "known"))

    edit(project, change)
    done = cells(template, "home", project)
    after = read(source(template))["cells"]
    others = {cell["id"]: cell for cell in after if cell["id"] in before}
    new = after[place(after, "strata-study") + 1]

    assert done.returncode == 0, done.stderr
    assert "strata-study was changed.\n" in done.stdout
    assert "strata-study-2 is new.\n" in done.stdout
    assert others["strata-study"]["source"] == ["known = {}\n", "print(known)"]
    assert new == {
        "cell_type": "code",
        "execution_count": None,
        "id": "strata-study-2",
        "metadata": {"tags": ["clusters"]},
        "outputs": [],
        "source": ["known"],
    }
    assert {name for name in before if others[name] != before[name]} == {"strata-study"}
    raw = source(template).read_text(encoding="utf-8")
    assert raw == json.dumps(json.loads(raw), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def test_a_second_home_changes_nothing(study):
    """The bake knows then what has come home, and by which names."""
    template, project = study
    edit(project, lambda found: found.insert(3, new_cell("0123-4567", "new = 1")))
    cells(template, "home", project)
    before = snapshot(template)
    done = cells(template, "home", project)

    assert done.stdout == "Nothing has changed.\n"
    assert snapshot(template) == before


@pytest.mark.parametrize(
    ("tags", "kept"), [((), ["clusters"]), (("regression",), ["regression"]), (("shared",), None)]
)
def test_a_new_cell_is_of_the_study_unless_it_says_otherwise(study, tags, kept):
    """Of a task, if it has the tag of one; of all studies, if it has the tag `shared`."""
    template, project = study
    edit(project, lambda found: found.insert(3, new_cell("my-cell", "new = 1", *tags)))
    cells(template, "home", project)
    after = read(source(template))["cells"]

    assert after[place(after, "my-cell")]["metadata"].get("tags") == kept
    assert cells(template, "home", project).stdout == "Nothing has changed.\n"


def test_a_new_cell_stands_in_the_block_of_its_study(baked_study, tmp_path):
    """Below a shared cell the blocks of other studies may stand; order among studies is kept."""
    template = tmp_path / "template"
    shutil.copytree(baked_study[0], template)
    project = tmp_path / "transients"
    assert cells(template, "bake", "transients", project).returncode == 0

    def change(found):
        found.insert(place(found, "strata-intro") + 1, new_cell("before-strata", "1"))

    edit(project, change)
    cells(template, "home", project)
    order = [cell["id"] for cell in read(source(template))["cells"]]

    assert order.index("strata-study") + 1 == order.index("before-strata")
    assert order.index("before-strata") + 1 == order.index("strata-study-transients")


def test_removed_and_moved_cells_come_home(study):
    """Cells of other studies stay where they are."""
    template, project = study
    order = [cell["id"] for cell in read(source(template))["cells"]]

    def change(found):
        found.append(found.pop(place(found, "slopes")))
        del found[place(found, "parts-see")]

    edit(project, change)
    done = cells(template, "home", project)
    after = [cell["id"] for cell in read(source(template))["cells"]]

    assert "parts-see was removed.\n" in done.stdout
    assert "slopes was moved.\n" in done.stdout
    assert after == [one for one in order if one not in ("slopes", "parts-see")] + ["slopes"]


def test_a_changed_shared_cell_is_told_of(study):
    """It changes what other studies do."""
    template, project = study
    edit(project, lambda found: found[place(found, "strata")].update(source="known"))
    edit(project, lambda found: found[place(found, "pull")].update(source="known"))
    said = cells(template, "home", project).stdout

    assert "cell strata was changed (shared by all studies).\n" in said
    assert "cell pull was changed (shared by regression).\n" in said


def change_at_home(template, name):
    notebook = read(source(template))
    notebook["cells"][place(notebook["cells"], name)]["source"] = ["another = 1"]
    source(template).write_text(json.dumps(notebook), encoding="utf-8")


REFUSED = {
    "changed in both": (
        lambda found: found[place(found, "strata")].update(source="mine = 1"),
        "cell strata: it was changed here and in the template",
    ),
    "removed here, changed there": (
        lambda found: found.pop(place(found, "strata")) and None,
        "cell strata: it was changed here and in the template",
    ),
    "the id of another study's cell": (
        lambda found: found.insert(3, new_cell("strata-dijet", "mine = 1")),
        "cell strata-dijet: the template has another cell of this id",
    ),
    "one id twice": (
        lambda found: found.insert(3, dict(found[place(found, "slopes")])),
        "cell slopes: two cells have this id",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_placed_is_refused(study, kind):
    """In one sentence, and nothing is written: neither this cell nor one that could be placed."""
    template, project = study
    change, sentence = REFUSED[kind]
    change_at_home(template, "strata")
    edit(project, change)
    edit(project, lambda found: found[5].update(source="mine = 1"), "01_scoping.ipynb")
    before = snapshot(template)
    done = cells(template, "home", project)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert snapshot(template) == before


def test_what_the_template_changed_meanwhile_is_kept(study):
    """A cell that was not touched in the bake does not come home over a newer one."""
    template, project = study
    change_at_home(template, "strata")
    edit(project, lambda found: found[place(found, "slopes")].update(source="mine = 1"))
    done = cells(template, "home", project)
    after = read(source(template))["cells"]

    assert done.returncode == 0, done.stderr
    assert after[place(after, "strata")]["source"] == ["another = 1"]
    assert after[place(after, "slopes")]["source"] == ["mine = 1"]


@pytest.mark.parametrize("words", [(), ("bake", "planets"), ("home", Path("nowhere"))])
def test_it_says_what_to_type(words):
    """One sentence, and exit code 1."""
    done = cells(ROOT, *words)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")
