"""`boxloop reset` puts away what runs have made, all of it or nothing, and says so for ever."""

import json
import shutil
from pathlib import Path

import pytest
from test_bake import contents
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.checks import run_check
from boxloop.run.reset import reset
from boxloop.split.seal import append, read_ledger

WHY = ["reset", "--reason", "data of my own"]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The small project of `walk_project` after a release."""
    project = write(tmp_path_factory.mktemp("released"), sources())
    with pytest.MonkeyPatch.context() as patch:
        _without_kernels(patch)
        assert command(project, "run")[0] in (0, 1)
        assert command(project, "release", "--reason", "to see what it says")[0] in (0, 1)
    return project.root


def _without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


@pytest.fixture
def project(released, tmp_path, monkeypatch):
    """A copy of it."""
    _without_kernels(monkeypatch)
    from boxloop.base.places import Project

    return Project(Path(shutil.copytree(released, tmp_path / "p")))


def made(project):
    """Return what runs have made, by its path."""
    tops = ("results/", "report/", "data/interim/", "data/sealed/")
    whole = contents(project.root)
    return {name: data for name, data in whole.items() if name.startswith(tops)}


def test_everything_that_was_made_lies_in_the_attic(project):
    """Byte for byte; what a person wrote and the raw data stay where they are."""
    old, whole = made(project), contents(project.root)
    assert "data/sealed/test.parquet" in old and "results/passes/001.json" in old
    code, said = command(project, *WHY)

    assert code == 0 and "are in attic/001" in said
    now = contents(project.root)
    assert {name: now[f"attic/001/{name}"] for name in old} == old
    assert {name: now[name] for name in whole if name not in old} == {
        name: data for name, data in whole.items() if name not in old
    }
    assert sorted(made(project)) == ["data/sealed/ledger.jsonl", "report/ledger.jsonl"]
    note = json.loads(now["attic/001/reset.json"])
    assert (note["reason"], note["openings"]) == ("data of my own", 1)


def test_the_new_ledger_begins_with_it(project):
    """Its first line: why, and how often before; the loop then begins anew, under a seal."""
    command(project, *WHY)
    (first,) = read_ledger(project)
    assert (first["event"], first["reason"], first["openings"]) == ("reset", "data of my own", 1)
    assert "no test set yet, opened once, before a reset." in command(project, "status")[1]

    said = command(project, "run")[1]
    assert "Pass 1 is complete." in said, said
    assert [event["event"] for event in read_ledger(project)] == ["reset", "sealed", "trained"]


def test_the_same_rows_sealed_again_are_no_new_test_set(project):
    """Their earlier look counts; other rows make a test set that nobody has seen."""
    command(project, *WHY)
    command(project, "run")
    row = run_check("seal.openings", read_ledger(project))
    assert row.value == 1
    assert "The test set was opened once, before a reset, for one model" in row.message

    append(project, "opened", reason="x", model="another")
    assert run_check("seal.openings", read_ledger(project)).state == "fail"
    command(project, *WHY)
    append(project, "sealed", content="other rows", sha256="")
    append(project, "opened", reason="x", model="third")
    row = run_check("seal.openings", read_ledger(project))
    assert (row.value, row.state) == (1, "pass")
    assert "opened once; that of other data or another target twice before" in row.message


def test_resets_are_counted(project):
    """The second one knows of the openings before the first."""
    command(project, *WHY)
    command(project, "run")
    code, said = command(project, "reset", "--reason", "once more from the start")

    assert code == 0 and "attic/002" in said
    assert [event["openings"] for event in read_ledger(project)] == [1]


@pytest.mark.parametrize("number", [0, 3, 7, 99])
def test_a_reset_that_fails_puts_everything_back(project, monkeypatch, number):
    """Whatever cannot be moved, or where the new ledger cannot be written."""
    before, moved, real = contents(project.root), [], Path.rename

    def rename(path, target):
        moved.append(path)
        if len(moved) == number + 1:
            raise OSError(28, "No space left on device")
        return real(path, target)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.rename", rename)
    if number == 99:
        monkeypatch.setattr("boxloop.run.reset.append", full)
    with pytest.raises(OSError, match="No space"):
        reset(project, "data of my own")
    monkeypatch.undo()

    assert contents(project.root) == before
    assert not (project.root / "attic" / "001").exists()


def test_a_reset_waits_for_a_run(project):
    """Nothing is moved from under it."""
    from boxloop.run.lock import lock

    before = contents(project.root)
    with lock(project), pytest.raises(UserError, match="Another run is going on"):
        reset(project, "data of my own")
    assert contents(project.root) == before


@pytest.mark.parametrize("reason", ["", "  ", "TODO"])
def test_a_reset_has_a_reason(project, reason):
    """Exit 2, one sentence."""
    before = contents(project.root)
    code, said = command(project, "reset", "--reason", reason)

    assert (code, "needs a reason" in said) == (2, True)
    assert contents(project.root) == before


def test_nothing_is_put_away_twice(project):
    """There is nothing left but the line that says so."""
    command(project, *WHY)
    command(project, "status")
    code, said = command(project, *WHY)

    assert code == 2 and "Nothing was run yet" in said
    assert not (project.root / "attic" / "002").exists()


def test_a_damaged_ledger_is_put_away_too(project):
    """What results and passes know of the openings is what the new one begins with."""
    project.ledger_file.write_text("{", encoding="utf-8")
    assert command(project, *WHY)[0] == 0

    (first,) = read_ledger(project)
    assert (first["openings"], first["ledger"]) == (1, "damaged")
