"""What makes a notebook stale: content that it used, and nothing else."""

import json
import os
import time
from types import SimpleNamespace

import pytest
from fake_loop import GRAPH

from boxloop.notebooks.file import signed
from boxloop.record import facts
from boxloop.record.facts import (
    Facts,
    code_now,
    file_hash,
    inputs,
    settings_are_valid,
    settings_were_valid,
)
from boxloop.record.station import Station
from boxloop.record.status import Now, judge, status
from boxloop.run.loop import run
from boxloop.settings.load import Settings, load_settings
from boxloop.settings.watch import watch

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


LAST = "exploration = 0.2"  # of study.toml


def silent(text):
    """Take the progress lines."""


def states(outcome):
    return {result.name[:2]: result.state for result in outcome.results}


def test_twice_is_once(project, quick):
    """The second run touches nothing, and says so in one line."""
    run(project, echo=silent)
    before = {
        path: path.stat().st_mtime_ns
        for path in project.root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    lines = []
    outcome = run(project, echo=lines.append)

    assert lines == ["Nothing changed: all 5 notebooks are current."]
    assert set(states(outcome).values()) == {"current"}
    assert outcome.pass_number == 1
    after = {
        path: path.stat().st_mtime_ns
        for path in project.root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {path for path in before if before[path] != after.get(path)} <= {
        project.report / "made_from.json"
    }


def test_dates_are_no_content(project, quick):
    """Every file is touched, the clock is back in 1990: nothing runs."""
    run(project, echo=silent)
    for path in project.root.rglob("*"):
        os.utime(path, (631152000, 631152000))

    assert set(states(run(project, echo=silent)).values()) == {"current"}


def test_a_change_runs_what_hangs_on_it(project, quick):
    """Another model in 03 reaches 05; 04 is a branch of its own."""
    run(project, echo=silent)
    path = project.notebooks / "03_train.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("write_text(str(extra)", "write_text('other'"),
        encoding="utf-8",
    )
    lines = []
    outcome = run(project, echo=lines.append)

    assert states(outcome) == {
        "01": "current",
        "02": "current",
        "03": "ok",
        "04": "current",
        "05": "ok",
    }
    why = {line[:2]: line for line in lines}
    assert why["03"].endswith("the notebook changed") and why["05"].endswith(
        "results/03_train/model.txt changed"
    )


def test_the_same_outcome_leaves_the_rest_current(project, quick):
    """03 is run again and finds what it found: 05 stays."""
    run(project, echo=silent)
    (project.executed / "03_train.ipynb").unlink()

    assert states(run(project, echo=silent)) == {
        "01": "current",
        "02": "current",
        "03": "ok",
        "04": "current",
        "05": "current",
    }


def test_every_desk_reads_the_revision(project, monkeypatch):
    """A chapter hands it on, and is stale when it changes, whether it asked for it or not."""
    text = project.settings_file.read_text(encoding="utf-8")
    monkeypatch.chdir(project.notebooks)
    found = []
    for rows in (0, 300):
        table = f"[revision]\nrows = {rows}\n"
        project.settings_file.write_text(text + table, encoding="utf-8")
        here = Station("01_scoping")
        assert here.revision == {"rows": rows}
        found.append(here._facts.gathered()["settings"])

    assert found[0].keys() == found[1].keys() == {"revision", "study.seeds"}
    assert found[0]["revision"] != found[1]["revision"]


def test_other_parameters_run_again(project, quick):
    """There and back; a smoke run is not current for a proper one."""
    run(project, echo=silent)
    assert states(run(project, sets=["extra=2"], echo=silent))["01"] == "ok"
    assert status(project, parameters={})[0].detail == "extra was 2.0, is 1.5"
    assert set(states(run(project, sets=["extra=2"], echo=silent)).values()) == {"current"}
    run(project, smoke=True, echo=silent)
    assert status(project, parameters={})[0].detail == "smoke run"
    assert states(run(project, echo=silent))["01"] == "ok"


def test_a_release_runs_the_last_one_for_its_reason(project, quick):
    """With nothing changed only 05 runs, each time; without a reason nothing does."""
    run(project, echo=silent)
    for _ in range(2):
        outcome = run(project, release_reason="for the paper", echo=silent)
        assert states(outcome) == {
            "01": "current",
            "02": "current",
            "03": "current",
            "04": "current",
            "05": "ok",
        }
    assert set(states(run(project, echo=silent)).values()) == {"current"}


def test_two_at_a_time_give_the_same(project, quick):
    """Branches side by side; the results stand in the order of the loop."""
    outcome = run(project, jobs=2, echo=silent)

    assert [result.name for result in outcome.results] == list(GRAPH)
    assert outcome.ok
    assert set(states(run(project, jobs=2, echo=silent)).values()) == {"current"}


@pytest.fixture
def desk(project):
    """A project whose first notebook wrote down what it used: settings, code and a raw file."""
    (project.study / "data.py").write_text("A = 1\n", encoding="utf-8")
    path = project.notebooks / "02_split.ipynb"
    facts = Facts(project, "02_split")
    watched = watch(load_settings(project.settings_file), facts.note)
    assert watched.split.seed == 0 and watched.study.title
    facts.note("thresholds.split.groups")
    raw = project.root / "data" / "raw" / "all.txt"
    raw.parent.mkdir(parents=True)
    raw.write_text("1", encoding="utf-8")
    content = facts.gathered()
    content["code"]["study/data.py"] = facts._code["study/data.py"]  # as if it had been imported
    station = project.station("02_split") / "station.json"
    station.parent.mkdir(parents=True)
    station.write_text(
        json.dumps({"smoke": False, "needs": {}, "makes": {}} | content), encoding="utf-8"
    )
    project.executed.mkdir(parents=True)
    copy = signed(json.loads(path.read_text(encoding="utf-8")))
    (project.executed / "02_split.ipynb").write_text(copy, encoding="utf-8")
    return project


def verdict(project):
    from boxloop.notebooks.graph import read_loop

    chapters = read_loop(project)
    row = judge(Now(project, chapters), chapters[1])
    return row.detail if row.state == "stale" else row.state


def change(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("study.toml", "train = 0.6", "train = 0.6 # as ever", "done"),
        ("study.toml", LAST, LAST + "\nfolds = 4", "done"),
        ("study.toml", LAST, LAST + "\nseed = 1", "study.toml changed: split.seed"),
        ("study.toml", 'title = "', 'title = "Another ', "study.toml changed: study.title"),
        (
            "study.toml",
            LAST,
            LAST + '\n[thresholds]\n"split.groups" = 3',
            "study.toml changed: thresholds.split.groups",
        ),
        ("study.toml", LAST, LAST + '\n[thresholds]\n"split.time" = 3', "done"),
        ("study/data.py", "1", "2", "study/data.py changed"),
        ("study/__init__.py", "Nothing", "Something", "done"),
        ("data/raw/all.txt", "1", "2", "data/raw/all.txt changed"),
        (
            "notebooks/01_scoping.ipynb",
            "import hashlib",
            "import  hashlib",
            "the code of 01_scoping changed",
        ),
        ("notebooks/01_scoping.ipynb", "# 01_scoping", "# In other words", "done"),
        ("notebooks/03_train.ipynb", "import hashlib", "import  hashlib", "done"),
    ],
)
def test_only_what_it_used_counts(desk, file, old, new, says):
    """Settings that it read, code that it imported, files that it needed, code before it."""
    assert verdict(desk) == "done"
    change(desk.root / file, old, new)

    assert verdict(desk) == says


def test_a_new_file_under_a_pattern_counts(desk):
    """data/raw/*.txt has one more."""
    path = desk.notebooks / "02_split.ipynb"
    change(path, '"needs": ["data/raw/all.txt"]', '"needs": ["data/raw/*.txt"]')
    (desk.root / "data/raw/more.txt").write_text("2", encoding="utf-8")

    assert verdict(desk) == "data/raw/more.txt is new"


@pytest.mark.parametrize(
    ("name", "says"), [("base/files.py", "changed"), ("task.py", "is gone"), ("cli.py", "done")]
)
def test_the_machinery_that_it_used_counts(desk, name, says):
    """One of its modules is another now, or went to another room; one that is as it was is fine."""
    station = desk.station("02_split") / "station.json"
    facts = json.loads(station.read_text(encoding="utf-8"))
    facts["code"][f"boxloop/{name}"] = code_now(desk)["boxloop/cli.py"]
    station.write_text(json.dumps(facts), encoding="utf-8")

    assert verdict(desk) == (says if says == "done" else f"boxloop/{name} {says}")


def test_a_file_of_the_machinery_is_read_again_where_it_was_written(tmp_path, monkeypatch):
    """In the same process, of the same length and with the date that it had."""
    (tmp_path / "boxloop").mkdir()
    path = tmp_path / "boxloop" / "cli.py"
    path.write_text("a = 1\n", encoding="utf-8")
    elsewhere = SimpleNamespace(__file__=str(tmp_path / "boxloop" / "__init__.py"))
    monkeypatch.setattr(facts, "boxloop", elsewhere)
    before, dates = facts.machinery_now(), path.stat()
    time.sleep(0.05)  # longer than a tick of the clock that dates files
    path.write_text("a = 2\n", encoding="utf-8")
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns + (os.name == "nt")))

    assert list(before) == ["boxloop/cli.py"] and facts.machinery_now() != before


