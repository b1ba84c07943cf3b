"""The exercises in the notebooks: five cells each, and nothing outside of them needs them."""

import ast
import inspect
import re

import pytest
from conftest import TEMPLATE
from test_notebooks import OFFERED, STATIONS, STUDIES, TASKS, TAUGHT, chosen, read, source, tags

from boxloop.teach.course import number_of
from boxloop.teach.regions import bodies, stub

WORKSHOPS = [choice for choice in OFFERED if choice["edition"] == "workshop"]
PROJECTS = {f"{choice['task']}-{choice['study']}": choice for choice in WORKSHOPS}
LEAST = 2  # exercises in a chapter


def books(project):
    """Yield name and cells of each chapter of a workshop."""
    for name in STATIONS:
        yield name, chosen(read(TEMPLATE / "notebooks" / f"{name}.ipynb"), PROJECTS[project])


def exercises(project):
    """Yield chapter, number and cells of each exercise of a workshop."""
    for name, cells in books(project):
        found = {}
        for cell in cells:
            if number := number_of(cell, name):
                found.setdefault(number, []).append(cell)
        yield from ((name, number, those) for number, those in found.items())


def kind(cell):
    (found,) = set(tags(cell)) & set(TAUGHT)
    return found


def names(node, context):
    """Return the names that code assigns, or reads, outside of functions that it defines."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, context):
            found.add(one.id)
        if context is ast.Store and isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            found.add(one.name)
        if context is ast.Store and isinstance(one, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in one.names}
    return found


def made(cell):
    """Return the names that a cell leaves behind."""
    tree = ast.parse(source(cell))
    inside = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    local = {id(one) for function in inside for one in ast.walk(function)} - {
        id(function) for function in inside
    }
    kept = [n for n in ast.walk(tree) if id(n) not in local]
    return set().union(*(names(n, ast.Store) if not isinstance(n, ast.FunctionDef) else {n.name}
                         for n in kept if not isinstance(n, ast.Module)), set())  # fmt: skip


@pytest.mark.parametrize("project", PROJECTS)
def test_every_chapter_has_two_exercises(project):
    """Students write something in each chapter, numbered from one."""
    for name in STATIONS:
        numbers = [number for at, number, _ in exercises(project) if at == name]

        assert len(numbers) >= LEAST, name
        assert numbers == [f"{int(name[:2])}.{k}" for k in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("project", PROJECTS)
def test_the_five_cells_stand_together(project):
    """Exercise, hint, solution, check, instructor: in that order, and nothing between."""
    for name, cells in books(project):
        kinds = [kind(cell) for cell in cells if number_of(cell, name)]
        at = [place for place, cell in enumerate(cells) if number_of(cell, name)]

        assert kinds == TAUGHT * (len(kinds) // 5), name
        assert all(at[k + 1] == at[k] + 1 for k in range(len(at) - 1) if k % 5 != 4), name


def test_a_teaching_cell_is_in_no_research_project():
    """Its tag says so; one that only its study's tag chooses would stay."""
    for name in STATIONS:
        for cell in read(TEMPLATE / "notebooks" / f"{name}.ipynb")["cells"]:
            taught = set(tags(cell)) & set(TAUGHT)
            assert bool(taught) == ("workshop" in tags(cell)), cell["id"]
            assert not taught or set(tags(cell)) - taught - {"workshop"} <= {*STUDIES, *TASKS}, (
                cell["id"]
            )


@pytest.mark.parametrize("project", PROJECTS)
def test_an_exercise_says_what_it_is(project):
    """Its title with its minutes, the same ones as in its metadata; a hint that is folded."""
    for _, number, cells in exercises(project):
        asked, hint = (next(c for c in cells if kind(c) == one) for one in ("exercise", "hint"))
        title = re.fullmatch(
            rf"### Exercise {re.escape(number)} · \S.* \((\d+) min\)", source(asked).split("\n")[0]
        )

        assert title, source(asked)[:80]
        assert asked["metadata"]["boxloop"] == {"exercise": number, "minutes": int(title[1])}
        assert source(hint).startswith("<details><summary>Hint</summary>\n\n")
        assert source(hint).rstrip().endswith("\n\n</details>")


@pytest.mark.parametrize("project", PROJECTS)
def test_without_its_solution_it_says_that_nothing_was_written(project):
    """The stub is a function with what it promises, and it never returns."""
    for name, number, cells in exercises(project):
        cell = next(c for c in cells if kind(c) == "solution")
        text, space = stub(source(cell), number, name), {}
        tree = ast.parse(text)
        functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        # Numpy and pandas come from cells above; annotations are not what is tried here.
        exec(compile(f"from __future__ import annotations\n{text}", number, "exec"), space)

        assert bodies(source(cell), name), number
        asked = [n for n in functions if "NotImplementedError" in ast.unparse(n)]
        assert asked, number
        for function in asked:
            assert ast.get_docstring(function), number
            call = space[function.name]
            with pytest.raises(NotImplementedError, match=f"Exercise {number}"):
                call(*[None] * len(inspect.signature(call).parameters))


@pytest.mark.parametrize("project", PROJECTS)
def test_a_check_asks_for_its_own_exercise(project):
    """One call, with the number, after its own import."""
    for _, number, cells in exercises(project):
        text = source(next(c for c in cells if kind(c) == "check"))

        assert text.startswith("from boxloop.teach import exercise\n"), number
        assert re.findall(r'\bexercise\("([\d.]+)"', text) == [number]


@pytest.mark.parametrize("project", PROJECTS)
def test_the_loop_runs_with_it_and_without(project):
    """No cell of a chapter reads or shares a name that an exercise makes."""
    for name, cells in books(project):
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        own = [cell for cell in code if not number_of(cell, name)]
        used = set().union(*(names(ast.parse(source(c)), (ast.Load, ast.Store)) for c in own))
        for cell in (cell for cell in code if number_of(cell, name)):
            taken = made(cell) & used
            # Importing what a chapter imports too is no harm: a name means one thing.
            taken -= {alias for alias in taken if re.search(rf"import .*\b{alias}\b", source(cell))}
            assert not taken, f"{name}, {cell['id']}: {taken}"
