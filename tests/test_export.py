"""What is uploaded of a release: laid out as the place wants it, and nothing is sent."""

import json
import shutil
import socket

import pandas as pd
import pytest
import yaml
from release_project import contents, copy_of, released
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.parcel.export import export, front_matter
from boxloop.parcel.manifest import read_manifest
from boxloop.settings.load import load_settings

PLACES = ("zenodo", "huggingface")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The small study with its release; left alone."""
    return released(tmp_path_factory)[0]


@pytest.fixture
def project(home, tmp_path):
    """A copy of it, to work in."""
    return copy_of(home, tmp_path)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refused(*_, **__):
        msg = "the network was asked"
        raise AssertionError(msg)

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.parametrize("place", PLACES)
def test_a_folder_and_the_one_thing_to_do(home, tmp_path, place):
    """The same bytes each time, in a new folder or an empty one."""
    (tmp_path / "one").mkdir()
    said = export(home, place, tmp_path / "one")
    export(home, place, tmp_path / "two")

    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert said[0].startswith(f"Written: {tmp_path / 'one'}, of release small-0.1.0-")
    todo = {"zenodo": "https://zenodo.org/uploads/new", "huggingface": "hf upload NAME/small "}
    assert todo[place] in said[1]


def test_zenodo_is_given_the_zip_and_what_fills_its_form(home, tmp_path):
    """As they are in the release."""
    export(home, "zenodo", tmp_path / "up")
    found, release = contents(tmp_path / "up"), home.root / "release"
    names = {"small-0.1.0.zip", ".zenodo.json", "CITATION.cff", "README.md"}
    assert set(found) == names | {"model_card.md", "data_card.md"}
    assert all(data == (release / name).read_bytes() for name, data in found.items())
    assert json.loads(found[".zenodo.json"])["creators"]


def test_the_hub_is_given_a_card_with_front_matter(home, tmp_path):
    """Whose numbers are those of the release."""
    export(home, "huggingface", tmp_path / "up")
    _, head, card = (tmp_path / "up/README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(head)

    assert "*id" not in head  # an alias is YAML, and the Hub's form has none
    assert card.lstrip() == (home.root / "release/model_card.md").read_text(encoding="utf-8")
    assert (told["library_name"], told["license"]) == ("sklearn", "mit")
    assert {"sklearn", "skops", "tabular-regression"} <= set(told["tags"])
    assert all(isinstance(tag, str) for tag in told["tags"])
    (index,) = told["model-index"]
    metrics = json.loads(home.metrics_file.read_text(encoding="utf-8"))["sets"]
    assert index["name"] == "small"
    assert {one["dataset"]["split"] for one in index["results"]} == set(metrics)
    for result in index["results"]:
        assert {"task", "dataset", "metrics"} == set(result)
        assert {"type", "name"} <= set(result["task"]) and {"type", "name"} <= set(
            result["dataset"]
        )
        for one in result["metrics"]:
            entry = metrics[result["dataset"]["split"]]["metrics"][one["type"]]
            assert one["value"] == entry["model"]["value"]


def test_its_card_is_understood_by_the_library_of_the_hub(home, tmp_path):
    """Where it is installed."""
    hub = pytest.importorskip("huggingface_hub")
    export(home, "huggingface", tmp_path / "up")
    card = hub.ModelCard.load(tmp_path / "up/README.md")
    results = {(one.dataset_split, one.metric_type) for one in card.data.eval_results}
    assert ("test", "rmse") in results
    assert card.data.library_name == "sklearn"


def test_its_config_is_that_of_skops(home, tmp_path):
    """The model that it names is there, with rows that it takes."""
    from boxloop.measure.model_file import load_model

    export(home, "huggingface", tmp_path / "up")
    config = json.loads((tmp_path / "up/config.json").read_text(encoding="utf-8"))["sklearn"]
    rows = pd.DataFrame(config["example_input"])[config["columns"]]
    model = load_model(tmp_path / "up" / config["model"]["file"])

    assert (config["model_format"], config["task"]) == ("skops", "tabular-regression")
    assert len(model.predict(rows)) == 3
    assert config["environment"][0].startswith("scikit-learn=")


def test_the_folder_for_the_hub_predicts(home, tmp_path):
    """It has the bundle beside the model."""
    from boxloop.predict.bundle import Bundle

    export(home, "huggingface", tmp_path / "up")
    rows = pd.read_parquet(home.interim / "validation.parquet")
    assert len(Bundle.open(tmp_path / "up/model").predict(rows)) == len(rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('license = "Apache-2.0"', {"license": "apache-2.0"}),
        ('license = "EUPL-1.2"', {"license": "other", "license_name": "eupl-1.2"}),
        ('description = "none named"', {}),
    ],
)
def test_a_licence_in_the_words_of_the_hub(home, tmp_path, text, said):
    """Those it knows, or other with a name."""
    shutil.copytree(home.root / "release" / "results", tmp_path / "results")
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{text}\n", encoding="utf-8")
    settings = load_settings(home.settings_file)
    known = read_manifest(home.root / "release")
    told = yaml.safe_load(front_matter(tmp_path, known, settings))
    assert {key: told.get(key) for key in said} == said
    assert said or "license" not in told


def test_without_a_release_there_is_nothing_to_send(project):
    """It says how one is made."""
    shutil.rmtree(project.root / "release")
    with pytest.raises(UserError, match=r"There is no release in .*: run `boxloop release"):
        export(project, "zenodo")
    assert not list(project.root.glob("*release-to*"))


def test_a_release_that_was_changed_is_not_sent(project):
    """Its hashes would not be those of its manifest."""
    (project.root / "release" / "model_card.md").write_text("better", encoding="utf-8")
    with pytest.raises(UserError, match=r"release/model_card\.md is not as it was released"):
        export(project, "zenodo")
    assert not list(project.root.glob("*release-to*"))


def test_a_folder_that_is_there_is_left_alone(project):
    """Whatever is in it."""
    place = project.root / "release-to-zenodo"
    place.mkdir()
    (place / "mine.txt").write_text("mine", encoding="utf-8")
    code, said = command(project, "export", "--to", "zenodo")
    assert (code, list(contents(place))) == (2, ["mine.txt"])
    assert "is there already: remove it, or name another folder with --out" in said
    assert command(project, "export", "--to", "zenodo", "--out", str(place.parent / "b"))[0] == 0


def test_another_place_is_refused(project):
    """By the command line, which names those it knows."""
    code, said = command(project, "export", "--to", "figshare")
    assert code == 2
    assert "zenodo" in said and "huggingface" in said
