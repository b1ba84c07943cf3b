"""Nothing that a table, a notebook, a file or a person brought along steers the terminal."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from fake_loop import make_project
from test_adopt import project as own_project

from boxloop.base.errors import shown
from boxloop.base.files import write_json
from boxloop.cli import main
from boxloop.run.progress import Live, Stream, Told

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

# Colours, a new title of the window, the form of C1, a line written over, and a turned direction.
EVIL = "x\x1b[31m\x1b]0;title\x07\x9b2J\rover\u202egnol\u2066\u2028end"
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def call(project, quick, monkeypatch, capsys):
    """Call the command line in a project whose texts are hostile.

    Returns code and all that was printed.
    """
    settings = project.settings_file.read_text(encoding="utf-8").replace(
        'title = "Toy"', f"title = {json.dumps(EVIL)}"
    )
    reason = json.dumps(f"{EVIL} in four words")
    settings += f'[waivers]\n"split.groups" = {{ reason = {reason} }}\n'
    project.settings_file.write_text(settings.replace("\x7f", ""), encoding="utf-8")
    monkeypatch.chdir(project.root)

    def call(*words):
        with pytest.raises(SystemExit) as stop:
            main(list(words))
        text = capsys.readouterr()
        return stop.value.code, text.out + text.err

    return call


def with_checks(project):
    """Give the project two checks whose words are hostile."""
    row = {
        "notebook": "03_split",
        "value": 0,
        "threshold": 0,
        "source": EVIL,
        "message": EVIL,
        "fix": EVIL,
        "weight": "limit",
    }
    rows = [
        {"id": "split.groups", "state": "waived", "reason": EVIL},
        {"id": "data.schema", "state": "fail"},
    ]
    write_json(project.checks_file, [row | more for more in rows])


COMMANDS = [
    ("run", "--note", EVIL),
    ("status",),
    ("compare",),
    ("compare", "1", "1"),
    ("compare", EVIL),
    ("run", "--only", EVIL),
    ("run", "--set", EVIL),
    ("fail", EVIL, "--about", EVIL),
    ("adopt", EVIL, "--target", EVIL),
    (EVIL,),
    ("status", "--" + EVIL),
    ("run", "--jobs", EVIL),
]


def test_no_command_hands_them_on(call, project):
    """What people typed comes back in sentences, and from the passes."""
    for words in COMMANDS:
        code, text = call(*words)
        assert code in (0, 1, 2) and not STEERS.search(text), (words, text)


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_no_sheet_hands_them_on(call, project, form):
    """Messages, remedies and reasons of checks; as JSON they come back whole."""
    assert call("run")[0] == 0
    with_checks(project)
    code, text = call("check", "--format", form)

    assert code == 1 and not STEERS.search(text)
    assert form != "json" or json.loads(text)["open"][0]["message"] == EVIL


def test_no_error_of_a_cell_hands_them_on(call, project):
    """Its message is the data's, often enough."""
    make_project(
        project.root,
        faults={"03_train": f"raise ValueError({EVIL!r} + chr(10) + 'Pass 1 is complete.')"},
    )
    code, text = call("run")

    assert code == 1 and "03_train, cell work" in text and not STEERS.search(text)
    assert "\nPass 1" not in text


def test_no_column_hands_them_on(tmp_path, monkeypatch, capsys):
    """Names, classes and the file's name, in the table of what was understood and in a refusal."""
    here, path = own_project(tmp_path, "classification"), tmp_path / f"t{EVIL}.csv"
    evil = EVIL.replace("\r", "")  # ends a line, in a table too
    kinds = [f"{evil}{k % 3 == 0}" for k in range(60)]
    frame = pd.DataFrame(
        {f"a{evil}": np.sin(range(60)), f"b\n{evil}": np.cos(range(60)), "kind": kinds}
    )
    path.write_text(frame.to_csv(index=False), encoding="utf-8", newline="")
    monkeypatch.chdir(here.root)
    for target, code in (("kind", 0), ("no\x1b[2J", 2)):
        with pytest.raises(SystemExit) as stop:
            main(["adopt", str(path), "--target", target])
        said = capsys.readouterr()
        assert stop.value.code == code, said
        assert not STEERS.search(said.out + said.err)


def test_moving_lines_do_not_hand_them_on(project, monkeypatch):
    """On a terminal rich itself may steer, what it shows may not."""
    out = io.StringIO()
    out.isatty = lambda: True
    monkeypatch.setattr("sys.stdout", out)
    with Live() as lines:
        lines.say(f"{EVIL} :smile: [bold]")

    assert "\x1b]0;" not in out.getvalue() and "\x9b" not in out.getvalue()
    assert "\\u001b]0;title\\u0007" in out.getvalue() and ":smile: [bold]" in out.getvalue()


def test_a_notebooks_name_does_not_hand_them_on(project):
    """It is part of every line of progress."""
    from dataclasses import replace

    from boxloop.notebooks.graph import read_loop

    assert not STEERS.search(Told(replace(read_loop(project)[0], name=f"01_{EVIL}")).line())


def test_what_cells_print_comes_without_colours():
    """A bar that is drawn over and over is its last state."""
    heard = []
    Stream(heard.append, "01 a").write("\x1b[32mgreen\x1b[0m\n 10%\r 50%\r100%\r\nplain\n")

    assert heard == ["01 a | green", "01 a | 100%", "01 a | plain"]


def test_other_words_stay_as_they_are():
    """Accents, other scripts, composed emoji and tabs are text."""
    text = "Übersicht\té 星 👩‍🔬 αβγ — “q”"

    assert shown(text) == text and shown("two\r\nlines") == "two lines"
