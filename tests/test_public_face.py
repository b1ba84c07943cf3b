"""What notebooks and studies may import: few names, each written down, none from behind a door."""

import ast
import json
import re
from importlib import import_module

import pytest
from conftest import TEMPLATE

from boxloop.classroom import handout, pages
from boxloop.upkeep import stubs

MOST_NAMES, MOST_ROOMS = 67, 12
ROOMS = sorted(path.parent.name for path in TEMPLATE.glob("boxloop/*/__init__.py"))


def texts():
    """Return by place the text of every code cell and of every file of a study."""
    found = {}
    for path in sorted(TEMPLATE.glob("notebooks/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                found[f"{path.stem}, cell {cell['id']}"] = "".join(cell["source"])
    for path in sorted(TEMPLATE.glob("studies/**/*.py")):
        found[path.relative_to(TEMPLATE).as_posix()] = path.read_text(encoding="utf-8")
    found |= {"what a room adds": handout.SEND, "what a room shows": pages.ENTRY}
    return found | {"what `boxloop add check` writes": stubs.CHECKS}


def imported(text):
    """Return ``(module, name)`` of what a text imports of the machinery; no name for a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "boxloop":
            yield from ((node.module, alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "boxloop":
                    yield alias.name, None


def public():
    """Return the public names by room; a room without any is not among them."""
    modules = {name: import_module(f"boxloop.{name}") for name in ROOMS}
    lists = {name: list(getattr(module, "__all__", [])) for name, module in modules.items()}
    return {name: names for name, names in lists.items() if names}


@pytest.mark.parametrize("place", texts())
def test_only_public_names_are_imported(place):
    """Straight from a room, one of the names in its list: no module, no name from a module."""
    known = {(f"boxloop.{room}", name) for room, names in public().items() for name in names}

    assert set(imported(texts()[place])) <= known


def test_the_readme_lists_them_all():
    """The table in `boxloop/README.md` is the promise, so it holds the lists of the rooms."""
    text = (TEMPLATE / "boxloop" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\S.*) \|$", text, re.MULTILINE)

    assert [(room, name) for room, name, _ in rows] == [
        (room, name) for room, names in public().items() for name in sorted(names)
    ]


def test_the_readme_says_what_flows_through_each_room():
    """One sentence per room."""
    text = (TEMPLATE / "boxloop" / "README.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", text, re.MULTILINE)) == ROOMS


def test_they_are_few():
    """Every name that notebooks import is a promise for years."""
    assert sum(map(len, public().values())) <= MOST_NAMES
    assert len(public()) <= MOST_ROOMS


def test_each_is_used():
    """A name that no notebook and no study needs is no public name."""
    used = {pair for text in texts().values() for pair in imported(text)}

    assert {(f"boxloop.{room}", name) for room, names in public().items() for name in names} == used


def test_no_public_name_is_that_of_a_module():
    """Importing the module would put itself in the place of the name."""
    for room, names in public().items():
        modules = {path.stem for path in (TEMPLATE / "boxloop" / room).glob("*.py")}

        assert not modules & set(names), room


def test_an_imported_name_is_never_a_variable():
    """A name means one thing in all notebooks: what one cell imports no other cell assigns."""
    cells = {place: ast.parse(text) for place, text in texts().items() if "cell" in place}
    names = {
        (alias.asname or alias.name).split(".")[0]
        for tree in cells.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    taken = {
        f"{place}: {node.id}"
        for place, tree in cells.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names
    }

    assert not taken
