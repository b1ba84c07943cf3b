"""From a table to a full report in two commands.

Real catalogues, the three tasks, and tables that are not tidy.
"""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from default_project import COUNTED, STATIONS, boxloop, read, results
from sklearn import datasets
from test_adopt import MAGIC
from whole_again import assert_agrees

pytestmark = pytest.mark.slow


def diabetes(folder):
    """442 patients, ten measurements, a number to predict.

    A site for every eleven of them as a group.
    """
    frame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    frame.assign(site_id=np.arange(len(frame)) // 11).to_csv(folder / "diabetes.csv", index=False)
    return "regression", [folder / "diabetes.csv", "--target", "target", "--group", "site_id"]


def cancer(folder):
    """569 samples, thirty measurements, two classes; called as people and notebooks call rows."""
    bunch = datasets.load_breast_cancer(as_frame=True)
    table = bunch.data.assign(kind=bunch.target_names[bunch.target], row=np.arange(569))
    table.to_parquet(folder / "cancer.parquet")
    return "classification", [folder / "cancer.parquet", "--target", "kind", "--id", "row"]


def digits(folder):
    """Images of eight by eight pixels: ones, and a few sevens that do not belong there."""
    bunch = datasets.load_digits(as_frame=True)
    ones, sevens = bunch.frame[bunch.target == 1], bunch.frame[bunch.target == 7].head(24)
    pd.concat([ones, sevens]).to_csv(folder / "digits.csv", index=False)
    return "anomaly-detection", [folder / "digits.csv", "--target", "target"]


def untidy(folder):
    """Gaps, words, truth values, dates, an error column, names of any kind, and rows to predict."""
    rng, n = np.random.default_rng(0), 600
    frame = pd.DataFrame({
        "name": [f"J{k:04d}" for k in range(n)],
        "Mass [Msun]": rng.lognormal(size=n), "α": rng.normal(size=n),
        "band": rng.choice(list("ugriz"), n), "good": rng.random(n) < 0.5,
        "observed": pd.date_range("2021-01-01", periods=n).strftime("%Y-%m-%d"),
    })  # fmt: skip
    frame["flux"] = (
        2 * np.log(frame["Mass [Msun]"])
        + frame["α"]
        + (frame["band"] == "u")
        + rng.normal(scale=0.3, size=n)
    )
    frame["flux_err"] = rng.uniform(0.1, 0.5, n)
    frame.loc[rng.random(n) < 0.1, "α"] = np.nan
    frame.loc[rng.random(n) < 0.05, "flux"] = np.nan
    frame.to_csv(folder / "untidy.csv", index=False)
    frame.drop(columns=["flux", "flux_err"]).head(80).to_csv(folder / "new.csv", index=False)
    return "regression", [
        folder / "untidy.csv",
        "--target",
        "flux",
        "--deployment",
        folder / "new.csv",
    ]


def few(folder):
    """Twenty-four rows, the fewest but four that are taken: parts of four or five rows."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(24, 3)), columns=["dose", "age", "pH"])
    frame.assign(growth=frame["dose"] + frame["age"] / 2 + rng.normal(scale=0.3, size=24)).to_csv(
        folder / "few.csv", index=False
    )
    return "regression", [folder / "few.csv", "--target", "growth"]


def magic(folder):
    """19,020 images of a Cherenkov telescope."""
    if not MAGIC.is_file():
        pytest.skip(f"needs the catalogue {MAGIC.name} beside the repository")
    return "classification", [MAGIC, "--target", "class", "--positive", "g"]


@pytest.fixture(
    scope="module",
    params=[diabetes, cancer, digits, untidy, few, magic],
    ids=lambda made: made.__name__,
)
def run(request, bake, tmp_path_factory):
    """A project after ``boxloop adopt`` and ``boxloop run``, and what the second said."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    task, words = request.param(folder)
    project = bake(folder, task=task, start_from="own-data")
    adopted = boxloop(project, "adopt", *map(str, words))
    assert adopted.returncode == 0, adopted.stderr
    return project, boxloop(project, "run")


def test_the_loop_runs_to_its_end(run):
    """All eight notebooks, one report, exit code 0 unless a check fails; questions are counted."""
    project, done = run

    assert done.returncode == bool(truly(project)), done.stdout + done.stderr
    waiting = next(line for line in done.stdout.split("\n") if "wait for an answer: " in line)
    assert "questions" in waiting and "baseline.domain_reference" in waiting
    assert "answers.complete" not in waiting  # that is the questions, which are counted
    assert done.stdout.strip().split("\n")[-1].startswith("Verdict: ")
    assert [
        copy.name[:2] for copy in sorted((project / "report" / "notebooks").glob("*.ipynb"))
    ] == STATIONS
    text = (project / "report" / "index.html").read_text(encoding="utf-8")
    assert all(f'id="{name}' in text for name in STATIONS)


def test_the_report_shouts_and_the_check_fails(run):
    """Unanswered are all questions and the domain reference; `boxloop check` exits with 1."""
    project, _ = run
    rows = {row["id"]: row for row in read(project, "checks.json")}
    done = boxloop(project, "check", "--format", "json")

    assert rows["answers.complete"]["state"] == "unanswered"
    assert rows["baseline.domain_reference"]["state"] == "unanswered"
    assert done.returncode == 1
    assert "unanswered" in {row["state"] for row in json.loads(done.stdout)["sheet"]}
    assert "TODO" not in {row["state"] for row in rows.values()} and "have no answer" in (
        project / "report" / "index.html"
    ).read_text(encoding="utf-8")


# What is really so: MAGIC holds copies of rows. (Weak inputs pull predictions to the mean as far as
# they should: no fault. Whether a stand-in knows anything, ten odd digits cannot tell.)
TRUE = {"magic": {"split.duplicates"}}


def truly(project):
    """Return the checks that fail because of what is so in the table."""
    return TRUE.get(project.parent.name.rstrip("0123456789"), set())


def test_no_check_fails_without_a_cause(run):
    """Only what is true of the table; what waits for a person does not fail."""
    project, _ = run
    failed = {row["id"] for row in read(project, "checks.json") if row["state"] == "fail"}

    assert failed == truly(project)


def test_the_model_is_better_than_knowing_nothing(run):
    """Beside the trivial baseline, on validation rows."""
    project, _ = run
    primary = read(project, "metrics.json")["primary"]
    better = (primary["model"]["value"] - primary["trivial"]["value"]) * (
        1 if primary["better"] == "higher" else -1
    )

    assert better > 0
    if "magic" in str(project):
        assert primary["name"] == "roc_auc" and primary["model"]["value"] >= 0.93


def test_rows_that_are_dropped_are_counted_and_rows_to_predict_are_flagged(run):
    """Where the table has any; elsewhere there is no file of predictions."""
    project, _ = run
    flagged = project / "results" / "08_release" / "deployment_predictions.parquet"
    assert flagged.is_file() == ("untidy" in str(project))
    if flagged.is_file():
        out = pd.read_parquet(flagged)
        shown = json.dumps(
            json.loads(
                (project / "report" / "notebooks" / "03_split.ipynb").read_text(encoding="utf-8")
            )
        )

        assert (
            len(out) == 80
            and {"in_scope", "low", "high"} <= set(out)
            and out["in_scope"].mean() > 0.8
        )
        assert "no target (flux)" in shown


def test_every_check_and_every_number_agrees_when_asked_again(run):
    """Without running the study: nobody honest is accused."""
    assert_agrees(run[0])


def test_same_seeds_same_numbers(run):
    """Made again from the raw table and the ledger, 01 to 07 agree byte by byte."""
    project, _ = run
    before, numbers = results(project), read(project, "metrics.json")
    for folder in [project / "data" / "interim", *(project / "results").glob("0[1-7]_*")]:
        shutil.rmtree(folder)
    done = boxloop(project, "run")
    assert done.returncode == bool(truly(project)), done.stdout + done.stderr
    after = results(project)

    assert sorted(before) == sorted(after)
    assert [
        name for name in before if before[name] != after[name] and not name.endswith(COUNTED)
    ] == []
    assert read(project, "metrics.json") == numbers


def test_another_survey_is_judged_beside_home(bake, tmp_path):
    """Rows of another survey are no training rows.

    06 compares model and reference there, and half of them stay sealed until 08.
    """
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(900, 3)), columns=["g", "r", "i"]).assign(
        field=np.arange(900) // 9
    )
    frame["z"] = frame["g"] + frame["r"] ** 2 / 4 + rng.normal(scale=0.2, size=900)
    home, away = frame[:600], frame[600:].assign(g=lambda f: f["g"] + 0.3)
    home.to_csv(tmp_path / "home.csv", index=False)
    project = bake(tmp_path, task="regression", start_from="own-data")
    assert (
        boxloop(
            project, "adopt", str(tmp_path / "home.csv"), "--target", "z", "--group", "field"
        ).returncode
        == 0
    )
    away.to_csv(project / "data" / "raw" / "away.csv", index=False)
    module = project / "study" / "data.py"
    words = module.read_text(encoding="utf-8").replace(
        "    return {}\n", '    return {"away": another(raw, "away.csv")}\n'
    )
    module.write_text(words, encoding="utf-8", newline="\n")
    done = boxloop(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    sets, states = (
        read(project, "metrics.json")["sets"],
        {row["id"]: row["state"] for row in read(project, "checks.json")},
    )

    assert sets["away"]["n_rows"] < 200 and "test_away" not in sets
    assert (
        sets["away"]["metrics"]["rmse"]["model"]["value"]
        > sets["validation"]["metrics"]["rmse"]["model"]["value"]
    )
    assert states["stress.overspecialisation"] in {"pass", "fail", "cannot-tell"}
