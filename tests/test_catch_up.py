"""Any chapter starts alone from what a course ships, and says that this is no run of one's own."""

import json
import shutil
from pathlib import Path

import pytest
from test_bake import contents
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.base.places import STATIONS, Project
from boxloop.record import reference
from boxloop.record.station import Station
from boxloop.record.status import status
from boxloop.split.seal import read_ledger
from boxloop.teach.catch_up import catch_up, give_along

OWN = "reference, no run of yours"


def _without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The small project of `walk_project` as students get it: sources, raw data, reference."""
    teacher = write(tmp_path_factory.mktemp("teacher"), sources())
    student = write(tmp_path_factory.mktemp("student"), sources())
    with pytest.MonkeyPatch.context() as patch:
        _without_kernels(patch)
        assert "No reference goes along (01_scoping: never run)" in give_along(teacher, [])[0]
        assert command(teacher, "run")[0] in (0, 1)
    figure = teacher.station("04_train") / "figures" / "ladder.png"
    figure.parent.mkdir()
    figure.write_bytes(b"large")
    shutil.copytree(teacher.raw, student.raw)
    said = give_along(teacher, [student.root])
    assert "MB, from which every chapter starts" in said[0]
    return student.root


@pytest.fixture
def project(course, tmp_path, monkeypatch):
    """A copy of it."""
    _without_kernels(monkeypatch)
    return Project(Path(shutil.copytree(course, tmp_path / "p")))


def states(project):
    """Return state and reason of each chapter by its number."""
    return {row.name[:2]: (row.state, row.detail) for row in status(project)}


def test_what_goes_along_is_small_and_holds_nothing_sealed(project):
    """Results of 01 to 07 and interim tables; no seal, key, ledger, figure or 08."""
    names = [name for name in contents(project.root) if name.startswith("reference/")]
    assert "reference/data/interim/train.parquet" in names
    assert "reference/results/04_train/model.json" in names
    words = ("seal", "ledger", "08_release", "figures", "exercises.json", "verdict")
    assert [name for name in names if any(word in name for word in words)] == []
    text = (project.root / "reference/results/03_split/station.json").read_text(encoding="utf-8")
    assert "data/sealed" not in "".join(json.loads(text)["makes"]) and "ledger" not in text


def test_a_group_that_is_behind_starts_where_all_start(project):
    """Chapters before it are the workshop's, and no run makes a pass of them unseen."""
    code, said = command(project, "catch-up", "04")
    assert code == 0 and "In place: 01 to 03" in said and OWN in said
    assert [states(project)[n] for n in ("01", "03", "04")] == [
        ("stale", reference.WHY),
        ("stale", reference.WHY),
        ("never run", ""),
    ]
    code, said = command(project, "run", "--only", "04")
    assert "ok" in said and "Pass" not in said
    assert states(project)["04"] == ("stale", "01_scoping is not done") or (
        states(project)["04"] == ("stale", "03_split is not done")
    )
    assert "out of date" in command(project, "status")[1]


def test_a_chapter_alone_is_offered_the_reference(project):
    """Beside the run of all that comes before, and only where the course has one."""
    _, said = command(project, "run", "--only", "04")
    assert "`boxloop run --from 0" in said and "`boxloop catch-up 04`" in said
    assert command(project, "catch-up", "04")[0] == 0
    assert "ok" in command(project, "run", "--only", "04")[1]
    shutil.rmtree(project.root / "reference")
    assert "catch-up" not in command(project, "run", "--only", "08")[1]


def test_the_whole_loop_afterwards_is_ones_own(project):
    """Every chapter runs again, with a test set and a ledger of this project."""
    command(project, "catch-up", "07")
    code, said = command(project, "run")
    assert code in (0, 1) and "current" not in said and "Pass 1 is complete" in said
    assert {state for state, _ in states(project).values()} == {"done"}
    assert project.sealed_file.is_file()


