"""`boxloop workshop`: students get the whole project and no solution, instructors get all."""

import base64
import json
import shutil
import tomllib
import zlib

import pytest
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.base.files import write_json, write_text
from boxloop.base.places import STATIONS, Project
from boxloop.teach.course import lessons, tally
from boxloop.teach.editions import build, refuse_leaks

EXERCISE = {
    "exercise": ("markdown", "### Exercise 3.9 · Twice (7 min)\n\nWrite twice."),
    "hint": ("markdown", "<details><summary>Hint</summary>\n\nAdd it.\n\n</details>"),
    "solution": (
        "code",
        (
            'def twice(number):\n    """Return it twice."""\n    # BEGIN SOLUTION\n'
            "    unmistakable_sum = number + number\n    return unmistakable_sum\n"
            "    # END SOLUTION"
        ),
    ),
    "check": ("code", 'from boxloop.teach import exercise\n\nexercise("3.9", twice)'),
    "instructor": ("markdown", "Typical: a square. *Ask the room:* who owns a square?"),
}


def cell(kind, ident="3-9"):
    """Return a cell of the exercise."""
    form, text = EXERCISE[kind]
    more = {"outputs": [], "execution_count": None} if form == "code" else {}
    about = {"boxloop": {"exercise": "3.9", "minutes": 7}} if kind == "exercise" else {}
    return {
        "cell_type": form,
        "id": f"{kind}-{ident}",
        "metadata": {"tags": [kind, "workshop"], **about},
        "source": text,
    } | more


def edit(project, change, name="03_split"):
    """Change the cells of a notebook."""
    path = project.notebooks / f"{name}.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    change(book["cells"])
    write_json(path, book)


@pytest.fixture(scope="session")
def workshop(bake, tmp_path_factory):
    """A workshop with one exercise more, of our own, and its editions."""
    project = Project(bake(tmp_path_factory.mktemp("workshop"), edition="workshop"))
    edit(project, lambda cells: cells.extend(map(cell, EXERCISE)))
    assert "Written: workshop/student" in command(project, "workshop")[1]
    return project


@pytest.fixture
def copy(workshop, tmp_path):
    """The same, to break it."""

    def most_of_the_machinery(folder, names):
        """Of `boxloop/` what belongs to the course is enough, three times over."""
        return {*names} - {"teach"} if folder.endswith("boxloop") else ()

    folder = shutil.copytree(workshop.root, tmp_path / "copy", ignore=most_of_the_machinery)
    return Project(folder)


def books(folder):
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("notebooks/*.ipynb"))
    }


