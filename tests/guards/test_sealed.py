"""The seal: on record before a row is read, and what vanishes from the record is missed."""

import json

import pandas as pd
import pytest

from boxloop.base.errors import UserError
from boxloop.base.files import write_json
from boxloop.base.places import Project
from boxloop.split import cipher, seal
from boxloop.split.ledger import remembered

FRAME = pd.DataFrame({"x": range(30), "y": [0.5] * 30})


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    seal.close(project, FRAME)
    return project


def events(project):
    return [row["event"] for row in seal.read_ledger(project)]


def test_an_opening_that_goes_wrong_is_on_record(project, monkeypatch):
    """The process dies while the sealed file is read: somebody may have seen it; that counts."""

    def die(_):
        assert events(project) == ["sealed", "opened"]
        raise KeyboardInterrupt

    monkeypatch.setattr(cipher.Encrypted, "rows", die)
    with pytest.raises(KeyboardInterrupt):
        seal.open_seal(project, reason="paper", model_hash="abc")

    assert events(project) == ["sealed", "opened"]
    assert seal.read_ledger(project)[1]["model"] == "abc"


def test_a_test_set_in_place_is_one_that_the_ledger_knows(project, monkeypatch):
    """The disk is full when the ledger is written: then there is no test set either."""
    project.sealed_file.chmod(0o644)
    project.sealed_file.unlink()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seal, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        seal.close(project, FRAME.head(20))

    assert not project.sealed_file.exists()


def test_a_column_by_another_name_is_another_table(project):
    """The numbers are the same, and the rows are not those that were sealed."""
    with pytest.raises(UserError, match="sealed from other rows"):
        seal.close(project, FRAME.rename(columns={"x": "z"}))


def test_the_criteria_on_record_are_the_first(project, tmp_path):
    """Numbers that were lowered after the first training do not replace those before it."""
    from study_files import STUDY

    from boxloop.settings.load import load_settings

    for bound in ("0.2", "0.1"):
        path = tmp_path / "study.toml"
        path.write_text(STUDY.replace("at_least = 0.2", f"at_least = {bound}"), encoding="utf-8")
        seal.note_training(project, load_settings(path))

    (trained,) = [row for row in seal.read_ledger(project) if row["event"] == "trained"]
    assert [rule["at_least"] for rule in trained["criteria"]] == [0.2]


def test_a_test_set_without_a_ledger_is_no_beginning(project):
    """Nothing else knows of it yet, and still a missing ledger is a loss."""
    project.ledger_file.unlink()
    project.ledger_copy.unlink()

    assert "is missing, though a test set was sealed" in seal.trouble(project)


def test_results_that_know_of_a_ledger_make_its_absence_a_loss(project):
    """The sealed file is gone with it, as in a clone: a pass has seen it."""
    write_json(project.passes / "001.json", {"number": 1, "ledger": seal.head(project)})
    for path in (project.ledger_file, project.ledger_copy, project.sealed_file):
        path.unlink()

    assert "is missing, though a test set was sealed" in seal.trouble(project)


def test_a_copy_that_was_edited_vouches_for_nothing(project):
    """It is not offered in place of the ledger, and none of its lines is counted."""
    seal.open_seal(project, reason="paper", model_hash="abc")
    text = project.ledger_copy.read_text(encoding="utf-8")
    project.ledger_copy.write_text(text.replace("paper", "other"), encoding="utf-8")
    assert remembered(project) == []

    project.ledger_file.unlink()
    assert "restore it from your last commit" in seal.trouble(project)


def test_a_lost_ledger_begins_with_what_was_known_of_it(project):
    """Two openings stood in it; the copy in report/ saw both."""
    for model in ("abc", "def"):
        seal.open_seal(project, reason="paper", model_hash=model)
    for path in (project.ledger_file, project.sealed_file):
        path.unlink()
    seal.close(project, FRAME)

    lines = project.ledger_file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["lost", "sealed"]
    assert json.loads(lines[0])["openings"] == 2
