"""A released number belongs to one model and one sealed test set."""

import json

import numpy as np
import pandas as pd
import pytest
from study_files import STUDY

from boxloop.base.places import Project
from boxloop.measure.sets import measure_sets
from boxloop.record.release import earlier, manifest, releases
from boxloop.settings.load import load_settings


@pytest.fixture
def project(tmp_path):
    """Return a project whose model "m" was released on the test set "s"."""
    project = Project(tmp_path)
    folder = project.station("08_release")
    folder.mkdir(parents=True)
    record = {
        "model_hash": "m",
        "reference_hash": "r",
        "sealed": "s",
        "reason": "end",
        "sets": {"test": {}},
    }
    (folder / "release.json").write_text(json.dumps({"releases": [record]}), encoding="utf-8")
    project.sealed.mkdir(parents=True)
    write_seal(project, "s")
    return project


def write_seal(project, content):
    """Say in the ledger that a test set was sealed."""
    line = json.dumps({"event": "sealed", "content": content})
    project.ledger_file.write_text(line + "\n", encoding="utf-8")


def test_the_same_model_has_its_numbers(project):
    """A plain run shows what was measured before."""
    assert earlier(project, "m", "r")["reason"] == "end"


def test_another_model_has_no_numbers(project):
    """Numbers are not handed on."""
    assert earlier(project, "other", "r") is None
    assert earlier(project, "m", "other") is None


def test_a_new_test_set_has_no_numbers(project):
    """What was measured on other rows does not count."""
    write_seal(project, "new")

    assert earlier(project, "m", "r") is None


def test_nothing_released_yet(tmp_path):
    """The first run finds neither file nor ledger."""
    assert releases(Project(tmp_path)) == []
    assert earlier(Project(tmp_path), "m", "r") is None


def test_the_manifest_names_files_once_and_in_order(tmp_path):
    """Patterns may overlap; folders are no files."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    for name in ("b.txt", "a.txt"):
        (tmp_path / "data" / name).write_text("x", encoding="utf-8")

    found = manifest(Project(tmp_path), ["data/*", "data/a.txt", "gone/*"])

    assert list(found) == ["data/a.txt", "data/b.txt"]
    assert len(found["data/a.txt"]) == 64


def test_every_set_of_the_sealed_table_is_measured(tmp_path):
    """The sealed table has the test rows of all domains; no set borrows another's predictions."""
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    settings = load_settings(tmp_path / "study.toml")
    weight = np.random.default_rng(0).normal(size=60)
    frame = pd.DataFrame(
        {"set": ["test", "test_b"] * 30, "family": np.arange(60) // 6, "weight": weight}
    )
    error = np.where(frame["set"] == "test", 0.1, 0.3)

    sets = measure_sets(
        frame, {"model": weight + error, "reference": weight - 1}, settings, draws=10, seed=0
    )

    assert {name: (entry["n_rows"], entry["n_groups"]) for name, entry in sets.items()} == {
        "test": (30, 10),
        "test_b": (30, 10),
    }
    assert [entry["metrics"]["rmse"]["model"]["value"] for entry in sets.values()] == pytest.approx(
        [0.1, 0.3]
    )
