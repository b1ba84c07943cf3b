"""What a student types and presses: `boxloop room join`, and the cell that sends."""

import json

import classroom
import pandas as pd
import pytest
from classroom import served, state, tried
from walk_project import command

from boxloop.base.errors import MARK, UserError
from boxloop.base.files import write_json, write_text
from boxloop.base.places import Project
from boxloop.teach import enter, hidden_rows, send
from boxloop.teach.room import KEPT, join


@pytest.fixture
def project(tmp_path):
    """A teacher's project."""
    return classroom.teacher(tmp_path)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A student's project, which is where the notebooks run."""
    write_text(tmp_path / "mine" / "study.toml", classroom.STUDY)
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.delenv(MARK, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # as on many a laptop
    return Project(tmp_path / "mine")


def address(serving):
    """Return what stands on the blackboard."""
    return f"http://127.0.0.1:{serving.port}/{serving.room.token}"


def does(project, state_of="wrong", tries=1):
    """Leave behind what an exercise and the checks leave."""
    write_json(project.results / "exercises.json", {"1.1": tried(state_of, tries, "Not yet.")})
    known = [{"id": "split.groups", "state": "fail", "message": "m", "value": 3}]
    write_json(project.checks_file, [*known, {"id": "Mine!", "state": "pass"}])


def test_join_and_send(project, mine, capsys):
    """The command, then the cell; what was not asked for stays at home."""
    does(mine)
    with served(project) as serving:
        code, out = command(mine, "room", "join", address(serving), "--as", "Ada")
        assert code == 0 and "You are Ada." in out
        send()
        assert "The room has it: 0 exercises right, as Ada." in capsys.readouterr().out
        does(mine, "right", 2)
        send(help=True)
        told = state(serving)[0]["members"][0]
        lines = serving.room.members.path.read_text(encoding="utf-8")
    assert told["exercises"] == {"1.1": {"state": "right", "tries": 2}}
    assert (told["stuck"], told["checks"]) == ("asks for help", "1 of 1")
    assert '"message"' not in lines and "value" not in lines


def test_a_laptop_that_was_restarted_is_known(project, mine, capsys):
    """The folder remembers; without it the password does, and numbers go on."""
    does(mine)
    with served(project) as serving:
        said = join(address(serving), "Ada")
        send()
    with served(project) as serving:  # at another port, as after a break
        assert join(address(serving), "ada") == said
        send()
        password = said.rpartition(" ")[2]
        (mine.root / KEPT).unlink()
        with pytest.raises(UserError, match="choose another nickname"):
            join(address(serving), "Ada")
        assert (
            command(mine, "room", "join", address(serving), "--as", "Ada", "--password", password)[
                0
            ]
            == 0
        )
        send()
        assert serving.room.members.known["ada"].number == 3
    assert capsys.readouterr().out.count("The room has it") == 3


def test_two_notebooks_send_at_once(project, mine, capsys):
    """The one that comes later takes the next number."""
    does(mine)
    with served(project) as serving:
        join(address(serving), "Ada")
        before = json.loads((mine.root / KEPT).read_text(encoding="utf-8"))
        send()
        write_json(mine.root / KEPT, before)  # the other one has read it before
        does(mine, "right", 2)
        send()
        assert serving.room.members.known["ada"].exercises["1.1"]["state"] == "right"
    assert capsys.readouterr().out.count("The room has it") == 2


def test_nothing_is_sent_unless_somebody_joined_and_pressed(project, mine, capsys, monkeypatch):
    """Run All goes on without a room, and a run sends nothing."""
    does(mine)
    send()
    assert "Join a room first" in capsys.readouterr().out
    with served(project) as serving:
        join(address(serving), "Ada")
        monkeypatch.setenv(MARK, "1")
        send()
        assert state(serving)[0]["members"][0]["exercises"] == {}
    assert "a run sends nothing" in capsys.readouterr().out


def test_hidden_rows_are_predicted_from_a_notebook(project, mine, tmp_path, capsys):
    """Two functions, with tables as they are at hand."""
    labels = classroom.table(tmp_path)
    with served(project, labels=labels) as serving:
        join(address(serving), "Ada")
        rows = hidden_rows()
        enter(pd.DataFrame({"row": rows["row"], "prediction": 40 * rows["height"]}))
    assert "Looks left: 2." in capsys.readouterr().out
