"""Ways in for a browser: files and links of a student edition whose address was given."""

import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

import pytest
from remedies_editions import whole, workshop
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.base.objects import get_json
from boxloop.base.places import STATIONS, Project
from boxloop.notebooks.file import read_notebook, source
from boxloop.notebooks.science import code_kept
from boxloop.teach.ways_in import links, page, repository

NAME = "astro-hack/box-loop.2026"
ADDRESS = f"https://github.com/{NAME}"


@pytest.fixture
def project(tmp_path):
    """A small project with an exercise."""

    class Person:
        folder, project = tmp_path, None

    workshop(Person, *whole())
    for name in ("README.md", "constraints.txt"):
        (Person.project.root / name).write_text("# A course\n\nText.\n", encoding="utf-8")
    return Person.project


def build(project, *words):
    code, said = command(project, "workshop", *words)
    assert code == 0, said
    return project.root / "workshop" / "student"


def test_without_an_address_nothing_of_it_is_written(project):
    """Neither a file, nor a link, nor a cell."""
    student = build(project)
    for name in ("WAYS_IN.md", ".devcontainer", ".binder"):
        assert not (student / name).exists()
    texts = [path.read_text(encoding="utf-8") for path in student.rglob("*.ipynb")]
    assert not [text for text in texts if "colab" in text]
    assert "WAYS_IN" not in (student / "README.md").read_text(encoding="utf-8")


def test_what_opens_it_elsewhere_installs_what_is_there(project):
    """Every file that an install names is in the edition, from where it is named."""
    student = build(project, "--repository", ADDRESS)
    about = json.loads((student / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert about["postCreateCommand"].split()[-2:] == ["-c", "constraints.txt"]
    wanted = (student / ".binder" / "requirements.txt").read_text("utf-8").split("\n")
    assert wanted == ["-c ../constraints.txt", "-e .", ""]
    assert (student / ".binder" / wanted[0].split()[1]).resolve().is_file()
    assert (student / "pyproject.toml").is_file()
    versions = [about["image"].rpartition(":")[2]]
    versions += re.findall(r"python-([\d.]+)", (student / ".binder/runtime.txt").read_text("utf-8"))
    assert len(versions) == 2 and all(one >= "3.11" for one in versions)
    for guide in ("README.md", "SETUP.md"):
        assert "(WAYS_IN.md)" in (student / guide).read_text(encoding="utf-8")


def test_every_link_leads_to_the_repository_and_to_a_notebook_that_is_there(project):
    """By its form: a test asks nothing of a network."""
    student = build(project, "--repository", f"{ADDRESS}.git")
    text = (student / "WAYS_IN.md").read_text(encoding="utf-8")
    found = re.findall(r"https://[^)\s]+", text)
    assert len(found) == 4 and set(links(NAME).values()) < set(found)
    hosts = {urlparse(one).hostname for one in found}
    assert hosts == {"codespaces.new", "mybinder.org", "colab.research.google.com", "hub"}
    for address in found:
        said = unquote(address)
        assert NAME in said
        for place in re.findall(r"notebooks/[\w.]+", said):
            assert (student / place).is_file()
    asked = parse_qs(urlparse(found[-1]).query)
    assert asked["repo"] == [ADDRESS] and asked["branch"] == ["main"]
    assert asked["urlpath"][0].startswith("lab/tree/box-loop.2026/notebooks/")
    assert "{" not in page(NAME)


def test_the_cell_for_colab_does_nothing_elsewhere(project, tmp_path, monkeypatch):
    """And there it fetches the project once, installs it, and goes to its notebooks."""
    student = build(project, "--repository", ADDRESS)
    for path in (student / "notebooks").glob("*.ipynb"):
        assert [cell["id"] for cell in read_notebook(path)["cells"]].index("colab") == 1
    (text,) = {
        source(read_notebook(path)["cells"][1]) for path in (student / "notebooks").glob("*.ipynb")
    }
    before = Path.cwd(), list(sys.path)
    exec(text, {})
    assert (Path.cwd(), list(sys.path)) == before

    ran, there = [], tmp_path / "content" / "box-loop.2026"

    def run(command, check):
        assert check
        ran.append(command)
        (there / "notebooks").mkdir(parents=True, exist_ok=True)

    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    text = text.replace("/content", (tmp_path / "content").as_posix())
    exec(text, {})
    assert [command[0] for command in ran] == ["git", sys.executable]
    assert ran[0][-2] == f"{ADDRESS}.git" and ran[1][-1] == str(there)
    assert Path.cwd() == (there / "notebooks").resolve()
    exec(text, {})
    assert len(ran) == 2


@pytest.mark.parametrize(
    "address", ["", "github.com/a/b", "https://example.org/a/b", f"{ADDRESS}/x"]
)
def test_an_address_of_nothing_is_refused(address):
    """Before anything is written."""
    with pytest.raises(UserError, match="no address of a repository on GitHub"):
        repository(address)


@pytest.mark.parametrize("end", ["", "/", ".git"])
def test_an_address_is_taken_as_people_copy_it(end):
    """From the window, or from the clone button."""
    assert repository(f" {ADDRESS}{end} ") == NAME


@pytest.fixture(scope="module")
def student(bake, tmp_path_factory):
    """The student edition of a worked example, with ways in and a course for nbgrader."""
    project = Project(bake(tmp_path_factory.mktemp("course"), edition="workshop"))
    return build(project, "--nbgrader", "--repository", ADDRESS)


def test_a_recorded_pass_is_of_the_cells_that_students_get(student):
    """Else their first comparison would name the cell for Colab, which nobody has edited."""
    paths = sorted(Project(student).passes.glob("[0-9]*.json"))
    assert paths
    for path in paths:
        kept = json.loads(path.read_text(encoding="utf-8"))["causes"]["notebooks"]
        assert sorted(kept) == list(STATIONS)
        for name, code in kept.items():
            now = read_notebook(student / "notebooks" / f"{name}.ipynb")
            assert get_json(Project(student), code) == code_kept(now), name


def test_links_lead_to_the_repository_from_an_assignment_too(student):
    """There the chapters stand in a folder, whatever nbgrader asks of the assignment."""
    assignment = student.parent / "nbgrader" / "source" / "loop"
    assert (assignment / "WAYS_IN.md").read_bytes() == (student / "WAYS_IN.md").read_bytes()
