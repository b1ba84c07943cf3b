"""The seal is by rows: a column more or less is no new test set, and a changed value is noticed."""

import json

import numpy as np
import pandas as pd
import pytest

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.split.locked import Past
from boxloop.split.same_rows import column_hashes
from boxloop.split.seal import append, close, content_hash, open_seal, read_ledger, trouble

KEEP = ("set", "y", "id")
N = 40


def rows(seed=0, n=N):
    rng = np.random.default_rng(seed)
    numbers = {name: rng.normal(size=n) for name in ("a", "b", "y")}
    return pd.DataFrame(numbers | {"id": [f"r{k}" for k in range(n)], "set": "test"})


def sealed(project):
    return [event for event in read_ledger(project) if event["event"] == "sealed"]


@pytest.fixture
def project(tmp_path):
    """Rows are sealed; `study.toml` is not asked."""
    project = Project(tmp_path)
    close(project, rows(), keep=KEEP)
    return project


def refused(project, frame, *names, keep=KEEP):
    """See that nothing is written for other rows, and that the sentence names the columns."""
    before = project.sealed_file.read_bytes(), project.ledger_file.read_bytes()
    with pytest.raises(UserError, match="sealed from other rows") as stop:
        close(project, frame, keep=keep)
    assert (project.sealed_file.read_bytes(), project.ledger_file.read_bytes()) == before
    assert all(name in str(stop.value) for name in names), str(stop.value)


def test_a_column_more_is_no_new_test_set(project):
    """The rows keep their name, the ledger says what came, and the file holds it."""
    more = rows().assign(c=1.0)
    close(project, more, keep=KEEP)
    close(project, more, keep=KEEP)

    first, second = sealed(project)
    assert first["content"] == second["content"] == content_hash(rows())
    assert second["reason"] == "the same rows, with c"
    assert trouble(project) is None
    assert open_seal(project, reason="look", model_hash="m").equals(more)


def test_a_column_less_is_none_either(project):
    """As long as truth and names of the rows are there."""
    less = rows().drop(columns="b")
    close(project, less, keep=KEEP)

    assert sealed(project)[-1]["reason"] == "the same rows, without b"
    assert open_seal(project, reason="look", model_hash="m").equals(less)
    for name in KEEP:
        refused(project, less.drop(columns=name), name)


@pytest.mark.parametrize("name", ["a", "y", "id"])
@pytest.mark.parametrize("row", [0, N - 1])
def test_one_changed_value_is_noticed(project, name, row):
    """Also where a column comes or goes at the same time."""
    frame = rows()
    frame.loc[row, name] = "r" if name == "id" else frame.loc[row, name] + 1e-9

    refused(project, frame, name)
    refused(project, frame.assign(c=0.5), name)
    refused(project, frame.drop(columns="b"), name)


def test_what_went_comes_back_as_it_was_or_not_at_all(project):
    """Two steps change no value that one could not."""
    close(project, rows().drop(columns="b"), keep=KEEP)
    refused(project, rows().assign(b=0.0), "b")
    close(project, rows(), keep=KEEP)

    assert sealed(project)[-1]["reason"] == "the same rows, with b"


def test_what_came_later_may_change_and_the_ledger_says_so(project):
    """A feature that was mended; but not where it has become what is to be predicted."""
    close(project, rows().assign(c=1.0), keep=KEEP)
    refused(project, rows().assign(c=2.0), "c", keep=(*KEEP, "c"))
    close(project, rows().assign(c=2.0), keep=KEEP)

    assert sealed(project)[-1]["reason"] == "the same rows, other values of c"


def test_rows_in_another_order_or_number_are_others(project):
    """Whatever columns they have."""
    refused(project, rows().iloc[::-1], "y")
    refused(project, rows().head(N - 1).assign(c=1.0), "y")
    refused(project, rows(seed=1), "y")


def test_a_column_in_another_place_is_nothing(project):
    """Nothing is written."""
    before = project.ledger_file.read_bytes()
    close(project, rows()[["set", "id", "y", "b", "a"]], keep=KEEP)

    assert project.ledger_file.read_bytes() == before


def test_a_look_is_not_forgotten_for_a_column(project):
    """The openings count on, and another model is another look: also where the file was gone."""
    append(project, "opened", reason="paper", model="m", model_hash="m")
    close(project, rows().assign(c=1.0), keep=KEEP)
    project.sealed_file.chmod(0o644)
    project.sealed_file.unlink()
    close(project, rows().assign(c=1.0, d=2.0), keep=KEEP)

    events = read_ledger(project)
    assert len({event["content"] for event in sealed(project)}) == 1
    assert run_check("seal.model_unchanged", events, model_hash="other").state == "fail"
    assert len(Past(events).counted) == 1
    append(project, "opened", reason="again", model="other", model_hash="other")
    assert run_check("seal.openings", read_ledger(project)).value == 2


def test_a_new_test_set_begins_anew(project):
    """What was known of the columns of the old one binds nobody."""
    project.sealed_file.chmod(0o644)
    project.sealed_file.unlink()
    close(project, rows(seed=1), keep=KEEP)

    assert sealed(project)[-1]["content"] == content_hash(rows(seed=1))
    assert "reason" not in sealed(project)[-1]
    refused(project, rows(), "y")
    close(project, rows(seed=1).assign(c=1.0), keep=KEEP)
    assert len(sealed(project)) == 3


def test_a_line_of_an_older_version_knows_no_columns(project):
    """There the whole table has to be the same, as it was."""
    (line,) = project.ledger_file.read_text(encoding="utf-8").splitlines()
    old = {key: value for key, value in json.loads(line).items() if key in ("event", "content")}
    project.ledger_copy.unlink()
    project.ledger_file.write_text(json.dumps(old) + "\n", encoding="utf-8")

    close(project, rows(), keep=KEEP)
    refused(project, rows().assign(c=1.0))


def test_each_column_has_a_hash_of_its_own():
    """Also two of one name, and one with gaps."""
    frame = rows().assign(gap=[None, *range(N - 1)])
    found = column_hashes(frame)

    assert list(found) == list(frame) and len(set(found.values())) == len(found)
    assert column_hashes(frame.assign(gap=0.0))["gap"] != found["gap"]
