"""What the numbers of a set were made of is kept, and measures every number again, to the bit."""

import contextlib
import copy
import json
import pickle
import shutil
from types import SimpleNamespace

import benchmark_project
import numpy as np
import pandas as pd
import pytest
from test_several import NAMES, said
from walk_project import command, execute_here

from boxloop.base.errors import UserError
from boxloop.base.files import plain
from boxloop.base.places import Project
from boxloop.measure import sets
from boxloop.measure.evidence import ROBUST, Compared
from boxloop.measure.task import Task
from boxloop.record.release import releases
from boxloop.record.status import status
from boxloop.settings.load import load_settings

OLD = 'here.metrics("validation", table(model["score"] + SHIFT), n_rows=3, n_groups=3)'
MEASURED = """
frame = here.table("validation")
fitted = here.load_models("model", "reference", "trivial")
found = here.compare(frame, here.guesses(fitted, frame))
here.metrics("validation", found, n_rows=len(frame), n_groups=1)
"""
RELEASE = ("release", "--reason", "to see what it says", "--anyway", "it is a small study")
VALIDATION = "results/05_diagnose/sets/validation"
TEST = "results/08_release/sets/test"


@contextlib.contextmanager
def in_this_process():
    """Run chapters without kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
        patch.setattr("boxloop.run.loop.execute", execute_here)
        yield


def edit(project, old, new, name="05_diagnose"):
    """Replace what a cell of a chapter says."""
    path = project.notebooks / f"{name}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        cell["source"] = cell["source"].replace(old, new)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A small study after `boxloop run`, of which 05 measures its validation rows."""
    project = benchmark_project.project(tmp_path_factory.mktemp("sets"), "classification")
    edit(project, OLD, MEASURED)
    with in_this_process():
        assert command(project, "run")[0] == 0
    return project


@pytest.fixture(scope="module")
def released(ran, tmp_path_factory):
    """The same after `boxloop release`."""
    root = tmp_path_factory.mktemp("released") / "p"
    shutil.copytree(ran.root, root)
    project = Project(root)
    with in_this_process():
        assert command(project, *RELEASE)[0] == 0
    return project


@pytest.fixture
def project(ran, tmp_path):
    """A copy that may be changed."""
    shutil.copytree(ran.root, tmp_path / "p")
    with in_this_process():
        yield Project(tmp_path / "p")


def recorded(project, chapter, name):
    """Return the metrics of a set as a chapter has recorded them."""
    text = (project.station(chapter) / "metrics.json").read_text(encoding="utf-8")
    return json.loads(text)["sets"][name]["metrics"]


def again(project, where):
    """Return them measured again."""
    return plain(sets.measured_again(project.root / where, load_settings(project.settings_file)))


