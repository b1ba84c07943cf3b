"""A benchmark that others can enter: what it shows, who scores it, and what the ledger says."""

import json
import os
import re
import shutil
import subprocess
import sys

import benchmark_project
import numpy as np
import pandas as pd
import pytest
from walk_project import command, execute_here

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.measure import entry
from boxloop.measure.numbers import told
from boxloop.measure.task import Task
from boxloop.record import benchmark
from boxloop.record.divided import watch_tables
from boxloop.settings.load import load_settings
from boxloop.split.cipher import Encrypted
from boxloop.split.key import new_key, read_key
from boxloop.split.locked import Past, handed_on
from boxloop.split.seal import openings, read_ledger

TASKS = list(benchmark_project.CLASSES)
# What a stranger need not have.
BARRED = [
    "pyarrow",
    "click",
    "pydantic",
    "matplotlib",
    "skops",
    "astropy",
    "mapie",
    "rich",
    "study",
]
STRANGER = f"""
import re, runpy, sys
from pathlib import Path

class Bar:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BARRED}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Bar())
page = Path("README.md").read_text(encoding="utf-8")
exec(re.search(r"```python\\n(.*?)```", page, re.S)[1], {{}})
sys.argv[0] = "score.py"
runpy.run_path("score.py", run_name="__main__")
"""


