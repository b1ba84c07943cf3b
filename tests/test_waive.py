"""`boxloop waive` writes one line into study.toml, or nothing."""

import re
import tomllib

import pytest
from fake_loop import make_project
from study_files import STUDY
from walk_project import command, execute_here, sources, write

from boxloop.base.files import read_json, write_json
from boxloop.settings.edit import with_waiver

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

LINE = '"a.b" = { reason = "why it is so here", at = 1.5 }'
NEW = {"reason": "why it is so here", "at": 1.5}
OTHER = '"c.d" = { reason = "x", at = 2 }  # kept\n'
# By name: the text before, and the text after.
LAYOUTS = {
    "no table": ("x = 1\n", f"x = 1\n\n[waivers]\n{LINE}\n"),
    "nothing at the end": ("x = 1", f"x = 1\n\n[waivers]\n{LINE}\n"),
    "an empty table": ("[waivers]\n", f"[waivers]\n{LINE}\n"),
    "no end of line": ("[waivers]", f"[waivers]\n{LINE}\n"),
    "others": (f"[waivers]\n{OTHER}", f"[waivers]\n{OTHER}{LINE}\n"),
    "a comment behind": (
        '[waivers]\n"a.b" = { reason = "a # in it", at = 1 } # mine\n',
        f"[waivers]\n{LINE} # mine\n",
    ),
    "single quotes": ("[waivers]\n'a.b' = { reason = 'x' }\n", f"[waivers]\n{LINE}\n"),
    "more lines": (
        '[waivers]\n"a.b" = { reason = """one\n[two]\n""", at = 1 }\n' + OTHER,
        f"[waivers]\n{LINE}\n{OTHER}",
    ),
    "a table after it": (
        f"[waivers]\n{OTHER}\n# of the next\n[next]\ny = 1\n",
        f"[waivers]\n{OTHER}{LINE}\n\n# of the next\n[next]\ny = 1\n",
    ),
    "Windows": ("x = 1\r\n[ waivers ] # mine\r\n", f"x = 1\r\n[ waivers ] # mine\r\n{LINE}\r\n"),
    "a text that looks like it": (
        'x = """\n[waivers]\n"""\n[waivers]\n',
        f'x = """\n[waivers]\n"""\n[waivers]\n{LINE}\n',
    ),
    "spare blanks": ("[waivers]\n\n\n[next]\n", f"[waivers]\n{LINE}\n\n\n[next]\n"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_one_line_is_put_in_its_place(name):
    """Comments, blank lines and ends of lines stay; the rest means what it meant."""
    before, after = LAYOUTS[name]
    assert with_waiver(before, "a.b", LINE) == after

    known = tomllib.loads(before)
    assert tomllib.loads(after) == known | {"waivers": known.get("waivers", {}) | {"a.b": NEW}}


@pytest.mark.parametrize(
    "text",
    [
        'waivers = { "c.d" = { reason = "x" } }\n',
        '[waivers."c.d"]\nreason = "x"\n',
        "waivers = 1\n",
    ],
)
def test_what_cannot_be_followed_is_left_alone(text):
    """Nothing is guessed."""
    assert with_waiver(text, "a.b", LINE) is None


ROW = {"notebook": "02_split", "threshold": 1, "source": "", "message": "", "fix": ""}


def rows(**states):
    """Write what the last run found: by check, its state and value."""
    return [
        ROW | {"id": name.replace("__", "."), "state": state, "value": value}
        for name, (state, value) in states.items()
    ]


@pytest.fixture
def failing(project, monkeypatch):
    """A project in which checks failed, and a study.toml with comments and Windows line ends."""
    make_project(project.root)
    # What was found stays: nothing here was left by a desk.
    monkeypatch.setattr("boxloop.record.results.refresh", lambda _: None)
    found = rows(
        split__groups=("fail", 0.123456),
        split__time=("pass", 0),
        answers__complete=("unanswered", 3),
        data__schema=("waived", 5),
        split__duplicates=("cannot-tell", 0),
        baseline__domain_reference=("fail", None),
    )
    write_json(project.checks_file, found)
    text = "\ufeff# Ours.\n" + STUDY + "\n[waivers]  # few\n"
    project.settings_file.write_bytes(text.replace("\n", "\r\n").encode("utf-8"))
    return project


@pytest.mark.parametrize(
    ("check", "bound"),
    [
        ("split.groups", ", at = 0.1235"),
        ("answers.complete", ", at = 3"),
        ("data.schema", ", at = 5"),
        ("baseline.domain_reference", ""),
    ],
)
def test_a_check_that_is_open_is_waived_at_its_value(call, failing, check, bound):
    """The rest of the file keeps every byte; it says which chapter asks again."""
    before = failing.settings_file.read_bytes()
    code, out, err = call("waive", check, "--reason", 'the "oven"  was\ncold then')

    line = f'"{check}" = {{ reason = "the \\"oven\\" was cold then"{bound} }}'
    assert (code, err) == (0, "")
    assert line in out and "after `boxloop run`, which asks it again in 02_split" in out
    assert failing.settings_file.read_bytes() == before + f"{line}\r\n".encode()


@pytest.mark.parametrize(
    ("check", "reason", "says"),
    [
        ("split.gruops", "why it is so here", "nearest name is split.groups"),
        ("split.time", "why it is so here", "is 'pass' in the last run: there is nothing to waive"),
        ("split.duplicates", "why it is so here", "is 'cannot-tell' in the last run"),
        ("train.seeds", "why it is so here", "was not asked yet"),
        ("split.groups", "no harm here", "say in 4 words or more why"),
        ("split.groups", "- - - -", "say in 4 words or more why"),
    ],
)
def test_what_is_not_waived_changes_nothing(call, failing, check, reason, says):
    """Exit 2, one sentence, the same file."""
    before = failing.settings_file.read_bytes()
    code, out, err = call("waive", check, "--reason", reason)

    assert (code, out) == (2, "")
    assert says in err
    assert failing.settings_file.read_bytes() == before


def test_a_table_that_cannot_be_followed_is_named_with_the_line(call, failing):
    """The person writes it; the file stays what it was."""
    text = STUDY + '\n[waivers."split.time"]\nreason = "why it is so here"\n'
    failing.settings_file.write_text(text, encoding="utf-8")
    code, _, err = call("waive", "split.groups", "--reason", "why it is so here")

    assert code == 2
    assert 'write "split.groups" = { reason = "why it is so here", at = 0.1235 } below' in err
    assert failing.settings_file.read_text(encoding="utf-8") == text


def test_a_waived_check_is_asked_again_and_nothing_else(tmp_path, monkeypatch):
    """After the command, `boxloop run` repeats its chapter and what reads its finding."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    files = sources()
    path = "notebooks/07_failures_log.ipynb"
    files[path] = files[path].replace('LOGGED = [\\"forest\\"]', "LOGGED = []")
    project = write(tmp_path, files)
    command(project, "run")
    for name in ("log.complete", "split.groups"):
        said = command(project, "waive", name, "--reason", "this is how it is")[1]
        assert ("asks it again in 07_failures_log" in said) is (name == "log.complete"), said
    said = command(project, "run")[1]

    ran = re.findall(r"^(\d\d) .* s +ok", said, re.MULTILINE)
    assert ran == ["07", "08"]
    rows = {row["id"]: row for row in read_json(project.checks_file)}
    assert (rows["log.complete"]["state"], rows["log.complete"]["waived_at"]) == ("waived", 1)
    assert rows["split.groups"]["state"] == "waived"
    assert "log.complete (07_failures_log, waived at 1)" in command(project, "check")[1]
