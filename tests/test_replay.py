"""Which edit moved the headline: the later pass again, with edits taken back, in a copy."""

import os
import signal
import tempfile
import time

import pytest
from fake_loop import GRAPH, make_project, notebook, write_notebook
from walk_project import command, execute_here, sources, write

from boxloop.base.files import write_text

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

# A headline made of everything that a person can edit.
MEASURE = """
import csv, json as j, runpy, tomllib
settings = tomllib.loads((root / "study.toml").read_text(encoding="utf-8"))
science = [runpy.run_path(str(root / "study" / f"{n}.py")) for n in ("data", "models", "stress")]
data, models, stress = science
raw = root / "data" / "raw" / "all.txt"
value = 100 + 30 * settings["split"]["exploration"] + data["cut"]() * models["RATE"]
value += models["ladder"]() + 0 * models["unused"]() + float(extra) + CELL + RAW
entry = {"value": value, "low": value - 2, "high": value + 2}
sets = {"validation": {"metrics": {"rmse": {"model": entry, "reference": entry}}}}
primary = {"name": "rmse", "label": "RMSE", "unit": "kg", "set": "validation", "model": entry}
folder.mkdir(parents=True, exist_ok=True)
(folder / "metrics.json").write_text(j.dumps({"sets": sets}), encoding="utf-8")
found = {"primary": primary, "criteria": [], "sets": sets}
(root / "results" / "metrics.json").write_text(j.dumps(found), encoding="utf-8")
(root / "results" / "04_train").mkdir(exist_ok=True)
(root / "results" / "04_train" / "seeds.csv").write_text("seed,rmse\\n0,1.0\\n1,1.1\\n2,1.2\\n")
"""
FUNCTION = "def {}():\n    return 1\n"
STUDY = {
    "data": "def cut():\n    return 2\n\n\ndef plot():\n    return 1\n",
    "models": "RATE = 1.0\n"
    + "".join(
        f"\n\n{FUNCTION.format(name)}" for name in ("ladder", "unused", "also", "never", "on")
    ),
    "stress": FUNCTION.format("noise"),
}


def write_look(project, cell="0", raw="0"):
    """Write the chapter that measures."""
    fault = MEASURE.replace("CELL", cell).replace("RAW", raw)
    write_notebook(project, "04_look", notebook("04_look", *GRAPH["04_look"], fault=fault))


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where temporary folders are: whatever is left there was forgotten."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def project(tmp_path):
    """The five notebooks; 04 leaves a headline that depends on all of the study."""
    project = make_project(tmp_path / "toy")
    for name, text in STUDY.items():
        write_text(project.study / f"{name}.py", text)
    write_look(project)
    return project


def edit(project, name, old, new):
    """Replace a text in a file of the project."""
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    write_text(path, text.replace(old, new))


def function(project, name, value):
    """Let a function of study/models.py return another number."""
    edit(
        project,
        "study/models.py",
        f"def {name}():\n    return 1",
        f"def {name}():\n    return {value}",
    )


def harmless(project):
    """Make four edits that move nothing: a title, a function of the data, of models, a test."""
    edit(project, "study.toml", 'title = "Toy"', 'title = "Other"')
    edit(project, "study/data.py", "return 1", "return 11")
    function(project, "unused", 5)
    edit(project, "study/stress.py", "return 1", "return 7")


def tree(root):
    """Return ``{path: bytes}`` of all files below a folder."""
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def replay(call, project, scratch):
    """Complete a pass and type the command; returns what it says, in one line, and its progress.

    The project is as it was to the byte, and no copy is left.
    """

    def replay(*words, run=()):
        assert call("run", *run)[0] == 0
        before = tree(project.root)
        code, out, err = call("compare", *(words or ("1", "2")), "--replay")
        assert code == 0, err
        assert tree(project.root) == before and not list(scratch.iterdir())
        assert max(map(len, out.splitlines())) <= 80
        return " ".join(out.split()), err

    call("run")
    return replay


MATTERS = {
    "settings": ("study.toml", "exploration = 0.2", "exploration = 0.1", "split.exploration"),
    "data": ("study/data.py", "return 2", "return 9", "study/data.py: cut"),
    "models": ("study/models.py", "RATE = 1.0", "RATE = 3.0", "study/models.py: RATE"),
}


@pytest.mark.parametrize("group", MATTERS)
def test_of_five_edits_the_one_that_matters_is_named(replay, project, group):
    """A setting, a function, a value: it is named, with its group, and no other is."""
    harmless(project)
    *where, label = MATTERS[group]
    edit(project, *where)
    out, _ = replay()

    assert out.count(" moved it") == 1 and f" {label} ({group}) moved it: 110 without" in out
    assert out.endswith("beyond the interval of the difference and the spread between seeds (0.1).")
    assert f"without {group} (2 edits) 110.5 [108.5, 112.5] brings it back" in out
    assert f"without {label}: 110.5 [108.5, 112.5] brings it back" in out
    assert out.count("moves nothing") == 4  # three groups, and the other of this one


