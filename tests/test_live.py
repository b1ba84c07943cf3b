"""A chapter in JupyterLab: edits of the study count at once, and mistakes are short."""

import importlib
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from walk_project import sources, write

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.record import live, mistakes

MODELS = "from study.sizes import SIZE\n\n\ndef size():\n    return SIZE\n"


class Cells:
    """A kernel without a window: cells are run, and what they say is returned."""

    def __init__(self, project, capsys):
        self.project, self.capsys = project, capsys
        self.shell = InteractiveShell()
        self.shell.user_ns["get_ipython"] = lambda: self.shell
        self.live = live.Live(self.shell)
        self.live.begin(project, "04_train")
        self.run("import sys; from study import models, sizes")

    def run(self, code):
        self.capsys.readouterr()
        self.shell.run_cell(code, store_history=True)
        said = self.capsys.readouterr()
        return said.out + said.err

    def edit(self, name, text):
        (self.project.study / name).write_text(text, encoding="utf-8")


@pytest.fixture
def cells(tmp_path, monkeypatch, capsys):
    """Cells of 04 in a small project, whose study has two modules."""
    write(tmp_path, sources())
    project = Project(tmp_path)
    (project.study / "sizes.py").write_text("SIZE = 1\n", encoding="utf-8")
    (project.study / "models.py").write_text(MODELS, encoding="utf-8")
    known = {name for name in sys.modules if name.partition(".")[0] == "study"}
    for name in known:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield Cells(project, capsys)
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        monkeypatch.delitem(sys.modules, name)


def test_an_edit_counts_in_the_next_cell(cells):
    """It says so, once; also what another module has taken from the edited one is new."""
    assert "1" in cells.run("print(models.size())")
    cells.edit("sizes.py", "SIZE = 22\n")

    said = cells.run("print(models.size())")
    assert "22" in said
    assert "study/sizes.py changed and is read again" in said
    assert cells.run("print(models.size())") == "22\n"


def test_a_function_that_was_imported_by_name_is_new_too(cells):
    """Whoever has it in hand has the new one."""
    cells.run("from study.models import size")
    cells.edit("models.py", "def size():\n    return 'another'\n")

    assert "another" in cells.run("print(size())")


def test_an_edit_that_cannot_be_read_is_told_until_it_is_mended(cells):
    """In one line with its place; what was there before goes on meanwhile."""
    cells.edit("models.py", "def size():\n    return (1\n")

    for _ in range(2):
        said = cells.run("print(models.size())")
        assert "study/models.py cannot be read again" in said
        assert "SyntaxError in line 2" in said
        assert "Traceback" not in said
    cells.edit("models.py", "def size():\n    return 'mended'\n")
    assert "mended" in cells.run("print(models.size())")


def test_other_settings_need_the_setup_again(cells):
    """They were read there."""
    path = cells.project.settings_file
    path.write_text(path.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")

    assert "study.toml was changed: run the cell `setup` again" in cells.run("1")
    assert "study.toml" not in cells.run("1")


def test_a_mistake_of_the_user_is_one_line(cells):
    """With the line of one's own that led there."""
    cells.run("from boxloop.base import UserError")
    said = cells.run("def ask():\n    raise UserError('data/a.csv is missing: bring it.')\nask()")

    lines = said.strip().splitlines()
    assert lines == ["UserError: data/a.csv is missing: bring it. (line 2 of this cell)"]


def test_an_error_in_the_study_leaves_the_machinery_out(cells):
    """What libraries do in between is no help; ``%tb`` has it."""
    cells.edit("models.py", "def size(row):\n    return row['nix']\n")
    cells.run("import json")
    said = cells.run("json.loads('{}', object_hook=models.size)")

    assert said.strip().splitlines()[0] == "KeyError: 'nix'"
    assert "study/models.py, line 2, in size: return row['nix']" in said
    assert "decoder.py" not in said
    assert len(said.strip().splitlines()) <= 4
    assert "decoder.py" in cells.run("%tb")


def test_an_error_without_machinery_is_shown_as_ever(cells):
    """IPython's own words are short enough."""
    assert "Traceback (most recent call last)" in cells.run("1 / 0")


def test_a_module_that_cannot_be_read_is_one_line(cells):
    """When it is imported for the first time."""
    cells.edit("late.py", "x = (\n")

    said = cells.run("from study import late").strip()
    assert "SyntaxError" in said.splitlines()[0]
    assert "study/late.py, line 1" in said
    assert len(said.splitlines()) == 1


def test_out_of_order_says_what_to_run(cells):
    """Which cell makes the name; of a name that none makes it says nothing of its own."""
    path = cells.project.notebooks / "04_train.ipynb"
    name = next(iter(mistakes.names_made("frame = 1")))
    assert f"{name} = " in path.read_text(encoding="utf-8")

    said = cells.run("frame.head()").strip()
    assert said.startswith("NameError: frame is not known yet: run the cell `")
    assert "Run All Above Selected Cell" in said
    assert "known yet" not in cells.run("never_made")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a, b = 1, 2\nc += 1", {"a", "b", "c"}),
        ("import numpy as np\nfrom x import y", {"np", "y"}),
        ("for i in []:\n    with open(p) as f: g = [h for h in f]", {"i", "f", "g"}),
        ("def fit(x):\n    inner = 1\nif (n := 2): pass", {"fit", "n"}),
        ("%matplotlib inline\nk = 1", {"k"}),
        ("this is no code", set()),
    ],
)
def test_names_that_a_cell_makes(text, names):
    assert mistakes.names_made(text) == names


def test_a_window_is_needed(cells):
    """papermill, nbconvert and tests have none: nothing is looked after, nothing noted."""
    assert live.window() is None
    assert live.ended() is None


def test_ipython_shows_the_sentence_without_our_help(monkeypatch):
    """Before there is a desk, as in a cell that imports."""
    monkeypatch.delenv("BOXLOOP_RUN", raising=False)
    assert UserError("it is so.")._render_traceback_() == ["UserError: it is so."]


def test_in_a_run_the_lines_are_kept(monkeypatch):
    """They say where it was, and the run tells that."""
    monkeypatch.setenv("BOXLOOP_RUN", "x")

    assert not hasattr(UserError("it is so."), "_render_traceback_")