def texts(folder):
    """Return all text below a folder, what passes were made from included."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".z64":
            yield path, zlib.decompress(base64.decodebytes(path.read_bytes())).decode("utf-8")
        elif path.is_file():
            yield path, path.read_text(encoding="utf-8", errors="replace")


def test_the_student_edition_holds_no_solution(workshop):
    """In no notebook, no check and no kept pass; every telling line of every solution is tried."""
    shown = {
        line.strip()
        for book in books(workshop.root).values()
        for one in book["cells"]
        if "solution" not in one["metadata"].get("tags", [])
        for line in "".join(one["source"]).split("\n")
    }
    every = [body for one in lessons(workshop) for e in one.exercises for body in e.solutions]
    lines = {line.strip() for body in every for line in body}
    lines = {line for line in lines if len(line) >= 20 and line not in shown}
    student = workshop.root / "workshop" / "student"

    assert "unmistakable_sum = number + number" in lines
    for path, text in texts(student):
        if path.suffix in (".ipynb", ".z64", ".md") or "teach" in path.parts:
            assert not [line for line in lines if line in text or json.dumps(line)[1:-1] in text]


def test_the_student_edition_is_as_it_was_written(workshop):
    """No tag of a solution, nothing for instructors, no output, no trace of a run."""
    for name, book in books(workshop.root / "workshop" / "student").items():
        raw = json.dumps(book)
        for word in ("SOLUTION", '"solution"', '"instructor"', "papermill", "Ask the room"):
            assert word not in raw, (name, word)
        for one in book["cells"]:
            assert not one.get("outputs") and one.get("execution_count") is None
    assert not (workshop.root / "workshop" / "student" / "INSTRUCTOR.md").exists()


def test_students_get_the_stub_and_an_announced_check(workshop):
    """JupyterLab goes on after a cell with the tag raises-exception."""
    cells = {
        one["id"]: one for one in books(workshop.root / "workshop/student")["03_split"]["cells"]
    }

    assert "".join(cells["stub-3-9"]["source"]) == (
        'def twice(number):\n    """Return it twice."""\n'
        '    raise NotImplementedError("Exercise 3.9: write this part, then run the next cell.")'
    )
    assert cells["check-3-9"]["metadata"]["tags"] == ["check", "raises-exception", "workshop"]
    assert "hint-3-9" in cells and "instructor-3-9" not in cells


def test_instructors_get_all(workshop):
    """Their notebooks hold the very cells, and their guide each note."""
    folder = workshop.root / "workshop" / "instructor"
    here, there = books(workshop.root), books(folder)

    for name in STATIONS:
        assert [one["id"] for one in here[name]["cells"]] == [
            one["id"] for one in there[name]["cells"]
        ]
    guide = (folder / "INSTRUCTOR.md").read_text(encoding="utf-8")
    assert "### Exercise 3.9 · Twice (7 min)\n\nTypical: a square." in guide
    for name in ("SETUP.md", "TIMETABLE.md", "README.md", "study.toml", "boxloop/cli.py"):
        assert (folder / name).is_file()


def test_both_are_projects(workshop):
    """`boxloop status` works there, and says how many exercises are right."""
    for name in ("student", "instructor"):
        project = Project(workshop.root / "workshop" / name)
        about = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))

        assert about["tool"]["boxloop"]["edition"] == name
        code, said = command(project, "status")
        assert code == 0, said
        count = sum(len(one.exercises) for one in lessons(workshop))
        assert f"Exercises: 0 of {count} right." in said


def test_a_second_build_is_the_same(copy):
    """By the same notebooks, to the byte."""

    def all_bytes():
        folder = copy.root / "workshop"
        return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    build(copy)
    before = all_bytes()
    build(copy)

    assert all_bytes() == before
    assert {path.parts[0] for path in before} == {"student", "instructor", "built.json"}


def test_what_was_executed_goes_nowhere(copy):
    """Outputs, counts, papermill's cells and facts, and what a run has made stay at home."""

    def execute(cells):
        code = next(one for one in cells if one["cell_type"] == "code")
        output = {"output_type": "stream", "name": "stdout", "text": "a private path"}
        code["outputs"], code["execution_count"] = [output], 7
        code["metadata"]["papermill"] = {"duration": 1}
        added = {"tags": ["injected-parameters"]}
        cells.append(cell("check") | {"id": "x", "metadata": added, "source": "private = 1"})

    edit(copy, execute)
    for name in ("results/03_split/split.json", "data/sealed/seal.key", "report/index.html"):
        write_text(copy.root / name, "private")
    write_json(copy.passes / "002.json", {"private": 1})

    build(copy)

    for name in ("student", "instructor"):
        for path, text in texts(copy.root / "workshop" / name):
            if path.parent.name != "tests" and not {"boxloop", "study"} & {*path.parts}:
                assert "private" not in text, path
        assert not (copy.root / "workshop" / name / "data/sealed/seal.key").exists()


@pytest.mark.parametrize("place", ["boxloop/teach/chapter_05.py", "TIMETABLE.md", "study/data.py"])
def test_a_solution_that_would_go_out_is_refused(copy, place):
    """Whole ones are looked for everywhere, single lines in what the course has written."""
    body = "unmistakable_sum = number + number"
    body += "\n        return unmistakable_sum" if place.startswith("study") else ""
    student = copy.root / "workshop" / "student"
    before = (student / place).read_text(encoding="utf-8")
    write_text(student / place, f"{before}\n        {body}\n")

    with pytest.raises(UserError, match=r"would give the solution of exercise 3\.9 away"):
        refuse_leaks(student, copy, lessons(copy))


def test_nothing_is_written_where_one_would_go_out(copy):
    """What was built before stays."""
    before = dict(texts(copy.root / "workshop"))
    leak = "Hint: unmistakable_sum = number + number"
    edit(copy, lambda cells: cells[-4].update(source=leak))

    with pytest.raises(UserError, match=r"03_split\.ipynb would give"):
        build(copy)

    assert dict(texts(copy.root / "workshop")) == before


def test_an_edition_that_somebody_works_in_is_left_alone(copy):
    """Unless it is asked for."""
    path = copy.root / "workshop" / "student" / "notebooks" / "03_split.ipynb"
    write_text(path, path.read_text(encoding="utf-8").replace("Write twice.", "Mine."))

    code, said = command(copy, "workshop")

    assert code == 2
    assert "workshop/student/notebooks/03_split.ipynb is not as `boxloop workshop`" in said
    assert "Mine." in path.read_text(encoding="utf-8")
    assert command(copy, "workshop", "--replace")[0] == 0
    assert "Mine." not in path.read_text(encoding="utf-8")


def test_a_research_project_has_no_exercise(baked, tmp_path):
    """No tag, no cell, no folder; the command says where there are some."""
    project = Project(shutil.copytree(baked, tmp_path / "research"))

    assert tally(project) == []
    assert "exercise" not in json.dumps(books(project.root)).lower().replace("exercised", "")
    code, said = command(project, "workshop")
    assert (code, (project.root / "workshop").exists()) == (2, False)
    assert "a project with edition=workshop has them" in said
