"""Checks are asked again without running a study: honest ones agree, a doctored one is named."""

import json
import shutil

import benchmark_project
import numpy as np
import pytest

from boxloop.base.files import sha256, write_json, write_table, write_text
from boxloop.base.places import Project
from boxloop.checks import REGISTRY, not_applicable, run_check
from boxloop.measure.sets import keep_set
from boxloop.measure.task import Task
from boxloop.notebooks.file import code_cells, read_notebook
from boxloop.record.again import judged_again, recomputed
from boxloop.record.asking import Cells
from boxloop.record.material import Material
from boxloop.record.results import merge
from boxloop.record.ways import TABLE
from boxloop.settings.load import load_settings
from boxloop.split.division import divide, exploration, units
from boxloop.split.seal import append

TASKS = ("regression", "classification", "anomaly-detection")
STARTS = ("worked-example", "own-data")


@pytest.fixture(scope="module")
def notebooks(bake, tmp_path_factory):
    """The notebooks of every study as baked, and of own data of every task."""
    root = tmp_path_factory.mktemp("notebooks")
    return {
        (task, start): bake(root / f"{task} {start}", task=task, start_from=start) / "notebooks"
        for task in TASKS
        for start in STARTS
    }


def ways_in(folder):
    """Return by check and chapter how the notebooks in a folder ask it."""
    found = {}
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        cells = Cells(code_cells(read_notebook(path)))
        for name in TABLE:
            if way := cells.way_of(name):
                found.setdefault(name, {})[path.stem] = way
    return found


def test_every_check_has_an_entry_or_says_why_not():
    """One table names them all."""
    assert sorted(TABLE) == sorted(REGISTRY)
    assert all(entry.ways or entry.why_not for entry in TABLE.values())


def test_the_table_knows_how_the_notebooks_of_boxloop_ask(notebooks):
    """A cell that is changed in the template needs its new fingerprint in boxloop/record/ways.py.

    There it is seen whether what it asks with has changed, too.
    """
    seen = {}
    for folder in notebooks.values():
        for name, chapters in ways_in(folder).items():
            assert list(chapters) == [REGISTRY[name].notebook], name
            seen.setdefault(name, set()).update(chapters.values())
    known = {name: set(entry.ways) for name, entry in TABLE.items() if entry.ways}
    assert {name: seen[name] for name in known} == known


@pytest.mark.parametrize("task", TASKS)
def test_exercises_change_no_way(bake, tmp_path, notebooks, task):
    """What students write is theirs: a workshop asks each check as the research does."""
    workshop = bake(tmp_path, task=task, edition="workshop") / "notebooks"
    assert ways_in(workshop) == ways_in(notebooks[task, "worked-example"])