def test_another_machinery_validates_settings_again(desk, monkeypatch):
    """What an older version found valid, this one may refuse."""
    settings_are_valid(desk)
    assert settings_were_valid(desk)
    monkeypatch.setattr("boxloop.record.facts.machinery_now", lambda: {"boxloop/cli.py": "0"})
    assert not settings_were_valid(desk)


@pytest.mark.parametrize("name", ["study.toml", "study/data.py"])
def test_line_ends_do_not_count(desk, name):
    """A checkout on Windows has others and is the same study: for desk, pass and settings."""
    settings_are_valid(desk)
    before = inputs(desk)
    path = desk.root / name
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert verdict(desk) == "done"
    assert inputs(desk) == before and settings_were_valid(desk)


def test_outputs_in_a_source_notebook_do_not_count(desk):
    """Somebody ran it by hand and saved it: its cells are the same."""
    path = desk.notebooks / "03_train.ipynb"
    before = file_hash(desk, path)
    change(
        path,
        '"outputs": []',
        '"outputs": [{"output_type": "stream", "text": "x"}]',
    )
    assert file_hash(desk, path) == before
    change(path, "import hashlib", "import  hashlib")
    assert file_hash(desk, path) != before


def test_settings_are_watched_but_whole(tmp_path, project):
    """Methods work on a watched copy, a dump counts as reading all, a pickle is plain again."""
    import pickle

    plain, seen = load_settings(project.settings_file), set()
    watched = watch(plain, seen.add)
    assert watched.inputs == plain.inputs and seen == {"columns"}
    assert pickle.loads(pickle.dumps(watched)) == plain
    assert type(pickle.loads(pickle.dumps(watched))) is Settings
    seen.clear()
    assert watched.split.model_dump() == plain.split.model_dump() and seen == {"split"}


def test_settings_are_validated_once(desk):
    """Not again while neither they nor the machinery differ."""
    assert not settings_were_valid(desk)
    settings_are_valid(desk)
    assert settings_were_valid(desk)
    with desk.settings_file.open("a", encoding="utf-8") as end:
        end.write("\n# one more word\n")
    assert not settings_were_valid(desk)
