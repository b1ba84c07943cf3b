"""The loop of a workshop: no exercise stops students, and instructors pass every check."""

import json
import re

import pytest
from test_own_data import diabetes
from walk_project import command

from boxloop.base.files import write_json
from boxloop.base.places import STATIONS, Project
from boxloop.teach.course import lessons

ALLOWED = {"NotImplementedError", "CheckFailed"}
# The other worked examples are those of test_every_loop. Of a table of one's own quick numbers do,
# for an exercise asks for properties.
STUDIES = {"clusters": ({}, []), "own_data": ({"start_from": "own-data"}, ["--smoke"])}


def tags(cell):
    return cell["metadata"].get("tags", [])


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def with_both(student, instructor):
    """Return the instructors' cells with the students' stub and check before each solution."""
    of_students = {cell["id"]: cell for cell in student["cells"]}
    checks = [cell for cell in instructor["cells"] if "check" in tags(cell)]
    cells = []
    for cell in instructor["cells"]:
        if "solution" in tags(cell):
            number = cell["id"].split("-", 1)[1].split("-")[:2]
            check = next(one for one in checks if one["id"].split("-")[1:3] == number)
            asked = dict(of_students[check["id"]])
            asked |= {"id": f"tried-{asked['id']}", "metadata": {"tags": ["raises-exception"]}}
            cells += [of_students[cell["id"].replace("solution", "stub", 1)], asked]
        cells.append(cell)
    return {**instructor, "cells": cells}


def with_exercises(project):
    """Build both editions, and give the project's notebooks what students and instructors run."""
    assert command(project, "workshop")[0] == 0
    editions = [project.root / "workshop" / name for name in ("student", "instructor")]
    for name in STATIONS:
        books = [read(edition / "notebooks" / f"{name}.ipynb") for edition in editions]
        write_json(project.notebooks / f"{name}.ipynb", with_both(*books))


def assert_exercises_are_answered(project):
    """Before a solution a check fails with what is allowed, and after it with nothing."""
    found = [
        one
        for lesson in lessons(Project(project.root / "workshop" / "instructor"))
        for one in lesson.exercises
    ]
    stopped = []
    for name in STATIONS:
        for cell in read(project.executed / f"{name}.ipynb")["cells"]:
            errors = [one for one in cell.get("outputs", []) if one["output_type"] == "error"]
            if cell["id"].startswith("tried-"):
                assert [one["ename"] in ALLOWED for one in errors] == [True], cell["id"]
                stopped.append(cell["id"])
            else:
                assert not errors, cell["id"]
    assert len(stopped) == len(found)
    states = read(project.results / "exercises.json")
    assert len(states) == len(found) and {one["state"] for one in states.values()} == {"right"}


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_students_are_stopped_by_nothing_and_instructors_pass(study, bake, tmp_path):
    """One loop for both: each check is asked before its solution was written, and after.

    Before, it fails with nothing but NotImplementedError or CheckFailed, and the chapter goes on.
    """
    answers, words = STUDIES[study]
    project = Project(bake(tmp_path, edition="workshop", **answers))
    if "start_from" in answers:
        adopted = command(project, "adopt", *map(str, diabetes(tmp_path)[1]))
        assert adopted[0] == 0, adopted[1]
    with_exercises(project)

    code, said = command(project, "run", *words)

    assert "Failed:" not in said, said
    assert code in (0, 1)  # a check of the study may be open
    assert re.search(r"Exercises: (\d+) of \1 right\.", said)
    assert_exercises_are_answered(project)