def rows(n=300, seed=0, tails=False):
    """Return a table of three rows to a family, and guesses of three predictors."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"family": [f"f{k // 3:03}" for k in range(n)]})
    frame["weight"] = rng.normal(5, 1, n)
    noise = rng.standard_t(1.5, n) if tails else rng.normal(size=n)
    model = frame["weight"].to_numpy() + noise / 5
    guesses = {"model": model, "reference": model + rng.normal(size=n) / 3}
    return frame, guesses | {"trivial": np.full(n, 5.0)}


def settings(**more):
    """Return what a task asks of the settings of a regression."""
    study = SimpleNamespace(
        task="regression", classes=None, target="weight", positive_class=None, scale=None,
        primary_metric="rmse", secondary_metrics=["bias", "outlier_fraction", "r2"],
        working_point=None, outlier_bound=None, prevalence=None, class_weights={},
    )  # fmt: skip
    vars(study).update(more)
    roles = {"group": "family", "id": None}
    weights = ["counts"] if more.pop("weights", None) else []
    role = {"weight": weights}
    return SimpleNamespace(study=study, only=roles.get, role=lambda name: role.get(name, []))


def kept(folder, frame, guesses, known, **options):
    """Measure a set, keep it and measure it again: both tables."""
    table = Task(known).compare(frame, guesses, draws=120, seed=3, **options)
    sets.keep_set(folder / "sets", "A", table)
    return plain(table), plain(sets.measured_again(folder / "sets" / "A", known))


@pytest.mark.parametrize("more", [{}, {"scale": "1+target"}, {"outlier_bound": 0.4}])
def test_a_regression_is_measured_again(tmp_path, more):
    """With a scale, and with a bound of the study."""
    first, second = kept(tmp_path, *rows(), settings(**more))
    assert first == second


def test_heavy_tails_bring_the_robust_metric_both_times(tmp_path):
    """It joins because of the residuals, and only where no metrics were asked by name."""
    first, second = kept(tmp_path, *rows(tails=True), settings())
    assert first == second
    assert ROBUST in second

    first, second = kept(tmp_path, *rows(tails=True), settings(), metrics=["rmse"])
    assert first == second
    assert ROBUST not in second


@pytest.mark.parametrize("prevalence", [None, 0.05])
def test_weights_and_a_working_point_are_those_of_then(tmp_path, prevalence):
    """The mix that weights tell is kept: the rows with the weights are not."""
    frame, guesses = rows()
    frame["kind"] = np.where(frame["weight"] > 5.5, "star", np.where(frame.index % 2, "a", "b"))
    frame["counts"] = np.where(frame["kind"] == "star", 0.25, 1.0)
    scores = {who: 1 / (1 + np.exp(5.5 - values)) for who, values in guesses.items()}
    known = settings(
        task="classification", target="kind", positive_class="star", working_point=0.4,
        primary_metric="average_precision", secondary_metrics=["deployed_purity", "ece"],
        prevalence=prevalence, weights=True,
    )  # fmt: skip
    first, second = kept(tmp_path, frame, scores, known)
    assert first == second
    assert first["deployed_purity"]["model"]["mix"]["signal"] < 0.2
    path = tmp_path / "sets" / "A.json"  # a working point that was edited in the file is not it
    facts = json.loads(path.read_text(encoding="utf-8")) | {"working_point": 0.9}
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert plain(sets.measured_again(tmp_path / "sets" / "A", known)) == first


def test_several_classes_have_a_column_each(tmp_path):
    """Of probabilities in any order of memory."""
    truth, model = said(300)
    frame = pd.DataFrame({"type": np.array(NAMES, dtype=object)[truth], "field": truth * 7 % 5})
    _, reference = said(300, seed=1)
    known = settings(
        task="classification", target="type", classes=list(NAMES),
        primary_metric="class_log_loss", secondary_metrics=["macro_f1"],
    )  # fmt: skip
    frame["family"] = frame["field"]
    both = {"model": np.asfortranarray(model), "reference": reference}
    first, second = kept(tmp_path, frame, both, known)
    assert first == second
    columns = pd.read_parquet(tmp_path / "sets" / "A.parquet").columns
    assert list(columns[:4]) == ["unit", "truth", "model RRab", "model RRc"]


def test_rows_without_a_guess_are_left_out_both_times(tmp_path):
    """As the first block of a split in time."""
    frame, guesses = rows()
    guesses["model"][:40] = np.nan
    first, second = kept(tmp_path, frame, guesses, settings())
    assert first == second
    assert len(pd.read_parquet(tmp_path / "sets" / "A.parquet")) == 260


def test_no_id_is_kept_and_the_same_rows_give_the_same_bytes(tmp_path):
    """Units are numbers from 0."""
    for name in ("one", "two"):
        kept(tmp_path / name, *rows(), settings())
    files = [tmp_path / name / "sets" / "A.parquet" for name in ("one", "two")]
    assert files[0].read_bytes() == files[1].read_bytes()
    units = pd.read_parquet(files[0])["unit"]
    assert units.dtype == "int32"
    assert sorted(set(units)) == list(range(100))


def test_a_table_forgets_its_evidence_where_a_number_was_changed(tmp_path):
    """Nothing is kept of it, nor of a copy, a joined table or a plain dict."""
    table = Task(settings()).compare(*rows(), draws=20, seed=0)
    others = [dict(table), table | {"more": {}}, copy.deepcopy(table)]
    others.append(pickle.loads(pickle.dumps(table)))  # our own bytes
    for other in others:
        assert other == table or "more" in other
        assert sets.keep_set(tmp_path, "A", other) == []
    table["rmse"]["model"]["value"] *= 0.9
    assert isinstance(table, Compared)
    assert sets.keep_set(tmp_path, "A", table) == []


def test_a_name_that_no_file_may_have_is_spelled_out(tmp_path):
    """Names of sets are words of people."""
    table = Task(settings()).compare(*rows(), draws=20, seed=0)
    for name in ("../out", "a/b", "x:y?", "Über", "a b"):
        paths = sets.keep_set(tmp_path / "sets", name, table)
        assert {path.parent for path in paths} == {tmp_path / "sets"}
        assert json.loads(paths[0].read_text(encoding="utf-8"))["set"] == name
    assert len(list((tmp_path / "sets").iterdir())) == 10


@pytest.mark.parametrize("draws", [0, 10**9])
def test_a_file_of_somebody_does_not_keep_one_waiting(tmp_path, draws):
    """More draws than a chapter makes are refused."""
    kept(tmp_path, *rows(), settings())
    path = tmp_path / "sets" / "A.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"draws": draws}))
    with pytest.raises(UserError, match="are not as"):
        sets.measured_again(tmp_path / "sets" / "A", settings())


def test_what_study_toml_says_counts_and_not_what_the_file_says(tmp_path):
    """A bound of outliers that was edited in the file changes no number."""
    known = settings(outlier_bound=0.4)
    first, _ = kept(tmp_path, *rows(), known)
    path = tmp_path / "sets" / "A.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["yardstick"]["bound"], facts["working_point"] = 9.0, 0.9
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert plain(sets.measured_again(tmp_path / "sets" / "A", known)) == first


def test_a_chapter_keeps_its_sets_and_names_them_among_what_it_makes(ran):
    """The rows of the test set are in none of them before a release."""
    files = sorted(path.name for path in ran.results.rglob("sets/*"))
    assert files == ["validation.cuts.json", "validation.json", "validation.parquet"]
    assert again(ran, VALIDATION) == recorded(ran, "05_diagnose", "validation")
    station = json.loads((ran.station("05_diagnose") / "station.json").read_text(encoding="utf-8"))
    made = {f"{VALIDATION}.{ending}" for ending in ("json", "parquet", "cuts.json")}
    assert made <= set(station["makes"])


def test_a_set_that_was_edited_makes_its_chapter_stale(project):
    """As any file that a chapter has made."""
    (project.root / f"{VALIDATION}.json").write_text("{}", encoding="utf-8")
    rows = {row.name: row for row in status(project)}
    assert rows["05_diagnose"].state == "stale"
    assert VALIDATION in rows["05_diagnose"].detail


def test_a_set_that_is_no_longer_kept_leaves_no_file(project):
    """Whether it has another name now, or a plain table."""
    edit(project, '"validation", found', '"elsewhere", found')
    command(project, "run")
    kept = sorted(path.name for path in project.results.rglob("sets/*.json"))
    assert kept == ["elsewhere.cuts.json", "elsewhere.json"]

    edit(project, "here.guesses(fitted, frame))", "here.guesses(fitted, frame), share=0.5)")
    edit(project, '"elsewhere", found', '"elsewhere", dict(found)')
    command(project, "run")
    assert list(project.results.rglob("sets/*")) == []
    with pytest.raises(UserError, match="was handed a plain table for 'elsewhere'"):
        again(project, VALIDATION.replace("validation", "elsewhere"))


def test_sealed_rows_are_kept_by_the_release_and_stay(released):
    """Their numbers come out of release.json in later runs: the files of then stay."""
    assert again(released, TEST) == recorded(released, "08_release", "test")
    bytes_then = (released.root / f"{TEST}.parquet").read_bytes()
    with in_this_process():
        edit(released, "here.finish()", "here.finish()  # once more", "08_release")
        assert command(released, "run")[0] == 0
    assert (released.root / f"{TEST}.parquet").read_bytes() == bytes_then
    assert again(released, TEST) == recorded(released, "08_release", "test")
    station = (released.station("08_release") / "station.json").read_text(encoding="utf-8")
    assert f"{TEST}.parquet" in json.loads(station)["makes"]


def test_another_model_leaves_the_evidence_of_the_release_where_it_is(released, tmp_path):
    """Nobody can measure sealed rows again, so that it outlives a run that keeps no such set."""
    shutil.copytree(released.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    edit(project, 'USED = 0, ["height", "age"]', 'USED = 0, ["age"]', "04_train")
    with in_this_process():
        command(project, "run")
    assert "test" not in json.loads(
        (project.station("08_release") / "metrics.json").read_text(encoding="utf-8")
    )["sets"]  # fmt: skip
    then = releases(project)[0]["sets"]["test"]["metrics"]
    assert again(project, TEST) == then


def test_no_chapter_before_the_release_reads_the_sealed_rows_that_it_has_kept(released):
    """They lie in a folder of 08, with their truth."""
    from boxloop.record.divided import watch_tables

    with in_this_process():
        watch_tables(released, "05_diagnose", None)
        with pytest.raises(UserError, match="may not read"):
            pd.read_parquet(released.root / f"{TEST}.parquet")