def test_five_edits_of_one_group_are_told_apart(replay, project):
    """All in study/models.py: halves first, then the function itself."""
    for name in ("ladder", "unused", "also", "never", "on"):
        function(project, name, 7)
    out, err = replay()

    assert "study/models.py: ladder (models) moved it: 110 without, 116 with (+6 ± 2.8)" in out
    assert "Taken back: study/models.py: ladder." in err


def test_two_that_matter_are_both_named(replay, project):
    """Each with its part."""
    edit(project, "study.toml", "exploration = 0.2", "exploration = 0.1")
    function(project, "ladder", 7)
    out, _ = replay()

    assert "2 of them moved it, each beyond the interval of the difference and the spread" in out
    assert "split.exploration (settings): " in out and "study/models.py: ladder (models): " in out
    assert "moves it further away" in out  # less by 3, and more by 6
    assert "add up" not in out


@pytest.mark.parametrize(("value", "sure"), [(3.5, False), (4.5, True)])
def test_a_move_inside_the_interval_is_not_told_from_chance(replay, project, value, sure):
    """Both values have ± 2, so that their difference has ± 2.83; a seed moves it by 0.1."""
    function(project, "ladder", value)
    out, _ = replay()

    may = "more than the spread between seeds (0.1), but inside the interval of the difference"
    assert (may in out) is not sure and (" may have moved it: 110 without" in out) is not sure
    assert ("(models) moved it: 110 without" in out) is sure
    assert f"(+{value - 1} ± 2.8)" in out


def test_parts_that_do_not_add_up_act_together(replay, project):
    """Two that are needed both: each alone brings the headline back."""
    write_look(project, cell="10 * (settings['study']['seeds'][0] * models['also']() > 20)")
    replay("1", "2")
    edit(project, "study.toml", "seeds = [0, 1", "seeds = [5, 1")
    function(project, "also", 5)
    out, _ = replay("2", "3")

    assert out.count("brings it back") == 2 and "2 of them moved it" in out
    assert "Their parts add up to +20, and the headline moved by +10: they act together." in out


def test_a_new_file_and_a_deleted_one_are_edits(replay, project, call):
    """The headline counts what is in the folder."""
    write_look(project, cell="5 * len(list((root / 'study').glob('*_more.py')))")
    write_text(project.study / "a_more.py", FUNCTION.format("one"))
    replay("1", "2")
    write_text(project.study / "b_more.py", FUNCTION.format("two"))
    edit(project, "study.toml", 'title = "Toy"', 'title = "Other"')
    out, _ = replay("2", "3")
    assert "study/b_more.py (models) moved it: 116 without, 120 with (+5 ± 2.8)" in out

    (project.study / "a_more.py").unlink()
    out, _ = replay("3", "4")
    assert "study/a_more.py (models) moved it: 120 without, 116 with (-5 ± 2.8)" in out


def test_what_does_not_run_apart_is_not_called_harmless(replay, project):
    """The cell of today needs the new key, and the key alone moves nothing: nobody can tell."""
    edit(project, "study.toml", "[split]", "[stress]\nnoise = [9.0]\n\n[split]")
    edit(project, "study/models.py", "RATE = 1.0", "RATE = 1.0\nNEW = 0")
    write_look(
        project, cell="models['NEW'] + 0 * settings['stress']['noise'][0] + models['also']()"
    )
    function(project, "also", 7)
    out, _ = replay()

    assert "None of the edits moved it" not in out and "None alone moved it" not in out


def test_edits_that_act_together_are_said_to(replay, project):
    """Two factors that were nothing each: neither alone brings the headline back."""
    write_look(project, cell="10 * (settings['study']['seeds'][0] + models['also']() > 1)")
    replay("1", "2")
    edit(project, "study.toml", "seeds = [0, 1", "seeds = [5, 1")
    function(project, "also", 5)
    out, _ = replay("2", "3")

    assert "None alone moved it: they act together." in out
    assert "without all of them" in out


def test_nothing_moved(replay, project):
    """Less than another seed would do is no move."""
    harmless(project)
    function(project, "ladder", 1.05)
    out, _ = replay()

    assert "Nothing moved it: +0.05 in all, not beyond the spread between seeds (0.1)." in out
    assert "-0.05 only" in out