CELL = """
deep = 3
limit = deep
names = ["a"]
other = 1
found = here.check("data.schema", frame[names], columns=names, most=limit)
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("other = 1", "other = 2", True),
        ("limit = deep", "limit = deep  # rows", True),
        ("other = 1", "other.append(names)", True),
        ("other = 1", "def far(limit):\n    names = limit\n    names.sort()", True),
        ("other = 1", "import numpy as frame\nframe.sort(other)", False),
        ("deep = 3", "import numpy as np\ndeep = 3\nother = np.sort(names)", True),
        ("other = 1", "def near():\n    names.append(1)", False),
        ("other = 1", "def near():\n    global limit\n    limit = 3", False),
        ("deep = 3", "deep = 4", False),
        ("other = 1", "names.append('b')", False),
        ("other = 1", "frame['a'] = 0", False),
        ("other = 1", "for limit in range(9): pass", False),
        ("most=limit", "most=limit + 1", False),
        ("found = ", "if other: found = ", False),
        ("other = 1", "from study import frame", False),
    ],
)
def test_a_way_is_all_that_a_call_depends_on(old, new, same):
    """And nothing else: what people write beside it is theirs."""
    assert old in CELL
    texts = CELL, CELL.replace(old, new)
    ways = [Cells([("a", text)]).way_of("data.schema") for text in texts]
    assert (ways[0] == ways[1]) is same


def test_a_check_that_is_not_asked_has_no_way():
    """Its name in a comment or a text asks nothing."""
    cells = Cells([("a", 'print("data.schema")  # here.check("data.schema")')])
    assert cells.way_of("data.schema") is None


@pytest.fixture(scope="module")
def honest(notebooks, tmp_path_factory):
    """A small study with the notebooks of own data and results as they would have left them."""
    project = benchmark_project.project(tmp_path_factory.mktemp("again") / "p", "regression")
    baked = notebooks["regression", "own-data"].parent
    shutil.rmtree(project.notebooks)
    shutil.copytree(baked / "notebooks", project.notebooks)
    shutil.copy(baked / "study" / "baseline.py", project.study)
    shutil.copy(baked / "pyproject.toml", project.root)
    settings = load_settings(project.settings_file)
    tables = _tables(project, settings)
    _records(project, settings, tables)
    _checks(project, settings, tables)
    merge(project, settings)
    return project


def _tables(project, settings):
    """Write the tables of 01 and 03, and the sets of 02 and 05; return the tables."""
    names = {}
    exec((project.study / "data.py").read_text(encoding="utf-8"), names)  # ours
    rows = names["rows"]()
    rows["known_later"] = np.random.default_rng(1).normal(size=len(rows))
    parts = divide(rows, settings)
    tables = {"exploration": exploration(rows, settings), "train": parts.train}
    tables["validation"] = parts.validation
    for name, frame in tables.items():
        write_table(project.interim / f"{name}.parquet", frame)
    rng, task = np.random.default_rng(0), Task(settings)
    for chapter, set_name, frame in (
        ("02_baseline", "exploration", tables["exploration"]),
        ("05_diagnose", "validation", tables["validation"]),
    ):
        noise = rng.normal(size=(3, len(frame)))
        truth = frame["weight"].to_numpy()
        guesses = {"model": truth + noise[0] / 4, "reference": truth + noise[1] / 2}
        guesses["trivial"] = np.full(len(frame), truth.mean())
        table = task.compare(frame, guesses, draws=100, seed=0)
        keep_set(project.station(chapter) / "sets", set_name, table)
        sets = {set_name: {"n_rows": len(frame), "n_groups": 1, "metrics": table}}
        write_json(project.station(chapter) / "metrics.json", {"sets": sets})
    return tables


def _records(project, settings, tables):
    """Write the ledger and the results that other chapters leave."""
    criteria = [one.model_dump() for one in settings.study.criteria]
    append(project, "sealed", content="rows")
    append(project, "trained", criteria=criteria, primary_metric="rmse")
    write_json(project.station("04_train") / "model.json", {"model_hash": "m"})
    attempts = "name,motivation,rmse,se,chosen,dropped_because\nline,plain,1,0.1,True,\n"
    write_text(
        project.station("04_train") / "attempts.csv", attempts + "forest,more,2,0.1,False,no\n"
    )
    log = "about,explanation\nattempt: forest,It follows the noise of few rows.\n"
    write_text(project.station("07_failures_log") / "failures.csv", log)
    write_text(project.station("07_failures_log") / "predictions.csv", "prediction,state\n")
    home = {"home_rows": len(tables["train"]), "makes": {}, "needs": {}}
    write_json(project.station("03_split") / "station.json", home)


def _checks(project, settings, tables):
    """Write what each chapter found: by calls of their own where a table is asked."""
    sample, train, validation = (tables[n] for n in ("exploration", "train", "validation"))
    inputs, signs = settings.inputs, {"inputs": settings.inputs, "columns": settings.columns}
    beside = ((train, {"validation": validation}), {"group": "family", "seed": 0} | signs)
    own = {
        "data.schema": ((sample,), {"columns": settings.columns}),
        "split.groups": beside,
        "features.identifier": ((train,), {"inputs": inputs}),
        "features.missingness": (
            (train,),
            {"inputs": inputs, "target": "weight", "groups": units(train, settings), "seed": 0},
        ),
        "release.licence": ((project.root,), {}),
    }
    ways, material, found = ways_in(project.notebooks), Material(project, settings), {}
    for name, unit in REGISTRY.items():
        options = {"waiver": None, "task": "regression", "threshold": settings.thresholds.get(name)}
        entry, asked = TABLE[name], None
        if name in own:
            row = run_check(name, *own[name][0], **own[name][1], **options)
        elif not unit.serves("regression"):
            row = run_check(name, task="regression")
        elif entry.ways and not entry.why_not:
            asked = entry.ways[ways[name][unit.notebook]]
            row = _asked(name, asked, material, options)
        else:
            row = not_applicable(name, "This study has none of it.")
        found.setdefault(unit.notebook, []).append(row.as_dict())
    for chapter, rows in found.items():
        folder = project.station(chapter)
        facts = json.loads((folder / "station.json").read_text()) if chapter == "03_split" else {}
        vouched(project, chapter, rows, facts)


def _asked(name, ask, material, options):
    try:
        asked = ask(material)
    except Exception as error:  # what is not in this small study
        return not_applicable(name, f"Not here: {error}")
    if asked.not_applicable:
        return not_applicable(name, asked.not_applicable)
    return run_check(name, *asked.args, **asked.options, **options)


def vouched(project, chapter, rows, facts=None):
    """Write the checks of a chapter and what vouches for them, as whoever hides a change would."""
    folder = project.station(chapter)
    write_json(folder / "checks.json", rows)
    if not (folder / "metrics.json").is_file():
        write_json(folder / "metrics.json", {"sets": {}})
    paths = (folder / "checks.json", folder / "metrics.json")
    made = {project.relative(path): sha256(path) for path in paths}
    known = facts if facts is not None else json.loads((folder / "station.json").read_text())
    write_json(folder / "station.json", {"needs": {}} | known | {"makes": made})


@pytest.fixture
def project(honest, tmp_path):
    """A copy in another folder, to doctor it."""
    shutil.copytree(honest.root, tmp_path / "elsewhere")
    return Project(tmp_path / "elsewhere")


def by_id(project):
    """Return the rows by the name of their check."""
    return {row["id"]: row for row in recomputed(project.root)}


def doctor(project, name, **facts):
    """Change a row everywhere: in the chapter, in what vouches for it and in what is merged."""
    chapter = REGISTRY[name].notebook
    path = project.station(chapter) / "checks.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows = [row | facts if row["id"] == name else row for row in rows]
    vouched(project, chapter, rows)
    merge(project, load_settings(project.settings_file))


def test_an_honest_study_agrees_in_all(project):
    """In another folder, without the sealed rows; most of its checks were asked."""
    rows = by_id(project)
    assert {name: row for name, row in rows.items() if row["agrees"] is False} == {}
    asked = {name for name, row in rows.items() if row["agrees"]}
    assert {"data.schema", "split.groups", "features.missingness", "baseline.beats_trivial"} < asked
    assert {"diagnose.regression_to_mean", "seal.openings", "answers.complete"} < asked
    assert all(row["why_not"] for row in rows.values() if row["agrees"] is None)
    assert judged_again(project.root)["agrees"]


def test_a_fail_that_was_turned_into_a_pass_is_named(project):
    """Wherever it was changed, and whatever vouches for it."""
    path = project.interim / "validation.parquet"
    train = Material(project, load_settings(project.settings_file)).table("train")
    write_table(path, train.head(30))  # the groups of training stand in it
    row = by_id(project)["split.groups"]
    assert (row["recorded_state"], row["state"], row["agrees"]) == ("pass", "fail", False)
    assert "on record is pass at 0, and it is fail at 1" in row["why_not"]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("data.schema", {"value": 3}),
        ("data.schema", {"state": "not-applicable", "value": None}),
        ("baseline.beats_trivial", {"value": 9.9}),
        ("diagnose.regression_to_mean", {"value": 0.0}),
        ("release.licence", {"state": "fail", "value": 1}),
        ("seal.openings", {"value": 7}),
    ],
)
def test_a_changed_row_is_named(project, name, facts):
    """A value, or a state."""
    doctor(project, name, **facts)
    wrong = [row["id"] for row in by_id(project).values() if row["agrees"] is False]
    assert wrong == [name]


@pytest.mark.parametrize("facts", [{}, {"state": "fail", "value": 0.01}])
def test_copies_in_the_validation_rows_are_named_though_the_test_rows_are_sealed(project, facts):
    """What is found among some of the rows can only be more among all."""
    doctor(project, "split.duplicates", **facts)
    train = Material(project, load_settings(project.settings_file)).table("train")
    write_table(project.interim / "validation.parquet", train.head(30))
    row = by_id(project)["split.duplicates"]
    assert (row["state"], row["agrees"]) == ("fail", False)
    assert row["why_not"].startswith("asked of training and validation rows alone")


@pytest.mark.parametrize("facts", [{"weight": "note"}, {"threshold": 99.0}])
def test_another_weight_or_threshold_is_named_though_nothing_is_asked_again(project, facts):
    """Of a check that fits models: what judges it stands in boxloop and in study.toml."""
    doctor(project, "train.pipeline", **facts)
    row = by_id(project)["train.pipeline"]
    assert row["agrees"] is False
    assert "on record is" in row["why_not"]


def test_a_row_that_was_removed_is_named(project):
    """The chapter has left one."""
    rows = json.loads(project.checks_file.read_text(encoding="utf-8"))
    rest = [row for row in rows if row["id"] != "train.search"]
    write_json(project.checks_file, rest)
    row = by_id(project)["train.search"]
    assert (row["agrees"], row["recorded_state"]) == (False, None)
    assert "is not in results/checks.json" in row["why_not"]


def test_a_row_of_the_whole_that_is_not_that_of_its_chapter_is_named(project):
    """Though it is one that nobody can ask again."""
    rows = json.loads(project.checks_file.read_text(encoding="utf-8"))
    rows = [row | {"message": "Fine."} if row["id"] == "train.search" else row for row in rows]
    write_json(project.checks_file, rows)
    row = by_id(project)["train.search"]
    assert row["agrees"] is False
    assert "another row than 04_train has left" in row["why_not"]


def test_a_call_that_was_edited_is_not_guessed_at(project):
    """Nobody is accused: with what it was asked is not known."""
    path = project.notebooks / "05_diagnose.ipynb"
    text = path.read_text(encoding="utf-8")
    assert "y, predicted, groups=groups" in text
    path.write_text(text.replace("y, predicted, groups=groups", "y, predicted"), encoding="utf-8")
    doctor(project, "diagnose.regression_to_mean", value=0.123)
    row = by_id(project)["diagnose.regression_to_mean"]
    assert (row["agrees"], row["state"]) == (None, None)
    assert "asks it in another way" in row["why_not"]


def test_a_table_that_is_not_there_is_said(project):
    """A release that shares no data has none."""
    shutil.rmtree(project.interim)
    rows = by_id(project)
    assert rows["data.schema"]["agrees"] is None
    assert rows["data.schema"]["why_not"] == "data/interim/exploration.parquet is not there"
    assert rows["seal.openings"]["agrees"]
    assert not [row for row in rows.values() if row["agrees"] is False]


def test_the_study_is_not_run(project):
    """Its code is looked at, and text is all that it is."""
    for path in project.study.glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "\nraise SystemExit('I ran')\n")
    assert by_id(project)["baseline.domain_reference"]["agrees"]


def test_a_verdict_that_does_not_follow_is_named(project):
    """From the same checks and metrics."""
    found = json.loads(project.verdict_file.read_text(encoding="utf-8"))
    write_json(project.verdict_file, found | {"state": "stands"})
    judged = judged_again(project.root)
    assert not judged["agrees"]
    assert "Verdict: stands" in judged["why_not"]


def test_a_number_that_was_changed_in_the_whole_is_named(project):
    """The chapters have left another."""
    metrics = json.loads(project.metrics_file.read_text(encoding="utf-8"))
    metrics["primary"]["model"]["value"] *= 0.9
    write_json(project.metrics_file, metrics)
    judged = judged_again(project.root)
    assert "results/metrics.json is not what follows" in judged["why_not"]