def test_what_was_run_before_is_in_the_attic_and_exercises_stay(project):
    """Nothing is lost: the ledger says why, states of exercises and notebooks are as they were."""
    command(project, "run", "--only", "01", "--only", "02", "--only", "03")
    own = project.interim / "train.parquet"
    before, notebooks = own.read_bytes(), contents(project.notebooks)
    states_file = project.results / "exercises.json"
    states_file.write_text('{"1.1": {"state": "right"}}', encoding="utf-8")
    code, said = command(project, "catch-up", "5")
    assert code == 0 and "What was run before is in attic/001" in said
    assert (project.root / "attic/001/data/interim/train.parquet").read_bytes() == before
    assert states_file.read_text(encoding="utf-8") == '{"1.1": {"state": "right"}}'
    assert contents(project.notebooks) == notebooks
    assert "catch-up 05" in read_ledger(project)[0]["reason"]
    assert states(project)["04"] == ("stale", reference.WHY)


def test_a_chapter_that_is_opened_alone_starts_and_says_so(project, monkeypatch, capsys):
    """Without a command: the cell `setup` lays what is missing, and never writes over a file."""
    monkeypatch.chdir(project.notebooks)
    here = Station("05_diagnose")
    assert here.read("04_train/model.json")["score"] == 0.5
    said = capsys.readouterr().out
    assert "01, 02, 03, 04: the workshop's reference, no run of yours" in said
    assert states(project)["06"] == ("never run", "")


def test_files_of_a_run_that_did_not_end_are_left_alone(project, monkeypatch, capsys):
    """The chapter names the file, and the command that starts anew."""
    train = project.interim / "train.parquet"
    train.parent.mkdir(parents=True)
    train.write_bytes(b"mine")
    monkeypatch.chdir(project.notebooks)
    Station("04_train")
    assert "`boxloop catch-up 04` starts anew" in capsys.readouterr().out
    assert train.read_bytes() == b"mine"
    command(project, "catch-up", "04")
    assert train.read_bytes() != b"mine"
    assert states(project)["03"] == ("stale", reference.WHY)


def test_a_project_without_a_reference_is_as_it_was(project, monkeypatch, capsys):
    """A study of one's own has none, and its chapters say nothing of it."""
    shutil.rmtree(project.root / "reference")
    monkeypatch.chdir(project.notebooks)
    Station("04_train")
    assert capsys.readouterr().out == ""
    assert not project.station("03_split").exists()


def test_what_was_changed_is_refused_before_anything_is_moved(project):
    """A file that is not as it was given out is named, and the project stays as it is."""
    path = project.root / "reference/results/02_baseline/checks.json"
    path.write_text("[]", encoding="utf-8")
    before = contents(project.root)
    with pytest.raises(UserError, match=r"02_baseline/checks\.json is not as it was given out"):
        catch_up(project, "04")
    assert contents(project.root) == before


@pytest.mark.parametrize("name", ["../outside.txt", "notebooks/01_scoping.ipynb"])
def test_a_reference_writes_nowhere_else(project, name):
    """Results and interim tables, whatever the facts say."""
    station = project.root / "reference/results/01_scoping/station.json"
    facts = json.loads(station.read_text(encoding="utf-8"))
    source = project.root / "reference" / name
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("from elsewhere", encoding="utf-8")
    facts["makes"] = {name: sha256(source)}
    station.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UserError, match="not as it was given out"):
        catch_up(project, "02")


@pytest.mark.parametrize(
    ("number", "says"), [("9", "choose one from 02 to 08"), ("01", "first chapter and needs")]
)
def test_a_chapter_to_catch_up_with_has_others_before_it(project, number, says):
    """It is one sentence."""
    code, said = command(project, "catch-up", number)
    assert code == 2 and says in said


def test_08_needs_a_loop_of_ones_own(project):
    """The reference has no test set to open."""
    _, said = command(project, "catch-up", STATIONS[-1][:2])
    assert "has no test set" in said
    code, said = command(project, "release", "--reason", "to see what it says")
    assert code in (0, 1) and project.sealed_file.is_file(), said
    assert not any(reference.is_reference(project, name) for name in STATIONS)
