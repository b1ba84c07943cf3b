"""What students write is found by two marks, and marks that do not match are refused."""

import ast

import pytest

from boxloop.base.errors import UserError
from boxloop.teach.regions import bodies, regions, stub

CELL = '''def twice(x):
    """Return x twice."""
    # BEGIN SOLUTION
    secret = x + x
    return secret
    # END SOLUTION
'''


def test_a_solution_becomes_a_line_that_asks_for_it():
    """The signature and what it promises stay; nothing of the solution does."""
    text = stub(CELL, "3.1", "03_split, cell solution-3-1")

    assert "secret" not in text
    assert text.startswith('def twice(x):\n    """Return x twice."""\n    raise NotImpl')
    space = {}
    exec(compile(ast.parse(text), "cell", "exec"), space)
    with pytest.raises(NotImplementedError, match=r"Exercise 3\.1"):
        space["twice"](1)


def test_each_of_several_solutions_is_replaced():
    """Line numbers of one do not move those of another."""
    text = stub(CELL + CELL.replace("twice", "again"), "3.1", "here")

    assert text.count("raise NotImplementedError") == 2
    assert "SOLUTION" not in text


def test_what_is_inside_is_what_students_write():
    """The marks themselves are not."""
    assert bodies(CELL, "here") == [["    secret = x + x", "    return secret"]]
    assert regions("x = 1", "here") == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "    # BEGIN SOLUTION\n    # BEGIN SOLUTION\n    # END SOLUTION",
            "line 2 begins .* inside",
        ),
        ("    # BEGIN SOLUTION\n    x = 1", "line 1 begins a solution that nothing ends"),
        ("x = 1\n    # END SOLUTION", "line 2 ends a solution that nothing begins"),
        ("    #BEGIN SOLUTION\n    # END SOLUTION", "line 1 is no mark"),
        ("    ### begin solution", "line 1 is no mark"),
        ("    # BEGIN SOLUTION here\n    # END SOLUTION", "line 1 is no mark"),
        ("x = 1  # END SOLUTION", "line 1 is no mark"),
    ],
)
def test_marks_that_do_not_match_are_refused(text, sentence):
    """Nested, unclosed, stray or misspelt: each would send a solution out, or cut too much."""
    with pytest.raises(UserError, match=f"here, {sentence}"):
        regions(text, "here")


def test_a_solution_outside_of_a_function_is_refused():
    """There the line that asks for it would stop the chapter."""
    with pytest.raises(UserError, match="outside of a function"):
        stub("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "3.1", "here")
