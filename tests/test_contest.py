"""Hidden labels of a room: looks are counted, the honest half judges, and nobody sees a label."""

import io
from concurrent.futures import ThreadPoolExecutor

import classroom
import pandas as pd
import pytest
from classroom import Student, ask, served, state

from boxloop.base.errors import UserError
from boxloop.classroom.contest import Contest
from boxloop.settings.load import load_settings


@pytest.fixture
def project(tmp_path):
    """A teacher's project, with labels beside it."""
    return classroom.teacher(tmp_path)


@pytest.fixture
def labels(tmp_path):
    """Rows that no student has."""
    return classroom.table(tmp_path)


def rows(serving):
    """Return the rows whose labels are hidden, as a student gets them."""
    return pd.read_csv(io.StringIO(ask(serving, f"/{serving.room.token}/hidden.csv")[2]))


def entry(found, slope):
    """Return predictions of all rows as a message."""
    table = found[["row"]].assign(prediction=slope * found["height"])
    return {"table": table.to_csv(index=False)}


def test_no_label_goes_out(project, labels):
    """Nor the group, nor which half a row is in, nor the order of the file."""
    with served(project, labels=labels) as serving:
        found = rows(serving)
    truth = pd.read_csv(labels)

    assert list(found) == ["row", "height"]
    assert sorted(found["height"]) == pytest.approx(sorted(truth["height"]))
    assert not found["height"].equals(truth["height"])


def test_the_honest_half_judges_when_the_looks_are_spent(project, labels):
    """Until then nobody is told it, not the teacher either; the best look is what is judged."""
    with served(project, labels=labels, looks=2) as serving:
        ada, found = Student(serving, "Ada"), rows(serving)
        status, said = ada.posts("entry", entry(found, 40))
        assert status == 200 and "Looks left: 1" in said["said"]
        assert "nobody has looked at" not in said["said"]
        assert state(serving)[0]["board"] == [{"name": "Ada", "left": 1}]
        said = ada.posts("entry", entry(found, 30))[1]["said"]
        honest = serving.room.members.known["ada"].entries[0]["honest"]
        assert f"that entry has {honest:.4g}, and this is what counts" in said
        board = state(serving)[0]["board"]
        assert board[0]["honest"] == honest and board[0]["left"] == 0
        status, said = ada.posts("entry", entry(found, 41))
        assert status == 400 and "no look left" in said["said"]
    with served(project, labels=labels, looks=2) as serving:
        assert state(serving)[0]["board"] == board, "also after another start"


def test_the_best_honest_score_is_first(project, labels):
    """Whatever it looked like."""
    with served(project, labels=labels, looks=1) as serving:
        found = rows(serving)
        for name, slope in (("Bob", 30), ("Ada", 40), ("Cyd", 35)):
            Student(serving, name).posts("entry", entry(found, slope))
        Student(serving, "Dan")
        board = state(serving)[0]["board"]
    assert [row["name"] for row in board] == ["Ada", "Cyd", "Bob"]


def test_the_same_table_is_no_second_look(project, labels):
    """Its answer may have been lost; it is told again."""
    with served(project, labels=labels, looks=2) as serving:
        ada, found = Student(serving, "Ada"), rows(serving)
        told = [ada.posts("entry", entry(found, 40)) for _ in range(3)]
    assert told == [told[0]] * 3 and "Looks left: 1" in told[0][1]["said"]


def test_entries_at_the_same_time_are_no_more_looks(project, labels):
    """Each is counted before the next one is scored."""
    with served(project, labels=labels, looks=2) as serving:
        ada, found = Student(serving, "Ada"), rows(serving)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(ada.posts, "entry", entry(found, s)) for s in range(30, 36)]
            statuses = sorted(one.result()[0] for one in done)
        assert statuses == [200, 200, 400, 400, 400, 400]
        assert len(serving.room.members.known["ada"].entries) == 2


def test_a_group_is_in_one_half_alone(project, labels):
    """Members of a family would tell the one half of the other."""
    contest = Contest(load_settings(project.settings_file), labels)
    honest = contest._frame.groupby("family")["row"].apply(
        lambda r: contest._honest[r.index].mean()
    )

    assert set(honest) == {0, 1} and honest.mean() == 0.5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.iloc[1:], "lacks 1 row"),
        (lambda t: t.assign(prediction="<b>"), "write a finite number"),
        (lambda t: t.assign(prediction="inf"), "write a finite number"),
        (lambda t: t.rename(columns={"row": "x"}), "give it the two columns"),
        (lambda t: t.replace("h000000", "../x"), "not asked for"),
    ],
)
def test_what_is_no_entry_costs_no_look(project, labels, change, says):
    """It is said in one sentence what to mend."""
    with served(project, labels=labels) as serving:
        ada, found = Student(serving, "Ada"), rows(serving)
        good = pd.read_csv(io.StringIO(entry(found, 40)["table"]))
        status, said = ada.posts("entry", {"table": change(good).to_csv(index=False)})
        assert status == 400 and says in said["said"]
        assert serving.room.members.known["ada"].entries == []


def test_a_room_without_labels_says_so(project):
    """Instead of an error."""
    with served(project) as serving:
        assert ask(serving, f"/{serving.room.token}/hidden.csv")[0] == 404
        assert (
            "no hidden labels" in Student(serving, "Ada").posts("entry", {"table": "x"})[1]["said"]
        )


def test_other_labels_are_another_contest(project, labels, tmp_path):
    """Looks at rows of before do not count."""
    with served(project, labels=labels, looks=1) as serving:
        ada = Student(serving, "Ada")
        assert ada.posts("entry", entry(rows(serving), 40))[0] == 200
    (tmp_path / "new").mkdir()
    other = classroom.table(tmp_path / "new", families=50)
    with served(project, labels=other, looks=1) as serving:
        assert state(serving)[0]["board"] == []
        assert (
            Student(serving, "Ada", ada.password).posts("entry", entry(rows(serving), 40))[0] == 200
        )


def test_labels_have_to_be_enough(project, labels):
    """With fewer, halves would differ by chance alone."""
    pd.read_csv(labels).head(60).to_csv(labels, index=False)
    with pytest.raises(UserError, match="give it 40 or more"):
        Contest(load_settings(project.settings_file), labels)