def _without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return ``kept(task)``: a released project with its benchmark, made once, left alone."""
    made = {}

    def kept(task):
        if task not in made:
            project = benchmark_project.project(tmp_path_factory.mktemp("made"), task)
            with pytest.MonkeyPatch.context() as patch:
                _without_kernels(patch)
                reason = ("--reason", "to see what it says", "--anyway", "it is a small study")
                assert command(project, "release", *reason)[0] == 0
            code, said = command(project, "benchmark")
            assert code == 0, said
            made[task] = project
        return made[task]

    return kept


@pytest.fixture
def released(kept, tmp_path):
    """Return ``released(task)``: a copy of such a project."""

    def copy(task="regression"):
        shutil.copytree(kept(task).root, tmp_path / "project")
        return Project(tmp_path / "project")

    return copy


def sealed_rows(project):
    """Return the test rows with the name that each has in the benchmark."""
    frame = Encrypted(project.sealed_file, read_key(project.key_file).secret).rows()
    content = read_ledger(project)[0]["content"]
    names = benchmark.row_names(len(frame), read_key(project.key_file), content)
    return frame.assign(row=names)


def submission(project, values, name="entry.csv"):
    """Write predictions for the rows of `sealed_rows` and return the file."""
    path = project.root.parent / name
    table = pd.DataFrame({"row": sealed_rows(project)["row"], "prediction": values})
    table.sample(frac=1, random_state=0).to_csv(path, index=False)
    return path


def listing(project):
    """Return the hash of every file of ledger and benchmark."""
    folder = project.root / "benchmark"
    paths = [project.ledger_file, *(path for path in folder.rglob("*") if path.is_file())]
    return {str(path): sha256(path) for path in paths}


def test_before_a_release_it_shows_nothing(tmp_path, monkeypatch):
    """Nor scores anything: neither test rows nor ledger are touched."""
    _without_kernels(monkeypatch)
    project = benchmark_project.project(tmp_path / "project")
    assert command(project, "run")[0] == 0
    before = project.ledger_file.read_bytes()
    code, said = command(project, "benchmark")

    assert code == 2 and "comes after the release" in said and "Traceback" not in said
    code, said = command(project, "benchmark", "--score", "entry.csv", "--by", "Ada")
    assert code == 2 and "There is no benchmark" in said
    assert project.ledger_file.read_bytes() == before
    assert not (project.root / "benchmark").exists()


@pytest.mark.parametrize("task", TASKS)
def test_it_tells_all_but_the_truth(kept, task):
    """Inputs alone, that are known when the model is used; every file is in the manifest."""
    project = kept(task)
    folder, rows = project.root / "benchmark", sealed_rows(project)
    shown = pd.read_csv(folder / "test_inputs.csv")

    assert list(shown) == ["row", "height", "age"]
    both = shown.merge(rows, on="row", suffixes=("", "_sealed"))
    assert len(both) == len(rows) == len(shown)
    assert (both["height"] == both["height_sealed"]).all()
    known = pd.read_csv(folder / "training.csv")
    assert {*known["set"]} == {"train", "validation", "b"} and "weight" in known
    assert not {*known["family"]} & {*rows["family"]}
    digests = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there - {*digests} == {"manifest.json", "leaderboard.csv"}
    assert all(sha256(folder / name) == digest for name, digest in digests.items())
    assert not list(project.root.glob(".benchmark*"))


def test_no_truth_stands_in_any_file(kept):
    """The masses of test rows, to their last digit, are nowhere in the folder."""
    project = kept("regression")
    said = {repr(value) for value in sealed_rows(project)["weight"]}
    for path in (project.root / "benchmark").rglob("*"):
        words = set(re.split(r"[\s,]", path.read_text(encoding="utf-8"))) if path.is_file() else ()
        assert not said.intersection(words), path


@pytest.mark.parametrize("task", ["classification", "anomaly-detection"])
def test_names_and_order_of_rows_say_nothing_of_their_class(kept, task):
    """The sealed rows lie in the order of their class and set, those of the benchmark do not."""
    rows = sealed_rows(kept(task))
    for said in (rows["weight"] == "star", rows["set"] == "test"):
        where = rows["row"].str[1:].astype(int)
        assert abs(np.corrcoef(said, np.arange(len(rows)))[0, 1]) > 0.3
        assert abs(np.corrcoef(said, where)[0, 1]) < 0.2


def test_only_the_key_repeats_the_order():
    """Whoever knows the sealed rows in their order, but not the key, finds none by its name."""
    one, other = new_key(), new_key()
    names = benchmark.row_names(500, one, "c")

    assert (names == benchmark.row_names(500, one, "c")).all()
    assert sorted(names) == [f"t{at:07d}" for at in range(500)]
    for another in (benchmark.row_names(500, other, "c"), benchmark.row_names(500, one, "d")):
        assert (names == another).mean() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_stranger_enters(released, task, tmp_path):
    """With the page's own lines and three packages; the score is that of the project's metrics."""
    project = released(task)
    there = tmp_path / "stranger"
    shutil.copytree(project.root / "benchmark", there)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, "submission.csv"],
        cwd=there, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "as it should be" in done.stdout, done.stdout + done.stderr
    file = there / "submission.csv"
    code, said = command(project, "benchmark", "--score", str(file), "--by", "Ada")
    assert code == 0, said

    settings, rows = load_settings(project.settings_file), sealed_rows(project)
    guesses = pd.read_csv(file).set_index("row")["prediction"]
    told = read_ledger(project)[-1]["score"]
    for name, part in rows.groupby("set"):
        expected = Task(settings).compare(
            part, {"model": guesses[part["row"]].to_numpy()}, draws=600, seed=0
        )
        for metric, found in expected.items():
            if metric != "outlier_fraction":  # beyond the scatter of the reference
                for end in ("value", "low", "high"):
                    given = told[name]["metrics"][metric]["model"][end]
                    assert given == pytest.approx(found["model"][end], rel=1e-12), (name, metric)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("who", ["reference", "model"])
def test_their_own_entries_score_what_was_released(released, task, who):
    """Every metric, set and end of an interval, to the last digit."""
    project = released(task)
    code, said = command(
        project, "benchmark", "--score", f"benchmark/entries/{who}.csv", "--by", "Ada"
    )
    assert code == 0, said
    now = read_ledger(project)[-1]["score"]
    path = project.station("08_release") / "release.json"
    then = json.loads(path.read_text(encoding="utf-8"))["releases"][-1]["sets"]

    assert {*now} == {"test", "test_b"}
    for name, found in then.items():
        for metric, of in found["metrics"].items():
            for end in ("value", "low", "high"):
                assert now[name]["metrics"][metric]["model"][end] == of[who][end]


# As `score.py`, but what it would print is written whole.
ALL_DIGITS = """
import json, sys
from pathlib import Path
sys.path.insert(0, "metrics")
from boxloop.measure import entry
def whole(sets, asked):
    found = {name: one["model"] for name, one in sets["test"]["metrics"].items()}
    return [json.dumps({n: [m[e] for e in ("value", "low", "high")] for n, m in found.items()})]
