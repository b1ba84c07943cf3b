"""What stands in the teacher's notebooks is right, and what a student finds in theirs is not."""

import ast
import json

import numpy as np
import pandas as pd
import pytest
import wrong_late
from conftest import TEMPLATE
from exercise_worlds import GIVEN, METRICS, asked, refusal


def cells(number):
    """Return the cells of an exercise by their kind, and where they stand in their notebook."""
    (path,) = (TEMPLATE / "notebooks").glob(f"0{number[0]}_*.ipynb")
    end = f"-{METRICS[number]}" if number in METRICS else ""
    name = number.split()[0].replace(".", "-") + end
    found = {}
    for place, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        for kind in ("exercise", "hint", "solution", "check", "instructor"):
            if cell["id"] == f"{kind}-{name}":
                found[kind] = place, "".join(cell["source"]), cell["metadata"]
    return found


def written(source):
    """Return the function that a cell defines, where it knows what the cell `setup` imports."""
    known = {"np": np, "pd": pd}
    exec(compile(source, "<cell>", "exec"), known)
    return list(known.values())[-1]


@pytest.mark.parametrize("number", GIVEN)
def test_a_solution_is_right(number):
    """The check says so, in a sentence of this study."""
    said = asked(number, written(cells(number)["solution"][1]))

    assert said.endswith(".")


@pytest.mark.parametrize("number", GIVEN)
def test_five_cells_stand_together_in_their_order(number):
    """Prompt, hint, solution, check, and what the teacher reads; the prompt says how long."""
    found = cells(number)
    places = [place for place, _, _ in found.values()]
    title = found["exercise"][1].splitlines()[0]

    assert places == list(range(places[0], places[0] + 5))
    minutes = found["exercise"][2]["boxloop"]["minutes"]
    assert title.startswith(f"### Exercise {number.split()[0]} · ")
    assert title.endswith(f"({minutes} min)")
    assert f"{minutes} minutes" in found["instructor"][1]
    for kind, (_, _, about) in found.items():
        assert {"workshop", kind} <= set(about["tags"])


@pytest.mark.parametrize("number", GIVEN)
def test_what_returns_nothing_is_told_so(number):
    """Who forgets to return reads a sentence, and no traceback of ours."""
    said = refusal(number, lambda *_, **__: None)

    assert said.endswith(".")


@pytest.mark.parametrize("number", GIVEN)
def test_what_is_not_written_yet_is_no_wrong_answer(number):
    """The stub of the student's notebook comes through the check as it is."""

    def stub(*_, **__):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        asked(number, stub)


def names(source, context):
    """Return the names that code makes (`ast.Store`), or asks for (`ast.Load`)."""
    return {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


@pytest.mark.parametrize("path", sorted((TEMPLATE / "notebooks").glob("0*.ipynb")), ids=str)
def test_the_loop_uses_nothing_that_an_exercise_makes(path):
    """Not even by accident: a name of a check cell is no other cell's."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    taught = [cell for cell in code if "workshop" in cell["metadata"].get("tags", [])]
    loop = set.union(
        *[names("".join(cell["source"]), ast.Load) for cell in code if cell not in taught]
    )

    for cell in taught:
        tree = ast.parse("".join(cell["source"]))
        outside = ast.Module([one for one in tree.body if not isinstance(one, ast.FunctionDef)], [])
        functions = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        made = names(ast.unparse(outside), ast.Store) | functions

        assert not made & loop, cell["id"]


def test_what_a_course_asks_is_no_finding_of_the_study():
    """Numbers of an exercise, a hint and a teacher's note trace to nothing; others still do."""
    from boxloop.notebooks.prose import passages

    def cell(*tags):
        about = {"cell_type": "markdown", "source": "It is 5.1.", "metadata": {"tags": list(tags)}}
        return about | {"id": "-".join(["cell", *tags])}

    cells = [cell(), cell("digest"), cell("workshop"), cell("hint")]
    taught = [cell("workshop", kind) for kind in ("exercise", "hint", "instructor")]
    found = passages("05_diagnose", {"cells": [*cells, *taught]})

    assert [one.cell for one in found] == [one["id"] for one in cells]


def model_alone(tests, name, why):
    """An entry without the number of the reference."""
    if not why.strip() or why == "TODO":
        raise ValueError(why)
    broken = tests[(tests["test"] == name) & (tests["verdict"] == "unsafe")]
    for row in broken.sort_values("level", key=abs).itertuples():
        said = f"level {row.level:g}: {row.model:.3f}"
        return {"about": f"stress: {name}", "measured": said, "explanation": why}
    return None


@pytest.mark.parametrize(
    ("number", "answer", "named"),
    [
        ("5.2", wrong_late.draws_rows, "whole or not at all"),
        ("5.2", wrong_late.one_sigma, "make 95 per cent"),
        ("5.3", wrong_late.one_rank_too_far, "wider cut than it needs"),
        ("6.1", wrong_late.one_step_for_all, "noise is drawn row by row"),
        ("6.2", wrong_late.upside_down, "odds are those of being new"),
        ("7.2", model_alone, "only the pair"),
        ("8.2", wrong_late.scaled_by_the_asked, "alone gets another flag"),
    ],
)
def test_the_sentence_is_about_the_mistake(number, answer, named):
    """Another check may notice it too; who reads of that looks in the wrong place."""
    assert named in refusal(number, answer)