def test_what_does_not_run_without_an_edit_says_why(replay, project):
    """The code of today reads the new key."""
    edit(project, "study.toml", "[split]", "[stress]\nnoise = [3.0]\n\n[split]")
    write_look(project, cell="settings['stress']['noise'][0]")
    out, _ = replay()

    assert "without stress (1 edit) – does not run: 04_look, cell work: KeyError: 'stress'" in out
    assert "04_look, cell work (models) moved it" in out


def test_a_parameter_is_a_setting(replay):
    """Of ``--set``."""
    out, _ = replay(run=("--set", "extra=4"))

    assert "04_look, parameter extra (settings)" in out and "moved it" in out


def test_an_earlier_pass_is_replayed_in_its_own_state(replay, call, project):
    """The project has gone on since; nothing of that is in what is said."""
    function(project, "ladder", 9)
    call("run")
    edit(project, "study.toml", "exploration = 0.2", "exploration = 0.1")
    write_look(project, cell="50")
    out, _ = replay("1", "2")

    assert "study/models.py: ladder (models) moved it: 110 without, 118 with (+8 ± 2.8)" in out
    assert "exploration" not in out


@pytest.mark.parametrize("shelf", [None, "earlier.txt"])
def test_raw_data_come_back_only_from_a_file(tmp_path, quick, scratch, monkeypatch, shelf):
    """They are hashed, not kept: a file with the earlier content, under whatever name, serves."""
    graph = {
        n: ([item for item in needs if "raw" in item], [m for m in makes if "raw" not in m])
        for n, (needs, makes) in GRAPH.items()
    }
    graph["04_look"] = (["data/raw/all.txt"], ["results/04_look/look.txt"])
    project = make_project(tmp_path / "toy", graph=graph)
    for name, text in STUDY.items():
        write_text(project.study / f"{name}.py", text)
    fault = MEASURE.replace("CELL", "0").replace("RAW", "float(raw.read_text())")
    write_notebook(project, "04_look", notebook("04_look", *graph["04_look"], fault=fault))
    for number in (1, 5):
        write_text(project.raw / "all.txt", str(number))
        assert command(project, "run")[0] == 0
    if shelf:
        write_text(project.raw / shelf, "1")
    code, said = command(project, "compare", "1", "2", "--replay")
    flat = " ".join(said.split())

    assert code == 0 and not list(scratch.iterdir())
    if shelf:
        assert "data/raw/all.txt (data) moved it: 112 without, 116 with (+4 ± 2.8)" in flat
    else:
        assert "data/raw/all.txt stays as it is: raw data are hashed, not kept." in flat
        assert "look for another cause, such as raw data that changed" in flat


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """The small project with desks and a seal, after one run."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    project = write(tmp_path / "walk", sources())
    assert command(project, "run")[0] == 0
    return project


def test_only_what_is_stale_runs(walk):
    """06 is not on the way to the headline; of the chapters on it, those before 05 are current."""
    edit(walk, "notebooks/06_stress_test.ipynb", "LEVELS = [1, 2]", "LEVELS = [1, 3]")
    edit(walk, "notebooks/05_diagnose.ipynb", "SHIFT = 0.0", "SHIFT = 0.2")
    command(walk, "run")
    said = command(walk, "compare", "1", "2", "--replay")[1]

    assert "05_diagnose, cell work (models) moved it: 0.5 without, 0.7 with (+0.2)" in said
    assert said.count(" s    ok") == 1 and "not read for this number" in said


def test_the_seal_of_the_project_is_left_alone(walk):
    """Other data are divided anew in the copy; the ledger of the project does not hear of it."""
    edit(walk, "study/data.py", "FIRST = 0", "FIRST = 1")
    walk.sealed_file.chmod(0o644)
    walk.sealed_file.unlink()
    assert command(walk, "run")[0] == 0
    before = tree(walk.root)
    code, said = command(walk, "compare", "1", "2", "--replay")

    assert code == 0 and "does not run" not in said and "03 split" in said, said
    assert "Nothing moved it" in said and "08 release" not in said
    assert tree(walk.root) == before


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process there")
def test_an_interrupted_replay_leaves_nothing(call, project, scratch, monkeypatch):
    """The copy is deleted, the project is as it was."""
    call("run")
    function(project, "ladder", 9)
    call("run")
    before = tree(project.root)

    def hear(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)

    monkeypatch.setattr("boxloop.run.loop.execute", hear)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was deaf before
    code, out, err = call("compare", "1", "2", "--replay")
    signal.signal(signal.SIGINT, signal.default_int_handler)

    assert code == 130 and not out
    assert "Stopped: the copy is deleted, and nothing of the project was changed." in err
    assert tree(project.root) == before and not list(scratch.iterdir())


def test_the_same_pass_twice(replay):
    """Nothing was edited, nothing runs."""
    out, err = replay("1", "1")

    assert out == "Nothing was edited between the two, so there is nothing to take back."
    assert not err