entry.metric_lines = whole
sys.exit(entry.main(Path.cwd(), sys.argv[1:]))
"""


@pytest.mark.slow
def test_the_metric_code_gives_the_same_numbers(released, tmp_path):
    """Handed the truth, as an organiser may do at the end, `score.py` repeats the ledger."""
    project = released("anomaly-detection")
    folder, rows = project.root / "benchmark", sealed_rows(project)
    file = submission(project, rows["height"] + rows["age"])
    assert command(project, "benchmark", "--score", str(file), "--by", "Ada")[0] == 0
    rows.to_csv(folder / "truth.csv", index=False)
    words = [str(file), "--truth", "truth.csv", "--against", "entries/reference.csv"]
    done = subprocess.run(
        [sys.executable, "score.py", *words], cwd=folder, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    score = read_ledger(project)[-1]["score"]["test"]["metrics"]
    for metric in ("sic", "roc_auc", "max_sic"):
        assert f": {told(score[metric]['model'])}\n" in done.stdout
    # Printed are few digits; the copy in `metrics/` finds all of them.
    done = subprocess.run(
        [sys.executable, "-c", ALL_DIGITS, *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for metric, ends in json.loads(done.stdout).items():
        one = score[metric]["model"]
        assert ends == pytest.approx([one["value"], one["low"], one["high"]], rel=1e-6), metric


def test_every_entry_is_on_record(released):
    """Before the rows are read; the same file again is no second one, and no opening is added."""
    project = released()
    rows = sealed_rows(project)
    file = submission(project, rows["height"])
    assert command(project, "benchmark", "--score", str(file), "--by", " Ada\n L. ")[0] == 0
    events = read_ledger(project)

    assert [e["event"] for e in events][-4:] == [
        "benchmark",
        "benchmark made",
        "submitted",
        "scored",
    ]
    assert (events[-1]["by"], events[-1]["sha256"]) == ("Ada L.", sha256(file))
    assert events[-1]["score"]["test"]["metrics"]["rmse"]["model"]["value"] > 0
    assert len(openings(events)) == 1
    found = run_check("seal.openings", events, task="regression")
    assert found.state == "pass" and "read for one entry of its benchmark" in found.message
    code, said = command(project, "benchmark", "--score", str(file), "--by", "Grace")
    assert code == 0 and "scored before, as entry 1 by Ada L." in said
    assert read_ledger(project) == events
    assert Past(handed_on(events)).entries == 1  # also after a reset
    assert "read for one entry" in command(project, "status")[1]


def test_the_leaderboard_is_in_order(released):
    """The best first, also among the study's own, which were never scored here."""
    project = released()
    rows = sealed_rows(project)
    for at, noise in enumerate((0.1, 3)):
        said = rows["weight"] + noise * np.random.default_rng(at).normal(size=len(rows))
        file = submission(project, said, f"{at}.csv")
        assert command(project, "benchmark", "--score", str(file), "--by", f"T{at}")[0] == 0
    board = pd.read_csv(project.root / "benchmark" / "leaderboard.csv")

    assert list(board["by"]) == ["T0", "model", "reference", "trivial", "T1"]
    assert board["test rmse"].is_monotonic_increasing
    assert list(board["entry"].dropna()) == [1, 2]


def test_a_second_entry_is_told_only_what_it_is_better_by(released):
    """Else a name could find the truth of the test rows by trying."""
    project = released()
    rows = sealed_rows(project)
    noise = np.random.default_rng(0).normal(size=len(rows))

    def enters(size, name):
        file = submission(project, rows["weight"] + size * noise, name)
        code, said = command(project, "benchmark", "--score", str(file), "--by", "Ada")
        assert code == 0, said
        return said, read_ledger(project)[-1]

    _, first = enters(0.5, "a.csv")
    file = submission(project, rows["weight"] + 0.5 * noise - 0.02, "b.csv")
    said = command(project, "benchmark", "--score", str(file), "--by", "ada")[1]
    second = read_ledger(project)[-1]
    assert "does not beat their entry 1" in said and second["told"] == 1
    assert second["score"] == first["score"]
    said, third = enters(0.3, "c.csv")
    assert "does not beat" not in said and third["told"] == 3
    said, fourth = enters(0.4, "d.csv")
    assert "does not beat their entry 3" in said and fourth["score"] == third["score"]


WRONG = {
    "not there": None,
    "parquet": b"PAR1whatever",
    "utf-16": "row,prediction\n".encode("utf-16"),
    "empty": b"",
    "no table": b'row,prediction\n"t0,1\n',
    "semicolons": b"row;prediction\nt0000000;1,5\n",
    "other columns": b"id,mass\nt0000000,1\n",
    "an index": b",row,prediction\n0,t0000000,1\n",
    "twice": b"row,prediction\nt0000000,1\nt0000000,1\n",
    "unknown": b"row,prediction\nr0000000,1\n",
    "missing": b"row,prediction\nt0000000,1\n",
}
VALUES = {
    "text": "Ia", "empty": "", "nan": "NaN", "infinity": "inf", "comma": '"1,5"',
    "no probability": "1.01", "negative": "-0.01",
}  # fmt: skip


