"""The default project from end to end: its story, its numbers in bands, its seal."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from default_project import COUNTED, POISONED, STATIONS, boxloop, poison, read, replace, results
from whole_again import assert_agrees

pytest_plugins = ["default_project"]  # its fixtures: whole, released
pytestmark = pytest.mark.slow

# None of them is open: nobody has to act.
STATES = {"pass", "waived", "cannot-tell", "not-applicable"}


def test_every_notebook_ran_without_error(released):
    """Eight executed copies, no error output in any."""
    copies = sorted((released / "report" / "notebooks").glob("*.ipynb"))

    assert [copy.name[:2] for copy in copies] == STATIONS
    for copy in copies:
        cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
        kinds = [output["output_type"] for cell in cells for output in cell.get("outputs", [])]
        assert "error" not in kinds, copy.name


def test_no_test_row_is_left_in_the_clear(released):
    """Its name stands in no text, output, report or table but the predictions of the release."""
    made = [path for path in released.rglob("*") if path.is_file() and "raw" not in path.parts]
    known = [pd.read_parquet(path) for path in (released / "data/interim").glob("*.parquet")]
    raw = [pd.read_parquet(p) for p in (released / "data/raw").glob("simulator_*.parquet")]
    sealed = {*pd.concat(raw)["cluster_id"]} - {*pd.concat(known)["cluster_id"]}
    assert len(sealed) > 1000
    for path in made:
        if path.suffix in (".ipynb", ".json", ".csv", ".html", ".md", ".txt", ".jsonl"):
            words = re.findall(r"[ABC]\d{4}-\d", path.read_text(encoding="utf-8"))
            assert sealed.isdisjoint(words), path
        elif path.suffix == ".parquet" and path.name not in ("test.parquet", "predictions.parquet"):
            assert sealed.isdisjoint(pd.read_parquet(path).get("cluster_id", [])), path


def test_the_model_wins_in_simulator_a(released):
    """By about a third, and the interval of the paired difference excludes zero."""
    primary = read(released, "metrics.json")["primary"]
    gain = primary["difference"]["value"] / primary["reference"]["value"]

    assert (primary["name"], primary["set"]) == ("rmse", "test")
    assert primary["difference"]["low"] > 0
    assert 0.25 < gain < 0.45
    assert 0.13 < primary["reference"]["value"] < 0.18


def test_a_part_of_the_gain_is_left_in_the_other_simulators(released):
    """In B, of which it has seen a part, and in C: less than half of what is gained at home."""
    sets = read(released, "metrics.json")["sets"]
    for name in ("simulator_b", "test_simulator_b", "simulator_c", "test_simulator_c"):
        found = sets[name]["metrics"]["rmse"]
        assert found["difference"]["low"] > 0
        assert 0.03 < found["difference"]["value"] / found["reference"]["value"] < 0.18


def test_no_row_of_b_or_c_judges_and_teaches(released):
    """Rows of B that teach are in training alone; those of C nowhere near it."""
    known = {
        path.stem: pd.read_parquet(path) for path in (released / "data/interim").glob("*.parquet")
    }
    taught = known["train"]["halo_id"]

    assert set(known["lessons"]["halo_id"]) <= set(taught)
    assert taught.str[0].isin(["A", "B"]).all()
    assert known["validation"]["halo_id"].str.startswith("A").all()
    for name in ("domain_simulator_b", "domain_simulator_c"):
        assert set(taught).isdisjoint(known[name]["halo_id"])


def test_every_check_has_a_state_and_only_the_story_is_waived(released):
    """Nothing fails, nothing is silent; each waiver has a reason, and each doubt says its sight."""
    from boxloop.checks import REGISTRY

    rows = {row["id"]: row for row in read(released, "checks.json")}

    assert set(rows) == set(REGISTRY)
    assert {row["state"] for row in rows.values()} <= STATES
    unsure = {name: row for name, row in rows.items() if row["state"] == "cannot-tell"}
    assert set(unsure) <= {"features.target_leak", "diagnose.coverage"}
    assert all(row["detectable"] and row["power"].startswith("only ") for row in unsure.values())
    waived = {name for name, row in rows.items() if row["state"] == "waived"}
    assert waived == {"features.nuisance_only", "split.deployment_shift"}
    assert rows["stress.overspecialisation"]["state"] == "pass", "pass 1 failed it"
    for row in rows.values():
        said = row["power"] if row["state"] in ("pass", "cannot-tell") else row["reason"].strip()
        assert said, row["id"]
        assert not row.get("stale_waiver"), row["id"]


def test_every_criterion_is_judged(released):
    """All four, by the sealed rows of A, B and C."""
    criteria = read(released, "metrics.json")["criteria"]

    assert [row["set"] for row in criteria] == [
        *["test"] * 2,
        "test_simulator_b",
        "test_simulator_c",
    ]
    assert [row["met"] for row in criteria] == [True] * 4


def test_the_report_is_one_small_file(released):
    """At most 6 MB, and it holds all eight chapters."""
    page = released / "report" / "index.html"

    assert page.stat().st_size < 6 * 2**20
    text = page.read_text(encoding="utf-8")
    assert all(f'id="{name}' in text for name in STATIONS)


def test_a_notebook_waits_for_all_whose_files_it_reads(released):
    """What it reads is declared in its metadata.

    Otherwise two that run side by side could meet in a half-made loop.
    """
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import makers, read_loop, upstream

    chapters = read_loop(Project(released))
    for chapter in chapters:
        read = json.loads(
            (released / "results" / chapter.name / "station.json").read_text(encoding="utf-8")
        )["needs"]
        made = {maker.name for path in read for maker in makers(path, chapters)}

        assert made <= upstream(chapter, chapters) | {chapter.name}


def test_same_seeds_same_numbers(released, tmp_path):
    """From raw data and ledger alone 01 to 07 agree by bytes, whatever lay in the seal then."""
    project = tmp_path / "again"
    shutil.copytree(released, project)
    # What 08 kept of the release stays; all else is made again.
    for folder in [project / "data" / "interim", *(project / "results").glob("0[1-7]_*")]:
        shutil.rmtree(folder)
    done = boxloop(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = results(released), results(project)

    assert len(before) > 40
    assert sorted(before) == sorted(after)
    assert [n for n in before if before[n] != after[n] and not n.endswith(COUNTED)] == []
    assert read(project, "metrics.json") == read(released, "metrics.json")


def test_a_poisoned_seal_is_named_by_all_and_cannot_be_released(released, tmp_path):
    """Opening it is refused with a sentence; the count stays as it was.

    The remedy in the sentence works.
    """
    project = tmp_path / "poisoned"
    shutil.copytree(released, project)
    poison(project)
    ledger = (project / "data" / "sealed" / "ledger.jsonl").read_bytes()
    for words, code in [
        (["release", "--reason", "to see what it says"], 2),
        (["run"], 1),
        (["check"], 1),
        (["status"], 0),
    ]:
        done = boxloop(project, *words)
        assert done.returncode == code, done.stdout + done.stderr
        assert POISONED in done.stdout + done.stderr

    assert (project / "data" / "sealed" / "ledger.jsonl").read_bytes() == ledger
    assert "not the file that was sealed" in (project / "report" / "index.html").read_text(
        encoding="utf-8"
    )
    (project / "data" / "sealed" / "test.parquet").unlink()
    done = boxloop(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data" / "sealed" / "ledger.jsonl").read_bytes() == ledger


def test_a_notebook_that_raises_leaves_a_report(released, tmp_path):
    """Exit 1, the page leads to the failing cell, and what does not need it still ran."""
    project = tmp_path / "broken"
    shutil.copytree(released, project)
    path = project / "notebooks" / "05_diagnose.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[3]["source"] = ["raise RuntimeError('planted')"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    done = boxloop(project, "run", "--from", "05")

    assert done.returncode == 1
    assert "planted" in (project / "report" / "index.html").read_text(encoding="utf-8")
    assert (project / "results" / "06_stress_test" / "checks.json").is_file()
    assert "06" in done.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run", "--only", "12"], "12"),
        (["release", "--reason", " "], "reason"),
        (["run", "--set", "colour=red"], "colour"),
    ],
)
def test_bad_words_change_nothing(released, words, named):
    """Exit 2 and one sentence."""
    files = {
        f: f.stat().st_mtime_ns
        for f in released.rglob("*")
        if f.is_file() and "__pycache__" not in f.parts
    }
    done = boxloop(released, *words)

    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert files == {
        f: f.stat().st_mtime_ns
        for f in released.rglob("*")
        if f.is_file() and "__pycache__" not in f.parts
    }


def test_a_missing_artefact_names_its_maker(bake, tmp_path):
    """Starting in the middle of a fresh project says where to start."""
    done = boxloop(Path(bake(tmp_path)), "run", "--only", "05")

    assert done.returncode == 2
    assert "03_split" in done.stderr or "04_train" in done.stderr


def test_a_moved_criterion_and_a_changed_model_are_flagged(released, tmp_path):
    """After the release: old and new numbers, old and new model, in checks, sheet and exit code.

    The seal stays shut.
    """
    project = tmp_path / "moved"
    shutil.copytree(released, project)
    replace(project / "study.toml", "at_least = 0.20", "at_least = 0.05")
    replace(project / "study" / "models.py", "Ridge(alpha=10.0)", "Ridge(alpha=5.0)")
    done = boxloop(project, "run", "--only", "04", "--only", "08")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 checks fail: criteria.unchanged, provenance.chain, release.reload, " in done.stdout
    assert done.stdout.strip().endswith("Not to be believed: seal.model_unchanged fails.")

    rows = {row["id"]: row for row in read(project, "checks.json")}
    assert rows["criteria.unchanged"]["state"] == "fail"
    assert (
        "at least 0.2" in rows["criteria.unchanged"]["message"]
        and "at least 0.05" in rows["criteria.unchanged"]["message"]
    )
    assert rows["seal.model_unchanged"]["state"] == "fail"
    assert "when the test set was first opened" in rows["seal.model_unchanged"]["message"]
    assert rows["seal.openings"]["value"] == 1
    sheet = boxloop(project, "check")
    assert sheet.returncode == 1
    assert (
        "criteria.unchanged (08_release, fail)" in sheet.stdout
        and "seal.model_unchanged (08_release, fail)" in sheet.stdout
    )


def test_the_verdict_answers_every_set_and_criterion(released):
    """In one sentence that stands in the file, on the card and as the last line of `status`."""
    found = read(released, "verdict.json")
    said = found["sentence"]

    assert found["state"] == "limited"
    assert said.startswith("Better than M-Y_X relation on the test set (")
    assert " % lower RMSE, by " in said and "on the test set of simulator B (" in said
    assert "on the test set of simulator C (" in said and "4 of 4 criteria met" in said
    card = (released / "results" / "08_release" / "model_card.md").read_text(encoding="utf-8")
    assert said in card.replace("\\", "")
    line = boxloop(released, "status").stdout.strip().split("\n")[-1]
    assert line == f"Verdict: limited. {said}"


@pytest.fixture(scope="module")
def planted(released, tmp_path_factory):
    """The default project with a watermark as an input, after a run, and what that has said."""
    project = tmp_path_factory.mktemp("planted") / released.name
    shutil.copytree(released, project)
    head = "[columns.core_px]\nrole = "
    replace(project / "study.toml", f'{head}"nuisance"', f'{head}"input"')
    return project, boxloop(project, "run")


def test_a_planted_artefact_voids_the_headline(planted):
    """The number of cells as an input: exit code 1, and no gain leads the report or the card.

    Though rows of B teach, where that number is noise: the leak is looked for at home.
    """
    project, done = planted
    last = done.stdout.strip().split("\n")[-1]

    assert done.returncode == 1, done.stdout + done.stderr
    assert last.startswith("Verdict: void. Not to be believed: ")
    assert "features.target_leak" in last
    page = (project / "report" / "index.html").read_text(encoding="utf-8")
    assert 'class="gain"' not in page and '<svg class="intervals"' not in page
    assert page.index("Not to be believed: ") < page.index('id="headline"')
    card = (project / "results" / "08_release" / "model_card.md").read_text(encoding="utf-8")
    assert card.index("**Void.**") < card.index("## Metrics")
    assert "**Not to be believed" in card.split("## Metrics")[1]


def test_a_planted_artefact_opens_the_waivers_that_it_makes_worse(planted):
    """What the README proposes: the lesson's own waiver does not cover it, and says two numbers."""
    project, _ = planted
    rows = {row["id"]: row for row in read(project, "checks.json")}
    row = rows["split.deployment_shift"]

    assert row["state"] == "fail" and rows["features.target_leak"]["state"] == "fail"
    assert f"was waived at 0.7383 and is {row['value']:.4g}" in row["message"]
    assert rows["features.nuisance_only"]["stale_waiver"] is True
    said = boxloop(project, "check")
    assert said.returncode == 1
    assert "features.nuisance_only (03_split): it does not apply, so remove" in said.stdout


def test_every_check_and_every_number_agrees_when_asked_again(released):
    """Without running the study: nobody honest is accused."""
    assert_agrees(released)


def test_both_sheets_are_answered_in_full(released):
    """No item of Appendix A or REFORMS is left open, and every waiver shows its reason."""
    for sheet in ("appendix-a", "reforms", "completeness"):
        done = boxloop(released, "check", "--sheet", sheet, "--format", "json")
        found = json.loads(done.stdout)
        assert done.returncode == 0
        assert {row["state"] for row in found["sheet"]} <= STATES
        assert found["stale_waivers"] == [] and all(row["reason"] for row in found["waived"])
