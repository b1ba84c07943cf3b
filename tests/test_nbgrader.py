"""`boxloop workshop --nbgrader`: the same exercises as an assignment, judged by nbgrader itself."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from walk_project import command

from boxloop.base.files import write_json, write_text
from boxloop.base.places import STATIONS, Project
from boxloop.teach.course import lessons


@pytest.fixture(scope="module")
def built(bake, tmp_path_factory):
    """A workshop with its course, and what was said of it."""
    project = Project(bake(tmp_path_factory.mktemp("course"), edition="workshop"))
    code, said = command(project, "workshop", "--nbgrader")
    assert code == 0, said
    return project, said


@pytest.fixture
def course(built):
    """A workshop with its course."""
    return built[0]


def loop(project):
    return project.root / "workshop" / "nbgrader" / "source" / "loop"


def cells(project):
    """Return the chapters of the assignment and, of each, the cells."""
    return {
        name: json.loads((loop(project) / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        for name in STATIONS
    }


def test_every_check_gives_the_minutes_of_its_exercise(course):
    """A point a minute, a name for each graded cell, and an answer above it."""
    for lesson in lessons(course):
        found = [c["metadata"].get("nbgrader") for c in cells(course)[lesson.name]]
        found = [about for about in found if about]
        points = [about["points"] for about in found if about["grade"]]
        assert points == [one.minutes for one in lesson.exercises]
        assert len({about["grade_id"] for about in found}) == len(found)
        assert all(about["solution"] != about["grade"] == about["locked"] for about in found)
        assert sum(about["solution"] for about in found) >= len(lesson.exercises)


def test_the_points_that_are_told_are_those_that_are_given(built):
    """Cell by cell, however many checks an exercise has."""
    project, said = built
    about = [c["metadata"].get("nbgrader", {}) for found in cells(project).values() for c in found]
    assert f"with {sum(one.get('points', 0) for one in about)} points" in said


def test_nothing_that_nbgrader_copies_as_it_is_holds_a_solution(course):
    """It copies all but the chapters at the top; these say nothing to students from instructors."""
    assert not (loop(course) / "notebooks").exists()
    assert not (loop(course) / "INSTRUCTOR.md").exists()
    for found in cells(course).values():
        assert not [c for c in found if "instructor" in c["metadata"].get("tags", [])]
    student = course.root / "workshop" / "student"
    for path in loop(course).rglob("*"):
        inside = path.relative_to(loop(course))
        if path.is_file() and path.suffix not in (".ipynb", ".md"):
            assert path.read_bytes() == (student / inside).read_bytes()


def test_the_chapters_of_an_assignment_are_found_at_its_top(course):
    assert Project(loop(course)).notebooks == loop(course)
    assert course.notebooks == course.root / "notebooks"


def test_what_a_teacher_keeps_there_outlives_a_new_course(course, tmp_path):
    """Grades, submissions and settings stay; an assignment that was edited stops the command."""
    project = Project(shutil.copytree(course.root, tmp_path / "copy"))
    folder = project.root / "workshop" / "nbgrader"
    mine = [folder / "nbgrader_config.py", folder / "gradebook.db", folder / "submitted" / "a"]
    mine[2].parent.mkdir()
    for path in mine:
        write_text(path, "mine")
    chapter = loop(project) / "03_split.ipynb"
    kept = chapter.read_text(encoding="utf-8")
    write_text(chapter, kept.replace("seed", "mine"))

    code, said = command(project, "workshop", "--nbgrader")

    assert code == 2
    assert "workshop/nbgrader/source/loop/03_split.ipynb is not as" in said
    assert command(project, "workshop", "--nbgrader", "--replace")[0] == 0
    assert chapter.read_text(encoding="utf-8") == kept
    assert [path.read_text(encoding="utf-8") for path in mine] == ["mine"] * 3


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Return what calls nbgrader in an environment of its own, whose kernel is that of the tests.

    ``BOXLOOP_NBGRADER`` may name a Python that has it.
    """
    folder = tmp_path_factory.mktemp("nbgrader")
    programs = Path(os.environ.get("BOXLOOP_NBGRADER") or _made(folder / "venv")).parent
    kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": kernel, "display_name": "Python 3", "language": "python"}
    write_json(folder / "kernels" / "python3" / "kernel.json", about)
    own = {"JUPYTER_PATH": str(folder), "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
    own["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])

    def call(where, *words):
        done = subprocess.run(
            [shutil.which("nbgrader", path=str(programs)), *words],
            cwd=where, env=os.environ | own, capture_output=True, text=True, timeout=500,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    return call


def _made(folder):
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    needed = groups["dependency-groups"]["nbgrader"]
    for words in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(made), "-m", "pip", "install", "-q", *needed],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=500)
        if done.returncode != 0:
            pytest.skip(f"no environment for nbgrader: {(done.stderr.splitlines() or ['?'])[-1]}")
    return made


@pytest.mark.slow
def test_nbgrader_hands_out_no_solution_and_grades_right_and_wrong(course, nbgrader):
    """One chapter of it: right answers get all points, a wrong one loses its own and no other."""
    folder = loop(course).parents[1]
    bodies = [b for one in lessons(course) for e in one.exercises for b in e.solutions]
    nbgrader(folder, "generate_assignment", "loop")
    for name in STATIONS:
        released = (folder / "release" / "loop" / f"{name}.ipynb").read_text(encoding="utf-8")
        found = json.loads(released)["cells"]
        texts = ["".join(cell["source"]) for cell in found]
        assert "BEGIN SOLUTION" not in released
        assert not [b for b in bodies if any("\n".join(b) in text for text in texts)]
    for who in ("right", "wrong"):
        shutil.copytree(folder / "release" / "loop", folder / "submitted" / who / "loop")
    name = "01_scoping.ipynb"
    answers = folder / "submitted"
    shutil.copyfile(loop(course) / name, answers / "right" / "loop" / name)
    book = json.loads((loop(course) / name).read_text(encoding="utf-8"))
    (wrong,) = [cell for cell in book["cells"] if cell["id"] == "solution-1-1"]
    wrong["source"] = "def breaches(table, limits):\n    return []"
    write_json(answers / "wrong" / "loop" / name, book)

    nbgrader(folder, "autograde", "loop", "--notebook", "01_scoping")
    nbgrader(folder, "export")

    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    minutes = [one.minutes for one in lessons(course)[0].exercises]
    assert scores == {"right": sum(minutes), "wrong": sum(minutes[1:])}