@pytest.mark.parametrize("name", [*WRONG, *VALUES, "labels"])
def test_a_bad_submission_is_one_sentence_and_costs_nothing(kept, tmp_path, name):
    """Exit code 2 here and in `score.py`; no look, no line of the ledger, no file."""
    project = kept("classification")
    path, before = tmp_path / "entry.csv", listing(project)
    rows = pd.read_csv(project.root / "benchmark" / "test_inputs.csv")["row"]
    lines = [f"{row},{VALUES.get(name, '0')}" for row in rows[:1]]
    lines += [f"{row},{'1' if name == 'labels' else '0.5'}" for row in rows[1:]]
    content = WRONG.get(name, "\n".join(["row,prediction", *lines]).encode())
    if content is not None:
        path.write_bytes(content)
    code, said = command(project, "benchmark", "--score", str(path), "--by", "Ada")

    assert code == 2 and said.startswith("Error: ") and said.count("\n") == 1, said
    assert listing(project) == before
    asked = entry.read_asked(project.root / "benchmark")
    with pytest.raises(UserError, match=re.escape(said[7:30])):
        entry.predictions(entry.read_entry(path), list(rows), asked, path.name)


def test_what_is_harmless_is_taken(kept, tmp_path):
    """A mark of Windows, its line ends, columns and rows in another order, every digit."""
    project = kept("regression")
    folder, rows = project.root / "benchmark", sealed_rows(kept("regression"))["row"]
    values = np.random.default_rng(0).normal(size=len(rows))
    table = pd.DataFrame({"prediction": values, "row": rows})
    table.to_csv(tmp_path / "e.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    asked, frame = entry.read_asked(folder), entry.read_entry(tmp_path / "e.csv")
    found = entry.predictions(frame, list(rows), asked, "e.csv")

    assert (found.to_numpy() == values).all() and list(found.index) == list(rows)


def test_labels_count_where_the_reference_gives_labels(kept):
    """A cut is one of the ways to enter where the field's own method is a cut."""
    folder = kept("classification").root / "benchmark"
    facts = entry.read_asked(folder).facts
    labels = pd.DataFrame({"row": ["a", "b"], "prediction": ["0", "1"]})
    for counts in (True, False):
        asked = entry.Asked(facts | {"labels_count": counts})
        if counts:
            assert list(entry.predictions(labels, ["a", "b"], asked, "x")) == [0, 1]
        else:
            with pytest.raises(UserError, match="holds labels"):
                entry.predictions(labels, ["a", "b"], asked, "x")


def test_no_chapter_before_the_release_reads_it(kept):
    """Neither while it runs nor in its code."""
    from boxloop.base import door

    project = kept("regression")
    table = project.root / "benchmark" / "test_inputs.csv"
    try:
        watch_tables(project, "05_diagnose", None)
        with pytest.raises(UserError, match=r"may not read benchmark/test_inputs\.csv"):
            table.read_text(encoding="utf-8")
        watch_tables(project, "08_release", None)
        assert table.read_text(encoding="utf-8")
    finally:
        door._DOOR.folder = None
    for line in (
        'pd.read_csv("../benchmark/test_inputs.csv")',
        "seal.open_as(here.project, 'submitted')",
    ):
        code = {"05_diagnose": [("peek", f"import pandas as pd\n{line}")]}
        assert run_check("seal.untouched", code, task="regression").state == "fail", line


def test_it_is_whole_or_not_there(released, monkeypatch):
    """Where the disk is full, nothing is left but the line that rows were read."""
    project = released()
    shutil.rmtree(project.root / "benchmark")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(benchmark, "write_json", full)
    code, said = command(project, "benchmark")
    assert code == 2 and "disk is full" in said
    assert not list(project.root.glob("*benchmark*"))
    assert not list(project.root.glob(".benchmark*"))
    assert read_ledger(project)[-1]["event"] == "benchmark"


def test_a_doctored_benchmark_scores_nothing(released):
    """Another reference would make everybody better; another list of rows is another question."""
    project = released()
    file = submission(project, sealed_rows(project)["height"])
    for name in ("task.json", "test_inputs.csv", "entries/reference.csv"):
        path = project.root / "benchmark" / name
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        code, said = command(project, "benchmark", "--score", str(file), "--by", "Ada")
        assert code == 2 and f"{name} was changed" in said
        path.write_bytes(content)
    assert read_ledger(project)[-1]["event"] == "benchmark made"


def test_the_key_may_be_in_other_hands(released):
    """It is asked for, and given with --key; names and scores are the same with it."""
    project = released()
    file = submission(project, sealed_rows(project)["height"])
    key = project.root.parent / "test.key"
    assert command(project, "seal", "--hand-over", str(key))[0] == 0
    words = ("benchmark", "--score", str(file), "--by", "Ada")
    code, said = command(project, *words)
    assert code == 2 and "handed over" in said and "--key" in said

    code, said = command(project, *words, "--key", str(key))
    assert code == 0 and "RMSE of the entry" in said, said
